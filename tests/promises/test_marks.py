"""Promise 3: a mark, a comment or a task typed by hand survives every run and enters history once, whatever happens."""

from __future__ import annotations

from tests.promises.lives import played
from tests.promises.play import Play
from tests.promises.worlds import FileWorld


def test_marks_survive_whatever_happens():
    played(Play, examples=8, steps=15)


class PlayFile(Play):
    """The same on a real file."""

    world_of = FileWorld


def test_marks_survive_in_a_file():
    played(PlayFile, examples=2, steps=12)
