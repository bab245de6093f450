"""Setting right a tab of people's that did not stand as we had seen it when our batch came.

Each row knows what it should say: what people had in it by then, and of our batch only what reached the row it was meant for.
Amends are a batch themselves, with a copy of their own; where somebody acts in that moment too, they are made once more.
They can be written down and taken up again by another run. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google.columns import moved, moves_of
from sheets_crm.books.google.replay import VALUE, Line, moving, replay
from sheets_crm.books.google.witness import is_same, row_as_seen, shown_by

Json = dict[str, Any]
Cells = list[list[Json]]


@dataclass
class _Row:
    """A row as it stands, and as it should; should None: it should not stand at all."""

    cells: list[Json]
    should: list[Json] | None

    def to_write(self) -> list[int]:
        """Columns in which something else should stand."""
        should = self.should or []
        return [n for n in range(max(len(self.cells), len(should))) if _entered(self.cells, n) != _entered(should, n)]


@dataclass
class Amends:
    """One tab. head: the row of its headers; title, key: of the column of keys, None where nobody knows it any more."""

    sheet: int
    head: int
    title: str
    key: int | None
    rows: list[_Row] = field(default_factory=list)
    missing: Cells = field(default_factory=list)

    @classmethod
    def after(
        cls, batch: Sequence[Json], sheet: int, *, seen: Sequence[Sequence[Any]], copy: Cells, head: int, title: str
    ) -> Amends:
        """What a batch did. seen: the rows for which it was made; copy: those it met. title: of the column of keys."""
        found = cls(sheet, head, title, _column(copy, head, title))
        lines = replay(batch, sheet, copy)
        relaid = any(_is_relaid(line, copy, head, found.key) for line in lines)
        kept = {line.origin for line in lines}
        gone = [(number, row) for number, row in enumerate(copy) if number not in kept and _says(row)]
        edited = any(number >= len(seen) or not row_as_seen(seen[number], row) for number, row in gone)
        # where somebody typed into a row that went, something new of the batch may stand for it: all of it is taken back
        aligned = not relaid and not edited and found.key is not None and _aligned(seen, copy, head, found.key)
        found.rows = [_Row(line.cells, _wanted(line, seen, copy, aligned=aligned)) for line in lines]
        found.missing = [] if aligned else [row for _, row in gone]
        return found

    def requests(self) -> list[Json]:
        """What sets it right; empty when all is."""
        return [*self._cells(), *self._surplus(), *self._rescued()]

    def applied(self, batch: Sequence[Json], copy: Cells) -> None:
        """The requests were applied, to rows that stood as the copy shows."""
        moves = self._fit(copy)
        met = list(self._met(copy))
        lines = replay(batch, self.sheet, copy)
        stay = {line.origin for line in lines}
        self.missing = [row.should for n, row in enumerate(met) if n not in stay and row.should and _says(row.should)]
        self.rows = [
            _Row(line.cells, moved(line.cells, moves) if line.origin is None else met[line.origin].should)
            for line in lines
        ]

    def found(self, cells: Cells) -> None:
        """The rows stand like this now, and nothing of ours was done to them since: what was typed stays."""
        self._fit(cells)
        self.rows = list(self._met(cells))
        keys = {_value(row.cells, self.key) for row in self.rows} - {None}
        self.missing = [
            row for row in self.missing
            if _value(row, self.key) not in keys and not any(_alike(row, other.cells) for other in self.rows)
        ]  # fmt: skip

    def record(self, batch: Sequence[Json]) -> Json:
        """All that another run has to know, when this batch is sent. See `resumed`."""
        rows = [[_bare(row.cells), None if row.should is None else _bare(row.should)] for row in self.rows]
        missing = [_bare(row) for row in self.missing]
        told = {"batch": [*moving(batch, self.sheet)], "head": self.head, "title": self.title, "key": self.key}
        return {**told, "rows": rows, "missing": missing}

    @classmethod
    def resumed(cls, record: Mapping[str, Any], sheet: int, copy: Cells) -> Amends:
        """Amends of which the process died. copy: how the batch met the rows."""
        rows = [_Row(*row) for row in record["rows"]]
        found = cls(sheet, record["head"], record["title"], record["key"], rows, record["missing"])
        found.applied(record["batch"], copy)
        return found

    @classmethod
    def by_hand(cls, sheet: int, *, copy: Cells, rows: Cells, head: int, title: str) -> Amends:
        """Where nobody knows any more what the batch was: what stood in the copy and stands nowhere now is put back.

        Nothing that stands is touched but cells that are empty now; nothing comes twice.
        """
        found = cls(sheet, head, title, _column(rows, head, title), [_Row(row, list(row)) for row in rows])
        moves = moves_of(copy[head] if head < len(copy) else [], rows[: head + 1])
        keyed = {_value(row.cells, found.key): row for row in found.rows[head + 1 :]}
        for cells in (moved(row, moves) for row in copy[head + 1 :]):
            key = _value(cells, found.key)
            row = keyed.get(key) if key is not None else None
            if row is not None:
                width = max(len(row.cells), len(cells))
                row.should = [_cell(row.cells if _entered(row.cells, n) else cells, n) for n in range(width)]
            elif _says(cells) and (key is not None or not any(_within(cells, other.cells) for other in found.rows)):
                found.missing.append(cells)
        return found

    def values(self) -> list[list[Any]]:
        """The rows as they should stand."""
        rows = [row.should for row in self.rows if row.should is not None] + self.missing
        return [[shown_by(cell) for cell in row] for row in rows]

    def standing(self) -> list[list[Any]]:
        """The rows as they stand, as far as we know."""
        return [[shown_by(cell) for cell in row.cells] for row in self.rows]

    def _fit(self, cells: Cells) -> Mapping[int, int] | None:
        """Somebody may have moved columns: what we know is brought to where they stand now. None: all stand as they did."""
        moves = moves_of(self.rows[self.head].cells if self.head < len(self.rows) else [], cells)
        if moves is not None:
            self.key = moves.get(self.key) if self.key is not None else None
            self.missing = [moved(row, moves) for row in self.missing]
            self.rows = [
                _Row(moved(row.cells, moves), None if row.should is None else moved(row.should, moves))
                for row in self.rows
            ]
        return moves

    def _cells(self) -> Iterator[Json]:
        for number, row in enumerate(self.rows):
            if row.should is None:
                continue
            for left, right in _runs(row.to_write()):
                cells = [_typed(row.should, column) for column in range(left, right)]
                start = {"sheetId": self.sheet, "rowIndex": number, "columnIndex": left}
                yield {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": VALUE}}

    def _surplus(self) -> Iterator[Json]:
        for number in reversed(range(len(self.rows))):
            if self.rows[number].should is None:
                place = {"sheetId": self.sheet, "dimension": "ROWS", "startIndex": number, "endIndex": number + 1}
                yield {"deleteDimension": {"range": place}}

    def _rescued(self) -> Iterator[Json]:
        if self.missing:
            rows = [{"values": [_typed(row, column) for column in range(len(row))]} for row in self.missing]
            yield {"appendCells": {"sheetId": self.sheet, "rows": rows, "fields": VALUE}}

    def _met(self, copy: Cells) -> Iterator[_Row]:
        """The rows of the copy: each one that we know should say the same as before, but for what was typed meanwhile."""
        free = dict(enumerate(self.rows))
        for number, cells in enumerate(copy):
            at = self._known(number, cells, free)
            if at is None:
                yield _Row(cells, list(cells))
                continue
            row = free.pop(at)
            typed = not _alike(row.cells, cells)
            yield _Row(cells, _edited(row.should or [], row.cells, cells) if typed else row.should)

    def _known(self, number: int, cells: list[Json], free: dict[int, _Row]) -> int | None:
        """Which of our rows it is: the one in its place if it says the same, another that does, or the one of its key."""
        if number in free and _alike(free[number].cells, cells):
            return number
        alike = next((at for at, row in free.items() if _alike(row.cells, cells)), None)
        key = _value(cells, self.key)
        if alike is not None or key is None:
            return alike
        return next((at for at, row in free.items() if _value(row.cells, self.key) == key), None)


def _is_relaid(line: Line, copy: Cells, head: int, key: int | None) -> bool:
    """Did the batch write other headers, or another task over the row of one? Then it went by places, not by keys."""
    if line.origin is None or line.origin < head:
        return False
    theirs = copy[line.origin]
    if line.origin == head:
        return not _alike(line.cells, theirs)
    return _value(theirs, key) is not None and _value(line.cells, key) != _value(theirs, key)


def _wanted(line: Line, seen: Sequence[Sequence[Any]], copy: Cells, *, aligned: bool) -> list[Json] | None:
    """What a row should say after our batch: people's own words, and ours where they met the row they were meant for."""
    if line.origin is None:
        return list(line.cells) if aligned else None
    theirs = copy[line.origin]
    if not aligned:
        return list(theirs)
    was = seen[line.origin] if line.origin < len(seen) else ()
    return _merged(line, was, theirs)


