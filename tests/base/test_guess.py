"""How many columns are bound right: invented workbooks of many trades, and header rows met in public programs."""

from __future__ import annotations

import importlib.util
import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest

from sheets_crm.base import guess_book
from sheets_crm.base.guess import guess_sheet
from sheets_crm.base.guess_book import guess_workbook
from sheets_crm.base.guess_words import Header, cards, fields_of, headers, meaning, month_of, sheet_kinds
from sheets_crm.base.profile import likeness, profile
from sheets_crm.words import LANGS, catalogue
from tests.base import met_headers, trade_books
from tests.base.builders import column_of, grid_from_rows

FLOOR = 0.9  # share of the columns with a meaning that are bound right, in every invented book


def judged(guess, expected):
    """(right, wrong, unbound) columns of a sheet."""
    bound = {column.index: f"{column.card}.{column.field}" for column in guess.columns}
    right = sum(index in bound and bound[index] in fields.split("|") for index, fields in expected.items())
    wrong = sum(index in bound and bound[index] not in fields.split("|") for index, fields in expected.items())
    unbound = sum(index not in bound and "" not in fields.split("|") for index, fields in expected.items())
    return right, wrong, unbound


@pytest.mark.parametrize("name", list(trade_books.ALL))
def test_invented_book(name):
    book = trade_books.ALL[name]()
    guesses = guess_workbook(book.grids)
    totals = [judged(guesses[sheet], expected) for sheet, expected in book.expected.items()]
    right, wrong, unbound = (sum(column) for column in zip(*totals, strict=True))
    assert right >= FLOOR * (right + wrong + unbound)
    assert wrong <= max(unbound, 0.02 * right)
    for sheet in set(book.grids) - set(book.expected):
        assert guesses[sheet].is_left_alone, sheet


def test_header_rows_met_elsewhere():
    totals = [judged(guess_sheet(grid), expected) for grid, expected in met_headers.grids().values()]
    right, wrong, unbound = (sum(column) for column in zip(*totals, strict=True))
    assert right >= 0.93 * (right + wrong + unbound)
    assert wrong <= 0.025 * right


def test_flat_sheet_is_client_and_deal():
    guess = guess_workbook(trade_books.distribution().grids)["База"]
    assert guess.cards == ("client", "deal")
    assert (guess.column("client", "phone").index, guess.column("deal", "stage").index) == (5, 11)
    assert guess.column("client", "name").header == "Наименование контрагента"


def test_months_agree_and_know_their_month():
    guesses = guess_workbook(trade_books.salon().grids)
    months = [guess for guess in guesses.values() if guess.month]
    assert len(months) == 11
    assert {guess.cards for guess in months} == {("client", "visit")}
    assert len({tuple((c.card, c.field, c.index) for c in guess.columns) for guess in months}) == 1
    assert (guesses["April 2026"].month, guesses["Май"].month) == ((2026, 4), (None, 5))


def test_month_with_unknown_headers_is_read_as_its_neighbours():
    book = trade_books.salon()
    rows = [["Día", "Cliente", "Móvil", "Servicio", "Zoe/Kim", "Precio", "Pagado", "Próx.", "Origen", "Nota"]]
    rng = Random(3)
    july = book.grids["Июль"]
    rows += [july.row(2 + n) for n in range(20)]
    rng.shuffle(rows[1:])
    book.grids["December"] = grid_from_rows(rows, name="December")
    guess = guess_workbook(book.grids)["December"]
    assert guess.cards == ("client", "visit")
    assert guess.column("visit", "amount").index == 5
    assert guess.column("visit", "amount").confidence < 0.6


def test_a_header_means_the_same_in_every_month_wherever_it_stands():
    titles = ["Day", "Client", "Mobile", "Treatment", "Price", "Sundry"]
    rows = [[n + 1, f"Anna Wood {n}", f"+4477007{n:05}", "Cut", 30 + n, "ok"] for n in range(24)]
    other = [2, 0, 5, 3, 1, 4]
    odd = [["tbc" if column == 0 else row[column] for column in other] for row in rows]
    book = {
        "May": grid_from_rows([titles, *rows], name="May"),
        "June": grid_from_rows([titles, *rows], name="June"),
        "July": grid_from_rows([[titles[column] for column in other], *odd], name="July"),
    }
    july = guess_workbook(book, country="GB")["July"]
    assert (july.column("visit", "date").index, list(july.unbound.values())) == (1, ["Sundry"])


