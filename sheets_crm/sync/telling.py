"""What happened told to people: whose it was, which field, where, between which two runs; in words and as plain data.

Pure but for names that history remembers. Reads no workbook; the day's frames, where there are some, say who is who.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from sheets_crm.base.history import Event
from sheets_crm.cards import Template
from sheets_crm.cards.model import FieldType
from sheets_crm.words import Lang, knows, say, show

_TITLES = ("name", "client", "title", "id", "product", "service", "text")
_EXTRA = "extra:"
_SHOWN_STATES = ("done", "cancelled", "no_longer_needed", "gone", "next_step")
LONGEST = 500  # signs of a value as people are shown it


@dataclass(frozen=True)
class Told:
    """An event in one language. text: the whole of it in one line; when, what, was, became: the same in parts."""

    event: Event
    client: str
    label: str
    when: str
    what: str
    was: str
    became: str
    text: str

    def json(self, zone: ZoneInfo) -> dict[str, Any]:
        """As plain data; moments in the workbook's time zone."""
        event = self.event
        return {
            "kind": event.kind, "what": event.what, "after": _moment(event.after, zone), "seen": _moment(event.seen, zone),
            "day": event.day, "who": event.who, "card": event.card, "client": self.client, "sheet": event.sheet,
            "cell": event.cell, "field": event.field, "label": self.label, "old": event.old, "new": event.new,
            "rule": event.rule, "text": f"{self.when}: {self.text}",
        }  # fmt: skip


