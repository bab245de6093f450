"""A client's card: who it is, what is to be done, sales, credit, loyalty, and all that happened, newest first. Changes nothing.

The blocks and their order are those of FEATURES A2; a block that the base knows nothing of is not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from sheets_crm.cards import fold
from sheets_crm.cards.problems import what_and_do
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Seen
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.pages.tasks import told
from sheets_crm.wizard.shapes import Block, Cell, Facts, Screen, Sentence, Table
from sheets_crm.wizard.web.ports import href
from sheets_crm.words import say, show_birthday

PATH = "clients"
_PIN = "!"
_BRIEF = 120  # signs of a value in a list among others
_SOME = 10  # rows of a list among others; the list by itself shows more
_WIDEST = 6  # columns of a list
# What a card in a list tells first, where it is filled.
_TELLING = (
    "id", "date", "created", "title", "product", "service", "name", "kind", "stage", "qty", "amount", "total", "score",
    "paid_amount", "balance", "due_date", "result", "text", "method", "phone", "email", "position", "comment", "note",
)  # fmt: skip
_NUMBERS = (
    "purchases",
    "revenue",
    "average",
    "interval",
    "last_purchase",
    "next_purchase",
    "abc",
    "open_deals",
    "debt",
)
# Block -> what stands in it: fields of the client, numbers, and the cards that belong to the client. Fields that are
# named nowhere (a firm's own) stand in the first.
_BLOCKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "main": ((), (), ("contact",)),
    "work": (
        ("manager", "source", "temperature", "first_contact_date", "last_contact_date", "next_step", "next_step_date",
         "mailing_consent", "do_not_contact", "verified_date"),
        (),
        ("interaction", "lead"),
    ),
    "sales": (
        ("price_group", "last_purchase_date", "first_purchase_date", "orders_count", "revenue_total", "purchase_period"),
        ("purchases", "revenue", "average", "interval", "last_purchase", "next_purchase", "abc", "open_deals"),
        ("deal", "order", "visit", "product"),
    ),
    "credit": (("credit_limit", "contract", "contract_until"), ("debt",), ("payment",)),
    "loyalty": (("loyalty_status", "discount", "special_terms", "birthday"), (), ("survey",)),
}  # fmt: skip
_ELSEWHERE = {"id", "note", "phones", "birthday_year", "client"}


def screen(asked: Asked) -> Screen | None:
    """The card behind a code; with `list`, one of its lists by itself. None: there is no such client."""
    looked = asked.desk.look()
    code = asked.rest[0] if asked.rest else ""
    path = f"{PATH}/{code}"
    if looked.seen is None:
        return parts.over_base(asked, path, asked.say("card.title"), lambda _: ())
    identity = looked.seen.client(code)
    if identity is None:
        return Screen(
            path, asked.say("card.title"), (_to_search(asked),), errors=(Sentence(asked.say("card.gone"), "warning"),)
        )
    row = looked.seen.row_of(identity)
    only = asked.query.get("list", "")
    return parts.over_base(
        asked, path, str(row["client"] or asked.say("card.title")), lambda seen: _blocks(asked, seen, row, only)
    )


def _to_search(asked: Asked) -> Facts:
    return Facts("", ((asked.say("search.title"), Cell(asked.say("card.search"), href(PATH))),))


def _blocks(asked: Asked, seen: Seen, row: Mapping[str, Any], only: str) -> Sequence[Block]:
    if only == "timeline":
        return _timeline(asked, seen, row, whole=True)
    if only in seen.result.base.frames and only != "client":
        return (*_linked(asked, seen, row, only, whole=True),)
    blocks: list[Block] = [*_pinned(asked, row), *_tasks(asked, seen, row)]
    for block, (fields, numbers, cards) in _BLOCKS.items():
        blocks += _facts(asked, seen, row, block, (fields, numbers))
        blocks += [one for card in cards for one in _linked(asked, seen, row, card)]
    blocks += [one for card in _unnamed(seen) for one in _linked(asked, seen, row, card)]
    return (*blocks, *_problems(asked, seen, row), *_gaps(asked, seen, row), *_timeline(asked, seen, row, whole=False))


def _unnamed(seen: Seen) -> list[str]:
    """Cards of a trade that no block names."""
    named = {card for _, _, cards in _BLOCKS.values() for card in cards}
    return [card for card in seen.result.base.frames if card not in named and card != "client"]


# --- what the client's own row says -------------------------------------------------------------------------------------


def _pinned(asked: Asked, row: Mapping[str, Any]) -> Iterable[Block]:
    """The remark that begins with an exclamation mark, and the terms agreed on."""
    note = str(row.get("note") or "").strip()
    if note.startswith(_PIN):
        yield Sentence(note.removeprefix(_PIN).strip(), "warning")
    terms = str(row.get("special_terms") or "").strip()
    if terms:
        yield Sentence(asked.say("card.terms", terms=terms), "warning")


def _facts(
    asked: Asked, seen: Seen, row: Mapping[str, Any], block: str, names: tuple[tuple[str, ...], tuple[str, ...]]
) -> Iterable[Facts]:
    own = seen.result.base.frames["client"].columns
    fields, numbers = names
    if block == "main":
        taken = {name for given, _, _ in _BLOCKS.values() for name in given} | _ELSEWHERE
        fields = tuple(
            name for name in own if name not in taken and not name.startswith("_") and not name.endswith("_id")
        )
    pairs: list[tuple[str, str | Cell]] = []
    if block == "main":
        pairs += [(asked.say("card.number"), str(row["number"]))] if row.get("number") else []
    pairs += [
        (_label(asked, seen, "client", name), _value(asked, row, name))
        for name in fields
        if name in own and row.get(name) not in (None, "", [])
    ]
    pairs += [
        (say(f"cli.number.{name}", asked.lang), _value(asked, row, name))
        for name in numbers
        if row.get(name) not in (None, "") and not (name == "interval" and not row.get("interval_known"))
    ]
    if block == "main":
        pairs += _rest(asked, row)
    if pairs:
        yield Facts(asked.say(f"card.blocks.{block}"), tuple(pairs))


def _value(asked: Asked, row: Mapping[str, Any], name: str) -> str:
    """A field as people write it: a birthday as a day, a usual interval in whole days."""
    value = row[name]
    if name == "interval":
        value = round(value)
    if name == "birthday":
        return show_birthday(value, row.get("birthday_year"), asked.lang)
    return parts.shown(value, asked.lang, parts.WHOLE)


def _rest(asked: Asked, row: Mapping[str, Any]) -> Iterable[tuple[str, str | Cell]]:
    note = str(row.get("note") or "").strip()
    if note and not note.startswith(_PIN):
        yield asked.say("card.note"), parts.shown(note, asked.lang, parts.WHOLE)
    yield asked.say("card.place"), say("cli.place", asked.lang, sheet=row["sheet"], row=str(row["row"]))


def _label(asked: Asked, seen: Seen, card: str, field: str) -> str:
    cards = seen.result.opened.template.cards
    fields = cards[card].fields if card in cards else {}
    return fields[field].label.say(asked.lang) if field in fields else field


# --- what belongs to the client -----------------------------------------------------------------------------------------


def _tasks(asked: Asked, seen: Seen, row: Mapping[str, Any]) -> Iterable[Block]:
    name = fold(str(row["client"] or ""))
    mine = [
        task
        for task in seen.result.open_tasks
        if (task.decision.client_id == row["id"] if task.decision else bool(name) and fold(client_of(task)) == name)
    ]
    rows = tuple(
        (
            parts.day(task.day, asked.lang),
            *told(asked, task),
            manager_of(task),
        )
        for task in mine[: parts.ROWS]
    )
    headers = tuple(asked.say(f"tasks.columns.{one}") for one in ("due", "todo", "why", "manager"))
    yield Table(asked.say("card.tasks"), headers, rows, empty=asked.say("card.no_tasks"))


def _linked(asked: Asked, seen: Seen, row: Mapping[str, Any], card: str, *, whole: bool = False) -> Iterable[Block]:
    """The client's cards of a kind, newest first."""
    frame = seen.result.base.frames.get(card)
    if frame is None or "client_id" not in frame.columns:
        return
    mine = frame.filter(pl.col("client_id") == row["id"])
    if mine.is_empty():
        return
    day = next((name for name in ("date", "created", "invoice_date", "offer_date") if name in mine.columns), None)
    mine = mine.sort(day, descending=True, nulls_last=True, maintain_order=True) if day else mine.reverse()
    numbers, which = parts.cut(range(mine.height), asked.page if whole else 1, parts.ROWS if whole else _SOME)
    names = _columns(mine)
    path = f"{PATH}/{seen.code(row['id'])}"
    template = seen.result.opened.template.cards
    title = template[card].label.say(asked.lang) if card in template else card
    if not whole:
        title = say(f"cli.block.{card}", asked.lang) if card in _NAMED else title
    yield Table(
        title,
        (*(_label(asked, seen, card, name) for name in names), asked.say("card.place")),
        tuple(
            (*(parts.shown(one[name], asked.lang, _BRIEF) for name in names), f"{one['_sheet']}!{one['_row']}")
            for one in mine[numbers[0] : numbers[-1] + 1].iter_rows(named=True)
        ),
        numeric=tuple(at for at, name in enumerate(names) if mine.schema[name].is_numeric()),
        note=parts.cut_note(asked, which),
    )
    if whole:
        yield Facts("", ((asked.say("card.title"), Cell(asked.say("card.back"), href(path))),))
        yield from parts.turning(asked, path, which)
    elif which.more:
        every = Cell(asked.say("card.all", n=mine.height), parts.with_query(path, {"list": card}))
        yield Facts("", ((title, every),))


