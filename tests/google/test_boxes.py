"""Native check boxes in a Google spreadsheet: in just the rows that say yes or no, wherever these come, go and move to."""

from datetime import date

import polars as pl
import pytest

from sheets_crm.books.google import large as google_books
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Style, Tab, TabColumn, Table
from sheets_crm.sync import run
from sheets_crm.words import show
from tests.google.calling import area
from tests.google.emulator import Emulator
from tests.google.whole import google_book, put_config

TODAY = date(2026, 11, 5)
CENTER = Style(align="center")


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture
def firm(google, tmp_path):
    number = google.add_book({"Клиенты": [["Имя"], ["Анна"]]})
    return number, google_book(google, number, google.key_file(tmp_path / "key.json"))


def ours_alone(*flags, width=2):
    """A tab with a column of yes and no that starts in the second row."""
    names = pl.Series([f"Клиент {number}" for number in range(len(flags))], dtype=pl.String)
    columns = (
        TabColumn("client", "Клиент", names),
        TabColumn("ok", "Да", pl.Series(flags, dtype=pl.Boolean), style=CENTER),
    )
    return Tab("clients", "Карточки", (Table("crm_clients", columns[:width]),))


def worked_in(rows):
    """A tab of rows (key, computed flag, manager's flag) in which people work."""
    keys, mine, theirs = (list(column) for column in zip(*rows, strict=True))
    columns = (
        TabColumn("key", "Ключ", pl.Series(keys, dtype=pl.String)),
        TabColumn("mine", "Согласен", pl.Series(mine, dtype=pl.Boolean)),
        TabColumn("theirs", "Готово", pl.Series(theirs, dtype=pl.Boolean), manager=True, choices=("да", "нет")),
    )
    return Tab("tasks", "Задачи", (Table("crm_tasks", columns),))


def put(book, tab):
    return book.apply(WritePlan((tab,), book.fingerprint())).written


def boxed(sheet, column):
    """The rows (as on the screen) that show a box."""
    shown = [sheet.more(row, column).validation for row in range(sheet.row_count)]
    assert {rule["condition"]["type"] for rule in shown if rule} <= {"BOOLEAN"}
    return [row for row, rule in enumerate(shown, 1) if rule]


def said(sheet, column):
    """The rows that say yes or no."""
    return [row for row in range(1, sheet.row_count + 1) if isinstance(sheet.value(row - 1, column), bool)]


def by_first(sheet, *columns):
    """What the columns say in each row, by what stands in its first cell."""
    return {
        sheet.value(row, 0): tuple(sheet.value(row, column) for column in columns)
        for row in range(1, sheet.row_count) if sheet.value(row, 0)
    }  # fmt: skip


@pytest.mark.parametrize("at_once", [google_books.AT_ONCE, 3])
def test_boxes_come_and_go_with_the_rows_that_say_yes_or_no(google, firm, monkeypatch, at_once):
    """at_once: a large tab is prepared on a hidden sheet and pasted over."""
    monkeypatch.setattr(google_books, "AT_ONCE", at_once)
    number, book = firm
    for flags in (
        [True, False, None, True],
        [True, False, None, True, True, False],
        [None, False],
        [True],
        [False, True],
    ):
        assert put(book, ours_alone(*flags)) == ("clients",)
        sheet = google.sheet(number, "Карточки")
        assert boxed(sheet, 1) == said(sheet, 1) == [row for row, flag in enumerate(flags, 2) if flag is not None]
        assert [sheet.value(row, 1) for row in range(1, 9)] == [*flags, *[None] * (8 - len(flags))]
        google.calls.clear()
        assert put(book, ours_alone(*flags)) == ()
        assert google.calls.writes == 0
    put(book, ours_alone(True, False, width=1))
    assert boxed(google.sheet(number, "Карточки"), 1) == []


def test_a_changed_answer_writes_its_cell_alone(google, firm):
    number, book = firm
    put(book, ours_alone(True, False, True))
    google.calls.clear()
    put(book, ours_alone(True, True, True))
    (call,) = [call for call in google.calls if call.kind == "write"]
    names = call.requests()
    assert names.count("updateCells") == 1
    assert "setDataValidation" not in names
    assert google.sheet(number, "Карточки").value(2, 1) is True


