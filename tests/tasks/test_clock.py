from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.tasks.clock import find_time, hour_in_number, read_time, without_time


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("13:30", "13:30"), ("13.30", "13:30"), ("13-30", "13:30"), ("1:30 pm", "13:30"), ("1:30PM", "13:30"), ("9 am", "09:00"),
        ("12 am", "00:00"), ("12 pm", "12:00"), ("12:15 p.m.", "12:15"), ("9:05", "09:05"), ("18 ч", "18:00"), ("13", "13:00"),
        ("в 13:30", "13:30"), ("9 утра", "09:00"), ("3 часа дня", "15:00"), ("7 вечера", "19:00"), ("полдень", "12:00"),
        ("0:00", "00:00"), ("13:30:00", "13:30"), (" 8:00 ", "08:00"),
        ("24:00", None), ("13:60", None), ("13 pm", None), ("утром", None), ("13:00-14:00", None), ("", None), ("130", None),
    ],
)  # fmt: skip
def test_the_time_cell(text, clock):
    assert read_time(text) == (time.fromisoformat(clock) if clock else None)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("перезвонить в 13:30", "13:30"), ("call back at 13:30", "13:30"), ("Call at 1:30 pm, ask for Ann", "13:30"),
        ("позвонить в 13.30.", "13:30"), ("в 9 утра на склад", "09:00"), ("встреча в 18 часов", "18:00"), ("call at 9am", "09:00"),
        ("к 15:00 подготовить КП", "15:00"), ("встреча 10:00-12:00", "10:00"), ("с 10:00 до 12:00 у них обед", "10:00"),
        ("в 10:00, точно в 10:00!", "10:00"), ("созвон в полдень", "12:00"), ("в 3 часа дня", "15:00"), ("Lunch at noon", "12:00"),
        ("до 12.10 ответить", None), ("к 12.10 прислать", None), ("оплата 13.30 тыс", None), ("в 10:00 или в 15:00", None),
        ("масштаб 1:100", None), ("дом 12, кв. 13", None), ("через 3 дня", None), ("уложиться в 3 дня", None), ("снять номер на 2 ночи", None),
        ("в 3 часа", None), ("за 2 часа", None), ("счёт 2026:15", None), ("позвонить", None), ("", None), ("5.11.2026 в 10.30", "10:30"),
        ("телефон 8-10-30", None), ("в 25:00", None), ("at 13:75", None),
    ],
)  # fmt: skip
def test_a_time_within_words(text, clock):
    assert find_time(text) == (time.fromisoformat(clock) if clock else None)


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_every_minute_is_read_however_it_is_written(clock):
    twelve = f"{clock.hour % 12 or 12}:{clock.minute:02} {'pm' if clock.hour >= 12 else 'am'}"
    for text in (f"{clock:%H:%M}", f"{clock.hour}:{clock.minute:02}", f"{clock:%H.%M}", twelve):
        assert read_time(text) == clock
        assert find_time(f"перезвонить в {text}, спросить Анну") == clock
    assert without_time(f"каждый день {clock:%H:%M}").split() == ["каждый", "день"]


@given(st.text(max_size=60))
def test_no_text_breaks_it(text):
    read_time(text)
    find_time(text)


@pytest.mark.parametrize(
    ("number", "clock"),
    [(13.3, "13:30"), (9.05, "09:05"), (13.0, "13:00"), (13.75, None), (24.0, None), (0.5, None), (13.333, None)],
)
def test_a_time_that_the_spreadsheet_read_as_a_number(number, clock):
    assert hour_in_number(number) == (time.fromisoformat(clock) if clock else None)
