"""`reassign`: tasks of one person become another's, by an entry in crm.yaml, and what the other must know is told.

The entry stands in crm.yaml and not in the state, so that it outlives the loss of the state. The user's sheets are not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sheets_crm.base.people import spellings
from sheets_crm.cards import fold
from sheets_crm.cards.yamlmodel import nearest, read_yaml, validate
from sheets_crm.disk import write_whole
from sheets_crm.errors import ConfigError, NotFound, OwnerError
from sheets_crm.sync import run
from sheets_crm.sync.brief import brief, clients_of
from sheets_crm.sync.config import CrmConfig
from sheets_crm.sync.config_check import check
from sheets_crm.sync.config_edit import Entry, flow, with_entry, without_entry
from sheets_crm.sync.config_people import sharing_of
from sheets_crm.sync.matching import one_client
from sheets_crm.tasks.share import doer
from sheets_crm.words import Lang
from sheets_crm.workdays import Calendar

KEY = "hand_over"


@dataclass(frozen=True)
class Asked:
    """What the owner asked for. clients: as typed, none for all; until: the last day; undo: take the hand-over back."""

    who: str
    to: str
    clients: tuple[str, ...] = ()
    until: date | None = None
    undo: bool = False


@dataclass(frozen=True)
class Handed:
    """What was done. entries: lines of crm.yaml, as they stand there (or stood, when taken back)."""

    asked: Asked
    path: Path
    lang: Lang
    entries: tuple[str, ...]
    changed: bool
    brief: Mapping[str, Any]

    def json(self) -> dict[str, Any]:
        """The object of `reassign --json`."""
        return {
            "from": self.asked.who, "to": self.asked.to, "until": self.asked.until.isoformat() if self.asked.until else None,
            "all": not self.asked.clients, "undo": self.asked.undo, "changed": self.changed, "config": str(self.path),
            "entries": list(self.entries), **self.brief,
        }  # fmt: skip


def reassign(
    config: str | None,
    asked: Asked,
    *,
    today: date | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Handed:
    """Write the hand-over into crm.yaml (or take it out) and tell what the other must know. NotFound: nobody of that name."""
    result = run.plan(config, today=today, lang=lang, on_language=on_language)
    asked = replace(asked, who=_person(result, asked.who), to=_person(result, asked.to))
    if fold(asked.who) == fold(asked.to):
        raise NotFound("calendar.errors.to_oneself", seen=asked.to)
    rows = [_row(result, wanted) for wanted in asked.clients]
    entries = [_entry(asked, _called(result, row)) for row in rows] or [_entry(asked, "")]
    path = result.opened.path
    before = path.read_bytes().decode("utf-8")  # as it is, with its own line ends
    after = _edited(before, entries, undo=asked.undo)
    if not asked.undo:
        _never_round(after, path, asked, entries, result.today)
    _same_but_for_that(before, after, path)
    check(_config(after, path), result.opened.template)
    if after != before:
        _write(path, after)
    known = [row["id"] for row in rows] or clients_of(result, asked.who)
    return Handed(
        asked, path, result.lang, tuple(flow(one) for one in entries), after != before, brief(result, known, asked.who)
    )


def _person(result: run.Result, wanted: str) -> str:
    """A manager by name or alias: one of crm.yaml; else, where it lists none, one whom the sheets name."""
    managers = result.opened.config.managers
    names = spellings((one.name, one.aliases) for one in managers)
    for frame in result.base.frames.values():
        if "manager" in frame.columns:
            names = {fold(name): name for name in frame["manager"].drop_nulls().unique().to_list()} | names
    if fold(wanted) in names:
        return names[fold(wanted)]
    near = nearest(wanted, sorted(names.values())) or ""
    key = "calendar.errors.no_manager_near" if near else "calendar.errors.no_manager"
    raise NotFound(key, seen=wanted, near=near, allowed=", ".join(sorted(set(names.values()))) or "-")


def _row(result: run.Result, wanted: str) -> Mapping[str, Any]:
    facts = result.numbers.facts.get("client")
    if facts is None:
        raise NotFound("sync.no_clients")
    return one_client(facts.frame, wanted)


def _called(result: run.Result, row: Mapping[str, Any]) -> str:
    """How crm.yaml calls a client: by name where it is the only one of that name, else by number, else by identity."""
    name = str(row["client"] or "")
    names = [fold(one or "") for one in result.numbers.facts["client"].frame["client"].to_list()]
    if name and names.count(fold(name)) == 1:
        return name
    return str(row["id"]).removeprefix("id:")


def _entry(asked: Asked, client: str) -> Entry:
    entry = {"from": asked.who, "to": asked.to}
    entry |= {"client": client} if client else {}
    return entry | ({"until": asked.until.isoformat()} if asked.until else {})


def _edited(text: str, entries: Sequence[Entry], *, undo: bool) -> str:
    for entry in entries:
        if undo:
            text = without_entry(text, KEY, lambda one, entry=entry: _same(one, entry) and _is(one, entry, "to"))  # type: ignore[misc]
        else:
            text = with_entry(text, KEY, entry, lambda one, entry=entry: _same(one, entry))  # type: ignore[misc]
    return text


def _same(one: Entry, other: Entry) -> bool:
    """Are both about the same tasks?"""
    return _is(one, other, "from") and _is(one, other, "client")


def _is(one: Entry, other: Entry, key: str) -> bool:
    return fold(one.get(key, "")) == fold(other.get(key, ""))


def _config(text: str, path: Path) -> CrmConfig:
    return validate(read_yaml(text.replace("\r\n", "\n"), path.name), CrmConfig)


def _same_but_for_that(before: str, after: str, path: Path) -> None:
    """Nothing but the hand-overs may have changed: a file that can't be edited so is left alone."""
    old, new = (read_yaml(text.replace("\r\n", "\n"), path.name).data for text in (before, after))
    if {name: value for name, value in old.items() if name != KEY} != {n: v for n, v in new.items() if n != KEY}:
        raise ConfigError("calendar.errors.not_edited", path=str(path))


def _never_round(text: str, path: Path, asked: Asked, entries: Sequence[Entry], today: date) -> None:
    """A hand-over that leads back to where it began is refused: it would do nothing."""
    sharing = sharing_of(_config(text, path), (), Calendar(today))
    lasting = replace(sharing, hand_overs=tuple(one for one in sharing.hand_overs if not one.away))
    for entry in entries:
        if doer(asked.who, (entry.get("client", ""),), lasting, today)[1] is None:
            raise ConfigError("calendar.errors.round", who=asked.who, to=asked.to)


def _write(path: Path, text: str) -> None:
    """Put the text in the file's place, with the permissions that the file had."""
    path = path.resolve()  # a link stays a link
    try:
        mode = path.stat().st_mode & 0o777
        write_whole(path, text.encode("utf-8"))
        path.chmod(mode)
    except OSError as error:
        raise ConfigError("calendar.errors.not_written", path=str(path)) from error


def save(path: Path, text: str) -> None:
    """The brief in a file of its own, open to its owner alone. OwnerError where it can't be written."""
    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise OwnerError("calendar.errors.not_saved", path=str(path)) from error
