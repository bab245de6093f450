"""Until when a spent quota of Google's holds a run: a note in the state folder and a line in the log, for whoever wonders."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sheets_crm.disk import write_whole
from sheets_crm.sync.state import StateFolder

FILE = "google-paused"


def noting(config: Path, workbook: str) -> Callable[[datetime], None]:
    """What to call when a pause begins, with the moment at which it ends. A note that can't be written stops nothing."""

    def note(until: datetime) -> None:
        state = StateFolder.existing(config, workbook)
        if state is None:
            return
        ends = until.astimezone(UTC).isoformat(timespec="seconds")
        with contextlib.suppress(OSError):
            write_whole(state.path / FILE, ends.encode())
            state.log().info("google: quota spent, paused until %s", ends)

    return note


def paused_until(state: StateFolder | None, now: datetime) -> datetime | None:
    """The end of a pause that still lasts."""
    if state is None:
        return None
    try:
        until = datetime.fromisoformat((state.path / FILE).read_text("ascii"))
    except (OSError, ValueError):
        return None
    return until if until.tzinfo and until > now else None
