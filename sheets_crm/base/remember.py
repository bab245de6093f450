"""Bound columns over time: a column that moved or was renamed is found again, one that is gone stops alone.

Pure. What is remembered of a column is where the owner said it is, its header and a profile of its values; the state
keeps it between runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sheets_crm.base.guess_again import Search, find_again
from sheets_crm.base.guess_words import clean
from sheets_crm.base.model import BoundColumn
from sheets_crm.base.profile import profile
from sheets_crm.books.model import CellError, Grid
from sheets_crm.cards import fold
from sheets_crm.cards.model import Problem
from sheets_crm.cells import index_of, letter

_SAMPLE = 500  # data rows are enough to know a column by

_LETTERS = re.compile(r"[A-Z]{1,3}")
NOWHERE = -1  # the index of a column that is stated by a header which is not there; lost ones go below, one by one


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
    if all(column.index >= 0 and _stands(grid, column, header_row) for column in before):
        problems += _moved(grid, before, header_row)
        return tuple(before), header_row
    search = find_again(grid, before, header_row=header_row, profiles=profiles)
    if (
        search.lost
        and (other := find_again(grid, before, profiles=profiles)).layout is not None
        and len(other.lost) < len(search.lost)
    ):
        search = other  # the header itself moved down or up
    row = search.layout.header_row if search.layout is not None else header_row
    problems += [*_moved(grid, search.columns, row), *_gone(grid.name, search, row)]
    return search.columns, row


def _stands(grid: Grid, column: BoundColumn, header_row: int) -> bool:
    return clean(header_text(grid, header_row, column.index)) == clean(column.header)


def index_stated(place: str, headers: Mapping[int, str], width: int) -> int:
    """A column by its letters, or by its header; letters win unless a header reads just so and the sheet is not that wide."""
    named = next((index for index, header in headers.items() if fold(header) == fold(place)), NOWHERE)
    if _LETTERS.fullmatch(place) and (index_of(place) < width or named == NOWHERE):
        return index_of(place)
    return named


def _moved(grid: Grid, columns: Sequence[BoundColumn], row: int) -> Iterable[Problem]:
    """Columns that stand elsewhere than the configuration says: told in every run, until one of the two is mended."""
    headers, seen = headers_at(grid, row), set()
    for column in columns:
        stated = index_stated(column.stated, headers, len(grid.columns)) if column.stated else column.index
        if stated != column.index and column.index not in seen:
            seen.add(column.index)
            yield _problem(grid.name, "column_moved", column, row, was=column.stated, now=place_of(column))


def _gone(sheet: str, search: Search, row: int) -> Iterable[Problem]:
    seen: set[tuple[int, str]] = set()
    for lost in search.lost:
        if (lost.column.index, lost.column.header) not in seen:
            seen.add((lost.column.index, lost.column.header))
            near = f"{letter(lost.candidate)} ({lost.header})" if lost.candidate is not None else ""
            nowhere = replace(lost.column, index=NOWHERE)  # where it once stood is another column's place now
            yield _problem(sheet, "column_lost", nowhere, row, was=_as_stated(lost.column), now=near)


def _as_stated(column: BoundColumn) -> str:
    """Where the owner said it is, with its header: the same in every run until it is found."""
    stated = column.stated if fold(column.stated) != fold(column.header) else ""
    return f"{stated} ({column.header})".strip() if column.header else stated


def _problem(sheet: str, kind: str, column: BoundColumn, row: int, *, was: str, now: str) -> Problem:
    return Problem(
        sheet=sheet, cell=f"{letter(max(column.index, 0))}{max(row, 1)}", row=max(row, 1), kind=kind, seen=was, suggestion=now or None,
        card=column.card, field=column.field, values={"column": was, "now": now},
    )  # fmt: skip


def place_of(column: BoundColumn) -> str:
    """The column's letter, with its header where it has one: «B (Клиент)»."""
    if column.index < 0:
        return f"({column.header})"
    return f"{letter(column.index)} ({column.header})" if column.header else letter(column.index)


def profile_of(grid: Grid, rows: object, index: int) -> Mapping[str, object]:
    """A profile of the column's data cells, to know it by later. rows: the user's rows (UInt32 series)."""
    import polars as pl

    assert isinstance(rows, pl.Series)
    return dict(profile(grid.columns[index].gather(rows.head(_SAMPLE) - 1))) if index < len(grid.columns) else {}
