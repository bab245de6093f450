"""The checklist of a leaving manager: what is theirs, and no more; what changed; what to do, in order."""

from datetime import date, timedelta
from decimal import Decimal

import openpyxl
import pytest

from sheets_crm.cli import text_leaving
from sheets_crm.errors import NotFound
from sheets_crm.sync import run
from sheets_crm.sync.export_tasks import export_tasks
from sheets_crm.sync.leaving import Change, leaving
from sheets_crm.words import LANGS, say

TODAY = date(2026, 3, 16)
CONFIG = """\
workbook: base.xlsx
managers:
  - {name: Анна Белова, aliases: [Аня]}
  - {name: Иван Чёрный}
"""
CLIENTS = [
    ("Код", "Клиент", "Телефон", "Менеджер"),
    ("K1", "Ромашка", "8 912 345-67-89", "Аня"),
    ("K2", "Василёк", "+7 (495) 111-22-33", "Иван Чёрный"),
    ("K3", "Лютик", None, "Анна Белова"),
    ("K4", "Пион", "8 912 345-67-81", "Белова Анна"),
]
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата КП", "Дата счёта", "Срок оплаты", "Оплачено", "Менеджер"),
    (1, "Ромашка", "КП отправлено", 120000, date(2026, 3, 1), None, None, None, "Аня"),
    (2, "Василёк", "Счёт выставлен", 50000, None, date(2026, 2, 20), date(2026, 3, 1), 20000, "Иван Чёрный"),
    (3, "Лютик", "Счёт выставлен", 7000, None, date(2026, 2, 20), date(2026, 3, 2), 1000, "Анна Белова"),
]


def save(folder, clients=CLIENTS):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (("Клиенты", clients), ("Сделки", DEALS)):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "base.xlsx")


@pytest.fixture
def firm(tmp_path):
    save(tmp_path)
    (tmp_path / "crm.yaml").write_text(CONFIG, "utf-8")
    return tmp_path


def test_what_is_theirs_and_no_more(firm):
    found = leaving(str(firm), "аня", today=TODAY)
    assert found.manager == "Анна Белова"
    assert {one.name for one in found.clients} == {"Ромашка", "Лютик"}
    assert {one.name for one in found.clients if one.unreachable} == {"Лютик"}
    assert [(one.client, one.amount) for one in found.deals] == [("Ромашка", 120000), ("Лютик", 7000)]
    assert found.deals_sum == 127000
    assert found.debt == Decimal(6000)
    assert found.tasks
    assert {task.decision.manager for task in found.tasks} == {"Анна Белова"}
    assert found.rows == {("Клиенты", "D"): 2, ("Сделки", "I"): 2}
    assert found.similar == ("Белова Анна",)
    assert found.others == ("Иван Чёрный",)


def test_it_changes_nothing(firm):
    before = (firm / "base.xlsx").read_bytes()
    leaving(str(firm), "Аня", today=TODAY)
    assert (firm / "base.xlsx").read_bytes() == before
    assert not (firm / ".sheets-crm").exists()


def test_steps_come_in_order_with_ready_commands(firm):
    found = leaving(str(firm), "Аня", today=TODAY)
    keys = [key.rpartition(".")[2] for key, _ in found.steps()]
    assert keys == ["backup", "access", "contacts", "tasks", "rows", "call", "config", "watch"]
    for lang in LANGS:
        said = text_leaving.checklist(found, lang)
        assert f'sheets-crm reassign "Анна Белова" "Иван Чёрный" --all {firm / "crm.yaml"}' in said
        assert f"sheets-crm backup now {firm / 'crm.yaml'}" in said
        assert "Василёк" not in said
        assert "{" not in said


@pytest.mark.slow
def test_changes_on_their_rows_are_counted(firm):
    assert leaving(str(firm), "Аня", today=TODAY).changes is None
    run.sync(str(firm), today=TODAY - timedelta(days=60))
    for ago, phone in ((50, "8 912 000-00-01"), (3, "8 912 000-00-02"), (2, "8 912 000-00-03")):
        rows = [list(row) for row in CLIENTS]
        rows[1][2], rows[2][2] = phone, phone
        save(firm, rows)
        run.sync(str(firm), today=TODAY - timedelta(days=ago))
    found = leaving(str(firm), "Аня", today=TODAY)
    assert Change("client", "phone", 2, TODAY - timedelta(days=2)) in found.changes
    assert say("leaving.unknown_changes", "ru") not in text_leaving.checklist(found, "ru")


def test_exports_are_remembered(firm):
    assert leaving(str(firm), "Аня", today=TODAY).exported == 0
    export_tasks(str(firm), "Аня", today=TODAY)
    found = leaving(str(firm), "Аня", today=TODAY)
    assert found.exported == 1
    assert found.json("en")["exported"] == 1


def test_somebody_without_anything(firm):
    (firm / "crm.yaml").write_text(CONFIG + "  - {name: Новенький}\n", "utf-8")
    found = leaving(str(firm), "Новенький", today=TODAY)
    assert (found.clients, found.deals, found.tasks, found.rows) == ((), (), (), {})
    assert say("leaving.nothing", "ru") in text_leaving.checklist(found, "ru")


def test_nobody_of_that_name(firm):
    with pytest.raises(NotFound):
        leaving(str(firm), "Ольга", today=TODAY)
