"""Text, names, ids and references: whatever stands in the cell, as clean text."""

from __future__ import annotations

import polars as pl

from sheets_crm.cards.model import Parsed
from sheets_crm.cards.readers.cells import Cells, date_texts, finish, tick_texts
from sheets_crm.cards.text import number_texts, one_line
from sheets_crm.cells import Kind


def texts(cells: Cells, *, lines: bool) -> pl.Series:
    """Every readable cell as text: 12345.0 is "12345", a date is ISO, a tick is TRUE. `lines`: line breaks stay."""
    shown = cells.text if lines else one_line(cells.text)
    if Kind.NUMBER in cells.kinds:
        shown = _over(shown, cells.of(Kind.NUMBER), number_texts(cells.numbers(Kind.NUMBER)))
    if Kind.DATE in cells.kinds:
        shown = _over(shown, cells.of(Kind.DATE), date_texts(cells.numbers(Kind.DATE)))
    if Kind.BOOL in cells.kinds:
        shown = _over(shown, cells.of(Kind.BOOL), tick_texts(cells.numbers(Kind.BOOL)))
    return shown


def read_text(cells: Cells, name: str, *, lines: bool = False) -> Parsed:
    """A column of text; nothing but a broken cell can be wrong with it."""
    return finish(cells, {name: texts(cells, lines=lines)})


def _over(below: pl.Series, mask: pl.Series, above: pl.Series) -> pl.Series:
    return above.zip_with(mask, below)
