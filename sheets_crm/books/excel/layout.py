"""What is going to stand on a sheet: a tab settled into the workbook, with native names, ids and everything carried over.

Plain values that pass between the modules of this folder; nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sheets_crm.books.tab import Cell, Range, Tab, Table


@dataclass(frozen=True)
class ColumnLook:
    """How wide a column stands in the file, and whether people hid it. `width` is the file's own number, as text."""

    width: str | None
    hidden: bool


@dataclass(frozen=True)
class Native:
    """A table as it is going to stand: rows in the order in which people want them, names and ids settled."""

    table: Table
    part: str
    name: str
    id: int
    titles: tuple[str, ...]  # of the columns; unique and never empty, as Excel wants them
    column_ids: tuple[int, ...]
    filter: str = ""  # the inside of <autoFilter>
    sort: str = ""  # a whole <sortState>
    look: str = ""  # a whole <tableStyleInfo>; '' for ours
    hidden: pl.Series | None = None  # Boolean, one per data row: filtered out
    order: pl.Series | None = None  # position now -> position in the tab as it was given

    @property
    def area(self) -> Range:
        """Header and data; at least one data row."""
        table = self.table
        bottom = table.row + max(table.height, 1)
        return Range(table.row, table.column, bottom, table.column + len(table.columns) - 1)


@dataclass(frozen=True)
class Layout:
    """A tab settled into a workbook. Positions are 0-based."""

    tab: Tab
    name: str  # of the sheet, as the workbook has it
    part: str
    tables: tuple[Native, ...]
    lists: tuple[Cell, ...] = ()  # what drop-downs offer where it is too long for the drop-down itself
    view: Mapping[str, str] = field(default_factory=dict)  # zoom and selection of the sheet, as attributes
    columns: Mapping[int, ColumnLook] = field(default_factory=dict)  # as people left them
    drawing: str | None = None
    charts: tuple[str, ...] = ()
    legacy_rel: str | None = None  # the relationship to the drawing of people's comments
    link_rel: str | None = None  # the relationship to the workbook that links lead into, where it is another one
