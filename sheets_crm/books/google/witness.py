"""What stood in a tab of people's in the very moment of our write: a copy that the write itself makes, looked at afterwards.

Sheets v4 has no write guard: rows may move between our last look and our write. Where the copy differs from what we had
seen, `amends` sets right what the batch did to people's cells, and the run begins anew. Where the process dies before,
`rescue` does it in the next run: rows at the end of the copy tell what it needs to know (see `journal`). Pure.
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

FIELDS = "sheets(properties(sheetId),conditionalFormats,data(startRow,startColumn,rowData(values(userEnteredValue,effectiveValue))))"
_MORE_ROWS, _MORE_COLUMNS = 100, 20
_SIGN = "sheets-crm journal "  # how a row of the journal begins
_TYPED = ("stringValue", "numberValue", "boolValue")


def title_of(number: int) -> str:
    """What a hidden sheet of ours is called."""
    return f"sheets-crm {number}"


@dataclass(frozen=True)
class Copy:
    """A copy of a sheet that a batch makes. number: the id of the hidden sheet. grid: the size of the original's.

    index: where the copy stands among the sheets; None: it is made by pasting, where we may not undo a duplicate, for
    somebody else's protection goes with it. note: kept with its mark; "was": the digest of the rows that we believe to
    stand. journal: texts of cells, see the module of that name.
    """

    number: int
    grid: tuple[int, int]
    index: int | None = None
    note: Mapping[str, Any] = field(default_factory=dict)
    journal: Sequence[str] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns of the hidden sheet: room for what somebody inserts meanwhile."""
        return self.grid[0] + _MORE_ROWS, self.grid[1] + _MORE_COLUMNS


def hidden_sheet(number: int, size: tuple[int, int]) -> Iterator[Json]:
    """A hidden sheet that is known as ours to throw away."""
    grid = {"rowCount": size[0], "columnCount": size[1]}
    properties = {"sheetId": number, "title": title_of(number), "hidden": True, "gridProperties": grid}
    yield {"addSheet": {"properties": properties}}
    yield _marked(number, {})


def _marked(number: int, note: Mapping[str, Any]) -> Json:
    told = json.dumps({"tab": STAGING, "sheet": number, **note}, ensure_ascii=False, separators=(",", ":"))
    metadata = {
        "metadataId": number, "metadataKey": MARK, "metadataValue": told,
        "location": {"sheetId": number}, "visibility": "DOCUMENT",
    }  # fmt: skip
    return {"createDeveloperMetadata": {"developerMetadata": metadata}}


def copied(sheet: int, copy: Copy) -> Iterator[Json]:
    """The whole of a sheet as it stands when the batch comes to this. Not pasted: pasting leaves out what a filter hides."""
    number = copy.number
    if copy.index is None:
        yield from [one for one in hidden_sheet(number, copy.size) if "addSheet" in one]
        corner = {"sheetId": number, "startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 1}
        yield {"copyPaste": {"source": {"sheetId": sheet}, "destination": corner, "pasteType": "PASTE_NORMAL"}}
    else:
        twin = {"newSheetId": number, "newSheetName": title_of(number), "insertSheetIndex": copy.index}
        yield {"duplicateSheet": {"sourceSheetId": sheet, **twin}}
        yield {"updateSheetProperties": {"properties": {"sheetId": number, "hidden": True}, "fields": "hidden"}}
    yield _marked(number, {"of": sheet, **copy.note})
    rows = [{"values": [{"userEnteredValue": {"stringValue": _SIGN + text}}]} for text in copy.journal]
    if rows:
        yield {"appendCells": {"sheetId": number, "rows": rows, "fields": "userEnteredValue"}}


def parted(cells: Sequence[Sequence[Json]]) -> tuple[list[list[Json]], list[str]]:
    """The cells of a copy without its journal, and the journal's texts."""
    rows, texts = list[list[Json]](), list[str]()
    for row in cells:
        first = shown_by(row[0]) if row else None
        if isinstance(first, str) and first.startswith(_SIGN):
            texts.append(first.removeprefix(_SIGN))
        else:
            rows.append(list(row))
    return rows, texts


def without_journal(rows: Rows) -> list[Sequence[Any]]:
    """The values of a copy without its journal."""
    return [row for row in rows if not (row and isinstance(row[0], str) and row[0].startswith(_SIGN))]


def cells_of(answer: Mapping[str, Any], sheet: int) -> list[list[Json]] | None:
    """The cells of a sheet in an answer with FIELDS, its journal too; None: it is not there."""
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
    """Does the copy show what we had read?"""
    return all(
        row_as_seen(rows[number] if number < len(rows) else (), cells[number] if number < len(cells) else ())
        for number in range(max(len(rows), len(cells)))
    )


def row_as_seen(row: Sequence[Any], cells: Sequence[Json]) -> bool:
    """The same of one row."""
    return all(
        is_same(row[column] if column < len(row) else None, cells[column] if column < len(cells) else {})
        for column in range(max(len(row), len(cells)))
    )


def is_same(seen: Any, cell: Json) -> bool:
    """Does a cell show a value? What formulas give may differ in a copy, and default values may be left out."""
    entered, shown = cell.get("userEnteredValue") or {}, cell.get("effectiveValue") or {}
    if "formulaValue" in entered or "errorValue" in shown:
        return True
    value = shown_by(cell)
    if value is None:
        return seen in {None, "", 0}
    return not differs(seen if seen != "" else None, value if value != "" else None)


def shown_by(cell: Json) -> Any:
    """What a cell shows; None for nothing and for an error."""
    shown = cell.get("effectiveValue") or {}
    return next((shown[name] for name in _TYPED if name in shown), None)
