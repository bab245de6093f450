"""What crm.yaml may say of whose rows are clients, of sources joined by a key, and of values that every row has."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

from sheets_crm.errors import ConfigError
from sheets_crm.sync import run

TODAY = date(2026, 11, 20)
CLIENTS = [
    ["ID", "Клиент", "Телефон", "ИНН", "Согласие"],
    ["К-1", "Ёлкин Пётр", "8 912 345-67-01", "7707083893", "да"],
    ["К-2", "Белова Анна", "8 912 345-67-02", "500100732259", None],
    ["К-3", "Ким Дина", "8 912 345-67-03; 8 912 345-67-04", None, "нет"],
]
FUNNELS = {"deals": {"stages": ["Новая", "В работе", "Успешно", "Отказ"], "won": "Успешно", "lost": "Отказ"}}
BASE = {"card": "client", "columns": {"id": "A", "name": "B", "phone": "C", "tax_id": "D", "mailing_consent": "E"}}


def plan(folder: Path, sheets: dict[str, list[list[Any]]], config: dict[str, Any]) -> dict[str, Any]:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(folder / "in.xlsx")
    told = {"workbook": "in.xlsx", "language": "ru", "country": "RU", **config}
    text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    (folder / "crm.yaml").write_text(text, "utf-8")
    return run.plan(str(folder / "crm.yaml"), today=TODAY).plan_json()


def tasks(found: dict[str, Any], rule: str) -> list[tuple[str, int]]:
    return sorted((task["sheet"], task["row"]) for task in found["tasks"] if task["rule"] == rule)


def problems(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(problem["sheet"], problem["cell"], problem["kind"]) for problem in found["problems"]}


def test_a_source_fills_what_the_cards_lack_by_an_equal_key(tmp_path):
    (tmp_path / "more.csv").write_text("ИНН;ДР\n7707083893;21.11\n500100732259;22.11\n7736207543;23.11\n", "utf-8")
    more = {"file": "more.csv", "card": "client", "key": "inn", "columns": {"inn": "A", "birthday": "B"}}
    found = plan(tmp_path, {"База": CLIENTS}, {"sheets": {"База": BASE, "Дополнение": more}})
    assert tasks(found, "birthday") == [("База", 2), ("База", 3)]
    assert problems(found) == {("Дополнение", "A4", "orphan_link"), ("База", "C4", "several_phones")}
    assert found["valid_clients"] == 3
    assert sum(found["abc"]["counts"].values()) == 3


@pytest.mark.parametrize("stopped", ["89123456701", "+7 912 345 67 01", "8 999 000-00-00, 8 912 345-67-01"])
def test_a_stop_list_by_telephone_stands_above_every_consent(tmp_path, stopped):
    birthdays = [[*row, "21.11"] for row in CLIENTS]
    base = BASE | {"columns": BASE["columns"] | {"birthday": "F"}}
    stop = {"card": "client", "key": "phone", "columns": {"phone": "A"}, "values": {"do_not_call": True}}
    config = {"sheets": {"База": base, "Стоп": stop}}
    found = plan(tmp_path, {"База": birthdays, "Стоп": [["Телефон"], ["8 900 000-00-00"], [stopped]]}, config)
    assert tasks(found, "birthday") == [("База", 3)]
    assert {kind for _, _, kind in problems(found)} == {"several_phones"} or "," not in stopped
    assert not {kind for _, _, kind in problems(found)} & {"orphan_link"}


def test_payments_of_an_export_count_for_the_deals_of_the_workbook(tmp_path):
    deals = [
        ["№", "Клиент", "Этап", "Сумма", "Счёт от"],
        ["С-1", "К-1", "В работе", 1000, date(2026, 11, 1)],
        ["С-2", "Ким Дина", "В работе", 500, date(2026, 11, 1)],
    ]
    (tmp_path / "bank.csv").write_text(
        "Дата;Сделка;Сумма\n05.11.2026;С-1;1000\n06.11.2026;с-2;100,50\n06.11.2026;С-9;7\n", "utf-8"
    )
    config = {
        "sheets": {
            "База": BASE,
            "Сделки": {
                "card": "deal",
                "columns": {"id": "A", "client": "B", "stage": "C", "amount": "D", "invoice_date": "E"},
            },
            "Банк": {"file": "bank.csv", "card": "payment", "columns": {"date": "A", "deal": "B", "amount": "C"}},
        },
        "money": {"revenue": "payments", "paid": "payments"},
        "funnels": FUNNELS,
    }
    found = plan(tmp_path, {"База": CLIENTS, "Сделки": deals}, config)
    assert tasks(found, "invoice_followup") == [("Сделки", 3)]
    assert [(client["row"], client["revenue"]) for client in found["abc"]["clients"]] == [(2, 1000), (4, 100.5)]
    assert ("Банк", "B4", "orphan_link") in problems(found)


VISITS = [
    ["Дата", "Имя", "Тел", "Сумма", "Оплачено"],
    [date(2026, 9, 1), "кто-то", "+7 912 345 67 04", 100, 100],
    [date(2026, 9, 2), "БЕЛОВА АННА", None, 200, 50],
    [date(2026, 9, 3), "Незнакомец", "8 900 111-22-33", 300, 300],
    [date(2026, 9, 4), None, None, 400, 400],
]
VISIT = {
    "card": ["client", "visit"],
    "columns": {"date": "A", "name": "B", "phone": "C", "amount": "D", "paid": "E"},
    "required": [],
}


def test_rows_of_other_sheets_name_a_client_of_the_client_sheet(tmp_path):
    config = {
        "sheets": {"База": BASE, "Визиты": VISIT},
        "clients": {"sheets": "База", "match": ["phone", "name"]},
        "money": {"revenue": "visits"},
    }
    found = plan(tmp_path, {"База": CLIENTS, "Визиты": VISITS}, config)
    assert [(c["sheet"], c["row"], c["revenue"]) for c in found["abc"]["clients"]] == [
        ("База", 3, 200),
        ("База", 4, 100),
    ]
    assert sum(found["abc"]["counts"].values()) == 3
    assert [problem for problem in problems(found) if problem[2] == "orphan_link"] == [("Визиты", "C4", "orphan_link")]
    assert [task["client"] for task in found["tasks"] if task["rule"] == "invoice_followup"] == ["Белова Анна"]
    assert found["valid_clients"] == 3


def test_clients_formed_of_rows_by_telephone_else_by_name(tmp_path):
    rows = [
        *VISITS,
        [date(2026, 9, 5), "незнакомец", "8 (900) 111-22-33", 5, 5],
        [date(2026, 9, 6), "белова  анна", None, 6, 6],
    ]
    config = {"sheets": {"Визиты": VISIT}, "clients": {"by": ["phone", "name"]}, "money": {"revenue": "visits"}}
    found = plan(tmp_path, {"Визиты": rows}, config)
    assert [(c["row"], c["revenue"]) for c in found["abc"]["clients"]] == [(4, 305), (3, 206), (2, 100)]
    assert found["valid_clients"] == 3


def test_the_last_word_about_mailing_holds_and_a_stop_mark_in_any_row(tmp_path):
    rows = [
        ["Дата", "Имя", "Согласие", "Стоп", "ДР"],
        [date(2026, 9, 5), "Анна", "нет", None, "21.11"],
        [date(2026, 9, 1), "Анна", "да", None, None],
        [date(2026, 9, 1), "Борис", "нет", None, "21.11"],
        [date(2026, 9, 2), "Борис", "да", None, None],
        [None, "Борис", "нет", None, None],
        [date(2026, 9, 2), "Вера", "да", "просила не звонить", "21.11"],
        [date(2026, 9, 3), "Вера", "да", None, None],
    ]
    sheet = {
        "card": ["client", "visit"],
        "columns": {"date": "A", "name": "B", "consent": "C", "stop_list": "D", "birthday": "E"},
    }
    found = plan(
        tmp_path, {"Визиты": rows}, {"sheets": {"Визиты": sheet}, "clients": {"by": "name"}, "consent": "opt_in"}
    )
    assert [task["client"] for task in found["tasks"] if task["rule"] == "birthday"] == ["Борис"]


def test_values_that_every_row_has_are_read_as_cells_are(tmp_path):
    rows = [["№", "Клиент", "Сумма", "Срок"], ["1", "Анна", 100, date(2026, 11, 1)]]
    sheet = {
        "card": ["client", "deal"],
        "columns": {"id": "A", "name": "B", "amount": "C", "due": "D"},
        "values": {"status": "кп выслали", "manager": "Олег"},
    }
    funnels = {"deals": {"stages": ["Новый", "КП", "Отказ"], "offer": "КП", "aliases": {"КП выслали": "КП"}}}
    found = plan(tmp_path, {"База": rows}, {"sheets": {"База": sheet}, "funnels": funnels})
    assert found["funnels"]["deals"]["counts"] == {"Новый": 0, "КП": 1, "Отказ": 0}
    assert [(task["rule"], task["manager"]) for task in found["tasks"]] == [("overdue_payment", "Олег")]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"values": {"statuss": "x"}}, "config.field_unknown"),
        ({"key": "nonsense"}, "config.field_unknown"),
        ({"key": "email"}, "config.field_unknown_near"),  # is no column there
    ],
)
def test_a_field_that_is_not_there_is_named(tmp_path, change, key):
    with pytest.raises(ConfigError) as caught:
        plan(tmp_path, {"База": CLIENTS}, {"sheets": {"База": BASE | change}})
    assert caught.value.key == key


def test_a_client_sheet_that_is_not_bound_is_named(tmp_path):
    with pytest.raises(ConfigError) as caught:
        plan(tmp_path, {"База": CLIENTS}, {"sheets": {"База": BASE}, "clients": {"sheets": ["Клиенты"]}})
    assert caught.value.key == "config.sheet_unknown"


@pytest.mark.parametrize(("repeated", "counted", "owner"), [("first", 4, 2), ("drop", 3, 2)])
def test_a_repeated_id_keeps_its_first_row(tmp_path, repeated, counted, owner):
    rows = [*CLIENTS, ["к-1", "Другой", "8 912 345-67-09", None, "да"]]
    deals = [["Клиент", "Этап", "Сумма"], ["К-1", "Успешно", 10]]
    config = {
        "sheets": {"База": BASE, "Сделки": {"card": "deal", "columns": {"client": "A", "stage": "B", "amount": "C"}}},
        "clients": {"repeated_ids": repeated}, "money": {"revenue": "deals"}, "funnels": FUNNELS,
    }  # fmt: skip
    found = plan(tmp_path, {"База": rows, "Сделки": deals}, config)
    assert sum(found["abc"]["counts"].values()) == counted
    assert [client["row"] for client in found["abc"]["clients"]] == [owner]
    assert ("База", "A5", "duplicate_id") in problems(found)
    assert found["valid_clients"] == 3


FLAT = [
    ["Клиент", "Телефон", "Этап", "Сумма", "Оценка"],
    ["Анна", "8 912 345-67-01", "Новая", "договорная", 9],
    ["Борис", "12-34", "Новая", 100, 9],
    ["Вера", "8 912 345-67-03", "Новая", 100, 11],
    ["Глеб", "8 912 345-67-04", "???", 100, None],
    ["Дина", "8 912 345-67-05", "Новая", "1 000 руб.", None],
]
FLAT_SHEET = {"columns": {"name": "A", "phone": "B", "stage": "C", "amount": "D", "nps": "E"}, "required": []}


@pytest.mark.parametrize(("by", "valid"), [([], 1), (["phone", "name"], 4)])
def test_a_row_that_is_a_client_answers_for_all_its_columns(tmp_path, by, valid):
    sheet = FLAT_SHEET | {"card": ["client", "deal", "survey"]}
    found = plan(tmp_path, {"База": FLAT}, {"sheets": {"База": sheet}, "clients": {"by": by}, "funnels": FUNNELS})
    assert len(found["problems"]) == 5
    assert found["valid_clients"] == valid


def test_a_block_of_rows_answers_for_the_client_only(tmp_path):
    rows = [
        ["Клиент", "Телефон", "Дата", "Сумма"],
        ["Анна", "8 912 345-67-01", date(2026, 9, 1), 1],
        [None, None, "вчера", "даром"],
        ["Борис", "1", date(2026, 9, 1), 5],
    ]
    sheet = {
        "card": ["client", "visit"],
        "columns": {"name": "A", "phone": "B", "date": "C", "amount": "D"},
        "fill_down": ["A", "B"],
    }
    found = plan(tmp_path, {"Визиты": rows}, {"sheets": {"Визиты": sheet}})
    assert len(found["problems"]) == 3
    assert found["valid_clients"] == 1


def test_visits_alone_form_clients_unless_the_owner_says_that_each_row_is_one(tmp_path):
    rows = [*VISITS[:4], [date(2026, 9, 5), "незнакомец", "8 (900) 111-22-33", 5, 5]]
    formed = plan(tmp_path, {"Визиты": rows}, {"sheets": {"Визиты": VISIT}})
    each = plan(tmp_path, {"Визиты": rows}, {"sheets": {"Визиты": VISIT}, "clients": {"by": []}})
    assert [sum(found["abc"]["counts"].values()) for found in (formed, each)] == [3, 4]


def test_a_sheet_named_for_a_month_counts_days_of_it(tmp_path):
    rows = [["Число", "Имя", "Сумма", "Оплачено"], [5, "Анна", 100, 0], [18, "Борис", 50, 0], [19, "Вера", 50, 0]]
    sheet = {"card": ["client", "visit"], "columns": {"date": "A", "name": "B", "amount": "C", "paid": "D"}}
    found = plan(tmp_path, {"Ноябрь": rows, "Дек": rows[:2]}, {"sheets": {"Ноябрь": sheet, "Дек": sheet}})
    assert tasks(found, "invoice_followup") == [("Дек", 2), ("Ноябрь", 2), ("Ноябрь", 3)]
    assert [task["why"] for task in found["tasks"] if task["sheet"] == "Дек"] == [
        "Визит 05.12.2025, не оплачено 100, прошло 350 дней"
    ]


@pytest.mark.parametrize(
    ("columns", "money", "owing", "uncalculated"),
    [
        ({"paid": "C"}, {}, [3], [("База", "C2", "not_calculated")]),
        ({"balance": "D"}, {}, [3], [("База", "D2", "not_calculated")]),
        ({"paid": "E", "balance": "D"}, {}, [2, 3], []),  # the rest is worked out
    ],
)
def test_a_formula_without_its_value_is_never_taken_for_nothing(tmp_path, columns, money, owing, uncalculated):
    rows = [
        ["Клиент", "Сумма", "Оплачено", "Остаток", "Аванс", "Счёт от"],
        ["Анна", 100, "=40+2", "=B2-C2", 1, date(2026, 11, 1)],
        ["Борис", 100, 40, 60, 1, date(2026, 11, 1)],
    ]
    sheet = {
        "card": ["client", "deal"],
        "columns": {"name": "A", "amount": "B", "invoice_date": "F", **columns},
        "required": [],
    }
    found = plan(tmp_path, {"База": rows}, {"sheets": {"База": sheet}, "money": money})
    assert [row for _, row in tasks(found, "invoice_followup")] == owing
    assert problems(found) == set(uncalculated)


def test_formed_clients_are_joined_by_any_of_their_addresses(tmp_path):
    rows = [
        ["Дата", "Клиент", "Почта"],
        [date(2026, 1, 5), "Ёлкин Пётр", "a@pochta.example"],
        [date(2026, 2, 5), "Ёлкин Пётр", "b@pochta.example"],
        [date(2026, 3, 5), "Петя Ё.", "B@pochta.example"],
        [date(2026, 4, 5), "Белова Анна", "c@pochta.example"],
    ]
    visits = {"card": ["client", "visit"], "columns": {"visit.date": "A", "name": "B", "email": "C"}}
    found = plan(tmp_path, {"Визиты": rows}, {"sheets": {"Визиты": visits}, "clients": {"by": ["name"]}})
    assert found["duplicate_groups"] == [{"sheet": "Визиты", "rows": [2, 4]}]


def test_the_first_row_of_a_formed_client_is_the_first_in_the_workbook_whatever_the_order_of_the_settings(tmp_path):
    rows = [["Число", "Имя", "Сумма"], [5, "Анна", 100]]
    sheet = {"card": ["client", "visit"], "columns": {"date": "A", "name": "B", "amount": "C"}}
    sheets = {"Март": rows, "Апрель": rows, "Май": rows}
    found = plan(tmp_path, sheets, {"sheets": dict.fromkeys(["Май", "Апрель", "Март"], sheet)})
    assert [(one["sheet"], one["row"]) for one in found["abc"]["clients"]] == [("Март", 2)]
    assert list(found["bindings"]) == list(sheets)
