"""What stood in a tab of people's in the very moment of our write: a copy that the write itself makes, looked at afterwards.

Sheets v4 has no write guard: rows may move between our last look and our write. Where the copy differs from what we had
seen, all that the batch did to cells of that tab is taken back, and the run begins anew. Pure: it sends nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google.rows import differs
from sheets_crm.books.google.shape import MARK, STAGING

Json = dict[str, Any]
Rows = Sequence[Sequence[Any]]

FIELDS = "sheets(properties(sheetId),data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue))))"
_MORE_ROWS, _MORE_COLUMNS = 100, 20  # room for what somebody inserts meanwhile
_VALUE = "userEnteredValue"
_TYPED = ("stringValue", "numberValue", "boolValue")
_ORDER = {bool: 2, str: 1}


def title_of(number: int) -> str:
    """What a hidden sheet of ours is called."""
    return f"sheets-crm {number}"


def size_of(grid: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the copy of a sheet of this size."""
    return grid[0] + _MORE_ROWS, grid[1] + _MORE_COLUMNS


def hidden_sheet(number: int, size: tuple[int, int]) -> Iterator[Json]:
    """A hidden sheet that is known as ours to throw away."""
    grid = {"rowCount": size[0], "columnCount": size[1]}
    properties = {"sheetId": number, "title": title_of(number), "hidden": True, "gridProperties": grid}
    yield {"addSheet": {"properties": properties}}
    metadata = {
        "metadataId": number, "metadataKey": MARK, "metadataValue": json.dumps({"tab": STAGING, "sheet": number}),
        "location": {"sheetId": number}, "visibility": "DOCUMENT",
    }  # fmt: skip
    yield {"createDeveloperMetadata": {"developerMetadata": metadata}}


