"""New requests: told once, to whose they are; the first look and long lists are not told row by row."""

from __future__ import annotations

from datetime import date

import pytest

from tests.daemon.notices.firm import PERSONAL, Firm, at

NEW = ("Л-2", "К-2", "Новая заявка", "Анна", date(2026, 12, 1))


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path, notifications="{owner: [boss], digest: no}")


def add(firm, sheet, *rows):
    firm.sheets[sheet] += rows
    firm.save()


def test_the_first_look_tells_nothing(firm):
    firm.run(at("09:00"))
    assert firm.post.take() == []


def test_a_new_row_is_told_once_to_its_manager(firm):
    firm.run(at("09:00"))
    add(firm, "Заявки", NEW)
    firm.run(at("10:00"))
    assert firm.post.take() == [("anna", "Новая запись — Окна Плюс\nНовая заявка: лист «Заявки», строка 3")]
    firm.run(at("10:30"))
    firm.restart()
    firm.run(at("11:00"))
    assert firm.post.take() == []


@pytest.mark.parametrize("manager", [None, "Иван", "Кто-то"])
def test_the_owner_is_told_where_the_manager_cannot_be(firm, manager):
    firm.run(at("09:00"))
    add(firm, "Заявки", (*NEW[:3], manager, NEW[4]))
    firm.run(at("10:00"))
    assert [name for name, _ in firm.post.take()] == ["boss"]


def test_a_list_that_was_put_in_is_one_message(firm):
    firm.run(at("09:00"))
    add(firm, "Заявки", *((f"Л-{n}", "К-2", "Новая заявка", "Анна", date(2026, 12, 1)) for n in range(100, 600)))
    firm.run(at("10:00"))
    ((name, text),) = firm.post.take()
    assert name == "anna"
    assert "Появилось сразу 500 новых строк, похоже на загрузку списком:\n• лиды — 500" in text


def test_a_request_and_its_new_client_are_one_piece_of_news(firm):
    firm.run(at("09:00"))
    add(firm, "Клиенты", ("К-9", "Новенький", "+7 916 123-45-99", None, "Анна"))
    add(firm, "Сделки", ("С-9", "К-9", "Новая", 10, None, None, 0, "Анна"))
    firm.run(at("10:00"))
    ((_, text),) = firm.post.take()
    assert text.count("\n") == 1
    assert "Новая сделка: лист «Сделки», строка 4" in text


def test_a_deal_that_is_over_already_is_no_request(firm):
    firm.run(at("09:00"))
    add(firm, "Сделки", ("С-9", "К-1", "Оплачено", 10, None, None, 10, "Анна"))
    firm.run(at("10:00"))
    assert firm.post.take() == []


def test_a_row_that_was_deleted_and_comes_back_is_not_new(firm):
    add(firm, "Заявки", NEW)
    firm.run(at("09:00"))
    firm.sheets["Заявки"].pop()
    firm.save()
    firm.run(at("10:00"))
    add(firm, "Заявки", NEW)
    firm.run(at("11:00"))
    assert firm.post.take() == []


def test_the_state_database_lost_tells_nothing_again(firm):
    firm.run(at("09:00"))
    for path in firm.state.path.glob("history.db*"):
        path.unlink()
    add(firm, "Заявки", NEW)
    firm.run(at("10:00"))
    assert len(firm.post.take()) == 1


def test_at_night_they_wait_for_morning_in_one_message(firm):
    firm.run(at("09:00"))
    add(firm, "Заявки", NEW)
    firm.run(at("22:00"))
    add(firm, "Заявки", ("Л-3", *NEW[1:]))
    firm.run(at("23:00"))
    assert firm.post.take() == []
    next_day = date(2026, 11, 21)
    assert firm.tick(at("07:59", next_day)) == []
    ((name, text),) = firm.tick(at("08:00", next_day))
    assert name == "anna"
    assert text.endswith("строка 3\nНовая заявка: лист «Заявки», строка 4")


def test_without_personal_data_no_client_is_named(firm):
    firm.run(at("09:00"))
    add(firm, "Заявки", NEW)
    add(firm, "Клиенты", ("К-9", "Тихонов Лука", "+7 916 123-45-99", "vera@example.ru", "Анна"))
    firm.run(at("10:00"))
    assert [word for word in PERSONAL for _, text in firm.post.take() if word in text] == []


def test_with_personal_data_the_client_is(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], digest: no, personal_data: true}")
    firm.run(at("09:00"))
    add(firm, "Заявки", NEW)
    firm.run(at("10:00"))
    ((_, text),) = firm.post.take()
    assert "Новая заявка: Тихонов Пётр, +79161234568 (лист «Заявки», строка 3)" in text


def test_a_sheet_that_is_called_after_a_client_is_not_named(tmp_path):
    firm = Firm(tmp_path, notifications="{owner: [boss], digest: no}")
    firm.config.write_text(firm.config.read_text("utf-8").replace("Заявки", "Гущина"), "utf-8")
    firm.sheets["Гущина"] = firm.sheets.pop("Заявки")
    firm.book.unlink()
    firm.save()
    firm.run(at("09:00"))
    add(firm, "Гущина", NEW)
    firm.run(at("10:00"))
    assert firm.post.take() == [("anna", "Новая запись — Окна Плюс\nНовая заявка: строка 3")]


def test_none_where_they_are_off_and_no_flood_when_they_are_on_again(firm):
    firm.configure("{owner: [boss], digest: no, new_leads: false}")
    firm.run(at("09:00"))
    add(firm, "Заявки", NEW)
    firm.run(at("10:00"))
    firm.configure("{owner: [boss], digest: no}")
    firm.run(at("11:00"))
    assert firm.post.take() == []


def test_a_card_that_is_bound_for_the_first_time_is_only_remembered(firm):
    text = firm.config.read_text("utf-8")
    cut = "".join(line for line in text.splitlines(keepends=True) if "leads:" not in line)
    cut = cut.replace("  Заявки:\n    card: lead\n", "  Заявки:\n    ignore: true\n")
    cut = "".join(line for line in cut.splitlines(keepends=True) if "next_step_date" not in line)
    firm.config.write_text(cut, "utf-8")
    firm.run(at("09:00"))
    firm.config.write_text(text, "utf-8")
    firm.run(at("10:00"))
    assert firm.post.take() == []
