"""Grids built in memory from rows of plain values, for tests of layouts and guesses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

import polars as pl

from sheets_crm.books.model import CellError, Grid, Merge
from sheets_crm.cells import Column, Kind, index_of

_EPOCH = date(1899, 12, 30).toordinal()


def column_of(values: Sequence[object]) -> Column:
    """A column of cells from plain values: None, str, number, bool, date, CellError."""
    kinds, texts, numbers = zip(*map(_cell, values), strict=True) if values else ((), (), ())
    return Column(
        pl.Series(list(kinds), dtype=pl.UInt8),
        pl.Series(list(texts), dtype=pl.String),
        pl.Series(list(numbers), dtype=pl.Float64),
    )


def _cell(value: object) -> tuple[int, str | None, float | None]:
    if value is None:
        return Kind.EMPTY, None, None
    if isinstance(value, bool):
        return Kind.BOOL, None, float(value)
    if isinstance(value, (int, float)):
        return Kind.NUMBER, None, float(value)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return Kind.DATE, None, float(value.toordinal() - _EPOCH)
    if isinstance(value, CellError):
        return Kind.ERROR, value.code, None
    return Kind.TEXT, str(value), None


def grid_from_rows(
    rows: Iterable[Sequence[object]],
    merges: Iterable[str | Merge] = (),
    name: str = "Sheet",
    formulas: dict[int, int] | None = None,
) -> Grid:
    """A sheet from rows of plain values (short rows are filled up); merges as "A1:C1"."""
    lines = [list(row) for row in rows]
    width = max(map(len, lines), default=0)
    lines = [line + [None] * (width - len(line)) for line in lines]
    columns = tuple(column_of([line[index] for line in lines]) for index in range(width))
    ranges = tuple(merge if isinstance(merge, Merge) else merge_of(merge) for merge in merges)
    return Grid(name, columns, len(lines), ranges, formulas or {})


def merge_of(text: str) -> Merge:
    """A merged range by its name: A1:C1."""
    first, last = text.split(":")
    left, top = _place(first)
    right, bottom = _place(last)
    return Merge(top, left, bottom, right)


def _place(cell: str) -> tuple[int, int]:
    letters = cell.rstrip("0123456789")
    return index_of(letters), int(cell[len(letters) :])
