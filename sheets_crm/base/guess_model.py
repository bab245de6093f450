"""What a guess about a sheet says. Pure shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sheets_crm.base.model import BoundColumn, Layout

Reason = tuple[str, Mapping[str, object]]  # words key and its values


@dataclass(frozen=True)
class Candidate:
    """Another field that a column may be."""

    card: str
    field: str
    confidence: float


@dataclass(frozen=True)
class SheetGuess:
    """What a sheet seems to be. A guess is for the owner to confirm.

    cards: kinds of card that each row is; () for a sheet that is left alone (a list, a report, empty).
    columns: at most one column a field, in the order of the sheet, with a confidence of 0..1.
    alternatives: for bound and unbound columns, other fields by falling confidence.
    unbound: column index -> header of columns that no field was found for.
    why: words keys (file `guess`) and values: what the guess rests on, or why the sheet is left alone.
    month: (year, month) of a monthly sheet, by its name; the year may be unknown.
    fill_down: columns whose empty cells mean "as above".
    """

    sheet: str
    cards: tuple[str, ...]
    layout: Layout | None
    columns: tuple[BoundColumn, ...] = ()
    alternatives: Mapping[int, tuple[Candidate, ...]] = field(default_factory=dict)
    unbound: Mapping[int, str] = field(default_factory=dict)
    confidence: float = 0.0
    why: tuple[Reason, ...] = ()
    month: tuple[int | None, int] | None = None
    fill_down: tuple[int, ...] = ()

    @property
    def is_left_alone(self) -> bool:
        return not self.cards

    def column(self, card: str, name: str) -> BoundColumn | None:
        """The column bound to a field."""
        return next((found for found in self.columns if (found.card, found.field) == (card, name)), None)