_NAMED = {"lead", "deal", "payment", "order", "visit", "interaction", "survey", "contact"}


def _columns(mine: pl.DataFrame) -> list[str]:
    """The fields that say something, as many as fit."""
    names = [
        name
        for name in mine.columns
        if not name.startswith("_") and not name.endswith("_id") and name not in ("client", "phones")
    ]
    filled = [name for name in names if mine[name].null_count() < mine.height and not mine[name].dtype.is_nested()]
    telling = [name for name in _TELLING if name in filled]
    chosen = [*telling, *(name for name in filled if name not in telling)][:_WIDEST]
    return sorted(chosen, key=filled.index)


def _problems(asked: Asked, seen: Seen, row: Mapping[str, Any]) -> Iterable[Block]:
    here = [one for one in seen.result.base.problems if (one.sheet, one.row) == (row["sheet"], row["row"])]
    if here:
        rows = tuple((one.cell, *what_and_do(one, asked.lang)) for one in here[: parts.ROWS])
        yield Table(
            asked.say("card.problems"), tuple(asked.say(f"problems.{name}") for name in ("cell", "what", "do")), rows
        )


# --- what happened ------------------------------------------------------------------------------------------------------


def _gaps(asked: Asked, seen: Seen, row: Mapping[str, Any]) -> Iterable[Block]:
    """Edits while no contact was written down."""
    from sheets_crm.sync import gaps, memory
    from sheets_crm.sync.ask import GAP_DAYS
    from sheets_crm.sync.state import StateFolder

    result = seen.result
    opened = result.opened
    with memory.history(StateFolder.existing(opened.path, opened.config.workbook)) as past:
        if past is None:
            return
        found = gaps.of_client(
            opened, past, result.base.frames, row["id"], today=result.today, days=GAP_DAYS, lang=asked.lang
        )
    if found.rows:
        rows = tuple((gap.when, ", ".join(gap.what)) for gap in found.rows[:_SOME])
        headers = (asked.say("history.columns.when"), asked.say("card.changed"))
        yield Table(say("cli.block.gaps", asked.lang), headers, rows)


