"""Rules that come again every so often: which turn a card is in, and the turns before it.

A turn is known by the day it began, reckoned from the calendar alone (weeks from their Monday, months from January), so it
is the same in any run and without a state. Whether a task of an earlier turn is still open is decided in `tasks`.
Pure: the day is an argument.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

MOST = 3660  # units between two turns
_LOOK_BACK = 36  # turns for which an open task is still looked for
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_DAYS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}  # no longer than the unit ever is


class Turn(NamedTuple):
    """The day a turn began, and the days on which those before it began, newest first."""

    began: date
    earlier: tuple[date, ...]


def turn_of(unit: str, count: int, today: date, subject: str = "") -> Turn:
    """The turn that a day lies in, of turns that last `count` units. subject: moves them by days of its own; "" doesn't."""
    return _turn(unit, count, today, _days_of_its_own(subject, _DAYS[unit] * count))


def _days_of_its_own(subject: str, most: int) -> int:
    if not subject:
        return 0
    return int.from_bytes(blake2b(subject.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") % most


@lru_cache(maxsize=4096)
def _turn(unit: str, count: int, today: date, moved: int) -> Turn:
    now = _number(unit, count, today, moved)
    days = (_start(unit, count, number, moved) for number in range(now, max(now - _LOOK_BACK, 0) - 1, -1))
    began, *earlier = days
    return Turn(began, tuple(earlier))


def _number(unit: str, count: int, today: date, moved: int) -> int:
    """Turns since the first one."""
    day = today - timedelta(days=moved)
    if unit in _MONTHS:
        return (day.year * 12 + day.month - 1) // (count * _MONTHS[unit])
    return (day.toordinal() - 1) // (count * _DAYS[unit])  # the first day of all was a Monday


def _start(unit: str, count: int, number: int, moved: int) -> date:
    if unit in _MONTHS:
        year, month = divmod(number * count * _MONTHS[unit], 12)
        first = date(max(year, 1), month + 1, 1)
    else:
        first = date.fromordinal(number * count * _DAYS[unit] + 1)
    return first + timedelta(days=moved)
