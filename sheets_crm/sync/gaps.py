"""Cards that somebody changed while no contact with the client was written down: enquiries that nobody registered.

A change counts when people made it to one card: an edited field or a move between stages of a client, lead or deal. What
changed in very many rows of one run at once (a formula, an import) says nothing of anybody. Source: FEATURES A13.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl

from sheets_crm.base.history import Event, History, Question
from sheets_crm.sync import memory
from sheets_crm.sync.history import client_meant, teller
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.sync.state import StateFolder
from sheets_crm.sync.telling import Teller
from sheets_crm.words import Lang

CARDS = ("client", "lead", "deal")
GRACE_DAYS = 1  # a call of yesterday evening may be in the sheet this morning, and the other way round
MANY = 20  # cards changed in one field by one run: more is nobody's conversation
_LOOKED_AT = 20_000  # events, newest first


@dataclass(frozen=True)
class Gap:
    """A client's cards were changed between two runs, and no contact stands in those days. what: the fields' names."""

    client: str
    identity: str
    day: str
    when: str
    what: tuple[str, ...]

    def json(self) -> dict[str, Any]:
        """As plain data."""
        return {"client": self.client, "day": self.day, "when": self.when, "what": list(self.what)}


@dataclass(frozen=True)
class Gaps:
    """comparable: the workbook holds contacts at all. begun: there is a history."""

    lang: Lang
    rows: tuple[Gap, ...]
    begun: bool = True
    comparable: bool = True

    def json(self) -> dict[str, Any]:
        """The object of `history --gaps --json`."""
        return {"comparable": self.comparable, "gaps": [row.json() for row in self.rows]}


def gaps(
    config: str | None,
    asked: Question,
    *,
    client: str | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Gaps:
    """The gaps that answer the question, newest first. NotFound when no client, or several, are meant."""
    opened = open_config(config)
    on_language(opened.lang)
    speaking = lang or opened.lang
    with memory.history(StateFolder.existing(opened.path, opened.config.workbook)) as past:
        if past is None or past.last_run() is None:
            return Gaps(speaking, (), begun=False)
        if client is not None:
            asked = replace(asked, client=client_meant(past, client)[0])
        tells = teller(opened, past, speaking)
        return gaps_of(past, tells, asked)


def of_client(
    opened: Opened,
    past: History,
    frames: Mapping[str, pl.DataFrame],
    identity: str,
    *,
    today: date,
    days: int,
    lang: Lang,
) -> Gaps:
    """The gaps of one client in the last `days` days, with today's frames."""
    asked = Question(identity, since=today - timedelta(days=days), last=1_000)
    return gaps_of(past, teller(opened, past, lang, dict(frames)), asked)


def gaps_of(past: History, tells: Teller, asked: Question) -> Gaps:
    """The gaps among the events of a history, by the contacts in the teller's frames."""
    contacts = tells.frames.get("interaction")
    if contacts is None or not {"client_id", "date"} <= set(contacts.columns):
        return Gaps(tells.lang, (), comparable=False)
    events = past.events(replace(asked, kinds=("change", "stage"), last=_LOOKED_AT))
    owners = _owners(tells.frames)
    groups: dict[tuple[int, str], list[Event]] = {}
    for event in _by_hand(events):
        whose = event.client or owners.get(event.identity) or (event.identity if event.card == "client" else "")
        if whose:
            groups.setdefault((event.run, whose), []).append(event)
    met = _days_met(contacts, {whose for _, whose in groups})
    rows = [
        _gap(tells, whose, group)
        for (_, whose), group in groups.items()
        if not _was_met(group[0], met.get(whose, ()), tells)
    ]
    return Gaps(tells.lang, tuple(rows[: asked.last]))


def _by_hand(events: Sequence[Event]) -> list[Event]:
    """Edits and moves of single cards."""
    ours = [event for event in events if event.card in CARDS and event.what in ("changed", "moved")]
    times = Counter((event.run, event.card, event.field) for event in ours)
    return [event for event in ours if times[event.run, event.card, event.field] <= MANY]


def _owners(frames: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Identity of a lead or deal -> its client, as it stands now."""
    found: dict[str, str] = {}
    for card in CARDS[1:]:
        frame = frames.get(card)
        if frame is not None and "client_id" in frame.columns:
            found |= dict(frame.select("_id", "client_id").drop_nulls().rows())
    return found


def _days_met(contacts: pl.DataFrame, clients: set[str]) -> dict[str, list[date]]:
    met = contacts.filter(pl.col("client_id").is_in(sorted(clients))).select("client_id", "date").drop_nulls()
    found: dict[str, list[date]] = {}
    for client, day in met.rows():
        found.setdefault(client, []).append(day)
    return found


def _was_met(event: Event, days: Sequence[date], tells: Teller) -> bool:
    """Does a contact stand in the days between the two runs, or on the day before or after?"""
    last = date.fromisoformat(event.day)
    first = tells.day(event.after) or last
    grace = timedelta(days=GRACE_DAYS)
    return any(min(first, last) - grace <= day <= last + grace for day in days)


def _gap(tells: Teller, whose: str, group: Sequence[Event]) -> Gap:
    told = tells.tell(group)
    name = next(iter(tells.names_of([whose]).values()), "") or next(
        (one.client for one in told if one.client), tells.nobody
    )
    return Gap(name, whose, group[0].day, told[0].when, tuple(dict.fromkeys(one.label for one in told)))
