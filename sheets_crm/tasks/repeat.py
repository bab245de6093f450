"""When a task of one's own comes again: what people type under Repeat, in either language.

Understood: a unit (day, week, month, quarter, year), with a number before it or without, or a day of the week.
Anything else is kept as text and repeats nothing.
Pure.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, say

Unit = Literal["day", "week", "month", "quarter", "year", "weekday"]
_UNITS: tuple[Unit, ...] = ("day", "week", "month", "quarter", "year")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Repeat(NamedTuple):
    """Every `number` units; for a weekday `number` is its place, Monday 0."""

    unit: Unit
    number: int


def read_repeat(text: str) -> Repeat | None:
    """What was typed under Repeat; None when it names no interval that we understand."""
    words = re.findall(r"\d+|[^\W\d_]+", fold(text))
    starts, times = _starts(), _times()
    count = 1
    for place, word in enumerate(words):
        if word.isdigit():
            count = int(word)
            if count != 1 and place + 1 < len(words) and words[place + 1] in times:
                return None  # twice a week: not an interval
            continue
        for stem, (unit, number) in starts.items():
            if word.startswith(stem):
                return _checked(unit, number if unit == "weekday" else count)
    return None


def next_day(repeat: Repeat, start: date, today: date) -> date:
    """The first day of the rhythm begun at `start` that lies after both `start` and `today`."""
    if repeat.unit == "weekday":
        day = max(start, today) + timedelta(days=1)
        return day + timedelta(days=(repeat.number - day.weekday()) % 7)
    if repeat.unit in ("day", "week"):
        step = repeat.number * (7 if repeat.unit == "week" else 1)
        behind = max(0, (today - start).days)
        return start + timedelta(days=step * (behind // step + 1))
    step = repeat.number * _MONTHS[repeat.unit]
    behind = (today.year - start.year) * 12 + today.month - start.month
    turn = max(1, behind // step)
    while _months_later(start, step * turn) <= max(start, today):
        turn += 1
    return _months_later(start, step * turn)


def _checked(unit: Unit, count: int) -> Repeat | None:
    if unit == "weekday":
        return Repeat(unit, count)
    return Repeat(unit, count) if 1 <= count <= 366 else None


def _months_later(start: date, months: int) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


@cache
def _starts() -> dict[str, tuple[Unit, int]]:
    """Beginnings of words -> unit, longest first."""
    found: dict[str, tuple[Unit, int]] = {}
    for lang in LANGS:
        for unit in _UNITS:
            for stem in say(f"tasks.repeat.{unit}", lang).split("|"):
                found[fold(stem)] = (unit, 1)
        for number, stem in enumerate(say("tasks.repeat.weekdays", lang).split("|")):
            found[fold(stem)] = ("weekday", number)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


@cache
def _times() -> frozenset[str]:
    return frozenset(fold(word) for lang in LANGS for word in say("tasks.repeat.times", lang).split("|"))
