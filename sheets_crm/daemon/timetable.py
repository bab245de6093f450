"""Moments of a timetable: local hours of a time zone as moments of UTC. Pure.

A local hour that does not exist on a day (clocks go forward) comes as long after the gap as it would have come after the
gap's beginning; one that exists twice (clocks go back) comes once, the first time. Source: PEP 495, fold=0.
Knows nothing of runs.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))
NEVER = datetime.max.replace(tzinfo=UTC)
_AROUND = range(-1, 9)  # days to look at around a moment: a week, and one on either side for zones that skip a day


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The moment, UTC, at which the zone's clocks show `at` on `day`."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def next_daily(after: datetime, at: time, zone: ZoneInfo, days: Collection[int] = EVERY_DAY) -> datetime:
    """The first such hour after a moment, on one of these days of the week (0: Monday); NEVER where there are none."""
    found = [moment(day, at, zone) for day in _days(after, zone, _AROUND) if day.weekday() in days]
    return min((one for one in found if one > after), default=NEVER)


def last_daily(upto: datetime, at: time, zone: ZoneInfo, days: Collection[int] = EVERY_DAY) -> datetime | None:
    """The last such hour not after a moment; None where there is none."""
    found = [moment(day, at, zone) for day in _days(upto, zone, range(-8, 2)) if day.weekday() in days]
    return max((one for one in found if one <= upto), default=None)


def next_slot(
    after: datetime, every: timedelta, window: tuple[time, time], zone: ZoneInfo, days: Collection[int] = EVERY_DAY
) -> datetime:
    """The first slot after a moment: every so long from the window's begin to its end, both included, on these days.

    A slot is so much real time after the last one, whatever the clocks on the wall do in between.
    """
    begin, end = window
    found = NEVER
    for day in _days(after, zone, _AROUND):
        if day.weekday() not in days:
            continue
        first = moment(day, begin, zone)
        last = moment(day if end > begin else day + timedelta(days=1), end, zone)
        passed = (after - first) // every + 1 if after >= first else 0
        slot = first + passed * every
        if slot <= last:
            found = min(found, slot)
    return found


def _days(around: datetime, zone: ZoneInfo, offsets: range) -> list[date]:
    here = around.astimezone(zone).date()
    return [here + timedelta(days=offset) for offset in offsets]
