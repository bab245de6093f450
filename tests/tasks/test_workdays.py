"""Working days: the week, the library's public holidays, the owner's own days; counting is finding."""

import subprocess
import sys
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.workdays import Calendar, last_decree

DAY = timedelta(days=1)
RU = Calendar(date(2026, 11, 5), country="RU")
DAYS = st.dates(date(2024, 1, 1), date(2029, 12, 31))
CALENDARS = st.builds(
    Calendar,
    today=st.just(date(2026, 11, 5)),
    week=st.sets(st.integers(0, 6), min_size=1).map(frozenset),
    country=st.sampled_from(["", "RU", "US", "GB", "XX"]),
    off=st.frozensets(DAYS, max_size=9),
    work=st.frozensets(DAYS, max_size=9),
)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-11-03", True), ("2026-11-04", False), ("2026-11-07", False), ("2026-01-09", False), ("2026-12-31", False),
        ("2025-11-01", True), ("2025-11-03", False), ("2027-02-20", True), ("2027-02-22", False), ("2026-03-09", False),
    ],
)  # fmt: skip
def test_the_russian_calendar_with_its_moved_days(day, works):
    """Source: the government's decrees on moved days off for 2025, 2026 and 2027."""
    assert RU.is_working(date.fromisoformat(day)) is works


def test_parts_of_countries_differ():
    scotland, england = (Calendar(date(2026, 11, 5), country="GB", subdivision=part) for part in ("SCT", "ENG"))
    assert (scotland.is_working(date(2026, 11, 30)), england.is_working(date(2026, 11, 30))) == (False, True)


def test_the_owners_word_stands_above_the_country():
    day, saturday = date(2026, 11, 4), date(2026, 11, 7)
    mine = Calendar(
        date(2026, 11, 5), country="RU", work=frozenset({day, saturday}), off=frozenset({date(2026, 11, 6)})
    )
    assert mine.is_working(day)
    assert mine.is_working(saturday)
    assert not mine.is_working(date(2026, 11, 6))
    assert Calendar(date(2026, 11, 5)).is_working(day)


@given(CALENDARS, DAYS, st.integers(0, 400))
def test_counting_is_looking_at_each_day(calendar, first, length):
    last = first + length * DAY
    seen = sum(calendar.is_working(first + n * DAY) for n in range(1, length + 1))
    assert calendar.between(first, last) == seen
    assert calendar.between(last, first) == -seen


@given(CALENDARS, DAYS, st.integers(1, 30))
def test_the_nth_working_day_is_n_working_days_away(calendar, day, count):
    found = calendar.after(day, count)
    assert calendar.is_working(found)
    assert calendar.between(day, found) == count


@given(CALENDARS, DAYS)
def test_the_next_working_day_is_the_nearest(calendar, day):
    found = calendar.on_or_after(day)
    assert calendar.is_working(found)
    assert not any(calendar.is_working(day + n * DAY) for n in range((found - day).days))


def test_a_column_of_days_is_counted_as_one():
    days = pl.Series("d", [date(2026, 11, 2), None, date(2026, 11, 9)])
    found = RU.reckoned(days)
    assert found.null_count() == 1
    assert found[2] - found[0] == 4  # the 3rd, 5th, 6th and 9th
    assert RU.reckoned(pl.Series("d", [None], dtype=pl.Date)).to_list() == [None]
    assert RU.reckoned(pl.Series("d", [], dtype=pl.Date)).to_list() == []


def test_a_calendar_without_a_working_day_hangs_nobody():
    never = Calendar(date(2026, 11, 5), week=frozenset())
    assert never.on_or_after(date(2026, 11, 5)) == date(2026, 11, 5)
    assert never.on_or_after(date.max) == date.max


def test_what_the_library_does_not_know_is_said():
    known = last_decree("RU")
    assert known >= 2027
    late = Calendar(date(known + 2, 11, 5), country="RU")
    assert late.unsure_from is None, "nobody has asked yet"
    assert late.is_working(date(known + 2, 11, 5)) is (date(known + 2, 11, 5).weekday() < 5)
    assert not late.is_working(date(known + 2, 1, 1))
    assert late.unsure_from == known + 1
    sure = Calendar(date(known, 11, 5), country="RU")
    sure.is_working(date(known, 11, 5))
    assert sure.unsure_from is None
    assert last_decree("XX") is None


@pytest.mark.slow
def test_holidays_are_not_loaded_until_a_day_is_asked_for():
    code = "import sys, sheets_crm.sync.run; print('holidays' in sys.modules, 'dateutil' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
