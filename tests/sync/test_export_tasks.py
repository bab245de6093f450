"""A manager's tasks go out alone, whole and harmless, and it is noted."""

import sys
import zipfile
from datetime import date

import openpyxl
import pytest

from sheets_crm.errors import NotFound, OwnerError, StateError
from sheets_crm.sync import export_tasks as module
from sheets_crm.sync import run
from sheets_crm.sync.export_tasks import EXPORTS, export_tasks, exports
from sheets_crm.sync.state import StateFolder

TODAY = date(2026, 3, 16)
CONFIG = """\
workbook: база.xlsx
managers:
  - {name: Анна Белова, aliases: [Аня]}
  - {name: Иван Чёрный}
"""
CLIENTS = [
    ("Клиент", "Телефон", "Менеджер", "Примечание"),
    ('=HYPERLINK("http://x","Ромашка")', "8 912 345-67-89", "Аня", "тайна Анны"),
    ("@Василёк", "+7 (495) 111-22-33", "Иван Чёрный", "тайна Ивана"),
    ("Лютик", "8 912 345-67-80", "анна белова", None),
    ("Ничей", "8 912 345-67-81", None, None),
]
DEALS = [
    ("№", "Клиент", "Этап", "Сумма", "Дата КП", "Дата счёта", "Срок оплаты", "Оплачено", "Менеджер"),
    (1, '=HYPERLINK("http://x","Ромашка")', "КП отправлено", 120000, date(2026, 3, 1), None, None, None, "Аня"),
    (2, "@Василёк", "Счёт выставлен", 51234, None, date(2026, 2, 20), date(2026, 3, 1), 20000, "Иван Чёрный"),
    (3, "Лютик", "КП отправлено", 7000, date(2026, 3, 2), None, None, None, "Анна Белова"),
    (4, "Ничей", "КП отправлено", 9000, date(2026, 3, 2), None, None, None, None),
]


@pytest.fixture
def firm(tmp_path):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in (("Клиенты", CLIENTS), ("Сделки", DEALS)):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
            for cell in sheet[sheet.max_row]:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    cell.data_type = "s"
    book.save(tmp_path / "база.xlsx")
    (tmp_path / "crm.yaml").write_text(CONFIG, "utf-8")
    return tmp_path


def rows_of(path):
    sheet = openpyxl.load_workbook(path).active
    head = [cell.value for cell in sheet[1]]
    return [dict(zip(head, [cell.value for cell in row], strict=True)) for row in sheet.iter_rows(min_row=2)]


def test_only_their_rows_and_nothing_else(firm):
    before = (firm / "база.xlsx").read_bytes()
    done = export_tasks(str(firm), "аня", today=TODAY)
    assert (done.manager, done.path.name) == ("Анна Белова", "Задачи Анна Белова 2026-03-16.xlsx")
    rows = rows_of(done.path)
    assert len(rows) == done.tasks > 0
    assert {row["Менеджер"] for row in rows} == {"Анна Белова"}
    assert {row["Клиент"] for row in rows} == {CLIENTS[1][0], "Лютик"}
    assert openpyxl.load_workbook(done.path).sheetnames == ["Задачи"]
    with zipfile.ZipFile(done.path) as archive:
        for name in archive.namelist():
            for other in ("Василёк", "Ничей", "Иван", "тайна", "51234", "4951112233"):
                assert other.encode() not in archive.read(name), (name, other)
    assert (firm / "база.xlsx").read_bytes() == before


def test_no_text_of_a_client_becomes_a_formula(firm):
    done = export_tasks(str(firm), "Анна Белова", today=TODAY)
    sheet = openpyxl.load_workbook(done.path).active
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    assert [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.hyperlink] == []


def test_each_export_is_noted_privately(firm):
    first = export_tasks(str(firm), "Аня", today=TODAY)
    second = export_tasks(str(firm), "Иван Чёрный", firm / "для Ивана", today=TODAY)
    assert second.path == firm / "для Ивана.xlsx"
    state = StateFolder.existing(firm / "crm.yaml", "база.xlsx")
    noted = exports(state)
    assert [(one["manager"], one["rows"], one["file"]) for one in noted] == [
        ("Анна Белова", first.tasks, str(first.path)), ("Иван Чёрный", second.tasks, str(second.path)),
    ]  # fmt: skip
    file = state.path / EXPORTS
    assert sys.platform == "win32" or file.stat().st_mode & 0o777 == 0o600
    log = "".join(path.read_text("utf-8") for path in state.logs.iterdir())
    assert "export of tasks" in log
    assert not any(name in log for name in ("Анна", "Иван", "Ромашка"))
    file.write_text('broken\n[1]\n{"manager": "x"}\n', "utf-8")
    assert exports(state) == [{"manager": "x"}]
    assert exports(None) == []


def test_without_a_note_nothing_goes_out(firm, monkeypatch):
    def full(*_):
        raise OSError(28, "full")

    monkeypatch.setattr(module, "make_folder", full)
    with pytest.raises(StateError):
        export_tasks(str(firm), "Аня", today=TODAY)
    assert not list(firm.glob("Задачи*"))


def test_nobody_of_that_name(firm):
    with pytest.raises(NotFound) as caught:
        export_tasks(str(firm), "Ольга", today=TODAY)
    assert "Иван Чёрный" in caught.value.values["there"]


def test_no_file_is_replaced(firm):
    first = export_tasks(str(firm), "Аня", today=TODAY)
    second = export_tasks(str(firm), "Аня", today=TODAY)
    assert second.path.name == "Задачи Анна Белова 2026-03-16 2.xlsx"
    for taken in (first.path, firm / "база.xlsx"):
        before = taken.read_bytes()
        with pytest.raises(OwnerError):
            export_tasks(str(firm), "Аня", taken, today=TODAY)
        assert taken.read_bytes() == before
    with pytest.raises(OwnerError) as caught:
        export_tasks(str(firm), "Аня", firm / "нет такой папки" / "x.xlsx", today=TODAY)
    assert caught.value.key == "export.errors.denied"
    assert not list(firm.glob(".*.part"))


def test_marks_and_own_columns_go_along(firm):
    run.sync(str(firm), today=TODAY)
    path = firm / "база.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Задачи"]
    head = [cell.value for cell in sheet[1]]
    row = next(n for n in range(2, sheet.max_row + 1) if sheet.cell(n, head.index("Клиент") + 1).value == "Лютик")
    sheet.cell(row, head.index("Комментарий") + 1).value = "перезвонит сам"
    book.save(path)
    done = export_tasks(str(firm), "Аня", today=TODAY)
    assert "перезвонит сам" in {one["Комментарий"] for one in rows_of(done.path)}


def test_a_manager_without_tasks_gets_an_empty_tab_that_says_so(firm):
    run.sync(str(firm), today=TODAY)
    (firm / "crm.yaml").write_text(CONFIG + "  - {name: Новенький}\n", "utf-8")
    done = export_tasks(str(firm), "Новенький", today=TODAY)
    assert done.tasks == 0
    assert len(rows_of(done.path)) == 1
