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
    if (steps <= 0).any():  # out of order, or the same cell twice (a damaged file): one counts, wholly
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
