"""How our tabs look: colours, number formats, links, widths. One place, so that all tabs look alike.

Pure. Knows nothing of what is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache, lru_cache

import polars as pl

from sheets_crm.books.tab import Style, TabColumn
from sheets_crm.words import Lang, number, show

INK = "1F2933"
GREY = "8A929A"
BLUE = "0B5CAD"
HEADER = Style(bold=True, color="FFFFFF", fill="3B5B7C", wrap=True, valign="center", align="left")
# Above numbers: not at the right, where the filter's button would cover it.
NUMBER_HEADER = Style(bold=True, color="FFFFFF", fill="3B5B7C", wrap=True, valign="center", align="center")
MANAGER_HEADER = Style(bold=True, color="5C4300", fill="FFD97A", wrap=True, valign="center", align="left")
MANAGER_FILL = "FFF9E5"
LINE = "E1E5EA"
TEXT = Style(valign="top", border=LINE)
WRAP = Style(valign="top", wrap=True, border=LINE)
CENTER = Style(valign="top", align="center", border=LINE)
LINK = Style(valign="top", wrap=True, color=BLUE, underline=True, border=LINE)
COUNT = Style(valign="top", format="#,##0", align="right", border=LINE)
SHARE = Style(valign="top", format="0%", align="right", border=LINE)
HEADING = Style(bold=True, size=14, color=INK)
SUBHEADING = Style(bold=True, size=11, color="3B5B7C")
SENTENCE = Style(color="52606D")
TOTAL = Style(bold=True, border="3B5B7C")

OVERDUE = Style(color="9C0006", fill="FBD5D5")
TODAY = Style(color="7A4F00", fill="FFE3A3")
CLOSED = Style(color="9AA1A8", fill="F3F4F5")

# A line of text in points, the most lines a row grows to, and how much of a column's width words fill.
_LINE, _MOST_LINES, _FILLED = 14.0, 6, 0.98

# Excel opens a workbook slowly, or not at all, beyond about 65,530 links on a sheet.
MOST_LINKS = 65_000


def date_format(lang: Lang) -> str:
    """Excel number format of a day."""
    return "dd.mm.yyyy" if lang == "ru" else "d mmm yyyy"


def yes_no(lang: Lang) -> tuple[str, str]:
    """True and false in words, for a workbook whose cells have no check boxes."""
    return show(True, lang), show(False, lang)


def money_format(values: pl.Series) -> str:
    """Excel number format of sums in a column: with hundredths only where some sum has them."""
    sums = values.drop_nulls().cast(pl.Float64)
    return "#,##0" if sums.is_empty() or bool((sums == sums.round(0)).all()) else "#,##0.00"


@cache
def currency_sign(currency: str, lang: Lang) -> str:
    """The sign people of a language write for an ISO code; the code itself where there is none."""
    from babel.numbers import get_currency_symbol

    return str(get_currency_symbol(currency, locale=lang)) if currency else ""


def money_text(amount: Decimal, currency: str, lang: Lang) -> str:
    """A whole sum in a sentence, its sign where people of the language put it."""
    text, sign = number(amount.quantize(Decimal(1)), lang), currency_sign(currency, lang)
    if lang == "en" and sign and not sign[-1].isalpha():
        return f"{sign}{text}"
    return f"{text}\u00a0{sign}".strip()


def row_height(texts: Iterable[tuple[str | None, float]]) -> float:
    """Points that a row needs for its wrapped texts, each with the width of its column in characters.

    Told to the workbook because not every program fits rows by itself when it opens one.
    """
    lines = max((_lines(text, width * _FILLED) for text, width in texts if text), default=1)
    return _LINE * min(lines, _MOST_LINES) + 1


def row_heights(columns: Iterable[TabColumn], first_row: int) -> dict[int, float]:
    """Heights of the rows of a table, from its columns that wrap text."""
    wrapped = [column for column in columns if column.style.wrap and column.values.dtype == pl.String]
    if not wrapped:
        return {}
    widths = {str(i): column.width * _FILLED for i, column in enumerate(wrapped)}
    texts = pl.DataFrame([column.values.alias(name) for name, column in zip(widths, wrapped, strict=True)])
    long = texts.select(_long(name, width).implode() for name, width in widths.items()).row(0, named=True)
    counts = [_line_counts(name, long[name], width) for name, width in widths.items()]
    rows = texts.with_columns(pl.max_horizontal(counts).clip(1, _MOST_LINES).alias("lines"))
    return {row: _LINE * count + 1 for row, count in enumerate(rows["lines"].to_list(), first_row)}


def _long(name: str, width: float) -> pl.Expr:
    """The different texts of a column that are not plainly a single line."""
    text = pl.col(name)
    return text.filter((text.str.len_chars() > width) | text.str.contains("\n", literal=True)).unique()


def _line_counts(name: str, long: list[str], width: float) -> pl.Expr:
    """Lines that each text of a column takes; each different one is looked at once."""
    if not long:
        return pl.lit(1, dtype=pl.UInt32)
    counts = pl.Series([_lines(text, width) for text in long], dtype=pl.UInt32)
    return pl.col(name).replace_strict(pl.Series(long), counts, default=1, return_dtype=pl.UInt32)


@lru_cache(maxsize=1 << 14)  # checklists and reasons repeat from row to row
def _lines(text: str, width: float) -> int:
    """How many lines a text takes when words are wrapped at a width."""
    count = 0
    for paragraph in text.split("\n"):
        count += 1
        used = 0.0
        for word in paragraph.split(" "):
            if used and used + 1 + len(word) > width:
                count, used = count + 1, 0.0
            used += len(word) + (1 if used else 0)
            if used > width:
                count, used = count + int(used // width), used % width
    return count


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
