"""What `sheets-crm status` says of one configuration: read from its state folder, whether or not the daemon lives.

Exit codes: 0 all is well; 1 nobody looks after the workbook, or the daemon hangs; else that of the error that runs end with.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sheets_crm.daemon import status
from sheets_crm.daemon.settings import Watched, watched
from sheets_crm.daemon.status import SILENT_S, Status
from sheets_crm.errors import OwnerError
from sheets_crm.sync.called import called
from sheets_crm.sync.config import config_path
from sheets_crm.sync.paused import paused_until
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang

State = Literal["idle", "running", "failing", "silent", "stopped", "dead", "never", "unknown"]
NOT_KEPT = 1


@dataclass(frozen=True)
class Report:
    """state: idle, running, failing: a daemon looks after it; silent: it hangs; stopped in good order, dead, never begun;
    unknown: the folder has no locks to tell by.
    """

    config: Path
    workbook: str
    lang: Lang
    zone: ZoneInfo | None
    state: State
    status: Status
    name: str | None = None  # what the configuration calls the firm
    paused: datetime | None = None  # until then Google's quota holds a run

    @property
    def exit_code(self) -> int:
        """0 where all is well."""
        if self.status.failing is not None and self.state in {"failing", "running", "unknown"}:
            return self.status.failing.code
        return 0 if self.state in {"idle", "running", "unknown"} else NOT_KEPT

    def called(self, lang: Lang) -> str:
        """What people call the workbook."""
        return called(self.config, self.workbook, self.name, lang=lang) if self.workbook else self.config.name

    def json(self) -> dict[str, Any]:
        """The object of `status --json`."""
        paused = status.text(self.paused)
        whole = {"config": str(self.config), "workbook": self.workbook, "state": self.state}
        return {**whole, **asdict(self.status), "paused_until": paused}


def report(given: str | None, now: datetime) -> Report:
    """How it stands with one configuration. ConfigError: there is no such file."""
    path = config_path(given).resolve()
    try:
        known = watched(path)
    except OwnerError:
        known = Watched(path)
    folder = StateFolder.existing(path, known.workbook)
    seen = status.read(folder) if folder is not None else Status()
    alive = status.is_alive(folder) if folder is not None else False
    zone = known.zone if known.workbook else None
    return Report(
        path,
        known.workbook,
        known.lang,
        zone,
        _state(seen, now, alive=alive),
        seen,
        known.name,
        paused_until(folder, now),
    )


def _state(seen: Status, now: datetime, *, alive: bool | None) -> State:
    beat = status.moment(seen.beat)
    if alive is False:
        if seen.started is None:
            return "never"
        return "stopped" if seen.stopped else "dead"
    if alive and beat is not None and now - beat > timedelta(seconds=SILENT_S):
        return "silent"
    if alive is None and (beat is None or now - beat > timedelta(seconds=SILENT_S)):
        return "unknown"
    if seen.running:
        return "running"
    return "failing" if seen.failing else "idle"
