"""The grammar of a cell with telephones: split, drop extensions, judge each part by the country's numbering plan.

One cell in, its telephones in E.164 out; whole columns are the business of `phones`. Judged by length and leading digits, never by
whether a range is assigned today: new ranges must pass. Countries without a stated plan are judged by `phonenumbers` ("possible",
as a mobile or a fixed line: every country also has short free lines, and a number cut off in the middle is as long as one of those).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from sheets_crm.cards.lexicon import lexicon
from sheets_crm.cards.text import fold

_DIGITS = re.compile(r"[^0-9]+")
_LETTERED = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"\s+")


@dataclass(frozen=True)
class Plan:
    """A country's stated plan. `pattern` captures the national number from digits alone (a "+" allowed before the code).

    code: calling code. abroad: digits dialled before a foreign number. lost_zero: what only a lost zero explains.
    """

    code: str
    pattern: str
    abroad: str
    lost_zero: str | None = None


# Source: docs/reference/values.md (DESIGN 5.4): RU and KZ share a plan, as do the countries of North America.
_RUSSIAN = Plan("7", r"^(?:\+?[78])([0-9]{10})$|^([3489][0-9]{9})$", "810")
_AMERICAN = Plan("1", r"^\+?1([0-9]{10})$|^([2-9][0-9]{9})$", "011")
_BRITISH = Plan("44", r"^\+?44([0-9]{10})$|^0([1237][0-9]{9})$", "00", r"^(7[0-9]{9})$")
PLANS = {"RU": _RUSSIAN, "KZ": _RUSSIAN, "US": _AMERICAN, "CA": _AMERICAN, "GB": _BRITISH}


@dataclass(frozen=True)
class Telephones:
    """What a cell holds: different telephones in E.164, in the order of the cell. `lost_zero`: one lacked its zero."""

    numbers: tuple[str, ...]
    lost_zero: bool = False
    suggestion: str | None = None


def read_phones(text: str, country: str) -> Telephones:
    """All telephones of a text cell; line breaks separate, so they must still be there."""
    found: dict[str, bool] = {}
    for part in _separator().split(text):
        for number, lost_zero in _read_part(part, country):
            found.setdefault(number, lost_zero)
    if found:
        return Telephones(tuple(found), any(found.values()))
    return Telephones((), suggestion=_maybe_foreign(text))


def read_digits(digits: str, country: str) -> tuple[str, bool] | None:
    """(E.164, was its zero lost) of digits with an optional "+" before them; None when they make no telephone."""
    if digits.startswith("+0"):  # no country's code does: a plus typed before a number of home
        digits = digits[1:]
    plan = PLANS.get(country)
    if plan is None:
        return _possible(digits, country)
    if match := re.match(plan.pattern, digits):
        return f"+{plan.code}{match[1] or match[2]}", False
    if plan.lost_zero and (match := re.match(plan.lost_zero, digits)):
        return f"+{plan.code}{match[1]}", True
    foreign = _international(digits, plan.abroad)
    if foreign is None or foreign.startswith("0") or not 8 <= len(foreign) <= 15:
        return None
    # Our own code with a wrong number of digits is no foreign number.
    if foreign.startswith(plan.code) and (digits[0] == "+" or not re.match(plan.pattern, f"+{foreign}")):
        return None
    return f"+{foreign}", False


def _read_part(part: str, country: str) -> list[tuple[str, bool]]:
    whole = _of_piece(_extension().sub("", part), country)
    if whole:
        return [whole]
    # «8 912 345-67-89 (с 9 до 18)»: letters and gaps separate what does not make one telephone together.
    runs = [piece for piece in _LETTERED.split(part) if piece.strip()]
    alone = [read for piece in runs if (read := _of_piece(piece, country))] if len(runs) > 1 else []
    if alone:
        return alone
    pieces = [read for piece in _SPACED.split(part.strip()) if (read := _of_piece(piece, country))]
    return pieces if len(pieces) > 1 or len(runs) > 1 else []


def _of_piece(piece: str, country: str) -> tuple[str, bool] | None:
    digits = _DIGITS.sub("", piece.replace("(0)", "") if "44" in piece else piece)
    if not digits:
        return None
    before = piece.partition(digits[0])[0]
    return read_digits(f"+{digits}" if "+" in before else digits, country)


def _international(digits: str, abroad: str) -> str | None:
    if digits.startswith("+"):
        return digits[1:]
    if digits.startswith("00") and len(digits) >= 10:
        return digits[2:]
    return digits[len(abroad) :] if digits.startswith(abroad) and len(digits) >= len(abroad) + 10 else None


@lru_cache(maxsize=200_000)
def _possible(digits: str, country: str) -> tuple[str, bool] | None:
    import phonenumbers

    written = f"+{digits[2:]}" if digits.startswith("00") and len(digits) >= 10 else digits
    if written.startswith("+0"):
        return None
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if written.startswith("+") and number.country_code != phonenumbers.country_code_for_region(country):
        return (written, False) if 8 <= len(written) - 1 <= 15 else None
    ordinary = phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    possible = phonenumbers.is_possible_number_for_type_with_reason(number, ordinary)
    if possible != phonenumbers.ValidationResult.IS_POSSIBLE and not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), False


def _maybe_foreign(text: str) -> str | None:
    """Digits that only lack their "+": a suggestion where `phonenumbers` is sure."""
    import phonenumbers

    digits = _DIGITS.sub("", text)
    if not 11 <= len(digits) <= 15 or _LETTERED.search(text) or "+" in text:
        return None
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    return f"+{digits}" if phonenumbers.is_valid_number(number) else None


@cache
def _separator() -> re.Pattern[str]:
    words = "|".join(re.escape(word) for word in lexicon()["phone"]["or"])
    return re.compile(rf"[;,/\n\r|\\]|\b(?:{words})\b", re.IGNORECASE)


@cache
def _extension() -> re.Pattern[str]:
    words = "|".join(re.escape(fold(word)) for word in sorted(lexicon()["phone"]["extension"], key=len, reverse=True))
    return re.compile(rf"(?:(?<![^\W\d_])(?:{words})|(?<=\d) ?[x#\u0445] ?\d{{1,6}}\b).*", re.IGNORECASE | re.DOTALL)