def copied(sheet: int, grid: tuple[int, int], copy: int) -> Iterator[Json]:
    """The whole of a sheet as it stands when the batch comes to this."""
    yield from hidden_sheet(copy, size_of(grid))
    corner = {"sheetId": copy, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
    yield {"copyPaste": {"source": {"sheetId": sheet}, "destination": corner, "pasteType": "PASTE_NORMAL"}}


def cells_of(answer: Mapping[str, Any], sheet: int) -> list[list[Json]] | None:
    """The cells of a sheet in an answer with FIELDS; None: it is not there."""
    for item in answer.get("sheets", ()):
        if item.get("properties", {}).get("sheetId", 0) == sheet:
            return _cells(item.get("data", ()))
    return None


def _cells(data: Any) -> list[list[Json]]:
    rows: list[list[Json]] = []
    for part in data:
        left = part.get("startColumn", 0)
        for number, line in enumerate(part.get("rowData", ()), part.get("startRow", 0)):
            rows.extend([] for _ in range(number + 1 - len(rows)))
            rows[number] += [{}] * (left - len(rows[number]))
            rows[number] += [cell or {} for cell in line.get("values", ())]
    return rows


def as_seen(rows: Rows, cells: Sequence[Sequence[Json]]) -> bool:
    """Does the copy show what we had read? What formulas give may differ in a copy, and default values may be left out."""
    for number in range(max(len(rows), len(cells))):
        row = rows[number] if number < len(rows) else ()
        line = cells[number] if number < len(cells) else ()
        for column in range(max(len(row), len(line))):
            seen = row[column] if column < len(row) else None
            if not _same(seen, line[column] if column < len(line) else {}):
                return False
    return True


def _same(seen: Any, cell: Json) -> bool:
    entered, shown = cell.get(_VALUE) or {}, cell.get("effectiveValue") or {}
    if "formulaValue" in entered or "errorValue" in shown:
        return True
    value = next((shown[name] for name in _TYPED if name in shown), None)
    if value is None:
        return seen in {None, "", 0}
    return not differs(seen if seen != "" else None, value if value != "" else None)


@dataclass
class Line:
    """A row while a batch is replayed. origin: the row of the copy that it is; None: the batch added it."""

    values: list[Any]
    origin: int | None
    touched: set[int] = field(default_factory=set)

    def put(self, column: int, value: Any) -> None:
        """A cell is written."""
        self.values.extend([None] * (column + 1 - len(self.values)))
        self.values[column] = value
        self.touched.add(column)

    def at(self, column: int) -> Any:
        """What stands in a column."""
        return self.values[column] if column < len(self.values) else None

    @property
    def is_blank(self) -> bool:
        return all(value in {None, ""} for value in self.values)


def replay(requests: Sequence[Json], sheet: int, rows: Rows) -> list[Line]:
    """The rows of a sheet after a batch of ours: of its requests those that write, delete, append and sort cells."""
    lines = [Line(list(row), number) for number, row in enumerate(rows)]
    for request in requests:
        ((kind, body),) = request.items()
        place = body.get("start") or body.get("range") or body
        handler = _HANDLERS.get(kind)
        if handler is not None and place.get("sheetId") == sheet:
            handler(lines, body)
    return lines


def _updated(lines: list[Line], body: Json) -> None:
    if _VALUE not in body["fields"].split(","):
        return
    top, left = body["start"]["rowIndex"], body["start"]["columnIndex"]
    lines.extend(Line([], None) for _ in range(top + len(body["rows"]) - len(lines)))
    for number, row in enumerate(body["rows"], top):
        for column, cell in enumerate(row["values"], left):
            lines[number].put(column, _value(cell))


def _value(cell: Json) -> Any:
    return next(iter(cell.get(_VALUE, {}).values()), None)


def _repeated(lines: list[Line], body: Json) -> None:
    if _VALUE not in body["fields"].split(","):
        return
    place = body["range"]
    for line in lines[place.get("startRowIndex", 0) : place.get("endRowIndex")]:
        for column in range(place["startColumnIndex"], place["endColumnIndex"]):
            if line.at(column) is not None:
                line.put(column, _value(body["cell"]))


def _deleted(lines: list[Line], body: Json) -> None:
    place = body["range"]
    del lines[place["startIndex"] : place["endIndex"]]


def _appended(lines: list[Line], body: Json) -> None:
    while lines and lines[-1].is_blank:
        lines.pop()
    lines += [Line([_value(cell) for cell in row["values"]], None) for row in body["rows"]]


def _sorted(lines: list[Line], body: Json) -> None:
    top, (spec,) = body["range"]["startRowIndex"], body["sortSpecs"]
    lines[top:] = sorted(lines[top:], key=lambda line: _rank(line.at(spec["dimensionIndex"])))


def _rank(value: Any) -> tuple[int, Any]:
    if value is None or value == "":
        return 3, 0
    return _ORDER.get(type(value), 0), value


_HANDLERS = {
    "updateCells": _updated, "repeatCell": _repeated, "deleteDimension": _deleted, "appendCells": _appended,
    "sortRange": _sorted,
}  # fmt: skip


def values_of(cells: Sequence[Sequence[Json]]) -> list[list[Any]]:
    """What the cells show."""
    return [[next(iter((cell.get("effectiveValue") or {}).values()), None) for cell in row] for row in cells]


def taken_back(requests: Sequence[Json], sheet: int, cells: Sequence[Sequence[Json]]) -> Iterator[Json]:
    """Requests after which every row says again what it said before the batch. cells: of the copy. Rows keep their places."""
    lines = replay(requests, sheet, values_of(cells))
    for number, line in enumerate(lines):
        if line.origin is not None:
            for left, right in _runs(sorted(line.touched)):
                row = {"values": [_entered(cells[line.origin], column) for column in range(left, right)]}
                start = {"sheetId": sheet, "rowIndex": number, "columnIndex": left}
                yield {"updateCells": {"start": start, "rows": [row], "fields": _VALUE}}
    for number in reversed([number for number, line in enumerate(lines) if line.origin is None]):
        interval = {"sheetId": sheet, "dimension": "ROWS", "startIndex": number, "endIndex": number + 1}
        yield {"deleteDimension": {"range": interval}}
    stay = {line.origin for line in lines}
    lost = [number for number, row in enumerate(cells) if number not in stay and any(row)]
    if lost:
        rows = [
            {"values": [_entered(cells[number], column) for column in range(len(cells[number]))]} for number in lost
        ]
        yield {"appendCells": {"sheetId": sheet, "rows": rows, "fields": _VALUE}}


def _entered(row: Sequence[Json], column: int) -> Json:
    entered = (row[column] if column < len(row) else {}).get(_VALUE)
    return {_VALUE: entered} if entered else {}


def _runs(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = None
    for place, column in enumerate(columns):
        start = column if start is None else start
        if place + 1 == len(columns) or columns[place + 1] != column + 1:
            yield start, column + 1
            start = None
