"""GoogleBook's promises on servers that answer in any way the documentation allows: calls, cells, room, what is left behind."""

import json

import polars as pl
import pytest

from sheets_crm import data
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Tab, TabColumn, Table
from sheets_crm.errors import WorkbookUnreadable
from sheets_crm.sync import run
from sheets_crm.sync.google import note_version
from sheets_crm.words import say
from tests.google.emulator import Emulator, differences
from tests.google.emulator.contrary import MODES
from tests.google.whole import google_book, put_config

TODAY = data.DEMO_TODAY
WAYS = {"omit": MODES - {"full"}, "full": MODES - {"omit"}, "ends": {"ends"}, "silent": {"silent", "own ids"}}


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


def firm(google, tmp_path):
    """A small base: its spreadsheet and configuration."""
    deals = [[f"Клиент {n}", "КП отправлено", 100 * n, "01.02.2026"] for n in range(6)]
    sheets = {
        "Клиенты": [["Клиент", "Телефон"], *([f"Клиент {n}", f"+7916000000{n}"] for n in range(6))],
        "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], *deals],
    }  # fmt: skip
    book = google.add_book(sheets)
    return book, str(put_config(tmp_path, google, book))


@pytest.mark.parametrize("way", WAYS)
def test_whatever_the_server_is_free_to_do(google, tmp_path, way):
    """First run, nothing to do, a mark, the day after: all as on a server that answers as ours does."""
    book, path = firm(google, tmp_path)
    google.contrary = WAYS[way]
    before = google.snapshot(book)
    first = run.sync(path, today=TODAY)
    ours = [google.sheet(book, title).id for title in first.titles.values()]
    assert differences(before, google.snapshot(book, without=ours)) == []
    assert run.sync(path, today=TODAY).written == ()
    tasks, person = first.titles["tasks"], google.person(book)
    head = person.rows(tasks)[0]
    person.type(tasks, 2, head.index("Статус"), "Сделана")
    person.type(tasks, 3, head.index("Комментарий"), "перезвонит")
    key = person.value(tasks, 3, head.index("Ключ"))
    person.type("Сделки", 4, 1, "Оплачено")
    rules = len(google.sheet(book, tasks).conditions)
    for _ in range(2):
        run.sync(path, today=TODAY)
    google.calls.clear()
    assert run.sync(path, today=TODAY).written == ()
    assert (google.calls.reads, google.calls.writes) == (2, 0)
    row = next(row for row in person.rows(tasks) if key in row)
    assert row[head.index("Комментарий")] == "перезвонит"
    sheet = google.sheet(book, tasks)
    assert (len(sheet.protections), len(sheet.conditions)) == (1, rules)
    assert [one.title for one in google.document(book).sheets if one.title.startswith("sheets-crm")] == []
    note_version(path)
    assert note_version(path) == ("restless" in WAYS[way])


def test_the_answers_differ_in_nothing_that_is_written(tmp_path):
    """The same tabs, cell for cell, whichever way the server answers."""
    shown = []
    for way in ((), WAYS["omit"], WAYS["full"]):
        with Emulator() as google:
            google.contrary = way
            book, path = firm(google, tmp_path / str(len(shown)))
            titles = run.sync(path, today=TODAY).titles
            shown.append({tab: google.person(book).rows(title) for tab, title in titles.items()})
    told = [json.dumps(one, default=str, ensure_ascii=False) for one in shown]
    assert told[0] == told[1] == told[2]


# --- calls


def base_of_ten(google, tmp_path):
    """Ten sheets of which two are bound."""
    sheets = {
        "Клиенты": [["Клиент", "Телефон"], *([f"Клиент {n}", f"+7916{n:07}"] for n in range(40))],
        "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], *([f"Клиент {n}", "КП отправлено", 100 * n, "01.02.2026"] for n in range(40))],
        **{f"Лист {n}": [["что-то", n]] for n in range(8)},
    }  # fmt: skip
    book = google.add_book(sheets)
    return book, str(put_config(tmp_path, google, book))


def test_calls_of_a_base_of_ten_sheets(google, tmp_path):
    book, path = base_of_ten(google, tmp_path)

    def cost():
        google.calls.clear()
        done = run.sync(path, today=TODAY)
        return google.calls.reads, google.calls.writes, done.written

    reads, writes, written = cost()
    assert written
    assert reads + writes <= 5
    assert cost() == (2, 0, ())
    google.person(book).type("Сделки", 2, 1, "Оплачено")  # a task goes, numbers change
    reads, writes, written = cost()
    assert "tasks" in written
    assert reads + writes <= 5
    assert cost() == (2, 0, ())


