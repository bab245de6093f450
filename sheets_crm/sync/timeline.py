"""One client's life in one order: purchases, documents, payments, contacts, edits, moves between stages, tasks with their results.

What the base dates itself comes from its rows; the rest from history. Bounded, newest first; plain data for any page.
Source: FEATURES A12.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from sheets_crm.base.history import Question
from sheets_crm.sync import memory
from sheets_crm.sync.history import teller
from sheets_crm.sync.report import plain
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang, say, show

if TYPE_CHECKING:
    from sheets_crm.cards import Template
    from sheets_crm.sync.run import Result

LAST = 200
# Card kind -> what its days are: kind of moment by field.
_DAYS: Mapping[str, Mapping[str, str]] = {
    "order": {"date": "purchase"},
    "visit": {"date": "purchase"},
    "payment": {"date": "payment"},
    "interaction": {"date": "contact"},
    "survey": {"date": "survey"},
    "lead": {"created": "document"},
    "deal": {"created": "document", "offer_date": "document", "invoice_date": "document", "paid_date": "payment", "closed": "document"},
}  # fmt: skip
# What a moment says of itself, in this order.
_SAYS = (
    "title",
    "product",
    "service",
    "kind",
    "result",
    "score",
    "text",
    "amount",
    "total",
    "method",
    "comment",
    "note",
)
_MOST_SAID = 4


def timeline(result: Result, client_id: str, called: str = "", *, last: int = LAST) -> list[dict[str, Any]]:
    """Moments of a client (`_id`, and the name that tasks typed by hand know), newest first: day (ISO), when (in words), kind, text, place ("Sheet!row" or a cell; "" of a task).

    kind: purchase, document, payment, contact, survey; change, stage, task as history tells them. Days to come are left out.
    """
    moments = [*_dated(result, client_id), *_remembered(result, Question(client_id, called, last=last))]
    moments.sort(key=lambda pair: pair[0], reverse=True)
    return [moment for _, moment in moments[:last]]


# --- what the rows say ------------------------------------------------------------------------------------------------------

_Sorted = tuple[tuple[str, int, int], dict[str, Any]]


def _dated(result: Result, client_id: str) -> Iterator[_Sorted]:
    for card, days in _DAYS.items():
        frame = result.base.frame(card)
        if frame is None:
            continue
        mine = _theirs(frame, client_id, result.base.frame("deal"))
        for row in mine.iter_rows(named=True):
            for field, kind in days.items():
                day = row.get(field)
                if isinstance(day, date) and day <= result.today:
                    said = _said(result.opened.template, card, field, row, result.lang)
                    place = f"{row['_sheet']}!{row['_row']}"
                    yield (
                        (day.isoformat(), 0, int(row["_row"])),
                        _moment(day.isoformat(), show(day, result.lang), kind, said, place),
                    )


def _theirs(frame: pl.DataFrame, client_id: str, deals: pl.DataFrame | None) -> pl.DataFrame:
    """The client's rows: those that name the client, else a deal of the client's."""
    own = pl.col("client_id") if "client_id" in frame.columns else pl.lit(None, pl.String)
    if "deal_id" in frame.columns and deals is not None and "client_id" in deals.columns:
        owners = deals.select(deal_id="_id", _owner="client_id").unique("deal_id", keep="first")
        frame = frame.join(owners, on="deal_id", how="left", maintain_order="left")
        own = pl.coalesce(own, "_owner")
    return frame.filter(own == client_id)


def _said(template: Template, card: str, field: str, row: Mapping[str, Any], lang: Lang) -> str:
    """What it is, and what it says of itself: `Payment: 5 000; cash`, `Invoice date (Deal D-82): 5 000`."""
    schema = template.cards.get(card)
    label = card if schema is None else schema.label.say(lang)
    if schema is not None and field != "date" and field in schema.fields:
        number = row.get("id") or ""
        what = schema.fields[field].label.say(lang)
        key = "numbered" if number else "document"
        label = say(f"history.timeline.{key}", lang, what=what, card=label, number=number)
    values = [row[name] for name in _SAYS if row.get(name) not in (None, "")]
    said = "; ".join(show(_number(value), lang) for value in values[:_MOST_SAID])
    return f"{label}: {said}" if said else label


def _number(value: object) -> object:
    """Sums come with four decimals, and people write two or none."""
    return round(value, 2) if isinstance(value, Decimal) else value


# --- what history remembers -------------------------------------------------------------------------------------------------


def _remembered(result: Result, asked: Question) -> Iterable[_Sorted]:
    opened = result.opened
    state = StateFolder.existing(opened.path, opened.config.workbook)
    with memory.history(state) as past:
        if past is None:
            return []
        told = teller(opened, past, result.lang, dict(result.base.frames)).tell(past.events(asked))
    found = []
    for number, one in enumerate(reversed(told)):
        event = one.event
        place = f"{event.sheet}!{event.cell}" if event.sheet and event.cell else ""
        found.append(((event.day, 1, number), _moment(event.day, one.when, event.kind, one.text, place)))
    return found


def _moment(day: str, when: str, kind: str, text: str, place: str) -> dict[str, Any]:
    return {"day": plain(day), "when": when, "kind": kind, "text": text, "place": place}
