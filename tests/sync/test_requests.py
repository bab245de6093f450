"""Requests as leads: a form's answers and an inbox of files, who asks, and the task of a first answer."""

import json
from datetime import date, datetime

import openpyxl
import pytest

from sheets_crm.daemon.notices.arrivals import Seen, look
from sheets_crm.daemon.settings import watched
from sheets_crm.sync import run
from sheets_crm.sync.quick import nothing_changed

TODAY = date(2026, 3, 3)
FORM = {
    "ru": ("Ответы на форму (1)", ["Отметка времени", "Как вас зовут?", "Ваш телефон", "Адрес электронной почты", "Что вас интересует?", "Комментарий"]),
    "en": ("Form responses 1", ["Timestamp", "What is your full name?", "Phone number", "Email Address", "What service do you need?", "Comments"]),
}  # fmt: skip
ANSWERS = [
    [datetime.fromisoformat("2026-03-01 10:05"), "Ромашкин Иван", "8 916 000-00-01", "r@x.ru", "Окна", None],
    [datetime.fromisoformat("2026-03-02 11:05"), "Пётр", "8 916 000-00-77", "p@x.ru", "Двери", "=срочно"],
    [datetime.fromisoformat("2026-03-02 12:05"), "Пётр П.", "8 916 000-00-77", None, "Окна", None],
    [datetime.fromisoformat("2026-03-03 09:00"), "Без телефона", None, "only@mail.ru", "Замер", None],
]


def workbook(folder, sheets, config="workbook: b.xlsx\n"):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    for page in book:
        for cells in page.iter_rows():
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"
    book.save(folder / "b.xlsx")
    (folder / "crm.yaml").write_text(config, "utf-8")
    return str(folder)


CLIENTS = [
    ["Клиент", "Телефон", "Менеджер"],
    ["ООО Ромашка", "+79160000001", "Ольга"],
    ["ИП Сидоров", "+79160000002", "Ольга"],
]


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_answers_of_a_form_are_leads_without_any_setting(tmp_path, lang):
    name, headers = FORM[lang]
    config = workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers, *ANSWERS]})
    done = run.sync(config, today=TODAY)
    leads = done.base.frames["lead"]
    assert leads["created"].to_list() == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3)]
    assert leads["title"].to_list() == ["Окна", "Двери", "Окна", "Замер"]
    assert set(leads["source"]) == {name}
    clients = done.base.frames["client"]
    assert clients["name"].to_list() == ["ООО Ромашка", "ИП Сидоров", "Пётр", "Без телефона"]
    assert leads["client_id"].to_list() == [clients["_id"][0], clients["_id"][2], clients["_id"][2], clients["_id"][3]]
    assert done.base.problems == ()
    found = [(task.decision.rule, task.decision.client, task.decision.manager) for task in done.tasks]
    assert found.count(("first_contact", "ООО Ромашка", "Ольга")) == 1
    assert len(found) == 4
    assert run.sync(config, today=TODAY).written == ()


def test_a_form_without_answers_yet(tmp_path):
    name, headers = FORM["ru"]
    config = workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers]})
    done = run.sync(config, today=TODAY)
    assert done.base.frames["client"]["name"].to_list() == ["ООО Ромашка", "ИП Сидоров"]
    assert not done.tasks


def test_new_answers_are_told_and_end_when_answered(tmp_path):
    name, headers = FORM["ru"]
    headers = [*headers, "Первый ответ"]
    config = workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers, ANSWERS[0]]})
    first = run.sync(config, today=TODAY)
    _, seen = look(first, None)
    seen_file = Seen(tmp_path)
    seen_file.write(seen)
    workbook(
        tmp_path, {"Клиенты": CLIENTS, name: [headers, [*ANSWERS[0], datetime.fromisoformat("2026-03-01")], ANSWERS[1]]}
    )
    second = run.sync(config, today=TODAY)
    arrivals, _ = look(second, seen_file.read())
    assert [(one.card, one.client, one.contact) for one in arrivals] == [("lead", "Пётр", "+79160000077")]
    assert [task.decision.client for task in second.open_tasks] == ["Пётр"]
    why = next(iter(second.endings.why.values()))
    assert "01.03.2026" in why.told("ru")


