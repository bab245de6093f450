"""Loose cells -> whole columns as arrays, and arrays -> columns. Knows nothing of files.

Texts are positions in a pool, so that equal columns of two readings can be compared, and kept, without a single text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sheets_crm.cells import Column, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

NO_TEXT = (1 << 32) - 1
_EMPTY = (0, NO_TEXT, math.nan)  # what an empty cell has in each array of a column


@dataclass(frozen=True)
class Cells:
    """Loose cells in any order: rows and columns 0-based, kinds, and values.

    values: the number; for TEXT and ERROR the position of the text in `pool`.
    """

    rows: npt.NDArray[np.int32]
    columns: npt.NDArray[np.uint16]
    kinds: npt.NDArray[np.uint8]
    values: npt.NDArray[np.float64]
    pool: pl.Series

    @property
    def height(self) -> int:
        """Rows up to the last cell."""
        return int(self.rows.max(initial=-1)) + 1

    @property
    def width(self) -> int:
        """Columns up to the last cell."""
        return int(self.columns.max(initial=0)) + 1 if len(self.columns) else 0

    def by_column(self) -> list[npt.NDArray[np.int64]]:
        """For each column up to the last one: the positions of its cells, in their order."""
        order = np.argsort(self.columns, kind="stable")
        ends = np.cumsum(np.bincount(self.columns, minlength=self.width)).tolist()
        return [order[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def once(self, mine: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The cells of a column from the top down. The same cell twice (a damaged file): the last one counts, wholly."""
        rows = self.rows[mine]
        if (np.diff(rows) > 0).all():
            return mine
        _, last = np.unique(rows[::-1], return_index=True)
        return mine[len(rows) - 1 - last]


@dataclass(frozen=True)
class Dense:
    """A column, or a stretch of one, with a place for each row. codes: positions in a pool of texts, NO_TEXT for none.

    None instead of codes or numbers: no cell has one.
    """

    kinds: npt.NDArray[np.uint8]
    codes: npt.NDArray[np.uint32] | None = None
    numbers: npt.NDArray[np.float64] | None = None

    @staticmethod
    def of(cells: Cells, mine: npt.NDArray[np.int64], span: tuple[int, int]) -> Dense:
        """The cells at the positions `mine`, all within the rows span[0]..span[1]."""
        length = span[1] - span[0]
        rows, found, values = cells.rows[mine] - span[0], cells.kinds[mine], cells.values[mine]
        kinds = np.zeros(length, np.uint8)
        kinds[rows] = found
        codes = numbers = None
        worded = (found == Kind.TEXT) | (found == Kind.ERROR)
        if worded.any():
            codes = np.full(length, NO_TEXT, np.uint32)
            codes[rows[worded]] = values[worded]
        numeric = (found == Kind.NUMBER) | (found == Kind.DATE) | (found == Kind.BOOL)
        if numeric.any():
            numbers = np.full(length, math.nan)
            numbers[rows[numeric]] = values[numeric]
        return Dense(kinds, codes, numbers)

    @staticmethod
    def from_arrays(arrays: Iterable[npt.NDArray[Any] | None]) -> Dense:
        """Of arrays in the order of the fields."""
        kinds, codes, numbers = arrays
        assert kinds is not None
        return Dense(kinds, codes, numbers)

    @property
    def arrays(self) -> tuple[npt.NDArray[Any] | None, ...]:
        """All of it, in the order of the fields."""
        return self.kinds, self.codes, self.numbers

    def last(self) -> int:
        """How many rows there are up to the last cell that holds anything."""
        if len(self.kinds) and self.kinds[-1]:
            return len(self.kinds)
        held = np.flatnonzero(self.kinds)
        return int(held[-1]) + 1 if len(held) else 0

    def slice(self, start: int, stop: int) -> Dense:
        """Some of the rows."""
        return Dense.from_arrays(None if one is None else one[start:stop] for one in self.arrays)

    def resized(self, height: int) -> Dense:
        """The same with so many rows: cut, or filled up with empty ones."""
        if len(self.kinds) == height:
            return self
        more = max(height - len(self.kinds), 0)
        return Dense.from_arrays(
            None if one is None else np.concatenate((one[:height], np.full(more, empty, one.dtype)))
            for one, empty in zip(self.arrays, _EMPTY, strict=True)
        )

    def moved(self, at: int, to: int) -> Dense:
        """The same with the texts of the pool from `at` on standing at `to` now."""
        if self.codes is None:
            return self
        behind = (self.codes >= at) & (self.codes != NO_TEXT)
        return replace(self, codes=np.where(behind, self.codes + np.uint32(to - at), self.codes))

    def with_rows(self, start: int, new: Dense) -> Dense:
        """The same with other rows from `start` on."""
        stop, whole = start + len(new.kinds), []
        for mine, theirs, empty in zip(self.arrays, new.arrays, _EMPTY, strict=True):
            some = mine if mine is not None else theirs
            put = None if some is None else np.full(len(self.kinds), empty, some.dtype) if mine is None else mine.copy()
            if put is not None:
                put[start:stop] = empty if theirs is None else theirs
            whole.append(put)
        return Dense.from_arrays(whole)

    def is_same(self, other: Dense, pool: pl.Series) -> bool:
        """The same cells, texts included, whatever their positions in the pool?"""
        if not np.array_equal(self.kinds, other.kinds):
            return False
        if not np.array_equal(self._numbers(), other._numbers(), equal_nan=True):
            return False
        mine, theirs = self._codes(), other._codes()
        at = mine != theirs
        if not at.any():
            return True
        if (mine[at] == NO_TEXT).any() or (theirs[at] == NO_TEXT).any():
            return False
        return bool((pool[pl.Series(mine[at])] == pool[pl.Series(theirs[at])]).all())

    def _numbers(self) -> npt.NDArray[np.float64]:
        return np.full(len(self.kinds), math.nan) if self.numbers is None else self.numbers

    def _codes(self) -> npt.NDArray[np.uint32]:
        return np.full(len(self.kinds), NO_TEXT, np.uint32) if self.codes is None else self.codes

    def column(self, pool: pl.Series, empty: Column, mark: str = "") -> Column:
        """As a column. pool: of texts, with a null as its last; empty: a column at least as long, which lends its series."""
        text, number = empty.text.slice(0, len(self.kinds)), empty.number.slice(0, len(self.kinds))
        if self.codes is not None:
            text = pool[pl.Series(np.minimum(self.codes, np.uint32(len(pool) - 1)))]
        if self.numbers is not None:
            number = pl.Series(self.numbers, nan_to_null=True)
        return Column(pl.Series(self.kinds), text, number, mark)


def dense_of(cells: Cells, width: int, height: int) -> list[Dense]:
    """All columns of a sheet of this size."""
    columns = [Dense.of(cells, cells.once(mine), (0, height)) for mine in cells.by_column()]
    nothing = Dense(np.zeros(height, np.uint8))
    return [*columns, *([nothing] * (width - len(columns)))]


def columns_of(dense: Sequence[Dense], pool: pl.Series, height: int, marks: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a sheet. pool: of texts."""
    empty, pool = Column.empty(height), with_null(pool)
    marks = marks or [""] * len(dense)
    return tuple(
        one.column(pool, empty, mark) if one.kinds.any() else empty for one, mark in zip(dense, marks, strict=True)
    )


def with_null(pool: pl.Series) -> pl.Series:
    """A pool of texts with a null as its last, for cells that have none."""
    return pl.concat([pool, pl.Series([None], dtype=pl.String)], rechunk=True)
