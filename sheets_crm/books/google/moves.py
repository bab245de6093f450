"""Which row of a tab as it stands is which row of the tab as it should be, and which runs of rows stand elsewhere therefore.

A guess that only saves bytes: whatever is matched wrongly or not at all is written like any other cell that differs. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sheets_crm.books.google.drawn import Row

MOST_MOVES = 2_000  # runs of rows that one batch moves
_ENOUGH, _GAIN = 0.98, 0.01  # of the rows known; how many more must be known for a column to be left out of account
_MOST_LEFT_OUT = 3


@dataclass(frozen=True)
class Move:
    """Rows that stand elsewhere: `count` of them, from `source` on, come to `top`."""

    top: int
    source: int
    count: int


def moves(old: Sequence[Row], new: Sequence[Row]) -> list[Move]:
    """The runs of rows that moved, the longest where there are too many. Rows are of one width."""
    if not old or not new:
        return []
    found = [one for one in _runs(_matched(*_keys(old, new))) if one.top != one.source]
    found.sort(key=lambda one: -one.count)
    return sorted(found[:MOST_MOVES], key=lambda one: one.top)


def sources(found: Sequence[Move], height: int) -> list[int]:
    """For each place the place whose row stands there after the moves."""
    places = list(range(height))
    for one in found:
        places[one.top : one.top + one.count] = range(one.source, one.source + one.count)
    return places


def _keys(old: Sequence[Row], new: Sequence[Row]) -> tuple[list[int], list[int]]:
    """What rows are known by: all their cells, but without a column in which most rows changed (addresses that shifted)."""
    before, after = _hashes(old), _hashes(new)
    columns = list(range(len(before)))
    wanted = min(len(old), len(new))
    known = _known(before, after, columns)
    for _ in range(_MOST_LEFT_OUT):
        if known >= _ENOUGH * wanted or len(columns) < 2:
            break
        tried = {column: _known(before, after, [one for one in columns if one != column]) for column in columns}
        best = max(tried, key=lambda column: tried[column])
        if tried[best] < known + _GAIN * wanted:
            break
        known = tried[best]
        columns.remove(best)
    return _summed(before, columns).to_list(), _summed(after, columns).to_list()


def _hashes(rows: Sequence[Row]) -> list[pl.Series]:
    """By column; 1 and 1.0 are alike, as they are in a cell."""
    return [
        pl.Series([hash(value) for value in column], dtype=pl.Int64).hash(seed)
        for seed, column in enumerate(zip(*rows, strict=True))
    ]


def _summed(hashes: Sequence[pl.Series], columns: Sequence[int]) -> pl.Series:
    return pl.DataFrame([hashes[column].alias(str(column)) for column in columns]).hash_rows()


def _known(before: Sequence[pl.Series], after: Sequence[pl.Series], columns: Sequence[int]) -> int:
    """How many different new rows there were before."""
    return len(_summed(after, columns).unique().to_frame("key").join(
        _summed(before, columns).unique().to_frame("key"), on="key", how="semi"
    ))  # fmt: skip


def _matched(old: Sequence[int], new: Sequence[int]) -> list[int | None]:
    """For each new row the old one that it was; runs go on where they can, and over a row that changed in its place."""
    place: dict[int, int] = {}
    for number in reversed(range(len(old))):
        place[old[number]] = number
    there, found, last = set(new), list[int | None](), -1
    for number, key in enumerate(new):
        follows = last + 1
        at: int | None = None
        if follows < len(old) and old[follows] == key:
            at = follows
        elif number < len(old) and old[number] == key:
            at = number
        elif key in place:
            at = place[key]
        elif follows < len(old) and old[follows] not in there:
            at = follows
        found.append(at)
        last = last if at is None else at
    return found


def _runs(matched: Sequence[int | None]) -> list[Move]:
    found: list[Move] = []
    top, source = 0, None
    for number, at in enumerate([*matched, None]):
        if source is not None and at == source + number - top:
            continue
        if source is not None:
            found.append(Move(top, source, number - top))
        top, source = number, at
    return found
