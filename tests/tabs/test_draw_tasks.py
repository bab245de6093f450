from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from sheets_crm.tabs import DrawContext, draw_tasks
from sheets_crm.tabs.task_columns import IDS
from sheets_crm.tasks import Mark, TaskSettings, open_tasks, task_key
from tests.tasks.samples import TODAY, decision

RU = DrawContext("ru", "RUB", TODAY, manager_names=("Ольга", "a,b"))
EN = replace(RU, lang="en")


def columns(tab):
    return {column.id: column for column in tab.tables[0].columns}


def draw(decisions, marks=(), ctx=RU, **settings):
    return draw_tasks(open_tasks(decisions, marks, {}, TODAY, TaskSettings(**settings)), ctx)


def test_columns_are_those_of_the_contract():
    english = [column.title for column in draw([decision()], ctx=EN).tables[0].columns]
    assert english == [
        "Status", "Due", "Time", "Priority", "Manager", "Client", "Contact", "To do", "Why", "Checklist", "Hint", "Outcome",
        "Reason", "Comment", "Snooze until", "Repeat", "Rule", "Source", "Key",
    ]  # fmt: skip
    russian = [column.title for column in draw([decision()]).tables[0].columns]
    assert russian == [
        "Статус", "Срок", "Время", "Приоритет", "Менеджер", "Клиент", "Контакт", "Что сделать", "Почему", "Чек-лист",
        "Подсказка", "Результат", "Причина", "Комментарий", "Отложить до", "Повтор", "Правило", "Источник", "Ключ",
    ]  # fmt: skip


def test_the_tab_is_ready_for_work():
    tab = draw([decision(sheet="O'Neil 1")])
    table, found = tab.tables[0], columns(tab)
    assert (table.name, table.row, table.column, tab.id, tab.title) == ("crm_tasks", 0, 0, "tasks", "Задачи")
    assert sum(column.width for column in table.columns[:8]) <= 130
    assert tab.freeze[0] == 1
    assert found["status"].choices == ("Новая", "В работе", "Сделана", "Отложена", "Отменена")
    assert found["outcome"].choices == ("Купит", "Отказ")
    assert found["manager"].choices == ("Ольга",)
    assert found["client"].links.to_list() == ["'O''Neil 1'!A7"]
    assert found["source"].links.to_list() == ["'O''Neil 1'!F7"]
    assert found["key"].hidden
    assert found["todo"].style.wrap
    assert found["why"].style.wrap
    assert {name for name in IDS if found[name].manager} == {
        "status", "due", "time", "outcome", "reason", "comment", "snooze_until", "repeat"
    }  # fmt: skip
    assert all(column.note for column in table.columns)
    assert all(len(column.note) <= 255 for column in (*table.columns, *draw([], ctx=EN).tables[0].columns))
    assert (found["due"].values.dtype, found["due"].style.format) == (pl.Date, "dd.mm.yyyy")


def test_texts_are_filled_in_in_the_tab_s_language():
    found = columns(draw([decision("=Anna")], ctx=EN))
    texts = {name: column.values[0] for name, column in found.items()}
    assert texts["client"] == "=Anna"
    assert texts["todo"] == "Call =Anna"
    assert texts["why"] == "No answer for 4 days"
    assert texts["checklist"] == "☐ Open"
    assert texts["priority"] == "Normal"
    assert texts["rule"] == "offer_followup"
    named = replace(EN, rules={"offer_followup": "Offer follow-up"})
    assert columns(draw([decision()], ctx=named))["rule"].values[0] == "Offer follow-up"


def test_a_hint_and_the_rule_s_advice_stand_together():
    found = columns(draw([decision(hint="Likes tea", advice={"en": "Offer {name} a sample"})], ctx=EN))
    assert found["hint"].values[0] == "Likes tea\nOffer Anna a sample"


def test_a_pack_that_speaks_one_language_is_still_shown():
    only = decision(todo={"ru": "Позвонить"}, why={}, checklist={}, outcomes={})
    found = columns(draw([only], ctx=EN))
    assert (found["todo"].values[0], found["why"].values[0], found["outcome"].choices) == ("Позвонить", None, ())


