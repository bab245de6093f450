"""`copy`: a base with marks, comments, snoozes and tasks typed by hand moves from Excel to Google and back; nothing is lost or doubled."""

import json
import shutil
import sqlite3
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from typer.testing import CliRunner

from sheets_crm.books.copying.excel_in import ExcelSource
from sheets_crm.books.copying.model import Formula
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.cli.app import app
from sheets_crm.errors import OwnerError
from sheets_crm.sync import moving, moving_state, run
from sheets_crm.sync.intake import book_of, open_config
from sheets_crm.sync.moving import Order, copy
from sheets_crm.tabs import read_tasks_tab
from sheets_crm.words import say
from tests.google.emulator import Emulator, differences
from tests.google.whole import SETTINGS, put_config

TODAY = date(2026, 3, 2)
CONFIG = """\
# Наша база. Не трогать без спроса!
workbook: base.xlsx   # лежит рядом
country: RU
rules: {reactivation: false}   # позже

# конец
"""
INJECTED = ["=1+1", "+7 916 000-00-01", "-минус", "@имя", '=HYPERLINK("http://x","y")']


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """A firm in Excel that has worked for a while: its tasks tab holds all a manager may type."""
    folder = tmp_path_factory.mktemp("worked")
    _workbook(folder / "base.xlsx")
    (folder / "crm.yaml").write_text(CONFIG, "utf-8")
    run.sync(str(folder), today=TODAY)
    _work(folder / "base.xlsx")
    run.sync(str(folder), today=TODAY)
    return folder


@pytest.fixture
def firm(google, worked, tmp_path):
    """That firm's folder, with the emulator's address in its crm.yaml."""
    folder = shutil.copytree(worked, tmp_path / "firm")
    (folder / "crm.yaml").write_text(CONFIG + SETTINGS.format(url=google.url), "utf-8")
    google.key_file(folder / "key.json")
    return folder


def _workbook(path):
    book = openpyxl.Workbook()
    clients = book.active
    clients.title = "Клиенты"
    clients.append(["Клиент", "Телефон", "Менеджер", "День рождения", "Заметка"])
    for number in range(8):
        clients.append(
            [
                f"Клиент {number}",
                f"+791600000{number:02}",
                "Ольга",
                datetime.fromisoformat(f"1980-03-{3 + number:02}"),
                None,
            ]
        )
    for number, text in enumerate(INJECTED, 2):
        clients.cell(number, 5, text).data_type = "s"
    clients["A1"].font, clients["A1"].fill = Font(bold=True, color="FF102030"), PatternFill("solid", fgColor="FFFFEE00")
    clients["A2"].comment = Comment("звонить утром", "Ольга")
    clients["B3"].hyperlink = "https://example.com/b3"
    clients.column_dimensions["A"].width, clients.freeze_panes = 30, "A2"
    deals = book.create_sheet("Сделки")
    deals.append(["Клиент", "Этап", "Сумма", "Дата КП", "Срок оплаты", "Оплачено", "Остаток", "Менеджер"])
    for number in range(8):
        deals.append(
            [
                f"Клиент {number}",
                "КП отправлено",
                1000.5 + number,
                date(2026, 2, 1) + timedelta(number),
                None,
                None,
                None,
                "Ольга",
            ]
        )
        deals.cell(number + 2, 3).number_format, deals.cell(number + 2, 4).number_format = (
            '#,##0.00\\ "₽"',
            "dd.mm.yyyy",
        )
    for number in range(2, 5):
        deals.cell(number, 1).value = f"Клиент {number - 2}"
    report = book.create_sheet("Отчёт")
    report["A1"], report["A2"], report["A3"] = "Итог", 5, True
    report.merge_cells("B1:C2")
    report.sheet_state = "hidden"
    book.save(path)


def _tab(path):
    return next(info.name for info in ExcelBook(path).sheets() if info.tab == "tasks")


def _work(path):
    """A manager's day."""
    book = openpyxl.load_workbook(path)
    page = book[_tab(path)]
    at = {page.cell(1, column).value: column for column in range(1, page.max_column + 1)}
    open_rows = [row for row in range(2, page.max_row + 1) if page.cell(row, at["Клиент"]).value]
    assert len(open_rows) >= 6
    page.cell(open_rows[0], at["Статус"]).value = "Сделано"
    page.cell(open_rows[0], at["Комментарий"]).value = "=договорились"
    page.cell(open_rows[0], at["Комментарий"]).data_type = "s"
    page.cell(open_rows[1], at["Статус"]).value = "Отложено"
    page.cell(open_rows[1], at["Отложить до"]).value = datetime.fromisoformat("2026-03-20")
    page.cell(open_rows[2], at["Статус"]).value = "В работе"
    page.cell(open_rows[2], at["Комментарий"]).value = "перезвонит сам"
    page.cell(open_rows[3], at["Статус"]).value = "Отменено"
    last = page.max_row + 1
    page.cell(last, at["Что сделать"]).value = "купить бумагу в 13:30"
    page.cell(last, at["Повтор"]).value = "каждый месяц"
    page.cell(last, at["Менеджер"]).value = "Пётр"
    own = page.max_column + 1
    page.cell(1, own).value = "Моё"
    page.cell(open_rows[4], own).value = "важно"
    book.save(path)


