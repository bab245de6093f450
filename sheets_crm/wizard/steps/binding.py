"""A sheet as the conversation holds it: what its rows are and which column is which, and the same as settings of crm.yaml.

Pure but for the reader that is handed in. Guesses are the base's business; here they meet what the owner said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.base.bind import LEAST_CONFIDENCE, SHARED, fields_named
from sheets_crm.base.guess_cards import fields_in
from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.base.guess_words import fields_of
from sheets_crm.base.layout import find_layout
from sheets_crm.base.model import Layout
from sheets_crm.base.remember import NOWHERE, headers_at, index_stated
from sheets_crm.books.model import Grid
from sheets_crm.cards import Template, fold
from sheets_crm.cells import letter
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader

Target = tuple[str, str]  # card, field
BY_TRADE = 0.8  # how sure a column is that stands under a header of the trade's own
_SHARED = SHARED | {"client"}  # a row that is several cards is all of one client
EXTRAS: tuple[Target, ...] = (("survey", "score"), ("survey", "comment"))


@dataclass(frozen=True)
class SheetView:
    """A sheet as it stands. columns: index -> field. sure: of a guess. stated: settings say so.

    lost: places that the settings name and that are not on the sheet.
    """

    sheet: str
    cards: tuple[str, ...]
    header_row: int
    columns: Mapping[int, Target]
    headers: Mapping[int, str]
    sure: Mapping[int, float] = field(default_factory=dict)
    fill_down: tuple[int, ...] = ()
    stated: bool = False
    lost: tuple[str, ...] = ()


def said_of(draft: Draft, sheet: str) -> Mapping[str, Any]:
    """The settings of a sheet, with those of the sheet that it is like; {} where there are none."""
    sheets = draft.settings.get("sheets") or {}
    said, seen = sheets.get(sheet) or {}, {sheet}
    while said.get("like") in sheets and said["like"] not in seen:
        seen.add(said["like"])
        model = sheets[said["like"]] or {}
        said = {**model, **{name: value for name, value in said.items() if name != "like"}}
        if "like" in model:
            said["like"] = model["like"]
    return said


def guess_of(reader: Reader, draft: Draft, sheet: str) -> SheetGuess:
    """The guess about a sheet, given what the owner said of the sheets' kinds and headers."""
    return reader.guesses(draft, draft.notes.get("said") or {})[sheet]


def view_of(reader: Reader, draft: Draft, sheet: str, trade: Template) -> SheetView:
    """The sheet as the settings say, where they do; else as guessed."""
    grid, said = reader.book(draft).grids[sheet], said_of(draft, sheet)
    told = json.dumps([said, draft.notes.get("said")], sort_keys=True, default=str)

    def make() -> SheetView:
        guess = guess_of(reader, draft, sheet)
        stated = said.get("columns") and said.get("card")
        return _stated(grid, said, trade, guess) if stated else guessed_view(grid, guess, trade)

    return reader.remembered(draft, ("view", sheet, trade.id, told), make)


def guessed_view(grid: Grid, guess: SheetGuess, trade: Template) -> SheetView:
    """The sheet as guessed; columns that are too doubtful stay unbound, those under a header of the trade's own do not."""
    if guess.layout is None or not guess.cards:
        return SheetView(grid.name, (), 0, {}, {})
    row = guess.layout.header_row
    headers = headers_at(grid, row)
    sure = [column for column in guess.columns if column.confidence >= LEAST_CONFIDENCE]
    columns = {column.index: (column.card, column.field) for column in sure if column.card in trade.cards}
    confidence = {column.index: column.confidence for column in sure}
    for index, target in _of_trade(headers, columns, guess.cards, trade).items():
        columns[index], confidence[index] = target, BY_TRADE
    return SheetView(grid.name, guess.cards, row, columns, headers, confidence, guess.fill_down)


def _of_trade(
    headers: Mapping[int, str], columns: Mapping[int, Target], cards: Sequence[str], trade: Template
) -> dict[int, Target]:
    """Unbound columns under a header by which the trade knows a field of its own."""
    found: dict[int, Target] = {}
    taken = set(columns.values())
    for card in cards:
        for name, spec in trade.cards[card].fields.items() if card in trade.cards else ():
            is_own = name not in fields_of(card) or spec.headers.ru or spec.headers.en
            if not is_own or (card, name) in taken:
                continue
            known = {fold(text) for text in (spec.label.ru, spec.label.en, *spec.headers.ru, *spec.headers.en)}
            free = (i for i, text in headers.items() if i not in columns and i not in found and fold(text) in known)
            index = next(free, None)
            if index is not None:
                found[index] = (card, name)
    return found


