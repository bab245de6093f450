"""A batch of ours played over the rows of a tab: which row stands where afterwards, and what of it the batch wrote.

Knows those requests that write, delete, append and sort cells and that cut the grid; the others move nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google.witness import shown_by

Json = dict[str, Any]
VALUE = "userEnteredValue"
_ORDER = {bool: 2, str: 1}


@dataclass
class Line:
    """A row of CellData. origin: where it stood before the batch; None: the batch added it. touched: columns it wrote."""

    cells: list[Json]
    origin: int | None
    touched: set[int] = field(default_factory=set)

    def put(self, column: int, cell: Json) -> None:
        """A cell is written."""
        self.cells.extend({} for _ in range(column + 1 - len(self.cells)))
        self.cells[column] = cell
        self.touched.add(column)

    def at(self, column: int) -> Any:
        """The value in a column."""
        return shown_by(self.cells[column]) if column < len(self.cells) else None

    @property
    def is_blank(self) -> bool:
        return all(shown_by(cell) in {None, ""} and not (cell.get(VALUE) or {}) for cell in self.cells)


def typed(value: Any) -> Json:
    """The CellData of a value that was typed."""
    if value is None or value == "":
        return {}
    name = "boolValue" if isinstance(value, bool) else "stringValue" if isinstance(value, str) else "numberValue"
    return {VALUE: {name: value}, "effectiveValue": {name: value}}


def replay(requests: Sequence[Json], sheet: int, rows: Sequence[Sequence[Json]]) -> list[Line]:
    """The rows of a sheet after a batch."""
    lines = [Line(list(row), number) for number, row in enumerate(rows)]
    for kind, body in _of(requests, sheet):
        _HANDLERS[kind](lines, body)
    return lines


def moving(requests: Sequence[Json], sheet: int) -> Iterator[Json]:
    """Those requests of a batch that count here, of their cells the values alone."""
    for kind, body in _of(requests, sheet):
        if "rows" in body:
            rows = [{"values": [_entered(cell) for cell in row["values"]]} for row in body["rows"]]
            yield {kind: {**body, "rows": rows, "fields": VALUE}}
        else:
            yield {kind: body}


def _of(requests: Sequence[Json], sheet: int) -> Iterator[tuple[str, Json]]:
    for request in requests:
        ((kind, body),) = request.items()
        place = body.get("start") or body.get("range") or body.get("properties") or body
        if kind in _HANDLERS and place.get("sheetId") == sheet and _writes(kind, body):
            yield kind, body


def _writes(kind: str, body: Json) -> bool:
    return kind not in {"updateCells", "repeatCell", "appendCells"} or VALUE in body["fields"].split(",")


def _entered(cell: Json) -> Json:
    return {VALUE: cell[VALUE]} if cell.get(VALUE) else {}


def _written(cell: Json) -> Json:
    entered = cell.get(VALUE)
    return {VALUE: entered, "effectiveValue": entered} if entered else {}


def _updated(lines: list[Line], body: Json) -> None:
    top, left = body["start"]["rowIndex"], body["start"]["columnIndex"]
    lines.extend(Line([], None) for _ in range(top + len(body["rows"]) - len(lines)))
    for number, row in enumerate(body["rows"], top):
        for column, cell in enumerate(row["values"], left):
            lines[number].put(column, _written(cell))


def _repeated(lines: list[Line], body: Json) -> None:
    place = body["range"]
    for line in lines[place.get("startRowIndex", 0) : place.get("endRowIndex")]:
        for column in range(place["startColumnIndex"], place["endColumnIndex"]):
            if column < len(line.cells):
                line.put(column, _written(body["cell"]))


def _deleted(lines: list[Line], body: Json) -> None:
    place = body["range"]
    del lines[place["startIndex"] : place["endIndex"]]


def _appended(lines: list[Line], body: Json) -> None:
    while lines and lines[-1].is_blank:
        lines.pop()
    lines += [Line([_written(cell) for cell in row["values"]], None) for row in body["rows"]]


def _sorted(lines: list[Line], body: Json) -> None:
    top, (spec,) = body["range"]["startRowIndex"], body["sortSpecs"]
    lines[top:] = sorted(lines[top:], key=lambda line: _rank(line.at(spec["dimensionIndex"])))


def _resized(lines: list[Line], body: Json) -> None:
    """What lies beyond the new grid is gone."""
    grid = body["properties"].get("gridProperties", {})
    del lines[grid.get("rowCount", len(lines)) :]
    for line in lines:
        del line.cells[grid.get("columnCount", len(line.cells)) :]


def _rank(value: Any) -> tuple[int, Any]:
    if value is None or value == "":
        return 3, 0
    return _ORDER.get(type(value), 0), value


_HANDLERS = {
    "updateCells": _updated, "repeatCell": _repeated, "deleteDimension": _deleted, "appendCells": _appended,
    "sortRange": _sorted, "updateSheetProperties": _resized,
}  # fmt: skip
