"""A file that another program saved without changing what our tabs say is not written again; one that says else is."""

from __future__ import annotations

import subprocess
from datetime import date
from decimal import Decimal

import openpyxl
import polars as pl
import pytest

from sheets_crm.books.excel import meaning
from sheets_crm.books.excel.same import look_of
from sheets_crm.books.tab import Style, Tab, TabColumn, Table
from tests.books.excel_cases import edit, funnel, members, problems, save_plain, tasks, text, write

ROWS = (
    ("new", date(2026, 11, 5), "Anna", Decimal("1234.50")),
    ("done", None, "=cmd\r\nx_x0041_", Decimal("0.1")),
    ("new", date(1999, 1, 1), "ёж 🦔", None),
)
TABS = (tasks(*ROWS), funnel(), problems())


def resave(book, soffice, tmp_path):
    """As LibreOffice saves it: every part of it written anew."""
    out = tmp_path / "saved"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        soffice,
        profile,
        "--headless",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
        "--outdir",
        str(out),
        str(book),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    book.write_bytes((out / book.name).read_bytes())


@pytest.fixture(scope="module")
def resaved_content(soffice, tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    book = save_plain(folder / "book.xlsx")
    write(book, *TABS)
    before = members(book)
    resave(book, soffice, folder)
    assert members(book)["xl/worksheets/sheet2.xml"] != before["xl/worksheets/sheet2.xml"]
    return book.read_bytes()


@pytest.fixture
def resaved(resaved_content, tmp_path):
    book = tmp_path / "book.xlsx"
    book.write_bytes(resaved_content)
    return book


def test_what_libreoffice_saved_is_not_written_again(resaved):
    before = resaved.read_bytes()
    done = write(resaved, *TABS)
    assert (done.written, resaved.read_bytes()) == ((), before)
    assert done.titles == {"tasks": "Tasks", "funnel": "Funnel", "problems": "Problems"}


def test_what_openpyxl_saved_is_not_written_again_where_it_kept_all(tmp_path):
    book = save_plain(tmp_path / "book.xlsx")
    write(book, *TABS)
    openpyxl.load_workbook(book).save(book)
    before = book.read_bytes()
    assert write(book, TABS[0], problems()).written == ()
    assert book.read_bytes() == before


OTHER = {
    "value": tasks(("done", *ROWS[0][1:]), *ROWS[1:]),
    "number": tasks(*ROWS[:1], (*ROWS[1][:3], Decimal("0.2")), ROWS[2]),
    "day": tasks((ROWS[0][0], date(2026, 11, 6), *ROWS[0][2:]), *ROWS[1:]),
    "blank": tasks((*ROWS[0][:3], None), *ROWS[1:]),
    "more": tasks(*ROWS, ROWS[0]),
    "fewer": tasks(*ROWS[:2]),
    "color": Tab(**{**vars(tasks(*ROWS)), "color": "00FF00"}),
    "frozen": Tab(**{**vars(tasks(*ROWS)), "freeze": (2, 2)}),
}


@pytest.mark.parametrize("what", OTHER)
def test_anything_new_is_written_with_all_that_was_saved_anew(resaved, what):
    assert write(resaved, OTHER[what], *TABS[1:]).written == ("tasks", "funnel", "problems")
    assert write(resaved, OTHER[what], *TABS[1:]).written == ()


@pytest.mark.parametrize(
    ("row", "column", "value"), [(2, 1, "in work"), (2, 4, 1), (1, 2, "When"), (3, 3, None), (2, 2, "5.11")]
)
def test_a_cell_that_people_changed_is_drawn_again(resaved, row, column, value):
    book = openpyxl.load_workbook(resaved)
    book["Tasks"].cell(row, column).value = value
    book.save(resaved)
    assert "tasks" in write(resaved, *TABS).written


def test_a_tab_that_lost_its_drop_downs_is_drawn_again(resaved):
    book = openpyxl.load_workbook(resaved)
    book["Tasks"].data_validations.dataValidation = []
    book.save(resaved)
    assert "tasks" in write(resaved, *TABS).written


def test_a_tab_of_very_many_cells_is_rather_written_again(resaved, monkeypatch):
    monkeypatch.setattr(meaning, "_MOST_CELLS", 10)
    assert write(resaved, *TABS).written == ("tasks", "funnel", "problems")


def test_without_the_note_of_how_it_was_drawn_it_is_drawn_again(resaved):
    edit(resaved, "xl/workbook.xml", ("_sheets_crm_drawn_tasks", "_something_else"))
    assert "tasks" in write(resaved, *TABS).written


def test_values_are_read_only_where_all_else_is_equal(resaved, monkeypatch):
    monkeypatch.setattr(meaning, "_stand", None)  # would fail if called
    assert write(resaved, OTHER["color"], *TABS[1:]).written


def test_the_look_of_a_tab_is_all_but_its_values():
    tab = tasks(*ROWS)
    assert look_of(tab) == look_of(OTHER["value"]) == look_of(OTHER["number"])
    assert len({look_of(OTHER[what]) for what in ("value", "color", "frozen")}) == 3
    columns = (TabColumn("a", "A", text("x"), links=text("'S'!A1")), TabColumn("b", "B", pl.Series([1])))
    plain = Tab("t", "T", tables=(Table("t", columns),))
    linked = Tab("t", "T", tables=(Table("t", (TabColumn("a", "A", text("x"), links=text("'S'!A2")), columns[1])),))
    styled = Tab(
        "t", "T", tables=(Table("t", (columns[0], TabColumn("b", "B", pl.Series([1]), style=Style(bold=True)))),)
    )
    typed = Tab("t", "T", tables=(Table("t", (columns[0], TabColumn("b", "B", pl.Series([1.0])))),))
    assert len({look_of(each) for each in (plain, linked, styled, typed)}) == 4
