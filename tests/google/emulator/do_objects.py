"""Requests about charts, tables, bandings and named ranges."""

from __future__ import annotations

import re
from typing import Any

from tests.google.emulator import masks
from tests.google.emulator.batch import Work, handles, need
from tests.google.emulator.do_rules import by_id, free_id
from tests.google.emulator.errors import ApiError, Refused
from tests.google.emulator.model import Failure, Json, Sheet, Span, shared
from tests.google.emulator.places import clamped, grid, sheet_of

# --- charts


@handles("addChart")
def add_chart(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "chart"))
    _check_spec(work, need(wanted, "spec"))
    position = wanted.get("position", {})
    if position.get("newSheet"):
        raise Refused("The emulator puts charts on sheets that exist.")
    sheet = _anchor(work, position)
    wanted["chartId"] = free_id(work, "charts", "chartId", wanted.get("chartId"), "embedded object")
    wanted["position"] = {"overlayPosition": _overlay(position.get("overlayPosition", {}))}
    sheet.charts.append(wanted)
    return {"chart": wanted}


def _anchor(work: Work, position: Json) -> Sheet:
    overlay = position.get("overlayPosition")
    if overlay is None:
        raise Refused("An overlayPosition (or newSheet) must be specified.")
    anchor = overlay.get("anchorCell", {})
    sheet = sheet_of(work.doc, anchor.get("sheetId"))
    if anchor.get("rowIndex", 0) >= sheet.row_count or anchor.get("columnIndex", 0) >= sheet.column_count:
        raise Refused("The anchor cell is outside the grid.")
    return sheet


def _overlay(overlay: Json) -> Json:
    return {"widthPixels": 600, "heightPixels": 371, **overlay}


def _check_spec(work: Work, spec: Json) -> None:
    """A basic chart without domains or series breaks Google's server; sources must lie on sheets that exist."""
    kinds = [name for name in spec if name.endswith("Chart")]
    if not kinds:
        raise Refused("A chart type must be specified.")
    basic = spec.get("basicChart")
    if basic is not None:
        if not basic.get("domains") or not basic.get("series"):
            raise ApiError(500, "Internal error encountered.")
        if "chartType" not in basic:
            raise Refused("basicChart.chartType must be specified.")
        _check_axes(basic)
    each_range_check(work, spec)


def _check_axes(basic: Json) -> None:
    """Values of a bar chart run along the bottom, of the others along a side."""
    allowed = {"BOTTOM_AXIS"} if basic["chartType"] == "BAR" else {"LEFT_AXIS", "RIGHT_AXIS"}
    for series in basic["series"]:
        axis = series.get("targetAxis", "BASIC_CHART_AXIS_POSITION_UNSPECIFIED")
        if axis != "BASIC_CHART_AXIS_POSITION_UNSPECIFIED" and axis not in allowed:
            raise Refused(f"Invalid targetAxis {axis} for a chart of type {basic['chartType']}.")


def each_range_check(work: Work, value: Any) -> None:
    """Refused when any GridRange inside is not on a grid."""
    if isinstance(value, list):
        for item in value:
            each_range_check(work, item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "sources":
                for place in item:
                    _check_source(work, place)
            else:
                each_range_check(work, item)


def _check_source(work: Work, place: Json) -> None:
    _, span = grid(work.doc, place)
    if span.bottom - span.top > 1 and span.right - span.left > 1:
        raise Refused("A source range must have a width or height of exactly 1.")


@handles("updateChartSpec")
def update_chart_spec(work: Work, body: Json) -> None:
    sheet, position = by_id(work, "charts", "chartId", body.get("chartId", 0), "chart")
    spec = need(body, "spec")
    _check_spec(work, spec)
    sheet.charts[position] = {**sheet.charts[position], "spec": spec}


@handles("updateEmbeddedObjectPosition")
def update_embedded_object_position(work: Work, body: Json) -> Json:
    sheet, index = by_id(work, "charts", "chartId", body.get("objectId", 0), "embedded object")
    wanted = body.get("newPosition", {})
    if "overlayPosition" not in wanted:
        raise Refused("The emulator moves charts over sheets only.")
    text = body.get("fields") or ""
    mask = {} if text == "*" else masks.for_update("OverlayPosition", text.replace("overlayPosition.", ""))
    chart = sheet.charts[index]
    old = chart["position"]["overlayPosition"]
    new = masks.update(old, wanted["overlayPosition"], mask)
    target = _anchor(work, {"overlayPosition": new})
    del sheet.charts[index]
    place = {"overlayPosition": _overlay(new)}
    target.charts.insert(index if target is sheet else len(target.charts), {**chart, "position": place})
    return {"position": place}


@handles("updateEmbeddedObjectBorder")
def update_embedded_object_border(work: Work, body: Json) -> None:
    sheet, index = by_id(work, "charts", "chartId", body.get("objectId", 0), "embedded object")
    sheet.charts[index] = {**sheet.charts[index], "border": body.get("border", {})}


@handles("deleteEmbeddedObject")
def delete_embedded_object(work: Work, body: Json) -> None:
    sheet, position = by_id(work, "charts", "chartId", body.get("objectId", 0), "embedded object")
    del sheet.charts[position]


# --- tables

_TABLE_NAME = re.compile(r"[^\W\d][\w ]*")


@handles("addTable")
def add_table(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "table"))
    sheet, span = grid(work.doc, need(wanted, "range"))
    work.guard(sheet, span)
    wanted["range"] = span.grid(sheet.id)
    wanted["tableId"] = wanted.get("tableId") or str(work.doc.new_id())
    tables = [item for other in work.doc.sheets for item in other.tables]
    if any(item["tableId"] == wanted["tableId"] for item in tables):
        raise Refused(f"A table with id {wanted['tableId']} already exists.")
    wanted.setdefault("name", f"Table{len(tables) + 1}")
    _check_table(work, sheet, span, wanted)
    _name_columns(sheet, span, wanted)
    sheet.tables.append(wanted)
    return {"table": wanted}


