"""How a cell looks, in Google's words: colours, number formats, alignment; and formulas of rules in the sheet's locale.

Pure. Knows nothing of which cell it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sheets_crm.books.tab import Style

Json = dict[str, Any]

# All that we ever set of a format. A link is no look: it goes with the value.
LOOK_FIELDS = (
    "userEnteredFormat(numberFormat,backgroundColorStyle,borders,horizontalAlignment,verticalAlignment,wrapStrategy,padding,"
    "textFormat(bold,italic,underline,fontSize,foregroundColorStyle))"
)
_ALIGN = {"left": "LEFT", "center": "CENTER", "right": "RIGHT"}
_VALIGN = {"top": "TOP", "center": "MIDDLE"}
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_PART = re.compile(r'"[^"]*"|\d+\.\d+|.', re.DOTALL)


def color(rgb: str) -> Json:
    """RRGGBB as a ColorStyle."""
    parts = (int(rgb[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return {"rgbColor": dict(zip(("red", "green", "blue"), (round(part, 6) for part in parts), strict=True))}


def look_of(style: Style, *, is_date: bool = False) -> Json:
    """A style as a CellFormat."""
    found: Json = {}
    if style.format or is_date:
        found["numberFormat"] = number_format(style.format)
    if style.fill:
        found["backgroundColorStyle"] = color(style.fill)
    if style.align:
        found["horizontalAlignment"] = _ALIGN[style.align]
    if style.valign:
        found["verticalAlignment"] = _VALIGN[style.valign]
    if style.border:
        found["borders"] = {"bottom": {"style": "SOLID", "colorStyle": color(style.border)}}
    if style.indent:
        found["padding"] = {"left": 3 + 9 * style.indent}
    found["wrapStrategy"] = "WRAP" if style.wrap else "CLIP"
    text = _text_of(style)
    return {**found, "textFormat": text} if text else found


def _text_of(style: Style) -> Json:
    text: Json = {name: True for name in ("bold", "italic", "underline") if getattr(style, name)}
    if style.size:
        text["fontSize"] = round(style.size)
    if style.color:
        text["foregroundColorStyle"] = color(style.color)
    return text


def number_format(pattern: str | None) -> Json:
    """An Excel number format as Google's; None: a day as the spreadsheet's locale writes it."""
    if pattern is None:
        return {"type": "DATE"}
    bare = _LITERAL.sub("", pattern).lower()
    if pattern == "@":
        kind = "TEXT"
    elif "y" in bare or "d" in bare:
        kind = "DATE_TIME" if "h" in bare else "DATE"
    elif "h" in bare:
        kind = "TIME"
    else:
        kind = "PERCENT" if "%" in bare else "NUMBER"
    return {"type": kind, "pattern": pattern}


@lru_cache(maxsize=64)
def has_decimal_comma(locale: str) -> bool:
    """Does the locale write 1,5? Then arguments are set apart by semicolons. An unknown locale: no."""
    from babel import Locale, UnknownLocaleError
    from babel.numbers import get_decimal_symbol

    try:
        return str(get_decimal_symbol(Locale.parse(locale))) == ","
    except (UnknownLocaleError, ValueError, TypeError):
        return False


def formula_in(locale: str, formula: str) -> str:
    """A formula in English with commas, as a spreadsheet of this locale takes it (function names stay English)."""
    return "=" + ("".join(_with_semicolons(formula)) if has_decimal_comma(locale) else formula)


def _with_semicolons(formula: str) -> Iterator[str]:
    for part in _PART.findall(formula):
        if part == ",":
            yield ";"
        elif part[0].isdigit():
            yield part.replace(".", ",")
        else:
            yield part
