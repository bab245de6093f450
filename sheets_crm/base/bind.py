"""Which sheet holds what: the owner's word first, a guess where there is none, and a column that moved found again.

Pure. Guessing itself is `guess`, the shape of a sheet is `layout`, memory of columns is `remember`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from sheets_crm.base.guess_words import month_of
from sheets_crm.base.layout import find_layout
from sheets_crm.base.misnamed import misnamed
from sheets_crm.base.model import Binding, BoundColumn, Layout
from sheets_crm.base.new_months import likeness, models, month_after, unnamed_months
from sheets_crm.base.remember import NOWHERE, SheetMemory, headers_at, index_stated, settled
from sheets_crm.base.requests import holds_requests, of_requests
from sheets_crm.base.settings import Scalar, SheetSettings
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template, fold
from sheets_crm.cards.model import Problem
from sheets_crm.errors import BindingError, ConfigError

if TYPE_CHECKING:
    from sheets_crm.base.guess_model import SheetGuess

LEAST_CONFIDENCE = 0.5  # a column that was guessed with less stays unbound: wrong is worse than unbound

# A row that is several cards at once tells these of all of them.
SHARED = frozenset({"manager", "source", "next_step", "next_step_date", "note", "temperature", "stage"})

_NAMES = frozenset({"id", "name", "first_name", "last_name", "legal_name", "tax_id"})
_WORTH_TELLING = 2  # rows under the totals: a single one may be a signature
_REACHED = frozenset({"phone", "email"})

_DEEPEST_HEADER = 100  # rows looked through for the headers that the owner states


@dataclass
class Bound:
    """All bindings of a workbook. settings: the sheets' settings as they hold (`like` resolved). notes: words keys and values."""

    bindings: dict[str, Binding] = field(default_factory=dict)
    settings: dict[str, SheetSettings] = field(default_factory=dict)
    notes: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def bind(
    grids: Mapping[str, Grid],
    stated: Mapping[str, SheetSettings] | None,
    template: Template,
    *,
    country: str,
    today: date,
    memory: Mapping[str, SheetMemory],
) -> Bound:
    """Bind the sheets. stated None: guess them all. memory: the sheets as the last run bound them."""
    bound = Bound()
    asked = (
        {name: _resolved(name, stated) for name in stated}
        if stated is not None
        else dict.fromkeys(grids, SheetSettings())
    )
    asked = {_present(name, grids): settings for name, settings in asked.items() if not settings.ignore}
    if stated is not None:
        asked |= _new_months(grids, stated, asked, today, bound)
    asked = {name: asked[name] for name in grids if name in asked}  # in the workbook's order: whose row is the first
    unsaid = [name for name, settings in asked.items() if settings.columns is None or not settings.card]
    fresh = [name for name in unsaid if not _as_remembered(grids[name], memory.get(name))]
    told = {name for name, settings in asked.items() if settings.requests}
    guesses = _guessed(grids, country, told) if fresh else {}
    for name, said in asked.items():
        guess, settings = guesses.get(name), _with_month(said, name, today)
        if settings.columns is None and guess is None:
            binding: Binding | None = _from_memory(grids[name], memory[name], settings, template)
        elif settings.columns is None:
            binding = _from_guess(grids[name], settings, template, guess)
        else:
            binding = _stated(
                grids[name], settings, template, guess=guess, memory=memory.get(name), problems=bound.problems
            )
        if binding is None:
            if stated is not None:
                bound.notes.append(("binding.no_table", {"sheet": name}))
            continue
        if binding.layout.below >= _WORTH_TELLING:
            told_of = {"sheet": name, "row": binding.layout.ends, "count": binding.layout.below}
            bound.notes.append(("binding.more_below", told_of))
        given = _given(binding, settings, template)
        asks = holds_requests(binding, stated=settings.requests)
        if asks:
            given = {**of_requests(binding, template), **given}
        bound.bindings[name], bound.settings[name] = replace(binding, given=given, requests=asks), settings
    _tell_of_joined(bound, template)
    return bound


