"""Promise 3: a mark, a comment or a task typed by hand survives every run and enters history once, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.promises.play import Play
from tests.promises.worlds import FileWorld

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # what is found is short enough to read; shrinking takes minutes
QUIET = {"phases": PHASES, "deadline": None, "report_multiple_bugs": False, "suppress_health_check": list(HealthCheck)}


def test_marks_survive_whatever_happens():
    run_state_machine_as_test(Play, settings=settings(max_examples=20, stateful_step_count=15, **QUIET))


class PlayFile(Play):
    """The same on a real file."""

    world_of = FileWorld


def test_marks_survive_in_a_file():
    run_state_machine_as_test(PlayFile, settings=settings(max_examples=4, stateful_step_count=12, **QUIET))


@pytest.mark.slow
def test_marks_survive_a_longer_life():
    run_state_machine_as_test(Play, settings=settings(max_examples=25, stateful_step_count=25, **QUIET))


@pytest.mark.slow
def test_marks_survive_a_longer_life_in_a_file():
    run_state_machine_as_test(PlayFile, settings=settings(max_examples=5, stateful_step_count=15, **QUIET))
