"""Somebody else at work in the spreadsheet: typing, sorting, inserting, renaming, deleting, as in a browser.

What a person does goes through the same doors as a batch, protection included, but is no call of the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.google.emulator import batch, values
from tests.google.emulator.model import Document, Json, Sheet, Span
from tests.google.emulator.places import a1
from tests.google.emulator.rendering import serial_of
from tests.google.emulator.service import Service


@dataclass(frozen=True)
class Person:
    """Rows are 1-based, columns 0-based, as people and the project count them."""

    service: Service
    document_id: str
    email: str | None

    @property
    def document(self) -> Document:
        return self.service.documents[self.document_id]

    def sheet(self, title: str) -> Sheet:
        """KeyError when there is none."""
        found = self.document.titled(title)
        if found is None:
            raise KeyError(title)
        return found

    def do(self, *requests: Json) -> list[Json]:
        """Any requests of a batchUpdate, at once. The replies."""
        with self.service.lock:
            doc, replies = batch.apply(self.document, list(requests), self.email, "browser")
            self.service.keep(doc, self.email)
        return replies

    def type(self, title: str, row: int, column: int, value: Any) -> None:
        """Put a value into a cell: text as text, whatever it looks like; dates with a date format; None clears."""
        sheet = self.sheet(title)
        cell: Json = {"userEnteredValue": None if value is None else _extended(value)}
        fields = "userEnteredValue"
        if isinstance(value, date):
            cell["userEnteredFormat"] = {"numberFormat": {"type": "DATE", "pattern": "dd.mm.yyyy"}}
            fields += ",userEnteredFormat.numberFormat"
        start = {"sheetId": sheet.id, "rowIndex": row - 1, "columnIndex": column}
        self.do({"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": fields}})

    def enter(self, title: str, row: int, column: int, text: str) -> None:
        """Type text as in the browser: it may become a number, a date or a formula."""
        with self.service.lock:
            work = batch.Work(self.document.copy(), self.email)
            sheet = work.doc.titled(title)
            assert sheet is not None
            place = a1(sheet, Span(row - 1, column, row, column + 1))
            values.update(work, {"values": [[text]]}, "USER_ENTERED", place)
            self.service.keep(work.doc, self.email)

    def sort(self, title: str, column: int, *, first_row: int = 2, descending: bool = False) -> None:
        """Sort all rows from `first_row` on by a column."""
        sheet = self.sheet(title)
        height, width = sheet.used()
        span = Span(first_row - 1, 0, max(height, first_row), max(width, 1)).grid(sheet.id)
        spec = {"dimensionIndex": column, "sortOrder": "DESCENDING" if descending else "ASCENDING"}
        self.do({"sortRange": {"range": span, "sortSpecs": [spec]}})

    def insert_rows(self, title: str, before: int, count: int = 1) -> None:
        self.do({"insertDimension": {"range": self._interval(title, "ROWS", before - 1, count)}})

    def delete_rows(self, title: str, first: int, count: int = 1) -> None:
        self.do({"deleteDimension": {"range": self._interval(title, "ROWS", first - 1, count)}})

    def insert_columns(self, title: str, before: int, count: int = 1) -> None:
        self.do({"insertDimension": {"range": self._interval(title, "COLUMNS", before, count)}})

    def delete_columns(self, title: str, first: int, count: int = 1) -> None:
        self.do({"deleteDimension": {"range": self._interval(title, "COLUMNS", first, count)}})

    def rename(self, old: str, new: str) -> None:
        wanted = {"sheetId": self.sheet(old).id, "title": new}
        self.do({"updateSheetProperties": {"properties": wanted, "fields": "title"}})

    def add_sheet(self, title: str) -> None:
        self.do({"addSheet": {"properties": {"title": title}}})

    def delete_sheet(self, title: str) -> None:
        self.do({"deleteSheet": {"sheetId": self.sheet(title).id}})

    def move_sheet(self, title: str, index: int) -> None:
        wanted = {"sheetId": self.sheet(title).id, "index": index}
        self.do({"updateSheetProperties": {"properties": wanted, "fields": "index"}})

    def value(self, title: str, row: int, column: int) -> Any:
        """What stands in a cell."""
        return self.sheet(title).value(row - 1, column)

    def rows(self, title: str) -> list[list[Any]]:
        """All values of a sheet."""
        return [list(row.values) for row in self.sheet(title).rows]

    def _interval(self, title: str, dimension: str, start: int, count: int) -> Json:
        return {
            "sheetId": self.sheet(title).id,
            "dimension": dimension,
            "startIndex": start,
            "endIndex": start + count,
        }


def _extended(value: Any) -> Json:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, date):
        return {"numberValue": serial_of(value)}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": float(value)}
