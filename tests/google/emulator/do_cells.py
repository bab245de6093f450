"""Requests that write cells: updateCells, repeatCell, appendCells, copyPaste, validation, merges, sorting, borders."""

from __future__ import annotations

from functools import cmp_to_key
from typing import Any

from tests.google.emulator import cellwork, masks
from tests.google.emulator.batch import Work, handles, need
from tests.google.emulator.errors import Refused
from tests.google.emulator.model import NOTHING, Failure, Json, More, Row, Sheet, Span, shared
from tests.google.emulator.places import clamped, grid, sheet_of

Cells = dict[int, tuple[Any, More | None]]


@handles("updateCells")
def update_cells(work: Work, body: Json) -> None:
    write = cellwork.writer(body.get("fields"), work.doc.locale)
    rows = body.get("rows", [])
    if "range" in body:
        sheet, span = grid(work.doc, body["range"])
        _fits(rows, span)
    else:
        sheet, span = _from_start(work, need(body, "start"), rows)
    if span.top >= span.bottom or span.left >= span.right:
        return
    work.guard(sheet, span)
    whole = "range" in body
    for index in range(span.top, span.bottom):
        place = index - span.top
        cells = rows[place].get("values", []) if place < len(rows) else []
        row = sheet.row(index)
        if not cells and not (whole and (row.values or row.more)):
            continue
        width = span.right - span.left if whole else len(cells)
        _write_row(sheet, index, span.left, cells + [{}] * (width - len(cells)), write)


def _write_row(sheet: Sheet, index: int, left: int, cells: list[Json], write: cellwork.Writer) -> None:
    row = sheet.row(index)
    values, more = row.values, row.more
    found: Cells = {}
    for column, cell in enumerate(cells, left):
        value = values[column] if column < len(values) else None
        found[column] = write(value, more.get(column, NOTHING), cell)
    sheet.put_row(index, found)


def _fits(rows: list[Json], span: Span) -> None:
    if len(rows) > span.bottom - span.top:
        raise Refused(f"Attempting to write row: {span.bottom}, beyond the last requested row of: {span.bottom - 1}")
    for row in rows:
        if len(row.get("values", [])) > span.right - span.left:
            last = span.right - 1
            raise Refused(f"Attempting to write column: {span.right}, beyond the last requested column of: {last}")


def _from_start(work: Work, start: Json, rows: list[Json]) -> tuple[Sheet, Span]:
    sheet = sheet_of(work.doc, start.get("sheetId"))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    width = max((len(row.get("values", [])) for row in rows), default=0)
    span = Span(top, left, top + len(rows), left + width)
    if top >= sheet.row_count or left >= sheet.column_count:
        raise Refused(f"GridCoordinate {start} is outside the grid of {sheet.row_count} x {sheet.column_count}")
    if span.bottom > sheet.row_count:
        raise Refused(f"Attempting to write row: {sheet.row_count}, beyond the last row of: {sheet.row_count - 1}")
    if span.right > sheet.column_count:
        last = sheet.column_count - 1
        raise Refused(f"Attempting to write column: {sheet.column_count}, beyond the last column of: {last}")
    return sheet, span


@handles("repeatCell")
def repeat_cell(work: Work, body: Json) -> None:
    write = cellwork.writer(body.get("fields"), work.doc.locale)
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    cells = [body.get("cell", {})] * (span.right - span.left)
    for index in range(span.top, span.bottom):
        _write_row(sheet, index, span.left, cells, write)


@handles("appendCells")
def append_cells(work: Work, body: Json) -> None:
    sheet = sheet_of(work.doc, body.get("sheetId"))
    write = cellwork.writer(body.get("fields"), work.doc.locale)
    top = sheet.used()[0]
    rows = body.get("rows", [])
    sheet.row_count = max(sheet.row_count, top + len(rows))
    width = max((len(row.get("values", [])) for row in rows), default=0)
    if width > sheet.column_count:
        last = sheet.column_count - 1
        raise Refused(f"Attempting to write column: {last + 1}, beyond the last requested column of: {last}")
    work.guard(sheet, Span(top, 0, top + len(rows), max(width, 1)))
    work.guard_size()
    for place, row in enumerate(rows):
        _write_row(sheet, top + place, 0, row.get("values", []), write)


