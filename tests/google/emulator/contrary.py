"""Other legitimate ways to answer the same: what documentation leaves open, a client may not count on.

Modes, any of them together:
`omit` defaults are left out of objects, `full` they are all told; `shuffled` lists that have no order come in another one;
`ends` empty ends of rows are told; `pretty` with indentation unless asked not to; `restless` Drive's version grows by itself;
`bare` errors without status and details; `silent` a batch is answered with {}, whatever was asked to be shown;
`own ids` the server chooses ids of protections and metadata itself; `copies` a duplicated sheet takes its metadata along;
`unasked` masks of cells are not heeded.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.google.emulator import masks
from tests.google.emulator.discovery import schema_of
from tests.google.emulator.model import Document, Json

MODES = frozenset(
    {"omit", "full", "shuffled", "ends", "pretty", "restless", "bare", "silent", "own ids", "copies", "unasked"}
)
_FILLED = {
    "Spreadsheet", "SpreadsheetProperties", "Sheet", "SheetProperties", "GridProperties", "ProtectedRange",
    "DeveloperMetadata",
}  # fmt: skip
_LISTS = {"developerMetadata", "protectedRanges", "charts", "filterViews", "namedRanges", "bandedRanges"}
_EMPTY: dict[str, Any] = {"boolean": False, "integer": 0, "number": 0, "string": "", "array": []}
_UNIONS = {"userEnteredValue", "effectiveValue", "location", "values"}


def structure(modes: frozenset[str], answer: Json, mask: masks.Mask | None) -> Json:
    """A Spreadsheet, told otherwise."""
    if not modes & {"omit", "full", "shuffled"}:
        return answer
    cells = [sheet.get("data") for sheet in answer.get("sheets", ())]
    sheets = [{name: part for name, part in sheet.items() if name != "data"} for sheet in answer.get("sheets", ())]
    answer = copy.deepcopy({**answer, "sheets": sheets} if "sheets" in answer else answer)
    if "full" in modes:
        _fill(answer, "Spreadsheet", mask or {})
    if "omit" in modes:
        _leave_out(answer)
    if "shuffled" in modes:
        _shuffle(answer)
    for sheet, data in zip(answer.get("sheets", ()), cells, strict=True):
        if data is not None:
            sheet["data"] = data
    return answer


def _fill(item: Json, schema: str, mask: masks.Mask) -> None:
    """Defaults of all scalars and lists that the mask asks for."""
    for name, spec in schema_of("sheets", schema).get("properties", {}).items():
        if mask and name not in mask:
            continue
        below, kind = mask.get(name, {}), spec.get("items", {}).get("$ref") or spec.get("$ref")
        if name in item:
            for one in item[name] if isinstance(item[name], list) else [item[name]]:
                if kind in _FILLED:
                    _fill(one, kind, below)
        elif schema in _FILLED and "enum" not in spec and spec.get("type") in _EMPTY and spec.get("format") != "byte":
            item[name] = copy.copy(_EMPTY[spec["type"]])


def _leave_out(item: Any) -> None:
    if isinstance(item, list):
        for one in item:
            _leave_out(one)
    elif isinstance(item, dict):
        for name, value in list(item.items()):
            if name not in _UNIONS and (value is False or value in (0, "", [])):
                del item[name]
                continue
            _leave_out(value)


def _shuffle(item: Any) -> None:
    if isinstance(item, list):
        for one in item:
            _shuffle(one)
    elif isinstance(item, dict):
        for name, value in item.items():
            if name in _LISTS:
                random.shuffle(value)
            _shuffle(value)


def values(modes: frozenset[str], found: Json, height: int, width: int) -> Json:
    """A ValueRange: with its empty ends where they are told."""
    if "ends" not in modes or found.get("majorDimension") == "COLUMNS":
        return found
    rows = [[*row, *[""] * (width - len(row))] for row in found.get("values", [])]
    return {**found, "values": rows + [[""] * width for _ in range(height - len(rows))]}


def error(modes: frozenset[str], body: Any) -> Any:
    """An error's body: its code and message alone."""
    told = body.get("error") if isinstance(body, dict) else None
    if "bare" not in modes or not isinstance(told, dict):
        return body
    return {"error": {"code": told["code"], "message": told["message"]}}


def requests(modes: frozenset[str], wanted: list[Json]) -> list[Json]:
    """A batch without the ids that the server chooses itself."""
    if "own ids" not in modes:
        return wanted
    wanted = copy.deepcopy(wanted)
    for request in wanted:
        for kind, body in request.items():
            if kind == "addProtectedRange":
                body["protectedRange"].pop("protectedRangeId", None)
            if kind == "createDeveloperMetadata":
                body["developerMetadata"].pop("metadataId", None)
    return wanted


def after(modes: frozenset[str], doc: Document, wanted: list[Json], fresh: Callable[[], int]) -> None:
    """What a batch brings with it besides: metadata of a duplicated sheet."""
    if "copies" not in modes:
        return
    for request in wanted:
        body = request.get("duplicateSheet")
        if body and body.get("newSheetId"):
            source = body.get("sourceSheetId", 0)
            theirs = [item for item in doc.metadata if item["location"].get("sheetId") == source]
            location = {"locationType": "SHEET", "sheetId": body["newSheetId"]}
            doc.metadata += [{**item, "metadataId": fresh(), "location": location} for item in theirs]
