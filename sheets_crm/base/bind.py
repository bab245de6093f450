"""Which sheet holds what: the owner's word first, a guess where there is none, and a column that moved found again.

Pure. Guessing itself is `guess`, the shape of a sheet is `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sheets_crm.base.layout import find_layout
from sheets_crm.base.model import Binding, BoundColumn, Layout
from sheets_crm.base.remember import Remembered, settle
from sheets_crm.base.settings import SheetSettings
from sheets_crm.books.model import CellError, Grid
from sheets_crm.cards import Template, fold
from sheets_crm.cards.model import Problem
from sheets_crm.cards.yamlmodel import nearest
from sheets_crm.cells import index_of, letter
from sheets_crm.errors import BindingError, ConfigError

if TYPE_CHECKING:
    from sheets_crm.base.guess import SheetGuess

LEAST_CONFIDENCE = 0.5  # a column that was guessed with less stays unbound: wrong is worse than unbound

# A row that is several cards at once tells these of all of them.
SHARED = frozenset({"manager", "source", "next_step", "next_step_date", "note", "temperature", "stage"})

_LETTERS = re.compile(r"[A-Z]{1,3}")


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
    remembered: Mapping[str, Sequence[Remembered]],
) -> Bound:
    """Bind the sheets. stated None: guess them all. remembered: sheet -> its bound columns in the last run."""
    bound = Bound()
    asked = {name: _resolved(name, stated) for name in stated} if stated is not None else dict.fromkeys(grids, SheetSettings())
    asked = {name: settings for name, settings in asked.items() if not settings.ignore}
    present = {name: _present(name, grids) for name in asked}
    unsaid = [present[name] for name, settings in asked.items() if settings.columns is None or not settings.card]
    guesses = _guessed(grids, country) if unsaid else {}
    for name, settings in asked.items():
        sheet = present[name]
        binding = _bind_sheet(grids[sheet], settings, template, guesses.get(sheet))
        if binding is None:
            if stated is not None:
                bound.notes.append(("binding.no_table", {"sheet": sheet}))
            continue
        if settings.columns is not None:
            binding = settle(binding, grids[sheet], remembered.get(sheet, ()), bound.problems)
        if not binding.columns:
            raise BindingError("binding.columns_gone", sheet=sheet)
        bound.bindings[sheet] = binding
        bound.settings[sheet] = settings
    return bound


def _guessed(grids: Mapping[str, Grid], country: str) -> Mapping[str, SheetGuess]:
    from sheets_crm.base.guess import guess_workbook  # heavy, and not needed where the owner said it all

    return guess_workbook(grids, country=country)


def _resolved(name: str, stated: Mapping[str, SheetSettings], *, seen: tuple[str, ...] = ()) -> SheetSettings:
    """A sheet's settings with those of the sheet it is `like` filled in."""
    settings = stated[name]
    if settings.like is None:
        return settings
    if settings.like not in stated or settings.like in (*seen, name):
        raise ConfigError("config.like_unknown", sheet=name, like=settings.like)
    model = _resolved(settings.like, stated, seen=(*seen, name))
    own = {key: getattr(settings, key) for key in settings.model_fields_set if key != "like"}
    return model.model_copy(update=own)


def _present(name: str, grids: Mapping[str, Grid]) -> str:
    if name in grids:
        return name
    alike = [sheet for sheet in grids if fold(sheet) == fold(name)]
    if len(alike) == 1:
        return alike[0]
    raise BindingError("binding.sheet_gone", sheet=name, sheets=", ".join(f"«{sheet}»" for sheet in grids))