def _merged(line: Line, was: Sequence[Any], theirs: list[Json]) -> list[Json]:
    """In a row that we hit: what was typed into it in that moment goes before what we wrote."""
    found = []
    for column, cell in enumerate(line.cells):
        typed = not is_same(was[column] if column < len(was) else None, theirs[column] if column < len(theirs) else {})
        found.append(_cell(theirs, column) if typed and column in line.touched else cell)
    return found


def _aligned(seen: Sequence[Sequence[Any]], copy: Cells, head: int, key: int) -> bool:
    """Did every row stand where we had seen it, whatever was typed into it? A row without a key is known by all it says."""
    if len(copy) < len(seen):
        return False
    for number, row in enumerate(seen):
        known = number > head and key < len(row) and row[key] not in {None, ""}
        if not (is_same(row[key], _cell(copy[number], key)) if known else row_as_seen(row, copy[number])):
            return False
    return True


def _column(copy: Cells, head: int, title: str) -> int | None:
    """Where a header stands."""
    row = copy[head] if head < len(copy) else []
    return next((number for number, cell in enumerate(row) if shown_by(cell) == title), None)


def _edited(should: list[Json], was: list[Json], now: list[Json]) -> list[Json]:
    """What a row should say into which somebody typed; one that was to go stays then, as it stands."""
    width = max(len(should), len(was), len(now))
    return [_cell(should if should and _entered(was, n) == _entered(now, n) else now, n) for n in range(width)]


