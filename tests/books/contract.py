"""What every `Book` promises: one class of tests, subclassed for memory, Excel and whatever comes.

A subclass gives `make_book`, and plays the user through `user_edits` and `user_renames`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from sheets_crm.books.model import Book, CellError, FingerprintChanged, Grid, WritePlan
from sheets_crm.books.tab import Cell, Style, Tab, TabColumn, Table
from sheets_crm.cells import Kind

Rows = Sequence[Sequence[object]]
MakeBook = Callable[[Mapping[str, Rows]], Book]

CLIENTS = (
    ("Имя", "Телефон", "Сумма", "Дата", "Согласие", "Баланс"),
    ("  Анна\u00a0 ", "+7 916 000-00-00", 1500.5, date(2026, 11, 5), True, CellError("#DIV/0!")),
    (None, None, None, None, None, None),
    ("=1+1", "@x", -5, date(1999, 1, 1), False, CellError("#REF!")),
    ("две\nстроки", "00123", 0, date(2026, 2, 28), None, "n/a"),
)
PLAIN = {"Клиенты": CLIENTS, "Пусто": (), "Deals": (("id", "сумма"), (1, 10), (2, 20))}


def values(grid: Grid) -> list[list[object]]:
    """All values of a grid, row by row, without empty ends."""
    rows = [grid.row(row) for row in range(1, grid.height + 1)]
    for row in rows:
        while row and row[-1] is None:
            row.pop()
    return rows


def trimmed(rows: Rows) -> list[list[object]]:
    """The same of Python rows, whole numbers as a sheet gives them back."""
    found: list[list[object]] = []
    for row in rows:
        cells = [float(cell) if type(cell) in {int, Decimal} else cell for cell in row]
        while cells and cells[-1] in {None, ""}:
            cells.pop()
        found.append(cells)
    while found and not found[-1]:
        found.pop()
    return found


def tab(*rows: tuple[Any, ...], tab_id: str = "tasks", title: str = "Задачи") -> Tab:
    """A tab with a heading and a table of four columns: text, date, money, a hidden key."""
    texts, days, sums, keys = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    columns = (
        TabColumn("todo", "Что сделать", pl.Series(texts, dtype=pl.String), width=40),
        TabColumn("due", "Срок", pl.Series(days, dtype=pl.Date), style=Style(format="dd.mm.yyyy")),
        TabColumn("sum", "Сумма", pl.Series(sums, dtype=pl.Decimal(18, 2)), style=Style(format="#,##0.00")),
        TabColumn("key", "Ключ", pl.Series(keys, dtype=pl.String), hidden=True),
    )
    return Tab(
        tab_id, title, (Table(f"crm_{tab_id}", columns, row=2),), (Cell(0, 0, "Задачи на сегодня", Style(bold=True)),)
    )


ROW = ("Позвонить Анне", date(2026, 11, 22), Decimal("1500.50"), "k1")
AWKWARD = ("=1+1", "+7 916 000-00-00", "-5", "@x", "=cmd|' /C calc'!A0", "'q", "1e5", '<b> & "x"', "a\nb", " край ")


class BookContract:
    """Every implementation of `Book` passes this."""

    @pytest.fixture
    def make_book(self) -> MakeBook:
        """Sheet name -> rows; a book that has just these sheets."""
        raise NotImplementedError

    def user_edits(self, book: Book, sheet: str, row: int, column: int, value: object) -> None:
        """A person types a value into a cell (row 1-based, column 0-based) and saves."""
        raise NotImplementedError

    def user_renames(self, book: Book, old: str, new: str) -> None:
        """A person renames a sheet and saves."""
        raise NotImplementedError

    @pytest.fixture
    def book(self, make_book: MakeBook) -> Book:
        return make_book(PLAIN)

    # --- reading

    @pytest.mark.parametrize("name", PLAIN)
    def test_reads_what_was_put_in(self, book: Book, name: str) -> None:
        grid = book.read([name])[name]
        assert grid.name == name
        assert values(grid) == trimmed(PLAIN[name])
        assert all(len(column) == grid.height for column in grid.columns)

    def test_cells_keep_their_kinds(self, book: Book) -> None:
        grid = book.read(["Клиенты"])["Клиенты"]
        kinds = [[Kind(kind).name for kind in column.kind] for column in grid.columns]
        assert kinds[0] == ["TEXT", "TEXT", "EMPTY", "TEXT", "TEXT"]
        assert kinds[2] == ["TEXT", "NUMBER", "EMPTY", "NUMBER", "NUMBER"]
        assert kinds[3] == ["TEXT", "DATE", "EMPTY", "DATE", "DATE"]
        assert kinds[4] == ["TEXT", "BOOL", "EMPTY", "BOOL", "EMPTY"]
        assert kinds[5] == ["TEXT", "ERROR", "EMPTY", "ERROR", "TEXT"]

    def test_columns_have_the_dtypes_and_nulls_of_the_shape(self, book: Book) -> None:
        for column in book.read(["Клиенты"])["Клиенты"].columns:
            assert (column.kind.dtype, column.text.dtype, column.number.dtype) == (pl.UInt8, pl.String, pl.Float64)
            worded = column.kind.is_in([Kind.TEXT, Kind.ERROR])
            numeric = column.kind.is_in([Kind.NUMBER, Kind.DATE, Kind.BOOL])
            assert (column.text.is_not_null() == worded).all()
            assert (column.number.is_not_null() == numeric).all()

    def test_reads_only_what_is_asked_in_the_order_asked(self, book: Book) -> None:
        assert list(book.read(["Deals", "Клиенты"])) == ["Deals", "Клиенты"]
        assert book.read([]) == {}

    def test_an_unknown_sheet_is_a_key_error(self, book: Book) -> None:
        with pytest.raises(KeyError):
            book.read(["Нет такого"])

    def test_sheets_in_order_and_all_the_users(self, book: Book) -> None:
        assert [(sheet.name, sheet.tab) for sheet in book.sheets()] == [(name, None) for name in PLAIN]

    def test_the_fingerprint_stands_still_until_something_changes(self, book: Book) -> None:
        before = book.fingerprint()
        book.read(list(PLAIN))
        assert book.fingerprint() == before
        self.user_edits(book, "Deals", 2, 1, 11)
        assert book.fingerprint() != before
        assert book.read(["Deals"])["Deals"].cell(2, 1) == 11

    # --- writing

    def test_a_new_tab_goes_to_the_end_and_is_ours(self, book: Book) -> None:
        done = book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        assert done.written == ("tasks",)
        assert done.titles == {"tasks": "Задачи"}
        assert done.fingerprint == book.fingerprint()
        assert [(sheet.name, sheet.tab) for sheet in book.sheets()] == [
            *((name, None) for name in PLAIN),
            ("Задачи", "tasks"),
        ]

    def test_a_tab_reads_back_as_drawn(self, book: Book) -> None:
        book.apply(WritePlan((tab(ROW, ("Выставить счёт", None, None, "k2")),), book.fingerprint()))
        grid = book.read(["Задачи"])["Задачи"]
        assert values(grid) == [
            ["Задачи на сегодня"],
            [],
            ["Что сделать", "Срок", "Сумма", "Ключ"],
            ["Позвонить Анне", date(2026, 11, 22), 1500.5, "k1"],
            ["Выставить счёт", None, None, "k2"],
        ]
        assert grid.columns[1].kind[3] == Kind.DATE

    @pytest.mark.parametrize("text", AWKWARD)
    def test_text_that_looks_like_something_else_stays_text(self, book: Book, text: str) -> None:
        book.apply(WritePlan((tab((text, date(2026, 1, 1), Decimal(1), text)),), book.fingerprint()))
        grid = book.read(["Задачи"])["Задачи"]
        assert [grid.cell(4, 0), grid.cell(4, 3)] == [text, text]
        assert grid.columns[0].kind[3] == Kind.TEXT
        assert not grid.formulas

    def test_a_table_without_rows_can_be_drawn(self, book: Book) -> None:
        book.apply(WritePlan((tab(),), book.fingerprint()))
        assert values(book.read(["Задачи"])["Задачи"])[-1] == ["Что сделать", "Срок", "Сумма", "Ключ"]

    def test_yes_and_no_stand_as_such_or_in_words(self, book: Book) -> None:
        flags = pl.Series([True, None, False])
        columns = (TabColumn("a", "A", flags), TabColumn("b", "B", flags, said=("да", "нет")))
        drawn = Tab("clients", "Карточки", (Table("crm_clients", columns),))
        book.apply(WritePlan((drawn,), book.fingerprint()))
        rows = values(book.read(["Карточки"])["Карточки"])
        assert rows[0] == ["A", "B"]
        assert [row[0] if row else None for row in rows[1:]] == [True, None, False]
        assert [row[1] if row else None for row in rows[1:]] in ([True, None, False], ["да", None, "нет"])
        assert book.apply(WritePlan((drawn,), book.fingerprint())).written == ()

    def test_several_tabs_at_once(self, book: Book) -> None:
        plan = WritePlan((tab(ROW), tab(ROW, tab_id="funnel", title="Воронка")), book.fingerprint())
        assert book.apply(plan).written == ("tasks", "funnel")
        assert [sheet.name for sheet in book.sheets()][-2:] == ["Задачи", "Воронка"]

    def test_equal_tabs_write_nothing(self, book: Book) -> None:
        first = book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        again = book.apply(WritePlan((tab(ROW),), first.fingerprint))
        assert again.written == ()
        assert again.titles == {"tasks": "Задачи"}
        assert again.fingerprint == first.fingerprint == book.fingerprint()

    def test_only_what_changed_is_written(self, book: Book) -> None:
        funnel = tab(ROW, tab_id="funnel", title="Воронка")
        first = book.apply(WritePlan((tab(ROW), funnel), book.fingerprint()))
        later = book.apply(WritePlan((tab(ROW, ROW), funnel), first.fingerprint))
        assert later.written == ("tasks",)
        assert later.fingerprint != first.fingerprint

    def test_a_replaced_tab_shows_only_the_new(self, book: Book) -> None:
        first = book.apply(WritePlan((tab(ROW, ROW, ROW),), book.fingerprint()))
        book.apply(WritePlan((tab(("Другое", None, None, "k9")),), first.fingerprint))
        grid = book.read(["Задачи"])["Задачи"]
        assert (grid.height, grid.cell(4, 0)) == (4, "Другое")
        assert [sheet.name for sheet in book.sheets()] == [*PLAIN, "Задачи"]

    def test_what_a_manager_typed_is_read_and_then_replaced(self, book: Book) -> None:
        book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        self.user_edits(book, "Задачи", 4, 0, "сделано")
        assert book.read(["Задачи"])["Задачи"].cell(4, 0) == "сделано"
        assert book.apply(WritePlan((tab(ROW),), book.fingerprint())).written == ("tasks",)
        assert book.read(["Задачи"])["Задачи"].cell(4, 0) == ROW[0]

    def test_a_stale_fingerprint_is_refused_and_nothing_is_written(self, book: Book) -> None:
        stale = book.fingerprint()
        self.user_edits(book, "Deals", 2, 1, 11)
        before = book.fingerprint()
        with pytest.raises(FingerprintChanged):
            book.apply(WritePlan((tab(ROW),), stale))
        assert book.fingerprint() == before
        assert [sheet.name for sheet in book.sheets()] == list(PLAIN)

    # --- whose sheet is whose

    def test_the_users_sheets_stay_equal(self, book: Book) -> None:
        before = {name: values(grid) for name, grid in book.read(list(PLAIN)).items()}
        first = book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        book.apply(WritePlan((tab(ROW, ROW), tab(ROW, tab_id="funnel", title="Воронка")), first.fingerprint))
        assert {name: values(grid) for name, grid in book.read(list(PLAIN)).items()} == before

    @pytest.mark.parametrize("name", ["Задачи", "задачи"])
    def test_a_users_sheet_of_our_name_is_not_overwritten(self, make_book: MakeBook, name: str) -> None:
        mine = [["моё", 1]]
        book = make_book({name: mine, "Клиенты": CLIENTS})
        title = book.apply(WritePlan((tab(ROW),), book.fingerprint())).titles["tasks"]
        assert title.casefold() != "задачи"
        assert values(book.read([name])[name]) == trimmed(mine)
        assert book.read([title])[title].cell(4, 0) == ROW[0]
        again = book.apply(WritePlan((tab(ROW, ROW),), book.fingerprint()))
        assert again.titles == {"tasks": title}
        assert len(book.sheets()) == 3

    def test_a_tab_that_the_user_renamed_stays_ours(self, book: Book) -> None:
        book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        self.user_renames(book, "Задачи", "Дела Анны")
        assert [(sheet.name, sheet.tab) for sheet in book.sheets()][-1] == ("Дела Анны", "tasks")
        assert book.apply(WritePlan((tab(ROW),), book.fingerprint())).written == ()
        done = book.apply(WritePlan((tab(ROW, ROW),), book.fingerprint()))
        assert done.titles == {"tasks": "Дела Анны"}
        assert [sheet.name for sheet in book.sheets()] == [*PLAIN, "Дела Анны"]

    def test_another_title_alone_does_not_rename_a_standing_tab(self, book: Book) -> None:
        book.apply(WritePlan((tab(ROW),), book.fingerprint()))
        done = book.apply(WritePlan((replace(tab(ROW), title="Tasks"),), book.fingerprint()))
        assert done.titles == {"tasks": "Задачи"}

    def test_a_tab_left_out_of_a_plan_stands(self, book: Book) -> None:
        first = book.apply(WritePlan((tab(ROW), tab(ROW, tab_id="funnel", title="Воронка")), book.fingerprint()))
        book.apply(WritePlan((tab(ROW, ROW),), first.fingerprint))
        assert book.read(["Воронка"])["Воронка"].cell(4, 0) == ROW[0]
