"""What a sheet is: which cards its rows are, and which column is which field, with a confidence for each.

Wrong is worse than unbound: a column is bound only when header and values together speak clearly for one field.
How: docs/explain/guessing.md. Looks at one sheet; what other sheets say of it is told by guess_book.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sheets_crm.base.guess_cards import SUPPOSITIONS, Surroundings, fields_in, worth
from sheets_crm.base.guess_match import best_pairs
from sheets_crm.base.guess_model import Candidate, Reason, SheetGuess
from sheets_crm.base.guess_score import ColumnClues, fitness
from sheets_crm.base.guess_words import Field, Header, clean, month_of, sheet_kinds
from sheets_crm.base.layout import find_layout, headers_of
from sheets_crm.base.layout_tables import TableArea, find_tables, main_table
from sheets_crm.base.model import BoundColumn, Layout
from sheets_crm.base.profile import profile
from sheets_crm.books.model import Grid

_ENOUGH = 0.55  # below this a column stays unbound
_SHEET_ENOUGH = 1.7  # below this a sheet is left alone
_ADDED = 0.72  # what a column must reach to add a card of its own
_VISIT_EXTRAS = ("car", "mileage", "complaint", "tooth", "next_visit")
_CLOSE = 0.08
_SUMS_OF_A_CLIENT = {("client", "revenue_total"), ("client", "orders_count")}
_SECOND_BEST = 0.6


@dataclass(frozen=True)
class Hints:
    """What is known of a sheet from elsewhere.

    cards: the kinds are settled; only columns are to be found. links: column -> card -> share of known values.
    """

    cards: tuple[str, ...] = ()
    links: Mapping[int, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Settled:
    """What the owner said of a sheet before its columns are guessed. cards None: not said; (): it is left alone."""

    cards: tuple[str, ...] | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class SheetClues:
    """A sheet's main table, column by column."""

    grid: Grid
    area: TableArea
    layout: Layout
    columns: tuple[ColumnClues, ...]


@dataclass(frozen=True)
class _Supposed:
    cards: tuple[str, ...]
    worth: float
    bound: dict[int, tuple[Field, float]]


def guess_sheet(grid: Grid, *, country: str = "RU") -> SheetGuess:
    """What a sheet seems to be, by itself. `country` decides nothing yet that the values do not say themselves."""
    del country
    clues = read_clues(grid)
    return left_alone(grid, "empty") if clues is None else decide(clues, Hints())


def left_alone(grid: Grid, reason: str, layout: Layout | None = None) -> SheetGuess:
    """A sheet that holds no cards: `reason` is empty, list, report, unknown or said (by the owner)."""
    return SheetGuess(
        grid.name, (), layout, why=((f"guess.left_alone.{reason}", {"sheet": grid.name}),), month=month_of(grid.name)
    )


def read_clues(grid: Grid, header_row: int | None = None) -> SheetClues | None:
    """The main table of a sheet with a profile of each column; None for a sheet without a table. header_row: as stated."""
    layout = find_layout(grid, header_row=header_row)
    area = main_table(find_tables(grid)) if header_row is None else _under(grid, header_row, layout)
    if area is None or layout is None or not (layout.rows.len() or layout.header_row):
        return None
    places = layout.rows - 1
    columns = []
    names = _told_apart(area.names)
    for index in range(area.left, area.right + 1):
        cells = grid.columns[index].gather(places)
        formula = grid.formulas.get(index, 0) > 0.5 * layout.rows.len()
        columns.append(ColumnClues(index, names.get(index), profile(cells), {}, formula))
    return SheetClues(grid, area, layout, tuple(columns))


def _under(grid: Grid, header_row: int, layout: Layout | None) -> TableArea | None:
    """The table under a header that the owner pointed at."""
    names = headers_of(grid, layout) if layout is not None else {}
    full = [index for index, column in enumerate(grid.columns) if not column.is_blank]
    if layout is None or not full:
        return None
    left, right = (min(names), max(names)) if names else (full[0], full[-1])
    return TableArea(header_row, header_row + 1, grid.height, left, right, names, layout.rows.len(), 0.0)


def _told_apart(names: Mapping[int, Header]) -> dict[int, Header]:
    """Equal headers ("Date", "Sum" twice) get the name of the column before them as their group."""
    times = Counter(clean(header.text) for header in names.values())
    seen: set[str] = set()
    apart: dict[int, Header] = {}
    for index, header in sorted(names.items()):
        text = clean(header.text)
        before = names.get(index - 1)
        if times[text] > 1 and text in seen and not header.group and before is not None and clean(before.text) != text:
            header = Header(header.text, before.text)  # noqa: PLW2901 - the same header, better named
        seen.add(text)
        apart[index] = header
    return apart


