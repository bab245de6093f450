from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.tasks.repeat import Repeat, kept, next_day, read_repeat, says_nothing
from sheets_crm.workdays import Calendar

MONDAY, THURSDAY, FRIDAY = 0, 3, 4
WORKDAY = Repeat("day", working=True)


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("every month", Repeat("month")), ("каждый месяц", Repeat("month")), ("Ежемесячно", Repeat("month")),
        ("раз в 2 недели", Repeat("week", 2)), ("1 раз в неделю", Repeat("week")), ("every 3 days", Repeat("day", 3)),
        ("каждые 10 дней", Repeat("day", 10)), ("ежедневно", Repeat("day")), ("quarterly", Repeat("month", 3)),
        ("раз в год", Repeat("year")), ("каждые 5 лет", Repeat("year", 5)), ("раз в полгода", Repeat("month", 6)),
        ("раз в квартал", Repeat("month", 3)), ("once a week", Repeat("week")), ("каждые две недели", Repeat("week", 2)),
        ("через день", Repeat("day", 2)), ("every other week", Repeat("week", 2)), ("каждый второй день", Repeat("day", 2)),
        ("по пятницам", Repeat("week", weekdays=(FRIDAY,))), ("on Mondays", Repeat("week", weekdays=(MONDAY,))),
        ("по пн и чт", Repeat("week", weekdays=(MONDAY, THURSDAY))), ("every Mon and Thu", Repeat("week", weekdays=(MONDAY, THURSDAY))),
        ("пн, ср, пт", Repeat("week", weekdays=(0, 2, 4))), ("пн-пт", Repeat("week", weekdays=(0, 1, 2, 3, 4))),
        ("с понедельника по среду", Repeat("week", weekdays=(0, 1, 2))), ("Fri–Mon", Repeat("week", weekdays=(0, 4, 5, 6))),
        ("раз в 2 недели по вторникам", Repeat("week", 2, weekdays=(1,))), ("every second Tuesday", Repeat("week", 2, weekdays=(1,))),
        ("по выходным", Repeat("week", weekdays=(5, 6))), ("по будням", WORKDAY), ("every weekday", WORKDAY),
        ("по рабочим дням", WORKDAY), ("каждые 3 рабочих дня", Repeat("day", 3, working=True)), ("every business day", WORKDAY),
        ("последний день месяца", Repeat("month", days=(-1,))), ("last day of the month", Repeat("month", days=(-1,))),
        ("в конце месяца", Repeat("month", days=(-1,))), ("ежемесячно 15-го", Repeat("month", days=(15,))),
        ("15 числа каждого месяца", Repeat("month", days=(15,))), ("monthly on the 15th", Repeat("month", days=(15,))),
        ("1 и 15 числа", Repeat("month", days=(1, 15))), ("ежемесячно 31-го числа", Repeat("month", days=(31,))),
        ("раз в квартал 10-го", Repeat("month", 3, days=(10,))), ("каждый первый день месяца", Repeat("month", days=(1,))),
        ("первый понедельник месяца", Repeat("month", weekdays=(0,), nth=1)), ("last Friday of the month", Repeat("month", weekdays=(4,), nth=-1)),
        ("последний рабочий день месяца", Repeat("month", nth=-1, working=True)),
        ("first working day of the month", Repeat("month", nth=1, working=True)),
        ("каждый год 29 февраля", Repeat("year", days=(29,), month=2)), ("every year on March 8", Repeat("year", days=(8,), month=3)),
        ("каждую неделю с 05.11.2026", Repeat("week", since=date(2026, 11, 5))),
        ("daily until 2026-12-31", Repeat("day", until=date(2026, 12, 31))), ("каждый понедельник в 10:00", Repeat("week", weekdays=(0,))),
    ],
)  # fmt: skip
def test_what_is_understood(text, repeat):
    assert read_repeat(text) == repeat


@pytest.mark.parametrize(
    "text",
    [
        "2 раза в неделю", "twice", "", "нет", "every 0 days", "every 9999 days", "3 times a week", "каждый день кроме пятницы",
        "every day except Friday", "32 числа", "иногда", "каждый месяц и год", "каждый", "-", "по пн 15 числа", "29 февраля 30",
        "раз в 2 раза", "до 31.12.2026", "каждый день с 31.02.2026", "через", "пн -", "every Monday of the year", "0-го", "февраль",
    ],
)  # fmt: skip
def test_what_is_not(text):
    assert read_repeat(text) is None


@given(
    st.text(
        alphabet=st.sampled_from(
            "каждый день пнчтвторник месяц год 0123456789-го.,every monday last day of the month until"
        ),
        max_size=40,
    )
)
def test_no_text_breaks_it(text):
    found = read_repeat(text)
    if found is not None:
        day = next_day(found, date(2026, 11, 5), date(2026, 11, 5))
        assert day is None or day > date(2026, 11, 5)


@pytest.mark.parametrize(
    ("text", "nothing"), [("", True), (" – ", True), ("Нет", True), ("none.", True), ("иногда", False)]
)
def test_what_says_that_nothing_repeats(text, nothing):
    assert says_nothing(text) is nothing