def test_boxes_and_lists_of_people_beside_and_below_ours_stay(google, firm):
    number, book = firm
    put(book, ours_alone(True, False))
    sheet = google.sheet(number, "Карточки")
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "а"}]}}
    places = [area(sheet.id, 1, 2, 5, 3), area(sheet.id, 20, 1, 22, 2)]
    google.person(number).do(*({"setDataValidation": {"range": place, "rule": rule}} for place in places))
    put(book, ours_alone(True, False, True, None))
    put(book, ours_alone(True))
    sheet = google.sheet(number, "Карточки")
    assert [row for row in range(sheet.row_count) if sheet.more(row, 2).validation] == [1, 2, 3, 4]
    assert [row for row in range(sheet.row_count) if sheet.more(row, 1).validation] == [1, 20, 21]


def test_managers_tick_their_own_boxes_and_no_others(google, firm):
    number, book = firm
    rows = [("t1", True, False), ("t2", None, True), ("t3", False, None)]
    put(book, worked_in(rows))
    sheet = google.sheet(number, "Задачи")
    assert (boxed(sheet, 1), boxed(sheet, 2)) == ([2, 4], [2, 3])
    anna = google.person(number, "anna@firm.ru")
    google.share(number, "anna@firm.ru", "writer")
    anna.type("Задачи", 2, 2, True)
    with pytest.raises(Exception, match="protected"):
        anna.type("Задачи", 2, 1, False)
    google.person(number).sort("Задачи", 0, descending=True)
    put(book, worked_in([("t2", None, True), ("t4", True, True), ("t1", True, True)]))
    sheet = google.sheet(number, "Задачи")
    assert by_first(sheet, 1, 2) == {"t1": (True, True), "t2": (None, True), "t4": (True, True)}
    assert (boxed(sheet, 1), boxed(sheet, 2)) == (said(sheet, 1), said(sheet, 2))


def test_a_tab_that_is_ours_alone_warns_who_types_into_it(google, firm):
    """A box invites to be ticked, and the next run would take the tick away; people's sorting and filters stay free."""
    number, book = firm
    put(book, ours_alone(True, False))
    (guard,) = google.sheet(number, "Карточки").protections
    assert guard["warningOnly"]
    assert "editors" not in guard
    bottoms = [hole.get("startRowIndex", 0) for hole in guard["unprotectedRanges"]]
    put(book, ours_alone(True, False, True))
    (guard,) = google.sheet(number, "Карточки").protections
    assert [hole.get("startRowIndex", 0) for hole in guard["unprotectedRanges"]] == [bottoms[0] + 1, 0]


WORDS = {
    "ru": (["Клиент", "Телефон", "Согласие на рассылку", "Не беспокоить"], ["да", "нет"], "Карточки", "Согласие"),
    "en": (["Client", "Phone", "Marketing consent", "Do not contact"], ["yes", "no"], "Clients", "Consent"),
}


@pytest.mark.slow
@pytest.mark.parametrize("lang", WORDS)
@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
def test_consents_are_boxes_as_the_rules_see_them(google, tmp_path, lang, policy):
    head, (yes, no), title, label = WORDS[lang]
    answers = [(yes, None), (no, None), (None, None), (yes, yes), (None, yes)]
    rows = [[f"Анна {n}", f"+7916000000{n}", *answer] for n, answer in enumerate(answers)]
    number = google.add_book({"Base": [head, *rows]}, locale="ru_RU" if lang == "ru" else "en_GB")
    path = put_config(
        tmp_path,
        google,
        number,
        f"language: {lang}\ncountry: RU\nconsent: {policy}\nsheets: {{Base: {{card: client}}}}\n",
    )
    done = run.sync(str(path), today=TODAY)
    sheet = google.sheet(number, done.titles["clients"])
    column = sheet.rows[0].values.index(label)
    assert (sheet.title, sheet.more(0, column).note) == (title, done.tabs[2].tables[0].columns[column].note)
    assert by_first(sheet, column) == {
        f"Анна {n}": (flag,) for n, flag in enumerate([True, False, policy == "opt_out", False, False])
    }
    assert boxed(sheet, column) == [2, 3, 4, 5, 6]
    assert sheet.more(1, column).format["horizontalAlignment"] == "CENTER"
    google.calls.clear()
    assert run.sync(str(path), today=TODAY).written == ()
    assert google.calls.writes == 0


def test_no_consents_where_no_sheet_tells_of_them(google, tmp_path):
    number = google.add_book({"Base": [["Клиент", "Телефон"], ["Анна", "+79160000001"]]})
    path = put_config(tmp_path, google, number, "sheets: {Base: {card: client}}\n")
    done = run.sync(str(path), today=TODAY)
    assert "consents" not in [column.id for column in done.tabs[2].tables[0].columns]
    assert show(True, "ru") not in google.sheet(number, done.titles["clients"]).rows[0].values
