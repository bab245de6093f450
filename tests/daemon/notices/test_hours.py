"""When somebody may be told something, by the workbook's clock, also when that clock is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from sheets_crm.daemon.notices.hours import after_quiet, digest_window, moment
from sheets_crm.sync.config_notices import NoticeSettings

NEW_YORK = ZoneInfo("America/New_York")
MOSCOW = ZoneInfo("Europe/Moscow")


def wall(text, zone=MOSCOW, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20 20:59", "2026-11-20 20:59"),
        ("2026-11-20 21:00", "2026-11-21 08:00"),
        ("2026-11-20 23:59", "2026-11-21 08:00"),
        ("2026-11-21 00:00", "2026-11-21 08:00"),
        ("2026-11-21 07:59", "2026-11-21 08:00"),
        ("2026-11-21 08:00", "2026-11-21 08:00"),
    ],
)
def test_quiet_hours_over_midnight(now, until):
    assert after_quiet(NoticeSettings(), wall(now), MOSCOW) == wall(until)


def test_quiet_hours_in_the_day_and_none():
    settings = NoticeSettings(quiet="13:00-14:00")
    assert after_quiet(settings, wall("2026-11-20 13:30"), MOSCOW) == wall("2026-11-20 14:00")
    assert after_quiet(settings, wall("2026-11-20 23:30"), MOSCOW) == wall("2026-11-20 23:30")
    assert after_quiet(NoticeSettings(quiet=None), wall("2026-11-20 23:30"), MOSCOW) == wall("2026-11-20 23:30")


def test_the_night_of_summer_time_ends_by_the_wall_clock():
    night = wall("2026-03-08 01:30", NEW_YORK)  # the clock jumps from 2 to 3
    assert after_quiet(NoticeSettings(), night, NEW_YORK) == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    autumn = wall("2026-11-01 01:30", NEW_YORK, fold=1)  # the second half past one
    assert after_quiet(NoticeSettings(), autumn, NEW_YORK) == datetime(2026, 11, 1, 13, 0, tzinfo=UTC)


def test_an_hour_that_is_left_out_is_the_one_after():
    assert moment(date(2026, 3, 8), time(2, 30), NEW_YORK) == wall("2026-03-08 03:30", NEW_YORK)


def test_the_digest_may_come_until_the_quiet_hours():
    start, end = digest_window(NoticeSettings(), wall("2026-11-20 10:00"), MOSCOW)
    assert (start, end) == (wall("2026-11-20 08:30"), wall("2026-11-20 21:00"))
    _, end = digest_window(NoticeSettings(quiet=None), wall("2026-11-20 10:00"), MOSCOW)
    assert end == wall("2026-11-21 00:00")


def test_a_digest_within_the_quiet_hours_is_meant_so():
    start, end = digest_window(NoticeSettings(digest="07:30"), wall("2026-11-20 07:31"), MOSCOW)
    assert start <= wall("2026-11-20 07:31") < end == wall("2026-11-20 21:00")


@pytest.mark.parametrize(("day", "any_"), [("2026-11-20", True), ("2026-11-21", False), ("2026-11-23", True)])
def test_only_on_the_days_stated(day, any_):
    assert (digest_window(NoticeSettings(), wall(f"{day} 10:00"), MOSCOW) is not None) is any_


def test_no_digest_where_it_is_off():
    assert digest_window(NoticeSettings(digest="no"), wall("2026-11-20 10:00"), MOSCOW) is None


def test_the_day_is_the_workbooks_day():
    late = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # Saturday half past one in Moscow
    assert digest_window(NoticeSettings(), late, MOSCOW) is None
    assert digest_window(NoticeSettings(), late, NEW_YORK) is not None
