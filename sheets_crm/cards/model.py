"""What a client base consists of: card kinds, their fields, and what can be wrong with a cell.

Pure. Knows nothing of workbooks, sheets' layouts or rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as _field
from datetime import date
from enum import StrEnum
from typing import Literal

import polars as pl

Severity = Literal["error", "warning"]


class FieldType(StrEnum):
    """How a cell of the field is read (the exact rules: docs/reference/values.md)."""

    TEXT = "text"
    ID = "id"
    NAME = "name"
    DATE = "date"
    PAST_DATE = "past_date"  # a future day is an error and counts as blank
    BIRTHDAY = "birthday"
    MONEY = "money"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"
    TAX_ID = "tax_id"
    CONSENT = "consent"
    STAGE = "stage"
    CHOICE = "choice"  # one of listed values, through aliases
    LINK = "link"  # to another card, by id or by exactly one matching name
    TOOTH = "tooth"  # two-digit notation of ISO 3950, comma separated


# Problem kinds that are warnings; all others are errors.
WARNINGS = frozenset(
    {
        "date_as_text", "number_as_text", "phone_as_number", "phone_lost_zero", "several_phones",
        "birth_implausible", "duplicate_client",
    }
)  # fmt: skip


def severity(kind: str) -> Severity:
    """Error or warning, by the problem's kind."""
    return "warning" if kind in WARNINGS else "error"


@dataclass(frozen=True)
class Reading:
    """In what surroundings cells are read: the country's habits and the day of the run.

    country: ISO code (RU, KZ, BY, US, GB ...). currency: ISO code (RUB ...).
    date_order: "dmy" or "mdy", already decided for the column. decimal: "," or ".", already decided for the column.
    month: the (year, month) of a monthly sheet, where a bare number 1..31 is a day of it.
    """

    today: date
    country: str = "RU"
    currency: str = "RUB"
    date_order: Literal["dmy", "mdy"] = "dmy"
    decimal: Literal[",", "."] = ","
    epoch_1904: bool = False
    month: tuple[int, int] | None = None


@dataclass(frozen=True)
class Parsed:
    """A column given meaning.

    values: frame column name -> series; the field's own name is always there, a type may add more
        (phone -> `phone`, `phones`; birthday -> `birthday` "MM-DD", `birthday_year`). Unreadable counts as null.
    issues: one row a problem: position UInt32 (0-based in the column), kind String, seen String, suggestion String (or null).
    blank: Boolean, true where the cell counts as blank *as typed* (an unreadable cell is not blank).
    """

    values: dict[str, pl.Series]
    issues: pl.DataFrame
    blank: pl.Series


ISSUES_SCHEMA = {"position": pl.UInt32, "kind": pl.String, "seen": pl.String, "suggestion": pl.String}


@dataclass(frozen=True)
class Problem:
    """Dirt in the user's data, at one cell. A value, collected, never raised."""

    sheet: str
    cell: str  # "B7"
    row: int  # the user's, 1-based
    kind: str
    seen: str = ""
    suggestion: str | None = None
    card: str = ""
    field: str = ""
    values: dict[str, object] = _field(default_factory=dict)  # for the sentence

    @property
    def severity(self) -> Severity:
        return severity(self.kind)