def _check_table(work: Work, sheet: Sheet, span: Span, wanted: Json) -> None:
    if span.bottom - span.top < 2:
        raise Refused("A table must have a header and at least one row.")
    others = [item for other in work.doc.sheets for item in other.tables if item["tableId"] != wanted["tableId"]]
    if any(item["name"].casefold() == wanted["name"].casefold() for item in others):
        raise Refused(f"A table with the name {wanted['name']} already exists.")
    if not _TABLE_NAME.fullmatch(wanted["name"]):
        raise Refused(f"Invalid table name: {wanted['name']}")
    here = [item for item in sheet.tables if item["tableId"] != wanted["tableId"]]
    if any(span.cut(clamped(sheet, item["range"])) for item in here):
        raise Refused("A table cannot overlap another table.")
    if any(span.cut(clamped(sheet, item["range"])) for item in sheet.bandings):
        raise Refused("You cannot add a table over a range that already has alternating background colors.")
    if any(span.cut(clamped(sheet, item)) for item in sheet.merges):
        raise Refused("A table cannot contain merged cells.")
    if sheet.basic_filter and span.cut(clamped(sheet, sheet.basic_filter["range"])):
        raise Refused("A table cannot overlap a filter.")


def _name_columns(sheet: Sheet, span: Span, table: Json) -> None:
    """Column names and header cells agree: names given are written, names left out are read or made up."""
    given = {item.get("columnIndex", 0): dict(item) for item in table.get("columnProperties", [])}
    if any(index >= span.right - span.left for index in given):
        raise Refused("columnProperties.columnIndex is outside the table.")
    names: set[str] = set()
    columns = []
    for index in range(span.right - span.left):
        item = given.get(index, {"columnIndex": index})
        value = sheet.value(span.top, span.left + index)
        text = value.code if isinstance(value, Failure) else "" if value is None else str(value)
        name = base = item.get("columnName") or text or f"Column {index + 1}"
        number = 2
        while name.casefold() in names:
            name, number = f"{base} {number}", number + 1
        names.add(name.casefold())
        if value != name:
            sheet.put(span.top, span.left + index, name, sheet.more(span.top, span.left + index)._replace(formula=None))
        columns.append({**item, "columnIndex": index, "columnName": name, "columnType": item.get("columnType", "TEXT")})
        _drop_down(sheet, span, index, columns[-1])
    table["columnProperties"] = columns


def _drop_down(sheet: Sheet, span: Span, index: int, column: Json) -> None:
    condition = column.get("dataValidationRule", {}).get("condition")
    if column["columnType"] == "DROPDOWN" and condition is None:
        raise Refused("A column of type DROPDOWN needs a dataValidationRule.")
    if condition is None:
        return
    if column["columnType"] != "DROPDOWN":
        raise Refused("dataValidationRule can only be set on columns of type DROPDOWN.")
    rule = shared({"condition": condition, "showCustomUi": True})
    for row in range(span.top + 1, span.bottom):
        more = sheet.more(row, span.left + index)
        sheet.put(row, span.left + index, sheet.value(row, span.left + index), more._replace(validation=rule))


