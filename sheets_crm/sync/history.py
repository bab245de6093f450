"""The history of a base or of one client, for the command line and for pages: asked by day, kind and number.

Opens the state folder for reading alone; needs no workbook, so it also answers when that is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from sheets_crm.base.history import History, Question
from sheets_crm.base.history.journal import names, removed_clients
from sheets_crm.cards import fold
from sheets_crm.engine import Pack
from sheets_crm.errors import NotFound, OwnerError
from sheets_crm.sync import memory
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.sync.matching import one_client
from sheets_crm.sync.packs import packs_of
from sheets_crm.sync.report import notes_json
from sheets_crm.sync.state import StateFolder
from sheets_crm.sync.telling import Teller, Told
from sheets_crm.words import Lang, fill

_CLIENT_TEXTS = {"client": "name", "number": "id", "email": "email", "phone": "phone"}


@dataclass(frozen=True)
class Found:
    """What was found, newest first. client: its name, "" for the whole base. begun: has history anything to compare with?

    more: there is more than was asked for. notes: what is wrong with the history itself.
    """

    opened: Opened
    lang: Lang
    client: str
    told: tuple[Told, ...]
    begun: bool
    more: bool = False
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()

    def json(self) -> dict[str, Any]:
        """The object of `history --json`."""
        zone = self.opened.config.zone
        return {
            "client": self.client,
            "events": [one.json(zone) for one in self.told],
            "more": self.more,
            "notes": notes_json(self.notes, self.lang),
        }


def history(
    config: str | None,
    asked: Question,
    *,
    client: str | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Found:
    """What happened. client: a client's name, number, phone or e-mail, or a part of one; NotFound when none or several match."""
    opened = open_config(config)
    on_language(opened.lang)
    state = StateFolder.existing(opened.path, opened.config.workbook)
    with memory.history(state) as past:
        begun = past is not None and past.last_run() is not None
        if past is None or not begun:
            return Found(opened, lang or opened.lang, client or "", (), begun=False, notes=past.notes if past else ())
        name = ""
        if client is not None:
            identity, name = client_meant(past, client)
            asked = replace(asked, client=identity, called=name)
        events = past.events(replace(asked, last=asked.last + 1))
        told = teller(opened, past, lang or opened.lang).tell(events[: asked.last])
    return Found(
        opened, lang or opened.lang, name, tuple(told), begun=True, more=len(events) > asked.last, notes=past.notes
    )


def teller(opened: Opened, past: History, lang: Lang, frames: dict[str, pl.DataFrame] | None = None) -> Teller:
    """Tells what this history holds. frames: today's; those of the last run where there are none."""
    if frames is None:
        frames = {card: frame for card in past.counts() if (frame := past.previous(card)) is not None}
    return Teller(
        lang,
        opened.config.zone,
        opened.template,
        frames,
        _rules(opened, lang),
        lambda lost: past.ask(lambda c: names(c, lost)),
    )


def _rules(opened: Opened, lang: Lang) -> dict[str, str]:
    """Names of the rules; none where a pack can't be read: what happened can be told all the same."""
    try:
        packs: Sequence[Pack] = packs_of(opened)
    except OwnerError:
        return {}
    return {rule.id: fill(getattr(rule.label, lang), lang, {}) for pack in packs for rule in pack.rules}


def client_meant(past: History, wanted: str) -> tuple[str, str]:
    """`_id` and name of the client meant: of those in the base, else of those whose row is gone."""
    frame = past.previous("client")
    missing: NotFound | None = None
    if frame is not None:
        try:
            row = one_client(_searchable(frame), wanted)
            return row["id"], row["client"] or ""
        except NotFound as error:
            if error.key != "sync.no_client":
                raise
            missing = error
    meant = fold(wanted)
    gone = [(identity, name, fold(name)) for identity, name in past.ask(removed_clients)]
    for identity, name, folded in sorted(gone, key=lambda one: one[2] != meant):  # the whole name before a part of it
        if meant in folded:
            return identity, name
    raise missing or NotFound("sync.no_client", wanted=wanted)


def _searchable(frame: pl.DataFrame) -> pl.DataFrame:
    columns = [
        (pl.col(own).cast(pl.String) if own in frame.columns else pl.lit(None, pl.String)).alias(name)
        for name, own in _CLIENT_TEXTS.items()
    ]
    return frame.select(*columns, id="_id", sheet="_sheet", row="_row")
