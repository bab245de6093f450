"""What one cell may hold, and a column of such cells.

The one notion that `books` (which read cells) and `cards` (which give them meaning) share, so it lies below both.
Pure. Knows nothing of files, fields or languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

import polars as pl


class Kind(IntEnum):
    """What a cell holds. The numbers are stored in snapshots: never renumber."""

    EMPTY = 0
    TEXT = 1
    NUMBER = 2
    DATE = 3  # a number shown as a date (or date and time)
    BOOL = 4
    ERROR = 5  # #REF!, #DIV/0! ...
    UNCACHED = 6  # a formula whose value was never calculated


@dataclass(frozen=True)
class Column:
    """One column of a sheet, top to bottom. The three series have the same length.

    kind: UInt8 codes of `Kind`.
    text: String; null unless TEXT (the text as typed, untrimmed) or ERROR (the error's code).
    number: Float64; null unless NUMBER, DATE (serial days since 1899-12-30, whatever the workbook's epoch) or BOOL (0/1).
    mark: columns of the same mark are the same, also in another run; "" where nobody looked.
    """

    kind: pl.Series
    text: pl.Series
    number: pl.Series
    mark: str = ""

    def __len__(self) -> int:
        return len(self.kind)

    def slice(self, start: int, length: int) -> Column:
        """The same column, `length` cells from position `start` (0-based)."""
        return Column(self.kind.slice(start, length), self.text.slice(start, length), self.number.slice(start, length))

    def gather(self, positions: pl.Series) -> Column:
        """The cells at `positions` (0-based UInt32), in that order."""
        # By index: `Series.gather` goes through the engine of lazy frames, which takes longer than most of what is asked here.
        return Column(self.kind[positions], self.text[positions], self.number[positions])

    @cached_property
    def is_blank(self) -> bool:
        """No cell holds anything."""
        return bool((self.kind == Kind.EMPTY).all())

    @staticmethod
    def empty(length: int) -> Column:
        """A column of `length` empty cells."""
        return Column(
            pl.zeros(length, dtype=pl.UInt8, eager=True),
            pl.Series([None], dtype=pl.String).new_from_index(0, length),
            pl.Series([None], dtype=pl.Float64).new_from_index(0, length),
        )


def letter(index: int) -> str:
    """Name of a column by its 0-based index: 0 -> A, 26 -> AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def index_of(letters: str) -> int:
    """0-based index of a column by its name: A -> 0, AA -> 26."""
    index = 0
    for char in letters.upper():
        index = index * 26 + ord(char) - 64
    return index - 1