@handles("updateTable")
def update_table(work: Work, body: Json) -> None:
    wanted = need(body, "table")
    mask = masks.for_update("Table", body.get("fields"))
    sheet, position = by_id(work, "tables", "tableId", wanted.get("tableId", ""), "table")
    new = masks.update(sheet.tables[position], wanted, mask, keep=("tableId",))
    other, span = grid(work.doc, need(new, "range"))
    if other is not sheet:
        raise Refused("A table cannot be moved to another sheet.")
    work.guard(sheet, span)
    new["range"] = span.grid(sheet.id)
    _check_table(work, sheet, span, new)
    kept = [item for item in new.get("columnProperties", []) if item.get("columnIndex", 0) < span.right - span.left]
    new["columnProperties"] = kept
    _name_columns(sheet, span, new)
    sheet.tables[position] = new


@handles("deleteTable")
def delete_table(work: Work, body: Json) -> None:
    """The values stay; the table's looks, and conditional formats that lie on it, go."""
    sheet, position = by_id(work, "tables", "tableId", body.get("tableId", ""), "table")
    span = clamped(sheet, sheet.tables[position]["range"])
    work.guard(sheet, span)
    del sheet.tables[position]
    for row, column, value, more in list(sheet.cells(span)):
        sheet.put(row, column, value, more._replace(format=None, validation=None).plain())
    sheet.conditions = [
        rule for rule in sheet.conditions if not any(span.cut(clamped(sheet, place)) for place in rule["ranges"])
    ]


# --- bandings and named ranges


@handles("addBanding")
def add_banding(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "bandedRange"))
    sheet, span = grid(work.doc, need(wanted, "range"))
    work.guard(sheet, span)
    held = [*sheet.bandings, *sheet.tables]
    if any(span.cut(clamped(sheet, item["range"])) for item in held):
        raise Refused(
            "You cannot add alternating background colors to a range that already has alternating background colors."
        )
    wanted["bandedRangeId"] = free_id(work, "bandings", "bandedRangeId", wanted.get("bandedRangeId"), "banded range")
    sheet.bandings.append(wanted)
    return {"bandedRange": wanted}


@handles("updateBanding")
def update_banding(work: Work, body: Json) -> None:
    wanted = need(body, "bandedRange")
    mask = masks.for_update("BandedRange", body.get("fields"))
    sheet, position = by_id(work, "bandings", "bandedRangeId", wanted.get("bandedRangeId", 0), "banded range")
    new = masks.update(sheet.bandings[position], wanted, mask, keep=("bandedRangeId",))
    grid(work.doc, need(new, "range"))
    sheet.bandings[position] = new


@handles("deleteBanding")
def delete_banding(work: Work, body: Json) -> None:
    sheet, position = by_id(work, "bandings", "bandedRangeId", body.get("bandedRangeId", 0), "banded range")
    del sheet.bandings[position]


@handles("addNamedRange")
def add_named_range(work: Work, body: Json) -> Json:
    wanted = dict(need(body, "namedRange"))
    sheet, _ = grid(work.doc, need(wanted, "range"))
    wanted["range"] = {"sheetId": sheet.id, **wanted["range"]}
    _check_name(work, wanted)
    taken = {item["namedRangeId"] for item in work.doc.named_ranges}
    wanted["namedRangeId"] = wanted.get("namedRangeId") or str(work.doc.new_id())
    if wanted["namedRangeId"] in taken:
        raise Refused(f"A named range with id {wanted['namedRangeId']} already exists.")
    work.doc.named_ranges.append(wanted)
    return {"namedRange": wanted}


def _check_name(work: Work, wanted: Json) -> None:
    name = wanted.get("name", "")
    if not re.fullmatch(r"[^\W\d]\w{0,249}", name) or re.fullmatch(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]\d*|true|false", name):
        raise Refused(f"Invalid name for a named range: {name}")
    for item in work.doc.named_ranges:
        if item["name"].casefold() == name.casefold() and item.get("namedRangeId") != wanted.get("namedRangeId"):
            raise Refused(f"A named range with the name {name} already exists.")


@handles("updateNamedRange")
def update_named_range(work: Work, body: Json) -> None:
    wanted = need(body, "namedRange")
    mask = masks.for_update("NamedRange", body.get("fields"))
    position = _named(work, wanted.get("namedRangeId", ""))
    new = masks.update(work.doc.named_ranges[position], wanted, mask, keep=("namedRangeId",))
    grid(work.doc, need(new, "range"))
    _check_name(work, new)
    work.doc.named_ranges[position] = new


@handles("deleteNamedRange")
def delete_named_range(work: Work, body: Json) -> None:
    del work.doc.named_ranges[_named(work, body.get("namedRangeId", ""))]


def _named(work: Work, wanted: str) -> int:
    for position, item in enumerate(work.doc.named_ranges):
        if item["namedRangeId"] == wanted:
            return position
    raise Refused(f"No named range with id: {wanted}")
