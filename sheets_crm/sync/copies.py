"""The backup commands: which copies there are, and putting one back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sheets_crm.sync.backup import Backup, find_backup, list_backups, named_after, restore
from sheets_crm.sync.companion import companion_path
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang


@dataclass(frozen=True)
class Restored:
    """name: the copy put back. path: where it stands now. saved: the copy made of what stood there, None where nothing did."""

    name: str
    path: Path
    saved: str | None


Hear = Callable[[Lang], object]


def listed(config: str | None, *, on_language: Hear = lambda _: None) -> list[Backup]:
    """The copies of the configured workbook, newest first. Makes nothing, not even the folder they lie in."""
    opened = open_config(config)
    on_language(opened.lang)
    state = StateFolder.existing(opened.path, opened.config.workbook)
    return list_backups(state) if state is not None else []


def restored(config: str | None, name: str, to: Path | None, *, on_language: Hear = lambda _: None) -> Restored:
    """Put a copy back (`last`: the newest), or write it to another place. NotFound when there is no such copy."""
    opened = open_config(config)
    on_language(opened.lang)
    state = _state(opened)
    backup = find_backup(state, name)
    target = to.absolute() if to is not None else _copied_from(opened, backup)
    saved = restore(backup, target, state, now=datetime.now(UTC))
    return Restored(backup.name, target, saved.name if saved else None)


def _copied_from(opened: Opened, backup: Backup) -> Path:
    """The file a copy was made of: the companion workbook where the copy bears its name, else the base."""
    companion = companion_path(opened)
    return companion if companion is not None and named_after(backup, companion) else opened.workbook


def _state(opened: Opened) -> StateFolder:
    return StateFolder.beside(opened.path, opened.config.workbook)
