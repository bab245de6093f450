"""Promises 1 to 3 over a task's whole life in Google: colleagues in the moment of a write, troubles, a server of another mind.

SHEETS_CRM_LONG=600 plays each for so many seconds.
"""

import pytest

from tests.google.life import ALL_BUT, LifeGoogle, LifeTroubled, Moments, contrary
from tests.promises.lives import played


def test_a_whole_life_in_google():
    played(LifeGoogle, examples=1, steps=5)


def test_colleagues_in_the_moment_of_a_write():
    played(Moments, examples=1, steps=3)


@pytest.mark.slow
def test_a_whole_life_with_troubles():
    played(LifeTroubled, examples=1, steps=8)


@pytest.mark.slow
@pytest.mark.parametrize("way", ALL_BUT)
def test_a_whole_life_with_a_contrary_server(way):
    played(contrary(*ALL_BUT[way]), examples=1, steps=6)
