from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.tasks.repeat import Repeat, next_day, read_repeat


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("every month", ("month", 1)), ("каждый месяц", ("month", 1)), ("Ежемесячно", ("month", 1)),
        ("раз в 2 недели", ("week", 2)), ("1 раз в неделю", ("week", 1)), ("every 3 days", ("day", 3)),
        ("каждые 10 дней", ("day", 10)), ("ежедневно", ("day", 1)), ("quarterly", ("quarter", 1)),
        ("раз в год", ("year", 1)), ("каждые 5 лет", ("year", 5)), ("по пятницам", ("weekday", 4)),
        ("on Mondays", ("weekday", 0)), ("2 раза в неделю", None), ("twice", None), ("", None), ("нет", None),
        ("every 0 days", None), ("every 9999 days", None), ("3 times a week", None),
    ],
)  # fmt: skip
def test_what_is_understood(text, repeat):
    assert read_repeat(text) == (None if repeat is None else Repeat(*repeat))


@pytest.mark.parametrize(
    ("repeat", "start", "today", "following"),
    [
        (("month", 1), date(2026, 1, 31), date(2026, 1, 31), date(2026, 2, 28)),
        (("month", 1), date(2026, 1, 31), date(2026, 3, 1), date(2026, 3, 31)),
        (("week", 2), date(2026, 11, 2), date(2026, 11, 20), date(2026, 11, 30)),
        (("weekday", 4), date(2026, 11, 5), date(2026, 11, 6), date(2026, 11, 13)),
        (("year", 1), date(2024, 2, 29), date(2026, 11, 5), date(2027, 2, 28)),
        (("day", 1), date(2026, 11, 9), date(2026, 11, 5), date(2026, 11, 10)),
    ],
)
def test_the_next_day(repeat, start, today, following):
    assert next_day(Repeat(*repeat), start, today) == following


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@given(st.sampled_from(["day", "week", "month", "quarter", "year"]), st.integers(1, 30), DAYS, DAYS)
def test_the_next_day_lies_ahead(unit, number, start, today):
    assert next_day(Repeat(unit, number), start, today) > max(start, today)