def _given(binding: Binding, settings: SheetSettings, template: Template) -> dict[tuple[str, str], Scalar | None]:
    """The fields that every row has the same, as the owner states them, where no column says otherwise."""
    there = {(column.card, column.field) for column in binding.columns}
    given: dict[tuple[str, str], Scalar | None] = {}
    for name, value in settings.values.items():
        targets = fields_named(name, template, binding.cards)
        if not targets:
            raise _field_unknown(binding.sheet, name, template, binding.cards, "values")
        given |= dict.fromkeys((target for target in targets if target not in there), value)
    return given


def _tell_of_joined(bound: Bound, template: Template) -> None:
    """A sheet joined by a key gives its fields to all sheets that hold the card."""
    for name, settings in bound.settings.items():
        if settings.key is None:
            continue
        source = bound.bindings[name]
        card = source.cards[0]
        key = template.cards[card].field_name(settings.key)
        if key is None or not any((column.card, column.field) == (card, key) for column in source.columns):
            raise _field_unknown(name, settings.key, template, source.cards, "key")
        bound.settings[name] = settings.model_copy(update={"key": key})
        fields = {(card, column.field) for column in source.columns if column.card == card} | set(source.given)
        for other, binding in bound.bindings.items():
            if card in binding.cards and bound.settings[other].key is None:
                own = {(column.card, column.field) for column in binding.columns} | set(binding.given)
                bound.bindings[other] = replace(binding, given={**binding.given, **dict.fromkeys(fields - own)})


def _field_unknown(
    sheet: str, name: str, template: Template, cards: Sequence[str], key: str = "columns"
) -> ConfigError:
    known = [field for card in cards for field in template.cards[card].fields]
    return misnamed("config.field_unknown", name, known, ("sheets", sheet, key, name), sheet=sheet)


def _as_remembered(grid: Grid, memory: SheetMemory | None) -> bool:
    """Does the sheet still have the very header under which it was bound? Then there is nothing to guess anew."""
    return memory is not None and bool(memory.columns) and headers_at(grid, memory.header_row) == memory.headers


def _from_memory(grid: Grid, memory: SheetMemory, settings: SheetSettings, template: Template) -> Binding | None:
    standing = [c for c in memory.columns if memory.headers.get(c.index, "") == c.header]  # the others are lost
    columns = tuple(BoundColumn(c.card, c.field, c.index, c.header, c.confidence) for c in standing)
    cards = tuple(settings.card) or memory.cards
    fill_down = _fill_down(grid, settings, template, columns, memory.header_row) or memory.fill_down
    layout = _laid_out(grid, memory.header_row, columns, cards, fill_down)
    unbound = {index: header for index, header in memory.headers.items() if index not in {c.index for c in columns}}
    return Binding(
        grid.name, cards, layout or _nothing(memory.header_row), columns, unbound, fill_down=fill_down
    )  # fmt: skip


def _with_month(settings: SheetSettings, name: str, today: date) -> SheetSettings:
    """A sheet that is named for a month: its year is the name's own, else the last such month that has begun."""
    found = month_of(name)
    if found is None or settings.month is not None:
        return settings
    year, month = found
    year = year or (today.year if month <= today.month else today.year - 1)
    return settings.model_copy(update={"month": f"{year}-{month:02}"})


def _new_months(
    grids: Mapping[str, Grid],
    stated: Mapping[str, SheetSettings],
    asked: Mapping[str, SheetSettings],
    today: date,
    bound: Bound,
) -> dict[str, SheetSettings]:
    """The monthly sheets that nobody named, with the settings of the one that each is kept like; told of each."""
    new = unnamed_months(stated, grids)
    monthly = {name: _with_month(asked[name], name, today) for name in models(asked)} if new else {}
    rows = {name: _stated_row(grids[name], settings) for name, settings in monthly.items()}
    months = [settings.month for settings in monthly.values() if settings.month]
    found = {}
    for name in new:
        like = likeness(grids[name], grids, rows)
        if like is None:
            continue
        if like.model is None:
            bound.notes.append(("binding.month_unlike", {"sheet": name}))
            continue
        bound.notes.append(("binding.month_like", {"sheet": name, "like": like.model}))
        own: dict[str, object] = {"month": month_after(name, months, today)}
        if like.header_row != rows[like.model]:
            own["header_row"] = like.header_row
        found[name] = asked[like.model].model_copy(update=own)
    return found


