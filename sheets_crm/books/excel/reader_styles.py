"""Which cell formats show a number as a date.

Times of day and durations (`h:mm`, `[h]:mm:ss`) are not dates: their cells stay numbers.
Source: ECMA-376 part 1, 18.8.30 (built-in formats) and 18.8.31 (format codes).
"""

from __future__ import annotations

import re
from functools import cache
from xml.etree import ElementTree as ET

_BUILT_IN_DATES = frozenset({*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)})
_BUILT_IN = 164  # ids below belong to the built-in formats
_LITERAL = re.compile(r'"[^"]*"?|\\.|[_*].')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]")
_BRACKET = re.compile(r"\[[^\]]*\]")
_NOT_A_UNIT = re.compile(r"general|am/pm|a/p|e[+-]|s\.0+")
_DIGIT = re.compile(r"[0#?@]")


def date_styles(styles: ET.Element | None) -> list[bool]:
    """For each cell format (`s` of a cell): is a number shown as a date? Empty without a styles part."""
    if styles is None:
        return []
    codes = {fmt.get("numFmtId"): fmt.get("formatCode", "") for fmt in styles.iterfind("{*}numFmts/{*}numFmt")}
    return [_is_date(xf.get("numFmtId", "0"), codes) for xf in styles.iterfind("{*}cellXfs/{*}xf")]


def _is_date(number: str, codes: dict[str | None, str]) -> bool:
    if number in codes:
        return is_date_format(codes[number])
    return number.isdigit() and int(number) < _BUILT_IN and int(number) in _BUILT_IN_DATES


@cache
def is_date_format(code: str) -> bool:
    """Does a number format show a day, month or year? False for times of day, durations and plain numbers."""
    code = _LITERAL.sub("", code).partition(";")[0].casefold()
    if _ELAPSED.search(code):
        return False
    code = _NOT_A_UNIT.sub("s", _BRACKET.sub("", code)) if code else ""
    if _DIGIT.search(code):
        return False
    if any(unit in code for unit in "ydeg"):
        return True
    return "m" in code and "h" not in code and "s" not in code
