"""Bound columns over time: a column that moved or was renamed is found again, one that is gone stops alone.

Pure. What is remembered of a column is where the owner said it is, its header and a profile of its values; the state
keeps it between runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sheets_crm.base.guess_again import Search, find_again
from sheets_crm.base.guess_words import clean
from sheets_crm.base.model import BoundColumn
from sheets_crm.base.profile import profile
from sheets_crm.books.model import CellError, Grid
from sheets_crm.cards.model import Problem
from sheets_crm.cells import letter

NOWHERE = -1  # the index of a column that is stated by a header which is not there


@dataclass(frozen=True)
class Remembered:
    """A bound column as the last run knew it. stated: as in `BoundColumn`."""

    card: str
    field: str
    stated: str
    index: int
    header: str
    confidence: float
    profile: Mapping[str, object]


@dataclass(frozen=True)
class SheetMemory:
    """A sheet as the last run bound it. headers: column index -> text of the header row, all columns."""

    cards: tuple[str, ...]
    header_row: int
    headers: Mapping[int, str]
    columns: tuple[Remembered, ...]
    fill_down: tuple[int, ...] = ()  # columns in which a blank cell means "as above"


def header_text(grid: Grid, row: int, index: int) -> str:
    """The text of a header cell on one line; "" where there is none."""
    value = grid.cell(row, index)
    return "" if value is None or isinstance(value, CellError) else " ".join(str(value).split())


def headers_at(grid: Grid, row: int) -> dict[int, str]:
    """Column index -> header, of the columns that have one."""
    found = {index: header_text(grid, row, index) for index in range(len(grid.columns))} if row else {}
    return {index: text for index, text in found.items() if text}


def settled(
    grid: Grid, wanted: Sequence[BoundColumn], header_row: int, memory: SheetMemory | None, problems: list[Problem]
) -> tuple[tuple[BoundColumn, ...], int]:
    """The columns as they stand now, and the header's row.

    Problems are noted for a column that stands elsewhere than stated, and for one that is not to be found.
    """
    known = {(one.card, one.field): one for one in memory.columns} if memory else {}
    before, profiles = [], {}
    for column in wanted:
        old = known.get((column.card, column.field))
        if old is not None and old.stated == column.stated:
            before.append(replace(column, index=old.index, header=old.header))
            profiles[old.index] = old.profile
        else:
            before.append(column)
    if all(column.index != NOWHERE and _stands(grid, column, header_row) for column in before):
        return tuple(before), header_row
    search = find_again(grid, before, header_row=header_row, profiles=profiles)
    if (
        search.lost
        and (other := find_again(grid, before, profiles=profiles)).layout is not None
        and len(other.lost) < len(search.lost)
    ):
        search = other  # the header itself moved down or up
    row = search.layout.header_row if search.layout is not None else header_row
    problems += _told(grid.name, search, row)
    return search.columns, row


def _stands(grid: Grid, column: BoundColumn, header_row: int) -> bool:
    return clean(header_text(grid, header_row, column.index)) == clean(column.header)


def _told(sheet: str, search: Search, row: int) -> Iterable[Problem]:
    seen: set[tuple[int, str]] = set()
    for change in search.changes:
        if (change.after.index, "m") not in seen and change.before.index != NOWHERE:
            seen.add((change.after.index, "m"))
            yield _problem(
                sheet, "column_moved", change.after, row, was=place_of(change.before), now=place_of(change.after)
            )
    for lost in search.lost:
        if (lost.column.index, lost.column.header) not in seen:
            seen.add((lost.column.index, lost.column.header))
            near = f"{letter(lost.candidate)} ({lost.header})" if lost.candidate is not None else ""
            yield _problem(sheet, "column_lost", lost.column, row, was=place_of(lost.column), now=near)


def _problem(sheet: str, kind: str, column: BoundColumn, row: int, *, was: str, now: str) -> Problem:
    return Problem(
        sheet=sheet, cell=f"{letter(max(column.index, 0))}{max(row, 1)}", row=max(row, 1), kind=kind, seen=was, suggestion=now or None,
        card=column.card, field=column.field, values={"column": was, "now": now},
    )  # fmt: skip


def place_of(column: BoundColumn) -> str:
    """The column's letter, with its header where it has one: «B (Клиент)»."""
    if column.index == NOWHERE:
        return f"({column.header})"
    return f"{letter(column.index)} ({column.header})" if column.header else letter(column.index)


def profile_of(grid: Grid, rows: object, index: int) -> Mapping[str, object]:
    """A profile of the column's data cells, to know it by later. rows: the user's rows (UInt32 series)."""
    import polars as pl

    assert isinstance(rows, pl.Series)
    return dict(profile(grid.columns[index].gather(rows - 1))) if index < len(grid.columns) else {}
