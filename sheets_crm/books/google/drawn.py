"""A `Tab` as values in rows, the way `values.batchGet` gives them back, with links, and what tells its looks apart.

Pure. Where the rows go is decided in `rows`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

import polars as pl

from sheets_crm.books.tab import Condition, Range, Tab, Table

Wire = str | float | bool | None
Row = list[Wire]
_UNIX_EPOCH = 25_569  # 1970-01-01 in days since 1899-12-30
_ORDINAL_OF_ZERO = date(1899, 12, 30).toordinal()
_LONGEST = 50_000  # characters that a cell holds


@dataclass(frozen=True)
class Keyed:
    """A table whose rows belong to people as well: known again by the key in column `key`. managers: columns people own."""

    head: int
    key: int
    managers: frozenset[int]


@dataclass(frozen=True)
class Drawn:
    """The area of a tab from A1. links: (row, column) -> a place in the workbook ("'Sheet 1'!B7")."""

    tab: Tab
    rows: list[Row]
    links: Mapping[tuple[int, int], str]

    @property
    def height(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        return len(self.rows[0]) if self.rows else 0

    @cached_property
    def keyed(self) -> Keyed | None:
        """How rows are known again; None for a tab that is ours alone."""
        if len(self.tab.tables) != 1 or any(cell.row >= self.tab.tables[0].row for cell in self.tab.cells):
            return None
        table = self.tab.tables[0]
        ids = [column.id for column in table.columns]
        managers = frozenset(table.column + place for place, column in enumerate(table.columns) if column.manager)
        if "key" not in ids or not managers:
            return None
        key = table.column + ids.index("key")
        keys = [row[key] for row in self.rows[table.row + 1 :]]
        return Keyed(table.row, key, managers) if None not in keys and len(set(keys)) == len(keys) else None

    @cached_property
    def look(self) -> str:
        """Equal for equal looks, whatever the values, the links and, for the only table, its height."""
        tab = self.tab
        bottom = self.height - 1
        heads = [_head(table, with_height=len(tab.tables) > 1) for table in tab.tables]
        conditions = [replace(one, range=open_ended(one, bottom)) for one in tab.conditions]
        cells = [(cell.row, cell.column, cell.style, isinstance(cell.value, date)) for cell in tab.cells]
        return _short(
            (
                heads,
                cells,
                tab.freeze,
                tab.widths,
                conditions,
                tab.charts,
                tab.views,
                tab.color,
                tab.grid_lines,
                self.width,
            )
        )

    @cached_property
    def linked(self) -> str:
        """Equal for equal links; a row that has a key is known by it."""
        if not self.links:
            return ""
        keyed = self.keyed
        told = [
            (self.rows[row][keyed.key] if keyed else row, column, place) for (row, column), place in self.links.items()
        ]
        return _short(sorted(map(str, told)))


def open_ended(condition: Condition, bottom: int) -> Range:
    """The range of a rule; one that reaches the end of the tab goes on below it (bottom -1)."""
    place = condition.range
    return replace(place, bottom=-1) if place.bottom >= bottom else place


def _head(table: Table, *, with_height: bool) -> object:
    columns = [replace(column, values=column.values.clear(), links=None) for column in table.columns]
    shapes = [(column, str(column.values.dtype)) for column in columns]
    return (
        table.row,
        table.column,
        table.header,
        [
            (one.id, one.title, one.width, one.style, one.header, one.choices, one.manager, one.hidden, one.note, kind)
            for one, kind in shapes
        ],
        table.height if with_height else 0,
    )


def _short(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def draw(tab: Tab) -> Drawn:
    """The tab as rows."""
    height = max([table.row + 1 + table.height for table in tab.tables] + [cell.row + 1 for cell in tab.cells] + [1])
    width = max(
        [table.column + len(table.columns) for table in tab.tables] + [cell.column + 1 for cell in tab.cells] + [1]
    )
    rows: list[Row] = [[None] * width for _ in range(height)]
    links: dict[tuple[int, int], str] = {}
    for cell in tab.cells:
        rows[cell.row][cell.column] = wire(cell.value)
        if cell.link:
            links[cell.row, cell.column] = cell.link
    for table in tab.tables:
        _put_table(table, rows, links)
    return Drawn(tab, rows, links)


def _put_table(table: Table, rows: list[Row], links: dict[tuple[int, int], str]) -> None:
    top = table.row + 1
    for place, column in enumerate(table.columns, table.column):
        rows[table.row][place] = column.title or None
        for row, value in zip(rows[top:], wires(column.values), strict=False):
            row[place] = value
        if column.links is not None:
            links.update(((row, place), link) for row, link in enumerate(column.links.to_list(), top) if link)


def wires(values: pl.Series) -> Sequence[Any]:
    """A column as JSON gives it back."""
    if values.dtype == pl.String:
        return [text[:_LONGEST] if text else None for text in values.to_list()]
    if values.dtype == pl.Date:
        return (values.to_physical() + _UNIX_EPOCH).to_list()
    if values.dtype == pl.Boolean or values.dtype.is_integer():
        return values.to_list()
    if values.dtype == pl.Null:
        return [None] * len(values)
    return values.cast(pl.Float64).fill_nan(None).to_list()


def wire(value: object) -> Wire:
    """One value as JSON gives it back."""
    if isinstance(value, str):
        return value[:_LONGEST] or None
    if isinstance(value, date):
        return value.toordinal() - _ORDINAL_OF_ZERO
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)
