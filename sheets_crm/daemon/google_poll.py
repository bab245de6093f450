"""Asks Google Drive now and then whether a spreadsheet has another version, and writes the answer where keepers look.

A hint only: Drive's versions come late, so that slots and nightly runs look whatever it says. A failed call is no news.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from sheets_crm.daemon.settings import Watched
from sheets_crm.errors import OwnerError

_IDLE_S = 30.0


class GooglePoll(threading.Thread):
    """watched: the configuration as it is now. wake: set when there is another version."""

    def __init__(self, watched: Callable[[], Watched], wake: threading.Event, stop: threading.Event) -> None:
        super().__init__(name="google", daemon=True)
        self._watched, self._wake, self._stop_event = watched, wake, stop

    def run(self) -> None:
        """Until the daemon stops."""
        while not self._stop_event.wait(self._watched().google_s or _IDLE_S):
            if self._watched().google_s:
                self.look()

    def look(self) -> None:
        """Ask once."""
        from sheets_crm.sync.google import note_version

        try:
            if note_version(str(self._watched().config)):
                self._wake.set()
        except (OwnerError, OSError):
            return  # the next run says what is wrong
        except Exception:  # noqa: BLE001 - a hint must not end the one who gives it
            return