def decide(clues: SheetClues, hints: Hints) -> SheetGuess:
    """The cards and columns of a sheet, given what other sheets say of it."""
    columns = tuple(_with_links(column, hints) for column in clues.columns)
    around = Surroundings(
        sheet_kinds(clues.grid.name),
        len(columns),
        timed=any(column.trait("time") > 0.8 for column in columns),
        monthly=month_of(clues.grid.name) is not None,
        linked=any(share > 0.6 for found in hints.links.values() for share in found.values()),
    )
    table = _fitness_table(columns, clues.area, around)
    wanted = (hints.cards[:2],) if hints.cards else SUPPOSITIONS
    ranked = sorted((_suppose(cards, table, around) for cards in wanted), key=lambda found: -found.worth)
    best = ranked[0]
    reason = None if hints.cards else _why_left_alone(clues, best, around)
    if reason:
        return left_alone(clues.grid, reason, clues.layout)
    best = _with_extras(best, table)
    return _told(clues, columns, table, ranked, best)


def _with_links(column: ColumnClues, hints: Hints) -> ColumnClues:
    found = hints.links.get(column.index)
    if not found:
        return column
    return ColumnClues(column.index, column.header, column.profile, found, column.formula)


_Table = Mapping[int, Mapping[Field, float]]


def _fitness_table(
    columns: Sequence[ColumnClues], area: TableArea, around: Surroundings
) -> dict[int, dict[Field, float]]:
    """Column -> field (of any card) -> how well it fits."""
    kinds = {card for cards in SUPPOSITIONS for card in cards}
    return {
        clues.index: {
            (card, name): score
            for card in kinds
            for name, score in fitness(clues, card, headless=not area.header_row, monthly=around.monthly).items()
        }
        for clues in columns
    }


def _suppose(cards: tuple[str, ...], table: _Table, around: Surroundings) -> _Supposed:
    """The best columns for the fields of these cards, and what the supposition is worth."""
    fields = fields_in(cards)
    indices = list(table)
    gains = np.array(
        [[_gain(table, column, found, place, cards) for place, column in enumerate(indices)] for found in fields]
    )
    bound = {indices[column]: (fields[row], table[indices[column]][fields[row]]) for row, column in best_pairs(gains)}
    bound = _without_doubtful(bound, table, fields)
    return _Supposed(cards, worth(cards, dict(bound.values()), around), bound)


def _gain(table: _Table, column: int, found: Field, place: int, cards: tuple[str, ...]) -> float:
    """A fit as the matching sees it: nothing below the threshold; the client first and the left column first in a tie."""
    score = table[column].get(found, 0.0)
    if score < _ENOUGH:
        return 0.0
    first = 0.012 if len(cards) > 1 and found[0] == cards[0] else 0.0
    if len(cards) > 1 and found in _SUMS_OF_A_CLIENT:
        first = -0.05  # on a row that is a sale too, a sum is rather the sale's
    second = -0.006 if found[1] in {"phone2", "legal_name"} else 0.0
    # Squared: one column that fits well is better than two that fit so-so.
    return score**2 + first + second - 0.0005 * min(place, 60)


def _without_doubtful(
    bound: dict[int, tuple[Field, float]], table: _Table, fields: Sequence[Field]
) -> dict[int, tuple[Field, float]]:
    """Columns that the matching pushed to a second-best field although the best is clearly better are let go.

    Two columns that want the same field: the one that fits less is unbound rather than bound to a field it is not.
    """
    kept = {}
    for column, (found, score) in bound.items():
        best = max(table[column].get(other, 0.0) for other in fields)
        if score >= min(best - 0.25, _SECOND_BEST):
            kept[column] = (found, score)
    return kept


def _with_extras(best: _Supposed, table: _Table) -> _Supposed:
    """Cards that single columns add: a survey's score on any sheet, a car or a next visit on a sheet of deals."""
    extras: list[Field] = []
    if "survey" not in best.cards:
        extras += [("survey", "score"), ("survey", "comment")]
    if "deal" in best.cards:
        extras += [("visit", name) for name in _VISIT_EXTRAS]
    bound = dict(best.bound)
    _second_phone(bound, table)
    for found in extras:
        if found == ("survey", "comment") and ("survey", "score") not in {kept for kept, _ in bound.values()}:
            continue
        free = {column: table[column].get(found, 0.0) for column in table if column not in bound}
        column = max(free, key=lambda place: free[place], default=None)
        if column is not None and free[column] >= _ADDED:
            bound[column] = (found, free[column])
    cards = tuple(dict.fromkeys([*best.cards, *(card for (card, _), _ in bound.values())]))
    return _Supposed(cards, best.worth, bound)


