"""Numbers and dates as people see them: patterns and locales, and back (what a person types becomes a value).

A subset of Google's patterns: digits, groups, per cent, dates, times, text, literals. Locales: comma or point.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from tests.google.emulator.model import Failure, Json, number

_ZERO = datetime.combine(date(1899, 12, 30), time())
_COMMA = {"ru", "de", "fr", "es", "it", "pl", "uk", "be", "kk", "sv", "nl", "pt", "tr", "cs"}
_DATE_PATTERN = {"ru": "dd.MM.yyyy", "de": "dd.MM.yyyy", "fr": "dd/MM/yyyy", "en": "M/d/yyyy"}
_DATE_KINDS = {"DATE", "TIME", "DATE_TIME"}
_TOKENS = re.compile(
    r'"[^"]*"|\\.|\[[^\]]*\]|yyyy|yy|y|MMMM|MMM|MM|M|mmmm|mmm|mm|m|dddd|ddd|dd|d|HH|hh|H|h|ss|s|\.0+|am/pm|AM/PM|.',
    re.DOTALL,
)


def comma_locale(locale: str) -> bool:
    """Whether the decimal sign is a comma: then formulas need semicolons."""
    return locale.split("_", maxsplit=1)[0] in _COMMA


def is_date_format(cell_format: Json | None) -> bool:
    """Whether the format shows numbers as dates or times."""
    return bool(cell_format) and (cell_format or {}).get("numberFormat", {}).get("type") in _DATE_KINDS


def shown(value: Any, cell_format: Json | None, locale: str) -> str:
    """`formattedValue`: what people see."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Failure):
        return value.code
    if isinstance(value, bool):
        return _boolean(value, locale)
    kind = (cell_format or {}).get("numberFormat", {})
    return _shown_number(value, kind.get("type", ""), kind.get("pattern", ""), locale)


def _boolean(value: bool, locale: str) -> str:
    words = ("ИСТИНА", "ЛОЖЬ") if locale.startswith("ru") else ("TRUE", "FALSE")
    return words[0] if value else words[1]


@lru_cache(maxsize=100_000)
def _shown_number(value: float, kind: str, pattern: str, locale: str) -> str:
    if kind in _DATE_KINDS:
        language = locale.split("_", maxsplit=1)[0]
        pattern = pattern or _DATE_PATTERN.get(language, "yyyy-MM-dd")
        return _moment(value, pattern)
    if kind == "TEXT" or pattern == "@":
        return _general(value, locale)
    if kind == "PERCENT" and not pattern:
        pattern = "0.00%"
    if kind in {"NUMBER", "CURRENCY"} and not pattern:
        pattern = "#,##0.00"
    if not pattern or pattern.casefold() == "general":
        return _general(value, locale)
    return _patterned(value, pattern, locale)


def _general(value: float, locale: str) -> str:
    text = f"{value:.10g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}E{int(exponent):+03d}" if abs(int(exponent)) > 14 else f"{value:.0f}"
    return text.replace(".", ",") if comma_locale(locale) else text


def _patterned(value: float, pattern: str, locale: str) -> str:
    sections = pattern.split(";")
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    found = re.search(r"[#0?][#0?,. ]*", section)
    if not found:
        return re.sub(r'["\\]', "", section)
    core = found[0].rstrip(" ,") if not found[0].rstrip().endswith(".") else found[0].strip()
    before, after = section[: found.start()], section[found.start() + len(core) :]
    if "%" in section:
        value *= 100
    whole, _, fraction = core.partition(".")
    digits = f"{abs(value):.{len(fraction)}f}"
    left, _, right = digits.partition(".")
    keep = len(fraction.rstrip("#"))
    while len(right) > keep and right.endswith("0"):
        right = right[:-1]
    left = left.zfill(whole.count("0"))
    if "," in whole:
        left = f"{int(left):,}".replace(",", "\u00a0" if comma_locale(locale) else ",")
    text = left + (("," if comma_locale(locale) else ".") + right if right else "")
    sign = "-" if value < 0 and float(digits) != 0 else ""
    return sign + _literal(before) + text + _literal(after)


