"""Requests of a large tab's plan: what fills the hidden sheet beforehand, and what changes the tab in the one batch.

A hidden sheet is filled by plain values as they are (RAW: a text stays text, a number a number): a quarter of the bytes that typed
cells take. Sent again, that does no harm. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheets_crm.books.google import put, witness
from sheets_crm.books.google.difference import Plan
from sheets_crm.books.google.drawn import Row
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.rows import padded
from sheets_crm.cells import letter

Json = dict[str, Any]

MOST_BYTES = 1_900_000  # of a request: 2 MB are recommended
_CELLS, _LINKS = 12_000, 20_000  # of a request, some 2 MB
_MARK = "'"  # a text that begins with it is written as a typed cell: people use it to make text of anything


@dataclass(frozen=True)
class Values:
    """Plain values for the hidden sheet, from a row on; where a server takes none, `typed` says the same."""

    sheet: int
    top: int
    rows: list[Row]

    @property
    def range(self) -> str:
        """In A1 notation."""
        right, bottom = letter(len(self.rows[0]) - 1), self.top + len(self.rows)
        return f"{range_of(witness.title_of(self.sheet))}!A{self.top + 1}:{right}{bottom}"

    @property
    def plain(self) -> list[list[Any]]:
        """As they are sent: empty ends of rows are not."""
        return [_trimmed([None if _is_marked(value) else value for value in row]) for row in self.rows]

    def typed(self) -> Iterator[list[Json]]:
        """The same as batches of typed cells."""
        step = max(1, _CELLS // len(self.rows[0]))
        for at in range(0, len(self.rows), step):
            yield [put.rows(self.sheet, (self.top + at, 0), self.rows[at : at + step])]


Step = list[Json] | Values
Addresses = Mapping[tuple[int, int], str]  # by row and column


def steps(plan: Plan, rows: Sequence[Row], links: Addresses, sheet: int) -> Iterator[Step]:
    """What fills the hidden sheet. links: of the tab's cells."""
    filled = _prepared(plan, rows)
    linked = {place: uri for place, uri in links.items() if plan.looks and place[1] in plan.columns}
    new = [*witness.hidden_sheet(sheet, (plan.height, len(plan.columns)))]
    column_of = {column: place for place, column in enumerate(plan.columns)}
    if len(filled) * len(plan.columns) + len(linked) <= _CELLS:
        yield [*new, _block(sheet, (0, 0), filled, {(row, column_of[c]): uri for (row, c), uri in linked.items()})]
        return
    yield new
    yield from _values(sheet, filled)
    for column in sorted({column for _, column in linked}):
        cells = {row: put.cell(None, uri) for (row, at), uri in linked.items() if at == column}
        yield from _down(sheet, column_of[column], cells)


def _prepared(plan: Plan, rows: Sequence[Row]) -> list[Row]:
    whole = padded(rows, plan.height, plan.width)
    if len(plan.columns) == plan.width:
        return whole
    return [[row[column] for column in plan.columns] for row in whole]


def _block(sheet: int, corner: tuple[int, int], rows: Sequence[Row], uris: Addresses) -> Json:
    """Values from a cell on, and their links: a link may not outlive the text that it was laid on."""
    lines = [
        {"values": [put.cell(value, uris.get((row, column))) for column, value in enumerate(values, corner[1])]}
        for row, values in enumerate(rows, corner[0])
    ]
    return put.updated(sheet, corner, lines, f"{put.VALUE},{put.LINK}" if uris else put.VALUE)


def _values(sheet: int, rows: list[Row]) -> Iterator[Step]:
    top, size = 0, 0
    for number, row in enumerate(rows):
        length = len(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
        if number > top and size + length > MOST_BYTES:
            yield Values(sheet, top, rows[top:number])
            top, size = number, 0
        size += length
    yield Values(sheet, top, rows[top:])
    marked = {
        (number, column): value
        for number, row in enumerate(rows)
        for column, value in enumerate(row)
        if _is_marked(value)
    }
    for column in sorted({column for _, column in marked}):
        cells = {number: put.cell(value) for (number, at), value in marked.items() if at == column}
        yield [*put.down(sheet, column, cells, put.VALUE)]


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _is_marked(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_MARK)


def _down(sheet: int, column: int, cells: Mapping[int, Json]) -> Iterator[list[Json]]:
    every = sorted(cells.items())
    for at in range(0, len(every), _LINKS):
        yield [*put.down(sheet, column, dict(every[at : at + _LINKS]), put.LINK)]


def lifted(plan: Plan, sheet: int, scratch: int) -> Iterator[Json]:
    """Rows that move, as they stand, laid on a hidden sheet that lives no longer than the batch."""
    low, high = plan.lifted
    if low == high:
        return
    yield from witness.hidden_sheet(scratch, (high - low, plan.width))
    source, target = put.area(sheet, (low, high), (0, plan.width)), put.area(scratch, (0, high - low), (0, plan.width))
    yield put.copied(source, target, looks=plan.carries)


@dataclass(frozen=True)
class Sheets:
    """Ids: of the tab, and of its hidden sheets. rows: of the tab's grid, as it is to be."""

    tab: int
    staged: int | None
    scratch: int
    rows: int


def laid(plan: Plan, sheets: Sheets, links: Addresses) -> Iterator[Json]:
    """The tab's cells change: moved rows, prepared columns, what is empty now, single cells, links."""
    sheet, rows = sheets.tab, sheets.rows
    yield from _moved(plan, sheet, sheets.scratch)
    if sheets.staged is not None:
        yield from _pasted(plan, sheet, sheets.staged)
    if plan.cleared is not None and plan.cleared[0] < rows:
        top, bottom = plan.cleared
        gone = put.area(sheet, (top, min(bottom, rows)), (0, plan.width))
        yield {"repeatCell": {"range": gone, "cell": {}, "fields": f"{put.VALUE},{put.LINK}"}}
    linked = {column for _, column in links}
    for top, left, values in plan.blocks:
        uris = links if linked.intersection(range(left, left + len(values[0]))) else {}
        yield _block(sheet, (top, left), values, uris)
    for column, cells in plan.links.items():
        looks = {row: {"userEnteredFormat": put.link(uri)} for row, uri in cells.items()}
        yield from put.down(sheet, column, looks, put.LINK)


def _moved(plan: Plan, sheet: int, scratch: int) -> Iterator[Json]:
    low, _ = plan.lifted
    for one in plan.moves:
        source = put.area(scratch, (one.source - low, one.source - low + one.count), (0, plan.width))
        target = put.area(sheet, (one.top, one.top + one.count), (0, plan.width))
        yield put.copied(source, target, looks=plan.carries)
    if plan.moves:
        yield {"deleteSheet": {"sheetId": scratch}}


def _pasted(plan: Plan, sheet: int, staged: int) -> Iterator[Json]:
    for left, right in _runs(plan.columns):
        source = put.area(staged, (0, plan.height), (left, right))
        to = plan.columns[left]
        target = put.area(sheet, (0, plan.height), (to, to + right - left))
        yield put.copied(source, target, looks=plan.looks)
    yield {"deleteSheet": {"sheetId": staged}}


def _runs(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Neighbours among the prepared columns: the first and the last (not included) by their place there."""
    start = 0
    for place in range(1, len(columns) + 1):
        if place == len(columns) or columns[place] != columns[place - 1] + 1:
            yield start, place
            start = place
