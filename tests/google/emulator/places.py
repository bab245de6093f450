"""Where cells are: A1 notation, GridRange, and the ranges that move when rows or columns come and go.

Refuses what lies outside a grid with Google's sentences.
"""

from __future__ import annotations

import re
from typing import Any

from tests.google.emulator.errors import ApiError, Refused, invalid
from tests.google.emulator.model import Document, Json, Sheet, Span

_CELL = re.compile(r"\$?([A-Za-z]{1,3})?\$?(\d{1,7})?")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}\d+")  # such a title has to be quoted: else it is a cell of the first sheet
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_of(name: str) -> int:
    """A -> 0."""
    total = 0
    for letter in name.upper():
        total = total * 26 + ord(letter) - 64
    return total - 1


def quoted(title: str) -> str:
    """A sheet's title as it stands in a range."""
    plain = _PLAIN_TITLE.fullmatch(title) and not _LIKE_A_CELL.fullmatch(title)
    return title if plain else "'" + title.replace("'", "''") + "'"


def a1(sheet: Sheet, span: Span) -> str:
    """A span as Google quotes it back; one cell without a colon."""
    first = f"{letters(span.left)}{span.top + 1}"
    last = f"{letters(span.right - 1)}{span.bottom}"
    return f"{quoted(sheet.title)}!{first}" + ("" if first == last else f":{last}")


def split_title(text: str) -> tuple[str | None, str | None]:
    """Title and cells of a range in A1 notation; None where there is none. ValueError for stray quotes."""
    if text.startswith("'"):
        found = re.match(r"'((?:[^']|'')*)'(?:!(.*))?$", text, re.DOTALL)
        if not found:
            raise ValueError(text)
        return found[1].replace("''", "'"), found[2]
    title, bang, cells = text.rpartition("!")
    if bang:
        return title, cells
    return None, text


def resolve(doc: Document, text: str) -> tuple[Sheet, Span]:
    """The sheet and cells that A1 notation (or a named range, or a title alone) means. ApiError 400 otherwise."""
    unparsed = invalid(f"Unable to parse range: {text}")
    try:
        title, cells = split_title(text)
    except ValueError:
        raise unparsed from None
    if title is None:
        return _without_title(doc, text, unparsed)
    sheet = doc.titled(title)
    if sheet is None:
        raise unparsed
    if not cells:
        if cells == "":
            raise unparsed
        return sheet, sheet.all
    return sheet, _span(sheet, cells, unparsed)


def _without_title(doc: Document, text: str, unparsed: ApiError) -> tuple[Sheet, Span]:
    for item in doc.named_ranges:
        if item["name"].casefold() == text.casefold():
            return grid(doc, item["range"])
    sheet = doc.titled(text)
    if sheet is not None and not _LIKE_A_CELL.fullmatch(text):
        return sheet, sheet.all
    return doc.sheets[0], _span(doc.sheets[0], text, unparsed)


def _span(sheet: Sheet, cells: str, unparsed: ApiError) -> Span:
    first, colon, last = cells.partition(":")
    start, end = _CELL.fullmatch(first), _CELL.fullmatch(last or first)
    if not start or not end or not first or (colon and not last):
        raise unparsed
    if not colon and not (start[1] and start[2]):
        raise unparsed
    top = int(start[2]) - 1 if start[2] else 0
    left = column_of(start[1]) if start[1] else 0
    bottom = int(end[2]) if end[2] else sheet.row_count
    right = column_of(end[1]) + 1 if end[1] else sheet.column_count
    top, bottom = (top, bottom) if top < bottom else (bottom - 1, top + 1)
    left, right = (left, right) if left < right else (right - 1, left + 1)
    if top < 0:
        raise unparsed
    span = Span(top, left, bottom, right)
    if bottom > sheet.row_count or right > sheet.column_count:
        raise invalid(beyond(sheet, span))
    return span


def beyond(sheet: Sheet, span: Span) -> str:
    """Google's sentence for a range outside the grid."""
    return (
        f"Range ({a1(sheet, span)}) exceeds grid limits. Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    )


def sheet_of(doc: Document, sheet_id: int | None) -> Sheet:
    """The sheet of an id; left out means 0, as in the API. Refused when there is none."""
    sheet = doc.sheet(sheet_id or 0)
    if sheet is None:
        raise Refused(f"No grid with id: {sheet_id or 0}")
    return sheet


def grid(doc: Document, place: Json) -> tuple[Sheet, Span]:
    """The cells of a GridRange; ends left out mean the grid's. Refused outside the grid."""
    sheet = sheet_of(doc, place.get("sheetId"))
    span = Span(
        place.get("startRowIndex", 0),
        place.get("startColumnIndex", 0),
        place.get("endRowIndex", sheet.row_count),
        place.get("endColumnIndex", sheet.column_count),
    )
    if span.top < 0 or span.left < 0:
        raise Refused(f"GridRange indices must not be negative: {place}")
    if span.bottom > sheet.row_count or span.right > sheet.column_count:
        raise Refused(beyond(sheet, span))
    if span.top >= span.bottom or span.left >= span.right:
        raise Refused(f"The range is empty: {place}")
    return sheet, span


def clamped(sheet: Sheet, place: Json) -> Span:
    """A GridRange that is already kept, cut to what the grid is now."""
    return Span(
        place.get("startRowIndex", 0),
        place.get("startColumnIndex", 0),
        min(place.get("endRowIndex", sheet.row_count), sheet.row_count),
        min(place.get("endColumnIndex", sheet.column_count), sheet.column_count),
    )


def moved(start: int, end: int, at: int, count: int) -> tuple[int, int] | None:
    """An interval after `count` indices came in at `at` (negative: went away from there). None when nothing is left."""
    if count > 0:
        return (start + count if start >= at else start), (end + count if end > at else end)
    gone = at - count

    def new(edge: int) -> int:
        return edge if edge <= at else max(at, edge + count) if edge >= gone else at

    first, last = new(start), new(end)
    return (first, last) if first < last else None


def moved_range(place: Json, dimension: str, at: int, count: int) -> Json | None:
    """A GridRange or DimensionRange after that. None when all of it went away."""
    if "dimension" in place:
        names = ("startIndex", "endIndex") if place["dimension"] == dimension else None
    else:
        names = ("startRowIndex", "endRowIndex") if dimension == "ROWS" else ("startColumnIndex", "endColumnIndex")
    if names is None or (names[0] not in place and names[1] not in place):
        return place
    found = moved(place.get(names[0], 0), place.get(names[1], 2**30), at, count)
    if found is None:
        return None
    ends = {name: value for name, value in zip(names, found, strict=True) if name in place}
    return {**place, **ends}


def each_range(value: Any, sheet_id: int, change: Any) -> Any:
    """An object of the API with every GridRange of the sheet put through `change` (None: taken out of lists)."""
    if isinstance(value, list):
        kept = [each_range(item, sheet_id, change) for item in value]
        return [item for item in kept if item is not None]
    if not isinstance(value, dict):
        return value
    if is_range(value):
        return change(value) if value.get("sheetId", 0) == sheet_id else value
    kept_items = {name: each_range(item, sheet_id, change) for name, item in value.items()}
    return {name: item for name, item in kept_items.items() if item is not None}


def is_range(value: Json) -> bool:
    """Whether a dict is a GridRange."""
    return (
        bool(value)
        and value.keys()
        <= {
            "sheetId",
            "startRowIndex",
            "endRowIndex",
            "startColumnIndex",
            "endColumnIndex",
        }
        and ("sheetId" in value or len(value) > 1)
    )