def test_a_months_days_may_be_dates_here_and_numbers_there():
    days = [day if day % 4 else date(2026, 6, day) for day in range(1, 25)]
    rows = [["Day", "Client", "Mobile", "Treatment", "Price"]]
    rows += [[day, f"Anna Wood {n}", f"+4477007{n:05}", "Cut", 30 + n] for n, day in enumerate(days)]
    guess = guess_sheet(grid_from_rows(rows, name="June"), country="GB")
    assert ("visit", "date", 0) in [(column.card, column.field, column.index) for column in guess.columns]


def test_client_written_once_is_filled_down():
    guess = guess_workbook(trade_books.beauty().grids)["Визиты"]
    assert guess.fill_down == (0, 1)


def test_links_tell_which_column_is_the_client():
    clients = [["Код", "Наименование", "Телефон"]] + [[f"К{n}", f"ООО Фирма {n}", f"+7900111{n:04}"] for n in range(30)]
    deals = [["Номер", "Партнёр по сделке", "Этап", "Сумма", "Кто ведёт"]]
    deals += [[f"Д{n}", f"к{n % 30}", ("Новый", "КП", "Отказ")[n % 3], 100.0 * n, "Марат"] for n in range(40)]
    grids = {"Клиенты": grid_from_rows(clients, name="Клиенты"), "Сделки": grid_from_rows(deals, name="Сделки")}
    alone, together = guess_sheet(grids["Сделки"]), guess_workbook(grids)["Сделки"]
    assert together.column("deal", "client").index == 1
    assert alone.column("deal", "client") is None or together.column("deal", "client").confidence >= 0.6


def test_link_by_id_is_preferred_to_the_name_beside_it():
    clients = [["ID", "Company", "Phone"]] + [[f"L-{n}", f"Firm {n} Ltd", f"(212) 555-{n:04}"] for n in range(30)]
    deals = [["Deal #", "Account", "Lead", "Stage", "Amount"]]
    deals += [[f"D{n}", f"Firm {n % 30} Ltd", f"L-{n % 30}", ("Won", "Lost")[n % 2], 10.0 * n] for n in range(40)]
    grids = {"Leads": grid_from_rows(clients, name="Leads"), "Deals": grid_from_rows(deals, name="Deals")}
    assert guess_workbook(grids)["Deals"].column("deal", "client").index == 2


def test_people_of_clients_on_a_sheet_without_a_telling_name():
    book = trade_books.agency()
    grids = {f"Sheet{n}": replace(grid, name=f"Sheet{n}") for n, grid in enumerate(book.grids.values())}
    guesses = guess_workbook(grids)
    assert [guess.cards for guess in guesses.values()] == [("client",), ("contact",), ("deal",)]
    assert guesses["Sheet1"].column("contact", "client").index == 1


@pytest.mark.parametrize("name", list(trade_books.ALL))
def test_five_rows_are_enough(name):
    book = trade_books.ALL[name]()
    few = {sheet: _first_rows(grid, book.headers.get(sheet, 1) + 6) for sheet, grid in book.grids.items()}
    guesses = guess_workbook(few)
    totals = [judged(guesses[sheet], expected) for sheet, expected in book.expected.items()]
    right, wrong, unbound = (sum(column) for column in zip(*totals, strict=True))
    assert right >= 0.85 * (right + wrong + unbound)
    assert wrong <= max(1, unbound)


def _first_rows(grid, height):
    height = min(height, grid.height)
    merges = tuple(merge for merge in grid.merges if merge.bottom <= height)
    return replace(grid, columns=tuple(c.slice(0, height) for c in grid.columns), height=height, merges=merges)


def test_header_against_its_values_is_not_believed():
    rows = [["Клиент", "Телефон", "E-mail"]]
    rows += [[f"ООО Фирма {n}", f"mail{n}@firm.example", f"+7 900 111 {n:02} 00"] for n in range(30)]
    guess = guess_sheet(grid_from_rows(rows))
    assert guess.column("client", "phone") is None or guess.column("client", "phone").index == 2
    assert guess.column("client", "email") is None or guess.column("client", "email").index == 1


