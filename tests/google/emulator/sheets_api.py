"""The methods of the Sheets API beside their checks: what each does with a document and what it answers."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.google.emulator import (  # noqa: F401 - they register what a batch can do
    batch,
    contrary,
    describe,
    do_cells,
    do_dimensions,
    do_metadata,
    do_objects,
    do_rules,
    do_sheets,
    masks,
    values,
)
from tests.google.emulator.errors import ApiError, Refused, invalid
from tests.google.emulator.model import Json
from tests.google.emulator.places import resolve

Method = Callable[[batch.Work, Json, Json, Json, "masks.Mask | None"], Any]


def _get(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    areas = [resolve(work.doc, text) for text in query["ranges"]] if query.get("ranges") else None
    grid = masks.wants(mask, "sheets", "data") if mask else query.get("includeGridData", False)
    return describe.spreadsheet(work, areas, mask, grid=grid)


def _get_by_filter(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    areas = _refusing(lambda: values.areas(work, body.get("dataFilters", [])))
    grid = masks.wants(mask, "sheets", "data") if mask else body.get("includeGridData", False)
    return describe.spreadsheet(work, areas if body.get("dataFilters") else None, mask, grid=grid)


def _refusing(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except Refused as refused:
        raise invalid(str(refused)) from None


def _batch_update(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    wanted = contrary.requests(work.contrary, body.get("requests", []))
    work.doc, replies = batch.apply(work.doc, wanted, work.email, work.project)
    contrary.after(work.contrary, work.doc, wanted, work.doc.new_id)
    if "silent" in work.contrary:
        return {}
    answer: Json = {"spreadsheetId": work.doc.id, "replies": copy.deepcopy(replies)}
    if body.get("includeSpreadsheetInResponse"):
        areas = [resolve(work.doc, text) for text in body.get("responseRanges", [])] or None
        below = mask.get("updatedSpreadsheet") if mask else None
        grid = masks.wants(below, "sheets", "data") if below else body.get("responseIncludeGridData", False)
        answer["updatedSpreadsheet"] = describe.spreadsheet(work, areas, below or None, grid=grid)
    return answer


def _values_get(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    return values.get(work, path["range"], query)


def _values_batch_get(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    found = [values.get(work, text, query) for text in query.get("ranges", [])]
    return {"spreadsheetId": work.doc.id, **({"valueRanges": found} if found else {})}


def _values_by_filter(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    found = _refusing(lambda: values.by_filters(work, body.get("dataFilters", []), body))
    return {"spreadsheetId": work.doc.id, **({"valueRanges": found} if found else {})}


def _values_update(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    return values.update(work, body, query.get("valueInputOption"), path["range"])


def _values_batch_update(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    return values.batch_update(work, body)


def _values_append(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    return values.append(work, path["range"], body, query)


def _values_clear(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    cleared = _refusing(lambda: values.clear(work, [path["range"]]))
    return {"spreadsheetId": work.doc.id, "clearedRange": cleared[0]}


def _values_batch_clear(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    cleared = _refusing(lambda: values.clear(work, body.get("ranges", [])))
    return {"spreadsheetId": work.doc.id, "clearedRanges": cleared}


def _metadata_search(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    tests = body.get("dataFilters", [])
    found = _refusing(lambda: do_metadata.matching(work.doc, tests, work.project))
    matched = [
        {
            "developerMetadata": do_metadata.shown(item),
            "dataFilters": [test for test in tests if item in do_metadata.matching(work.doc, [test], work.project)],
        }
        for item in found
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


def _metadata_get(work: batch.Work, path: Json, query: Json, body: Json, mask: masks.Mask | None) -> Json:
    for item in do_metadata.visible(work.doc, work.project):
        if item["metadataId"] == path["metadataId"]:
            return do_metadata.shown(item)
    raise ApiError(404, f"No developer metadata with id: {path['metadataId']}")


METHODS: dict[str, Method] = {
    "spreadsheets.get": _get,
    "spreadsheets.getByDataFilter": _get_by_filter,
    "spreadsheets.batchUpdate": _batch_update,
    "values.get": _values_get,
    "values.batchGet": _values_batch_get,
    "values.batchGetByDataFilter": _values_by_filter,
    "values.update": _values_update,
    "values.batchUpdate": _values_batch_update,
    "values.append": _values_append,
    "values.clear": _values_clear,
    "values.batchClear": _values_batch_clear,
    "spreadsheets.developerMetadata.search": _metadata_search,
    "spreadsheets.developerMetadata.get": _metadata_get,
}