@pytest.mark.parametrize("ctx", [RU, EN])
def test_an_empty_tab_says_why(ctx):
    found = columns(draw([], ctx=ctx))
    assert "5" in found["todo"].values[0]
    told = replace(ctx, notes={"tasks": ("tabs.empty.no_sheet", {})})
    assert columns(draw([], ctx=told))["todo"].values[0] != found["todo"].values[0]
    assert all(column.values.null_count() == 1 for name, column in found.items() if name not in ("todo", "key"))


def test_a_row_that_is_no_longer_needed_says_so_and_keeps_what_it_showed():
    gone = decision()
    mark = Mark(
        task_key(gone.rule, gone.subject, gone.occurrence),
        comment="x",
        cells={"client": "Anna", "why": "old", "priority": 1},
    )
    found = columns(draw([], [mark]))
    assert found["why"].values[0] == "Больше не нужно: с 05.11.2026 причины для задачи нет."
    assert (found["client"].values[0], found["comment"].values[0], found["priority"].values[0]) == (
        "Anna",
        "x",
        "Высокий",
    )
    assert 'LEFT($I2,15)="Больше не нужно"' in draw([], [mark]).conditions[0].formula


def test_conditions_are_for_all_rows_and_both_languages():
    tab = draw([decision("a"), decision("b")])
    closed, overdue, today = tab.conditions
    assert {condition.range.bottom for condition in tab.conditions} == {2}
    assert closed.range.right == len(IDS) - 1
    assert '$A2="Сделана"' in closed.formula
    assert '$A2="Done"' in closed.formula
    assert "<TODAY()" in overdue.formula
    assert "=TODAY()" in today.formula
    assert "$O2" in overdue.formula, "a task that was put off is not overdue before its day"


def test_merged_reasons_are_one_row():
    one, two = decision(), decision(rule="overdue_payment", hint="h", checklist={"ru": ("Банк",)}, why={"ru": "Долг"})
    tab = draw([one, two], merge_reasons=True)
    texts = {name: column.values[0] for name, column in columns(tab).items()}
    assert tab.tables[0].height == 1
    assert texts["why"].splitlines() == ["Ждём ответа 4 дн.", "Долг"] or texts["why"].splitlines() == [
        "Долг",
        "Ждём ответа 4 дн.",
    ]
    assert set(texts["rule"].split(", ")) == {"offer_followup", "overdue_payment"}
    assert len(texts["key"].split()) == 2
    assert "Банк" in texts["checklist"]


def test_the_list_of_outcomes_stays_when_another_task_comes_first():
    ctx = replace(RU, rules={"a": "A", "b": "B"})
    one, other = decision(rule="b", outcomes={"ru": ("Б",)}), decision(rule="a", outcomes={"ru": ("А", "Ещё")})
    lists = {columns(draw(order, ctx=ctx))["outcome"].choices for order in ([one, other], [other, one])}
    assert lists == {("А", "Ещё", "Б")}


def test_rows_typed_by_hand_are_open_to_their_people():
    own = Mark("", cells={"todo": "Перезвонить"}, own=True)
    table = draw([decision()], [own]).tables[0]
    keys = next(column.values.to_list() for column in table.columns if column.id == "key")
    assert [keys[row][0] for row in table.open_rows] == ["o"]
    assert len(keys) == 2


def test_a_list_of_outcomes_never_needs_more_than_a_drop_down_holds():
    many = (*(f"Исход номер {number}" for number in range(60)), "a, b", 'quo"te', "=x", " y")
    found = columns(draw([decision(outcomes={"ru": many})]))["outcome"].choices
    assert len(",".join(found)) <= 255
    assert len(found) > 10


def test_rows_are_as_high_as_their_text():
    tab = draw([decision("a", why={"ru": "слово " * 40}), decision("b")])
    assert tab.heights[1] > tab.heights[2] >= 15


def test_a_very_long_text_fits_a_cell():
    found = columns(draw([decision(why={"ru": "x" * 50_000})]))
    assert len(found["why"].values[0]) < 32_767


def test_a_task_of_ones_own_that_was_put_off():
    until = TODAY + timedelta(days=2)
    mark = Mark("", cells={"todo": "t", "priority": "срочно"}, snooze_until=until, own=True)
    found = columns(draw([], [mark]))
    assert (found["snooze_until"].values[0], found["priority"].values[0]) == (until, "срочно")
    assert (found["due"].values[0], found["status"].values[0]) == (TODAY, "Новая")