def test_one_who_asked_and_is_entered_as_a_client_stays_the_same(tmp_path):
    name, headers = FORM["ru"]
    config = workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers, *ANSWERS]})
    before = {task.key for task in run.sync(config, today=TODAY).tasks}
    entered = [*CLIENTS, ["Пётр Петров", "+7 916 000 00 77", "Иван"]]
    workbook(tmp_path, {"Клиенты": entered, name: [headers, *ANSWERS]})
    done = run.sync(config, today=TODAY)
    assert {task.key for task in done.tasks} == before
    assert len(done.base.frames["client"]) == 4
    assert done.base.duplicates == ()


def test_a_name_alone_makes_nobody_a_known_client(tmp_path):
    name, headers = FORM["ru"]
    answers = [[datetime.fromisoformat("2026-03-02"), "ИП Сидоров", "+79995550011", None, "Окна", None]]
    done = run.sync(workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers, *answers]}), today=TODAY)
    assert len(done.base.frames["client"]) == 3


def test_the_owner_may_say_otherwise(tmp_path):
    name, headers = FORM["ru"]
    config = f"workbook: b.xlsx\nsheets:\n  Клиенты: {{}}\n  {name}: {{values: {{source: Сайт}}, required: [title]}}\nrules: {{first_contact: {{within_days: 1}}}}\n"
    done = run.sync(workbook(tmp_path, {"Клиенты": CLIENTS, name: [headers, *ANSWERS]}, config), today=TODAY)
    assert set(done.base.frames["lead"]["source"]) == {"Сайт"}
    assert len(done.tasks) == 3


# --- an inbox


CONFIG = "workbook: b.xlsx\nsheets:\n  Клиенты: {}\n  Заявки: {file: inbox/*, requests: true, values: {source: Сайт}}\n"


def test_files_of_an_inbox_are_requests(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    config = workbook(tmp_path, {"Клиенты": CLIENTS}, CONFIG)
    (inbox / "1.csv").write_text("Дата;Имя;Телефон;Вопрос\n01.03.2026;Иван;89160000001;Окна\n", "utf-8")
    assert len(run.sync(config, today=TODAY).tasks) == 1
    assert nothing_changed(config, today=TODAY) is not None
    mark = watched(tmp_path / "crm.yaml").seen()
    known = {"Дата": "01.03.2026", "Имя": "Иван", "Телефон": "89160000001", "Вопрос": "Окна"}
    request = {"Телефон": "+7 916 000-00-88", "Имя": "=Пётр", "Дата": "2026-03-02", "Вопрос": ["Двери", "Окна"]}
    (inbox / "2.json").write_text(json.dumps([request, known, request]), "utf-8")
    (inbox / ".3.csv.part").write_text("broken")
    assert nothing_changed(config, today=TODAY) is None
    assert watched(tmp_path / "crm.yaml").seen() != mark
    done = run.sync(config, today=TODAY)
    assert done.base.frames["client"]["name"].to_list() == ["ООО Ромашка", "ИП Сидоров", "=Пётр"]
    assert done.base.frames["lead"]["title"].to_list() == ["Окна", "Двери, Окна"]
    assert set(done.base.frames["lead"]["source"]) == {"Сайт"}
    assert run.sync(config, today=TODAY).written == ()


def test_an_inbox_that_is_not_there_yet_is_empty(tmp_path):
    done = run.sync(workbook(tmp_path, {"Клиенты": CLIENTS}, CONFIG), today=TODAY)
    assert not done.tasks


@pytest.mark.parametrize(
    "text",
    [
        '{"rows": [{"Телефон": "89160000001"}]}',
        '{"Телефон": "89160000001"}',
        '{"Телефон": "89160000001"}\n{"Телефон": "89160000002"}\n',
    ],
)
def test_shapes_of_json(tmp_path, text):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "a.json").write_text(text, "utf-8")
    done = run.plan(workbook(tmp_path, {"Клиенты": CLIENTS}, CONFIG), today=TODAY)
    assert len(done.base.frames["lead"]) == text.count("Телефон")
