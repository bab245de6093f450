"""What colleagues and the network do in the very moment between our last look and our write: nothing of theirs is lost."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from sheets_crm.books.google.book import GoogleBook
from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.books.tab import Chart, Condition, Range, Style, Tab, TabColumn, Table
from sheets_crm.errors import OwnerError, WorkbookBusy
from tests.books.contract import CLIENTS
from tests.google.emulator import OWNER, Emulator, differences
from tests.google.whole import google_book

SHEETS = {"Клиенты": CLIENTS, "Deals": (("id", "сумма"), (1, 10), (2, 20))}
DAY = date(2026, 11, 22)


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture
def book(google, tmp_path):
    number = google.add_book(SHEETS)
    return google_book(google, number, google.key_file(tmp_path / "key.json"))


def tasks(*rows, links=True):
    """A tab that people work in: rows of (key, todo, status)."""
    keys, todo, status = (list(part) for part in zip(*rows, strict=True))
    columns = (
        TabColumn("status", "Статус", pl.Series(status, dtype=pl.String), choices=("Новая", "Сделана"), manager=True),
        TabColumn("todo", "Что сделать", pl.Series(todo, dtype=pl.String), width=30, note="пояснение",
                  links=pl.Series([f"'Deals'!A{n}" for n in range(len(rows))]) if links else None),
        TabColumn("due", "Срок", pl.Series([DAY] * len(rows), dtype=pl.Date), style=Style(format="dd.mm.yyyy")),
        TabColumn("comment", "Комментарий", pl.Series([None] * len(rows), dtype=pl.String), manager=True),
        TabColumn("key", "Ключ", pl.Series(keys, dtype=pl.String), hidden=True),
    )  # fmt: skip
    rule = Condition(Range(1, 0, len(rows), 4), 'AND($A2="Сделана",$C2>1.5)', Style(fill="F3F4F5"))
    return Tab("tasks", "Задачи", (Table("crm_tasks", columns),), freeze=(1, 1), conditions=(rule,), color="F2B705")


FIRST = tasks(("k1", "Позвонить", "Новая"), ("k2", "Написать", "Новая"), ("k3", "Приехать", "Новая"))
LATER = tasks(
    ("k1", "Позвонить", "Новая"),
    ("k2", "Написать ещё раз", "Новая"),
    ("k4", "Продать", "Новая"),
    ("k3", "Приехать", "Новая"),
)


def write(book, tab):
    return book.apply(WritePlan((tab,), book.fingerprint()))


def with_marks(book, tab):
    """The tab with what managers have typed so far, as a run draws it."""
    expected = book.fingerprint()
    grid = book.read(["Задачи"])["Задачи"]
    said = {grid.cell(row, 4): (grid.cell(row, 0), grid.cell(row, 3)) for row in range(2, grid.height + 1)}
    *_, keys = (column.values.to_list() for column in tab.tables[0].columns)
    marks = [said.get(key, ("Новая", None)) for key in keys]
    columns = [
        replace(column, values=pl.Series([mark[place] for mark in marks], dtype=pl.String))
        if (place := {"status": 0, "comment": 1}.get(column.id)) is not None
        else column
        for column in tab.tables[0].columns
    ]
    return WritePlan((replace(tab, tables=(replace(tab.tables[0], columns=tuple(columns)),)),), expected)


def until_written(book, tab):
    """As a run does it: again where the workbook changed meanwhile."""
    for _ in range(3):
        try:
            return book.apply(with_marks(book, tab))
        except FingerprintChanged:
            continue
    raise AssertionError("it never stood still")


def shown(google, book):
    """key -> (status, todo, comment) of the tasks tab."""
    rows = [[*row, *[None] * (5 - len(row))] for row in google.person(book.id).rows("Задачи")[1:]]
    return {row[4]: (row[0], row[1], row[3]) for row in rows if any(value is not None for value in row)}


WANTED = {"k1": "Позвонить", "k2": "Написать ещё раз", "k3": "Приехать", "k4": "Продать"}


def test_a_mark_typed_just_before_the_write_stays_in_its_row(google, book):
    write(book, FIRST)
    anna = google.person(book.id)
    google.faults.before(lambda: anna.type("Задачи", 3, 3, "перезвонит"), method="write")
    until_written(book, LATER)
    found = shown(google, book)
    assert found["k2"] == ("Новая", "Написать ещё раз", "перезвонит")
    assert {key: row[1] for key, row in found.items()} == WANTED


def test_a_sort_just_before_the_write_moves_no_mark_to_another_task(google, book):
    write(book, FIRST)
    anna = google.person(book.id)
    anna.type("Задачи", 3, 3, "моё про k2")

    def act():
        anna.type("Задачи", 4, 0, "Сделана")
        anna.sort("Задачи", 1)

    google.faults.before(act, method="write")
    until_written(book, LATER)
    found = shown(google, book)
    assert found["k2"][2] == "моё про k2"
    assert found["k3"][0] == "Сделана" or found["k3"][2] is None
    assert {key: row[1] for key, row in found.items()} == WANTED


def test_a_row_inserted_or_deleted_just_before_the_write_shifts_nothing(google, book):
    write(book, FIRST)
    anna = google.person(book.id)
    anna.type("Задачи", 4, 3, "моё про k3")
    google.faults.before(lambda: anna.insert_rows("Задачи", 2), method="write")
    until_written(book, LATER)
    found = shown(google, book)
    assert found["k3"][2] == "моё про k3"
    assert {key: row[1] for key, row in found.items()} == WANTED


def test_a_task_typed_by_hand_just_before_the_write_is_not_overwritten(google, book):
    write(book, FIRST)
    anna = google.person(book.id)
    google.faults.before(lambda: anna.type("Задачи", 5, 1, "полить цветы"), method="write")
    until_written(book, LATER)
    found = shown(google, book)
    assert found[None][1] == "полить цветы"
    assert {key: row[1] for key, row in found.items() if key} == WANTED


def test_an_edit_of_the_base_between_read_and_write_is_seen(google, book):
    before = book.fingerprint()
    google.person(book.id).type("Deals", 2, 1, 11)
    with pytest.raises(FingerprintChanged):
        book.apply(WritePlan((FIRST,), before))
    assert google.calls.writes == 0


def test_the_users_own_sheets_stay_to_the_cell(google, book):
    before = google.snapshot(book.id)
    write(book, FIRST)
    write(book, LATER)
    ours = [google.sheet(book.id, "Задачи").id]
    assert differences(before, google.snapshot(book.id, without=ours)) == []


TROUBLES = [
    ("answer", 500), ("answer", 503), ("reset", None), ("reset_after", None), ("answer_after", 500), ("html", 502),
    ("html_after", 502), ("truncate", None), ("answer", 429), ("answer", 401), ("answer", "userRateLimitExceeded"),
    ("answer", 409),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), TROUBLES)
@pytest.mark.parametrize("times", [1, 2])
def test_a_write_is_applied_once_whatever_the_network_does(google, book, kind, value, times):
    google.faults.add(kind, value, method="write", times=times)
    if (kind, value, times) == ("answer", 401, 2):
        with pytest.raises(OwnerError):
            write(book, FIRST)
        return
    write(book, FIRST)
    assert shown(google, book) == {
        "k1": ("Новая", "Позвонить", None), "k2": ("Новая", "Написать", None), "k3": ("Новая", "Приехать", None),
    }  # fmt: skip
    sheet = google.sheet(book.id, "Задачи")
    assert (len(sheet.protections), len(sheet.conditions)) == (1, 1)
    assert len(google.document(book.id).sheets) == 3
    assert book.fingerprint()
    assert book.generation == 1
    assert write(book, FIRST).written == ()


@pytest.mark.parametrize(("kind", "value"), [*TROUBLES, ("delay", 0.05)])
def test_a_read_is_tried_again(google, book, kind, value):
    google.faults.add(kind, value, method="read", nth=2)
    assert write(book, FIRST).written == ("tasks",)


def test_an_appended_task_is_not_doubled_by_a_lost_answer(google, book):
    write(book, FIRST)
    google.faults.add("reset_after", method="write")
    write(book, LATER)
    assert {key: row[1] for key, row in shown(google, book).items()} == WANTED


def test_trouble_that_stays_is_told_and_nothing_is_lost(google, book):
    write(book, FIRST)
    google.faults.add("answer", 503, method="write", times=99)
    with pytest.raises(WorkbookBusy) as told:
        write(book, LATER)
    assert told.value.key == "google.stop.unreachable"
    google.faults.clear()
    assert write(book, LATER).written == ("tasks",)


def test_two_writers_from_one_and_the_same_state_do_not_both_write(google, book, tmp_path):
    other = google_book(google, book.id, tmp_path / "key.json")
    mine, theirs = book.fingerprint(), other.fingerprint()
    google.faults.before(lambda: other.apply(WritePlan((FIRST,), theirs)), method="write")
    with pytest.raises(FingerprintChanged):
        book.apply(WritePlan((FIRST,), mine))
    assert len(google.document(book.id).sheets) == 3


def test_drawing_anew_adds_no_second_rule_filter_protection_or_chart(google, book):
    chart = Chart("Сумма", Range(1, 1, 3, 1), Range(1, 2, 3, 2), (1, 7))
    write(book, replace(FIRST, charts=(chart,)))
    google.person(book.id).do(
        {"addConditionalFormatRule": {"index": 0, "rule": {
            "ranges": [{"sheetId": google.sheet(book.id, "Задачи").id, "endRowIndex": 5}],
            "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}}}}
    )  # fmt: skip
    write(book, replace(LATER, charts=(replace(chart, title="Иначе"),), color="00FF00"))
    sheet = google.sheet(book.id, "Задачи")
    assert (len(sheet.protections), len(sheet.charts), len(sheet.conditions)) == (1, 1, 2)
    assert sheet.charts[0]["spec"]["title"] == "Иначе"
    write(book, replace(LATER, charts=()))
    assert google.sheet(book.id, "Задачи").charts == []


def test_the_grid_does_not_grow_for_ever(google, book):
    sizes = set()
    for number in range(6):
        write(book, tasks(*[(f"k{n}", f"дело {number}", "Новая") for n in range(number * 5, number * 5 + 30)]))
        sizes.add(google.sheet(book.id, "Задачи").row_count)
    assert max(sizes) <= 30 + 200 + 1


def test_managers_columns_are_open_and_the_rest_is_guarded(google, book):
    write(book, FIRST)
    google.share(book.id, "anna@example.com")
    anna = google.person(book.id, "anna@example.com")
    anna.type("Задачи", 2, 0, "Сделана")
    anna.type("Задачи", 2, 3, "ок")
    anna.type("Задачи", 6, 1, "своя задача")
    with pytest.raises(Exception, match="protected"):
        anna.type("Задачи", 2, 1, "не моё")
    with pytest.raises(Exception, match="protected"):
        anna.sort("Задачи", 1)
    google.person(book.id, OWNER).type("Задачи", 2, 1, "владелец может")


def test_a_large_tab_changes_at_once(google, book):
    rows = 4000
    columns = tuple(
        TabColumn(f"c{n}", f"Колонка {n}", pl.Series([f"{n}:{row}" for row in range(rows)])) for n in range(10)
    )
    large = Tab("clients", "Карточки", (Table("crm_clients", columns),))
    write(book, large)
    before = google.calls.writes
    changed = replace(large, tables=(replace(large.tables[0], columns=columns[::-1]),))
    google.faults.add("reset_after", method="write", nth=2)
    write(book, changed)
    assert google.calls.writes == before + 2, "the hidden sheet, and the batch whose answer was lost"
    assert google.person(book.id).rows("Карточки")[rows][0] == f"9:{rows - 1}"
    assert [sheet.title for sheet in google.document(book.id).sheets] == [*SHEETS, "Карточки"]
    assert write(book, changed).written == ()


def test_a_run_that_died_while_preparing_leaves_nothing_for_ever(google, book):
    rows = 4000
    columns = tuple(TabColumn(f"c{n}", f"К {n}", pl.Series([f"{n}:{row}" for row in range(rows)])) for n in range(10))
    large = Tab("clients", "Карточки", (Table("crm_clients", columns),))
    google.faults.add("answer", 503, method="write", nth=2, times=99)
    with pytest.raises(WorkbookBusy):
        write(book, large)
    google.faults.clear()
    assert len(google.document(book.id).sheets) == len(SHEETS) + 1
    assert [info.name for info in book.sheets()] == list(SHEETS)
    write(book, large)
    assert [sheet.title for sheet in google.document(book.id).sheets] == [*SHEETS, "Карточки"]


def test_few_calls_whatever_the_number_of_sheets(google, tmp_path):
    number = google.add_book({f"Лист {n}": CLIENTS for n in range(10)})
    book = google_book(google, number, google.key_file(tmp_path / "key.json"))
    write(book, FIRST)
    assert len(google.calls.of("read")) + len(google.calls.of("write")) <= 5
    google.calls.clear()
    write(book, FIRST)
    assert (google.calls.reads, google.calls.writes) == (2, 0)


def test_it_is_a_book(book):
    assert isinstance(book, GoogleBook)
    assert book.counters.calls == 0


def test_a_sort_in_the_moment_of_a_deletion_takes_no_marked_row(google, book):
    write(book, tasks(*[(f"k{n}", f"дело {n}", "Новая") for n in range(6)]))
    anna = google.person(book.id)
    for row in range(2, 8):
        anna.type("Задачи", row, 3, f"сказал {row - 2}")
    kept = tasks(*[(f"k{n}", f"дело {n}", "Новая") for n in (0, 1, 3, 4, 5)])
    google.faults.before(lambda: anna.sort("Задачи", 1, descending=True), method="write")
    until_written(book, kept)
    found = shown(google, book)
    assert {key: row[2] for key, row in found.items()} == {f"k{n}": f"сказал {n}" for n in (0, 1, 3, 4, 5)}
