"""Native check boxes: the columns of yes and no, with a box in just those rows that say either.

An empty cell with a box would look like a no that nobody said, so none stands there, and none below the table.
Columns that people added are theirs, with their boxes. Pure. Values are `job`'s business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from sheets_crm.books.google.drawn import Drawn
from sheets_crm.books.google.frame import Place, peoples
from sheets_crm.books.tab import Table

Json = dict[str, Any]
Run = tuple[int, int, int]  # column, first row, row after the last
_BOX = {"condition": {"type": "BOOLEAN"}, "showCustomUi": True, "strict": False}


def boxes(drawn: Drawn, place: Place, rows: Sequence[Sequence[Any]], *, anew: bool) -> Iterator[Json]:
    """The requests that put the boxes where they belong, if they don't stand so. rows: the tab's values as they will stand.

    anew: the tab's looks are given anew, and with them all boxes of before are gone.
    """
    runs = _runs(drawn, place, rows)
    if not anew and place.kept.get("boxes", "") == _told(runs):
        return
    before = (place.kept.get("area") or [0, 0])[0]
    for table, index in () if anew else _columns(drawn, place):
        yield _ruled(place.area(table.row + 1, index, max(before, len(rows)), index + 1))
    for index, top, bottom in runs:
        yield _ruled(place.area(top, index, bottom, index + 1), _BOX)


def told(drawn: Drawn, place: Place, rows: Sequence[Sequence[Any]]) -> str:
    """What is kept of the boxes to know whether they stand right; "" where there are none."""
    return _told(_runs(drawn, place, rows))


def _told(runs: Sequence[Run]) -> str:
    return hashlib.sha256(repr(runs).encode()).hexdigest()[:16] if runs else ""


def _ruled(area: Json, rule: Json | None = None) -> Json:
    return {"setDataValidation": {"range": area, **({"rule": rule} if rule else {})}}


def _columns(drawn: Drawn, place: Place) -> Iterator[tuple[Table, int]]:
    """Our columns of yes and no, each with its table and its place on the tab."""
    theirs = peoples(drawn, place)
    for table in drawn.tab.tables:
        for index, column in enumerate(table.columns, table.column):
            if column.values.dtype == pl.Boolean and index not in theirs:
                yield table, index


def _runs(drawn: Drawn, place: Place, rows: Sequence[Sequence[Any]]) -> list[Run]:
    """Runs of rows that have a value."""
    found = []
    for table, index in _columns(drawn, place):
        top = table.row + 1
        if drawn.keyed is None:
            filled = table.columns[index - table.column].values.is_not_null()
        else:  # few rows, and they stand in people's order
            said = [index < len(row) and isinstance(row[index], bool) for row in rows[top:]]
            filled = pl.Series(said, dtype=pl.Boolean)
        lengths = pl.select(filled.rle()).to_series().struct.unnest() if len(filled) else None
        if lengths is None:
            continue
        ends = lengths["len"].cum_sum()
        starts = (ends - lengths["len"]).filter(lengths["value"])
        found += [
            (index, top + start, top + end) for start, end in zip(starts, ends.filter(lengths["value"]), strict=True)
        ]
    return found