def _stated_row(grid: Grid, settings: SheetSettings) -> int:
    if settings.header_row is not None:
        return settings.header_row
    return _header_row(grid, (settings.columns or {}).values())


def _guessed(grids: Mapping[str, Grid], country: str, requests: Collection[str]) -> Mapping[str, SheetGuess]:
    from sheets_crm.base.guess_book import guess_workbook  # heavy, and not needed where the owner said it all

    return guess_workbook(grids, country=country, requests=requests)


def _resolved(name: str, stated: Mapping[str, SheetSettings], *, seen: tuple[str, ...] = ()) -> SheetSettings:
    """A sheet's settings with those of the sheet it is `like` filled in."""
    settings = stated[name]
    if settings.like is None:
        return settings
    keys = ("sheets", name, "like")
    if settings.like in (*seen, name):
        raise ConfigError("config.like_round", seen=settings.like, keys=keys, sheet=name)
    if settings.like not in stated:
        raise misnamed(
            "config.like_unknown", settings.like, [one for one in stated if one != name] or ["-"], keys, sheet=name
        )
    model = _resolved(settings.like, stated, seen=(*seen, name))
    own = {key: getattr(settings, key) for key in settings.model_fields_set if key != "like"}
    return model.model_copy(update=own)


def _present(name: str, grids: Mapping[str, Grid]) -> str:
    if name in grids:
        return name
    alike = [sheet for sheet in grids if fold(sheet) == fold(name)]
    if len(alike) == 1:
        return alike[0]
    raise BindingError("binding.sheet_gone", sheet=name, sheets=", ".join(grids))


def _stated(
    grid: Grid,
    settings: SheetSettings,
    template: Template,
    *,
    guess: SheetGuess | None,
    memory: SheetMemory | None,
    problems: list[Problem],
) -> Binding | None:
    cards = tuple(settings.card) or (guess.cards if guess is not None else memory.cards if memory is not None else ())
    for card in cards:
        if card not in template.cards:
            raise misnamed("config.card_unknown", card, template.cards, ("sheets", grid.name, "card"), sheet=grid.name)
    if not cards:
        return None
    header_row = _stated_row(grid, settings)
    wanted = _wanted(grid, settings, template, cards, header_row)
    columns, header_row = settled(grid, wanted, header_row, memory, problems)
    if wanted and not columns:
        raise BindingError("binding.columns_gone", sheet=grid.name)
    fill_down = _fill_down(grid, settings, template, columns, header_row)
    layout = _laid_out(grid, header_row, columns, cards, fill_down)
    cards = tuple(dict.fromkeys((*cards, *(column.card for column in columns))))
    unbound = {
        index: text for index, text in headers_at(grid, header_row).items() if index not in {c.index for c in columns}
    }
    return Binding(grid.name, cards, layout or _nothing(header_row), columns, unbound, fill_down=fill_down)


def _header_row(grid: Grid, stated: Iterable[str]) -> int:
    """The header's row where the owner does not say: as the sheet's shape shows it, else where the stated headers stand.

    A sheet with nothing under its header yet has no shape to go by.
    """
    found = find_layout(grid)
    wanted = {fold(place) for place in stated}
    if found is not None and (found.header_row or not wanted):
        return found.header_row
    met = {
        row: len(wanted & {fold(text) for text in headers_at(grid, row).values()})
        for row in range(1, min(grid.height, _DEEPEST_HEADER) + 1)
    }
    best = max(met, key=lambda row: met[row], default=1)
    return best if met.get(best) else found.header_row if found is not None else 1


def _from_guess(grid: Grid, settings: SheetSettings, template: Template, guess: SheetGuess | None) -> Binding | None:
    if guess is None or guess.layout is None or not guess.cards:
        return None
    cards = tuple(settings.card) or guess.cards
    sure = [column for column in guess.columns if column.confidence >= LEAST_CONFIDENCE and column.card in cards]
    told = {(column.card, column.field) for column in sure}
    shared = [
        replace(column, card=card)
        for column in sure
        for card in cards
        if column.field in SHARED and column.field in template.cards[card].fields and (card, column.field) not in told
    ]
    if not sure:
        return None
    columns, layout, row = (*sure, *shared), guess.layout, guess.layout.header_row
    fill_down = _fill_down(grid, settings, template, columns, row) or guess.fill_down
    if fill_down or any(merge.height > 1 and merge.top > row for merge in grid.merges):
        layout = _laid_out(grid, row, columns, cards, fill_down) or layout
    return Binding(guess.sheet, cards, layout, columns, dict(guess.unbound), guess.confidence, fill_down=fill_down)