def _literal(text: str) -> str:
    text = re.sub(r"\[\$?([^\]-]*)[^\]]*\]", r"\1", text)
    return re.sub(r'\\(.)|"|_.|\*.', lambda found: found[1] or "", text)


def _moment(serial: float, pattern: str) -> str:
    try:
        moment = _ZERO + timedelta(seconds=round(serial * 86400))
    except OverflowError:
        return str(serial)
    out, hours = [], False
    for token in _TOKENS.findall(pattern):
        text, hours = _piece(token, moment, serial, hours)
        out.append(text)
    return "".join(out)


def _piece(token: str, moment: datetime, serial: float, after_hours: bool) -> tuple[str, bool]:
    low = token.lower()
    if low in {"yyyy", "y"}:
        return f"{moment.year:04d}", False
    if low == "yy":
        return f"{moment.year % 100:02d}", False
    if low in {"d", "dd"}:
        return f"{moment.day:0{len(low)}d}", False
    if low in {"ddd", "dddd"}:
        return moment.strftime("%a" if low == "ddd" else "%A"), False
    if low in {"h", "hh"}:
        return f"{moment.hour:0{len(low)}d}", True
    if low in {"s", "ss"}:
        return f"{moment.second:0{len(low)}d}", False
    if low in {"m", "mm"}:
        minutes = after_hours and token.islower()
        return f"{moment.minute if minutes else moment.month:0{len(low)}d}", False
    if low in {"mmm", "mmmm"}:
        return moment.strftime("%b" if low == "mmm" else "%B"), False
    if low in {"[h]", "[hh]"}:
        return str(int(serial * 24)), True
    return token.strip('"').removeprefix("\\"), after_hours


def serial_of(day: date | datetime) -> int | float:
    """Days since 1899-12-30."""
    moment = day if isinstance(day, datetime) else datetime.combine(day, time())
    return number((moment.replace(tzinfo=None) - _ZERO).total_seconds() / 86400)


def typed(text: str, locale: str) -> tuple[Any, Json | None]:
    """What a person's typing becomes in a cell: the value, and the number format it brings (USER_ENTERED)."""
    if text.startswith("'"):
        return text[1:], None
    bare = text.strip()
    if bare.upper() in {"TRUE", "FALSE"} or bare.casefold() in {"истина", "ложь"}:
        return bare.casefold() in {"true", "истина"}, None
    day = _typed_date(bare, locale)
    if day is not None:
        return serial_of(day), {"numberFormat": {"type": "DATE"}}
    found = _typed_number(bare, locale)
    if found is None:
        return text, None
    if bare.endswith("%"):
        return number(found / 100), {"numberFormat": {"type": "PERCENT", "pattern": "0.00%" if "." in bare else "0%"}}
    return number(found), None


def _typed_number(text: str, locale: str) -> float | None:
    point, group = (",", "[\u00a0\u202f ]") if comma_locale(locale) else ("[.]", ",")
    shape = rf"[+-]?(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)?(?:{point}\d*)?(?:[eE][+-]?\d+)?%?"
    if not re.search(r"\d", text) or not re.fullmatch(shape, text):
        return None
    digits = re.sub(group, "", text.rstrip("%"))
    try:
        return float(digits.replace(",", "."))
    except ValueError:
        return None


def _typed_date(text: str, locale: str) -> date | None:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    parts = (int(found[1]), int(found[2]), int(found[3])) if found else None
    found = re.fullmatch(r"(\d{1,2})[./](\d{1,2})[./](\d{4}|\d{2})", text)
    if found:
        year = int(found[3]) + (2000 if len(found[3]) == 2 else 0)
        first, second = int(found[1]), int(found[2])
        parts = (year, first, second) if locale == "en_US" else (year, second, first)
    if parts is None:
        return None
    try:
        return date(*parts)
    except ValueError:
        return None
