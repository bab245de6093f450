"""`spreadsheets.values`: reading ranges as rows of plain values, and writing them the way people type.

Rows and columns that are empty at the end are left out, as Google leaves them out; gaps inside are empty strings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.google.emulator import contrary
from tests.google.emulator.batch import Work
from tests.google.emulator.do_metadata import area_of, matching
from tests.google.emulator.errors import ApiError, Refused, invalid
from tests.google.emulator.formula import broken, recalculate, wrong_separator
from tests.google.emulator.model import MAX_TEXT, Failure, Json, More, Sheet, Span, number, shared, trimmed
from tests.google.emulator.places import a1, beyond, resolve
from tests.google.emulator.rendering import is_date_format, shown, typed

Render = Callable[[Any, More], Any]


def get(work: Work, text: str, query: Json) -> Json:
    """The ValueRange of a range in A1 notation."""
    sheet, span = resolve(work.doc, text)
    return value_range(work, sheet, span, query)


def value_range(work: Work, sheet: Sheet, span: Span, query: Json) -> Json:
    """The ValueRange of cells; `values` is left out where all are empty."""
    major = query.get("majorDimension", "ROWS")
    rows = _rows(work, sheet, span, query)
    while rows and not rows[-1]:
        rows.pop()
    if major == "COLUMNS":
        width = max((len(row) for row in rows), default=0)
        rows = [trimmed(row[column] if column < len(row) else "" for row in rows) for column in range(width)]
    found = {"range": a1(sheet, span), "majorDimension": "COLUMNS" if major == "COLUMNS" else "ROWS"}
    found = {**found, "values": rows} if rows else found
    return contrary.values(work.contrary, found, span.bottom - span.top, span.right - span.left)


def _rows(work: Work, sheet: Sheet, span: Span, query: Json) -> list[list[Any]]:
    option = query.get("valueRenderOption", "FORMATTED_VALUE")
    serial = query.get("dateTimeRenderOption", "SERIAL_NUMBER") != "FORMATTED_STRING"
    rows = sheet.rows[span.top : span.bottom]
    if option == "UNFORMATTED_VALUE" and serial:
        return [_plain(row.values[span.left : span.right]) for row in rows]
    render = _render(option, work.doc.locale, serial=serial)
    return [
        trimmed(
            render(row.values[column] if column < len(row.values) else None, row.more.get(column, More()))
            for column in range(span.left, min(span.right, max(len(row.values), max(row.more, default=-1) + 1)))
        )
        for row in rows
    ]


def _plain(values: list[Any]) -> list[Any]:
    found = ["" if value is None else value.long() if type(value) is Failure else value for value in values]
    while found and found[-1] == "":
        found.pop()
    return found


def _render(option: str, locale: str, *, serial: bool) -> Render:
    def unformatted(value: Any, more: More) -> Any:
        if value is None:
            return ""
        if isinstance(value, Failure):
            return value.long()
        if not serial and is_date_format(more.format) and not isinstance(value, (str, bool)):
            return shown(value, more.format, locale)
        return value

    def formula(value: Any, more: More) -> Any:
        return more.formula if more.formula is not None else unformatted(value, more)

    def formatted(value: Any, more: More) -> Any:
        return shown(value, more.format, locale)

    return {"UNFORMATTED_VALUE": unformatted, "FORMULA": formula}.get(option, formatted)


def update(work: Work, body: Json, option: str | None, text: str | None = None) -> Json:
    """Write a ValueRange; null cells are skipped, empty text clears. The UpdateValuesResponse."""
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")
    wanted = text or body.get("range", "")
    if text and body.get("range") and body["range"] != text:
        raise invalid(f"Requested writing within range [{text}], but tried writing to range [{body['range']}]")
    sheet, span = resolve(work.doc, wanted)
    rows = _by_rows(body)
    _check_fit(sheet, span, rows, wanted)
    written = _write(work, sheet, (span.top, span.left), rows, option)
    recalculate(work.doc)
    return _response(work, sheet, span, rows, written)


def _by_rows(body: Json) -> list[list[Any]]:
    rows: list[list[Any]] = body.get("values", [])
    if body.get("majorDimension") != "COLUMNS":
        return rows
    height = max((len(column) for column in rows), default=0)
    return [[column[row] if row < len(column) else None for column in rows] for row in range(height)]


def _check_fit(sheet: Sheet, span: Span, rows: list[list[Any]], text: str) -> None:
    width = max((len(row) for row in rows), default=0)
    single = span.bottom - span.top == 1 and span.right - span.left == 1 and ":" not in text
    if single:
        target = Span(span.top, span.left, span.top + len(rows), span.left + width)
        if target.bottom > sheet.row_count or target.right > sheet.column_count:
            raise invalid(beyond(sheet, target))
    elif len(rows) > span.bottom - span.top:
        raise invalid(
            f"Requested writing within range [{a1(sheet, span)}], but tried writing to row [{span.bottom + 1}]"
        )
    elif width > span.right - span.left:
        raise invalid(
            f"Requested writing within range [{a1(sheet, span)}], but tried writing to column [{span.right + 1}]"
        )


def _write(work: Work, sheet: Sheet, corner: tuple[int, int], rows: list[list[Any]], option: str) -> int:
    top, left = corner
    width = max((len(row) for row in rows), default=0)
    if rows and width:
        try:
            work.guard(sheet, Span(top, left, top + len(rows), left + width))
        except Refused as refused:
            raise invalid(str(refused)) from None
    count = 0
    for index, row in enumerate(rows, top):
        cells = {}
        for column, value in enumerate(row, left):
            if value is not None:
                cells[column] = _entered(work, value, sheet.more(index, column), option)
        if cells:
            sheet.put_row(index, cells)
            count += len(cells)
    return count


def _entered(work: Work, value: Any, more: More, option: str) -> tuple[Any, More]:
    more = more._replace(formula=None, live=False)
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise invalid(f"Your input contains more than the maximum of {MAX_TEXT} characters in a single cell.")
    if not isinstance(value, str):
        return (value if isinstance(value, bool) else number(value)), more
    if option == "RAW":
        return (value or None), more
    if value.startswith("=") and len(value) > 1:
        if wrong_separator(value, work.doc.locale) or broken(value):
            return Failure("ERROR", "#ERROR!", "Formula parse error."), more._replace(formula=value)
        return Failure("LOADING", "#LOADING!"), more._replace(formula=value, live=True)
    found, looks = typed(value, work.doc.locale)
    if looks and not (more.format or {}).get("numberFormat"):
        more = more._replace(format=shared({**(more.format or {}), **looks}))
    return (None if found == "" else found), more


def _response(work: Work, sheet: Sheet, span: Span, rows: list[list[Any]], written: int) -> Json:
    width = max((len(row) for row in rows), default=0)
    area = Span(span.top, span.left, span.top + max(len(rows), 1), span.left + max(width, 1))
    found: Json = {"spreadsheetId": work.doc.id, "updatedRange": a1(sheet, area)}
    if written:
        found |= {"updatedRows": len(rows), "updatedColumns": width, "updatedCells": written}
    return found


def batch_update(work: Work, body: Json) -> Json:
    """Several ValueRanges at once."""
    answers = [_nth(work, index, item, body) for index, item in enumerate(body.get("data", []))]
    totals = {
        f"totalUpdated{name}": sum(item.get(f"updated{name}", 0) for item in answers)
        for name in ("Rows", "Columns", "Cells")
    }
    totals["totalUpdatedSheets"] = len({item["updatedRange"].rpartition("!")[0] for item in answers})
    return {"spreadsheetId": work.doc.id, **totals, "responses": answers}


def _nth(work: Work, index: int, item: Json, body: Json) -> Json:
    try:
        return update(work, item, body.get("valueInputOption"))
    except ApiError as error:
        raise invalid(f"Invalid data[{index}]: {error.message}") from None


def append(work: Work, text: str, body: Json, query: Json) -> Json:
    """Rows below the table that the range touches; the grid grows. Twice sent is twice there: not for us to use."""
    sheet, span = resolve(work.doc, text)
    option = query.get("valueInputOption")
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")
    rows = _by_rows(body)
    last = next((index for index in range(len(sheet.rows) - 1, -1, -1) if sheet.rows[index].values), -1)
    top = last + 1 if last >= span.top else span.top
    sheet.row_count = max(sheet.row_count, top + len(rows))
    written = _write(work, sheet, (top, span.left), rows, option)
    recalculate(work.doc)
    place = Span(top, span.left, top + 1, span.left + 1)
    updates = _response(work, sheet, place, rows, written)
    found: Json = {"spreadsheetId": work.doc.id, "updates": updates}
    if last >= span.top:
        width = max(len(row.values) for row in sheet.rows[: last + 1])
        found["tableRange"] = a1(sheet, Span(span.top, span.left, last + 1, max(width, span.left + 1)))
    return found


def clear(work: Work, texts: list[str]) -> list[str]:
    """Take the values of ranges out; formats stay. The ranges cleared."""
    cleared = []
    for text in texts:
        sheet, span = resolve(work.doc, text)
        work.guard(sheet, span)
        for index in range(span.top, min(span.bottom, len(sheet.rows))):
            row = sheet.rows[index]
            cells = {
                column: (None, row.more.get(column, More())._replace(formula=None, live=False))
                for column in range(span.left, min(span.right, len(row.values)))
            }
            sheet.put_row(index, cells)
        cleared.append(a1(sheet, span))
    return cleared


def by_filters(work: Work, filters: list[Json], query: Json) -> list[Json]:
    """The MatchedValueRanges of data filters."""
    found: dict[tuple[int, Span], Json] = {}
    for test in filters:
        for sheet, span in areas(work, [test]):
            item = found.setdefault(
                (sheet.id, span), {"valueRange": value_range(work, sheet, span, query), "dataFilters": []}
            )
            item["dataFilters"].append(test)
    return list(found.values())


def areas(work: Work, filters: list[Json]) -> list[tuple[Sheet, Span]]:
    """The cells that data filters mean: ranges, and whole sheets, rows or columns with matching metadata."""
    found = []
    for test in filters:
        area = area_of(work.doc, test)
        if area is not None:
            found.append(area)
            continue
        for item in matching(work.doc, [test], work.project):
            found.extend(_located(work, item["location"]))
    return found


def _located(work: Work, location: Json) -> list[tuple[Sheet, Span]]:
    if location["locationType"] == "SPREADSHEET":
        return [(sheet, sheet.all) for sheet in work.doc.sheets]
    place = location.get("dimensionRange")
    sheet = work.doc.sheet(location["sheetId"] if place is None else place["sheetId"])
    if sheet is None:
        return []
    if place is None:
        return [(sheet, sheet.all)]
    if place["dimension"] == "ROWS":
        return [(sheet, Span(place["startIndex"], 0, place["endIndex"], sheet.column_count))]
    return [(sheet, Span(0, place["startIndex"], sheet.row_count, place["endIndex"]))]
