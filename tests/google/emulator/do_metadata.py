"""Developer metadata: requests, and which of them a data filter finds.

A PROJECT one is seen by the project that made it alone. Metadata goes with its sheet, row or column.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.google.emulator import masks
from tests.google.emulator.batch import Work, handles, need
from tests.google.emulator.errors import Refused
from tests.google.emulator.model import Document, Json, Sheet, Span
from tests.google.emulator.places import grid, resolve, sheet_of

MAX_CHARACTERS = 30_000  # for the spreadsheet, and for each sheet
_SHOWN = ("metadataId", "metadataKey", "metadataValue", "location", "visibility")


def shown(item: Json) -> Json:
    """An item as the API gives it."""
    return {name: item[name] for name in _SHOWN if name in item}


def visible(doc: Document, project: str) -> list[Json]:
    """The items that a project may see."""
    return [item for item in doc.metadata if item["visibility"] == "DOCUMENT" or item.get("project") == project]


@handles("createDeveloperMetadata")
def create_developer_metadata(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "developerMetadata"))
    if not wanted.get("metadataKey"):
        raise Refused("DeveloperMetadata.metadataKey must be specified.")
    if wanted.get("visibility") not in {"DOCUMENT", "PROJECT"}:
        raise Refused("DeveloperMetadata.visibility must be specified.")
    wanted["location"] = _location(work, wanted.get("location"))
    taken = {item["metadataId"] for item in work.doc.metadata}
    wanted.setdefault("metadataId", work.doc.new_id())
    if wanted["metadataId"] in taken:
        raise Refused(f"DeveloperMetadata with id {wanted['metadataId']} already exists.")
    work.doc.metadata.append({**wanted, "project": work.project})
    _guard_size(work.doc)
    return {"developerMetadata": shown(wanted)}


def _location(work: Work, wanted: Json | None) -> Json:
    if not wanted:
        raise Refused("DeveloperMetadata.location must be specified.")
    if "sheetId" in wanted:
        return {"locationType": "SHEET", "sheetId": sheet_of(work.doc, wanted["sheetId"]).id}
    if "dimensionRange" in wanted:
        place = wanted["dimensionRange"]
        sheet = sheet_of(work.doc, place.get("sheetId"))
        kind = place.get("dimension")
        if kind not in {"ROWS", "COLUMNS"} or place.get("endIndex", 0) - place.get("startIndex", 0) != 1:
            raise Refused("DeveloperMetadata may be associated with exactly one row or column.")
        if place["endIndex"] > (sheet.row_count if kind == "ROWS" else sheet.column_count):
            raise Refused("The dimensionRange is outside the grid.")
        full = {"sheetId": sheet.id, "startIndex": 0, **place}
        return {"locationType": "ROW" if kind == "ROWS" else "COLUMN", "dimensionRange": full}
    if wanted.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    raise Refused("DeveloperMetadata.location must be specified.")


def _guard_size(doc: Document) -> None:
    sizes: dict[int | None, int] = {}
    for item in doc.metadata:
        place = _sheet_id(item)
        sizes[place] = sizes.get(place, 0) + len(item["metadataKey"]) + len(item.get("metadataValue", ""))
    if any(size > MAX_CHARACTERS for size in sizes.values()):
        raise Refused(f"The total size of developer metadata is over the limit of {MAX_CHARACTERS} characters.")


def _sheet_id(item: Json) -> int | None:
    location = item["location"]
    found: int | None = location.get("sheetId", location.get("dimensionRange", {}).get("sheetId"))
    return found


@handles("updateDeveloperMetadata")
def update_developer_metadata(work: Work, body: Json) -> Json:
    mask = masks.for_update("DeveloperMetadata", body.get("fields"))
    wanted = body.get("developerMetadata", {})
    if masks.wants(mask, "metadataId") and mask:
        raise Refused("The metadataId cannot be updated.")
    found = matching(work.doc, body.get("dataFilters", []), work.project)
    if not found:
        raise Refused("No developer metadata matches the data filters.")
    answers = []
    for item in found:
        new = masks.update(item, wanted, mask, keep=("metadataId", "project"))
        new["location"] = _location(work, new.get("location"))
        if not new.get("metadataKey") or new.get("visibility") not in {"DOCUMENT", "PROJECT"}:
            raise Refused("DeveloperMetadata.metadataKey and visibility cannot be cleared.")
        work.doc.metadata[work.doc.metadata.index(item)] = new
        answers.append(shown(new))
    _guard_size(work.doc)
    return {"developerMetadata": answers}


@handles("deleteDeveloperMetadata")
def delete_developer_metadata(work: Work, body: Json) -> Json:
    found = matching(work.doc, [need(body, "dataFilter")], work.project)
    work.doc.metadata = [item for item in work.doc.metadata if item not in found]
    return {"deletedDeveloperMetadata": [shown(item) for item in found]}


def matching(doc: Document, filters: Iterable[Json], project: str) -> list[Json]:
    """The items that any of the data filters finds, each once."""
    tests = list(filters)
    return [item for item in visible(doc, project) if any(_matches(doc, item, test) for test in tests)]


def _matches(doc: Document, item: Json, test: Json) -> bool:
    if "developerMetadataLookup" in test:
        return _looked_up(item, test["developerMetadataLookup"])
    area = area_of(doc, test)
    location = item["location"]
    if area is None:
        return False
    sheet, span = area
    if location["locationType"] == "SHEET":
        return bool(location["sheetId"] == sheet.id and span == sheet.all)
    place = location.get("dimensionRange")
    if not place or place["sheetId"] != sheet.id:
        return False
    first, last = (span.top, span.bottom) if place["dimension"] == "ROWS" else (span.left, span.right)
    return bool(first <= place["startIndex"] < last)


def area_of(doc: Document, test: Json) -> tuple[Sheet, Span] | None:
    """The cells of a data filter that names a range; None for a lookup. Refused for a range that is not there."""
    if "a1Range" in test:
        return resolve(doc, test["a1Range"])
    if "gridRange" in test:
        return grid(doc, test["gridRange"])
    return None


def _looked_up(item: Json, test: Json) -> bool:
    for name in ("metadataId", "metadataKey", "metadataValue", "visibility"):
        if name in test and item.get(name) != test[name]:
            return False
    location = item["location"]
    if "locationType" in test and location["locationType"] != test["locationType"]:
        return False
    wanted = test.get("metadataLocation")
    if wanted is None:
        return True
    exact = test.get("locationMatchingStrategy", "EXACT_LOCATION") != "INTERSECTING_LOCATION"
    if "spreadsheet" in wanted:
        return not exact or location["locationType"] == "SPREADSHEET"
    if "sheetId" in wanted:
        if exact:
            return bool(location.get("sheetId") == wanted["sheetId"])
        return bool(_sheet_id(item) == wanted["sheetId"])
    return bool(location.get("dimensionRange") == wanted.get("dimensionRange"))
