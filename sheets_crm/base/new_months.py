"""Next month's sheet: one that crm.yaml does not name, kept like a monthly sheet that it does name, is read like that one.

Pure. What a monthly sheet's name says is `guess_words`; binding is `bind`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sheets_crm.base.guess_words import clean, month_of
from sheets_crm.base.remember import headers_at
from sheets_crm.base.settings import SheetSettings
from sheets_crm.books.model import Grid
from sheets_crm.cards import fold

_AHEAD_MONTHS = 2  # a sheet is begun that much before its month at most
_MORE_ABOVE = 5  # rows that may stand above a new sheet's headers beyond those of the sheet it is like


def unnamed_months(stated: Mapping[str, SheetSettings], present: Iterable[str]) -> list[str]:
    """Sheets named for a month that crm.yaml does not name, where it names a monthly sheet of the workbook."""
    if not any(_is_monthly(name, settings) for name, settings in stated.items()):
        return []
    named = {fold(name) for name in stated}
    return [name for name in present if fold(name) not in named and month_of(name) is not None]


@dataclass(frozen=True)
class Likeness:
    """The stated sheet that a new one is like, and the row of its headers; model None: nearly like one, but not quite."""

    model: str | None
    header_row: int = 0


def likeness(grid: Grid, grids: Mapping[str, Grid], rows: Mapping[str, int]) -> Likeness | None:
    """The stated monthly sheet, the last one named, under whose very headers the sheet is kept; None: unlike all of them.

    rows: stated monthly sheets -> row of their headers. A few rows more or fewer may stand above them.
    """
    near = False
    for name in reversed(list(rows)):
        headers, row = _headers(grids[name], rows[name]), rows[name]
        for there in (row, *(n for n in range(1, row + _MORE_ABOVE + 1) if n != row)) if row and headers else ():
            own = _headers(grid, there)
            if own == headers:
                return Likeness(name, there)
            near |= 2 * len(set(own.values()) & set(headers.values())) >= len(headers)
    return Likeness(None) if near else None


def models(asked: Mapping[str, SheetSettings]) -> list[str]:
    """The stated sheets that a new month may be like."""
    return [name for name, settings in asked.items() if _is_monthly(name, settings)]


def month_after(name: str, months: Sequence[str], today: date) -> str | None:
    """The month of a new sheet whose name tells no year: the first such one after the others, unless that is far ahead.

    months: of the stated sheets, "2026-01". None: as with any monthly sheet.
    """
    found = month_of(name)
    if found is None or found[0] is not None or not months:
        return None
    year, month = (int(part) for part in max(months).split("-"))
    year += month >= found[1]
    ahead = (year - today.year) * 12 + found[1] - today.month
    return f"{year}-{found[1]:02}" if ahead <= _AHEAD_MONTHS else None


def _is_monthly(name: str, settings: SheetSettings) -> bool:
    is_read = not settings.ignore and settings.file is None
    return is_read and (settings.month is not None or month_of(name) is not None)


def _headers(grid: Grid, row: int) -> dict[int, str]:
    return {index: clean(text) for index, text in headers_at(grid, row).items()}
