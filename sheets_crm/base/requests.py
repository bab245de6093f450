"""Sheets of requests: answers of a form, or an inbox of files. Each row is a lead, and the client who asks.

Knows such a sheet by the first column that forms make, and its columns by their questions. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

from sheets_crm.base.guess_words import Field, clean
from sheets_crm.base.model import Binding, BoundColumn
from sheets_crm.cards import Template

if TYPE_CHECKING:
    from sheets_crm.base.guess import SheetClues
    from sheets_crm.base.guess_model import SheetGuess
    from sheets_crm.base.guess_score import ColumnClues

CARDS = ("client", "lead")
CREATED: Field = ("lead", "created")
ANSWERED: Field = ("lead", "answered")
_SURE, _LIKELY, _MOSTLY = 0.97, 0.9, 0.6


@cache
def _words() -> Mapping[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (resources.files("sheets_crm.base") / "form_words.yaml").read_text("utf-8")
    found: Mapping[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506
    return found


def is_timestamp(header: str) -> bool:
    """Is this the column in which forms write when an answer came?"""
    return clean(header) in {clean(word) for word in _words()["timestamp"]}


def holds_requests(binding: Binding, *, stated: bool | None) -> bool:
    """Are the sheet's rows requests? stated: the owner's word; else the column of a form tells."""
    if stated is not None:
        return stated and "lead" in binding.cards
    asked = next((one for one in binding.columns if (one.card, one.field) == CREATED), None)
    return set(CARDS) <= set(binding.cards) and asked is not None and is_timestamp(asked.header)


def of_requests(binding: Binding, template: Template) -> dict[Field, str | float | bool | None]:
    """What every request has though no column says it: its source is the form; that it was answered may be written some day."""
    there = {(column.card, column.field) for column in binding.columns}
    wanted: dict[Field, str | float | bool | None] = {ANSWERED: None, ("lead", "source"): binding.sheet}
    wanted[("client", "source")] = binding.sheet
    asked = {field for field in wanted if field[0] in binding.cards and field[1] in template.cards[field[0]].fields}
    told = any(name == "source" for _, name in there)
    return {field: wanted[field] for field in asked - there if not (told and field[1] == "source")}


def guess_requests(clues: SheetClues, *, sure: bool = False) -> SheetGuess | None:
    """A guess for a sheet of requests; None where it is none. sure: the owner says that it is one."""
    from sheets_crm.base.guess_model import SheetGuess

    first = next((column for column in clues.columns if column.header and is_timestamp(column.header.text)), None)
    if first is None and not sure:
        return None
    taken: dict[Field, BoundColumn] = {}
    if first is not None and first.header is not None:
        taken[CREATED] = BoundColumn(*CREATED, first.index, first.header.shown, _SURE)
    rest = [column for column in clues.columns if column is not first and column.header is not None]
    for column in rest:
        found = _field(column, taken, dated=first is None)
        if found is not None and column.header is not None:
            taken[found] = BoundColumn(*found, column.index, column.header.shown, _LIKELY)
    if not any(card == "client" for card, _ in taken):
        return None
    bound = {column.index for column in taken.values()}
    unbound = {column.index: column.header.shown for column in rest if column.header and column.index not in bound}
    columns = tuple(sorted(taken.values(), key=lambda one: one.index))
    why = (("guess.why.form", {"sheet": clues.grid.name}),)
    return SheetGuess(clues.grid.name, CARDS, clues.layout, columns, {}, unbound, _SURE, why)


def _field(column: ColumnClues, taken: Mapping[Field, BoundColumn], *, dated: bool) -> Field | None:
    """The field a question asks for; by its answers where they speak for themselves."""
    assert column.header is not None
    text = clean(column.header.text)
    if any(text.startswith(clean(word)) for word in _words()["own"]):
        return None
    for like, field in (("email", ("client", "email")), ("phone", ("client", "phone"))):
        if field not in taken and column.count and column.trait(like) > _MOSTLY:
            return field
    for question in _words()["questions"]:
        card, _, name = question["field"].partition(".")
        if (card, name) not in taken and _asks(text, question["words"]) and _fits(column, question.get("like")):
            return card, name
    if dated and CREATED not in taken and (column.trait("true_date") > _MOSTLY or _asks(text, _words()["created"])):
        return CREATED
    return None


def _fits(column: ColumnClues, like: str | None) -> bool:
    """Do the answers not speak against it? A question without answers yet is believed."""
    return like is None or not column.count or column.trait(like) > 1 - _MOSTLY


def _asks(text: str, words: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(clean(word))}", text) for word in words)