def tasks(config):
    """Every row of the tasks tab as its people see it, by client and words."""
    opened = open_config(str(config))
    book = book_of(opened)
    book.fingerprint()
    name = next(info.name for info in book.sheets() if info.tab == "tasks")
    found = read_tasks_tab(book.read([name])[name])
    rows = [
        (mark.cells.get("client"), mark.cells.get("todo"), *mark.typed, mark.key, tuple(mark.extra.items()))
        for mark in found.marks
    ]
    assert len({row[-2] for row in rows}) == len(rows), "a task is doubled"
    return sorted(rows, key=repr)


def recorded(state):
    """All that history knows of tasks."""
    with sqlite3.connect(state / "history.db") as base:
        return [
            sorted(base.execute(f"select * from {table}").fetchall(), key=repr)
            for table in ("tasks", "task_events", "task_moves")
        ]


def grids(config):
    """The user's sheets as the program reads them."""
    book = book_of(open_config(str(config)))
    book.fingerprint()
    names = [info.name for info in book.sheets() if info.tab is None]
    return {name: [grid.row(row) for row in range(1, grid.height + 1)] for name, grid in book.read(names).items()}


def _without_runs(tables):
    """Events but for the run in which they were told."""
    return [len(table) for table in tables]


def to_google(google, firm, **options):
    book = google.add_book({"Лист1": []})
    address = f"https://docs.google.com/spreadsheets/d/{book}/edit#gid=0"
    return book, copy(str(firm), Order(address), today=TODAY, **options)


@pytest.mark.slow
def test_there_and_back_again(google, firm):
    book, done = to_google(google, firm)
    there, back = firm / "crm-google.yaml", firm / "crm-back.yaml"
    before, state = (firm / "base.xlsx").read_bytes(), firm / ".sheets-crm"
    assert tasks(there) == tasks(firm)
    assert {row[0] for row in tasks(there)} >= {"Клиент 0", None}
    expected = grids(firm)
    assert {name: grids(there)[name] for name in expected} == expected
    assert _without_runs(recorded(state / "for-crm-google")) == _without_runs(recorded(state))
    assert run.sync(str(there), today=TODAY).written == ()
    assert done.result.counts() == run.plan(str(firm), today=TODAY).counts()

    title = next(sheet.title for sheet in google.document(book).sheets if sheet.title == done.result.titles["tasks"])
    person = google.person(book)
    headers = person.rows(title)[0]
    row = next(n for n, cells in enumerate(person.rows(title), 1) if "купить бумагу" in str(cells))
    person.type(title, row, headers.index("Комментарий"), "две пачки")
    look = google.snapshot(book)
    copy(str(there), Order(str(firm / "back.xlsx"), config_name="crm-back.yaml"), today=TODAY)
    assert differences(look, google.snapshot(book)) == []
    assert [row[:-1] for row in tasks(back)] == [row[:-1] for row in tasks(there)]
    assert any("две пачки" in row for row in tasks(back))
    assert {name: grids(back)[name] for name in expected} == expected
    assert run.sync(str(back), today=TODAY).written == ()
    assert (firm / "base.xlsx").read_bytes() == before
    assert {one["metadataKey"] for one in google.document(book).metadata} & {"sheets-crm-copying"} == set()


def test_the_new_configuration_keeps_every_comment(google, firm):
    _, done = to_google(google, firm)
    was, now = (firm / "crm.yaml").read_text("utf-8"), done.config.read_text("utf-8")
    assert now == was.replace("base.xlsx", open_config(str(done.config)).config.workbook)
    assert "# лежит рядом" in now