# --- room


def tab(rows, name="clients", width=1):
    """A tab of ours alone."""
    columns = tuple(
        TabColumn(f"c{n}", f"К {n}", pl.Series([f"{n}:{row}" for row in range(rows)])) for n in range(width)
    )
    return Tab(name, "Карточки", (Table(f"crm_{name}", columns),))


def work(*keys):
    """A tab that people work in."""
    said = pl.Series([None] * len(keys), dtype=pl.String)
    columns = (TabColumn("comment", "Комментарий", said, manager=True), TabColumn("key", "Ключ", pl.Series(list(keys))))
    return Tab("tasks", "Задачи", (Table("crm_tasks", columns),))


def write(book, *tabs):
    return book.apply(WritePlan(tabs, book.fingerprint()))


def test_what_does_not_fit_is_told_and_nothing_is_written(google, tmp_path):
    number = google.add_book({"Клиенты": [["Клиент"], ["Анна"]]})
    book = google_book(google, number, google.key_file(tmp_path / "key.json"))
    sheet = google.document(number).sheets[0]
    rows = 10_000_000 // sheet.column_count - 300
    google.person(number).do(
        {"appendDimension": {"sheetId": sheet.id, "dimension": "ROWS", "length": rows - sheet.row_count}}
    )
    with pytest.raises(WorkbookUnreadable) as told:
        write(book, tab(500, width=30))
    assert told.value.key == "google.stop.too_large"
    assert google.calls.writes == 0
    for lang in ("ru", "en"):
        assert "10" in say(told.value.key, lang, **told.value.values)
    assert write(book, tab(20)).written == ("clients",)


def test_thirty_runs_of_growing_and_shrinking_lists(google, tmp_path):
    """The grid follows the lists; nothing is left behind."""
    number = google.add_book({"Клиенты": [["Клиент"], ["Анна"]]})
    book = google_book(google, number, google.key_file(tmp_path / "key.json"))
    cells, metadata = [], []
    for turn in range(30):
        count = (10, 400, 90)[turn % 3] + turn
        write(book, work(*(f"k{turn // 2}-{n}" for n in range(count // 4 + 1))), tab(count))
        document = google.document(number)
        cells.append(document.cell_count())
        metadata.append(len(document.metadata))
        assert len(document.sheets) == 3
    assert max(cells[3:]) <= max(cells[:3]) + 2 * 250 * 26
    assert len(set(metadata)) == 1
    tall = google.sheet(number, "Карточки").row_count
    for count in (6000, 10, 11):
        write(book, tab(count))
    assert google.sheet(number, "Карточки").row_count <= tall + 200


def test_rows_that_a_growing_list_adds_look_like_the_others(google, tmp_path):
    number = google.add_book({"Клиенты": [["Клиент"], ["Анна"]]})
    book = google_book(google, number, google.key_file(tmp_path / "key.json"))
    write(book, tab(20))
    write(book, tab(600))
    sheet = google.sheet(number, "Карточки")
    assert sheet.more(550, 0).format == sheet.more(5, 0).format
    assert sheet.more(550, 0).format is not None


@pytest.mark.parametrize("nth", [1, 2])
def test_our_tab_deleted_in_the_moment_of_a_write(google, tmp_path, nth):
    """It is drawn anew with its tasks, each once; history keeps what was said of them."""
    book, path = firm(google, tmp_path)
    title = run.sync(path, today=TODAY).titles["tasks"]
    person = google.person(book)
    head = person.rows(title)[0]
    person.type(title, 2, head.index("Комментарий"), "перезвонит")
    key = person.value(title, 2, head.index("Ключ"))
    run.sync(path, today=TODAY)
    person.type("Сделки", 2, 1, "Оплачено")
    google.faults.before(lambda: person.delete_sheet(title), method="write", nth=nth)
    run.sync(path, today=TODAY)
    google.faults.clear()
    new = run.sync(path, today=TODAY).titles["tasks"]
    assert sum(key in row for row in person.rows(new)) == 1
    assert run.sync(path, today=TODAY).written == ()
    assert [one.title for one in google.document(book).sheets if one.title.startswith("sheets-crm")] == []