@pytest.mark.parametrize(
    ("text", "start", "today", "following"),
    [
        ("every month", "2026-01-31", "2026-01-31", "2026-02-28"), ("every month", "2026-01-31", "2026-03-01", "2026-03-31"),
        ("every 2 weeks", "2026-11-02", "2026-11-20", "2026-11-30"), ("по пятницам", "2026-11-05", "2026-11-06", "2026-11-13"),
        ("every year", "2024-02-29", "2026-11-05", "2027-02-28"), ("every year", "2024-02-29", "2028-02-28", "2028-02-29"),
        ("daily", "2026-11-09", "2026-11-05", "2026-11-10"), ("daily", "2026-03-28", "2026-03-28", "2026-03-29"),
        ("15-го", "2026-11-20", "2026-11-20", "2026-12-15"), ("31 числа", "2026-01-31", "2026-02-01", "2026-02-28"),
        ("31 числа", "2026-02-28", "2026-02-28", "2026-03-31"), ("30 числа", "2024-01-30", "2024-02-01", "2024-02-29"),
        ("last day of the month", "2026-01-31", "2026-02-01", "2026-02-28"), ("1 и 15 числа", "2026-11-03", "2026-11-03", "2026-11-15"),
        ("по пн и чт", "2026-11-05", "2026-11-05", "2026-11-09"), ("раз в 2 недели по пн", "2026-11-05", "2026-11-05", "2026-11-16"),
        ("последняя пятница месяца", "2026-11-05", "2026-11-05", "2026-11-27"), ("первый понедельник месяца", "2026-11-05", "2026-11-05", "2026-12-07"),
        ("29 февраля", "2026-01-01", "2026-01-01", "2026-02-28"), ("каждый год 29 февраля", "2026-02-28", "2027-03-01", "2028-02-29"),
        ("каждый месяц с 31.01.2026", "2026-02-28", "2026-02-28", "2026-03-31"), ("раз в квартал", "2026-01-31", "2026-02-02", "2026-04-30"),
        ("по будням", "2026-11-03", "2026-11-03", "2026-11-05"), ("по будням", "2026-12-30", "2026-12-30", "2027-01-11"),
        ("каждые 3 рабочих дня", "2026-11-03", "2026-11-03", "2026-11-09"), ("последний рабочий день месяца", "2026-11-05", "2026-11-05", "2026-11-30"),
        ("последний рабочий день месяца", "2026-12-01", "2026-12-01", "2026-12-30"), ("первый рабочий день месяца", "2026-12-05", "2026-12-05", "2027-01-11"),
        ("daily until 2026-11-06", "2026-11-05", "2026-11-05", "2026-11-06"), ("daily until 2026-11-06", "2026-11-06", "2026-11-06", None),
    ],
)  # fmt: skip
def test_the_next_day(text, start, today, following):
    calendar = Calendar(date(2026, 11, 5), country="RU")
    found = next_day(read_repeat(text), date.fromisoformat(start), date.fromisoformat(today), calendar)
    assert found == (following and date.fromisoformat(following))


DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
TEXTS = st.sampled_from([
    "daily", "every 3 weeks", "monthly", "quarterly", "every year", "пн и чт", "по будням", "каждые 4 рабочих дня", "31 числа",
    "last day of the month", "last Friday of the month", "последний рабочий день месяца", "каждый год 29 февраля", "раз в полгода",
])  # fmt: skip


@given(TEXTS, DAYS, DAYS)
def test_the_next_day_lies_ahead_and_nothing_piles_up(text, start, today):
    rhythm = read_repeat(text)
    found = next_day(rhythm, start, today)
    assert found > max(start, today)
    assert next_day(rhythm, start, found - timedelta(days=1)) in {found, next_day(rhythm, start, today)}
    assert next_day(rhythm, start, found) > found


@given(st.sampled_from(["monthly", "каждый месяц", "every year", "раз в квартал"]), DAYS, st.integers(2, 30))
def test_a_chain_of_occurrences_never_slides(text, start, times):
    """Done on the day, again and again: the day of the month stays, but where a month is too short."""
    due, typed = start, text
    for _ in range(times):
        rhythm = read_repeat(typed)
        found = next_day(rhythm, due, due)
        typed = kept(typed, rhythm, due, found, found)
        due = found
        long_enough = (due.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        assert due.day == min(start.day, long_enough.day)


@given(st.sampled_from(["every 2 weeks", "каждую неделю", "раз в 3 дня", "monthly"]), DAYS, st.integers(2, 20))
def test_days_moved_off_days_off_do_not_move_the_rhythm(text, start, times):
    calendar = Calendar(date(2025, 1, 1), country="RU")
    due, typed, plain = start, text, start
    for _ in range(times):
        rhythm = read_repeat(typed)
        found = next_day(rhythm, due, due, calendar)
        moved = calendar.on_or_after(found)
        typed = kept(typed, rhythm, due, found, moved)
        due = moved
        while plain < found:
            plain = next_day(
                read_repeat(text if text != "monthly" else f"monthly from {start}"),
                plain if text != "monthly" else start,
                plain,
            )
        assert found == plain
