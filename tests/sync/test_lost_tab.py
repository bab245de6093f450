"""Somebody deletes the tasks tab: all that was told there comes back, once."""

from __future__ import annotations

from datetime import date, timedelta

import openpyxl
import pytest

from sheets_crm.base.history import History
from sheets_crm.sync import run
from sheets_crm.sync.quick import nothing_changed
from tests.promises.life import meeting
from tests.sync.test_companion import DAY, DEALS, Firm

CONFIGS = {"plain": "", "merged": "tasks: {merge_reasons: true}\n"}


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys())
def firm(request, tmp_path):
    made = Firm(tmp_path)
    made.set(request.param)
    made.sync()
    return made


def rows(firm):
    """Rows of the tasks tab by what they are about, each as header -> value; blank cells left out."""
    book = openpyxl.load_workbook(firm.base)
    head, *lines = [[cell.value for cell in row] for row in book["Задачи"].iter_rows()]
    told = [{name: value for name, value in zip(head, line, strict=True) if value is not None} for line in lines]
    return {one.get("Клиент") or one["Что сделать"]: one for one in told if one.get("Что сделать")}


def delete(firm):
    book = openpyxl.load_workbook(firm.base)
    del book["Задачи"]
    book.save(firm.base)


def test_marks_and_own_tasks_come_back_once(firm):
    firm.type(firm.base, "Ромашка", Статус="В работе", Комментарий="обещали к пятнице")
    firm.type(firm.base, "Василёк", Результат="Не дозвонились")
    firm.type(firm.base, "", **{"Что сделать": "Полить цветы", "Время": "13:30", "Комментарий": "у окна"})
    firm.sync()
    before = rows(firm)
    assert before["Ромашка"]["Комментарий"] == "обещали к пятнице"
    assert "-1a" in before["Василёк"]["Ключ"]  # the step that it has come to
    delete(firm)
    result = firm.sync()
    after = rows(firm)
    assert {name: one["Ключ"] for name, one in after.items()} == {name: one["Ключ"] for name, one in before.items()}
    for name, header in (("Ромашка", "Статус"), ("Ромашка", "Комментарий"), ("Василёк", "Срок"), ("Полить цветы", "Время"), ("Полить цветы", "Комментарий")):  # fmt: skip
        assert after[name][header] == before[name][header], (name, header)
    assert [note[0] for note in result.notes].count("openbook.note.tab_recalled") == 1
    with History.open(firm.folder / ".sheets-crm") as history:
        comments = history.table("task_events").filter(what="comment")
    assert sorted(comments["new"].to_list()) == ["обещали к пятнице", "у окна"]
    assert not firm.sync().written
    assert nothing_changed(str(firm.config), today=DAY) is not None


def test_whole_rows_typed_by_hand_come_back_and_closed_ones(firm):
    typed = {
        "Приоритет": "Высокий",
        "Менеджер": "Пётр",
        "Контакт": "+7 916 000-00-01",
        "Почему": "сохнут",
        "Чек-лист": "лейка",
        "Подсказка": "не кипятком",
    }
    firm.type(firm.base, "", **{"Что сделать": "Полить цветы", **typed})
    firm.type(
        firm.base,
        "новый",
        **{"Что сделать": "Купить бумагу", "Контакт": "магазин", "Статус": "Сделана", "Комментарий": "две пачки"},
    )
    firm.type(firm.base, "Лютик", Статус="В работе", Комментарий="думают")
    firm.sync()
    book = openpyxl.load_workbook(firm.base)
    book["Сделки"]["C4"] = "Оплачено"  # Лютик has paid: nothing to remind of
    book.save(firm.base)
    firm.sync()
    before = rows(firm)
    assert before["Лютик"]["Почему"].startswith("Больше не нуж")
    delete(firm)
    firm.sync()
    assert rows(firm) == before
    assert typed.items() <= before["Полить цветы"].items()
    assert not firm.sync().written
    assert rows(firm) == before


def test_a_task_typed_since_the_last_run_outlives_a_tab_that_goes_in_the_moment_of_the_write(firm):
    firm.type(firm.base, "", **{"Что сделать": "Полить цветы", "Контакт": "садовник", "Комментарий": "у окна"})
    with meeting("before the write", lambda: delete(firm)):
        firm.sync()
    told = rows(firm)["Полить цветы"]
    assert (told["Контакт"], told["Комментарий"]) == ("садовник", "у окна")
    assert not firm.sync().written
    with History.open(firm.folder / ".sheets-crm") as history:
        assert history.table("task_events").filter(what="comment")["new"].to_list() == ["у окна"]


def test_a_task_that_was_deleted_before_the_tab_stays_deleted(firm):
    firm.type(firm.base, "", **{"Что сделать": "Полить цветы"})
    firm.sync()
    book = openpyxl.load_workbook(firm.base)
    sheet = book["Задачи"]
    (row,) = (cells[0].row for cells in sheet.iter_rows() if "Полить цветы" in [cell.value for cell in cells])
    sheet.delete_rows(row)
    book.save(firm.base)
    firm.sync()
    delete(firm)
    firm.sync()
    assert set(rows(firm)) == {line[1] for line in DEALS[1:]}


def test_nothing_is_said_where_nothing_stood(firm):
    delete(firm)
    assert "openbook.note.tab_recalled" not in [note[0] for note in firm.sync().notes]


def test_a_tab_that_is_switched_off_is_not_missed(firm):
    firm.type(firm.base, "Ромашка", Комментарий="обещали к пятнице")
    firm.sync()
    firm.set("tabs: {tasks: {on: false}}\n")
    delete(firm)
    result = run.sync(str(firm.config), today=DAY + timedelta(days=1))
    assert "openbook.note.tab_recalled" not in [note[0] for note in result.notes]
    assert "Задачи" not in openpyxl.load_workbook(firm.base).sheetnames


def test_a_first_run_misses_nothing(tmp_path):
    firm = Firm(tmp_path)
    firm.set("")
    assert "openbook.note.tab_recalled" not in [note[0] for note in firm.sync(date(2026, 3, 16)).notes]
