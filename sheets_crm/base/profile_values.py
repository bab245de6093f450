"""What one value looks like: a phone, a date, a sum, a person's name, a stage ... A value may be several at once.

Only looks: whether a phone or date is a good one is for `cards` to say.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache

from sheets_crm.base.guess_words import clean, dictionary
from sheets_crm.cells import Kind

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^\W\d]{2,}")
_HANDLE = re.compile(r"@[A-Za-z][\w.]{2,}|(https?://)?(t\.me|wa\.me|vk\.com|instagram\.com|vk\.ru)/\S+", re.IGNORECASE)
_PHONE = re.compile(r"[^\d+(]{0,12}[+(]*\d[\d\s().\-–—+\u00a0\u202f]{5,22}")
_NOT_PHONE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")
_DATE = re.compile(
    r"\d{1,2}[./-]\d{1,2}[./-](\d{2}|\d{4})(\s*([^\W\d]\.?|\d{1,2}:\d{2}.*))?|\d{4}[-./]\d{1,2}[-./]\d{1,2}([T\s].*)?"
    r"|\d{1,2}(st|nd|rd|th)?\s+[^\W\d]{3,9}\.?,?\s+\d{4}(\s*[^\W\d]\.?)?|[^\W\d]{3,9}\.?\s+\d{1,2},?\s+\d{4}"
)
_DAY_MONTH = re.compile(r"\d{1,2}[./]\d{1,2}|\d{1,2}\s+[^\W\d]{3,9}")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(:\d{2})?(\s*[ap]m)?(\s*[-–]\s*\d{1,2}[:.]\d{2}.*)?", re.IGNORECASE)
_CODE = re.compile(r"(?=.*\d)[^\W_]{0,6}[-/№# ]{0,2}\d[\w/-]{0,12}")
_TAX = re.compile(r"(\d{9}|\d{10}|\d{12}|\d{13}|\d{15})(\s*/\s*\d{9})?|[A-Z]{2}\s?\d{8,12}|\d{2}-\d{7}")
_TEETH = re.compile(r"([1-8][1-8])(\s*[,;/ -]\s*[1-8][1-8])*")
_PERCENT = re.compile(r"\d{1,3}([.,]\d+)?\s*%")
_WHOLE_RANGES = (
    ("day", 1.0, 31.0),
    ("score", 0.0, 10.0),
    ("small", 0.0, 1000.0),
    ("hundred", 0.0, 100.0),
    ("phone", 2e9, 9e10),
    ("tax_id", 1e8, 1e10),
    ("tax_id", 1e11, 1e13),
    ("serial", 36_526.0, 54_789.0),  # a date of 2000..2049 that lost its format
)
_LONGEST = 400  # characters of a value that are looked at
_OLDEST_BIRTH, _YOUNGEST_BIRTH = 3653.0, 41_275.0  # 1910, 2013


def text_traits(text: str) -> tuple[str, ...]:
    """Everything that a text looks like. Of a very long one its beginning tells, and its patterns take no longer to try."""
    return _traits(text[:_LONGEST])


@lru_cache(maxsize=20_000)
def _traits(text: str) -> tuple[str, ...]:
    low = clean(text)
    traits = [*_formal(text, low), *_worded(text, low)]
    if len(text) > 40 or len(text.split()) > 6:
        traits.append("long")
    if _TIME.fullmatch(low):
        traits.append("time")
    if any(char.isalpha() for char in text):
        traits.append("letters")
    return tuple(traits)


def _formal(text: str, low: str) -> list[str]:
    """Values of a form of their own."""
    found = [
        name
        for name, pattern in (
            ("percent", _PERCENT), ("tax_id", _TAX), ("tooth", _TEETH), ("plate", _form("plate")), ("handle", _HANDLE)
        )
        if pattern.fullmatch(text)
    ]  # fmt: skip
    if _EMAIL.search(text):
        found.append("email")
    elif _form("url").fullmatch(text):
        found.append("url")
    if _is_phone(text):
        found.append("phone")
    if _DATE.fullmatch(text):
        found += ["date", *(["born"] if _born(text) else [])]
    elif _DAY_MONTH.fullmatch(text):
        found.append("day_month")
    elif _form("money").fullmatch(low) and sum(map(str.isdigit, text)) <= 9:
        found += ["number", "sum"]
    if _CODE.fullmatch(text) and " " not in text.strip() and "date" not in found:
        found.append("code")
    return found


def _is_phone(text: str) -> bool:
    for part in _form("several").split(text):
        digits = sum(map(str.isdigit, part))
        whole = _form("extension").sub("", part.strip())
        if 7 <= digits <= 16 and _PHONE.fullmatch(whole) and not _NOT_PHONE.fullmatch(whole):
            return True
    return False


def _born(text: str) -> bool:
    years = [int(year) for year in re.findall(r"(?<!\d)(\d{4})(?!\d)", text)]
    return any(1910 <= year <= 2012 for year in years)


def _worded(text: str, low: str) -> list[str]:
    """Values known by their words."""
    found = []
    if low in _words("yes") or low in _words("no"):
        found.append("yes_no")
    if low in _words("stages"):
        found.append("stage")
    if _is_person(text):
        found.append("person")
    elif low in _words("first_names"):
        found.append("first_name")
    if _pattern("org_forms").search(low):
        found.append("org")
    if _pattern("address_words").search(low) and any(char.isdigit() for char in text):
        found.append("address")
    if any(word in _words("position_words") for word in re.split(r"[\s,/-]+", low)) or low in _words("position_words"):
        found.append("position")
    return found


def _is_person(text: str) -> bool:
    words = text.replace(".", " ").split()
    if not 2 <= len(words) <= 4 or any(char.isdigit() for char in text):
        return False
    if _pattern("patronymic").search(words[-1].lower()):
        return True
    if not any(form.fullmatch(text) for form in _person_forms()):
        return False
    return not _pattern("org_forms").search(text.lower())


@lru_cache(maxsize=20_000)
def number_traits(kind: int, value: float) -> tuple[str, ...]:
    """Everything that a number, a date or a checkbox looks like."""
    if kind == Kind.BOOL:
        return ("yes_no",)
    if kind == Kind.DATE:
        return ("date", "born") if _OLDEST_BIRTH <= value <= _YOUNGEST_BIRTH else ("date",)
    whole = math.isfinite(value) and value == int(value)
    found = ["number", *(["whole"] if whole else [])]
    found += [name for name, low, high in _WHOLE_RANGES if whole and low <= value <= high]
    if whole and 1 <= value % 10 <= 8 and (11 <= value <= 48 or 51 <= value <= 85):
        found.append("tooth")
    if 0 <= value <= 1:
        found.append("part")
    if value >= 100 or not whole:
        found.append("sum")
    if value < 0:
        found.append("negative")
    return tuple(found)


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(clean(str(word)) for word in dictionary()["values"][name])


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(dictionary()["values"][name], re.IGNORECASE)


@cache
def _form(name: str) -> re.Pattern[str]:
    return re.compile(dictionary()["forms"][name], re.IGNORECASE)


@cache
def _person_forms() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(form) for form in dictionary()["values"]["person_forms"])
