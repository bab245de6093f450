"""How a large tab of ours alone becomes what it should be with the fewest bytes: rows that moved are moved, columns in which much
changed are prepared on a hidden sheet, the other cells that differ are written one by one. Pure.

Moves are copies of values inside the batch: no row or cell is inserted or deleted, so that people's formulas, and what they keep
beside and below the tab, stay exactly where and what they are - as after writing the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google import put
from sheets_crm.books.google.drawn import Drawn, Row
from sheets_crm.books.google.moves import Move, moves, sources
from sheets_crm.books.google.rows import blocks_of, differs, padded

Uris = Mapping[int, Sequence[str | None]]  # column -> addresses by row

_FEW = 20_000  # bytes of cells for which nobody looks for moves
_PIECE, LINKED, _MOVED = 60, 90, 260  # bytes of a request's share, a link, a move
_MOST = 0.75  # of the columns; where more have to be prepared, all are


@dataclass(frozen=True)
class Plan:
    """How a large tab changes. height, width: its area, the former one too.

    columns: prepared on a hidden sheet and pasted over the whole height; looks: with their looks, for they have links.
    moves: runs of rows that are copied to their new places; carries: with their looks and links.
    cleared: the first and the last row (not included) that are emptied. blocks: (top, left) -> rows of values.
    links: column -> row -> its address; None: none any more. size: about so many bytes of the one batch.
    typed: so many rows are prepared as typed cells together with the hidden sheet itself; None: all of them, as plain values.
    """

    height: int
    width: int
    columns: tuple[int, ...] = ()
    looks: bool = False
    moves: tuple[Move, ...] = ()
    carries: bool = False
    cleared: tuple[int, int] | None = None
    blocks: Sequence[tuple[int, int, list[Row]]] = ()
    links: Mapping[int, Mapping[int, str | None]] = field(default_factory=dict)
    size: int = 0
    typed: int | None = None

    @property
    def is_repainted(self) -> bool:
        """Looks are pasted: they have to be given anew."""
        return self.carries or (self.looks and bool(self.columns))

    @property
    def lifted(self) -> tuple[int, int]:
        """The rows, the last not included, that moves take from; (0, 0) where there are none."""
        ends = [(one.source, one.source + one.count) for one in self.moves]
        return (min(top for top, _ in ends), max(bottom for _, bottom in ends)) if ends else (0, 0)

    @property
    def spare_cells(self) -> int:
        """Cells of the hidden sheets that the write needs."""
        low, high = self.lifted
        return self.height * len(self.columns) + (high - low) * self.width


def whole(height: int, width: int, *, looks: bool) -> Plan:
    """All of it is prepared."""
    return Plan(height, width, tuple(range(width)), looks)


@dataclass(frozen=True)
class Links:
    """Addresses of the columns that have links: as they stand, and as they should. may_move: together with their rows."""

    standing: Uris
    wanted: Uris
    may_move: bool


def difference(
    drawn: Drawn, standing: Sequence[Sequence[Any]], height: int, links: Links | None, room: int
) -> Plan | None:
    """The plan for a tab whose columns stand as drawn; None: nearly all of it has to be prepared.

    height: of the area, the former one too. links: None where those that stand are right. room: bytes left in the batch.
    """
    width, new = drawn.width, drawn.rows
    old = padded(standing, height, width)
    found = _Found(old, new, links, [])
    staged = _too_much(found, room)
    if sum(found.costs) > _FEW:
        moved = _Found(old, new, links, moves(old, new))
        others = _too_much(moved, room)
        if (len(others), moved.size(others)) < (len(staged), found.size(staged)):
            found, staged = moved, others
    if len(staged) > _MOST * width:
        return None
    blocks = list(blocks_of(_without(found.base, new, staged), new))
    linked = {column: cells for column, cells in found.links.items() if cells and column not in staged}
    last = max((row + 1 for row in range(len(new), height) if any(v is not None for v in old[row])), default=0)
    looks = links is not None and any(column in staged for column in links.wanted)
    return Plan(
        height, width, tuple(sorted(staged)), looks, tuple(found.moves), bool(found.moves and found.carries),
        (len(new), last) if last else None, blocks, linked, found.size(staged),
    )  # fmt: skip


class _Found:
    """What is left to write after some moves. base: the values then; links: column -> row -> the address that differs."""

    def __init__(self, old: list[Row], new: list[Row], links: Links | None, found: list[Move]) -> None:
        self.moves = found
        self.carries = links is not None and links.may_move
        places = sources(found, len(new))
        self.base = [old[place] for place in places]
        self.links = _links(links, places if self.carries else range(len(new))) if links else {}
        self.costs = _costs(self.base, new)
        for column, cells in self.links.items():
            self.costs[column] += len(cells) * (LINKED + _PIECE)

    def size(self, staged: set[int]) -> int:
        """Bytes of the batch, reckoned on the safe side."""
        return sum(cost for column, cost in enumerate(self.costs) if column not in staged) + _MOVED * len(self.moves)


def _links(links: Links, places: Sequence[int]) -> dict[int, dict[int, str | None]]:
    return {
        column: {
            row: uri
            for row, (uri, place) in enumerate(zip(wanted, places, strict=True))
            if (standing[place] if place < len(standing) else None) != uri
        }
        for column, wanted in links.wanted.items()
        for standing in [links.standing.get(column, ())]
    }


def _costs(base: Sequence[Row], new: Sequence[Row]) -> list[int]:
    """By column, the bytes of the cells that differ."""
    found = [0] * len(new[0])
    for was, now in zip(base, new, strict=True):
        if was is now or was == now:
            continue
        for column, (before, after) in enumerate(zip(was, now, strict=True)):
            if differs(before, after):
                found[column] += put.bytes_of(after) + _PIECE
    return found


def _too_much(found: _Found, room: int) -> set[int]:
    """Columns that have to be prepared for the rest to fit into the batch: the dearest."""
    staged: set[int] = set()
    for column in sorted(range(len(found.costs)), key=lambda one: -found.costs[one]):
        if found.size(staged) <= room:
            break
        staged.add(column)
    return staged


def _without(base: list[Row], new: list[Row], staged: set[int]) -> list[Row]:
    """The values that stand before single cells are written: those columns are right by then."""
    if not staged:
        return base
    kept = [column for column in range(len(new[0])) if column not in staged]
    found = []
    for was, now in zip(base, new, strict=True):
        row = list(now)
        for column in kept:
            row[column] = was[column]
        found.append(row)
    return found
