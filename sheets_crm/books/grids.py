"""Columns of a grid, built from loose cells or from rows of Python values.

Columns without a cell share one empty column, and long empty stretches share one empty stretch: a stray cell in the last row
of the last column costs no memory. Knows nothing of files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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

    from sheets_crm.books.dense import Cells

_GAP = 1 << 16  # rows: longer empty stretches are shared
_EPOCH = date(1899, 12, 30).toordinal()
_DAY = 86_400


@dataclass(frozen=True)
class SheetFacts:
    """What a grid has beside its cells."""

    name: str
    merges: tuple[Merge, ...] = ()
    formulas: Mapping[int, int] = field(default_factory=dict)
    epoch_1904: bool = False


def grid_of_cells(facts: SheetFacts, cells: Cells) -> Grid:
    """A grid up to the last row and column that hold anything. Empty texts count as empty cells."""
    cells = without_blanks(cells)
    if not len(cells.rows):
        return Grid(facts.name, (), 0, facts.merges, {}, facts.epoch_1904)
    from sheets_crm.books.dense import with_null

    height, width = cells.height, cells.width
    empty = Column.empty(height)
    pool = with_null(cells.pool)
    columns = [_column(cells, mine, pool, empty) if len(mine) else empty for mine in cells.by_column()]
    formulas = {column: count for column, count in facts.formulas.items() if column < width}
    return Grid(facts.name, tuple(columns), height, facts.merges, formulas, facts.epoch_1904)


def without_blanks(cells: Cells) -> Cells:
    """The cells that hold anything."""
    import numpy as np

    blank = (cells.pool == "").to_numpy()
    keep = cells.kinds != Kind.EMPTY
    if blank.any():
        texts = np.flatnonzero((cells.kinds == Kind.TEXT) & keep)
        keep[texts[blank[cells.values[texts].astype(np.int64)]]] = False
    if keep.all():
        return cells
    return replace(
        cells, rows=cells.rows[keep], columns=cells.columns[keep], kinds=cells.kinds[keep], values=cells.values[keep]
    )


def _column(cells: Cells, mine: npt.NDArray[np.int64], pool: pl.Series, empty: Column) -> Column:
    """The column made of the cells at the positions `mine`."""
    import numpy as np

    from sheets_crm.books.dense import Dense

    mine = cells.once(mine)
    rows = cells.rows[mine]
    parts, done = [], 0
    for part in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(rows) > _GAP) + 1):
        first, end = int(rows[part[0]]), int(rows[part[-1]]) + 1
        if first - done > _GAP:
            parts.append(empty.slice(done, first - done))
        else:
            first = done
        parts.append(Dense.of(cells, mine[part], (first, end)).column(pool, empty))
        done = end
    tail = len(empty) - done
    if tail > _GAP:
        parts.append(empty.slice(done, tail))
    elif tail:
        *parts, _ = parts
        parts.append(Dense.of(cells, mine[part], (first, len(empty))).column(pool, empty))
    return _joined(parts)


def _joined(parts: Sequence[Column]) -> Column:
    if len(parts) == 1:
        return parts[0]
    return Column(
        pl.concat([part.kind for part in parts]),
        pl.concat([part.text for part in parts]),
        pl.concat([part.number for part in parts]),
    )


@dataclass(frozen=True)
class Formula:
    """A formula cell among Python values: what it shows, or None when it was never calculated. Counted, never evaluated."""

    value: object = None


def grid_of_rows(name: str, rows: Iterable[Sequence[object]], merges: Sequence[Merge] = ()) -> Grid:
    """A grid of rows of Python values, the first of them row 1. Rows may differ in length.

    str, int, float, Decimal, bool, None, date, datetime, time and timedelta (numbers: they are not dates), `CellError`, `Formula`.
    """
    return grid_of_blocks(name, [list(rows)], merges)


def grid_of_blocks(name: str, blocks: Iterable[Sequence[Sequence[object]]], merges: Sequence[Merge] = ()) -> Grid:
    """A grid of blocks of rows, one below the other: values of one block at a time stand in memory as Python objects."""
    stacks: list[list[Column]] = []
    formulas: dict[int, int] = {}
    done = 0
    for block in blocks:
        across = list(zip_longest(*block))
        stacks.extend([Column.empty(done)] if done else [] for _ in range(len(across) - len(stacks)))
        for index, values in enumerate(across):
            stacks[index].append(_column_of(values))
            if count := sum(type(value) is Formula for value in values):
                formulas[index] = formulas.get(index, 0) + count
        for stack in stacks[len(across) :]:
            stack.append(Column.empty(len(block)))
        done += len(block)
    columns = [_joined(stack) for stack in stacks]
    while columns and columns[-1].is_blank:
        columns.pop()
    height = max((_last(column) for column in columns), default=0)
    empty = Column.empty(height)
    kept = tuple(empty if column.is_blank else column.slice(0, height) for column in columns)
    formulas = {index: count for index, count in formulas.items() if index < len(kept)}
    return Grid(name, kept, height, tuple(merges), formulas)


def _last(column: Column) -> int:
    """How many rows a column has up to its last cell that holds anything."""
    held = (column.kind != Kind.EMPTY).arg_true()
    return int(held[-1]) + 1 if len(held) else 0


def _column_of(values: Sequence[object]) -> Column:
    if set(map(type, values)) <= {str, type(None)}:
        text = pl.Series([value or None for value in values], dtype=pl.String)
        return Column(text.is_not_null().cast(pl.UInt8) * Kind.TEXT, text, Column.empty(len(values)).number)
    kinds, texts, numbers = zip(*map(_cell_of, values), strict=True)
    return Column(
        pl.Series(kinds, dtype=pl.UInt8), pl.Series(texts, dtype=pl.String), pl.Series(numbers, dtype=pl.Float64)
    )


def _cell_of(value: Any) -> tuple[Kind, str | None, float | None]:
    """Kind, text and number of a Python value. TypeError for what no cell can hold: our fault."""
    match value:
        case None | "":
            return Kind.EMPTY, None, None
        case str():
            return Kind.TEXT, value, None
        case bool():
            return Kind.BOOL, None, float(value)
        case int() | float() | Decimal():
            number = float(value)
            return (Kind.NUMBER, None, number) if math.isfinite(number) else (Kind.ERROR, "#NUM!", None)
        case CellError():
            return Kind.ERROR, value.code, None
        case Formula():
            return (Kind.UNCACHED, None, None) if value.value is None else _cell_of(value.value)
    return _moment_of(value)


def _moment_of(value: Any) -> tuple[Kind, None, float]:
    """A day or a moment is a DATE; a time of day or a duration is a NUMBER of days, as in Excel."""
    match value:
        case datetime():
            return Kind.DATE, None, value.toordinal() - _EPOCH + _seconds(value.time()) / _DAY
        case date():
            return Kind.DATE, None, float(value.toordinal() - _EPOCH)
        case time():
            return Kind.NUMBER, None, _seconds(value) / _DAY
        case timedelta():
            return Kind.NUMBER, None, value / timedelta(days=1)
    raise TypeError(type(value))


def _seconds(clock: time) -> float:
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
