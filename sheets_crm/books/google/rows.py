"""What has to be written so that a tab shows the new rows: only cells that differ, and never a manager's row moved by us.

Rows of people's tabs are known by their hidden key and keep their places; a new task is appended, whatever stands there
by then; a cell that a manager owns is written only where the program means to change it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google.drawn import Drawn, Keyed, Row, Wire

_GAP = 3  # equal cells between two changed ones that are written along: fewer, larger pieces


@dataclass
class Changes:
    """Cells to put at (row, left), rows to append (in order), rows to delete, and the order in which rows should stand.

    blocks: (top, left) -> rows of values. order: position -> rank, where rows should be sorted; empty: they stand right.
    places: planned row -> position at which it stands or will stand.
    """

    blocks: list[tuple[int, int, list[Row]]] = field(default_factory=list)
    appended: list[int] = field(default_factory=list)  # planned rows
    deleted: list[int] = field(default_factory=list)  # positions
    order: dict[int, int] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """How many cells are written in place."""
        return sum(len(row) for _, _, rows in self.blocks for row in rows)

    def __bool__(self) -> bool:
        return bool(self.blocks or self.appended or self.deleted)


def padded(rows: Sequence[Sequence[Any]], height: int, width: int) -> list[Row]:
    """Rows as they stand, cut and filled up to an area."""
    found = [[value if value != "" else None for value in row[:width]] for row in rows[:height]]
    for row in found:
        row.extend([None] * (width - len(row)))
    found.extend([None] * width for _ in range(height - len(found)))
    return found


def whole(drawn: Drawn, standing: Sequence[Sequence[Any]], area: tuple[int, int]) -> Changes:
    """A tab of ours alone: put what differs, and empty what the former drawing (area: its height and width) had more."""
    height, width = max(drawn.height, area[0]), max(drawn.width, area[1])
    old = padded(standing, height, width)
    new = padded(drawn.rows, height, width)
    found = Changes(list(blocks_of(old, new)))
    found.places = {row: row for row in range(drawn.height)}
    return found


def by_key(drawn: Drawn, keyed: Keyed, standing: Sequence[Sequence[Any]]) -> Changes | None:
    """A tab that people work in. None: its header stands otherwise, so that rows can't be matched."""
    width, top = drawn.width, keyed.head + 1
    old = padded(standing, max(len(standing), top), width)
    if old[keyed.head] != drawn.rows[keyed.head]:
        return None
    found = Changes()
    new_place = {str(row[keyed.key]): place for place, row in enumerate(drawn.rows[top:], top)}
    _match(found, drawn, keyed, old, new_place)
    meant = {place: drawn.rows[row] for row, place in found.places.items() if row >= top}
    above = {row: drawn.rows[row] for row in range(top)}
    spans = (
        (place, spans_of(old[place], _left_alone(old[place], row, keyed.managers), keyed.managers | {keyed.key}))
        for place, row in sorted({**above, **meant}.items())
    )  # fmt: skip
    found.blocks = list(_blocks(spans, {**above, **meant}))
    found.appended = [row for row in range(top, drawn.height) if row not in found.places]
    found.places |= {row: row for row in range(top)}
    _rank(found, top)
    return found


def _match(found: Changes, drawn: Drawn, keyed: Keyed, old: Sequence[Row], new_place: Mapping[str, int]) -> None:
    """Which planned row stands where; rows of keys that are no longer planned go."""
    top, loose = keyed.head + 1, []
    for place in range(top, len(old)):
        key = old[place][keyed.key]
        if key is None:
            if any(value is not None for value in old[place]):
                loose.append(place)
        elif (row := new_place.get(str(key))) is None or row in found.places:
            found.deleted.append(place)
        else:
            found.places[row] = place
    for place in loose:
        row = _adopted(drawn, keyed, old[place], found)
        if row is not None:
            found.places[row] = place


def _adopted(drawn: Drawn, keyed: Keyed, typed: Row, found: Changes) -> int | None:
    """The planned row that was made of one typed by hand: it shows again all that was typed, or most of it."""
    best, best_row = 0, None
    filled = [column for column, value in enumerate(typed) if value is not None]
    for row in range(keyed.head + 1, drawn.height):
        if row in found.places:
            continue
        alike = sum(_alike(drawn.rows[row][column], typed[column]) for column in filled)
        if alike > best:
            best, best_row = alike, row
    return best_row


def _left_alone(old: Row, new: Row, managers: frozenset[int]) -> Row:
    """The new row, but what people typed in another case or with spaces around it stays as they typed it."""
    same = [column for column in managers if differs(old[column], new[column]) and _alike(old[column], new[column])]
    return [old[column] if column in same else value for column, value in enumerate(new)] if same else new


def _alike(one: Wire, other: Wire) -> bool:
    return str(one).strip().casefold() == str(other).strip().casefold()


def _rank(found: Changes, top: int) -> None:
    """Do the rows stand in the planned order (new ones last)? If not, the rank of each standing row."""
    standing = sorted((place, row) for row, place in found.places.items() if row >= top)
    in_order = [row for _, row in standing] + found.appended
    if in_order != sorted(in_order):
        found.order = dict(standing)


def spans_of(old: Row, new: Row, kept: frozenset[int]) -> list[tuple[int, int]]:
    """Runs of columns (left, right; right not included) that differ. Never over a column of `kept` that is equal:
    a row may have moved by the time it is written.
    """
    if old == new:
        return []
    spans: list[tuple[int, int]] = []
    for column, (was, now) in enumerate(zip(old, new, strict=True)):
        if not differs(was, now):
            continue
        if spans and column - spans[-1][1] <= _GAP and not any(gap in kept for gap in range(spans[-1][1], column)):
            spans[-1] = (spans[-1][0], column + 1)
        else:
            spans.append((column, column + 1))
    return spans


def differs(was: Wire, now: Wire) -> bool:
    """Is it another value? Numbers may lose their sixteenth digit on the way; true is not 1."""
    if isinstance(was, bool) or isinstance(now, bool):
        return was is not now
    if isinstance(was, (int, float)) and isinstance(now, (int, float)):
        return abs(was - now) > 1e-12 * max(abs(was), abs(now))
    return was != now


def blocks_of(old: Sequence[Row], new: Sequence[Row]) -> Iterator[tuple[int, int, list[Row]]]:
    """What of the new rows differs from the old ones in the same places, as (top, left, rows)."""
    yield from _blocks(
        ((row, spans_of(was, now, frozenset())) for row, (was, now) in enumerate(zip(old, new, strict=True))), new
    )


def _blocks(spans: Any, rows: Any) -> Iterator[tuple[int, int, list[Row]]]:
    """Spans of rows one below the other joined to blocks."""
    open_blocks: dict[tuple[int, int], tuple[int, list[Row]]] = {}
    for place, found in spans:
        for span in [
            one for one in open_blocks if one not in found or open_blocks[one][0] + len(open_blocks[one][1]) != place
        ]:
            top, lines = open_blocks.pop(span)
            yield top, span[0], lines
        for span in found:
            open_blocks.setdefault(span, (place, []))[1].append(rows[place][span[0] : span[1]])
    for (left, _), (top, lines) in open_blocks.items():
        yield top, left, lines