def _bind_sheet(grid: Grid, settings: SheetSettings, template: Template, guess: SheetGuess | None) -> Binding | None:
    if settings.columns is None:
        if guess is None or guess.layout is None or not guess.cards:
            return None
        return _from_guess(grid, settings, template, guess)
    cards = tuple(settings.card) or (guess.cards if guess is not None else ())
    for card in cards:
        if card not in template.cards:
            raise ConfigError("config.card_unknown", sheet=grid.name, card=card, cards=", ".join(template.cards))
    if not cards:
        return None
    header_row = settings.header_row
    if header_row is None:
        found = find_layout(grid)
        header_row = found.header_row if found is not None else 1
    columns = _stated_columns(grid, settings, template, cards, header_row)
    layout = find_layout(
        grid, header_row=header_row, bound={column.index: column.field for column in columns}, fill_down=_fill_down(grid, settings, columns, header_row)
    )
    layout = layout or _nothing(header_row)
    cards = tuple(dict.fromkeys((*cards, *(column.card for column in columns))))
    return Binding(grid.name, cards, layout, columns, _unbound(grid, header_row, columns))


def _from_guess(grid: Grid, settings: SheetSettings, template: Template, guess: SheetGuess) -> Binding | None:
    cards = tuple(settings.card) or guess.cards
    sure = [column for column in guess.columns if column.confidence >= LEAST_CONFIDENCE and column.card in cards]
    shared = [
        replace(column, card=card)
        for column in sure
        for card in cards
        if card != column.card and column.field in SHARED and column.field in template.cards[card].fields
        and not any((other.card, other.field) == (card, column.field) for other in sure)
    ]  # fmt: skip
    if guess.layout is None or not sure:
        return None
    return Binding(grid.name, cards, guess.layout, (*sure, *shared), dict(guess.unbound), guess.confidence)


def _stated_columns(grid: Grid, settings: SheetSettings, template: Template, cards: Sequence[str], header_row: int) -> tuple[BoundColumn, ...]:
    headers = {index: _text(grid, header_row, index) for index in range(len(grid.columns))}
    columns: list[BoundColumn] = []
    for name, place in (settings.columns or {}).items():
        targets = fields_named(name, template, cards)
        if not targets:
            raise ConfigError("config.field_unknown", sheet=grid.name, field=name, nearest=nearest(name, [field for card in cards for field in template.cards[card].fields]) or "-")
        index = _index(place, headers)
        if index is None:
            continue  # noted as lost by `settle`, which knows where it was
        columns += [BoundColumn(card, own, index, headers.get(index, "")) for card, own in targets]
    return tuple(columns)


def fields_named(name: str, template: Template, cards: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The (card, field) pairs that a name in the configuration means on a sheet whose rows are `cards`.

    A name that several of them know means all of them, so that a row's manager is the client's and the deal's; an id is
    the first one's alone.
    """
    found = template.find(name, cards)
    exact = tuple((card, own) for card, own in found if own == name) or found
    return exact[:1] if exact and exact[0][1] == "id" else exact


def _index(place: str, headers: Mapping[int, str]) -> int | None:
    if _LETTERS.fullmatch(place) and (index_of(place) in headers or not any(fold(h) == fold(place) for h in headers.values())):
        return index_of(place)
    return next((index for index, header in headers.items() if header and fold(header) == fold(place)), None)


def _text(grid: Grid, row: int, column: int) -> str:
    value = grid.cell(row, column)
    return "" if value is None or isinstance(value, CellError) else " ".join(str(value).split())


def _fill_down(grid: Grid, settings: SheetSettings, columns: Sequence[BoundColumn], header_row: int) -> tuple[int, ...]:
    headers = {index: _text(grid, header_row, index) for index in range(len(grid.columns))}
    by_field = {column.field: column.index for column in columns}
    found = [by_field.get(place, _index(place, headers)) for place in settings.fill_down]
    return tuple(index for index in found if index is not None)


def _unbound(grid: Grid, header_row: int, columns: Sequence[BoundColumn]) -> dict[int, str]:
    taken = {column.index for column in columns}
    named = {index: _text(grid, header_row, index) for index in range(len(grid.columns)) if index not in taken}
    return {index: header for index, header in named.items() if header}


def _nothing(header_row: int) -> Layout:
    import polars as pl

    none = pl.Series([], dtype=pl.UInt32)
    return Layout(header_row, none, {"data": 0}, none)


def place_of(column: BoundColumn) -> str:
    """The column's letter, with its header where it has one: «B (Клиент)»."""
    return f"{letter(column.index)} ({column.header})" if column.header else letter(column.index)