@pytest.mark.slow
def test_how_it_looks_comes_along_both_ways(google, firm):
    book, done = to_google(google, firm)
    sheet = google.sheet(book, "Сделки")
    assert sheet.more(1, 3).format["numberFormat"] == {"type": "DATE", "pattern": "dd.mm.yyyy"}
    assert sheet.more(1, 2).format["numberFormat"]["pattern"] == '#,##0.00\\ "₽"'
    clients = google.sheet(book, "Клиенты")
    assert clients.more(1, 0).note == "звонить утром"
    assert clients.more(0, 0).format["textFormat"]["bold"] is True
    assert clients.rows[1].values[4] == "=1+1"
    assert clients.more(1, 4) is None or clients.more(1, 4).formula is None
    copy(str(done.config), Order(str(firm / "back.xlsx"), config_name="crm-back.yaml"), today=TODAY)
    old, new = (openpyxl.load_workbook(firm / name) for name in ("base.xlsx", "back.xlsx"))
    for name in ("Клиенты", "Сделки", "Отчёт"):
        for cells in zip(old[name].iter_rows(), new[name].iter_rows(), strict=True):
            for was, now in zip(*cells, strict=True):
                assert (now.value, now.data_type) == (was.value, was.data_type), was.coordinate
                if was.value is not None:
                    assert now.number_format.replace("\\", "") == was.number_format.replace("\\", ""), was.coordinate
    page = new["Клиенты"]
    assert page["A2"].comment.text == "звонить утром"
    assert page["B3"].hyperlink.target == "https://example.com/b3"
    assert (page["A1"].font.b, page["A1"].font.color.rgb, page["A1"].fill.fgColor.rgb) == (True, "FF102030", "FFFFEE00")
    assert page.freeze_panes == "A2"
    assert abs(page.column_dimensions["A"].width - 30) < 1
    assert new["Отчёт"].sheet_state == "hidden"
    assert [str(span) for span in new["Отчёт"].merged_cells.ranges] == ["B1:C2"]


def test_a_plan_writes_nothing_and_tells_the_same(google, firm):
    book = google.add_book({"Лист1": []})
    before = sorted(path for path in firm.rglob("*") if "lock" not in path.name)
    planned = copy(str(firm), Order(f"https://docs.google.com/spreadsheets/d/{book}"), only_plan=True)
    assert google.calls.writes == 0
    assert sorted(path for path in firm.rglob("*") if "lock" not in path.name) == before
    done = copy(str(firm), Order(f"https://docs.google.com/spreadsheets/d/{book}"), today=TODAY)
    told = [[(one.sheet.name, one.cells, one.formulas, +one.lost) for one in told.sheets] for told in (planned, done)]
    assert told[0] == told[1]


def test_formulas_go_over_where_both_read_them_the_same(google, tmp_path):
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "base.xlsx"))
    page, other = book.add_worksheet("Клиенты"), book.add_worksheet("Лист 2")
    page.write_row(0, 0, ["Клиент", "Телефон", "Сумма", "С НДС", "Доля", "Свой"])
    page.write_row(1, 0, ["Анна", "+79160000001", 10.5])
    page.write_formula("D2", "=ROUND(C2*1.2,1)", None, 12.6)
    page.write_formula(
        "E2", "=MROUND(C2,5)", None, 10
    )  # the emulator doesn't know it: as a program that reads it otherwise
    page.write_array_formula("F2:F2", "{=SUM(C2:C2*2)}", None, 21)
    other.write_formula("A1", "=SUM('Клиенты'!C2:C9)", None, 10.5)
    other.write_formula("A2", '=IF(1>2,1,"=нет")', None, "=нет")
    other.write_formula("A3", '=IF(1>2,1,"")', None, "")
    other.write_number("A4", 4)
    book.close()
    (tmp_path / "crm.yaml").write_text("workbook: base.xlsx\n" + SETTINGS.format(url=google.url), "utf-8")
    google.key_file(tmp_path / "key.json")
    key, done = to_google(google, tmp_path)
    sheet = google.sheet(key, "Клиенты")
    assert sheet.more(1, 3).formula == "=ROUND(C2*1,2;1)"
    assert sheet.rows[1].values[4] == 10
    assert sheet.more(1, 4) is None or sheet.more(1, 4).formula is None
    assert google.sheet(key, "Лист 2").more(0, 0).formula == "=SUM('Клиенты'!C2:C9)"
    assert [(one.formulas, sorted(one.as_values)) for one in done.sheets] == [(1, ["E2", "F2"]), (3, [])]
    back = copy(str(done.config), Order(str(tmp_path / "back.xlsx"), config_name="back.yaml"), today=TODAY)
    page = openpyxl.load_workbook(tmp_path / "back.xlsx")["Клиенты"]
    assert [cell.value for cell in page[2]][2:] == [10.5, "=ROUND(C2*1.2,1)", 10, 21]
    with ExcelSource(tmp_path / "back.xlsx", set()) as source:
        lines = [row for block in source.blocks(source.sheets[1]) for row in block.values]
    assert lines[2] == [Formula('IF(1>2,1,"")', "")]  # shows nothing, and is calculated all the same
    shown = openpyxl.load_workbook(tmp_path / "back.xlsx", data_only=True)
    assert (shown["Клиенты"]["D2"].value, shown["Лист 2"]["A1"].value, shown["Лист 2"]["A2"].value) == (
        12.6,
        10.5,
        "=нет",
    )
    assert back.result.counts() == done.result.counts()


