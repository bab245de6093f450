"""Excel and Google in one base: an export as an extra source of a spreadsheet, a spreadsheet as one of a file; a form's answers in Google."""

from datetime import date, datetime

import openpyxl
import pytest

from sheets_crm.errors import OwnerError
from sheets_crm.sync import run
from sheets_crm.sync.quick import nothing_changed
from tests.google.emulator import ROBOT, Emulator, differences
from tests.google.whole import SETTINGS, put_config

TODAY = date(2026, 3, 3)
CLIENTS = [
    ["Клиент", "Телефон", "Менеджер"],
    ["ООО Ромашка", "+79160000001", "Ольга"],
    ["ИП Сидоров", "+79160000002", "Ольга"],
]
DEALS = [["№ сделки", "Клиент", "Этап", "Сумма", "Срок оплаты"], ["D-1", "ООО Ромашка", "Договор", 1000, "01.02.2026"]]
SHEETS = """
sheets:
  Клиенты: {}
  Сделки: {}
  Банк: {file: bank.xlsx, card: payment, columns: {date: Дата, deal: Сделка, amount: Сумма}}
  Заявки: {file: inbox/*.csv, requests: true}
money: {paid: payments}
"""


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


def bank(path, *rows):
    book = openpyxl.Workbook()
    for row in (["Дата", "Сделка", "Сумма"], *rows):
        book.active.append(row)
    book.save(path)


def test_a_base_in_google_with_exports_beside(google, tmp_path):
    book = google.add_book({"Клиенты": CLIENTS, "Сделки": DEALS})
    config = str(put_config(tmp_path, google, book, SHEETS))
    bank(tmp_path / "bank.xlsx", [datetime.fromisoformat("2026-02-20"), "D-1", 400])
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.csv").write_text("Дата;Имя;Телефон\n02.03.2026;Пётр;89160000077\n", "utf-8")
    before = google.snapshot(book)
    done = run.sync(config, today=TODAY)
    ours = [google.sheet(book, title).id for title in done.titles.values()]
    assert differences(before, google.snapshot(book, without=ours)) == []
    rules = {task.decision.rule: task.decision for task in done.tasks}
    assert rules["overdue_payment"].amount == 600
    assert rules["first_contact"].client == "Пётр"
    assert run.sync(config, today=TODAY).written == ()
    bank(tmp_path / "bank.xlsx", [datetime.fromisoformat("2026-02-20"), "D-1", 1000])
    assert "overdue_payment" not in {task.decision.rule for task in run.sync(config, today=TODAY).open_tasks}


def test_answers_of_a_form_in_google(google, tmp_path):
    book = google.add_book({"Клиенты": CLIENTS, "Ответы на форму (1)": [["Отметка времени", "Имя", "Телефон"]]})
    config = str(put_config(tmp_path, google, book))
    assert not run.sync(config, today=TODAY).tasks
    person = google.person(book)
    number = google.sheet(book, "Ответы на форму (1)").id
    stamp = {"userEnteredValue": {"numberValue": 46082.5}, "userEnteredFormat": {"numberFormat": {"type": "DATE_TIME"}}}
    cells = [
        stamp,
        {"userEnteredValue": {"stringValue": "Пётр"}},
        {"userEnteredValue": {"stringValue": "+79160000077"}},
    ]
    start = {"sheetId": number, "rowIndex": 1, "columnIndex": 0}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    person.do({"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}})
    done = run.sync(config, today=TODAY)
    assert [(task.decision.rule, task.decision.client) for task in done.tasks] == [("first_contact", "Пётр")]
    assert done.base.frames["lead"]["created"].to_list() == [date(2026, 3, 1)]


def test_a_base_in_excel_reads_a_spreadsheet(google, tmp_path):
    other = google.add_book(
        {"Разное": [["x"]], "Заявки": [["Отметка времени", "Имя", "Телефон"], [46082, "Пётр", "+79160000077"]]}
    )
    book = openpyxl.Workbook()
    book.active.title = "Клиенты"
    for row in CLIENTS:
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    google.key_file(tmp_path / "key.json")
    address = f"https://docs.google.com/spreadsheets/d/{other}/edit"
    config = f"workbook: b.xlsx\nsheets:\n  Клиенты: {{}}\n  Форма: {{file: '{address}', sheet: Заявки}}\n"
    (tmp_path / "crm.yaml").write_text(config + SETTINGS.format(url=google.url), "utf-8")
    look = google.snapshot(other)
    done = run.sync(str(tmp_path), today=TODAY)
    assert [task.decision.client for task in done.tasks] == ["Пётр"]
    assert google.calls.writes == 0
    assert differences(look, google.snapshot(other)) == []
    assert nothing_changed(str(tmp_path), today=TODAY) is None
    google.person(other).type("Заявки", 2, 1, "Павел")
    assert [task.decision.client for task in run.sync(str(tmp_path), today=TODAY).tasks] == ["Павел"]
    google.unshare(other, ROBOT)
    with pytest.raises(OwnerError) as told:
        run.plan(str(tmp_path), today=TODAY)
    assert told.value.key == "google.stop.not_shared_with"