@pytest.mark.parametrize("header", ["№", "Номер"])
def test_weak_header_is_decided_by_values(header):
    phones = [[header, "Клиент", "Город"]] + [[f"+7 900 111 22 {n:02}", f"ООО Фирма {n}", "Тула"] for n in range(30)]
    numbers = [[header, "Клиент", "Телефон"]] + [[n + 1, f"ООО Фирма {n}", f"+7 900 111 22 {n:02}"] for n in range(30)]
    assert guess_sheet(grid_from_rows(numbers)).column("client", "id").index == 0
    bound = {column.index: column.field for column in guess_sheet(grid_from_rows(phones, name="Клиенты")).columns}
    assert bound.get(0) in ({"phone"} if header == "Номер" else {"phone", None})


def test_two_equal_phone_headers_are_first_and_second_phone():
    rows = [["Клиент", "Телефон", "Телефон"]]
    rows += [[f"ООО Фирма {n}", f"+7 900 111 22 {n:02}", f"+7 911 111 22 {n:02}" if n % 3 else None] for n in range(30)]
    guess = guess_sheet(grid_from_rows(rows, name="Клиенты"))
    assert (guess.column("client", "phone").index, guess.column("client", "phone2").index) == (1, 2)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["Этап", "Сделок", "Сумма"], ["Новый", 5, 100], ["Отказ", 2, 50], ["КП", 3, 70]],
        [["Заявка", "Авито"], ["Замер", "Сайт"], ["Договор", "Сарафан"]],
        [["Как работать с таблицей"], ["1. Заполняйте все столбцы"], ["2. Не удаляйте строки"]],
    ],
)
def test_lists_reports_and_instructions_are_left_alone(rows):
    guess = guess_sheet(grid_from_rows(rows))
    assert guess.is_left_alone
    assert guess.why[0][0].startswith("guess.left_alone.")


@pytest.mark.parametrize("rows", [[], [["Иванов"]], [["", "-"]]])
def test_base_that_is_still_empty_is_guessed_by_headers(rows):
    head = ["Клиент", "Телефон", "Дата рождения", "Менеджер"]
    guess = guess_sheet(grid_from_rows([["Наша база"], head, *rows], name="Клиенты"))
    assert (guess.layout.header_row, len(guess.layout.rows)) == (2, sum(row == ["Иванов"] for row in rows))
    assert {column.field for column in guess.columns} == {"name", "phone", "birthday", "manager"}


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("Тел. клиента (моб.)", ("client", "phone")), ("  E–MAIL  ", ("client", "email")), ("Почта / Email", ("client", "email")),
        ("Telefon klienta", ("client", "phone")), ("Телефн", ("client", "phone")), ("Cумма, ₽", ("deal", "amount")),
        ("nextStep", ("deal", "next_step")), ("Дата\u00a0КП:", ("deal", "offer_date")), ("Счёта дата", ("deal", "invoice_date")),
        ("ПРИЧИНА ОТКАЗА*", ("deal", "lost_reason")), ("Посл. отгр.", ("client", "last_purchase_date")),
    ],
)  # fmt: skip
def test_headers_as_they_are_written(header, field):
    assert meaning(Header(header)).scores.get(field, 0.0) >= 0.6


@pytest.mark.parametrize("header", ["Score (internal)", "Приоритет", "Время", "IMEI", "Статья расходов", "Crew"])
def test_headers_that_say_nothing(header):
    assert max(meaning(Header(header)).scores.values(), default=0.0) < 0.5


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("Янв 2026", (2026, 1)), ("01.2026", (2026, 1)), ("2026-01", (2026, 1)), ("Ноябрь", (None, 11)), ("March / Март", (None, 3)),
        ("Май 26", (2026, 5)), ("Клиенты", None), ("Мастер Мария", None), ("Лист1", None), ("12", None), ("Отчёт за май по всем", None),
    ],
)  # fmt: skip
def test_months_by_name(name, month):
    assert month_of(name) == month


def test_dictionary_is_whole():
    for card in cards():
        for field, like in fields_of(card).items():
            entry = headers()[card][field]
            assert entry["ru"], (card, field, like)
            assert entry["en"], (card, field, like)
            assert all(isinstance(text, str) for tier in ("ru", "en", "weak", "neg") for text in entry.get(tier, ()))
    assert sheet_kinds("Клиенты 2026")["client"] == 1.0


