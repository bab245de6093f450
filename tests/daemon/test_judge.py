"""The soak's judge can say no: each misfortune it looks for is planted once."""

from __future__ import annotations

import openpyxl
import pytest

from sheets_crm.sync import run
from tests.daemon.soaking import Shop
from tests.promises.worlds import DEALS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """A shop after some work, all of it synced."""
    shop = Shop(tmp_path_factory.mktemp("judge") / "firm", 5)
    run.sync(str(shop.folder))
    while len(shop.marks) < 2 or not shop.typed:
        shop.work()
    run.sync(str(shop.folder))
    shop.judged()
    return shop


@pytest.fixture
def shop(played):
    """The same, put back afterwards."""
    before = [(path, path.read_bytes()) for path in (played.path, played.saved)]
    yield played
    for path, content in before:
        path.write_bytes(content)


def change(shop, what):
    book = openpyxl.load_workbook(shop.path)
    what(book)
    book.save(shop.path)


def column(sheet, name):
    return next(cell.column for cell in sheet[1] if cell.value == name)


def row_of(sheet, name, value):
    place = column(sheet, name)
    return next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, place).value == value)


def lost_mark(shop, sheet):
    sheet.cell(row_of(sheet, "Комментарий", next(iter(shop.marks))), column(sheet, "Комментарий")).value = None


def other_status(shop, sheet):
    comment, status = next(iter(shop.marks.items()))
    sheet.cell(row_of(sheet, "Комментарий", comment), column(sheet, "Статус")).value = "Новая" + status


def lost_own_task(shop, sheet):
    sheet.cell(row_of(sheet, "Что сделать", shop.typed[0]), column(sheet, "Что сделать")).value = None


def doubled_task(shop, sheet):
    rule = column(sheet, "Правило")
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, rule).value)
    for cell in sheet[row]:
        sheet.cell(sheet.max_row + (cell.column == 1), cell.column).value = cell.value


@pytest.mark.parametrize("misfortune", [lost_mark, other_status, lost_own_task, doubled_task])
def test_a_planted_misfortune_is_seen(shop, misfortune):
    tab = shop.tab()
    change(shop, lambda book: misfortune(shop, book[tab]))
    shop.saved.write_bytes(shop.path.read_bytes())  # the tab alone is at fault
    with pytest.raises(AssertionError):
        shop.judged()


def test_a_changed_sheet_of_the_users_is_seen(shop):
    change(shop, lambda book: book[DEALS].cell(2, 4, 77))
    with pytest.raises(AssertionError, match="is not the same"):
        shop.judged()


def test_an_unfinished_file_is_seen(shop):
    left = shop.folder / ".sheets-crm-1-2.tmp"
    left.write_bytes(b"x")
    with pytest.raises(AssertionError, match="unfinished"):
        shop.judged()
    left.unlink()
