"""What a large tab's plan does to the tab in the one batch: rows move, prepared columns are pasted, single cells are written. Pure.

How hidden sheets are filled beforehand is the business of `filling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sheets_crm.books.google import put, witness
from sheets_crm.books.google.difference import Plan
from sheets_crm.books.google.put import Addresses

Json = dict[str, Any]


@dataclass(frozen=True)
class Sheets:
    """Ids: of the tab, and of its hidden sheets. columns: of the tab's grid as it stands; rows: as it is to be."""

    tab: int
    staged: int | None
    scratch: int
    columns: int
    rows: int


def lifted(plan: Plan, sheets: Sheets) -> Iterator[Json]:
    """Rows that move, as they stand, laid on a hidden sheet that lives no longer than the batch."""
    low, high = plan.lifted
    if low == high:
        return
    yield from witness.hidden_sheet(sheets.scratch, (high - low, plan.width))
    right = min(plan.width, sheets.columns)
    source, target = (
        put.area(sheets.tab, (low, high), (0, right)),
        put.area(sheets.scratch, (0, high - low), (0, right)),
    )
    yield put.copied(source, target, looks=plan.carries)


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
        yield put.block(sheet, (top, left), values, uris)
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
