"""Requests about whole sheets and the spreadsheet: add, update, delete, duplicate, properties."""

from __future__ import annotations

import copy
from typing import Any

from tests.google.emulator import masks
from tests.google.emulator.batch import PROTECTED, Work, handles
from tests.google.emulator.dimensions import resize
from tests.google.emulator.errors import Refused
from tests.google.emulator.model import MAX_COLUMNS, Json, Sheet
from tests.google.emulator.places import each_range, sheet_of

_TITLE = {"ru": "Лист", "en": "Sheet", "de": "Tabellenblatt", "fr": "Feuille"}
_COUNTS = {"rowCount", "columnCount"}


def properties(work_doc: Any, sheet: Sheet) -> Json:
    """SheetProperties as the API gives them."""
    grid = {"rowCount": sheet.row_count, "columnCount": sheet.column_count}
    grid |= {name: item for name, item in sheet.properties.get("gridProperties", {}).items() if item}
    rest = {name: item for name, item in sheet.properties.items() if name != "gridProperties" and item}
    return {
        "sheetId": sheet.id,
        "title": sheet.title,
        "index": work_doc.sheets.index(sheet),
        "sheetType": "GRID",
        "gridProperties": grid,
        **rest,
    }


@handles("addSheet")
def add_sheet(work: Work, body: Json) -> Json:
    wanted = body.get("properties", {})
    if wanted.get("sheetType", "GRID") not in {"GRID", "SHEET_TYPE_UNSPECIFIED"}:
        raise Refused("Only sheets of type GRID can be added.")
    sheet = Sheet(_free_id(work, wanted.get("sheetId")), _free_title(work, wanted.get("title")))
    grid = wanted.get("gridProperties", {})
    sheet.row_count, sheet.column_count = grid.get("rowCount", 1000), grid.get("columnCount", 26)
    _check_counts(sheet)
    sheet.properties = {
        name: item for name, item in wanted.items() if name not in {"sheetId", "title", "index", "sheetType"}
    }
    sheet.properties["gridProperties"] = {name: item for name, item in grid.items() if name not in _COUNTS}
    _check_frozen(sheet)
    index = wanted.get("index", len(work.doc.sheets))
    if not 0 <= index <= len(work.doc.sheets):
        raise Refused(f"Invalid sheet index: {index}. Must be between 0 and {len(work.doc.sheets)}.")
    work.doc.sheets.insert(index, sheet)
    work.guard_size()
    return {"properties": properties(work.doc, sheet)}


def _free_id(work: Work, wanted: int | None) -> int:
    if wanted is None:
        return work.doc.new_id()
    if wanted < 0:
        raise Refused(f"Invalid sheetId: {wanted}. Must be non-negative.")
    if work.doc.sheet(wanted) is not None:
        raise Refused(f"A sheet with id {wanted} already exists. Please use another id.")
    return wanted


def _free_title(work: Work, wanted: str | None) -> str:
    if wanted is None:
        word = _TITLE.get(work.doc.locale.split("_")[0], "Sheet")
        number = len(work.doc.sheets) + 1
        while work.doc.titled(f"{word}{number}"):
            number += 1
        return f"{word}{number}"
    if not wanted:
        raise Refused("A sheet title cannot be empty.")
    if len(wanted) > 100:
        raise Refused("A sheet name must be at most 100 characters.")
    if work.doc.titled(wanted) is not None:
        raise Refused(f'A sheet with the name "{wanted}" already exists. Please enter another name.')
    return wanted


def _check_counts(sheet: Sheet) -> None:
    if sheet.row_count < 1 or sheet.column_count < 1:
        raise Refused("You can't have a sheet without rows or columns.")
    if sheet.column_count > MAX_COLUMNS:
        raise Refused(f"You can't have more than {MAX_COLUMNS} columns.")


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.properties.get("gridProperties", {})
    if grid.get("frozenRowCount", 0) >= sheet.row_count:
        raise Refused("You can't freeze all visible rows on the sheet.")
    if grid.get("frozenColumnCount", 0) >= sheet.column_count:
        raise Refused("You can't freeze all visible columns on the sheet.")
    for merge in sheet.merges:
        if merge["startRowIndex"] < grid.get("frozenRowCount", 0) < merge["endRowIndex"]:
            raise Refused("You can't freeze rows which contain only part of a merged cell.")
        if merge["startColumnIndex"] < grid.get("frozenColumnCount", 0) < merge["endColumnIndex"]:
            raise Refused("You can't freeze columns which contain only part of a merged cell.")