def test_tabs_in_a_companion_come_along(google, firm):
    (firm / "crm.yaml").write_text(
        (firm / "crm.yaml").read_text("utf-8") + "companion: true   # открыта весь день\n", "utf-8"
    )
    run.sync(str(firm), today=TODAY)
    before = tasks(firm)
    _, done = to_google(google, firm)
    assert done.companion
    assert "companion: false   # открыта весь день" in done.config.read_text("utf-8")
    assert tasks(done.config) == before


# --- refusals


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_target_that_is_not_empty_is_refused(google, firm, lang):
    book = google.add_book({"Лист1": [], "Важное": [["не трогать"]]})
    look = google.snapshot(book)
    with pytest.raises(OwnerError) as told:
        copy(str(firm), Order(book), today=TODAY)
    assert "Важное" in say(told.value.key, lang, **told.value.values)
    assert differences(look, google.snapshot(book)) == []
    assert not (firm / "crm-google.yaml").exists()


def test_a_file_that_exists_is_refused(google, firm):
    to_google(google, firm)
    (firm / "there.xlsx").write_text("mine")
    with pytest.raises(OwnerError) as told:
        copy(str(firm / "crm-google.yaml"), Order(str(firm / "there.xlsx")), today=TODAY)
    assert told.value.key == "copy.stop.file_exists"
    assert (firm / "there.xlsx").read_text() == "mine"


@pytest.mark.parametrize(
    ("order", "key"),
    [
        (Order("other.xlsx"), "copy.stop.same_kind"),
        (Order("{book}", config_name="crm.yaml"), "copy.stop.config_exists"),
        (Order("{book}", config_name="sub/crm.yaml"), "copy.stop.config_name"),
        (Order("{book}", credentials="key.json"), "copy.stop.has_google"),
    ],
)
def test_impossible_orders_are_told(google, firm, order, key):
    book = google.add_book({"Лист1": []})
    order = Order(order.to.format(book=book), order.config_name, order.credentials)
    with pytest.raises(OwnerError) as told:
        copy(str(firm), order, today=TODAY)
    assert told.value.key == key
    for lang in ("ru", "en"):
        assert "{" not in say(told.value.key, lang, **told.value.values)


def test_names_that_excel_cannot_have(google, tmp_path):
    book = google.add_book({"Клиенты: 2026/03": [["Клиент", "Телефон"], ["Анна", "+79160000001"]]})
    path = put_config(tmp_path, google, book)
    with pytest.raises(OwnerError) as told:
        copy(str(path), Order(str(tmp_path / "new.xlsx")), today=TODAY)
    assert told.value.key == "copy.stop.excel_name"
    assert not (tmp_path / "new.xlsx").exists()


# --- what goes wrong on the way


@pytest.mark.parametrize("kind", ["reset_after", "answer_after"])
@pytest.mark.slow
def test_trouble_on_the_way_changes_nothing_in_the_end(google, firm, kind):
    others = ("answer", 503), ("answer", 429), ("html_after", 502)
    for nth in (1, 3, 6, 8):
        google.faults.add(kind, None if kind == "reset_after" else 500, method="write", nth=nth)
    for nth, (other, value) in enumerate(others, 4):
        google.faults.add(other, value, method="read", nth=nth)
    book, done = to_google(google, firm)
    assert tasks(done.config) == tasks(firm)
    expected = grids(firm)
    assert {name: grids(done.config)[name] for name in expected} == expected
    assert [sheet.title for sheet in google.document(book).sheets][:3] == ["Клиенты", "Сделки", "Отчёт"]


@pytest.mark.parametrize("nth", [2, 4, 7])
@pytest.mark.slow
def test_what_fails_is_taken_back_and_can_be_done_again(google, firm, nth):
    book = google.add_book({"Лист1": []})
    google.faults.add("answer", "insufficientPermissions", method="write", nth=nth)
    with pytest.raises(OwnerError):
        copy(str(firm), Order(book), today=TODAY)
    google.faults.clear()
    assert not (firm / "crm-google.yaml").exists()
    assert not (firm / ".sheets-crm" / "for-crm-google").exists()
    done = copy(str(firm), Order(book), today=TODAY)
    assert tasks(done.config) == tasks(firm)


