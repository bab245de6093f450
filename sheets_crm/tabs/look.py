"""How our tabs look: colours, number formats, links, widths. One place, so that all tabs look alike.

Pure. Knows nothing of what is drawn.
"""

from __future__ import annotations

from functools import cache

import polars as pl

from sheets_crm.books.tab import Style
from sheets_crm.words import Lang

INK = "1F2933"
GREY = "8A929A"
BLUE = "0B5CAD"
HEADER = Style(bold=True, color="FFFFFF", fill="3B5B7C", wrap=True, valign="center", align="left")
MANAGER_HEADER = Style(bold=True, color="5C4300", fill="FFD97A", wrap=True, valign="center", align="left")
MANAGER_FILL = "FFF9E5"
TEXT = Style(valign="top")
WRAP = Style(valign="top", wrap=True)
CENTER = Style(valign="top", align="center")
LINK = Style(valign="top", wrap=True, color=BLUE, underline=True)
COUNT = Style(valign="top", format="#,##0", align="right")
SHARE = Style(valign="top", format="0%", align="right")
HEADING = Style(bold=True, size=14, color=INK)
SUBHEADING = Style(bold=True, size=11, color="3B5B7C")
SENTENCE = Style(color="52606D")
TOTAL = Style(bold=True, border="3B5B7C")

OVERDUE = Style(color="9C0006", fill="FBD5D5", bold=True)
TODAY = Style(color="7A4F00", fill="FFE3A3", bold=True)
CLOSED = Style(color="9AA1A8", fill="F3F4F5")

# Excel opens a workbook slowly, or not at all, beyond about 65,530 links on a sheet.
MOST_LINKS = 65_000


def date_format(lang: Lang) -> str:
    """Excel number format of a day."""
    return "dd.mm.yyyy" if lang == "ru" else "d mmm yyyy"


def money_format(values: pl.Series) -> str:
    """Excel number format of sums in a column: with hundredths only where some sum has them."""
    sums = values.drop_nulls().cast(pl.Float64)
    return "#,##0" if sums.is_empty() or bool((sums == sums.round(0)).all()) else "#,##0.00"


@cache
def currency_sign(currency: str, lang: Lang) -> str:
    """The sign people of a language write for an ISO code; the code itself where there is none."""
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(currency, locale=lang)) if currency else ""


def place(sheet: str, cell: str) -> str:
    """A place in the workbook as links name it: 'Sheet''s name'!B7."""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"


def unique(names: list[str], taken: set[str]) -> list[str]:
    """Headers that a native table accepts: not blank, none twice (without case), none of `taken`."""
    seen = {name.casefold() for name in taken}
    found = []
    for name in names:
        base, number = name.strip() or "\u2026", 1
        candidate = name if name.strip() else base
        while candidate.strip().casefold() in seen:
            number += 1
            candidate = f"{base} {number}"
        seen.add(candidate.strip().casefold())
        found.append(candidate)
    return found
