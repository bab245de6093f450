"""Extra sources, read only: .csv, .json, .ods, .xls, .xlsb (and .xlsx) as grids by sheet name.

What a file is is told by its content, not by its name. Errors such as #REF! in .ods, .xls and .xlsb read as blanks: the reader
of those formats does not hand them over. Writes nothing.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sheets_crm.books.csv_text import csv_rows
from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.excel.reader_package import kind_of_file
from sheets_crm.books.grids import grid_of_blocks, grid_of_rows
from sheets_crm.books.inbox import JSON_SUFFIXES, json_rows
from sheets_crm.books.model import Grid, Merge
from sheets_crm.errors import WorkbookUnreadable

_ROWS_AT_ONCE = 20_000
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt"}


def read_source(path: Path) -> dict[str, Grid]:
    """All sheets of a source by name; a text file is one sheet named after the file.

    WorkbookMissing; WorkbookUnreadable when it is encrypted, broken, or not a table at all.
    """
    kind = kind_of_file(path)
    if path.suffix.casefold() in JSON_SUFFIXES and kind != "zip":
        return {path.stem: grid_of_rows(path.stem, json_rows(path))}
    if path.suffix.casefold() in _TEXT_SUFFIXES and kind not in {"zip", "ole2", "encrypted"}:
        return {path.stem: grid_of_rows(path.stem, csv_rows(path))}
    if kind == "ole2" or (kind == "zip" and _for_calamine(path)):
        return _calamine(path)
    return read_sheets(path)


def _for_calamine(path: Path) -> bool:
    """Is the zip an .ods or an .xlsb?"""
    try:
        with zipfile.ZipFile(path) as package:
            names = {name.casefold() for name in package.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    return "content.xml" in names or any(name.endswith("workbook.bin") for name in names)


def _calamine(path: Path) -> dict[str, Grid]:
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(path) as workbook:
            return {
                sheet.name: _grid(workbook.get_sheet_by_name(sheet.name))
                if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
                else grid_of_rows(sheet.name, ())  # charts, dialogs and macros have no cells
                for sheet in workbook.sheets_metadata
            }
    except python_calamine.PasswordError as error:
        raise WorkbookUnreadable("books.encrypted", path=str(path)) from error
    except (python_calamine.CalamineError, OSError) as error:
        raise WorkbookUnreadable("books.broken", path=str(path)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a damaged .xls may cause in the reader's Rust
            raise
        raise WorkbookUnreadable("books.broken", path=str(path)) from error


def _grid(sheet: Any) -> Grid:
    merges = [
        Merge(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    ]
    return grid_of_blocks(sheet.name, _blocks(sheet), merges)


def _blocks(sheet: Any) -> Iterator[list[list[object]]]:
    """Rows from row 1 and column A on; the reader leaves out empty columns on the left."""
    if sheet.start is None:
        return
    left = [None] * sheet.start[1]
    rows = sheet.iter_rows()
    while block := [left + row for row in islice(rows, _ROWS_AT_ONCE)]:
        yield block