def _wanted(
    grid: Grid, settings: SheetSettings, template: Template, cards: Sequence[str], header_row: int
) -> list[BoundColumn]:
    """The columns as the owner states them: which field, and where."""
    headers = headers_at(grid, header_row)
    wanted = []
    for name, place in (settings.columns or {}).items():
        targets = fields_named(name, template, cards)
        if not targets:
            raise _field_unknown(grid.name, name, template, cards)
        index = index_stated(place, headers, len(grid.columns))
        header = place if index == NOWHERE else headers.get(index, "")
        wanted += [BoundColumn(card, own, index, header, stated=place) for card, own in targets]
    return wanted


def fields_named(name: str, template: Template, cards: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The (card, field) pairs that a name in the configuration means on a sheet whose rows are `cards`.

    A name that several of them know means all of them, so that a row's manager is the client's and the deal's; an id is
    the first one's alone. Where the row is the client, what calls the client is its own name or id, not a reference to it.
    """
    found = template.find(name, cards)
    if "." not in name and any(card == "client" for card, _ in found):
        found = tuple((card, own) for card, own in found if template.cards[card].fields[own].link != "client")
    exact = tuple((card, own) for card, own in found if own == name) or found
    return exact[:1] if exact and exact[0][1] == "id" else exact


def _fill_down(
    grid: Grid, settings: SheetSettings, template: Template, columns: Sequence[BoundColumn], header_row: int
) -> tuple[int, ...]:
    """Indices of the columns to fill down, named as fields (`name`, `visit.date`), by header or by letter."""
    headers = headers_at(grid, header_row)
    cards = tuple(dict.fromkeys(column.card for column in columns))
    found: list[int] = []
    for place in settings.fill_down:
        meant = template.find(place, cards)
        indices = [column.index for column in columns if (column.card, column.field) in meant]
        found += indices or [index_stated(place, headers, len(grid.columns))]
        if found[-1] == NOWHERE and place not in (
            settings.columns or {}
        ):  # a bound column that is gone is told elsewhere
            keys = ("sheets", grid.name, "fill_down")
            raise misnamed("config.fill_down_unknown", place, headers.values(), keys, sheet=grid.name)
    return tuple(index for index in dict.fromkeys(found) if index != NOWHERE)


def _laid_out(
    grid: Grid, header_row: int, columns: Sequence[BoundColumn], cards: Sequence[str], fill_down: Sequence[int]
) -> Layout | None:
    """The sheet's table and blocks, once the columns are known."""
    return find_layout(
        grid, header_row=header_row, bound={c.index: c.header for c in columns},
        fill_down=_heading(columns, cards, fill_down), naming=_naming(columns),
    )  # fmt: skip


def _heading(columns: Sequence[BoundColumn], cards: Sequence[str], fill_down: Sequence[int]) -> tuple[int, ...]:
    """The filled-down columns that begin a client's block: the client's own. A visit's day written once begins no block."""
    if "client" not in cards:
        return tuple(fill_down)
    own = {column.index for column in columns if column.card == "client"}
    others = {column.index for column in columns if column.card != "client"}
    return tuple(index for index in fill_down if index in own - others) or tuple(i for i in fill_down if i in own)


def _naming(columns: Sequence[BoundColumn]) -> tuple[int, ...]:
    """Columns that number or name the client; where there are none, those by which a client is reached."""
    own = [column for column in columns if column.card == "client"]
    named = [column.index for column in own if column.field in _NAMES]
    return tuple(named or (column.index for column in own if column.field in _REACHED))


def _nothing(header_row: int) -> Layout:
    none = pl.Series([], dtype=pl.UInt32)
    return Layout(header_row, none, {"data": 0}, none)
