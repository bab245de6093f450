"""A plain HTTP client for the emulator's own tests."""

from __future__ import annotations

from typing import Any

import requests

from tests.google.emulator import Emulator

CLIENTS = (("Имя", "Телефон", "Сумма", "Да"), ("Анна", "+7 916 000-00-00", 1500.5, True), ("Борис", "007", 20, None))


class Client:
    """Calls one spreadsheet of an emulator as one account."""

    def __init__(self, google: Emulator, book: str, token: str | None = None) -> None:
        self.google, self.book = google, book
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token or google.token()}"

    def call(self, http: str, path: str, **given: Any) -> requests.Response:
        return self.session.request(http, self.google.url + path, timeout=30, **given)

    def sheets(self, http: str, tail: str = "", **given: Any) -> requests.Response:
        return self.call(http, f"/v4/spreadsheets/{self.book}{tail}", **given)

    def get(self, fields: str | None = None, **params: Any) -> Any:
        given = {"fields": fields, **params} if fields else params
        return self.good(self.sheets("GET", params=given))

    def batch(self, *batch: dict[str, Any], **rest: Any) -> requests.Response:
        return self.sheets("POST", ":batchUpdate", json={"requests": list(batch), **rest})

    def do(self, *batch: dict[str, Any], **rest: Any) -> Any:
        return self.good(self.batch(*batch, **rest))["replies"]

    def refused(self, *batch: dict[str, Any]) -> str:
        """What a batch that is a 400 says; nothing may have changed."""
        before = self.google.snapshot(self.book)
        answer = self.batch(*batch)
        assert answer.status_code == 400, answer.text
        assert self.google.snapshot(self.book) == before
        return str(answer.json()["error"]["message"])

    def values(self, *ranges: str, **params: Any) -> list[Any]:
        given = {"ranges": ranges, "valueRenderOption": "UNFORMATTED_VALUE", **params}
        found = self.good(self.sheets("GET", "/values:batchGet", params=given))
        return [item.get("values", []) for item in found["valueRanges"]]

    def good(self, answer: requests.Response) -> Any:
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sheet_id(self, title: str) -> int:
        return self.google.sheet(self.book, title).id


def cell(**content: Any) -> dict[str, Any]:
    """CellData with a value by its kind: cell(string="=1"), cell(number=5, note="x")."""
    kinds = {"string": "stringValue", "number": "numberValue", "boolean": "boolValue", "formula": "formulaValue"}
    value = {kinds[name]: item for name, item in content.items() if name in kinds}
    rest = {name: item for name, item in content.items() if name not in kinds}
    return {**({"userEnteredValue": value} if value else {}), **rest}


def put(
    sheet: int, row: int, column: int, *rows: list[dict[str, Any]], fields: str = "userEnteredValue"
) -> dict[str, Any]:
    """An updateCells from a corner."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": row} for row in rows], "fields": fields}}


def area(sheet: int, top: int, left: int, bottom: int, right: int) -> dict[str, Any]:
    """A GridRange."""
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def props(sheet: int, fields: str, **wanted: Any) -> dict[str, Any]:
    """An updateSheetProperties."""
    return {"updateSheetProperties": {"properties": {"sheetId": sheet, **wanted}, "fields": fields}}
