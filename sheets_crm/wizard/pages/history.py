"""What happened to the base: edits, moves between stages, tasks and runs, newest first, of everybody or of one client.

Reads the state folder alone, so it also answers where the workbook is gone. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import Block, Cell, Choice, Facts, Field, Screen, Search, Table
from sheets_crm.wizard.web.ports import href
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.base.history.journal import Kind
    from sheets_crm.sync.telling import Told

PATH = "history"
_KINDS: dict[str, tuple[Kind, ...]] = {
    "usual": ("change", "stage", "task"),
    "change": ("change",),
    "stage": ("stage",),
    "task": ("task",),
    "run": ("run",),
}
_FARTHEST = 400  # pages


def screen(asked: Asked) -> Screen:
    """What happened, of a `kind`, of a `client` (a code)."""
    from sheets_crm.errors import OwnerError

    title = asked.say("history.title")
    kind = asked.query.get("kind", "usual")
    kind = kind if kind in _KINDS else "usual"
    page = min(asked.page, _FARTHEST)
    try:
        identity, name = _client(asked)
        told = told_of(asked, _KINDS[kind], page * parts.ROWS + 1, client=identity, called=name)
    except OwnerError as error:
        return Screen(PATH, title, (), errors=(parts.failed(error, asked.lang),))
    start = (page - 1) * parts.ROWS
    part = told[start : start + parts.ROWS]
    which = parts.Cut(start + 1 if part else 0, start + len(part), None, more=len(told) > start + len(part))
    blocks = (*_choices(asked, kind, name), _table(asked, part, which, one_client=bool(identity)))
    return Screen(PATH, title, (*blocks, *parts.turning(asked, PATH, which)))


def told_of(
    asked: Asked, kinds: tuple[Kind, ...], last: int, *, client: str | None = None, called: str = ""
) -> Sequence[Told]:
    """The newest events of these kinds; none where there is no history yet. OwnerError: the configuration or the state can't be read."""
    from sheets_crm.base.history.journal import Question
    from sheets_crm.sync import memory
    from sheets_crm.sync.history import teller
    from sheets_crm.sync.state import StateFolder

    opened = asked.desk.opened()
    seen = asked.desk.latest
    frames = dict(seen.result.base.frames) if seen is not None else None
    with memory.history(StateFolder.existing(opened.path, opened.config.workbook)) as past:
        if past is None:
            return ()
        events = past.events(Question(client, called, kinds=kinds, last=last))
        return teller(opened, past, asked.lang, frames).tell(events) if events else ()


def _client(asked: Asked) -> tuple[str | None, str]:
    """`_id` and name of the client that is asked for; (None, "") for everybody."""
    code = asked.query.get("client", "")
    seen = asked.desk.look().seen if code else None
    identity = seen.client(code) if seen is not None else None
    if identity is None or seen is None:
        return None, ""
    return identity, seen.name_of(identity)


def _choices(asked: Asked, kind: str, client: str) -> tuple[Block, ...]:
    whose: tuple[Block, ...] = ()
    if client:
        whose = (Facts("", ((client, Cell(asked.say("history.card"), href(f"clients/{asked.query['client']}"))),)),)
    kinds = tuple(Choice("" if one == "usual" else one, asked.say(f"history.kinds.{one}")) for one in _KINDS)
    fields = [Field("kind", asked.say("history.kind"), "choice", "" if kind == "usual" else kind, choices=kinds)]
    if client:
        code = asked.query["client"]
        clients = (Choice(code, client), Choice("", asked.say("history.everybody")))
        fields.append(Field("client", asked.say("history.client"), "choice", code, choices=clients))
    return (*whose, Search(tuple(fields), asked.say("history.show"), href(PATH)))


def _table(asked: Asked, told: Sequence[Told], which: parts.Cut, *, one_client: bool) -> Table:
    names = ["when", *([] if one_client else ["client"]), "what", "place", "who"]
    if not any(one.event.who for one in told):
        names.remove("who")
    rows = tuple(_row(asked, one, names) for one in told)
    headers = tuple(asked.say(f"history.columns.{name}") for name in names)
    empty = say("history.nothing", asked.lang) if asked.query else asked.say("history.none")
    return Table(asked.say("history.events"), headers, rows, note=parts.cut_note(asked, which), empty=empty)


def _row(asked: Asked, one: Told, names: Sequence[str]) -> tuple[str | Cell, ...]:
    event, seen = one.event, asked.desk.latest
    place = f"{event.sheet}!{event.cell}" if event.sheet and event.cell else ""
    client: str | Cell = parts.client_cell(seen, one.client, event.client) if seen is not None else one.client
    if seen is not None and event.card == "client" and not event.client:
        client = parts.client_cell(seen, one.client, event.identity)
    told: dict[str, str | Cell] = {
        "when": one.when, "client": client, "what": parts.short(one.text), "place": place, "who": event.who,
    }  # fmt: skip
    return tuple(told[name] for name in names)
