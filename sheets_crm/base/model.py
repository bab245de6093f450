"""One workbook's client base: bindings found, cards as typed frames, problems met.

Pure. Knows nothing of files or rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from sheets_crm.cards.model import Problem


@dataclass(frozen=True)
class Layout:
    """Where a sheet's table is. Rows are the user's (1-based).

    header_row: the row of the column names (the lowest, where headers are stacked); 0 for a table without a header.
    rows: the data rows in order (sections, repeated headers, blank rows, totals and all below them left out).
    classes: how many rows there are of each class: data, blank, section, header_repeat, totals.
    blocks: for each data row, the first row of the merged-down block it belongs to (itself, where there is none).
    ends: the totals row that ends the table; 0 where none does. below: how many rows under it look like data all the same.
    """

    header_row: int
    rows: pl.Series  # UInt32
    classes: Mapping[str, int]
    blocks: pl.Series  # UInt32
    ends: int = 0
    below: int = 0


@dataclass(frozen=True)
class BoundColumn:
    """A column that stands for a field."""

    card: str
    field: str
    index: int  # 0-based
    header: str  # as the user wrote it
    confidence: float = 1.0  # 1.0: the owner said so
    stated: str = ""  # where the owner said it is (a letter or a header); "" for a guess


@dataclass(frozen=True)
class Binding:
    """A sheet, what its rows are, and which column is which field."""

    sheet: str
    cards: tuple[str, ...]
    layout: Layout
    columns: tuple[BoundColumn, ...]
    unbound: Mapping[int, str] = field(
        default_factory=dict
    )  # column index -> header: kept, may be named as custom fields
    confidence: float = 1.0
    given: Mapping[tuple[str, str], str | float | bool | None] = field(
        default_factory=dict
    )  # (card, field) known without a column: the value of every row, or None where another source is joined to the card
    fill_down: tuple[int, ...] = ()  # columns in which a blank cell means "as above"
    requests: bool = False  # its rows are requests: who asks may be a client of another sheet, or a new one


@dataclass(frozen=True)
class Base:
    """The client base of one run.

    frames: card kind -> one frame, a row a card. Always there: `_sheet` String, `_row` UInt32 (the user's row), `_id` String
        (identity, see base/identity). Then the fields that are bound, under their own names; money is Decimal(38, 4).
        Links add `<field>_id` String: the `_id` of the card linked to, null where it matches none.
    problems: in the order of sheets and cells.
    bindings: sheet -> binding.
    valid_clients: client rows (or blocks) without an error-severity problem in their own columns.
    computed: (sheet, card, field) of columns that formulas fill: what changes there was not typed by anybody.
    """

    frames: Mapping[str, pl.DataFrame]
    problems: tuple[Problem, ...]
    bindings: Mapping[str, Binding]
    valid_clients: int = 0
    duplicates: tuple[tuple[tuple[str, int], ...], ...] = ()  # groups of (sheet, row)
    notes: tuple[
        tuple[str, Mapping[str, object]], ...
    ] = ()  # words keys and values: what was guessed, found again, left out
    computed: frozenset[tuple[str, str, str]] = frozenset()

    def frame(self, card: str) -> pl.DataFrame | None:
        """The frame of a card kind, None when no sheet is bound to it."""
        return self.frames.get(card)
