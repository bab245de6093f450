"""Promises 1 to 3 over a task's whole life in Google: colleagues in the moment of a write, troubles, a server of another mind.

SHEETS_CRM_LONG=600 plays each for so many seconds.
"""

import pytest

from tests.google.life import ALL_BUT, LifeGoogle, LifeTroubled, Moments, contrary
from tests.promises.lives import LONG_S, played


def test_a_whole_life_in_google():
    played(LifeGoogle, examples=1, steps=5)


def test_colleagues_in_the_moment_of_a_write():
    played(Moments, examples=1, steps=3)


@pytest.mark.slow
@pytest.mark.parametrize("what", LifeGoogle.ACTIONS if LONG_S else ("_sorts",))
def test_a_life_in_which_the_program_dies_in_that_moment(what):
    """Whatever else is left to chance: tasks bear marks, some go, and somebody acts as the program writes that and dies."""
    life = LifeGoogle()
    try:
        life.open_shop(days=[10, 12, 14, 16, 9, 21], change="merge")
        life.turn("merge")
        life.sync()
        for number in range(20):
            head, rows, place, mark = life._pick(number)
            if mark is None and rows[place][head.index("Клиент")] != life.deals[1].client:
                life._act(number, "words", anew=True)
        columns = iter((5, 18, 1))  # to be sorted by: the client, the key, the day
        for number, at in enumerate(((1, True), (2, True), (3, False)), 1):
            life.killed_in_the_same_moment(
                what=what, numbers=(next(columns), 2, "words"), cause=(number, 1, "words"), elsewhere=True, at=at
            )  # fmt: skip
    finally:
        life.teardown()


@pytest.mark.slow
def test_a_whole_life_with_troubles():
    played(LifeTroubled, examples=1, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("way", ALL_BUT)
def test_a_whole_life_with_a_contrary_server(way):
    played(contrary(*ALL_BUT[way]), examples=1, steps=6)
