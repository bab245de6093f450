"""Does a tab say already what we would draw, although another program has written the file since? Compared by meaning.

How it looks is known by a short digest that stands in a hidden name; its values are read back and compared cell by cell.
When in doubt the answer is no: drawing once more is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from hashlib import blake2b

import polars as pl

from sheets_crm.books.excel.layout import Layout, Native
from sheets_crm.books.model import Grid
from sheets_crm.books.tab import Cell, Tab, Table
from sheets_crm.cells import Kind

_VERSION = 1  # of how we draw: another look of the same tab is to be drawn
_EPOCH_1970 = 25_569
_CLOSE = 1e-12
_TAIL = 1 << 20  # what follows the rows of a sheet is looked for in so many bytes at its end


def look_of(tab: Tab) -> str:
    """A digest of all that a tab is but the values in its tables: looks, drop-downs, links, charts, loose cells."""
    digest = blake2b(digest_size=12)
    bare = replace(tab, tables=tuple(replace(table, columns=()) for table in tab.tables))
    digest.update(
        repr((_VERSION, [getattr(bare, field.name) for field in fields(bare)])).encode("utf-8", "surrogatepass")
    )
    for table in tab.tables:
        for column in table.columns:
            rest = [getattr(column, f.name) for f in fields(column) if f.name not in {"values", "links"}]
            digest.update(repr((rest, column.values.dtype)).encode("utf-8", "surrogatepass"))
            if column.links is not None:
                joined = column.links.cast(pl.String).fill_null("\0").str.join("\n").item()
                digest.update(str(joined).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def has_all_kinds(tab: Tab, sheet: bytes) -> bool:
    """Does a sheet's part hold every kind of thing that we draw there? Programs drop what they don't know."""
    end = sheet[-_TAIL:]
    columns = [column for table in tab.tables for column in table.columns]
    wanted = {
        "dataValidation": any(column.choices or column.note for column in columns),
        "conditionalFormatting": bool(tab.conditions),
        "hyperlink": any(c.links is not None and c.links.null_count() < len(c.links) for c in columns)
        or any(cell.link for cell in tab.cells),
        "drawing": bool(tab.charts),
    }
    found = all(re.search(rb"<(?:[\w.-]+:)?" + kind.encode() + rb"\b", end) for kind, on in wanted.items() if on)
    return found and len(re.findall(rb"<(?:[\w.-]+:)?tablePart\b", end)) >= len(tab.tables)


def stands(layout: Layout, grid: Grid) -> bool:
    """Do the cells of a sheet hold the values of a settled tab? Cells that we don't draw are not looked at."""
    headers = (
        Cell(native.table.row, native.table.column + i, title)
        for native in layout.tables
        for i, title in enumerate(native.titles)
    )
    loose = (*headers, *layout.tab.cells, *layout.lists)
    return all(_is_cell(cell, grid) for cell in loose) and all(_is_table(native, grid) for native in layout.tables)


def _is_cell(cell: Cell, grid: Grid) -> bool:
    here = grid.cell(cell.row + 1, cell.column)
    wanted = cell.value
    if wanted is None or wanted == "":
        return here is None or here == ""
    if isinstance(wanted, str):
        return isinstance(here, str) and here == _lines(wanted)
    if isinstance(wanted, (bool, date)):
        return type(here) is type(wanted) and here == wanted
    return isinstance(here, float) and abs(here - float(wanted)) <= _CLOSE * max(abs(here), 1.0)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_table(native: Native, grid: Grid) -> bool:
    table = native.table
    return all(_is_column(column.values, i, table, grid) for i, column in enumerate(table.columns))


def _is_column(values: pl.Series, index: int, table: Table, grid: Grid) -> bool:
    """One column of a table, all rows at once."""
    first, height = table.row + 1, len(values)
    place = table.column + index
    if place >= len(grid.columns) or grid.height < first + height:
        return _is_cut(values, first, place, grid)
    cells = grid.columns[place]
    frame = pl.DataFrame(
        {
            "kind": cells.kind.slice(first, height),
            "text": cells.text.slice(first, height),
            "number": cells.number.slice(first, height),
        }
    )
    wanted = _comparable(values)
    if wanted is None:
        return False
    kinds, series = wanted
    frame = frame.with_columns(series.alias("wanted"))
    return bool(frame.select(_equal(kinds, series.dtype).fill_null(value=False).all()).item())


def _is_cut(values: pl.Series, first: int, place: int, grid: Grid) -> bool:
    """A column that reaches beyond the sheet's last filled cell: what lies there must be blank."""
    inside = max(min(grid.height - first, len(values)), 0) if place < len(grid.columns) else 0
    rest = values.slice(inside)
    blank = rest.null_count() == len(rest) or (rest.dtype == pl.String and bool((rest.fill_null("") == "").all()))
    if not blank or inside == 0:
        return blank
    head = Table("", (), row=first - 1, column=place)
    return _is_column(values.head(inside), 0, head, grid)


def _comparable(values: pl.Series) -> tuple[Iterable[Kind], pl.Series] | None:
    """The kinds of cell that may hold these values, and the values as such cells have them; None: can't be told."""
    if values.dtype in (pl.String, pl.Categorical, pl.Enum):
        text = (
            values.cast(pl.String).str.replace_all("\r\n", "\n", literal=True).str.replace_all("\r", "\n", literal=True)
        )
        return (Kind.TEXT,), text.replace("", None)
    if values.dtype == pl.Boolean:
        return (Kind.BOOL,), values.cast(pl.Float64)
    if values.dtype == pl.Date:
        return (Kind.DATE,), (values.to_physical() + _EPOCH_1970).cast(pl.Float64)
    if values.dtype.is_numeric():
        return (Kind.NUMBER,), values.cast(pl.Float64)
    return None


def _equal(kinds: Iterable[Kind], dtype: pl.DataType) -> pl.Expr:
    kind, wanted = pl.col("kind"), pl.col("wanted")
    blank = wanted.is_null() & ((kind == int(Kind.EMPTY)) | ((kind == int(Kind.TEXT)) & (pl.col("text") == "")))
    right = kind.is_in([int(one) for one in kinds])
    if dtype == pl.String:
        return blank | (right & (pl.col("text") == wanted))
    near = (pl.col("number") - wanted).abs() <= _CLOSE * pl.max_horizontal(wanted.abs(), pl.lit(1.0))
    return blank | (right & near)
