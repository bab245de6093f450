"""`doctor`: looks at configuration, workbook, state folder and packs one after another, and says what to mend."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, cast

from sheets_crm import __version__
from sheets_crm.errors import OwnerError, StateError, WorkbookBusy
from sheets_crm.sync.companion import written_file
from sheets_crm.sync.intake import Opened, book_of, open_config, placed, read
from sheets_crm.sync.packs import packs_of, settings_of
from sheets_crm.sync.places import marks_of
from sheets_crm.sync.surroundings import said_of
from sheets_crm.words import Lang, say

# What passes by itself when somebody closes the workbook or a save is done: nothing to mend.
PASSING = {
    "excel.open_by", "excel.open_elsewhere", "openbook.stop.open_long", "openbook.stop.open_long_by", "openbook.stop.being_saved",
}  # fmt: skip
Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: a words key and its values."""

    level: Level
    key: str
    values: Mapping[str, object] = field(default_factory=dict)
    exit_code: int = 0

    def sentence(self, lang: Lang) -> str:
        """In words."""
        return say(self.key, lang, **self.values)

    def json(self, lang: Lang) -> dict[str, Any]:
        """As plain data."""
        return {"level": self.level, "key": self.key, "message": self.sentence(lang)}


def examine(config: str | None, *, on_language: Callable[[Lang], object] = lambda _: None) -> list[Finding]:
    """All findings, in the order of looking; an error ends what builds on it."""
    findings = [
        Finding(
            "ok",
            "doctor.program",
            {"version": __version__, "python": platform.python_version(), "system": platform.system()},
        )
    ]
    try:
        findings += _examined(config, on_language)
    except OwnerError as error:
        findings.append(Finding("error", error.key, error.values, error.exit_code))
    return findings


def _examined(config: str | None, on_language: Callable[[Lang], object]) -> Iterator[Finding]:
    found: list[Finding] = []
    opened = open_config(config)
    on_language(opened.lang)
    found.append(Finding("ok", "doctor.config", {"path": str(opened.path)}))
    for look in (_packs, _workbook, _state):
        try:
            found += look(opened)
        except OwnerError as error:
            found.append(Finding("error", error.key, error.values, error.exit_code))
    return iter(found)


def _packs(opened: Opened) -> list[Finding]:
    packs = packs_of(opened)
    settings = settings_of(opened, packs)
    rules = [rule for pack in packs for rule in pack.rules]
    return [Finding("ok", "doctor.packs", {"n": sum(1 for rule in rules if settings.is_on(rule)), "all": len(rules)})]


def _workbook(opened: Opened) -> list[Finding]:
    from sheets_crm.base.bind import bind

    access = [Finding(cast("Level", level), key, values, code) for level, key, values, code in _access(opened)]
    seen = read(opened, book_of(opened))
    theirs = sum(1 for sheet in seen.sheets if sheet.tab is None)
    found = [*access, Finding("ok", "doctor.workbook", {"path": opened.address, "n": theirs}), *_writable(opened)]
    said = said_of(opened, seen, marks_of(seen), now=datetime.now(UTC), waiting=True)
    found += [Finding("warning", *note) for note in said]
    today = opened.config.today(datetime.now(UTC))
    with placed(opened.document):
        bound = bind(
            seen.grids, opened.config.sheets, opened.template, country=opened.config.country, today=today, memory={}
        )
    if not bound.bindings:
        found.append(Finding("warning", "doctor.nothing_bound"))
    for sheet, binding in bound.bindings.items():
        found.append(
            Finding(
                "ok",
                "doctor.sheet",
                {"sheet": sheet, "n": len(binding.layout.rows), "columns": len({c.index for c in binding.columns})},
            )
        )
    return found


def _access(opened: Opened) -> list[tuple[str, str, Mapping[str, object], int]]:
    """Access to a Google spreadsheet; nothing to say of a file."""
    if opened.google is None:
        return []
    from sheets_crm.sync.doctor_google import access_findings

    return access_findings(opened)


def _writable(opened: Opened) -> list[Finding]:
    """What would stop a write: a workbook that is open now is nothing to mend, all else is."""
    if opened.google is not None:
        return []  # told with the access
    target = written_file(opened)
    try:
        book_of(opened, wait_s=0).refuse_now()
    except OwnerError as error:
        passing = error.key in PASSING
        return [Finding("warning" if passing else "error", error.key, error.values, 0 if passing else error.exit_code)]
    if not os.access(target.parent, os.W_OK):
        values = {"workbook": target.name, "folder": str(target.parent)}
        return [Finding("error", "excel.folder_read_only", values, WorkbookBusy.exit_code)]
    return [Finding("ok", "doctor.writable")]


def _state(opened: Opened) -> list[Finding]:
    from sheets_crm.sync.backup import is_sound, list_backups
    from sheets_crm.sync.backup.regular import outside_note
    from sheets_crm.sync.state import NAME, StateFolder

    state = StateFolder.existing(opened.path, opened.config.workbook)
    if state is None:
        place = opened.path.parent / NAME
        if place.exists() and not (place.is_dir() and os.access(place, os.W_OK)):
            raise StateError("state.folder_denied", path=str(place))
        return [Finding("ok", "doctor.no_state")]
    if not os.access(state.path, os.W_OK):
        raise StateError("state.folder_denied", path=str(state.path))
    found = [Finding("warning", "doctor.state_open", {"path": str(state.path)})] if _seen_by_others(state.path) else []
    if not _history_is_sound(state.path / "history.db"):
        found.append(Finding("warning", "doctor.history_damaged", {"path": str(state.path / "history.db")}))
    note = outside_note(opened, state)
    if note is not None:
        found.append(Finding("warning", *note))
    copies = list_backups(state)
    if not copies:
        return [*found, Finding("ok", "doctor.no_backups")]
    sound = is_sound(copies[0])
    key = "doctor.backups" if sound else "doctor.backup_damaged"
    return [*found, Finding("ok" if sound else "warning", key, {"n": len(copies), "name": copies[0].name})]


def _seen_by_others(folder: Path) -> bool:
    """May other users of the machine look into it? (Windows keeps that in another way.)"""
    return os.name != "nt" and bool(stat.S_IMODE(folder.stat().st_mode) & 0o077)


def _history_is_sound(file: Path) -> bool:
    """Looks at the history without opening it for writing; one that is not there yet is sound."""
    if not file.exists():
        return True
    try:
        with contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        return "locked" in str(error)  # another run is writing: nothing wrong with it
    except sqlite3.DatabaseError:
        return False
