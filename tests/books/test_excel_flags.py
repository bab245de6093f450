"""Yes and no in an .xlsx: words that read at once and stand in the filter's list; a logical value where there are no words."""

import openpyxl
import polars as pl
import pytest

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Style, Tab, TabColumn, Table

FLAGS = [True, None, False]


def tab(*, manager=False, said=("да", "нет")):
    columns = (
        TabColumn("client", "Клиент", pl.Series(["А", "Б", "В"])),
        TabColumn("ok", "Согласие", pl.Series(FLAGS), style=Style(align="center"), manager=manager, said=said),
    )
    return Tab("clients", "Карточки", (Table("crm_clients", columns),))


@pytest.fixture
def book(tmp_path):
    file = openpyxl.Workbook()
    file.save(tmp_path / "base.xlsx")
    return ExcelBook(tmp_path / "base.xlsx")


def put(book, drawn):
    written = book.apply(WritePlan((drawn,), book.fingerprint())).written
    return written, openpyxl.load_workbook(book.path)["Карточки"]


@pytest.mark.parametrize(("said", "shown"), [(("да", "нет"), ["да", None, "нет"]), (None, FLAGS)])
def test_words_where_the_tab_has_them(book, said, shown):
    written, sheet = put(book, tab(said=said))
    assert written
    assert [sheet.cell(row, 2).value for row in (2, 3, 4)] == shown
    assert sheet["B2"].alignment.horizontal == "center"
    assert not sheet.data_validations.dataValidation
    assert put(book, tab(said=said))[0] == ()


def test_a_choice_in_the_filter_stays_when_the_tab_is_written_again(book):
    put(book, tab())
    file = openpyxl.load_workbook(book.path)
    file["Карточки"].tables["crm_clients"].autoFilter.add_filter_column(1, ["нет"])
    file.save(book.path)
    other = Tab("clients", "Карточки", tab().tables, color="0B5CAD")
    written, sheet = put(book, other)
    assert written
    (kept,) = sheet.tables["crm_clients"].autoFilter.filterColumn
    assert kept.filters.filter == ["нет"]
    assert [row for row in (2, 3, 4) if not sheet.row_dimensions[row].hidden] == [4]


def test_managers_choose_between_the_words(book):
    _, sheet = put(book, tab(manager=True))
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("B2:B4", '"да,нет"')