@handles("copyPaste")
def copy_paste(work: Work, body: Json) -> None:
    source_sheet, source = grid(work.doc, need(body, "source"))
    sheet, wanted = grid(work.doc, need(body, "destination"))
    kind = body.get("pasteType", "PASTE_NORMAL")
    height, width = source.bottom - source.top, source.right - source.left
    taken = [
        [(source_sheet.value(r, c), source_sheet.more(r, c)) for c in range(source.left, source.right)]
        for r in range(source.top, source.bottom)
    ]
    if body.get("pasteOrientation") == "TRANSPOSE":
        taken = [list(line) for line in zip(*taken, strict=True)]
        height, width = width, height
    rows, columns = wanted.bottom - wanted.top, wanted.right - wanted.left
    target = Span(
        wanted.top,
        wanted.left,
        wanted.top + (rows if rows % height == 0 else height),
        wanted.left + (columns if columns % width == 0 else width),
    )
    if target.bottom > sheet.row_count or target.right > sheet.column_count:
        raise Refused("The paste would reach beyond the grid.")
    work.guard(sheet, target)
    for index in range(target.top, target.bottom):
        line = taken[(index - target.top) % height]
        cells: Cells = {}
        for column in range(target.left, target.right):
            old = sheet.value(index, column), sheet.more(index, column)
            cells[column] = _pasted(kind, old, line[(column - target.left) % width])
        sheet.put_row(index, cells)
    if kind in {"PASTE_NORMAL", "PASTE_FORMAT", "PASTE_CONDITIONAL_FORMATTING", "PASTE_NO_BORDERS"}:
        _paste_conditions(source_sheet, source, sheet, target)
    if kind in {"PASTE_NORMAL", "PASTE_FORMAT"}:
        _paste_merges(source_sheet, source, sheet, target)


def _paste_merges(source_sheet: Sheet, source: Span, sheet: Sheet, target: Span) -> None:
    found = [clamped(source_sheet, item) for item in source_sheet.merges]
    inside = [span for span in found if span.cut(source) == span]
    sheet.merges = [item for item in sheet.merges if not target.cut(clamped(sheet, item))]
    sheet.merges += [_shifted(span, source, target).grid(sheet.id) for span in inside]


def _shifted(span: Span, source: Span, target: Span) -> Span:
    down, right = target.top - source.top, target.left - source.left
    return Span(span.top + down, span.left + right, span.bottom + down, span.right + right)


def _paste_conditions(source_sheet: Sheet, source: Span, sheet: Sheet, target: Span) -> None:
    """The target's own rules are cut out there; the source's reach there too."""
    pasted = []
    for rule in source_sheet.conditions:
        common = [source.cut(clamped(source_sheet, place)) for place in rule["ranges"]]
        ranges = [_shifted(span, source, target).grid(sheet.id) for span in common if span]
        if ranges:
            pasted.append({**rule, "ranges": ranges})
    kept = []
    for rule in sheet.conditions:
        if any(target.cut(clamped(sheet, place)) for place in rule["ranges"]):
            left = [part for place in rule["ranges"] for part in clamped(sheet, place).minus(target)]
            if left:
                kept.append({**rule, "ranges": [part.grid(sheet.id) for part in left]})
        else:
            kept.append(rule)
    sheet.conditions = kept + pasted


def _pasted(kind: str, old: tuple[Any, More], new: tuple[Any, More]) -> tuple[Any, More]:
    (old_value, had), (value, more) = old, new
    if kind in {"PASTE_NORMAL", "PASTE_NO_BORDERS"}:
        return value, more
    if kind == "PASTE_VALUES":
        return value, had._replace(formula=None, live=False)
    if kind == "PASTE_FORMULA":
        return value, had._replace(formula=more.formula, live=more.live)
    if kind == "PASTE_FORMAT":
        return old_value, had._replace(format=more.format)
    if kind == "PASTE_DATA_VALIDATION":
        return old_value, had._replace(validation=more.validation)
    return old_value, had


@handles("setDataValidation")
def set_data_validation(work: Work, body: Json) -> None:
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    rule = cellwork.check_validation(body.get("rule"), work.doc.locale)
    for index in range(span.top, span.bottom):
        if rule is None and not sheet.row(index).more:
            continue
        cells: Cells = {
            column: (sheet.value(index, column), sheet.more(index, column)._replace(validation=rule))
            for column in range(span.left, span.right)
        }
        sheet.put_row(index, cells)


