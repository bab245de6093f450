"""Cells that hold for several rows: merged down, or written once with blanks below that mean "as above".

Says from which row each row of a column takes its value; reads no values. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.base.model import Binding, BoundColumn
from sheets_crm.books.model import Grid, Merge
from sheets_crm.cards import fold
from sheets_crm.cards.lexicon import folded
from sheets_crm.cards.model import FieldType
from sheets_crm.cells import Kind

# A sum merged over three rows is one sum, not three; so is the number of a document.
ONCE = frozenset({FieldType.MONEY, FieldType.NUMBER, FieldType.ID})
_LONGEST_BLANK = 4  # bytes: "—" takes three


def tall_merges(grid: Grid) -> dict[int, list[Merge]]:
    """Ranges merged down, by the column in which their value stands."""
    tall: dict[int, list[Merge]] = {}
    for merge in grid.merges:
        if merge.height > 1:
            tall.setdefault(merge.left, []).append(merge)
    return tall


def sources(
    grid: Grid,
    binding: Binding,
    tall: Mapping[int, list[Merge]],
    bound: BoundColumn,
    *,
    kind: FieldType,
    positions: pl.Series,
) -> pl.Series:
    """The positions (0-based UInt32) at which the rows at `positions` find their value in a column: mostly their own."""
    places = positions
    if bound.index in tall and kind not in ONCE:
        places = _merged(grid, binding, tall[bound.index], places)
    if bound.index in binding.fill_down and bound.index < len(grid.columns):
        places = _as_above(grid, binding, bound.index, places)
    return places


def _merged(grid: Grid, binding: Binding, tall: Iterable[Merge], positions: pl.Series) -> pl.Series:
    top = np.arange(grid.height, dtype=np.uint32)
    for merge in tall:
        if merge.top > binding.layout.header_row:
            top[merge.top - 1 : merge.bottom] = merge.top - 1
    return pl.Series(top[positions.to_numpy()], dtype=pl.UInt32)


def _as_above(grid: Grid, binding: Binding, index: int, positions: pl.Series) -> pl.Series:
    """The nearest filled cell above among the table's rows; within the client's own block where rows make up blocks."""
    rows = binding.layout.rows.to_numpy().astype(np.int64) - 1
    filled = _filled(grid, index)[rows]
    last = np.maximum.accumulate(np.where(filled, rows, -1))
    source = np.arange(grid.height, dtype=np.int64)
    if "client" in binding.cards:
        last = np.where(last < binding.layout.blocks.to_numpy().astype(np.int64) - 1, -1, last)
    source[rows] = np.where(last < 0, rows, last)
    return pl.Series(source[positions.to_numpy()], dtype=pl.UInt32)


def _filled(grid: Grid, index: int) -> npt.NDArray[np.bool_]:
    """Cells that do not count as blank."""
    column = grid.columns[index]
    mask: npt.NDArray[np.bool_] = np.asarray(column.kind.to_numpy() != int(Kind.EMPTY), dtype=np.bool_)
    short = (column.text.str.len_bytes() <= _LONGEST_BLANK).fill_null(value=False).arg_true()
    blanks = {"", *folded("blank")}
    for place in short.to_list():
        mask[place] = fold(str(column.text[place])) not in blanks
    return mask
