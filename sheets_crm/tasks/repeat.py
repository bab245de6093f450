"""When a task of one's own comes again: what people type under Repeat, in either language.

Understood: every (n) day, week, month, quarter, half-year, year; days of the week; days of the month, also its last;
the first, second ... or last weekday or working day of the month; working days; a day of the year; from a day, until a day.
Anything else is no rhythm, and the row says so. Days are found by `dateutil.rrule` (RFC 5545).
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sheets_crm.tasks.clock import without_time
from sheets_crm.tasks.repeat_reader import LAST, Reader, Repeat
from sheets_crm.tasks.repeat_words import never, tokens
from sheets_crm.tasks.texts import fold
from sheets_crm.words import say
from sheets_crm.workdays import Calendar

_TRIES = 1200  # months looked through for a working day of theirs


@lru_cache(maxsize=4096)
def read_repeat(text: str) -> Repeat | None:
    """What was typed under Repeat; None when it names no rhythm that we understand."""
    found = tokens(without_time(text))
    if not found:
        return None
    return Reader([token for token in found if token.kind != "fill"]).repeat()


def says_nothing(text: str) -> bool:
    """Is that no repeat at all: blank, a dash, or a word that says so?"""
    return fold(text).strip(" .!-–—") in ({""} | never())


def next_day(repeat: Repeat, start: date, today: date, calendar: Calendar | None = None) -> date | None:
    """The first day of the rhythm begun at `start` that lies after both `start` and `today`; None when it has come to its end."""
    after = max(start, today)
    try:
        found = _next(repeat, repeat.since or start, after, calendar or Calendar(today))
    except OverflowError:
        return None
    return None if found is None or (repeat.until and found > repeat.until) else found


def kept(text: str, repeat: Repeat, start: date, found: date, due: date) -> str:
    """The text for the task that follows; with the day the rhythm is counted from where the next one would forget it.

    start: the day that was due. found: the next of the rhythm. due: what became of it (moved off a day off).
    """
    stated = bool(
        repeat.weekdays or repeat.days or repeat.nth or repeat.month or (repeat.working and repeat.number == 1)
    )
    if repeat.since or (stated and repeat.number == 1):
        return text
    forgets = due.day != start.day if repeat.unit in ("month", "year") and not stated else due != found
    if not forgets:
        return text
    lang = "en" if text.isascii() else "ru"
    day = start.isoformat() if lang == "en" else f"{start:%d.%m.%Y}"
    return say("calendar.repeat.from", "en" if text.isascii() else "ru", text=text.strip(), day=day)


def _next(repeat: Repeat, start: date, after: date, calendar: Calendar) -> date | None:
    if repeat.working and repeat.nth:
        return next((day for day in _working_days_of_months(repeat, start, calendar) if day > after), None)
    if repeat.working:
        behind = max(0, calendar.between(start, after))
        return calendar.after(start, repeat.number * (behind // repeat.number + 1))
    moment = datetime(after.year, after.month, after.day)  # noqa: DTZ001 - a day, not a moment
    found = [rule.after(moment) for rule in _rules(repeat, start)]
    return min((day.date() for day in found if day is not None), default=None)


def _working_days_of_months(repeat: Repeat, start: date, calendar: Calendar) -> Iterator[date]:
    """The n-th (or last) working day of each month of the rhythm; a month that has none is passed over."""
    month = start.year * 12 + start.month - 1
    for number in range(month, month + _TRIES * repeat.number, repeat.number):
        first = date(number // 12, number % 12 + 1, 1)
        following = (first + timedelta(days=32)).replace(day=1)
        days = [day for n in range((following - first).days) if calendar.is_working(day := first + timedelta(days=n))]
        place = repeat.nth - 1 if repeat.nth > 0 else LAST
        if len(days) > max(place, 0):
            yield days[place]


def _rules(repeat: Repeat, start: date) -> list[Any]:
    """The rhythm as rules of RFC 5545; one for each day of the month."""
    from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

    begun = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - a day, not a moment
    common: dict[str, Any] = {"dtstart": begun, "interval": repeat.number}
    if repeat.unit == "day":
        return [rrule(DAILY, **common)]
    if repeat.unit == "week":
        return [rrule(WEEKLY, byweekday=repeat.weekdays or (start.weekday(),), **common)]
    if repeat.nth:
        return [rrule(MONTHLY, byweekday=[weekday(day, repeat.nth) for day in repeat.weekdays], **common)]
    days = [_day_of_month(day) for day in repeat.days or (start.day,)]
    if repeat.unit == "year":
        return [rrule(YEARLY, bymonth=repeat.month or start.month, **day, **common) for day in days]
    return [rrule(MONTHLY, **day, **common) for day in days]


def _day_of_month(day: int) -> dict[str, Any]:
    """A day that some months don't have is their last one."""
    return {"bymonthday": day} if day <= 28 else {"bymonthday": range(28, day + 1), "bysetpos": -1}
