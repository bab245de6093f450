"""Who may see, take and change the base, in a Google spreadsheet, told in both languages: rights, exports, deletions, requests."""

import json
from datetime import date

import openpyxl
import pytest

from sheets_crm.errors import OwnerError
from sheets_crm.sync import run
from sheets_crm.sync.doctor import examine
from sheets_crm.sync.export_tasks import export_tasks
from sheets_crm.words import say
from tests.google.emulator import Emulator, differences
from tests.google.whole import put_config

TODAY = date(2026, 3, 3)
DAY = date(2026, 2, 1)
LOCALES = {"ru": ("ru_RU", "RU"), "en": ("en_GB", "GB")}
CLIENTS = {"ru": ["Клиент", "Телефон", "Менеджер"], "en": ["Client", "Phone", "Manager"]}
DEALS = {
    "ru": (["Клиент", "Этап", "Сумма", "Дата КП", "Менеджер"], "КП отправлено"),
    "en": (["Client", "Stage", "Amount", "Quote sent", "Manager"], "Quote sent"),
}
FORM = {
    "ru": ("Ответы на форму (1)", ["Отметка времени", "Ваше имя", "Телефон"], "Пётр"),
    "en": ("Form Responses 1", ["Timestamp", "Your name", "Phone number"], "Peter"),
}


class Firm:
    """Clients of two managers, with an offer each; an empty form."""

    def __init__(self, google, folder, lang, size):
        self.google, self.lang = google, lang
        locale, country = LOCALES[lang]
        head, stage = DEALS[lang]
        phone = {"ru": "+791600000", "en": "+4420794600"}[lang]
        people = [(f"Client {n}", ("Olga", "Boris")[n % 2]) for n in range(size)]
        sheets = {
            "Base": [CLIENTS[lang], *([name, f"{phone}{n:02}", who] for n, (name, who) in enumerate(people))],
            "Deals 1": [head, *([name, stage, 1000, DAY, who] for name, who in people)],
            FORM[lang][0]: [FORM[lang][1]],
        }
        self.book = google.add_book(sheets, locale=locale)
        text = f"language: {lang}\ncountry: {country}\nmanagers: [{{name: Olga}}, {{name: Boris}}]\n"
        self.path = str(put_config(folder, google, self.book, text))
        self.owner = google.person(self.book)


@pytest.fixture(params=["ru", "en"])
def firm(request, tmp_path):
    with Emulator() as google:
        yield Firm(google, tmp_path, request.param, 40 if "deletes" in request.node.name else 6)
        assert google.complaints == []


def test_a_manager_gets_their_own_rows_and_it_is_noted(firm, tmp_path):
    run.sync(firm.path, today=TODAY)
    before = firm.google.snapshot(firm.book)
    firm.google.calls.clear()
    export_tasks(firm.path, "Olga", to=tmp_path / "olga.xlsx", today=TODAY)
    assert differences(before, firm.google.snapshot(firm.book)) == []
    assert firm.google.calls.writes == 0
    (sheet,) = [one for one in openpyxl.load_workbook(tmp_path / "olga.xlsx") if one.sheet_state == "visible"]
    said = " ".join(str(value) for row in sheet.iter_rows(values_only=True) for value in row if value)
    assert [name for name in (f"Client {n}" for n in range(6)) if f"{name} " in f"{said} "] == [
        f"Client {n}" for n in range(0, 6, 2)
    ]
    assert "Boris" not in said
    noted = (tmp_path / ".sheets-crm" / "exports.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["manager"] for line in noted] == ["Olga"]


@pytest.mark.slow
def test_who_deletes_most_of_the_base_stops_the_run(firm):
    run.sync(firm.path, today=TODAY)
    firm.owner.delete_rows("Base", 3, 36)
    before = firm.google.snapshot(firm.book)
    firm.google.calls.clear()
    with pytest.raises(OwnerError) as told:
        run.sync(firm.path, today=TODAY)
    assert told.value.exit_code == 17
    assert "40" in say(told.value.key, firm.lang, **told.value.values)
    assert firm.google.calls.writes == 0
    assert differences(before, firm.google.snapshot(firm.book)) == []
    assert run.sync(firm.path, today=TODAY, accept_emptied=True).written


def test_doctor_names_everybody_who_may_look(firm):
    firm.google.share(firm.book, "anna@example.com", "reader")
    firm.google.share(firm.book, None, "reader")
    staff = {"id": "d", "type": "domain", "role": "reader", "domain": "firm.example", "displayName": "firm.example"}
    firm.google.document(firm.book).permissions.append(staff)
    found = {one.key: one for one in examine(firm.path)}
    people = found["google.doctor.people"].sentence(firm.lang)
    assert "anna@example.com" in people
    assert {"ru": "все сотрудники firm.example", "en": "everyone at firm.example"}[firm.lang] in people
    assert found["google.doctor.anyone"].level == "warning"


@pytest.mark.slow
def test_an_answer_to_a_form_is_a_request_with_a_task(firm):
    run.sync(firm.path, today=TODAY)
    title, _, name = FORM[firm.lang]
    stamp = {"userEnteredValue": {"numberValue": 46083.5}, "userEnteredFormat": {"numberFormat": {"type": "DATE_TIME"}}}
    phone = {"ru": "89160000077", "en": "020 7946 0077"}[firm.lang]
    cells = [stamp, *({"userEnteredValue": {"stringValue": text}} for text in (name, phone))]
    start = {"sheetId": firm.google.sheet(firm.book, title).id, "rowIndex": 1, "columnIndex": 0}
    fields = "userEnteredValue,userEnteredFormat.numberFormat"
    firm.owner.do({"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}})
    done = run.sync(firm.path, today=TODAY)
    asked = [task.decision for task in done.tasks if task.decision.rule == "first_contact"]
    assert [(one.client, one.sheet, one.row) for one in asked] == [(name, title, 2)]
    sheet = firm.google.sheet(firm.book, done.titles["tasks"])
    row = next(n for n in range(1, 60) if sheet.value(n, 5) == name)
    link = sheet.more(row, 5).format["textFormat"]["link"]["uri"]
    assert link == f"#gid={start['sheetId']}&range=A2"