def _second_phone(bound: dict[int, tuple[Field, float]], table: _Table) -> None:
    """Of two columns called "Phone" the second is the client's second phone."""
    taken = {found for found, _ in bound.values()}
    if ("client", "phone") not in taken or ("client", "phone2") in taken:
        return
    free = [column for column in table if column not in bound and table[column].get(("client", "phone"), 0.0) >= _ADDED]
    if free:
        bound[free[0]] = (("client", "phone2"), table[free[0]]["client", "phone"] - 0.1)


def _why_left_alone(clues: SheetClues, best: _Supposed, around: Surroundings) -> str | None:
    """Why the sheet is no sheet of cards, or None."""
    rows = clues.layout.rows.len()
    names = around.names
    if clues.area.is_list:
        return "list"
    formulas = sum(column.formula for column in clues.columns)
    if formulas >= 0.5 * len(clues.columns) and len(clues.columns) > 1 and rows <= 200 and best.worth < 4:
        return "report"
    if names.get("summary", 0.0) >= 0.7 and best.worth < 4:
        return "report"
    if names.get("lists", 0.0) >= 1.0 and best.worth < 3.2:
        return "list"
    if best.worth < _SHEET_ENOUGH or len(best.bound) < 2:
        return "unknown"
    return None


def _told(
    clues: SheetClues,
    columns: Sequence[ColumnClues],
    table: _Table,
    ranked: Sequence[_Supposed],
    best: _Supposed,
) -> SheetGuess:
    """The guess in full."""
    fields = [*fields_in(best.cards[:2]), *(found for found, _ in best.bound.values())]
    bound, others, unbound = [], dict[int, tuple[Candidate, ...]](), dict[int, str]()
    for column in columns:
        found, score = best.bound.get(column.index, (None, 0.0))
        others[column.index] = _alternatives(table[column.index], fields, found)
        title = column.header.shown if column.header else ""
        if found is None:
            if column.header or column.count:
                unbound[column.index] = title
            continue
        rival = others[column.index][0].confidence if others[column.index] else 0.0
        sure = round(score - max(0.0, min(0.2, _CLOSE - (score - rival))), 3)
        bound.append(BoundColumn(found[0], found[1], column.index, title, sure))
    month = month_of(clues.grid.name)
    return SheetGuess(
        sheet=clues.grid.name,
        cards=best.cards,
        layout=clues.layout,
        columns=tuple(bound),
        alternatives={index: found for index, found in others.items() if found},
        unbound=unbound,
        confidence=_confidence(ranked, bound),
        why=tuple(_reasons(clues, bound, best, month)),
        month=month,
        fill_down=_fill_down(columns, bound, clues.layout),
    )


def _alternatives(scores: Mapping[Field, float], fields: Iterable[Field], found: Field | None) -> tuple[Candidate, ...]:
    """Other fields of the sheet's cards that the column may be, the likeliest first; three at most."""
    rest = {other: scores[other] for other in dict.fromkeys(fields) if other != found and scores.get(other, 0.0) >= 0.3}
    ranked = sorted(rest.items(), key=lambda item: -item[1])[:3]
    return tuple(Candidate(card, name, round(score, 3)) for (card, name), score in ranked)


def _confidence(ranked: Sequence[_Supposed], bound: Sequence[BoundColumn]) -> float:
    """How sure the sheet's kind is: by how far the next supposition lies behind, and how sure the columns are."""
    if not bound:
        return 0.0
    average = sum(column.confidence for column in bound) / len(bound)
    lead = ranked[0].worth - ranked[1].worth if len(ranked) > 1 else 1.0
    return round(average * min(1.0, 0.7 + 0.3 * lead), 3)


def _reasons(
    clues: SheetClues, bound: Sequence[BoundColumn], best: _Supposed, month: tuple[int | None, int] | None
) -> Iterable[Reason]:
    yield "guess.why.columns", {"n": len(bound), "sheet": clues.grid.name}
    if clues.layout.header_row == 0:
        yield "guess.why.no_header", {"sheet": clues.grid.name}
    if len(best.cards) > 1:
        yield "guess.why.flat", {"sheet": clues.grid.name}
    if month:
        yield "guess.why.month", {"sheet": clues.grid.name}


def _fill_down(columns: Sequence[ColumnClues], bound: Sequence[BoundColumn], layout: Layout) -> tuple[int, ...]:
    """Columns of the client that are written once and left empty on the client's further visits."""
    if (layout.blocks != layout.rows).any():
        return ()  # merged cells say it already
    filled = {column.index: column.profile["filled"] for column in columns}
    dates = [filled[column.index] for column in bound if column.card == "visit" and column.field in {"date", "service"}]
    named = [column.index for column in bound if column.card == "client" and column.field in {"id", "name", "phone"}]
    keys = [column.index for column in bound if (column.card, column.field) == ("client", "name")]
    if not dates or not keys or max(dates) < 0.9 or filled[keys[0]] > 0.85 * max(dates):
        return ()
    return tuple(index for index in named if filled[index] <= 0.85 * max(dates))
