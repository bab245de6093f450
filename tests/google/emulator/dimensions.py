"""Rows and columns that come, go and move, with everything that lies on them.

The objects of a sheet (merges, charts' sources, filters, metadata ...) keep pointing at the cells they pointed at.
"""

from __future__ import annotations

from tests.google.emulator import formula
from tests.google.emulator.model import EMPTY_ROW, Document, Json, Row, Sheet
from tests.google.emulator.places import each_range, moved_range

_LISTS = ("merges", "conditions", "protections", "filter_views", "bandings", "tables")


def insert(doc: Document, sheet: Sheet, dimension: str, at: int, count: int, *, inherit: bool = False) -> None:
    """Empty rows or columns before index `at`; `inherit` takes the formats of those before them."""
    if dimension == "ROWS":
        if at <= len(sheet.rows):
            sheet.rows[at:at] = [EMPTY_ROW] * count
        sheet.row_count += count
        sheet.row_sizes = _shifted(sheet.row_sizes, at, count)
    else:
        sheet.rows = [_with_columns(row, at, count) for row in sheet.rows]
        sheet.column_count += count
        sheet.column_sizes = _shifted(sheet.column_sizes, at, count)
    _move_objects(doc, sheet, dimension, at, count)
    if inherit and at > 0:
        _inherit(sheet, dimension, at, count)


def delete(doc: Document, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Take rows or columns out."""
    if dimension == "ROWS":
        del sheet.rows[start:end]
        sheet.row_count -= end - start
        sheet.row_sizes = _shifted(sheet.row_sizes, start, start - end)
    else:
        sheet.rows = [_without_columns(row, start, end) for row in sheet.rows]
        sheet.column_count -= end - start
        sheet.column_sizes = _shifted(sheet.column_sizes, start, start - end)
    _move_objects(doc, sheet, dimension, start, start - end)


def resize(doc: Document, sheet: Sheet, dimension: str, count: int) -> None:
    """A grid of another size: rows or columns come or go at its end."""
    old = sheet.row_count if dimension == "ROWS" else sheet.column_count
    if count > old:
        insert(doc, sheet, dimension, old, count - old)
    elif 0 < count < old:
        delete(doc, sheet, dimension, count, old)


def move(sheet: Sheet, dimension: str, start: int, end: int, to: int) -> None:
    """Rows or columns to another place; `to` is counted before they are taken out. Cells and sizes only."""
    count = end - start
    if dimension == "ROWS":
        sheet.rows.extend([EMPTY_ROW] * (sheet.row_count - len(sheet.rows)))
        taken = sheet.rows[start:end]
        del sheet.rows[start:end]
        target = to - count if to > start else to
        sheet.rows[target:target] = taken
        return
    order = [index for index in range(sheet.column_count) if not start <= index < end]
    target = to - count if to > start else to
    order[target:target] = range(start, end)
    new_place = {old: new for new, old in enumerate(order)}
    sheet.rows = [_reordered(row, order, new_place) for row in sheet.rows]
    sheet.column_sizes = {new_place[index]: item for index, item in sheet.column_sizes.items()}


def _reordered(row: Row, order: list[int], new_place: dict[int, int]) -> Row:
    values = [row.values[index] if index < len(row.values) else None for index in order]
    while values and values[-1] is None:
        values.pop()
    return Row(values, {new_place[index]: item for index, item in row.more.items()})


def _with_columns(row: Row, at: int, count: int) -> Row:
    values = row.values
    if at < len(values):
        values = [*values[:at], *[None] * count, *values[at:]]
    return Row(values, _shifted(row.more, at, count))


def _without_columns(row: Row, start: int, end: int) -> Row:
    values = row.values[:start] + row.values[end:]
    while values and values[-1] is None:
        values.pop()
    return Row(values, _shifted(row.more, start, start - end))


def _shifted(items: dict, at: int, count: int) -> dict:  # type: ignore[type-arg]
    if not items:
        return items
    if count >= 0:
        return {index + count if index >= at else index: item for index, item in items.items()}
    gone = at - count
    return {index + count if index >= gone else index: item for index, item in items.items() if not at <= index < gone}


def _inherit(sheet: Sheet, dimension: str, at: int, count: int) -> None:
    if dimension == "ROWS":
        looks = {c: m._replace(formula=None, note=None, runs=None) for c, m in sheet.row(at - 1).more.items()}
        for index in range(at, at + count) if looks else ():
            sheet.put_row(index, {column: (None, more.plain()) for column, more in looks.items()})
        return
    for index, row in enumerate(sheet.rows):
        if at - 1 in row.more:
            look = row.more[at - 1]._replace(formula=None, note=None, runs=None).plain()
            sheet.put_row(index, {at + step: (None, look) for step in range(count)})


def _move_objects(doc: Document, sheet: Sheet, dimension: str, at: int, count: int) -> None:
    def change(place: Json) -> Json | None:
        return moved_range(place, dimension, at, count)

    for name in _LISTS:
        kept = [each_range(item, sheet.id, change) for item in getattr(sheet, name)]
        setattr(sheet, name, [item for item in kept if item and _alive(name, item)])
    if sheet.basic_filter:
        moved_filter = each_range(sheet.basic_filter, sheet.id, change)
        sheet.basic_filter = moved_filter if moved_filter and "range" in moved_filter else None
    for other in doc.sheets:
        other.charts = [each_range(item, sheet.id, change) for item in other.charts]
    for chart in sheet.charts:
        _move_anchor(chart, "rowIndex" if dimension == "ROWS" else "columnIndex", at, count)
    doc.named_ranges = [
        item for item in (each_range(item, sheet.id, change) for item in doc.named_ranges) if "range" in item
    ]
    doc.metadata = [
        item for item in (_moved_metadata(item, sheet, dimension, at, count) for item in doc.metadata) if item
    ]
    formula.shift(doc, sheet, dimension, at, count)


def _move_anchor(chart: Json, name: str, at: int, count: int) -> None:
    anchor = chart["position"]["overlayPosition"].setdefault("anchorCell", {})
    if anchor.get(name, 0) >= at:
        anchor[name] = max(at, anchor.get(name, 0) + count)


def _alive(name: str, item: Json) -> bool:
    if name == "merges":
        rows, columns = item["endRowIndex"] - item["startRowIndex"], item["endColumnIndex"] - item["startColumnIndex"]
        return bool(rows * columns > 1)
    if name == "conditions":
        return bool(item.get("ranges"))
    return "range" in item or "tableId" in item or "namedRangeId" in item


def _moved_metadata(item: Json, sheet: Sheet, dimension: str, at: int, count: int) -> Json | None:
    place = item["location"].get("dimensionRange")
    if not place or place.get("sheetId", 0) != sheet.id:
        return item
    found = moved_range(place, dimension, at, count)
    return None if found is None else {**item, "location": {**item["location"], "dimensionRange": found}}
