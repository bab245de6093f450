"""A spreadsheet as an .xlsx file, as Drive exports it: values, formulas' values and number formats; not the looks."""

from __future__ import annotations

import io
from typing import Any

from tests.google.emulator.model import Document, Failure, Sheet


def workbook_bytes(doc: Document) -> bytes:
    """The bytes of the .xlsx."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    for sheet in doc.sheets:
        _sheet(book, sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _sheet(book: Any, sheet: Sheet) -> None:
    from openpyxl.cell import WriteOnlyCell

    page = book.create_sheet(sheet.title[:31])
    for row in sheet.rows:
        line = []
        for column, value in enumerate(row.values):
            cell = WriteOnlyCell(page, None)
            cell.value = value.code if isinstance(value, Failure) else value
            if isinstance(value, str) and value.startswith("="):
                cell.data_type = "s"
            more = row.more.get(column)
            pattern = ((more.format if more else None) or {}).get("numberFormat", {}).get("pattern")
            if pattern:
                cell.number_format = pattern
            line.append(cell)
        page.append(line)