@dataclass(frozen=True)
class Teller:
    """Tells events. frames: card kind -> frame of today or of the last run. rules: rule id -> its name.

    called: asks history what cards that went were called.
    """

    lang: Lang
    zone: ZoneInfo
    template: Template
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    called: Callable[[Iterable[str]], Mapping[str, str]] = lambda _: {}

    def tell(self, events: Sequence[Event]) -> list[Told]:
        """All of them, in their order."""
        names = self._names(events)
        return [self._told(event, names) for event in events]

    def day(self, moment: str) -> date | None:
        """The day of a moment in the workbook's time zone; None for an unknown one."""
        found = _local(moment, self.zone)
        return found.date() if found else None

    def _names(self, events: Sequence[Event]) -> dict[str, str]:
        """Names of all cards and clients that the events are about."""
        return self.names_of([*(e.identity for e in events if e.kind != "task"), *(e.client for e in events)])

    def names_of(self, identities: Iterable[str]) -> dict[str, str]:
        """Identity -> what the card is called, where anybody knows."""
        wanted = set(identities) - {""}
        found: dict[str, str] = {}
        for kind in ("client", *self.frames):
            frame = self.frames.get(kind)
            texts = [name for name in _TITLES if frame is not None and frame.schema.get(name) == pl.String]
            if frame is not None and texts:
                part = frame.filter(pl.col("_id").is_in(sorted(wanted - set(found))))
                rows = part.select("_id", pl.coalesce(texts)).rows()
                found |= {identity: name for identity, name in rows if name and identity not in found}
        lost = wanted - set(found)
        return {**self.called(sorted(lost)), **found} if lost else found

    def _told(self, event: Event, names: Mapping[str, str]) -> Told:
        client = names.get(event.client) or event.called or names.get(event.identity) or ""
        if event.what in ("added", "removed"):
            client = client or str(event.new or event.old or "")
        label = self._label(event)
        was, became = self._value(event, event.old), self._value(event, event.new)
        what = self._what(event, label)
        return Told(
            event, client, label, self._when(event), what, was, became, self._sentence(event, what, was, became)
        )

    def _label(self, event: Event) -> str:
        """The field as the template calls it; of a mark the column; of a task what it is about."""
        if event.what == "marked":
            if event.field.startswith(_EXTRA):
                return event.field.removeprefix(_EXTRA)
            key = f"tabs.tasks.columns.{event.field}"
            return say(key, self.lang) if knows(key) else event.field
        if event.kind == "task":
            return event.title or self.rules.get(event.rule, event.rule)
        fields = self.template.cards[event.card].fields if event.card in self.template.cards else {}
        return fields[event.field].label.say(self.lang) if event.field in fields else event.field

    def _what(self, event: Event, label: str) -> str:
        if event.kind == "run":
            return say("history.what.run", self.lang)
        if event.kind == "stage":
            return label
        if event.what == "changed":
            return label
        if event.kind == "change":
            return say(f"history.what.{event.what}", self.lang, card=self._card(event))
        about = event.title or self.rules.get(event.rule, event.rule)
        if event.what == "marked":
            return say("history.what.marked", self.lang, label=label, about=about) if about else label
        if event.what == "closed":
            if event.new in _SHOWN_STATES:
                return say(f"history.what.{event.new}", self.lang, about=about)
            return say("history.what.ended", self.lang, about=about, why=event.new or "")
        return say(f"history.what.{event.what}", self.lang, about=about)

    def _card(self, event: Event) -> str:
        cards = self.template.cards
        return cards[event.card].label.say(self.lang) if event.card in cards else event.card

    def _sentence(self, event: Event, what: str, was: str, became: str) -> str:
        if event.kind == "run":
            return say("history.run_line", self.lang, n=int(event.new or 0))
        if event.kind == "task" and event.what != "marked":
            return what
        if event.kind == "change" and event.what != "changed":
            return what
        key = "changed" if was and became else "filled" if became else "cleared"
        return say(f"history.line.{key}", self.lang, what=what, was=was, became=became)

    def _value(self, event: Event, value: str | None) -> str:
        """A recorded value as people of the language write it."""
        if not value or event.kind == "run":
            return ""
        if event.what == "marked":
            return self._mark(event.field, value)
        if event.kind == "task" or event.what in ("added", "removed"):
            return "" if event.kind == "task" else value
        fields = self.template.cards[event.card].fields if event.card in self.template.cards else {}
        spec = fields.get(event.field)
        return shown(value, None if spec is None else spec.type, self.lang)[:LONGEST]

    def _mark(self, column: str, value: str) -> str:
        key = f"tabs.tasks.status.{value}"
        if column == "status" and knows(key):
            return say(key, self.lang)
        if column == "time":
            return _hour(value)
        return shown(value, FieldType.DATE if column in ("snooze_until", "due") else None, self.lang)[:LONGEST]

    def _when(self, event: Event) -> str:
        """Between which two runs, in the workbook's time zone."""
        seen = _local(event.seen, self.zone)
        if seen is None:
            return show(date.fromisoformat(event.day), self.lang)
        after = _local(event.after, self.zone)
        hour = {"till": f"{seen:%H:%M}", "day": seen.date()}
        if event.kind == "run" or (after and after.replace(second=0) == seen.replace(second=0)):
            return say("history.when.at", self.lang, **hour)
        if after is None or after > seen:  # the clock was set back between the two
            return say("history.when.by", self.lang, **hour)
        if after.date() == seen.date():
            return say("history.when.within", self.lang, since=f"{after:%H:%M}", **hour)
        return say("history.when.between", self.lang, first=self._short(after, seen), since=f"{after:%H:%M}", **hour)

    def _short(self, day: datetime, other: datetime) -> str:
        """A day without its year where that is the other's."""
        full = show(day.date(), self.lang)
        return full if day.year != other.year else full.removesuffix(f"{day.year}").rstrip(" .")

    @cached_property
    def nobody(self) -> str:
        """What stands in place of a name that nobody knows."""
        return say("history.nobody", self.lang)


def shown(value: str, kind: FieldType | None, lang: Lang) -> str:
    """A recorded value (ISO days, plain numbers) as people write it; text that only looks so stays as it is."""
    try:
        if kind in (FieldType.DATE, FieldType.PAST_DATE):
            return show(date.fromisoformat(value), lang)
        if kind in (FieldType.MONEY, FieldType.NUMBER):
            return show(Decimal(value), lang)
    except (ValueError, InvalidOperation):
        return value
    if kind == FieldType.CONSENT and value in ("true", "false"):
        return show(value == "true", lang)
    return value


def _hour(value: str) -> str:
    """13:30 of 13:30:00; words that somebody typed in its place as they are."""
    try:
        return f"{time.fromisoformat(value):%H:%M}"
    except ValueError:
        return value


def _local(moment: str, zone: ZoneInfo) -> datetime | None:
    return datetime.fromisoformat(moment).astimezone(zone) if moment else None


def _moment(moment: str, zone: ZoneInfo) -> str | None:
    found = _local(moment, zone)
    return found.isoformat(timespec="seconds") if found else None
