"""Excel workbooks keep the contract of every book."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell

from sheets_crm.books.model import Book, CellError
from tests.books.contract import BookContract, MakeBook, Rows


def write_workbook(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """An .xlsx that holds the rows as values: texts as texts whatever they start with, errors as errors."""
    workbook = Workbook(write_only=True)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            cells = []
            for value in row:
                cell = WriteOnlyCell(sheet, value.code if isinstance(value, CellError) else value)
                if isinstance(value, str):
                    cell.data_type = "s"
                cells.append(cell)
            sheet.append(cells)
    workbook.save(path)
    return path


class TestExcelBook(BookContract):
    @pytest.fixture
    def make_book(self, tmp_path: Path) -> MakeBook:
        from sheets_crm.books.excel.book import ExcelBook

        def make_book(sheets: Mapping[str, Rows]) -> Book:
            return ExcelBook(write_workbook(tmp_path / "book.xlsx", sheets))

        return make_book

    def user_edits(self, book: Book, sheet: str, row: int, column: int, value: object) -> None:
        """Another program opens the file, changes a cell and saves all of it anew."""
        path = book.path  # type: ignore[attr-defined]
        workbook = load_workbook(path)
        workbook[sheet].cell(row, column + 1).value = value
        workbook.save(path)

    def user_renames(self, book: Book, old: str, new: str) -> None:
        """As Excel does it: the sheet's name and every reference to it change in the workbook part."""
        path = book.path  # type: ignore[attr-defined]
        with zipfile.ZipFile(path) as package:
            parts = {info.filename: package.read(info) for info in package.infolist()}
        text = parts["xl/workbook.xml"].decode()
        text = text.replace(f'name="{old}"', f'name="{new}"')
        text = re.sub(rf"'?{re.escape(old)}'?!", f"'{new}'!", text)
        parts["xl/workbook.xml"] = text.encode()
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in parts.items():
                package.writestr(name, content)
