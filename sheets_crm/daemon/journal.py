"""The daemon's log of one workbook: what happened, in names and numbers, never in words of the workbook.

The same failure is written once, then how long it lasted. Where no log can be written the daemon goes on without one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sheets_crm.daemon.outcome import Fault
from sheets_crm.errors import OwnerError
from sheets_crm.sync.state import StateFolder

FILE = "daemon.log"


class Journal:
    """One workbook's log. Opened when the state folder is known; before that, lines go nowhere."""

    def __init__(self, config: Path) -> None:
        self._name = f"sheets_crm.daemon.{sha256(str(config).encode()).hexdigest()[:8]}"
        self._log: logging.Logger | None = None

    def open(self, state: StateFolder) -> None:
        """Write to the state folder from now on, where that is allowed."""
        logging.raiseExceptions = False  # a full disk must not fill the terminal
        try:
            self._log = state.log(self._name, file=FILE)
        except OwnerError:
            self._log = None

    def close(self) -> None:
        """Let the file go."""
        for handler in list(self._log.handlers) if self._log else ():
            assert self._log is not None
            self._log.removeHandler(handler)
            handler.close()
        self._log = None

    def note(self, event: str, **values: object) -> None:
        """One line: an event and its numbers."""
        self._write(logging.INFO, event, values)

    def failing(self, error: OwnerError | Fault) -> None:
        """A failure begins: its key, and for our own faults where in the code."""
        place = f"\n{error.place}" if isinstance(error, Fault) and error.place else ""
        self._write(logging.WARNING, f"failing {error.key}{place}", {"code": error.exit_code})

    def over(self, key: str, since: datetime, now: datetime, times: int) -> None:
        """A failure has ended."""
        lasted = max(now - since, timedelta())
        self._write(logging.INFO, f"over {key}", {"lasted_s": round(lasted.total_seconds()), "times": times})

    def fault(self, error: BaseException) -> None:
        """The daemon's own mistake; it goes on."""
        if self._log is not None:
            self._log.error("fault of the daemon", exc_info=error)

    def _write(self, level: int, event: str, values: Mapping[str, object]) -> None:
        if self._log is not None:
            more = "".join(f" {name}={value}" for name, value in values.items())
            self._log.log(level, "%s%s", event, more)
