"""A spreadsheet as the JSON of `spreadsheets.get`: structure always, cells when they are wanted."""

from __future__ import annotations

import copy
from typing import Any

from tests.google.emulator import contrary, masks
from tests.google.emulator.batch import Work
from tests.google.emulator.do_metadata import shown as shown_metadata
from tests.google.emulator.do_metadata import visible
from tests.google.emulator.do_rules import protection
from tests.google.emulator.do_sheets import properties
from tests.google.emulator.model import Document, Failure, Json, More, Sheet, Span
from tests.google.emulator.rendering import shown

Areas = list[tuple[Sheet, Span]]
DEFAULT_FORMAT: Json = {
    "backgroundColor": {"red": 1, "green": 1, "blue": 1},
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": {"red": 1, "green": 1, "blue": 1}},
}


def spreadsheet(work: Work, areas: Areas | None, mask: masks.Mask | None, *, grid: bool) -> Json:
    """The Spreadsheet; `areas` (None: everything) limit the sheets and their cells."""
    doc = work.doc
    wanted = [sheet for sheet in doc.sheets if areas is None or any(sheet is item for item, _ in areas)]
    found: Json = {
        "spreadsheetId": doc.id,
        "properties": {
            "title": doc.title,
            "locale": doc.locale,
            "autoRecalc": "ON_CHANGE",
            "timeZone": doc.time_zone,
            "defaultFormat": DEFAULT_FORMAT,
        },
        "sheets": [_sheet(work, sheet, areas, mask, grid=grid) for sheet in wanted],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{doc.id}/edit",
    }
    if doc.named_ranges:
        found["namedRanges"] = doc.named_ranges
    metadata = [
        shown_metadata(item) for item in visible(doc, work.project) if item["location"]["locationType"] == "SPREADSHEET"
    ]
    if metadata:
        found["developerMetadata"] = metadata
    found = masks.pick(found, _unasked(mask) if "unasked" in work.contrary else mask) if mask else found
    return contrary.structure(work.contrary, found, mask)


def _unasked(mask: masks.Mask) -> masks.Mask:
    """The mask of a server that tells all of each cell."""
    told = copy.deepcopy(mask)
    cells = told.get("sheets", {}).get("data", {}).get("rowData", {})
    if "values" in cells:
        cells["values"] = {}
    return told


def _sheet(work: Work, sheet: Sheet, areas: Areas | None, mask: masks.Mask | None, *, grid: bool) -> Json:
    metadata = [
        shown_metadata(item)
        for item in visible(work.doc, work.project)
        if item["location"]["locationType"] == "SHEET" and item["location"]["sheetId"] == sheet.id
    ]
    found: Json = {
        "properties": properties(work.doc, sheet),
        "merges": sheet.merges,
        "conditionalFormats": sheet.conditions,
        "filterViews": sheet.filter_views,
        "protectedRanges": [protection(work, item) for item in sheet.protections],
        "basicFilter": sheet.basic_filter,
        "charts": sheet.charts,
        "bandedRanges": sheet.bandings,
        "developerMetadata": metadata,
        "tables": sheet.tables,
    }
    found = {name: item for name, item in found.items() if item}
    if grid:
        spans = [sheet.all] if areas is None else [span for item, span in areas if item is sheet]
        below = mask.get("sheets", {}).get("data") if mask else None
        found["data"] = [_data(work, sheet, span, below) for span in spans]
    return found


def _data(work: Work, sheet: Sheet, span: Span, mask: masks.Mask | None) -> Json:
    data: Json = {}
    if span.top:
        data["startRow"] = span.top
    if span.left:
        data["startColumn"] = span.left
    if masks.wants(mask, "rowData"):
        rows = [_row(work.doc, sheet, index, span) for index in range(span.top, min(span.bottom, len(sheet.rows)))]
        while rows and not rows[-1]:
            rows.pop()
        if rows:
            data["rowData"] = rows
    if masks.wants(mask, "rowMetadata"):
        data["rowMetadata"] = _sizes(work, sheet, "ROWS", range(span.top, span.bottom))
    if masks.wants(mask, "columnMetadata"):
        data["columnMetadata"] = _sizes(work, sheet, "COLUMNS", range(span.left, span.right))
    return data


def _sizes(work: Work, sheet: Sheet, dimension: str, indices: range) -> list[Json]:
    kept = sheet.row_sizes if dimension == "ROWS" else sheet.column_sizes
    default = {"pixelSize": 21 if dimension == "ROWS" else 100}
    sizes = [{**default, **kept.get(index, {})} for index in indices]
    for item in visible(work.doc, work.project):
        place = item["location"].get("dimensionRange", {})
        if place.get("sheetId") == sheet.id and place["dimension"] == dimension and place["startIndex"] in indices:
            sizes[place["startIndex"] - indices.start].setdefault("developerMetadata", []).append(shown_metadata(item))
    return sizes


def _row(doc: Document, sheet: Sheet, index: int, span: Span) -> Json:
    row = sheet.row(index)
    right = min(span.right, max(len(row.values), max(row.more, default=-1) + 1))
    cells = [
        cell(sheet.value(index, column), sheet.more(index, column), doc.locale) for column in range(span.left, right)
    ]
    while cells and not cells[-1]:
        cells.pop()
    return {"values": cells} if cells else {}


def cell(value: Any, more: More, locale: str) -> Json:
    """CellData of one cell."""
    found: Json = {}
    if more.formula is not None:
        found["userEnteredValue"] = {"formulaValue": more.formula}
    elif value is not None:
        found["userEnteredValue"] = extended(value)
    if value is not None:
        found["effectiveValue"] = extended(value)
        found["formattedValue"] = shown(value, more.format, locale)
    if more.format:
        found["userEnteredFormat"] = more.format
    if value is not None or more.format:
        found["effectiveFormat"] = _effective(more.format or {})
    link = (more.format or {}).get("textFormat", {}).get("link", {}).get("uri")
    if link:
        found["hyperlink"] = link
    if more.note:
        found["note"] = more.note
    if more.runs:
        found["textFormatRuns"] = list(more.runs)
    if more.validation:
        found["dataValidation"] = more.validation
    return found


def _effective(own: Json) -> Json:
    text = {**DEFAULT_FORMAT["textFormat"], **own.get("textFormat", {})}
    return {**DEFAULT_FORMAT, **own, "textFormat": text}


def extended(value: Any) -> Json:
    """A value as an ExtendedValue."""
    if isinstance(value, Failure):
        return {"errorValue": {"type": value.type, "message": value.message}}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"numberValue": value}
