"""A sheet read with what an earlier reading kept is the sheet as it is."""

from __future__ import annotations

import random
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from sheets_crm.books.excel import reader_kept, reader_package, reader_sheet
from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.excel.reader_scan import SheetScan
from sheets_crm.books.model import Grid
from sheets_crm.shelf import NO_SHELF, FolderShelf, Shelf
from tests.books.kept import unpacked, with_shared_strings

SHEET = "Clients"
ROWS = 160


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sheets of a few hundred rows count as big, and are read in blocks of a few kilobytes."""
    monkeypatch.setattr(reader_kept, "WORTH", 100)
    monkeypatch.setattr(reader_sheet, "_BIG", 100)
    monkeypatch.setattr(reader_package, "BLOCK", 2048)
    monkeypatch.setattr(reader_sheet, "BLOCK", 2048)


def _book(path: Path, rows: list[list[Any]]) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    for row in rows:
        sheet.append(row)
    book.save(path)
    unpacked(path)


def _rows(count: int = ROWS) -> list[list[Any]]:
    return [[f"Client {n}", n * 10.5, None if n % 3 else "x", f"note {n % 7}", n % 2 == 0] for n in range(count)]


def _read(path: Path, shelf: Shelf = NO_SHELF) -> Grid:
    return read_sheets(path, [SHEET], shelf=shelf)[SHEET]


def _is_same(one: Grid, other: Grid) -> bool:
    return (one.height, len(one.columns), one.formulas, one.merges) == (
        other.height, len(other.columns), other.formulas, other.merges,
    ) and all(
        a.kind.equals(b.kind) and a.text.equals(b.text) and a.number.equals(b.number)
        for a, b in {(id(a), id(b)): (a, b) for a, b in zip(one.columns, other.columns, strict=True)}.values()
    )  # fmt: skip


def _edited(path: Path, change: dict[tuple[int, int], Any], *, inline: bool = False, moved: str = "") -> None:
    book = load_workbook(path)
    at = min((row for row, _ in change), default=ROWS // 2)
    if moved == "insert":
        book[SHEET].insert_rows(at, 2)
    if moved == "delete":
        book[SHEET].delete_rows(at, 3)
    for (row, column), value in change.items():
        book[SHEET].cell(row, column).value = value
    book.save(path)
    unpacked(path, inline=inline)


_VALUES = st.one_of(
    st.none(), st.text("ab<&я ", max_size=8), st.integers(-9, 9), st.booleans(), st.just("=1+1"), st.just("note 3")
)
_CHANGES = st.dictionaries(st.tuples(st.integers(1, ROWS + 30), st.integers(1, 7)), _VALUES, max_size=5)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["cells", "insert", "delete"]), _CHANGES), min_size=1, max_size=4), st.booleans()
)
def test_whatever_was_changed_meanwhile_is_read(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, dict[tuple[int, int], Any]]], inline: bool
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    path, shelf = folder / "book.xlsx", FolderShelf(folder / "shelf")
    _book(path, _rows())
    _read(path, shelf)
    for kind, cells in changes:
        _edited(path, cells, inline=inline, moved=kind)
        assert _is_same(_read(path, shelf), _read(path))


def test_only_the_changed_block_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, shelf = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf")
    _book(path, _rows())
    before = _read(path, shelf)
    _edited(path, {(80, 2): 777})
    looked: list[int] = []
    add = SheetScan.add
    monkeypatch.setattr(SheetScan, "add", lambda scan, raw: (looked.append(raw.count(b"<row ")), add(scan, raw))[1])
    after = _read(path, shelf)
    assert after.cell(80, 1) == 777
    assert len(looked) == 1
    assert looked[0] < ROWS / 2
    marks = [(one.mark == other.mark) for one, other in zip(before.columns, after.columns, strict=True)]
    assert marks == [True, False, True, True, True]
    assert all(column.mark for column in after.columns)


def test_a_sheet_that_nobody_touched_is_not_even_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, shelf = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf")
    _book(path, _rows())
    book = load_workbook(path)
    book[SHEET].merge_cells("A3:B3")
    book.save(path)
    before = _read(path, shelf)
    unpacked_parts: list[str] = []
    stream = reader_package.Package.stream
    monkeypatch.setattr(
        reader_package.Package, "stream", lambda package, part: (unpacked_parts.append(part), stream(package, part))[1]
    )
    after = _read(path, shelf)
    assert _is_same(before, after)
    assert after.merges
    assert not any("worksheets" in part for part in unpacked_parts)


def test_a_longer_note_moves_no_later_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, shelf = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf")
    _book(path, _rows())
    unpacked(path, inline=True)
    _read(path, shelf)
    _edited(path, {(30, 4): "long " * 300}, inline=True)
    looked: list[bytes] = []
    add = SheetScan.add
    monkeypatch.setattr(SheetScan, "add", lambda scan, raw: (looked.append(raw), add(scan, raw))[1])
    assert _read(path, shelf).cell(30, 3) == ("long " * 300)
    assert sum(raw.count(b"<row ") for raw in looked) < ROWS / 2


def test_a_damaged_or_foreign_shelf_is_none(tmp_path: Path) -> None:
    path, shelf = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf")
    _book(path, _rows())
    _read(path, shelf)
    for file in (tmp_path / "shelf").iterdir():
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    _edited(path, {(5, 2): 1})
    assert _is_same(_read(path, shelf), _read(path))


def test_another_epoch_is_another_sheet(tmp_path: Path) -> None:
    path, shelf = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf")
    _book(path, _rows())
    book = load_workbook(path)
    for row in range(1, ROWS):
        book[SHEET].cell(row, 2).number_format = "dd.mm.yyyy"
    book.save(path)
    first = _read(path, shelf)
    book.epoch = datetime(1904, 1, 1)  # noqa: DTZ001 - epochs of workbooks have no zone
    book.save(path)
    assert _is_same(_read(path, shelf), _read(path))
    assert not _is_same(first, _read(path, shelf))


def test_new_shared_strings_behind_the_old_ones_unsettle_no_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, shelf, strings = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf"), list[bytes]()
    book = Workbook()
    sheet, other = book.worksheets[0], book.create_sheet("Other")
    sheet.title = SHEET
    for row in _rows():
        sheet.append(row)
    monkeypatch.setattr(reader_sheet, "_BIG", 10_000)  # the sheet is, its few texts are not
    looked: list[bytes] = []
    add = SheetScan.add
    for change in ("", "other", "both", "none"):
        if change in ("other", "both"):
            other["A1"] = f"new in {change}"
        if change == "both":
            sheet.cell(150, 4).value = "another such text"
        book.save(path)
        with_shared_strings(path, strings)
        plain = _read(path)
        with monkeypatch.context() as patch:
            patch.setattr(SheetScan, "add", lambda scan, raw: (looked.append(raw), add(scan, raw))[1])
            assert _is_same(_read(path, shelf), plain)
        with zipfile.ZipFile(path) as package:
            assert package.getinfo("xl/sharedStrings.xml").file_size < 10_000
        assert sum(raw.count(b"<row ") for raw in looked) < ROWS / 2 or not change
        looked.clear()


@pytest.mark.slow
def test_shared_strings_of_another_order_mean_what_they_say_now(tmp_path: Path) -> None:
    path, shelf, rng = tmp_path / "book.xlsx", FolderShelf(tmp_path / "shelf"), random.Random(7)
    strings: list[bytes] = []
    for _ in range(12):
        book = Workbook()
        book.worksheets[0].title = SHEET
        for row in _rows(ROWS + rng.randrange(3)):
            book[SHEET].append(row)
        book[SHEET].cell(rng.randrange(1, ROWS), 4).value = f"text {rng.random()}"
        book.save(path)
        if rng.random() < 0.4:
            rng.shuffle(strings)
        with_shared_strings(path, strings)
        assert _is_same(_read(path, shelf), _read(path))


@pytest.mark.parametrize("place", ["XFD3", "A1048576", "XFD1048576"])
def test_a_stray_cell_far_off_costs_no_memory(tmp_path: Path, place: str) -> None:
    path, folder = tmp_path / "book.xlsx", tmp_path / "shelf"
    _book(path, _rows())
    _read(path, FolderShelf(folder))
    book = load_workbook(path)
    book[SHEET][place] = "stray"
    book.save(path)
    unpacked(path)
    assert _is_same(_read(path, FolderShelf(folder)), _read(path))
    assert sum(file.stat().st_size for file in folder.iterdir()) < 1_000_000
    del book[SHEET]._cells[book[SHEET][place].row, book[SHEET][place].column]
    book.save(path)
    unpacked(path)
    assert _is_same(_read(path, FolderShelf(folder)), _read(path))
