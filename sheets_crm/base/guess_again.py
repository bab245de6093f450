"""Bound columns found again after the owner moved or renamed them; a column that cannot be found is lost alone.

Pure: profiles of the last run are arguments. Which sheets are bound at all is not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheets_crm.base.guess_match import best_pairs
from sheets_crm.base.guess_score import ColumnClues, evidence, fitness
from sheets_crm.base.guess_words import Header, clean, compact, fields_of, stems
from sheets_crm.base.layout import find_layout
from sheets_crm.base.layout_cells import Cells
from sheets_crm.base.layout_header import header_texts
from sheets_crm.base.model import BoundColumn, Layout
from sheets_crm.base.profile import likeness, profile
from sheets_crm.books.model import Grid

_SURE = 0.72
_HOLDS_OTHER = 0.3


@dataclass(frozen=True)
class Change:
    """A bound column that stands elsewhere, or under another name, than it was bound."""

    before: BoundColumn
    after: BoundColumn

    @property
    def moved(self) -> bool:
        return self.before.index != self.after.index

    @property
    def renamed(self) -> bool:
        return clean(self.before.header) != clean(self.after.header)


@dataclass(frozen=True)
class Lost:
    """A bound column that is not to be found, and the likeliest other one (None where nothing comes near)."""

    column: BoundColumn
    candidate: int | None = None
    header: str = ""
    confidence: float = 0.0


@dataclass(frozen=True)
class Search:
    """What became of the bound columns: those to read now, what changed, what is lost."""

    columns: tuple[BoundColumn, ...]
    changes: tuple[Change, ...] = ()
    lost: tuple[Lost, ...] = ()
    layout: Layout | None = None

    @property
    def as_before(self) -> bool:
        return not self.changes and not self.lost


def find_again(
    grid: Grid,
    columns: Sequence[BoundColumn],
    *,
    header_row: int | None = None,
    profiles: Mapping[int, Mapping[str, object]] | None = None,
    fill_down: Sequence[int] = (),
) -> Search:
    """The bound columns on the sheet as it is now.

    header_row: where the header was (0: the table has none). profiles: column index at the time of binding -> `profile`
    of its values then; without them a renamed column is known only by what its new name means.
    """
    bound = {column.index: column.header for column in columns if column.index >= 0}  # below zero: stands nowhere yet
    layout = find_layout(grid, header_row=header_row, bound=bound, fill_down=fill_down)
    if layout is None:
        return Search((), lost=tuple(Lost(column) for column in columns))
    here = _columns_now(grid, layout)
    if all(_same_place(column, here, profiles or {}) for column in columns):
        return Search(tuple(columns), layout=layout)
    return _matched(columns, here, profiles or {}, layout)


def _columns_now(grid: Grid, layout: Layout) -> dict[int, ColumnClues]:
    names = header_texts(Cells(grid), layout.header_row - 1, 0, len(grid.columns) - 1) if layout.header_row else {}
    places = layout.rows - 1
    return {
        index: ColumnClues(index, names.get(index), profile(column.gather(places)), {})
        for index, column in enumerate(grid.columns)
        if index in names or not column.is_blank
    }


def _same_place(
    column: BoundColumn, here: Mapping[int, ColumnClues], profiles: Mapping[int, Mapping[str, object]]
) -> bool:
    """The column stands where it stood, under the same name, and does not hold something else entirely."""
    now = here.get(column.index)
    if now is None or _name_likeness(column.header, now.header) < 0.99:
        return False
    return not _holds_other(column, now, profiles.get(column.index))


def _holds_other(column: BoundColumn, now: ColumnClues, before: Mapping[str, object] | None) -> bool:
    """Its values are of another kind than they were: the cells were shifted under the header."""
    if before is None or now.count < 5:
        return False
    like = fields_of(column.card).get(column.field)
    against = evidence(now, like) <= -0.8 if like else False
    return against and likeness(before, now.profile) < _HOLDS_OTHER


def _matched(
    columns: Sequence[BoundColumn],
    here: Mapping[int, ColumnClues],
    profiles: Mapping[int, Mapping[str, object]],
    layout: Layout,
) -> Search:
    indices = list(here)
    scores = np.array(
        [[_sameness(column, here[index], profiles.get(column.index)) for index in indices] for column in columns]
    ).reshape(len(columns), len(indices))
    pairs = dict(best_pairs(np.where(scores >= _SURE, scores, 0.0)))
    taken = {indices[place] for place in pairs.values()}
    kept, changes, lost = [], [], []
    for row, column in enumerate(columns):
        if row in pairs:
            now = here[indices[pairs[row]]]
            after = replace(column, index=now.index, header=now.header.shown if now.header else column.header)
            kept.append(after)
            if after.index != column.index or clean(after.header) != clean(column.header):
                changes.append(Change(column, after))
            continue
        lost.append(_lost(column, scores[row], [index for index in indices if index not in taken], indices, here))
    return Search(tuple(kept), tuple(changes), tuple(lost), layout)


def _lost(
    column: BoundColumn,
    scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    free: Sequence[int],
    indices: Sequence[int],
    here: Mapping[int, ColumnClues],
) -> Lost:
    best = max(free, key=lambda index: scores[indices.index(index)], default=None)
    confidence = float(scores[indices.index(best)]) if best is not None else 0.0
    if best is None or confidence < 0.3:
        return Lost(column)
    header = here[best].header
    return Lost(column, best, header.shown if header else "", round(confidence, 3))


def _sameness(column: BoundColumn, now: ColumnClues, before: Mapping[str, object] | None) -> float:
    """How sure it is that this column is the bound one, 0..1."""
    if _holds_other(column, now, before):
        return 0.0
    name = _name_likeness(column.header, now.header)
    place = 0.02 if now.index == column.index else 0.0
    told = before is not None and bool(before.get("values")) and now.count > 0  # an empty column says nothing of itself
    values = likeness(before, now.profile) if before is not None and told else None
    if name >= 0.99:
        return min(1.0, 0.9 + place + (0.08 * values if values is not None else 0.04))
    means = fitness(now, column.card).get(column.field, 0.0)
    if values is None:
        return min(
            0.95, max(0.95 * name if name >= 0.85 else 0.0, 0.85 * means if means >= 0.9 else 0.5 * means) + place
        )
    if now.index == column.index:
        return max(0.5 * values + 0.5 * max(name, means), 0.88 * values) + place
    return 0.55 * values + 0.45 * max(name, means)


def _name_likeness(text: str, header: Header | None) -> float:
    """How alike two headers are: 1 for equal ones, less for other endings or a slip of the pen."""
    if header is None:
        return 1.0 if not text else 0.0
    from rapidfuzz import fuzz

    best = 0.0
    for other in (header.shown, header.text):
        if clean(text) == clean(other):
            return 1.0
        if stems(text) == stems(other):
            best = max(best, 0.96)
        best = max(best, fuzz.ratio(compact(text), compact(other)) / 100)
    return best if best >= 0.8 else 0.0
