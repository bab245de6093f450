"""When somebody may be told something: days and hours of the workbook's zone, safe over changes of the clock.

Pure: the moment is an argument, aware. Knows nothing of what is told.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sheets_crm.sync.config_notices import WEEKDAYS, NoticeSettings, as_time

_DAY = timedelta(days=1)


def moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """A wall clock's hour as a moment, UTC. An hour that the change to summer time leaves out is the one after it."""
    return datetime.combine(day, hour, zone).astimezone(UTC)


def local(now: datetime, zone: ZoneInfo) -> datetime:
    """A moment as the wall clock shows it."""
    return now.astimezone(zone)


def digest_window(settings: NoticeSettings, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """From when until when today's digest may be sent; None on a day without one.

    From its hour to the quiet hours that follow, else to midnight: a computer that slept sends it when it wakes,
    and nobody gets a morning list at night.
    """
    today = local(now, zone).date()
    if settings.digest is None or WEEKDAYS[today.weekday()] not in settings.days:
        return None
    start = moment(today, as_time(settings.digest), zone)
    end = moment(today + _DAY, time(), zone)
    if settings.quiet is not None:
        quiet = moment(today, _quiet(settings.quiet)[0], zone)
        end = quiet if quiet > start else end
    return start, end


def after_quiet(settings: NoticeSettings, now: datetime, zone: ZoneInfo) -> datetime:
    """The first moment from now on that is not quiet, UTC; now itself outside the quiet hours."""
    if settings.quiet is None:
        return now.astimezone(UTC)
    begin, end = _quiet(settings.quiet)
    today = local(now, zone).date()
    for day in (today - _DAY, today):
        first = moment(day, begin, zone)
        last = moment(day if begin < end else day + _DAY, end, zone)
        if first <= now < last:
            return last
    return now.astimezone(UTC)


def _quiet(text: str) -> tuple[time, time]:
    begin, end = text.split("-")
    return as_time(begin), as_time(end)