@handles("mergeCells")
def merge_cells(work: Work, body: Json) -> None:
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    kind = body.get("mergeType", "MERGE_ALL")
    if kind == "MERGE_ROWS":
        parts = [Span(row, span.left, row + 1, span.right) for row in range(span.top, span.bottom)]
    elif kind == "MERGE_COLUMNS":
        parts = [Span(span.top, column, span.bottom, column + 1) for column in range(span.left, span.right)]
    else:
        parts = [span]
    for part in parts:
        _merge(sheet, part)


def _merge(sheet: Sheet, span: Span) -> None:
    for old in list(sheet.merges):
        common = span.cut(clamped(sheet, old))
        if common and common != clamped(sheet, old):
            raise Refused("You must select all cells in a merged range to merge or unmerge them.")
        if common:
            sheet.merges.remove(old)
    if (span.bottom - span.top) * (span.right - span.left) == 1:
        return
    frozen = sheet.properties.get("gridProperties", {})
    rows, columns = frozen.get("frozenRowCount", 0), frozen.get("frozenColumnCount", 0)
    if span.top < rows < span.bottom or span.left < columns < span.right:
        raise Refused("You can't merge frozen and non-frozen rows or columns.")
    first = True
    for row, column, value, more in list(sheet.cells(span)):
        if value is not None and not first:
            sheet.put(row, column, None, more._replace(formula=None, live=False))
        first = False
    sheet.merges.append(span.grid(sheet.id))


@handles("unmergeCells")
def unmerge_cells(work: Work, body: Json) -> None:
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    for old in list(sheet.merges):
        common = span.cut(clamped(sheet, old))
        if common and common != clamped(sheet, old):
            raise Refused("You must select all cells in a merged range to merge or unmerge them.")
        if common:
            sheet.merges.remove(old)


@handles("sortRange")
def sort_range(work: Work, body: Json) -> None:
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    if any(span.cut(clamped(sheet, item)) for item in sheet.merges):
        raise Refused("You can't sort a range that contains merged cells.")
    sort_cells(sheet, span, need(body, "sortSpecs"))


def sort_cells(sheet: Sheet, span: Span, specs: list[Json]) -> None:
    """Order the rows of a span by its columns: numbers, then text, then logical, empty ones always last."""
    rows = [
        [(sheet.value(row, column), sheet.more(row, column)) for column in range(span.left, span.right)]
        for row in range(span.top, span.bottom)
    ]

    def compare(one: list[Any], other: list[Any]) -> int:
        for spec in specs:
            at = spec.get("dimensionIndex", 0) - span.left
            if not 0 <= at < span.right - span.left:
                raise Refused(f"Sort column {spec.get('dimensionIndex', 0)} is outside the range.")
            found = _order(one[at][0], other[at][0], descending=spec.get("sortOrder") == "DESCENDING")
            if found:
                return found
        return 0

    rows.sort(key=cmp_to_key(compare))
    for index, line in enumerate(rows, span.top):
        sheet.put_row(index, dict(enumerate(line, span.left)))


def _order(one: Any, other: Any, *, descending: bool) -> int:
    if one is None or other is None:
        return (one is None) - (other is None)
    first, second = _sort_key(one), _sort_key(other)
    found = (first > second) - (first < second)
    return -found if descending else found


def _sort_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 2, value
    if isinstance(value, (int, float)):
        return 0, value
    if isinstance(value, Failure):
        return 3, value.code
    return 1, str(value).casefold()


@handles("updateBorders")
def update_borders(work: Work, body: Json) -> None:
    sheet, span = grid(work.doc, need(body, "range"))
    work.guard(sheet, span)
    for row, column, value, more in list(sheet.cells(span)):
        sides = {
            "top": "top" if row == span.top else "innerHorizontal",
            "bottom": "bottom" if row == span.bottom - 1 else "innerHorizontal",
            "left": "left" if column == span.left else "innerVertical",
            "right": "right" if column == span.right - 1 else "innerVertical",
        }
        borders = dict((more.format or {}).get("borders", {}))
        borders |= {side: body[name] for side, name in sides.items() if name in body}
        borders = {side: item for side, item in borders.items() if item.get("style") != "NONE"}
        looks = masks.update(more.format or {}, {"borders": borders} if borders else {}, {"borders": {}})
        sheet.put(row, column, value, more._replace(format=shared(looks)))


def put_values(sheet: Sheet, top: int, rows: list[list[Any]]) -> None:
    """Plain values, whole rows at once (for loading)."""
    sheet.rows[top : top + len(rows)] = [Row(line, {}) for line in rows]
