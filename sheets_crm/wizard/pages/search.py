"""Clients, deals and whatever else holds a piece of text: a name, a telephone, a number. Changes nothing.

What is looked for never stands in an address: it is kept here under a number, and the address names the number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Seen
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import Action, Block, Cell, Facts, Field, Fields, Given, Screen, Sentence, Table
from sheets_crm.wizard.web.ports import Acted
from sheets_crm.words import say

PATH, FIND, FIELD = "clients", "find-", "wanted"
_REMEMBERED = 100  # searches
_BEFORE = 60  # signs shown before a match in a long text
_KEPT = 5  # results: those of a large base are large
_LONGEST = 200  # signs of one
_CALLED = ("title", "id", "number", "product", "service", "kind", "text")  # what a card other than a client is known by
_FIRST = 20  # clients that are shown before anything is looked for


def screen(asked: Asked) -> Screen:
    """The question; below it what was found for it, or the best clients where nothing was asked yet."""
    wanted = _remembered(asked).get(asked.rest[0].removeprefix(FIND)) if asked.rest else ""
    field = Field(FIELD, asked.say("search.field"), value=wanted or "", help=asked.say("search.help"))
    find = Action("find", asked.say("search.find"), primary=True)
    page = parts.over_base(
        asked,
        "/".join((PATH, *asked.rest)),
        asked.say("search.title"),
        lambda seen: _blocks(asked, seen, field, wanted),
    )
    return page if page.refresh_s and not page.fields else _with(page, find)


def act(asked: Asked, given: Given, action: str) -> Acted:
    """Remember what is looked for; where its results are."""
    wanted = " ".join("".join(given.get(FIELD, ())).split())[:_LONGEST]
    if action != "find":
        return Acted()
    if len(wanted) < 2:
        return Acted(wrong={FIELD: asked.say("search.too_short")})
    searches = _remembered(asked)
    number = next((number for number, one in searches.items() if one == wanted), str(len(searches) + 1))
    if len(searches) >= _REMEMBERED and number not in searches:
        searches.clear()
        number = "1"
    searches[number] = wanted
    return Acted(f"{PATH}/{FIND}{number}")


def _with(page: Screen, action: Action) -> Screen:
    from dataclasses import replace

    return replace(page, actions=(action,), refresh_s=None)  # what is being typed must not be taken away


def _remembered(asked: Asked) -> dict[str, str]:
    found: dict[str, str] = asked.desk.notes.setdefault("searches", {})
    return found


def _blocks(asked: Asked, seen: Seen, field: Field, wanted: str | None) -> Sequence[Block]:
    button = Cell("", action=Action("find", asked.say("search.find")))
    question = Fields("", (field,))
    go = Facts("", ((asked.say("search.where"), button),))
    if wanted is None:
        return (Sentence(asked.say("search.forgotten"), "warning"), question, go)
    if not wanted:
        return (question, go, *_best(asked, seen))
    hits = _hits(asked, seen, wanted)
    if not hits:
        return (question, go, Sentence(say("cli.found_none", asked.lang, wanted=wanted)))
    part, which = parts.cut(hits, asked.page)
    headers = tuple(asked.say(f"search.columns.{name}") for name in ("card", "title", "field", "client", "place"))
    rows = tuple(_row(asked, seen, hit, wanted) for hit in part)
    found = Table(asked.say("search.found", n=len(hits)), headers, rows, note=parts.cut_note(asked, which))
    return (question, go, found, *parts.turning(asked, f"{PATH}/{asked.rest[0]}", which))


def _hits(asked: Asked, seen: Seen, wanted: str) -> list[dict[str, Any]]:
    """What was found, each card once; looked for once as long as the base is the same."""
    from sheets_crm.sync.ask import find

    reading, known = asked.desk.notes.get("found", (None, {}))
    if reading != seen.at or len(known) > _KEPT:
        known = {}
    if wanted not in known:
        known[wanted] = _once(find(seen.result, wanted))
    asked.desk.notes["found"] = (seen.at, known)
    hits: list[dict[str, Any]] = known[wanted]
    return hits


def _once(hits: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each card once, with the first of its fields that holds the text."""
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for hit in hits:
        found.setdefault((hit["card"], hit["sheet"], hit["row"]), hit)
    return list(found.values())


def _row(asked: Asked, seen: Seen, hit: Mapping[str, Any], wanted: str) -> tuple[str | Cell, ...]:
    schema = seen.result.opened.template.cards[hit["card"]]
    label = schema.fields[hit["field"]].label.say(asked.lang) if hit["field"] in schema.fields else hit["field"]
    field = f"{label}: {around(str(hit['value']), wanted)}" if hit["value"] != hit["title"] else label
    row, place = _of(seen, hit), f"{hit['sheet']}!{hit['cell']}"
    kind = schema.label.say(asked.lang)
    if hit["card"] == "client":
        return (kind, parts.client_cell(seen, hit["title"] or "—", str(row.get("_id") or "")), field, "", place)
    identity = str(row.get("client_id") or "")
    client = parts.client_cell(seen, seen.name_of(identity), identity) if seen.client_code(identity) else ""
    title = next((str(row[name]) for name in _CALLED if row.get(name)), "—")
    return (kind, parts.short(title), field, client, place)


def around(text: str, wanted: str) -> str:
    """A text, of a long one the piece in which the match stands."""
    if len(text) <= parts.LONGEST:
        return text
    at = max(text.casefold().find(wanted.casefold()) - _BEFORE, 0)
    end = at + parts.LONGEST - 2
    return f"{'…' if at else ''}{text[at:end]}{'…' if end < len(text) else ''}"


def _of(seen: Seen, hit: Mapping[str, Any]) -> dict[str, Any]:
    """The row of the base that was hit; {} where it can't be told."""
    frame = seen.result.base.frames[hit["card"]]
    here = frame.filter((pl.col("_sheet") == hit["sheet"]) & (pl.col("_row") == hit["row"])).head(1)
    return here.to_dicts()[0] if here.height else {}


def _best(asked: Asked, seen: Seen) -> tuple[Block, ...]:
    """The clients who brought most."""
    clients = seen.result.numbers.clients
    if clients.is_empty():
        return (Sentence(say("tabs.empty.no_clients", asked.lang)),)
    top = clients.sort("revenue", descending=True, nulls_last=True, maintain_order=True)
    part, which = parts.cut(range(top.height), asked.page, _FIRST)
    rows = tuple(
        (
            parts.client_cell(seen, str(row["name"] or ""), str(row["id"])),
            str(row["manager"] or ""),
            parts.shown(row["revenue"], asked.lang),
            parts.shown(row["last_purchase"], asked.lang),
            str(row["abc"] or ""),
        )
        for row in top[part[0] : part[-1] + 1].iter_rows(named=True)
    )
    headers = tuple(asked.say(f"search.best.{name}") for name in ("name", "manager", "revenue", "last_purchase", "abc"))
    table = Table(asked.say("search.best.title"), headers, rows, numeric=(2,), note=parts.cut_note(asked, which))
    return (table, *parts.turning(asked, PATH, which, _FIRST))
