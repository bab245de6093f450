"""Reminders of tasks with an hour: once each, on time, not of what is done."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest

from tests.daemon.notices.firm import DAY, Firm, at

EVERYBODY_ASLEEP = "{owner: [boss], digest: no}"


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path, notifications=EVERYBODY_ASLEEP)
    firm.run(at("07:00"))
    return firm


def reminders(firm, *clocks):
    return [(clock, name, text) for clock in clocks for name, text in firm.tick(at(clock))]


def test_so_many_minutes_before_and_once(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    ((clock, name, text),) = reminders(firm, "13:19", "13:20", "13:21", "13:30", "14:00")
    assert (clock, name) == ("13:20", "anna")
    assert text == "Задача на 13:30 — Окна Плюс\nЧерез 10 минут, в 13:30.\nСвоя задача: вкладка «Задачи», строка 2."


def test_a_restart_and_another_run_remind_of_nothing_twice(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    assert len(reminders(firm, "13:20")) == 1
    firm.restart()
    firm.run(at("13:25"))
    assert firm.post.take() == []
    assert reminders(firm, "13:26") == []


def test_a_moved_hour_is_another_reminder(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    assert len(reminders(firm, "13:20")) == 1
    firm.mark("Перезвонить", "Время", time(16, 0))
    firm.run(at("13:40"))
    assert firm.post.take() == []
    assert [clock for clock, *_ in reminders(firm, "15:49", "15:50", "15:51")] == ["15:50"]


@pytest.mark.parametrize(
    ("header", "value"), [("Статус", "Сделана"), ("Статус", "Отменена"), ("Отложить до", date(2026, 11, 25))]
)
def test_what_is_done_or_put_off_needs_none(firm, header, value):
    row = firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    statuses = {"Сделана": "done", "Отменена": "cancelled"}
    firm.mark("Перезвонить", header, statuses.get(value, value))
    firm.run(at("10:00"))
    assert row
    assert reminders(firm, "13:20", "13:30") == []


def test_put_off_to_a_day_it_comes_on_that_day(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.mark("Перезвонить", "Отложить до", DAY + timedelta(days=1))
    firm.run(at("09:00"))
    assert reminders(firm, "13:20") == []
    assert len(firm.tick(at("13:20", DAY + timedelta(days=1)))) == 1


def test_typed_too_late_for_the_minutes_it_comes_at_once(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("13:27"))
    ((_, text),) = firm.post.take()
    assert "Через 3 минуты, в 13:30." in text


def test_a_computer_that_slept_reminds_within_the_hour_and_not_later(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.type_task("Отправить КП", hour=time(11, 0))
    firm.run(at("09:00"))
    ((_, text),) = firm.tick(at("14:10"))
    assert "Задача на 13:30." in text


def test_quiet_hours_do_not_hold_back_an_hour_that_somebody_typed(firm):
    firm.type_task("Перезвонить", hour=time(21, 30))
    firm.run(at("09:00"))
    assert len(reminders(firm, "21:20")) == 1


def test_words_instead_of_an_hour_are_no_hour(firm):
    firm.type_task("Перезвонить", hour="после обеда")
    firm.run(at("09:00"))
    assert reminders(firm, "12:00", "13:00", "15:00") == []


def test_a_task_of_nobody_reminds_the_owner_and_of_one_without_an_address_nobody(firm):
    firm.type_task("Забрать ключи", hour=time(13, 30), manager="")
    firm.type_task("Съездить", hour=time(13, 30), manager="Иван")
    firm.run(at("09:00"))
    assert [name for _, name, _ in reminders(firm, "13:20")] == ["boss"]


def test_a_manager_is_known_by_any_spelling(firm):
    firm.type_task("Перезвонить", hour=time(13, 30), manager="аня")
    firm.run(at("09:00"))
    assert [name for _, name, _ in reminders(firm, "13:20")] == ["anna"]


def test_the_moment_counts_not_the_computers_zone(firm):
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    there = at("13:20").astimezone(timezone(timedelta(hours=-5)))
    assert isinstance(there, datetime)
    assert len(firm.tick(there)) == 1


@pytest.mark.parametrize(("minutes", "clock"), [("0", "13:30"), ("60", "12:30")])
def test_the_minutes_are_the_owners_choice(firm, minutes, clock):
    firm.configure(f"{{owner: [boss], digest: no, reminders: {minutes}}}")
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    seen = [c for c, *_ in reminders(firm, "12:29", "12:30", "12:31", "13:29", "13:30", "13:31")]
    assert seen == [clock]


def test_none_where_they_are_off(firm):
    firm.configure("{owner: [boss], digest: no, reminders: no}")
    firm.type_task("Перезвонить", hour=time(13, 30))
    firm.run(at("09:00"))
    assert reminders(firm, "13:20", "13:30") == []
