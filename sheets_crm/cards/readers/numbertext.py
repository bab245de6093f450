"""The grammar of a number written as text: «1 234,50», "1,234.50", "1.234.567", "(500)"; and of a sum with its currency.

One text in, one exact number (as canonical text) out; whole columns are the business of `numbers`.
Exact rules: docs/reference/values.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from sheets_crm.cards.lexicon import currencies, lexicon, minor_units
from sheets_crm.cards.text import fold

MAX_DIGITS = 30  # before the decimal sign; more is no sum of money

_MINUS = "\u2212\u2013\u2014-"  # the hyphen last: it opens no range in a character class
_NUMBER = re.compile(
    rf"(?P<sign>[+{_MINUS}]?) ?(?P<body>\d(?:[\d .,'\u2019]*\d)?|[.,]\d{{1,2}})(?P<tail>[.,][-\u2013=]|[.,])?",
    re.ASCII,  # digits of other scripts are no numbers to those who reckon with them here
)
_TOKEN = re.compile(r"[^\W\d_]+(?:[./][^\W\d_]+)*\$?|[$\u20a0-\u20cf\u00a2-\u00a5\u058f\u0e3f\uffe1\uffe5]")
_GROUPED = re.compile(r"\d{1,3}(?:([ .,'\u2019])\d{3})(?:\1\d{3})*")


@dataclass(frozen=True)
class Sum:
    """What a text says. `number`: canonical text ("-1234.5"), None when unreadable. `foreign`: another currency stands with a digit."""

    number: str | None
    foreign: bool = False
    suggestion: str | None = None


UNREADABLE = Sum(None)


def read_number(text: str, decimal: str, *, percent: bool = False) -> str | None:
    """Canonical text of a number without words; None when there is anything else in the text. `percent`: a closing % is allowed."""
    written = fold(text)
    if percent:
        written = written.removesuffix("%").rstrip()
    negative = written.startswith("(") and written.endswith(")")
    if negative:
        written = written[1:-1].strip()
    match = _NUMBER.fullmatch(written)
    if not match:
        return None
    digits = plain_digits(match["body"], decimal)
    if digits is None or len(digits.partition(".")[0]) > MAX_DIGITS:
        return None
    signed = match["sign"] not in ("", "+")
    if negative and match["sign"]:
        return None
    return f"-{digits}" if negative or signed else digits


@lru_cache(maxsize=65_536)
def read_sum(text: str, decimal: str, currency: str) -> Sum:
    """A number with the home currency's sign or word on either side."""
    written = fold(text)
    tokens = [token.removesuffix(".") for token in _TOKEN.findall(written)]
    if not tokens:
        return Sum(read_number(written, decimal))
    phrase = " ".join(tokens).replace(".", " ")
    home = _is_currency(phrase, tokens, currency)
    if not home and _is_foreign(tokens, phrase, currency) and any(char.isdigit() for char in written):
        return Sum(None, foreign=True)
    if home:
        return Sum(read_number(_without_tokens(written), decimal))
    if minor := _with_minor(written, decimal, currency):
        return Sum(minor)
    return Sum(None, suggestion=_multiplied(written, decimal, currency))


def plain_digits(body: str, decimal: str) -> str | None:
    """Digits with separators -> digits with at most one point; None when the separators make no number.

    One separator kind, once, before exactly three digits, is what the column's decimal sign says; otherwise the text decides itself.
    """
    signs = [char for char in body if char in ".,"]
    if len(set(signs)) == 2:
        last = max(body.rfind("."), body.rfind(","))
        return None if signs.count(body[last]) > 1 else _joined(body[:last], body[last + 1 :])
    if len(signs) > 1:
        return _joined(body, "")
    if len(signs) == 1:
        whole, _, rest = body.partition(signs[0])
        if (
            signs[0] != decimal
            and len(rest) == 3
            and rest.isdigit()
            and whole.isdigit()
            and len(whole) <= 3
            and whole != "0"
        ):
            return whole + rest
        return _joined(whole, rest)
    return _joined(body, "")


def _joined(whole: str, rest: str) -> str | None:
    if whole and not whole.isdigit():
        if not _GROUPED.fullmatch(whole):
            return None
        whole = re.sub(r"\D", "", whole)
    if rest and not rest.isdigit():
        return None
    whole = whole.lstrip("0") or "0"
    rest = rest.rstrip("0")
    return f"{whole}.{rest}" if rest else whole


def _without_tokens(written: str) -> str:
    rest = re.sub(_TOKEN.pattern + r"|(?<=[^\W\d_])\.", " ", written.replace("(", " ( ").replace(")", " ) "))
    rest = re.sub(r"\s+", " ", rest).strip()
    rest = re.sub(r"^\. | \.$", "", rest)  # the full stop of an abbreviation, not a decimal sign
    return rest.replace("( ", "(").replace(" )", ")")


def _is_currency(phrase: str, tokens: list[str], currency: str) -> bool:
    known = currencies()
    if currency in known.get(phrase, frozenset()):
        return True
    return all(currency in known.get(token, frozenset()) for token in tokens)


def _is_foreign(tokens: list[str], phrase: str, currency: str) -> bool:
    known = currencies()
    meant = [known[token] for token in (phrase, *tokens) if token in known]
    return any(currency not in codes for codes in meant)


def _with_minor(written: str, decimal: str, currency: str) -> str | None:
    minor = minor_units(currency)
    if not minor:
        return None
    words = "|".join(sorted(map(re.escape, minor), key=len, reverse=True))
    match = re.fullmatch(rf"(.*\D) ?(\d{{1,2}}) ?(?:{words})\.?", written)
    if not match:
        return None
    major = read_sum(match[1].strip(), decimal, currency)
    if major.number is None or "." in major.number:
        return None
    return f"{major.number}.{int(match[2]):02}"


def _multiplied(written: str, decimal: str, currency: str) -> str | None:
    """A suggestion for «40 тыс.» or "2k"; the cell itself stays unreadable: nobody said that it is exact."""
    words = sorted(lexicon()["multipliers"], key=len, reverse=True)
    pattern = "|".join(re.escape(fold(word)).replace(r"\ ", r"[. ]*") for word in words)
    match = re.fullmatch(rf"(\d[\d.,]*) ?({pattern})\.?(?: ?(\D+))?", written)
    if not match or (match[3] and not _is_currency(match[3].strip(". "), [match[3].strip(". ")], currency)):
        return None
    digits = read_number(match[1], decimal)
    if digits is None:
        return None
    word = re.sub(r"[. ]+", " ", match[2]).strip()
    factor = next(factor for name, factor in lexicon()["multipliers"].items() if fold(name) == word)
    return canonical(Decimal(digits) * factor)


def canonical(number: Decimal) -> str:
    """Digits with at most one point, no exponent, no closing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
