"""What fills the hidden sheets of large tabs before the one batch, in few calls. Sent again, it does no harm.

Plain values go as they are (RAW: a text stays text, a number a number): a quarter of the bytes that typed cells take. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sheets_crm.books.google import put, witness
from sheets_crm.books.google.difference import Plan
from sheets_crm.books.google.drawn import Row
from sheets_crm.books.google.put import Addresses
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.rows import padded
from sheets_crm.cells import letter

Json = dict[str, Any]
_T = TypeVar("_T")

MOST_BYTES = 1_900_000  # of a request: 2 MB are recommended
_LATE = 1_000_000  # bytes of links that the one batch lays itself
_CELLS, _LINKS = 12_000, 10_000  # of a piece
_MARK = "'"  # a text that begins with it is written as a typed cell: people use it to make text of anything


@dataclass(frozen=True)
class Values:
    """Plain values for a hidden sheet, from a row on; where a server takes none, `typed` says the same."""

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
            yield [put.block(self.sheet, (self.top + at, 0), self.rows[at : at + step], {})]


@dataclass(frozen=True)
class Part:
    """Of one tab: its plan, rows and addresses, and the id of its hidden sheet."""

    plan: Plan
    rows: Sequence[Row]
    links: Addresses
    sheet: int


@dataclass
class Filling:
    """Calls, in order: a batch that makes the sheets, plain values, batches of cells. late: cells that are left to the one batch."""

    first: list[Json] = field(default_factory=list)
    values: list[list[Values]] = field(default_factory=list)
    cells: list[list[Json]] = field(default_factory=list)
    late: list[Json] = field(default_factory=list)


def filling(parts: Iterable[Part]) -> Filling:
    """What fills the hidden sheets of some tabs."""
    found, pieces, after = Filling(), list[tuple[int, Values]](), list[Json]()
    for part in parts:
        plan, rows = part.plan, _prepared(part)
        found.first += witness.hidden_sheet(part.sheet, (plan.height, len(plan.columns)))
        column_of = {column: place for place, column in enumerate(plan.columns)}
        linked = {
            (row, column_of[column]): uri
            for (row, column), uri in part.links.items()
            if plan.looks and column in column_of and row < len(rows)
        }
        if plan.typed is not None:
            found.first.append(put.block(part.sheet, (0, 0), rows, linked))
            continue
        pieces += _pieces(part.sheet, rows)
        after += _marked(part.sheet, rows)
        after += _linked(part.sheet, linked)
    found.values = [list(group) for group in _packed(pieces, MOST_BYTES)]
    found.cells = [list(group) for group in _packed([(_size(one), one) for one in after], MOST_BYTES)]
    if found.cells and sum(map(_size, found.cells[-1])) <= _LATE:
        found.late = found.cells.pop()
    return found


def _prepared(part: Part) -> list[Row]:
    plan = part.plan
    rows = padded(part.rows, plan.typed or plan.height, plan.width)
    if len(plan.columns) == plan.width:
        return rows
    return [[row[column] for column in plan.columns] for row in rows]


def _pieces(sheet: int, rows: list[Row]) -> Iterator[tuple[int, Values]]:
    """Rows with their bytes, so small that they fit together well."""
    top, size = 0, 0
    for number, row in enumerate(rows):
        length = _size(row)
        if number > top and size + length > MOST_BYTES // 8:
            yield size, Values(sheet, top, rows[top:number])
            top, size = number, 0
        size += length
    yield size, Values(sheet, top, rows[top:])


def _packed(pieces: Iterable[tuple[int, _T]], most: int) -> Iterator[list[_T]]:
    """Pieces in groups that are not larger than said, unless one alone is."""
    group, size = list[_T](), 0
    for length, piece in pieces:
        if group and size + length > most:
            yield group
            group, size = [], 0
        group.append(piece)
        size += length
    if group:
        yield group


def _size(piece: object) -> int:
    return len(json.dumps(piece, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


def _marked(sheet: int, rows: Sequence[Row]) -> Iterator[Json]:
    for column in range(len(rows[0])):
        cells = {number: put.cell(row[column]) for number, row in enumerate(rows) if _is_marked(row[column])}
        yield from put.down(sheet, column, cells, put.VALUE)


def _linked(sheet: int, links: Addresses) -> Iterator[Json]:
    for column in sorted({column for _, column in links}):
        every = sorted((row, uri) for (row, at), uri in links.items() if at == column)
        for at in range(0, len(every), _LINKS):
            yield from put.down(
                sheet, column, {row: put.cell(None, uri) for row, uri in every[at : at + _LINKS]}, put.LINK
            )


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:
        row.pop()
    return row


def _is_marked(value: object) -> bool:
    return isinstance(value, str) and value.startswith(_MARK)
