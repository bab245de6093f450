"""Tax ids: a Russian INN by its check digits, an id of another country leniently (letters and digits, some digit among them).

Source of the check digits: order of the Federal Tax Service of Russia MMV-7-6/435@ (weights below).
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from sheets_crm.cards.lexicon import lexicon
from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, falses, finish, table, without
from sheets_crm.cards.readers.plain import texts
from sheets_crm.cards.text import fold

_TEN = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_ELEVENTH = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_TWELFTH = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_FILLERS = re.compile(r"[\s.\-\u2010-\u2015:\u2116#]+")
_LENIENT = re.compile(r"(?=.*\d)[^\W_]{4,20}")


def read_tax_ids(cells: Cells, name: str, reading: Reading) -> Parsed:
    """A column of tax ids (String, without spaces, upper case)."""
    typed = texts(cells, lines=False)
    right = _right_inns(typed) if reading.country == "RU" else falses(len(cells))
    judge = _russian if reading.country == "RU" else _other
    read = table(without(typed, right), judge, {"id": pl.String, "suggestion": pl.String})
    values = typed.zip_with(right, read["id"])
    bad = typed.is_not_null() & values.is_null()
    return finish(cells, {name: values}, [Found("bad_tax_id", bad, read["suggestion"])])


def is_inn(digits: str) -> bool:
    """Ten digits (a firm) or twelve (a person) with right check digits."""
    if len(digits) not in (10, 12) or not (digits.isascii() and digits.isdigit()) or not int(digits):
        return False
    if len(digits) == 10:
        return _check(digits, _TEN) == int(digits[9])
    return (
        len(digits) == 12
        and _check(digits, _ELEVENTH) == int(digits[10])
        and _check(digits, _TWELFTH) == int(digits[11])
    )


def _check(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11 % 10


def _right_inns(typed: pl.Series) -> pl.Series:
    """`is_inn` for a whole column at once."""
    plain = typed.str.contains(r"^(?:[0-9]{10}|[0-9]{12})$").fill_null(value=False)
    if not plain.any():
        return plain
    numbers = without(typed, ~plain).cast(pl.Int64)
    length = typed.str.len_bytes()
    firm = (length == 10) & _checked(numbers, _TEN, 1)
    person = (length == 12) & _checked(numbers, _ELEVENTH, 2) & _checked(numbers, _TWELFTH, 1)
    return (plain & (numbers > 0) & (firm | person)).fill_null(value=False)


def _checked(numbers: pl.Series, weights: tuple[int, ...], place: int) -> pl.Series:
    """Is the digit at `place` (from the right, 1-based) the check digit of those before it?"""
    total = numbers * 0
    for power, weight in enumerate(reversed(weights)):
        total += numbers // 10 ** (power + place) % 10 * weight
    right: pl.Series = total % 11 % 10 == numbers // 10 ** (place - 1) % 10
    return right


def _russian(text: str) -> tuple[str | None, str | None]:
    """(id, suggestion). «ИНН/КПП» in one cell gives the INN; a zero lost by a number cell is suggested, not added."""
    first = re.split(r"[/\\,;]| (?=\d{9}$)", _words().sub("", fold(text)).strip())[0]
    digits = _FILLERS.sub("", first)
    if is_inn(digits):
        return digits, None
    padded = f"0{digits}"
    return None, padded if len(padded) in (10, 12) and is_inn(padded) else None


def _other(text: str) -> tuple[str | None, str | None]:
    plain = _FILLERS.sub("", _words().sub("", fold(text)).split("/")[0]).upper()
    return (plain, None) if _LENIENT.fullmatch(plain) else (None, None)


@cache
def _words() -> re.Pattern[str]:
    words = "|".join(re.escape(fold(word)) for word in sorted(lexicon()["tax_words"], key=len, reverse=True))
    return re.compile(rf"\b(?:{words})\b[ .:]*")
