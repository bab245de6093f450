"""Columns of a grid, built from loose cells or from rows of Python values.

Columns without a cell share one empty column, and long empty stretches share one empty stretch: a stray cell in the last row
of the last column costs no memory. Knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import polars as pl

from sheets_crm.books.model import CellError, Grid, Merge
from sheets_crm.cells import Column, Kind

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_GAP = 1 << 16  # rows: longer empty stretches are shared
_EPOCH = date(1899, 12, 30).toordinal()
_DAY = 86_400


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


@dataclass(frozen=True)
class SheetFacts:
    """What a grid has beside its cells."""

    name: str
    merges: tuple[Merge, ...] = ()
    formulas: Mapping[int, int] = field(default_factory=dict)
    epoch_1904: bool = False


def grid_of_cells(facts: SheetFacts, cells: Cells) -> Grid:
    """A grid up to the last row and column that hold anything. Empty texts count as empty cells."""
    cells = _without_blanks(cells)
    if not len(cells.rows):
        return Grid(facts.name, (), 0, facts.merges, {}, facts.epoch_1904)
    import numpy as np

    height, width = int(cells.rows.max()) + 1, int(cells.columns.max()) + 1
    order = np.argsort(cells.columns, kind="stable")
    ends = np.cumsum(np.bincount(cells.columns, minlength=width))
    empty = Column.empty(height)
    pool = pl.concat([cells.pool, pl.Series([None], dtype=pl.String)], rechunk=True)
    columns, start = [], 0
    for end in ends.tolist():
        mine = order[start:end]
        columns.append(_column(cells, mine, pool, empty) if end > start else empty)
        start = end
    formulas = {column: count for column, count in facts.formulas.items() if column < width}
    return Grid(facts.name, tuple(columns), height, facts.merges, formulas, facts.epoch_1904)


def _without_blanks(cells: Cells) -> Cells:
    import numpy as np

    blank = (cells.pool == "").to_numpy()
    keep = cells.kinds != Kind.EMPTY
    if blank.any():
        texts = np.flatnonzero(cells.kinds == Kind.TEXT)
        keep[texts[blank[cells.values[texts].astype(np.int64)]]] = False
    if keep.all():
        return cells
    return Cells(cells.rows[keep], cells.columns[keep], cells.kinds[keep], cells.values[keep], cells.pool)


def _column(cells: Cells, mine: npt.NDArray[np.int64], pool: pl.Series, empty: Column) -> Column:
    """The column made of the cells at the positions `mine`."""
    import numpy as np

    rows = cells.rows[mine]
    steps = np.diff(rows)
    if (steps <= 0).any():  # out of order, or the same cell twice: the later one counts
        _, last = np.unique(rows[::-1], return_index=True)
        mine = mine[len(rows) - 1 - last]
        rows = cells.rows[mine]
        steps = np.diff(rows)
    parts, done = [], 0
    for part in np.split(np.arange(len(rows)), np.flatnonzero(steps > _GAP) + 1):
        first, end = int(rows[part[0]]), int(rows[part[-1]]) + 1
        if first - done > _GAP:
            parts.append(empty.slice(done, first - done))
        else:
            first = done
        parts.append(_stretch(cells, mine[part], pool, (first, end), empty))
        done = end
    tail = len(empty) - done
    if tail > _GAP:
        parts.append(empty.slice(done, tail))
    elif tail:
        *parts, _ = parts
        parts.append(_stretch(cells, mine[part], pool, (first, len(empty)), empty))
    return _joined(parts)


def _stretch(
    cells: Cells, mine: npt.NDArray[np.int64], pool: pl.Series, span: tuple[int, int], empty: Column
) -> Column:
    """Rows span[0]..span[1] of a column. What holds no text (or no number) shares the empty column's series."""
    import numpy as np

    length = span[1] - span[0]
    rows, found, values = cells.rows[mine] - span[0], cells.kinds[mine], cells.values[mine]
    kinds = np.zeros(length, np.uint8)
    kinds[rows] = found
    column = empty.slice(0, length)
    text, number = column.text, column.number
    worded = (found == Kind.TEXT) | (found == Kind.ERROR)
    if worded.any():
        at = np.full(length, len(pool) - 1, np.uint32)
        at[rows[worded]] = values[worded]
        text = pool.gather(pl.Series(at))
    numeric = (found == Kind.NUMBER) | (found == Kind.DATE) | (found == Kind.BOOL)
    if numeric.any():
        numbers = np.full(length, math.nan)
        numbers[rows[numeric]] = values[numeric]
        number = pl.Series(numbers, nan_to_null=True)
    return Column(pl.Series(kinds), text, number)


def _joined(parts: Sequence[Column]) -> Column:
    if len(parts) == 1:
        return parts[0]
    return Column(
        pl.concat([part.kind for part in parts]),
        pl.concat([part.text for part in parts]),
        pl.concat([part.number for part in parts]),
    )
