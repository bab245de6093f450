"""Promise 3 in Google: marks, comments and hand-written tasks survive whatever happens, on the network too."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.google.world import GoogleWorld, TroubledWorld
from tests.promises.play import Play

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
QUIET = {"phases": PHASES, "deadline": None, "report_multiple_bugs": False, "suppress_health_check": list(HealthCheck)}


class PlayGoogle(Play):
    """The same play in a spreadsheet."""

    world_of = GoogleWorld

    def teardown(self):
        world = getattr(self, "world", None)
        if world is not None:
            world.close()
        super().teardown()


class PlayTroubled(PlayGoogle):
    """The same with a trouble in every run."""

    world_of = TroubledWorld


def test_marks_survive_in_google():
    run_state_machine_as_test(PlayGoogle, settings=settings(max_examples=2, stateful_step_count=10, **QUIET))


def test_marks_survive_a_troubled_network():
    run_state_machine_as_test(PlayTroubled, settings=settings(max_examples=2, stateful_step_count=10, **QUIET))


@pytest.mark.slow
def test_marks_survive_a_longer_life_in_google():
    run_state_machine_as_test(PlayTroubled, settings=settings(max_examples=2, stateful_step_count=14, **QUIET))
