"""Moments of the timetable, on ordinary days and on those when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.daemon.slots import Slots
from sheets_crm.daemon.timetable import NEVER, last_daily, moment, next_daily, next_slot
from sheets_crm.sync.config_schedule import Schedule
from tests.daemon.played import FakeClock, at

BERLIN, MOSCOW, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow"), ZoneInfo("Pacific/Apia")
HOURS = (time(8), time(20))
QUARTER = timedelta(minutes=15)


def test_an_hour_that_does_not_exist_comes_once_after_the_gap():
    """29 March 2026 in Berlin: 02:00 becomes 03:00."""
    assert moment(date(2026, 3, 29), time(2, 30), BERLIN) == at("2026-03-29T01:30")  # 03:30 on the wall
    first = next_daily(at("2026-03-28T12:00"), time(2, 30), BERLIN)
    assert first == at("2026-03-29T01:30")
    assert next_daily(first, time(2, 30), BERLIN) == at("2026-03-30T00:30")


def test_an_hour_that_exists_twice_comes_once_the_first_time():
    """25 October 2026 in Berlin: 03:00 becomes 02:00."""
    first = next_daily(at("2026-10-24T12:00"), time(2, 30), BERLIN)
    assert first == at("2026-10-25T00:30")
    assert next_daily(first, time(2, 30), BERLIN) == at("2026-10-26T01:30")


def test_a_day_that_does_not_exist_is_passed_over():
    """Samoa had no 30 December 2011."""
    found, after = [], at("2011-12-28T12:00")
    for _ in range(4):
        after = next_daily(after, time(3), APIA)
        found.append(after.astimezone(APIA).date().day)
    assert found == [28, 29, 31, 1]


def test_slots_begin_with_the_window_and_end_with_it():
    slots, after = [], at("2026-11-20T16:40")
    for _ in range(4):
        after = next_slot(after, QUARTER, HOURS, MOSCOW)
        slots.append(after.astimezone(MOSCOW).strftime("%d %H:%M"))
    assert slots == ["20 19:45", "20 20:00", "21 08:00", "21 08:15"]


def test_slots_of_a_window_over_midnight_belong_to_the_day_it_begins():
    friday = {4}
    window = (time(22), time(2))
    slots, after = [], at("2026-11-20T12:00")  # a Friday
    for _ in range(6):
        after = next_slot(after, timedelta(hours=1), window, MOSCOW, friday)
        slots.append(after.astimezone(MOSCOW).strftime("%a %H"))
    assert slots == ["Fri 22", "Fri 23", "Sat 00", "Sat 01", "Sat 02", "Fri 22"]


@pytest.mark.parametrize(("day", "count"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_a_day_has_as_many_hours_as_it_has(day, count):
    """Slots are real time apart: none is lost or doubled when the clocks change."""
    start = moment(date.fromisoformat(day), time(0), BERLIN)
    end = moment(date.fromisoformat(day) + timedelta(days=1), time(0), BERLIN)
    slots, after = [], start - timedelta(seconds=1)
    while (after := next_slot(after, timedelta(hours=1), (time(0), time(0)), BERLIN)) < end:
        slots.append(after)
    assert len(slots) == count
    assert {b - a for a, b in pairwise(slots)} == {timedelta(hours=1)}


def test_no_days_no_slots():
    assert next_slot(at("2026-11-20T12:00"), QUARTER, HOURS, MOSCOW, frozenset()) == NEVER


YEARS = (int(at("2025-01-01T00:00").timestamp()), int(at("2028-01-01T00:00").timestamp()))
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Tehran"]


@given(st.integers(*YEARS), st.tuples(st.times(), st.times(), st.times()), st.integers(1, 1440), st.sampled_from(ZONES), st.frozensets(st.integers(0, 6), min_size=1))  # fmt: skip
def test_what_comes_next_comes_next(seconds, hours, every, zone, days):
    now, zone, (hour, begin, end) = datetime.fromtimestamp(seconds, UTC), ZoneInfo(zone), hours
    coming = next_daily(now, hour, zone, days)
    assert now < coming <= now + timedelta(days=8, hours=2)
    last = last_daily(now, hour, zone, days)
    assert now - timedelta(days=8, hours=2) <= last <= now
    assert next_daily(last, hour, zone, days) == coming
    slot = next_slot(now, timedelta(minutes=every), (begin, end), zone, days)
    assert now < slot <= now + timedelta(days=9)
    assert last_daily(coming, hour, zone, days) == coming


def test_jobs_of_the_library_keep_the_zone_and_run_once_for_all_that_was_missed():
    clock, done = FakeClock("2026-11-20T06:00:00+00:00"), []
    slots = Slots(Schedule(every_minutes=15, hours="08:00-20:00"), MOSCOW, clock)
    slots.fill(look=lambda: done.append("look"), full=lambda: done.append("full"), backup=lambda: done.append("backup"))
    assert slots.coming() == at("2026-11-20T06:15")
    clock.sleep(72)
    slots.run_pending()
    assert sorted(done) == ["backup", "full", "look"]
    slots.run_pending()
    assert len(done) == 3
    assert slots.coming() == at("2026-11-23T06:15")


def test_a_clock_set_back_makes_all_jobs_reckon_anew():
    clock = FakeClock("2026-11-20T06:00:00+00:00")
    slots = Slots(Schedule(), MOSCOW, clock)
    slots.fill(look=list, full=list, backup=list)
    clock.set("2024-05-05T06:00:00+00:00")
    slots.again()
    assert slots.coming() == at("2024-05-05T06:15")
    assert slots.next_run == at("2024-05-05T06:15")
