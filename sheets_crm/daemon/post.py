"""A keeper's post: the state folder, the lock that says who keeps this workbook, its status file, its log.

One daemon a workbook: whoever comes second waits until the first is gone. Knows nothing of when runs happen.
"""

from __future__ import annotations

import contextlib
import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sheets_crm import __version__
from sheets_crm.books.excel.files import sweep_beside
from sheets_crm.daemon import status
from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.journal import Journal
from sheets_crm.daemon.status import Status
from sheets_crm.disk import sweep
from sheets_crm.errors import ConfigError, OwnerError, WorkbookBusy
from sheets_crm.sync.state import StateFolder

_WAIT_S = 2.0  # `sheets-crm status` takes the lock for an instant, to see whether it is free


class Post:
    """Held by one daemon at a time. `state` is None until it is."""

    def __init__(self, config: Path, clock: Clock) -> None:
        self.config = config
        self.journal = Journal(config)
        self.state: StateFolder | None = None
        self._clock = clock
        self._held = ExitStack()
        self._shown = Status()
        self._beat = 0.0
        self._mute = False

    def take(self, workbook: str) -> Status:
        """Hold the post; what the last daemon left in the status file. OwnerError: why not (another daemon: WorkbookBusy)."""
        if not self.config.exists():  # a drive that is not there yet: make no folder where it will be
            raise ConfigError("config.missing", path=str(self.config))
        state = StateFolder.existing(self.config, workbook) or StateFolder.beside(self.config, workbook)
        try:
            self._held.enter_context(state.lock(wait_s=_WAIT_S, name=status.LOCK))
        except WorkbookBusy as error:
            known = status.read(state)
            raise WorkbookBusy("daemon.errors.another", path=str(self.config), pid=str(known.pid or "?")) from error
        self.state = state
        self.journal.open(state)
        before = status.read(state)
        self.journal.note(
            "started", pid=os.getpid(), version=__version__, clean=before.started is None or before.stopped is not None
        )
        return before

    def look_after(self) -> None:
        """Notice a state folder that was deleted (it may be, at any time): the lock went with it, the post is given up."""
        if self.state is not None and not (self.state.path / status.LOCK).exists():
            self._give_up()

    def _give_up(self) -> None:
        self.journal.close()
        self._held.close()
        self.state = None

    def clear_up(self, book: Path | None) -> None:
        """Remove unfinished files of runs that were killed. Nothing where a run is on its way: then they may be its own."""
        if self.state is None:
            return
        with contextlib.suppress(OwnerError, OSError), self.state.lock():
            for folder in (self.state.path, self.state.backups, self.state.path / "snapshots"):
                sweep(folder)
            if book is not None:
                sweep_beside(book)
                _sweep_restores(book.parent)

    def show(self, now: Status) -> None:
        """Write the status file where something is new in it, or its beat is due. What can't be written is noted once."""
        steady = self._clock.steady()
        same = replace(now, beat=None) == replace(self._shown, beat=None)
        if self.state is None or (same and steady - self._beat < status.BEAT_S):
            return
        self._shown, self._beat = now, steady
        try:
            status.write(self.state, now)
        except OSError as error:
            if not self._mute:
                self.journal.note("status file can't be written", errno=error.errno)
            self._mute = True
        else:
            self._mute = False

    def leave(self, last: Status, now: datetime) -> None:
        """Give the post up in good order."""
        if self.state is not None:
            self.show(replace(last, stopped=status.text(now), pid=None))
            self.journal.note("stopped")
        self._give_up()


def _sweep_restores(folder: Path) -> None:
    """A restore that was killed leaves its part beside the workbook."""
    for part in folder.glob(".sheets-crm.*.part"):
        with contextlib.suppress(OSError):
            part.unlink()
