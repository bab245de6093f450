"""Requests about rows and columns: insert, append, delete, move, properties; ranges that shift cells."""

from __future__ import annotations

from tests.google.emulator import dimensions, masks
from tests.google.emulator.batch import Work, handles, need
from tests.google.emulator.errors import Refused
from tests.google.emulator.model import MAX_COLUMNS, Json, Sheet, Span
from tests.google.emulator.places import sheet_of


def _interval(work: Work, place: Json, *, inserting: bool = False) -> tuple[Sheet, str, int, int]:
    sheet = sheet_of(work.doc, place.get("sheetId"))
    dimension = place.get("dimension", "")
    if dimension not in {"ROWS", "COLUMNS"}:
        raise Refused("A dimension must be specified.")
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    start, end = place.get("startIndex", 0), place.get("endIndex", count)
    if start < 0 or start >= end:
        raise Refused(f"range.startIndex[{start}] must be less than range.endIndex[{end}].")
    if inserting and start > count:
        raise Refused(
            f"range.startIndex[{start}] must be less than the grid size ({count}) if inheritFromBefore is false."
        )
    if not inserting and end > count:
        raise Refused(f"Cannot reach index {end}: there are only {count} {dimension.lower()}.")
    return sheet, dimension, start, end


def _span(sheet: Sheet, dimension: str, start: int, end: int) -> Span:
    if dimension == "ROWS":
        return Span(start, 0, end, sheet.column_count)
    return Span(0, start, sheet.row_count, end)


@handles("insertDimension")
def insert_dimension(work: Work, body: Json) -> None:
    sheet, dimension, start, end = _interval(work, need(body, "range"), inserting=True)
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    inherit = body.get("inheritFromBefore", False)
    if inherit and start == 0:
        raise Refused("inheritFromBefore cannot be true when inserting at the beginning.")
    if not inherit and start >= count:
        raise Refused(
            f"range.startIndex[{start}] must be less than the grid size ({count}) if inheritFromBefore is false."
        )
    work.guard(sheet, _span(sheet, dimension, min(start, count - 1), min(start, count - 1) + 1))
    dimensions.insert(work.doc, sheet, dimension, start, end - start, inherit=inherit)
    _guard_grid(work, sheet)


def _guard_grid(work: Work, sheet: Sheet) -> None:
    if sheet.column_count > MAX_COLUMNS:
        raise Refused(f"You can't have more than {MAX_COLUMNS} columns.")
    work.guard_size()


@handles("appendDimension")
def append_dimension(work: Work, body: Json) -> None:
    sheet = sheet_of(work.doc, body.get("sheetId"))
    dimension, length = need(body, "dimension"), body.get("length", 0)
    if length < 1:
        raise Refused("The length must be at least 1.")
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    work.guard(sheet, _span(sheet, dimension, count - 1, count))
    dimensions.insert(work.doc, sheet, dimension, count, length, inherit=True)
    _guard_grid(work, sheet)


@handles("deleteDimension")
def delete_dimension(work: Work, body: Json) -> None:
    sheet, dimension, start, end = _interval(work, need(body, "range"))
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if end - start >= count:
        raise Refused(f"You can't delete all the {dimension.lower()} on the sheet.")
    frozen = sheet.properties.get("gridProperties", {}).get(
        "frozenRowCount" if dimension == "ROWS" else "frozenColumnCount", 0
    )
    inside = max(0, min(end, frozen) - start)
    if frozen and count - (end - start) <= frozen - inside:
        raise Refused(f"Sorry, it is not possible to delete all non-frozen {dimension.lower()}.")
    work.guard(sheet, _span(sheet, dimension, start, end))
    dimensions.delete(work.doc, sheet, dimension, start, end)
    if inside:
        grid = sheet.properties["gridProperties"]
        grid["frozenRowCount" if dimension == "ROWS" else "frozenColumnCount"] = frozen - inside


@handles("moveDimension")
def move_dimension(work: Work, body: Json) -> None:
    sheet, dimension, start, end = _interval(work, need(body, "source"))
    to = body.get("destinationIndex", 0)
    count = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if start < to < end or not 0 <= to <= count:
        raise Refused(f"Cannot move {dimension.lower()} {start}-{end} to {to}.")
    work.guard(sheet, _span(sheet, dimension, start, end))
    dimensions.move(sheet, dimension, start, end, to)


@handles("updateDimensionProperties")
def update_dimension_properties(work: Work, body: Json) -> None:
    sheet, dimension, start, end = _interval(work, need(body, "range"))
    mask = masks.for_update("DimensionProperties", body.get("fields"))
    work.guard(sheet, _span(sheet, dimension, start, end))
    wanted = body.get("properties", {})
    if wanted.get("pixelSize", 1) < 0:
        raise Refused("pixelSize must not be negative.")
    sizes = sheet.row_sizes if dimension == "ROWS" else sheet.column_sizes
    for index in range(start, end):
        new = masks.update(sizes.get(index, {}), wanted, mask)
        if new:
            sizes[index] = new
        else:
            sizes.pop(index, None)


@handles("autoResizeDimensions")
def auto_resize_dimensions(work: Work, body: Json) -> None:
    """Accepted without effect: there are no fonts here to measure with."""
    _interval(work, need(body, "dimensions"))


@handles("insertRange")
def insert_range(work: Work, body: Json) -> None:
    _shift_cells(work, body, inserting=True)


@handles("deleteRange")
def delete_range(work: Work, body: Json) -> None:
    _shift_cells(work, body, inserting=False)


def _shift_cells(work: Work, body: Json, *, inserting: bool) -> None:
    from tests.google.emulator.places import grid

    sheet, span = grid(work.doc, need(body, "range"))
    dimension = need(body, "shiftDimension")
    down = dimension == "ROWS"
    area = Span(
        span.top, span.left, sheet.row_count if down else span.bottom, span.right if down else sheet.column_count
    )
    work.guard(sheet, area)
    step_rows, step_columns = (span.bottom - span.top, 0) if down else (0, span.right - span.left)
    sign = -1 if inserting else 1
    taken = {(row, column): (value, more) for row, column, value, more in sheet.cells(_used(sheet, area))}
    for row, column, _, _ in list(sheet.cells(_grown(sheet, area, step_rows, step_columns))):
        source = row + sign * step_rows, column + sign * step_columns
        inside = source[0] >= span.top and source[1] >= span.left
        value, more = taken.get(source, (None, None)) if inside else (None, None)
        sheet.put(row, column, value, more)


def _used(sheet: Sheet, area: Span) -> Span:
    return Span(area.top, area.left, max(area.top, min(area.bottom, len(sheet.rows))), area.right)


def _grown(sheet: Sheet, area: Span, rows: int, columns: int) -> Span:
    used = _used(sheet, area)
    return Span(used.top, used.left, min(area.bottom, used.bottom + rows), min(area.right, used.right + columns))