def test_every_synonym_means_its_field():
    for card in cards():
        for field in fields_of(card):
            entry = headers()[card][field]
            for text in (*entry["ru"], *entry["en"]):
                if text not in entry.get("neg", ()):
                    assert meaning(Header(text)).scores[card, field] >= 0.9, (card, field, text)


def test_profile_is_small_json_without_values():
    found = profile(column_of(["+7 900 111 22 33", "ivan@firm.example", None, 5.0, True]))
    text = json.dumps(found)
    assert "ivan" not in text
    assert "900" not in text
    assert len(text) < 900
    assert found["filled"] == 0.8


def test_profiles_of_equal_columns_are_alike_and_of_others_not():
    phones = column_of([f"+7 900 111 22 {n:02}" for n in range(50)])
    more = column_of([f"+7 900 111 22 {n:02}" for n in range(55)])
    names = column_of([f"Иванов {n}" for n in range(50)])
    assert likeness(profile(phones), profile(more)) > 0.9
    assert likeness(profile(phones), profile(names)) < 0.5


def test_words_for_all_reasons():
    keys = {lang: set(catalogue(lang)["guess"]) for lang in LANGS}
    assert keys["ru"] == keys["en"] == {"left_alone", "why", "again"}
    for group in keys["ru"]:
        assert set(catalogue("ru")["guess"][group]) == set(catalogue("en")["guess"][group])


def shared_books():
    folder = Path(os.environ.get("SHEETS_CRM_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "books"
    if importlib.util.find_spec("openpyxl") is None or not folder.is_dir():
        return []
    return sorted(folder.glob("*.xlsx"))


_TRUE_NAMES = {
    "client_id": "id", "lead_id": "id", "deal_id": "id|deal", "client": "name|client", "client_ref": "client",
    "lead_ref": "client", "paid_formula": "paid_amount", "rest_formula": "balance", "balance_formula": "balance",
    "due_date_formula": "due_date", "done_date": "closed", "status": "stage", "date_in": "first_contact_date",
    "contact": "contact_person", "do_not_call": "do_not_contact", "total_formula": "total", "nps": "score",
}  # fmt: skip
_NO_FIELD = {"account", "ship_to", "last_order_formula"}  # shown twice, or of another card: unbound is right


@pytest.mark.corpus
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_example_workbooks():
    import openpyxl
    import yaml

    from sheets_crm.cells import letter

    for path in shared_books():
        workbook = openpyxl.load_workbook(path, data_only=True)
        truth = yaml.safe_load(path.with_suffix(".truth.yaml").read_text("utf-8"))["bindings"]
        grids = {
            sheet.title: grid_from_rows(
                sheet.iter_rows(values_only=True), map(str, sheet.merged_cells.ranges), sheet.title
            )
            for sheet in workbook
        }
        guesses = guess_workbook(grids)
        assert {name for name, guess in guesses.items() if guess.cards} == set(truth)
        for name, expected in truth.items():
            found = {letter(column.index): column.field for column in guesses[name].columns}
            assert guesses[name].layout.header_row == expected["header_row"]
            for field, place in expected["columns"].items():
                if field in _NO_FIELD:
                    assert place not in found or field == "account", (name, field, found[place])
                else:
                    assert found.get(place) in _TRUE_NAMES.get(field, field).split("|"), (name, field, found.get(place))


def test_a_sheet_costs_no_more_where_there_are_many(monkeypatch):
    asked = []
    shared = guess_book._Known.shared
    monkeypatch.setattr(guess_book._Known, "shared", lambda known, values: asked.append(1) or shared(known, values))
    rows = [["Клиент", "Телефон", "Город"], *([f"ООО Пример {n}", f"+7 900 111 22 {n:02}", "Тула"] for n in range(12))]
    counts = []
    for number in (2, 6):
        asked.clear()
        found = guess_book.guess_workbook({f"Лист {n}": grid_from_rows(rows) for n in range(number)})
        assert {guess.cards for guess in found.values()} == {("client",)}
        counts.append(len(asked))
    assert counts[1] == 3 * counts[0]
