"""The status file of one workbook, `.sheets-crm/status.json`: written by the daemon, read by `sheets-crm status`.

Alive is whoever holds the lock `daemon.lock` beside it: the system lets go of it when the process dies, however it dies.
Deleting the file costs nothing but the times of the last full run and the last regular backup: both are done anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

from sheets_crm.disk import write_whole
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.sync.state import StateFolder

FILE, LOCK = "status.json", "daemon.lock"
BEAT_S = 60.0  # how often the file is written when nothing happens
SILENT_S = 600.0  # a daemon that has not written for so long hangs


@dataclass(frozen=True)
class Failing:
    """What fails. since: first seen, times: how often in a row. ru, en: the sentence. again: the next try, None: not before something changes."""

    key: str
    code: int
    transient: bool
    since: str
    times: int
    ru: str
    en: str
    again: str | None = None


@dataclass(frozen=True)
class Status:
    """What the daemon knows of one workbook. All moments are ISO texts in UTC; None: never, or not now.

    last: the last run that ended well (at, kind, seconds, written, and its counts). looked: last seen that nothing had changed.
    full, backup: the last full run and the last regular backup. running: since when a run is on its way; worker: its process.
    """

    version: str = ""
    pid: int | None = None
    started: str | None = None
    beat: str | None = None
    stopped: str | None = None
    running: str | None = None
    kind: str | None = None
    worker: int | None = None
    last: Mapping[str, Any] = field(default_factory=dict)
    looked: str | None = None
    full: str | None = None
    backup: str | None = None
    next: str | None = None
    failing: Failing | None = None


def text(moment: datetime | None) -> str | None:
    """A moment as it stands in the file."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment is not None else None


def moment(written: str | None) -> datetime | None:
    """A moment of the file; None where none stands there, or none that can be read."""
    try:
        found = datetime.fromisoformat(written or "")
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def write(state: StateFolder, status: Status) -> None:
    """Put it in the file. OSError as the system says it."""
    write_whole(state.path / FILE, json.dumps(asdict(status), ensure_ascii=False, indent=1).encode())


def read(state: StateFolder) -> Status:
    """What stands there; an empty one where nothing does, or nothing that can be read."""
    try:
        found = json.loads((state.path / FILE).read_bytes())
        names = {one.name for one in fields(Status)}
        known = {name: value for name, value in found.items() if name in names}
        failing = known.pop("failing", None)
        return Status(**known, failing=Failing(**failing) if failing else None)
    except (OSError, ValueError, TypeError, AttributeError):
        return Status()


def is_alive(state: StateFolder) -> bool | None:
    """Does a daemon look after this workbook? None where that can't be found out."""
    if not (state.path / LOCK).exists():
        return False
    try:
        with state.lock(name=LOCK):
            return False
    except WorkbookBusy:
        return True
    except OwnerError:
        return None
