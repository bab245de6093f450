"""What the sheets of a workbook are, together: links between them, months as sheets, lists and reports left alone.

Does not decide about columns itself (guess): it only tells each sheet what the others know.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from sheets_crm.base.guess import Hints, Settled, SheetClues, decide, left_alone, read_clues
from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.base.guess_score import evidence
from sheets_crm.base.guess_words import clean, fields_of
from sheets_crm.base.model import BoundColumn
from sheets_crm.base.profile import likeness
from sheets_crm.base.requests import guess_requests
from sheets_crm.books.model import Grid
from sheets_crm.cells import Column, Kind

_BASES = {("client",), ("client", "lead"), ("client", "survey"), ("client", "lead", "survey")}
_LOOKED_AT = 300  # distinct values of a column that are looked up
_BY_NAME = 0.9  # an id is a better link than a name
_BY_NUMBER = 0.8  # small numbers are ids and quantities alike: the header must say so too
_SURELY = 0.85
_ALIKE = 0.7
_BY_PLACE = 0.56


def guess_workbook(
    grids: Mapping[str, Grid], *, country: str = "RU", requests: Collection[str] = ()
) -> dict[str, SheetGuess]:
    """A guess for each sheet, in the order given. `country` as for `guess_sheet`. requests: sheets that the owner says hold some."""
    del country
    clues = {name: read_clues(grid) for name, grid in grids.items()}
    return guess_from(clues, grids, {}, requests=requests)


def guess_from(
    clues: Mapping[str, SheetClues | None],
    grids: Mapping[str, Grid],
    settled: Mapping[str, Settled],
    *,
    requests: Collection[str] = (),
) -> dict[str, SheetGuess]:
    """The same from what was read of the sheets already, and what the owner said of some: that is not guessed."""
    said = {name: one.cards for name, one in settled.items() if one.cards is not None and clues.get(name) is not None}
    asked = _requests(clues, said, requests)
    guesses = {
        name: left_alone(grids[name], "empty")
        if found is None
        else left_alone(grids[name], "said", found.layout)
        if said.get(name) == ()
        else asked.get(name) or decide(found, Hints(cards=said.get(name, ())))
        for name, found in clues.items()
    }
    clues = {name: None if said.get(name) == () else found for name, found in clues.items()}
    known = _known_values({name: guess for name, guess in guesses.items() if name not in asked}, clues)
    for name, found in clues.items():
        if found is None or name in asked:
            continue
        if _is_base(guesses[name]) and name not in said:
            guesses[name] = _not_a_base(guesses[name], found, known, name)
        elif links := _links(found, known, name):
            guesses[name] = decide(found, Hints(cards=said.get(name, ()), links=links))
    told = {name: found for name, found in clues.items() if found is not None}
    return _as_months(guesses, {name: found for name, found in told.items() if name not in said})


def _requests(
    clues: Mapping[str, SheetClues | None], said: Mapping[str, tuple[str, ...]], requests: Collection[str]
) -> dict[str, SheetGuess]:
    """The sheets of requests (a form's answers), unless their owner says that they are something else."""
    found = {name: guess_requests(one, sure=name in requests) for name, one in clues.items() if one is not None}
    return {
        name: guess
        for name, guess in found.items()
        if guess is not None and (name not in said or set(said[name]) == set(guess.cards))
    }


@dataclass(frozen=True)
class _Source:
    """Values that other sheets may refer to. worth: an id is better than a name."""

    sheet: str
    card: str
    worth: float
    values: pl.Series


class _Known:
    """The sources, and all their values in one series: a question costs one look at it, however many sheets there are."""

    def __init__(self, sources: Sequence[_Source]) -> None:
        self.sources = sources
        lengths = [source.values.len() for source in sources]
        self._values = pl.concat([pl.Series([], dtype=pl.String), *(source.values for source in sources)], rechunk=True)
        self._whose = np.repeat(np.arange(len(sources)), lengths)

    def shared(self, values: pl.Series) -> list[int]:
        """How many of the values (each there once) each source has."""
        found = self._values.is_in(values.implode()).to_numpy()
        return [int(count) for count in np.bincount(self._whose[found], minlength=len(self.sources))]


def _not_a_base(guess: SheetGuess, clues: SheetClues, known: _Known, sheet: str) -> SheetGuess:
    """A sheet that seemed to hold clients, but whose "name" is the id of clients elsewhere: people at those clients."""
    own = guess.column("client", "id")
    links = {
        index: found
        for index, found in _links(clues, known, sheet, only_ids=True).items()
        if own is None or index != own.index
    }
    by_text = {index: found for index, found in links.items() if found["client"] >= _SURELY}
    return decide(clues, Hints(links=by_text)) if by_text else guess


def _is_base(guess: SheetGuess) -> bool:
    return guess.cards in _BASES and guess.month is None


def _known_values(guesses: Mapping[str, SheetGuess], clues: Mapping[str, SheetClues | None]) -> _Known:
    """What other sheets may refer to: ids and names of clients, ids of deals."""
    known = []
    for name, guess in guesses.items():
        found = clues[name]
        if found is None:
            continue
        sources = [("deal", "id", "deal", 1.0)] if "deal" in guess.cards else []
        if _is_base(guess):
            sources += [("client", "id", "client", 1.0), ("lead", "id", "client", 1.0)]
            sources += [("client", "name", "client", _BY_NAME), ("client", "legal_name", "client", _BY_NAME)]
        for card, field, target, worth in sources:
            column = guess.column(card, field)
            if column is not None:
                known.append(_Source(name, target, worth, _values(found, column.index)))
    return _Known(known)


def _values(clues: SheetClues, index: int) -> pl.Series:
    """The distinct values of a column's data rows as they are compared; numbers as whole numbers."""
    return _compared(clues.grid.columns[index].gather(clues.layout.rows - 1))


def _compared(column: Column) -> pl.Series:
    texts = column.text.drop_nulls().unique().str.to_lowercase().str.replace_all("\u0451", "\u0435")
    texts = texts.str.replace_all(r"\s+", " ").str.strip_chars()
    numbers = column.number.filter(column.kind == Kind.NUMBER).drop_nulls().unique()
    whole = numbers.filter(numbers == numbers.floor()).cast(pl.Int64, strict=False).cast(pl.String)
    return pl.concat([texts, whole]).unique()


def _links(clues: SheetClues, known: _Known, sheet: str, *, only_ids: bool = False) -> dict[int, dict[str, float]]:
    """Column -> card -> share of the column's values that are ids or names known from other sheets. only_ids: of clients."""
    links: dict[int, dict[str, float]] = {}
    asked = {
        place: source
        for place, source in enumerate(known.sources)
        if source.sheet != sheet and (not only_ids or (source.worth == 1.0 and source.card == "client"))
    }
    if not asked:
        return links
    for column in clues.columns:
        if not column.count or column.trait("true_date", "email", "phone") > 0.5:
            continue
        values = _values(clues, column.index).head(_LOOKED_AT)
        if not values.len():
            continue
        only_numbers = column.trait("number") > 0.8
        shared = known.shared(values)
        for place, source in asked.items():
            share = float(shared[place]) / values.len() * source.worth
            share *= _BY_NUMBER if only_numbers else 1.0
            own = links.setdefault(column.index, {})
            own[source.card] = max(own.get(source.card, 0.0), share)
    return {index: found for index, found in links.items() if max(found.values(), default=0.0) >= 0.3}


def _as_months(guesses: dict[str, SheetGuess], clues: Mapping[str, SheetClues]) -> dict[str, SheetGuess]:
    """Monthly sheets agree: they hold the same cards, and columns under equal headers are the same fields."""
    monthly = [name for name, guess in guesses.items() if name in clues and _may_be_a_month(guess)]
    if len(monthly) < 2:
        return guesses
    votes: Counter[tuple[str, ...]] = Counter()
    for name in monthly:
        votes[guesses[name].cards[:2]] += round(100 * guesses[name].confidence) + 1
    cards = next((kinds for kinds, _ in votes.most_common() if kinds), ())
    if not cards:
        return guesses
    for name in monthly:
        if guesses[name].cards[:2] != cards:
            guesses[name] = decide(clues[name], Hints(cards=cards))
    for names in _by_headers(monthly, clues).values():
        best = max(names, key=lambda name: sum(column.confidence for column in guesses[name].columns))
        for name in names:
            guesses[name] = _like(guesses[name], guesses[best])
    said = _titles(guesses[name] for name in monthly)
    for name in monthly:
        guesses[name] = _by_title(guesses[name], said)
    fullest = max(monthly, key=lambda name: len(guesses[name].columns))
    for name in monthly:
        guesses[name] = _by_place(guesses[name], guesses[fullest], clues[name], clues[fullest])
    return guesses


def _may_be_a_month(guess: SheetGuess) -> bool:
    return guess.month is not None and (bool(guess.cards) or guess.why[0][0] == "guess.left_alone.unknown")


def _by_headers(names: Iterable[str], clues: Mapping[str, SheetClues]) -> dict[tuple[str, ...], list[str]]:
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name in names:
        titles = tuple(column.header.shown if column.header else "" for column in clues[name].columns)
        groups[titles].append(name)
    return groups


def _like(guess: SheetGuess, model: SheetGuess) -> SheetGuess:
    """The model's columns for a sheet with the same headers."""
    if guess.sheet == model.sheet:
        return guess
    bound = {column.index for column in model.columns}
    titles = dict(guess.unbound) | {column.index: column.header for column in guess.columns}
    return replace(
        guess,
        cards=model.cards,
        columns=tuple(replace(column, header=titles.get(column.index, column.header)) for column in model.columns),
        alternatives=model.alternatives,
        unbound={index: title for index, title in titles.items() if index not in bound},
        confidence=max(guess.confidence, model.confidence),
        fill_down=guess.fill_down or model.fill_down,
    )


def _titles(guesses: Iterable[SheetGuess]) -> dict[str, tuple[str, str]]:
    """What most months that have a header take its column for: header as compared -> card, field."""
    votes: dict[str, Counter[tuple[str, str] | None]] = defaultdict(Counter)
    for guess in guesses:
        for column in guess.columns:
            votes[clean(column.header)][column.card, column.field] += 1
        for title in guess.unbound.values():
            votes[clean(title)][None] += 1
    most = {title: found.most_common(1)[0][0] for title, found in votes.items() if title}
    return {title: field for title, field in most.items() if field is not None}


def _by_title(guess: SheetGuess, said: Mapping[str, tuple[str, str]]) -> SheetGuess:
    """Unbound columns under a header that is known from the other months, wherever it stands in this one."""
    here = {(column.card, column.field) for column in guess.columns}
    added: list[BoundColumn] = []
    for index, title in guess.unbound.items():
        found = said.get(clean(title))
        if found is not None and found not in here and found[0] in guess.cards:
            here.add(found)
            added.append(BoundColumn(*found, index, title, _BY_PLACE))
    return _with(guess, added)


def _with(guess: SheetGuess, added: Sequence[BoundColumn]) -> SheetGuess:
    """The guess with columns bound that were not."""
    taken = {column.index for column in added}
    return replace(
        guess,
        columns=tuple(sorted((*guess.columns, *added), key=lambda column: column.index)),
        unbound={index: title for index, title in guess.unbound.items() if index not in taken},
    )


def _look_alike(one: SheetClues, other: SheetClues) -> bool:
    """Two sheets have the same columns in the same places, by the look of their values."""
    places = {column.index: column.profile for column in other.columns}
    if len(one.columns) < 4 or {column.index for column in one.columns} != set(places):
        return False
    alike = [likeness(column.profile, places[column.index]) for column in one.columns if column.count]
    return len(alike) >= 4 and sum(alike) >= _ALIKE * len(alike)


def _by_place(guess: SheetGuess, model: SheetGuess, clues: SheetClues, model_clues: SheetClues) -> SheetGuess:
    """Unbound columns that stand where the model has a field, if nearly all other columns stand as in the model.

    So a month whose headers are in another language, or misspelt, is read as its neighbours are.
    """
    there = {column.index: (column.card, column.field) for column in model.columns}
    here = {column.index: (column.card, column.field) for column in guess.columns}
    common = [index for index in here if index in there]
    agree = len(common) >= 3 and sum(here[index] == there[index] for index in common) >= _ALIKE * len(here)
    if not agree and (any(here[index] != there[index] for index in common) or not _look_alike(clues, model_clues)):
        return guess
    added = []
    for index in guess.unbound:
        found = there.get(index)
        if found is None or found in here.values():
            continue
        column = next((column for column in clues.columns if column.index == index), None)
        like = fields_of(found[0])[found[1]]
        if column is not None and evidence(column, like, monthly=True) >= 0:
            added.append(BoundColumn(*found, index, guess.unbound[index], _BY_PLACE))
    if not added:
        return guess
    return replace(
        _with(guess, added),
        why=(*guess.why, ("guess.why.place", {"sheet": guess.sheet, "other": model.sheet})),
    )
