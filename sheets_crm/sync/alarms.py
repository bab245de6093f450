"""Stops a run over a base that looks wiped, pasted over or sorted apart, until the owner says that it is meant.

What looks so is said by base/history/alarms; this knows what was bound before, what the owner set, and the sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sheets_crm import __version__
from sheets_crm.base.history import History
from sheets_crm.base.history.alarms import (
    ENOUGH,
    Loss,
    Rewrite,
    counts_lately,
    looks_emptied,
    looks_replaced,
    looks_rewritten,
)
from sheets_crm.base.model import Base, BoundColumn
from sheets_crm.base.remember import Remembered, SheetMemory
from sheets_crm.errors import BaseEmptied
from sheets_crm.sync.intake import Opened
from sheets_crm.words import Phrase


@dataclass(frozen=True)
class Accepted:
    """What the owner says is meant. emptied: that rows are gone. changes: that, and that values read otherwise."""

    emptied: bool = False
    changes: bool = False

    def __bool__(self) -> bool:
        return self.emptied or self.changes


def refuse_upheaval(
    opened: Opened,
    history: History,
    base: Base,
    before: Mapping[str, SheetMemory],
    *,
    today: date,
    accepted: Accepted,
) -> None:
    """BaseEmptied when the base lost most of its rows, at once or in two days, or reads otherwise than before.

    before: the sheets as the last run bound them: a column that the owner pointed elsewhere is no alarm. After an update of
    the program values may read otherwise without anybody's doing: that run is not asked about them.
    """
    if accepted:
        history.accept()
    if not (accepted.emptied or accepted.changes):
        _refuse_loss(opened, history, base, today, before)
    last = history.last_run()
    if not accepted.changes and last is not None and last.program == __version__:
        _refuse_rewriting(opened, history, base, before, replaced=not accepted.emptied)


def upheaval(
    opened: Opened, history: History | None, base: Base, before: Mapping[str, SheetMemory], *, today: date
) -> tuple[tuple[str, Mapping[str, object]], ...]:
    """The sentence with which a sync would stop here, for a run that writes nothing anyway; () where it would not."""
    try:
        if history is not None:
            refuse_upheaval(opened, history, base, before, today=today, accepted=Accepted())
    except BaseEmptied as error:
        return ((error.key, error.values),)
    return ()


def _refuse_loss(opened: Opened, history: History, base: Base, today: date, before: Mapping[str, SheetMemory]) -> None:
    share = opened.config.history.alarm_deleted_share
    were = history.counts()
    now = _gone(opened, history, before, were) | {card: len(frame) for card, frame in base.frames.items()}
    if (loss := looks_emptied(were, now, share)) is not None:
        raise BaseEmptied("sync.emptied", **_numbers(opened, loss))
    lately = history.ask(lambda connection: counts_lately(connection, were, today))
    if (loss := looks_emptied(lately, now, share)) is not None:
        raise BaseEmptied("history.stop.emptied_lately", **_numbers(opened, loss))


def _gone(
    opened: Opened, history: History, before: Mapping[str, SheetMemory], were: Mapping[str, int]
) -> dict[str, int]:
    """No rows of the card kinds that the last run found by itself, should this one find them no more.

    A sheet wiped together with its headers is recognised as nothing at all. Where the owner names the sheets, theirs is the
    say which are read; another version of the program may take sheets for something else.
    """
    last = history.last_run()
    if opened.config.sheets is not None or last is None or last.program != __version__:
        return {}
    found = {card for sheet in before.values() for card in sheet.cards}
    return {card: 0 for card in found if were.get(card, 0) >= ENOUGH}


def _numbers(opened: Opened, loss: Loss) -> dict[str, object]:
    return {"workbook": opened.called, "card": Phrase(f"cli.card.{loss.card}"), "was": loss.was, "now": loss.now}


def _refuse_rewriting(
    opened: Opened, history: History, base: Base, before: Mapping[str, SheetMemory], *, replaced: bool
) -> None:
    settings = opened.config.history
    for card, frame in base.frames.items():
        previous = history.previous(card)
        if previous is None:
            continue
        same = _Columns(base, before, card)
        seen = looks_rewritten(card, previous, frame, share=settings.alarm_rewritten_share, steady=same.sheets)
        if seen is not None:
            raise _rewritten(opened, seen)
        if replaced and same.names_people:
            loss = looks_replaced(card, previous, frame, settings.alarm_deleted_share)
            if loss is not None:
                raise BaseEmptied("history.stop.replaced", **_numbers(opened, loss))


def _rewritten(opened: Opened, seen: Rewrite) -> BaseEmptied:
    fields = opened.template.cards[seen.card].fields if seen.card in opened.template.cards else {}
    labels = tuple(fields[name].label.say(opened.lang) if name in fields else name for name in seen.fields)
    return BaseEmptied(
        "state.base_rewritten",
        workbook=opened.called,
        field=labels,
        card=Phrase(f"cli.card.{seen.card}"),
        changed=seen.changed,
        rows=seen.rows,
    )


class _Columns:
    """Which columns of a card kind are read from where they were read by the last run."""

    def __init__(self, base: Base, before: Mapping[str, SheetMemory], card: str) -> None:
        self._base, self._before, self._card = base, before, card

    def sheets(self, field: str) -> Collection[str]:
        """The sheets on which the field's column is the same one as before."""
        return [sheet for sheet in self._base.bindings if self._is_same(sheet, field)]

    def _is_same(self, sheet: str, field: str) -> bool:
        wanted = (self._card, field)
        now = next((c for c in self._base.bindings[sheet].columns if (c.card, c.field) == wanted), None)
        if now is None or (sheet, *wanted) in self._base.computed:
            return False
        if sheet not in self._before:  # what was bound is lost: then it is taken to be the same
            return True
        was = next((c for c in self._before[sheet].columns if (c.card, c.field) == wanted), None)
        return was is not None and _one_column(was, now)

    @property
    def names_people(self) -> bool:
        """The rows are clients or contacts and nothing else that comes and goes: these aren't exchanged wholesale."""
        if self._card not in ("client", "contact"):
            return False
        theirs = [binding for binding in self._base.bindings.values() if self._card in binding.cards]
        passing = {"visit", "order", "payment", "interaction", "survey"}
        as_before = all(self.sheets(name) for name in ("name", "phone", "email") if self._bound(name))
        return as_before and not any(passing & set(binding.cards) for binding in theirs)

    def _bound(self, field: str) -> bool:
        return any((c.card, c.field) == (self._card, field) for b in self._base.bindings.values() for c in b.columns)


def _one_column(was: Remembered, now: BoundColumn) -> bool:
    """Not pointed elsewhere by the owner; moved or renamed it may be."""
    if (was.index, was.header) == (now.index, now.header):
        return True
    return was.stated == now.stated and (was.index == now.index or was.header == now.header)