def _alike(one: list[Json], other: list[Json]) -> bool:
    return all(_entered(one, n) == _entered(other, n) for n in range(max(len(one), len(other))))


def _says(row: Sequence[Json]) -> bool:
    return any(cell.get(VALUE) for cell in row)


def _value(cells: Sequence[Json], column: int | None) -> Any:
    found = shown_by(cells[column]) if column is not None and column < len(cells) else None
    return found if found != "" else None


def _entered(cells: Sequence[Json], column: int) -> Json:
    found: Json = (cells[column] if column < len(cells) else {}).get(VALUE) or {}
    return found if found not in ({"boolValue": False}, {"stringValue": ""}) else {}


def _within(one: Sequence[Json], other: Sequence[Json]) -> bool:
    """Does another row say all that this one says?"""
    return all(not _entered(one, n) or _entered(one, n) == _entered(other, n) for n in range(len(one)))


def _bare(cells: Sequence[Json]) -> list[Json]:
    """Cells without what a server tells unasked."""
    return [{name: cell[name] for name in (VALUE, "effectiveValue") if cell.get(name)} for cell in cells]


def _typed(cells: Sequence[Json], column: int) -> Json:
    """What is written to have the cell again."""
    entered = _cell(cells, column).get(VALUE)
    return {VALUE: entered} if entered else {}


def _cell(cells: Sequence[Json], column: int) -> Json:
    return cells[column] if column < len(cells) else {}


def _runs(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = None
    for place, column in enumerate(columns):
        start = column if start is None else start
        if place + 1 == len(columns) or columns[place + 1] != column + 1:
            yield start, column + 1
            start = None
