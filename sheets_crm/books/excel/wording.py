"""Yes and no in words: a cell of an .xlsx has no check box, and Excel shows a logical value as TRUE in capitals.

A word reads at once, and the filter's list offers it as it stands. Pure.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from sheets_crm.books.tab import Tab, TabColumn, Table


def in_words(tab: Tab) -> Tab:
    """The tab with its columns of yes and no as text, where the tab has words for them; a logical value stays one elsewhere."""
    if not any(_is_said(column) for table in tab.tables for column in table.columns):
        return tab
    return replace(tab, tables=tuple(_table(table) for table in tab.tables))


def _table(table: Table) -> Table:
    return replace(table, columns=tuple(_column(one) if _is_said(one) else one for one in table.columns))


def _is_said(column: TabColumn) -> bool:
    return column.said is not None and column.values.dtype == pl.Boolean


def _column(column: TabColumn) -> TabColumn:
    """The words; a column that people fill offers them."""
    assert column.said is not None
    yes, no = column.said
    words = pl.select(pl.when(column.values).then(pl.lit(yes)).when(~column.values).then(pl.lit(no))).to_series()
    return replace(
        column, values=words.alias(column.values.name), said=None,
        choices=column.choices or (column.said if column.manager else ()),
    )  # fmt: skip