def _timeline(asked: Asked, seen: Seen, row: Mapping[str, Any], *, whole: bool) -> Sequence[Block]:
    from sheets_crm.sync.timeline import timeline

    size = parts.ROWS if whole else _SOME * 2
    page = asked.page if whole else 1
    moments = timeline(replace(seen.result, lang=asked.lang), row["id"], row["client"] or "", last=2000)
    part, which = parts.cut(moments, page, size)
    rows = tuple(
        (one["when"], asked.say(f"card.kinds.{one['kind']}"), parts.short(one["text"]), one["place"]) for one in part
    )
    headers = tuple(asked.say(f"card.timeline.{name}") for name in ("when", "kind", "what", "place"))
    note = parts.cut_note(asked, which)
    table = Table(asked.say("card.timeline.title"), headers, rows, note=note, empty=asked.say("card.timeline.none"))
    code = seen.code(row["id"])
    path = f"{PATH}/{code}"
    if whole:
        back = Facts("", ((asked.say("card.title"), Cell(asked.say("card.back"), href(path))),))
        return (table, back, *parts.turning(asked, path, which))
    ways: list[tuple[str, str | Cell]] = []
    if which.more:
        ways.append(
            (
                asked.say("card.timeline.title"),
                Cell(asked.say("card.all", n=len(moments)), parts.with_query(path, {"list": "timeline"})),
            )
        )
    ways.append(
        (asked.say("history.title"), Cell(asked.say("card.changes"), parts.with_query("history", {"client": code})))
    )
    return (table, Facts("", tuple(ways)))
