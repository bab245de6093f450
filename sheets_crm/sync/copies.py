"""The backup commands: which copies there are, and putting one back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sheets_crm.sync.backup import Backup, list_backups, restore
from sheets_crm.sync.intake import Opened, open_config
from sheets_crm.words import Lang


@dataclass(frozen=True)
class Restored:
    """name: the copy put back. path: where it stands now. saved: the copy made of what stood there, None where nothing did."""

    name: str
    path: Path
    saved: str | None


def listed(config: str | None) -> list[Backup]:
    """The copies of the configured workbook, newest first."""
    return list(list_backups(_opened(config).state.backups, _opened(config).workbook))


def language(config: str | None) -> Lang:
    """The configuration's language."""
    return _opened(config).lang


def restored(config: str | None, name: str, to: Path | None) -> Restored:
    """Put a copy back (`last`: the newest), or write it to another place. NotFound when there is no such copy."""
    opened = _opened(config)
    return Restored(*restore(opened.state.backups, name, to or opened.workbook, keep=to is None))


def _opened(config: str | None) -> Opened:
    return open_config(config)
