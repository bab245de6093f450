"""A generated tab, neutral of backend: cells, formats, drop-downs, conditional formats, charts.

Rows and columns here are 0-based positions on the tab. Texts are final (the language was chosen by whoever drew it).
Every value is written as a typed value, never as a formula: text that starts with `=` stays text.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

import polars as pl

Align = Literal["left", "center", "right"]
Plain = str | int | float | Decimal | bool | date | None


@dataclass(frozen=True)
class Style:
    """How a cell looks. Colours are RRGGBB. `format` is an Excel number format ("0", "#,##0.00", "dd.mm.yyyy")."""

    bold: bool = False
    italic: bool = False
    size: float | None = None
    color: str | None = None
    fill: str | None = None
    format: str | None = None
    align: Align | None = None
    valign: Literal["top", "center"] | None = None
    wrap: bool = False
    border: str | None = None  # colour of a thin line below the cell
    underline: bool = False
    indent: int = 0


@dataclass(frozen=True)
class Range:
    """A rectangle, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Cell:
    """One cell outside a table. `link` is a place in the workbook ("'Sheet 1'!B7")."""

    row: int
    column: int
    value: Plain
    style: Style = Style()
    link: str | None = None


@dataclass(frozen=True)
class TabColumn:
    """A column of a table. `id` is stable over languages and runs; `title` is what people read.

    values: one per data row (String, Boolean, Date, any number, Decimal); null is an empty cell.
    links: places in the workbook, one per row, or None for a column without links.
    choices: what a drop-down offers; other input stays allowed (a warning at most), so that nobody is stuck.
    said: true and false in words. A Boolean column is drawn as check marks; a workbook that has none in its cells shows these.
    manager: people may edit it; other columns are ours.
    """

    id: str
    title: str
    values: pl.Series
    width: float = 12.0  # characters
    style: Style = Style()
    header: Style | None = None  # None: the table's
    links: pl.Series | None = None
    choices: tuple[str, ...] = ()
    manager: bool = False
    hidden: bool = False
    note: str | None = None  # shown when the header is hovered or selected (input prompt)
    said: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """A rectangle of rows under a header at (row, column), written as a native table with a filter.

    name: native name for formulas ("crm_tasks"), kept over runs. A table without rows is drawn with one empty row.
    open_rows: data rows (from 0) that people own as a whole, but for their key: no column of theirs is protected.
    """

    name: str
    columns: tuple[TabColumn, ...]
    row: int = 0
    column: int = 0
    header: Style = Style(bold=True)
    open_rows: tuple[int, ...] = ()

    @property
    def height(self) -> int:
        return len(self.columns[0].values) if self.columns else 0


@dataclass(frozen=True)
class Condition:
    """A conditional format: `formula` is Excel's, in English with commas, relative to the range's first cell."""

    range: Range
    formula: str
    style: Style
    stop: bool = False


@dataclass(frozen=True)
class Chart:
    """A native bar chart beside or below the cells it draws. Categories run from top to bottom."""

    title: str
    categories: Range
    values: Range
    anchor: tuple[int, int]  # row, column of the upper left corner
    size: tuple[int, int] = (480, 300)  # pixels
    series: str = ""
    color: str = "4472C4"


@dataclass(frozen=True)
class View:
    """A choice of rows to look at by name, for one's own screen alone: those whose cell in a column says a value."""

    title: str
    column: str  # id
    value: str


@dataclass(frozen=True)
class Tab:
    """One generated tab. `id` is stable ("tasks"); `title` is the name it takes when it is new and the name is free."""

    id: str
    title: str
    tables: tuple[Table, ...] = ()
    cells: tuple[Cell, ...] = ()
    freeze: tuple[int, int] = (0, 0)  # rows, columns that stay in view
    widths: tuple[float, ...] = ()  # of columns that no table covers
    heights: dict[int, float] = field(default_factory=dict)  # row -> points
    conditions: tuple[Condition, ...] = ()
    charts: tuple[Chart, ...] = ()
    views: tuple[View, ...] = ()  # of the only table, where the workbook knows such
    color: str | None = None  # of the sheet's tab
    landscape: bool = True
    grid_lines: bool = True
