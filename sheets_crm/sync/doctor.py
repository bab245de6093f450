"""`doctor`: looks at configuration, workbook, state folder and packs one after another, and says what to mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from sheets_crm import __version__
from sheets_crm.errors import OwnerError
from sheets_crm.sync.intake import Opened, book_of, open_config, placed, read
from sheets_crm.sync.packs import packs_of, settings_of
from sheets_crm.words import Lang, say

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
    findings = [Finding("ok", "doctor.program", {"version": __version__})]
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
    from sheets_crm.sync.backup import refuse_open

    book = book_of(opened)
    seen = read(opened, book)
    found = [Finding("ok", "doctor.workbook", {"path": str(opened.workbook), "n": len(seen.sheets)})]
    try:
        refuse_open(opened.workbook)
    except OwnerError as error:
        found.append(Finding("warning", error.key, error.values))
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


def _state(opened: Opened) -> list[Finding]:
    from sheets_crm.sync.backup import is_sound, list_backups
    from sheets_crm.sync.state import StateFolder

    state = StateFolder.existing(opened.path, opened.config.workbook)
    if state is None:
        return [Finding("ok", "doctor.no_state")]
    copies = list_backups(state)
    if not copies:
        return [Finding("ok", "doctor.no_backups")]
    key = "doctor.backups" if is_sound(copies[0]) else "doctor.backup_damaged"
    return [Finding("ok" if key == "doctor.backups" else "warning", key, {"n": len(copies), "name": copies[0].name})]