def _stated(grid: Grid, said: Mapping[str, Any], trade: Template, guess: SheetGuess) -> SheetView:
    cards = tuple(card for card in _listed(said["card"]) if card in trade.cards)
    row = said.get("header_row")
    if row is None:
        row = guess.layout.header_row if guess.layout is not None else 1
    headers = headers_at(grid, int(row))
    guessed = {column.index: (column.card, column.field) for column in guess.columns}
    columns: dict[int, Target] = {}
    lost = []
    for name, place in said["columns"].items():
        targets = fields_named(str(name), trade, cards)
        index = index_stated(str(place), headers, len(grid.columns))
        if index == NOWHERE or not targets:
            lost.append(str(place))
        else:
            columns.setdefault(index, guessed[index] if guessed.get(index) in targets else targets[0])
    same = {c.index: c.confidence for c in guess.columns if columns.get(c.index) == (c.card, c.field)}
    places = {name: index for index, (_, name) in columns.items()}
    down = [
        places.get(str(one), index_stated(str(one), headers, len(grid.columns)))
        for one in _listed(said.get("fill_down"))
    ]
    fill_down = tuple(index for index in down if index != NOWHERE)
    return SheetView(grid.name, cards, int(row), columns, headers, same, fill_down, stated=True, lost=tuple(lost))


def settings_for(view: SheetView, grid: Grid, trade: Template) -> dict[str, Any]:
    """The sheet as crm.yaml says it: columns by header where only one reads so, else by letter."""
    many = Counter(name for _, name in view.columns.values())
    columns = {
        _key(target, view.cards, trade, alone=many[target[1]] == 1): place_of(index, view.headers, len(grid.columns))
        for index, target in sorted(view.columns.items())
    }
    names = {index: key for (index, _), key in zip(sorted(view.columns.items()), columns, strict=True)}
    settings: dict[str, Any] = {
        "card": view.cards[0] if len(view.cards) == 1 else list(view.cards), "header_row": view.header_row, "columns": columns,
    }  # fmt: skip
    if view.fill_down:
        settings["fill_down"] = [
            names.get(index) or place_of(index, view.headers, len(grid.columns)) for index in view.fill_down
        ]
    return settings


def place_of(index: int, headers: Mapping[int, str], width: int) -> str:
    """How a column is named: by its header where that leads back to it, and only there; else by its letter."""
    text = headers.get(index, "")
    alike = sum(1 for other in headers.values() if fold(other) == fold(text))
    return text if text and alike == 1 and index_stated(text, headers, width) == index else letter(index)


def _key(target: Target, cards: Sequence[str], trade: Template, *, alone: bool) -> str:
    """A field as crm.yaml names it: by itself where that means it and no other, or where all cards of a row share it."""
    card, name = target
    meant = fields_named(name, trade, cards)
    if meant == (target,) or (alone and name in _SHARED and target in meant and all(own == name for _, own in meant)):
        return name
    return f"{card}.{name}"


def targets_of(cards: Sequence[str], trade: Template, bound: Iterable[Target] = ()) -> list[Target]:
    """The fields that a column of a sheet with these cards may be, card by card."""
    known = fields_in(tuple(cards[:2])) if cards else []
    own = [(card, name) for card in cards[:2] if card in trade.cards for name in trade.cards[card].fields]
    more = [target for target in own if target[1] not in fields_of(target[0])]
    whole = [
        (card, name)
        for card in cards[2:]
        if card in trade.cards and card != "survey"
        for name in trade.cards[card].fields
    ]
    extras = EXTRAS if {"client", "deal", "visit"} & set(cards) else ()
    found = dict.fromkeys([*known, *more, *whole, *extras, *bound])
    kept = [target for target in found if target[0] in trade.cards and target[1] in trade.cards[target[0]].fields]
    order = {card: place for place, card in enumerate(dict.fromkeys(card for card, _ in kept))}
    return sorted(kept, key=lambda target: order[target[0]])


def layout_of(reader: Reader, draft: Draft, view: SheetView) -> Layout | None:
    """The table as this view of it has it."""
    grid = reader.book(draft).grids[view.sheet]
    bound = {index: view.headers.get(index, "") for index in view.columns}
    key = ("layout", view.sheet, view.header_row, tuple(sorted(bound.items())))
    return reader.remembered(draft, key, lambda: find_layout(grid, header_row=view.header_row, bound=bound or None))


def alike(views: Mapping[str, SheetView], grids: Mapping[str, Grid]) -> dict[str, list[str]]:
    """Sheets that are kept alike, as months are: model -> all of them in the workbook's order."""
    groups: dict[object, list[str]] = {}
    for sheet, view in views.items():
        if not view.cards:
            continue
        width = len(grids[sheet].columns)
        places = frozenset((target, place_of(index, view.headers, width)) for index, target in view.columns.items())
        titles = tuple(sorted(map(fold, view.headers.values())))
        groups.setdefault((view.cards, places, titles), []).append(sheet)
    return {names[0]: names for names in groups.values() if len(names) > 1}


def like(model: str, view: SheetView, model_view: SheetView) -> dict[str, Any]:
    """The settings of a sheet that is kept like another."""
    own = {"header_row": view.header_row} if view.header_row != model_view.header_row else {}
    return {"like": model, **own}


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [] if value is None else [value]
