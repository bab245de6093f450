"""A drawn tab as a book would read it back, and a tab that a person edits."""

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

import polars as pl

from sheets_crm.books.model import Grid
from sheets_crm.books.tab import Tab
from sheets_crm.cells import Column, Kind

EPOCH = date(1899, 12, 30).toordinal()


@dataclass
class Paper:
    """Rows of plain values that a person may edit: the first row is the header."""

    rows: list[list[object]] = field(default_factory=list)

    def column(self, title):
        return self.rows[0].index(title)

    def put(self, row, title, value):
        self.rows[row][self.column(title)] = value

    def get(self, row, title):
        return self.rows[row][self.column(title)]

    def row_of(self, title, value):
        place = self.column(title)
        return next(number for number, row in enumerate(self.rows) if number and row[place] == value)

    def add(self, **values):
        row = [None] * len(self.rows[0])
        for title, value in values.items():
            row[self.column(title)] = value
        self.rows.append(row)

    def grid(self, name="Tasks"):
        width = max(map(len, self.rows), default=0)
        rows = [[*row, *[None] * (width - len(row))] for row in self.rows]
        while rows and all(value in (None, "") for value in rows[-1]):
            rows.pop()
        return Grid(name, tuple(column_of(cells) for cells in zip(*rows, strict=True)), len(rows))


def paper_of(tab: Tab) -> Paper:
    table = tab.tables[0]
    assert (table.row, table.column) == (0, 0)
    lists = [column.values.to_list() for column in table.columns]
    rows = [list(row) for row in zip(*lists, strict=True)]
    return Paper([[column.title for column in table.columns], *rows])


def tab_grid(tab: Tab) -> Grid:
    return paper_of(tab).grid(tab.title)


def column_of(values) -> Column:
    cells = [cell_of(value) for value in values]
    return Column(
        pl.Series([kind for kind, _, _ in cells], dtype=pl.UInt8),
        pl.Series([text for _, text, _ in cells], dtype=pl.String),
        pl.Series([number for _, _, number in cells], dtype=pl.Float64),
    )


def cell_of(value):
    if value is None or value == "":
        return Kind.EMPTY, None, None
    if isinstance(value, bool):
        return Kind.BOOL, None, float(value)
    if isinstance(value, date):
        return Kind.DATE, None, float(value.toordinal() - EPOCH)
    if isinstance(value, time):
        return Kind.DATE, None, (value.hour * 60 + value.minute) / 1440
    if isinstance(value, (int, float, Decimal)):
        return Kind.NUMBER, None, float(value)
    return Kind.TEXT, value, None
