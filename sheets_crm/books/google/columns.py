"""Where the columns of a tab have gone since we last looked: known again by their headers. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheets_crm.books.google.witness import shown_by

Json = dict[str, Any]
_SEARCHED = 20  # rows in which a header may have come to stand
_BESIDE = 50  # columns without headers, to the right of those that have some


def moves_of(head: Sequence[Json], rows: Sequence[Sequence[Json]]) -> Mapping[int, int] | None:
    """Former column -> its column now, without those that are gone; None: all stand as they did, or no header is found."""
    was = _titles(head)
    now = max((_titles(row) for row in rows[:_SEARCHED]), key=lambda titles: _common(was, titles), default=[])
    if was == now or 2 * _common(was, now) < len([title for title in was if title]):
        return None
    known = {n: now.index(title) for n, title in enumerate(was) if title and was.count(title) == now.count(title) == 1}
    rest = [n for n in range(len(was)) if n not in known]
    free = [n for n in range(len(now)) if n not in known.values()]
    if len(rest) == len(free):  # renamed, or without a header
        known |= dict(zip(rest, free, strict=True))
    if all(n == to for n, to in known.items()) and len(known) == len(was) <= len(now):
        return None
    shift = len(now) - len(was)
    return known | {n: n + shift for n in range(len(was), len(was) + _BESIDE)}


def moved(cells: Sequence[Json], moves: Mapping[int, int] | None) -> list[Json]:
    """The cells of a row where their columns stand now."""
    if moves is None:
        return list(cells)
    found: dict[int, Json] = {to: cells[column] for column, to in moves.items() if column < len(cells)}
    return [found.get(column, {}) for column in range(max(found, default=-1) + 1)]


def _titles(row: Sequence[Json]) -> list[Any]:
    titles = [shown_by(cell) or None for cell in row]
    while titles and titles[-1] is None:
        titles.pop()
    return titles


def _common(one: Sequence[Any], other: Sequence[Any]) -> int:
    return len({title for title in one if title} & set(other))