def test_a_copy_that_was_killed_is_begun_anew(google, firm):
    book = google.add_book({"Клиенты": []})  # a blank sheet of a name that is needed
    google.faults.add("answer", "insufficientPermissions", method="write", nth=4, times=99)
    with pytest.raises(OwnerError):
        copy(str(firm), Order(book), today=TODAY)
    google.faults.clear()
    assert len(google.document(book).sheets) > 1, "it could not be taken back"
    done = copy(str(firm), Order(book), today=TODAY)
    assert tasks(done.config) == tasks(firm)
    assert [sheet.title for sheet in google.document(book).sheets][:3] == ["Клиенты", "Сделки", "Отчёт"]


@pytest.mark.slow
def test_a_copy_to_a_file_that_was_killed_leaves_no_half_file(google, firm):
    to_google(google, firm)
    order = Order(str(firm / "back.xlsx"), config_name="crm-back.yaml")
    with pytest.MonkeyPatch.context() as patch:  # power cut: nothing is taken back
        patch.setattr(moving._Target, "undo", lambda _: None)
        patch.setattr(moving_state, "carried", _killed)
        with pytest.raises(KeyboardInterrupt):
            copy(str(firm / "crm-google.yaml"), order, today=TODAY)
    (left,) = firm.glob("*.copying")
    assert [path.name for path in left.iterdir()] == ["back.xlsx"]
    assert not (firm / "back.xlsx").exists()
    done = copy(str(firm / "crm-google.yaml"), order, today=TODAY)
    assert not left.exists()
    assert tasks(done.config) == tasks(firm)
    assert run.sync(str(done.config), today=TODAY).written == ()


def test_a_file_that_came_meanwhile_is_left_alone(google, firm, monkeypatch):
    to_google(google, firm)

    def slow(*_):
        (firm / "back.xlsx").write_text("mine")

    monkeypatch.setattr(moving, "_refuse_changed", slow)
    with pytest.raises(OwnerError) as told:
        copy(str(firm / "crm-google.yaml"), Order(str(firm / "back.xlsx"), config_name="crm-back.yaml"), today=TODAY)
    assert told.value.key == "copy.stop.file_exists"
    assert (firm / "back.xlsx").read_text() == "mine"
    assert not list(firm.glob("*.copying"))
    assert not (firm / "crm-back.yaml").exists()


def _killed(*_):
    raise KeyboardInterrupt


def test_somebody_worked_at_the_old_place_meanwhile(google, firm):
    book = google.add_book({"Лист1": []})

    def type_a_mark():
        page = openpyxl.load_workbook(firm / "base.xlsx")
        page["Клиенты"]["A2"].value = "Клиент иной"
        page.save(firm / "base.xlsx")

    google.faults.before(type_a_mark, method="write")
    with pytest.raises(OwnerError) as told:
        copy(str(firm), Order(book), today=TODAY)
    assert told.value.key == "copy.stop.changed"
    assert not (firm / "crm-google.yaml").exists()
    assert copy(str(firm), Order(book), today=TODAY).result is not None


# --- the command


def test_the_command_tells_what_stays_behind(google, firm):
    book = openpyxl.load_workbook(firm / "base.xlsx")
    from openpyxl.chart import BarChart, Reference
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.worksheet.datavalidation import DataValidation

    chart = BarChart()
    chart.add_data(Reference(book["Сделки"], min_col=3, min_row=1, max_row=5))
    book["Сделки"].add_chart(chart, "K2")
    book["Сделки"].conditional_formatting.add("C2:C9", CellIsRule("greaterThan", ["5"], font=Font(bold=True)))
    rule = DataValidation("list", formula1='"а,б"')
    rule.add("B2:B9")
    book["Сделки"].add_data_validation(rule)
    book.save(firm / "base.xlsx")
    key = google.add_book({"Лист1": []})
    answer = CliRunner().invoke(app, ["copy", str(firm), "--to", key, "--plan"])
    assert answer.exit_code == 0, answer.output
    for words in ("диаграммы: 1", "условное форматирование: правил 1", "выпадающие списки и проверки ввода: 1"):
        assert f"Сделки: {words}" in answer.stdout
    found = json.loads(
        CliRunner().invoke(app, ["copy", str(firm), "--to", key, "--json", "--today", TODAY.isoformat()]).stdout
    )
    assert found["copied"] is True
    deals = next(one for one in found["sheets"] if one["name"] == "Сделки")
    assert deals["not_carried"] == {"charts": 1, "conditional_formats": 1, "drop_downs": 1}
