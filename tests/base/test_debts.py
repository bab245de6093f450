"""What is owed where the stage says little, and what a run tells of sums and totals that it can not count."""

from __future__ import annotations

from datetime import date

from tests.base.test_whose_clients import plan, tasks

COLUMNS = {"id": "A", "client": "B", "amount": "C", "due_date": "D", "paid_amount": "E"}
HEADER = ["№", "Клиент", "Сумма", "Оплатить до", "Оплачено", "Этап"]
CLIENTS = {"card": "client", "columns": {"name": "A"}}
FUNNEL = {"stages": ["Новая", "Архив", "Отказ"], "open": ["Новая"], "lost": "Отказ"}


def deal(number, due, stage=None, paid=None):
    return [number, "Ёлкин Пётр", 1000, due, paid, stage]


def owed(found):
    return {bucket: (told["count"], told["sum"]) for bucket, told in found["ageing"].items() if told["count"]}


def test_a_register_of_invoices_without_stages_is_judged_by_its_dates_everywhere(tmp_path):
    rows = [
        HEADER,
        deal("1", date(2026, 11, 19)),
        deal("2", date(2026, 11, 20), paid=400),
        deal("3", date(2026, 1, 1), paid=1000),
    ]
    sheets = {"Клиенты": [["Клиент"], ["Ёлкин Пётр"]], "Счета": rows}
    config = {"sheets": {"Клиенты": CLIENTS, "Счета": {"card": "deal", "header_row": 1, "columns": COLUMNS}}}
    found = plan(tmp_path, sheets, config)
    assert tasks(found, "overdue_payment") == [("Счета", 2)]
    assert owed(found) == {"not_due": (1, 600), "1-30": (1, 1000)}


def test_a_stage_that_is_only_counted_may_owe_and_an_unreadable_one_waits(tmp_path):
    stages = ["Новая", "архив", "Отказ", "Думает", None]
    rows = [HEADER, *(deal(str(place), date(2026, 10, 1), stage) for place, stage in enumerate(stages))]
    sheets = {"Клиенты": [["Клиент"], ["Ёлкин Пётр"]], "Сделки": rows}
    deals = {"card": "deal", "header_row": 1, "columns": {**COLUMNS, "stage": "F"}}
    found = plan(tmp_path, sheets, {"sheets": {"Клиенты": CLIENTS, "Сделки": deals}, "funnels": {"deals": FUNNEL}})
    assert tasks(found, "overdue_payment") == [("Сделки", 2), ("Сделки", 3)]
    assert owed(found) == {"31-60": (2, 2000)}


def test_a_paid_sum_that_nobody_has_worked_out_is_not_nothing(tmp_path):
    rows = [
        HEADER,
        deal("1", date(2026, 11, 1), paid="=1+1"),
        deal("2", date(2026, 11, 1), paid="=2+2"),
        deal("3", date(2026, 11, 1)),
    ]
    sheets = {"Клиенты": [["Клиент"], ["Ёлкин Пётр"]], "Счета": rows}
    config = {"sheets": {"Клиенты": CLIENTS, "Счета": {"card": "deal", "header_row": 1, "columns": COLUMNS}}}
    found = plan(tmp_path, sheets, config)
    assert tasks(found, "overdue_payment") == [("Счета", 4)]
    assert {problem["cell"]: problem["kind"] for problem in found["problems"]} == {
        "E2": "not_calculated",
        "E3": "not_calculated",
    }


def test_one_sum_typed_as_a_formula_does_not_make_the_column_a_computed_one(tmp_path):
    paid = ["=500+500", 1000, "много", 400]
    rows = [HEADER, *(deal(str(n), date(2026, 11, 1), paid=one) for n, one in enumerate(paid))]
    sheets = {
        "Клиенты": [["Клиент"], ["Ёлкин Пётр"]],
        "Счета": rows,
        "Оплаты": [["Дата", "Сделка", "Сумма"], [date(2026, 11, 2), "3", 400]],
    }
    config = {
        "sheets": {
            "Клиенты": CLIENTS,
            "Счета": {"card": "deal", "header_row": 1, "columns": COLUMNS},
            "Оплаты": {"card": "payment", "columns": {"date": "A", "deal": "B", "amount": "C"}},
        }
    }
    found = plan(tmp_path, sheets, config)
    assert {problem["cell"]: problem["kind"] for problem in found["problems"]} == {
        "E2": "not_calculated",
        "E4": "bad_number",
    }
    assert owed(found) == {"1-30": (2, 1600)}


def test_what_stands_under_the_totals_is_told(tmp_path):
    rows = [
        HEADER,
        deal("1", date(2026, 11, 1)),
        ["Итого", None, 1000],
        deal("2", date(2026, 11, 1)),
        deal("3", date(2026, 11, 1)),
    ]
    config = {"sheets": {"Счета": {"card": "deal", "header_row": 1, "columns": COLUMNS}}}
    (note,) = plan(tmp_path, {"Счета": rows}, config)["notes"]
    assert note == (
        "Лист «Счета»: таблица заканчивается строкой итогов 3. Строк ниже, похожих на данные и не прочитанных: 2. "
        "Перенесите итоги в конец или на другой лист."
    )
