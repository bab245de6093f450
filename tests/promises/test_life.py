"""Promises 1 to 3 over a task's whole life: outcomes, repeats, absences, settings, two runs at once, a lost memory, the clock.

SHEETS_CRM_LONG=600 plays for so many seconds in all instead of a few examples.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.promises.life import NEXT, OFFER, OVERDUE, Life
from tests.promises.test_marks import PHASES
from tests.promises.worlds import FileWorld

LONG_S = float(os.environ.get("SHEETS_CRM_LONG") or 0)


class LifeFile(Life):
    """The same on a real file."""

    world_of = FileWorld


def played(machine, *, examples, steps):
    """So many lives; for as long as is asked for, where that is."""
    until = time.monotonic() + LONG_S / 2
    while True:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples, stateful_step_count=steps, phases=PHASES, deadline=None, report_multiple_bugs=False,
                derandomize=False if LONG_S else settings.default.derandomize, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
        if time.monotonic() >= until:
            return


@pytest.mark.slow
def test_a_whole_life():
    played(Life, examples=12, steps=14)


@pytest.mark.slow
def test_a_whole_life_in_a_file():
    played(LifeFile, examples=3, steps=10)


@pytest.fixture(params=[Life, LifeFile])
def firm(request):
    """A firm that has been synced once, its moves to be made one by one."""
    firm = request.param()
    firm.open_shop(days=[25, 13, 19, 21, 4, 8], change="funnel_off")
    yield firm
    firm.teardown()


def row_of(firm, label, *, open_only=True):
    """The number by which a machine's move picks the first row of a rule."""
    head, rows = firm._tab()
    return next(n for n, row in enumerate(rows) if row[head.index("Правило")] == label and row[head.index("Ключ")])


def test_a_copied_row_enters_history_once(firm):
    """Its key is another row's: what it says is not said of that task, in no run, though the workbook can't be written."""
    firm._act(row_of(firm, OFFER), None, "В работе", False, False, False)
    firm.copy_row(number=row_of(firm, OFFER), anew=True, where="before the write")
    firm.sync()
