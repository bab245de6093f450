"""Values of `values.batchGet` and the shape of a sheet, as a `Grid` of typed columns.

Whole columns at a time: a base of 100,000 rows is read without a Python object a cell beyond JSON's own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import polars as pl

from sheets_crm.books.google.shape import Cells, SheetShape
from sheets_crm.books.model import Grid
from sheets_crm.cells import Column, Kind

Rows = Sequence[Sequence[Any]]
_CODE = re.compile(r"^#[A-Z0-9/_]+[?!]?")  # "#DIV/0! (Function DIVIDE parameter 2 cannot be zero.)"


def range_of(title: str) -> str:
    """The whole of a sheet in A1 notation. Without corners: a row added or deleted meanwhile makes no difference."""
    quoted = title.replace("'", "''")
    return f"'{quoted}'"


def grid_of(sheet: SheetShape, rows: Rows) -> Grid:
    """A sheet from A1 to the last cell that holds anything."""
    across = list(zip_longest(*rows))
    columns = [_column(values, sheet.cells, index) for index, values in enumerate(across)]
    while columns and columns[-1].is_blank:
        columns.pop()
    height = max((_last(column) for column in columns), default=0)
    kept = tuple(column.slice(0, height) for column in columns)
    formulas = {index: count for index, count in sheet.cells.formulas.items() if index < len(kept)}
    return Grid(sheet.title, kept, height, sheet.merges, formulas)


def _last(column: Column) -> int:
    held = (column.kind != Kind.EMPTY).arg_true()
    return int(held[-1]) + 1 if len(held) else 0


def _column(values: Sequence[Any], cells: Cells, index: int) -> Column:
    """One column of JSON values: text, numbers, true and false, nothing."""
    types = set(map(type, values))
    texts = pl.Series([value or None if type(value) is str else None for value in values], dtype=pl.String)
    numbers = (
        pl.Series([float(value) if type(value) in {int, float, bool} else None for value in values], dtype=pl.Float64)
        if types - {str, type(None)}
        else Column.empty(len(values)).number
    )
    kinds = texts.is_not_null().cast(pl.UInt8) * Kind.TEXT + numbers.is_not_null().cast(pl.UInt8) * Kind.NUMBER
    if bool in types:
        logical = pl.Series([type(value) is bool for value in values])
        kinds = kinds.set(logical, Kind.BOOL)
    kinds = _dated(kinds, cells.dates.get(index, ()))
    return _with_errors(Column(kinds.cast(pl.UInt8), texts, numbers), cells.errors.get(index, ()))


def _dated(kinds: pl.Series, rows: Sequence[int]) -> pl.Series:
    """Numbers in these rows are days."""
    inside = [row for row in rows if row < len(kinds)]
    if not inside:
        return kinds
    shown = pl.zeros(len(kinds), dtype=pl.UInt8, eager=True).scatter(inside, 1).cast(pl.Boolean)
    return kinds.set(shown & (kinds == Kind.NUMBER), Kind.DATE)


def _with_errors(column: Column, rows: Sequence[int]) -> Column:
    """Cells of these rows show an error: its code without the explanation behind it."""
    inside = [row for row in rows if row < len(column) and column.kind[row] == Kind.TEXT]
    if not inside:
        return column
    codes = [_code(str(column.text[row])) for row in inside]
    return Column(column.kind.scatter(inside, Kind.ERROR), column.text.scatter(inside, codes), column.number)


def _code(text: str) -> str:
    found = _CODE.match(text)
    return found[0] if found else text
