"""How long the machines play: a few lives in an ordinary run, for SHEETS_CRM_LONG seconds a test where that is set."""

from __future__ import annotations

import os
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # what is found is short enough to read; shrinking takes minutes
_AT_A_TIME = 20  # lives: the first of each row is the shortest there is, in which nothing happens
LONG_S = float(os.environ.get("SHEETS_CRM_LONG") or 0)


def played(machine, *, examples, steps):
    """So many lives of so many moves; again and again for as long as is asked for."""
    until = time.monotonic() + LONG_S
    more = {"derandomize": False, "database": None} if LONG_S else {}
    chosen = settings(
        max_examples=max(examples, _AT_A_TIME) if LONG_S else examples, stateful_step_count=2 * steps if LONG_S else steps, phases=PHASES, deadline=None,
        report_multiple_bugs=False, suppress_health_check=list(HealthCheck), **more,
    )  # fmt: skip
    while True:
        run_state_machine_as_test(machine, settings=chosen)
        if time.monotonic() >= until:
            return
