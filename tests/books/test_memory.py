"""The book in memory keeps the contract, and plays its users."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from sheets_crm.books.grids import Formula, grid_of_blocks, grid_of_rows
from sheets_crm.books.memory import MemoryBook
from sheets_crm.books.model import Book, Merge, WritePlan
from sheets_crm.cells import Kind
from tests.books.contract import ROW, BookContract, MakeBook, tab, values


class TestMemoryBook(BookContract):
    @pytest.fixture
    def make_book(self) -> MakeBook:
        return MemoryBook

    def user_edits(self, book: Book, sheet: str, row: int, column: int, value: object) -> None:
        assert isinstance(book, MemoryBook)
        book.edit(sheet, row, column, value)

    def user_renames(self, book: Book, old: str, new: str) -> None:
        assert isinstance(book, MemoryBook)
        book.rename(old, new)


def test_edit_grows_the_sheet():
    book = MemoryBook({"A": [["x"]]})
    book.edit("A", 3, 2, 7)
    assert values(book.read(["A"])["A"]) == [["x"], [], [None, None, 7.0]]


def test_rows_are_inserted_and_deleted_with_their_merges():
    book = MemoryBook({"A": [["h"], ["a"], ["b"], ["c"]]}, merges={"A": [Merge(3, 0, 4, 1), Merge(2, 0, 2, 2)]})
    book.insert_row("A", 2, ["new"])
    assert values(book.read(["A"])["A"]) == [["h"], ["new"], ["a"], ["b"], ["c"]]
    assert book.read(["A"])["A"].merges == (Merge(4, 0, 5, 1), Merge(3, 0, 3, 2))
    book.delete_row("A", 3)
    assert values(book.read(["A"])["A"]) == [["h"], ["new"], ["b"], ["c"]]
    assert book.read(["A"])["A"].merges == (Merge(3, 0, 4, 1),)
    book.delete_row("A", 4)
    assert book.read(["A"])["A"].merges == (Merge(3, 0, 3, 1),)


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_leaves_blanks_last(descending):
    book = MemoryBook({"A": [["n"], [2], [None], ["б"], [1], ["А"]]})
    book.sort("A", 0, descending=descending)
    order = ["б", "А", 2.0, 1.0] if descending else [1.0, 2.0, "А", "б"]
    assert values(book.read(["A"])["A"]) == [["n"], *([each] for each in order)]


def test_a_change_of_looks_alone_is_written():
    from dataclasses import replace

    book = MemoryBook({})
    book.apply(WritePlan((tab(ROW),), book.fingerprint()))
    assert book.apply(WritePlan((replace(tab(ROW), color="FF0000"),), book.fingerprint())).written == ("tasks",)


def test_sheets_come_and_go():
    book = MemoryBook({"A": [["x"]], "B": []}, hidden=["B"])
    assert [sheet.hidden for sheet in book.sheets()] == [False, True]
    book.add_sheet("C", [[1]], at=0)
    book.remove_sheet("A")
    assert [sheet.name for sheet in book.sheets()] == ["C", "B"]


def test_a_taken_title_of_31_letters_still_finds_a_free_name():
    title = "Очень длинное название вкладки!"
    book = MemoryBook({title: [["моё"]]})
    found = book.apply(WritePlan((tab(ROW, title=title),), book.fingerprint())).titles["tasks"]
    assert found != title
    assert len(found) <= 31


@pytest.mark.parametrize(
    ("value", "kind", "number"),
    [
        (Decimal("10.25"), Kind.NUMBER, 10.25),
        (True, Kind.BOOL, 1.0),
        (date(1900, 1, 1), Kind.DATE, 2.0),
        (datetime.fromisoformat("2026-11-05T18:00"), Kind.DATE, 46331.75),
        (time(6, 0), Kind.NUMBER, 0.25),
        (timedelta(hours=36), Kind.NUMBER, 1.5),
        (Formula(5), Kind.NUMBER, 5.0),
        (Formula(), Kind.UNCACHED, None),
        (float("nan"), Kind.ERROR, None),
    ],
)
def test_python_values_become_typed_cells(value, kind, number):
    column = grid_of_rows("A", [[value], ["x"]]).columns[0]
    assert (column.kind[0], column.number[0]) == (kind, number)


def test_formulas_are_counted_by_column():
    assert grid_of_rows("A", [[1, Formula(2)], [Formula(), Formula(3)]]).formulas == {0: 1, 1: 2}


def test_what_no_cell_can_hold_is_our_fault():
    with pytest.raises(TypeError):
        grid_of_rows("A", [[object()]])


def test_blocks_of_different_width_join():
    grid = grid_of_blocks("A", [[["a"], ["b", 1]], [["c", 2, True]], [[None], [""]]])
    assert values(grid) == [["a"], ["b", 1.0], ["c", 2.0, True]]
    assert {len(column) for column in grid.columns} == {3}


def test_a_grid_of_nothing():
    for rows in ([], [[]], [[None, ""], []]):
        grid = grid_of_rows("A", rows)
        assert (grid.height, grid.columns) == (0, ())
