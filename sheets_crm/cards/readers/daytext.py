"""The grammar of a day written as text: 2026-11-05, 5.11.26, 11/5/2026, «5 ноября 2026 г.», "Nov 5, 2026".

One text in, one day out; whole columns are the business of `dates`. Exact rules: docs/reference/values.md.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from sheets_crm.cards.lexicon import folded, months
from sheets_crm.cards.text import fold

EARLIEST, LATEST = 1900, 2119  # years that a serial number can express

_TIME = re.compile(
    r"(?:[ t,]+|(?<=\d)t)\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:z|[+-]\d{2}:?\d{2})?$"
)
_YEAR_FIRST = re.compile(r"(\d{4}) ?([./-]) ?(\d{1,2}) ?\2 ?(\d{1,2})")
_THREE = re.compile(r"(\d{1,2}) ?([./-]) ?(\d{1,2}) ?\2 ?(\d{4}|\d{2})")
_TWO = re.compile(r"(\d{1,2}) ?[./-] ?(\d{1,2})\.?")
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_BETWEEN = re.compile(r"[\s.,/\u00ab\u00bb\"-]*")  # what may stand between the words of a day


def read_day(text: str, order: str, month: tuple[int, int] | None = None) -> date | None:
    """The day, or None. `month`: on a monthly sheet a bare number is a day of it."""
    written = without_time(fold(text))
    if month and written.isdigit() and len(written) <= 2:
        return day_of(month[0], month[1], int(written))
    parts = numeric_parts(written, order) or worded_parts(written)
    if parts is None or parts[0] is None:
        return None
    year, month_number, day = parts
    return day_of(year, month_number, day) if year is not None and EARLIEST <= year <= LATEST else None


def read_birthday(text: str, order: str) -> tuple[int, int, int | None] | None:
    """(month, day, year or None). The year may be missing; 29 February is a day of birth in any case."""
    written = without_time(fold(text))
    parts = numeric_parts(written, order) or worded_parts(written) or _day_and_month(written, order)
    if parts is None:
        return None
    year, month, day = parts
    if day_of(2000 if year is None else year, month, day) is None:
        return None
    return month, day, year


def order_evidence(text: str) -> str | None:
    """The order of day and month ("dmy", "mdy") where only one makes a real day of the text, else None."""
    written = without_time(fold(text))
    match = _THREE.fullmatch(written) or _TWO.fullmatch(written)
    if not match:
        return None
    first, second = int(match[1]), int(match[3] if match.re is _THREE else match[2])
    year = full_year(match[4]) if match.re is _THREE else 2000
    as_dmy, as_mdy = day_of(year, second, first), day_of(year, first, second)
    if (as_dmy is None) == (as_mdy is None) or min(first, second) > 12:
        return None
    return "dmy" if as_dmy else "mdy"


def without_time(written: str) -> str:
    """The folded text without a time of day at its end and a day of the week at its start."""
    if ":" in written:
        written = _TIME.sub("", written)
    head, _, rest = written.partition(" ")
    return rest.strip() if rest and head.rstrip(".,") in folded("weekdays") else written


def numeric_parts(written: str, order: str) -> tuple[int | None, int, int] | None:
    """(year, month, day) of a text of digits and separators, not yet checked against the calendar."""
    written = _without_year_word(written)
    if match := _YEAR_FIRST.fullmatch(written):
        return int(match[1]), int(match[3]), int(match[4])
    match = _THREE.fullmatch(written)
    if not match:
        return None
    first, second, year = int(match[1]), int(match[3]), full_year(match[4])
    return (year, second, first) if order == "dmy" else (year, first, second)


def worded_parts(written: str) -> tuple[int | None, int, int] | None:
    """(year or None, month, day) of a text with the name of a month: "5 november 2026", "nov 5, 2026", "5-nov-26"."""
    if _TOKEN.sub("", written).strip(' .,/-"\u00ab\u00bb\t\n'):
        return None
    tokens = [token for token in _TOKEN.findall(written) if token not in folded("ordinals")]
    if len(tokens) > 1 and tokens[-1] in folded("year"):
        tokens.pop()
    named = [at for at, token in enumerate(tokens) if token in months()]
    if len(tokens) not in (2, 3) or len(named) != 1 or named[0] > 1:
        return None
    month = months()[tokens.pop(named[0])]
    if not all(token.isdigit() for token in tokens) or len(tokens[0]) > 2:
        return None
    if len(tokens) == 1:
        return None, month, int(tokens[0])
    return (full_year(tokens[1]), month, int(tokens[0])) if len(tokens[1]) in (2, 4) else None


def full_year(digits: str) -> int:
    """A year of four digits, or of two: 00-49 are 20xx, 50-99 are 19xx."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < 50 else 1900)


@lru_cache(maxsize=65_536)
def day_of(year: int, month: int, day: int) -> date | None:
    """The day, None where the calendar has none."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_and_month(written: str, order: str) -> tuple[int | None, int, int] | None:
    match = _TWO.fullmatch(written)
    if not match:
        return None
    first, second = int(match[1]), int(match[2])
    return (None, second, first) if order == "dmy" else (None, first, second)


def _without_year_word(written: str) -> str:
    head, _, tail = written.rstrip(".").rpartition(" ")
    if head and tail in folded("year"):
        return head
    stripped = written.rstrip(".")
    if stripped and stripped[-1] in folded("year") and stripped[:-1].endswith(tuple("0123456789")):
        return stripped[:-1]
    return stripped
