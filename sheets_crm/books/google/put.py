"""Requests that put cells: typed values, links to places in the spreadsheet, cells below each other.

Pure. What has to be put where is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheets_crm.books.google.drawn import Row, Wire

Json = dict[str, Any]
Addresses = Mapping[tuple[int, int], str]  # of links, by row and column
VALUE, LINK = "userEnteredValue", "userEnteredFormat.textFormat.link"


def extended(value: Wire) -> Json:
    """A typed value: text stays text, whatever it begins with."""
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}


def uri_of(place: str | None, sheets: Mapping[str, int]) -> str | None:
    """The address of a place in this spreadsheet ("'Sheet 1'!B7"); None where its sheet is not there. sheets: title -> id."""
    if place is None:
        return None
    sheet, _, cell = place.rpartition("!")
    number = sheets.get(sheet.removeprefix("'").removesuffix("'").replace("''", "'"))
    return None if number is None else f"#gid={number}&range={cell}"


def link(uri: str | None) -> Json:
    """A cell's looks with a link and nothing else; {} takes it away."""
    return {"textFormat": {"link": {"uri": uri}}} if uri else {}


def cell(value: Wire, uri: str | None = None) -> Json:
    """CellData."""
    found: Json = {} if value is None else {VALUE: extended(value)}
    return {**found, "userEnteredFormat": link(uri)} if uri else found


def block(sheet: int, corner: tuple[int, int], rows: Sequence[Row], uris: Addresses) -> Json:
    """Values from a cell on, and their links where there are any: a link may not outlive the text that it was laid on."""
    lines = [
        {"values": [cell(value, uris.get((row, column))) for column, value in enumerate(values, corner[1])]}
        for row, values in enumerate(rows, corner[0])
    ]
    return updated(sheet, corner, lines, f"{VALUE},{LINK}" if uris else VALUE)


def bytes_of(value: Wire) -> int:
    """Of a typed cell, about: a text takes up to two a letter."""
    if value is None:
        return 3
    return 48 + (len(value) * (1 if value.isascii() else 2) if isinstance(value, str) else 6)


def updated(sheet: int, corner: tuple[int, int], lines: list[Json], fields: str) -> Json:
    """Rows of CellData from a cell on."""
    start = {"sheetId": sheet, "rowIndex": corner[0], "columnIndex": corner[1]}
    return {"updateCells": {"start": start, "rows": lines, "fields": fields}}


def down(sheet: int, column: int, cells: Mapping[int, Json], fields: str) -> Iterator[Json]:
    """Cells of one column by row, those below each other in one request."""
    top, lines = 0, list[Json]()
    for place, one in sorted(cells.items()):
        if lines and place != top + len(lines):
            yield updated(sheet, (top, column), lines, fields)
            lines = []
        top = top if lines else place
        lines.append({"values": [one]})
    if lines:
        yield updated(sheet, (top, column), lines, fields)


def area(sheet: int, rows_: tuple[int, int], columns: tuple[int, int]) -> Json:
    """A GridRange; ends are not included."""
    return {
        "sheetId": sheet, "startRowIndex": rows_[0], "endRowIndex": rows_[1],
        "startColumnIndex": columns[0], "endColumnIndex": columns[1],
    }  # fmt: skip


def copied(source: Json, target: Json, *, looks: bool) -> Json:
    """Cells of one place put into another. looks: with their formats and links; else values alone."""
    kind = "PASTE_NORMAL" if looks else "PASTE_VALUES"
    return {"copyPaste": {"source": source, "destination": target, "pasteType": kind}}