@handles("updateSheetProperties")
def update_sheet_properties(work: Work, body: Json) -> None:
    wanted = body.get("properties", {})
    mask = masks.for_update("SheetProperties", body.get("fields"))
    sheet = work.doc.sheet(wanted.get("sheetId", 0))
    if sheet is None:
        raise Refused(f"No sheet with id: {wanted.get('sheetId', 0)}")
    if any("range" in item and len(item["range"]) == 1 and not work.may_edit(item) for item in sheet.protections):
        raise Refused(PROTECTED)
    old = properties(work.doc, sheet)
    new = masks.update(old, wanted, mask, keep=("sheetId", "sheetType", "index"))
    _retitle(work, sheet, new.get("title", ""))
    _resize(work, sheet, new.get("gridProperties", {}))
    fixed = {"sheetId", "title", "index", "sheetType", "gridProperties"}
    sheet.properties = {name: item for name, item in new.items() if name not in fixed}
    grid = new.get("gridProperties", {})
    sheet.properties["gridProperties"] = {name: item for name, item in grid.items() if name not in _COUNTS}
    _check_frozen(sheet)
    if masks.wants(mask, "index") and mask:
        _move(work, sheet, new.get("index", 0))
    if all(other.properties.get("hidden") for other in work.doc.sheets):
        raise Refused("You can't hide all the sheets in a document.")


def _retitle(work: Work, sheet: Sheet, title: str) -> None:
    if title == sheet.title:
        return
    other = work.doc.titled(title)
    sheet.title = title if other is sheet else _free_title(work, title)


def _resize(work: Work, sheet: Sheet, grid: Json) -> None:
    for dimension, name, count in (
        ("ROWS", "rowCount", sheet.row_count),
        ("COLUMNS", "columnCount", sheet.column_count),
    ):
        wanted = grid.get(name, 0)
        if wanted < 1:
            raise Refused(f"You must have at least one {dimension[:-1].lower()}.")
        if wanted != count:
            work.guard(sheet, sheet.all)
            resize(work.doc, sheet, dimension, wanted)
    _check_counts(sheet)
    work.guard_size()


def _move(work: Work, sheet: Sheet, index: int) -> None:
    """The index is counted as if the sheet still stood where it was, as Google does."""
    sheets = work.doc.sheets
    if not 0 <= index <= len(sheets):
        raise Refused(f"Invalid sheet index: {index}. Must be between 0 and {len(sheets)}.")
    old = sheets.index(sheet)
    sheets.remove(sheet)
    sheets.insert(index - 1 if index > old else index, sheet)


@handles("deleteSheet")
def delete_sheet(work: Work, body: Json) -> None:
    sheet = work.doc.sheet(body.get("sheetId", 0))
    if sheet is None:
        raise Refused(f"No sheet with id: {body.get('sheetId', 0)}")
    if not all(work.may_edit(item) for item in sheet.protections):
        raise Refused(PROTECTED)
    others = [other for other in work.doc.sheets if other is not sheet]
    if not others:
        raise Refused("You can't remove all the sheets in a document.")
    if all(other.properties.get("hidden") for other in others):
        raise Refused("You can't remove all the visible sheets in a document.")
    work.doc.sheets = others
    work.doc.metadata = [item for item in work.doc.metadata if _metadata_sheet(item) != sheet.id]
    work.doc.named_ranges = [item for item in work.doc.named_ranges if item["range"].get("sheetId", 0) != sheet.id]
    for other in others:
        other.charts = [each_range(item, sheet.id, lambda _: None) for item in other.charts]


def _metadata_sheet(item: Json) -> int | None:
    location = item["location"]
    found: int | None = location.get("sheetId", location.get("dimensionRange", {}).get("sheetId"))
    return found


@handles("duplicateSheet")
def duplicate_sheet(work: Work, body: Json) -> Json:
    source = sheet_of(work.doc, body.get("sourceSheetId"))
    twin = source.copy()
    twin.id = _free_id(work, body.get("newSheetId"))
    twin.title = _free_title(work, body.get("newSheetName") or f"{source.title} (копия)")
    for name in ("merges", "conditions", "charts", "protections", "filter_views", "bandings", "tables"):
        moved = each_range(copy.deepcopy(getattr(twin, name)), source.id, lambda place: {**place, "sheetId": twin.id})
        setattr(twin, name, [_renumbered(work, item) for item in moved])
    if twin.basic_filter:
        twin.basic_filter = each_range(twin.basic_filter, source.id, lambda place: {**place, "sheetId": twin.id})
    work.doc.sheets.insert(body.get("insertSheetIndex", 0), twin)
    work.guard_size()
    return {"properties": properties(work.doc, twin)}


def _renumbered(work: Work, item: Json) -> Json:
    names = ("chartId", "protectedRangeId", "filterViewId", "bandedRangeId", "tableId")
    fresh = {name: work.doc.new_id() for name in names if name in item}
    return {**item, **({**fresh, "tableId": str(fresh["tableId"])} if "tableId" in fresh else fresh)}


@handles("updateSpreadsheetProperties")
def update_spreadsheet_properties(work: Work, body: Json) -> None:
    mask = masks.for_update("SpreadsheetProperties", body.get("fields"))
    wanted = body.get("properties", {})
    for name, attribute in (("title", "title"), ("locale", "locale"), ("timeZone", "time_zone")):
        if masks.wants(mask, name):
            if not wanted.get(name):
                raise Refused(f"The {name} cannot be empty.")
            setattr(work.doc, attribute, wanted[name])
