"""Number formats from Excel's codes to Google's patterns and back.

Sources: ECMA-376 part 1, 18.8.30 and 18.8.31; Google's "Date and number formats". Pure.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from sheets_crm.books.excel.reader_styles import is_date_format

Json = dict[str, Any]
_LOCALE = re.compile(r"\[\$(?P<sign>[^\]-]*)(?:-[^\]]*)?\]")  # [$-419], [$₽-419], [$€]
_LITERAL = re.compile(r'"[^"]*"?|\\.|[_*].|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)
_HOUR = re.compile(r"h|s|am/pm", re.IGNORECASE)
_BY_LOCALE = {"mm-dd-yy": "DATE", "m/d/yy h:mm": "DATE_TIME", "m/d/yyyy h:mm": "DATE_TIME"}  # built in: 14 and 22
_PLAIN = {"", "general"}
_PATTERNS = {
    "DATE": "dd.mm.yyyy", "DATE_TIME": "dd.mm.yyyy hh:mm", "TIME": "hh:mm:ss", "PERCENT": "0.00%", "NUMBER": "#,##0.00",
    "CURRENCY": "#,##0.00", "SCIENTIFIC": "0.00E+00", "TEXT": "@",
}  # fmt: skip


@lru_cache(maxsize=1024)
def to_google(code: str | None) -> tuple[tuple[str, str], ...]:
    """Google's NumberFormat as pairs; () for a plain number. A day in the system's own order becomes one in the locale's."""
    if code is None or code.strip().casefold() in _PLAIN:
        return ()
    if kind := _BY_LOCALE.get(code):
        return (("type", kind),)
    pattern = _LOCALE.sub(lambda found: f'"{found["sign"]}"' if found["sign"] else "", code).removesuffix(";@")
    return (("type", _kind(pattern)), ("pattern", pattern))


def _kind(pattern: str) -> str:
    bare = _LITERAL.sub("", pattern.partition(";")[0])
    if bare.strip() == "@":
        return "TEXT"
    if is_date_format(pattern):
        return "DATE_TIME" if _HOUR.search(bare) else "DATE"
    if _HOUR.search(bare) and not re.search("[0#]", bare):
        return "TIME"
    if "%" in bare:
        return "PERCENT"
    if "e+" in bare.lower():
        return "SCIENTIFIC"
    return "NUMBER"


def from_google(found: Json | None, locale: str = "") -> str | None:
    """Excel's code for a NumberFormat; None for a plain number."""
    if not found or found.get("type") in {None, "NUMBER_FORMAT_TYPE_UNSPECIFIED"}:
        return None
    pattern: str = found.get("pattern") or _usual(found["type"], locale)
    return pattern or None


@lru_cache(maxsize=64)
def _usual(kind: str, locale: str) -> str:
    """The pattern of a kind of number where none is stated: days as the locale writes them."""
    if kind in {"DATE", "DATE_TIME"} and (day := _day_of(locale)):
        return day + (" hh:mm" if kind == "DATE_TIME" else "")
    return _PATTERNS.get(kind, "")


def _day_of(locale: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        short = str(Locale.parse(locale).date_formats["short"].pattern)
    except (UnknownLocaleError, ValueError, TypeError, KeyError):
        return ""
    short = re.sub("y+", "yyyy", short.split("'", maxsplit=1)[0].strip()).lower()
    return short if set(short) <= set("dmy./- ") else ""
