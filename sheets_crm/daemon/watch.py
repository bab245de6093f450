"""Wakes a keeper when something in its files' folders changes, through the system's own notices.

An aid only: what a keeper does rests on looking at the files itself, since network folders tell nothing and notices get lost.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

_AGAIN_S = 30.0
_LOOK_MS = 5_000


class Watch(threading.Thread):
    """files: those to watch now, asked again and again. wake: set when something changed."""

    def __init__(self, files: Callable[[], tuple[Path, ...]], wake: threading.Event, stop: threading.Event) -> None:
        super().__init__(name="watch", daemon=True)
        self._files, self._wake, self._stop_event = files, wake, stop

    def run(self) -> None:
        """Until the daemon stops."""
        while not self._stop_event.is_set():
            places = self._places()
            if not places:
                self._stop_event.wait(_AGAIN_S)
                continue
            try:
                self._watch(places)
            except Exception:  # noqa: BLE001 - too many watches, a folder gone: the keeper looks by itself
                self._stop_event.wait(_AGAIN_S)

    def _watch(self, places: dict[str, int]) -> None:
        from watchfiles import watch

        notices = watch(
            *places, watch_filter=_not_ours, recursive=False, stop_event=self._stop_event, debounce=400, step=50,
            rust_timeout=_LOOK_MS, yield_on_timeout=True, raise_interrupt=False, ignore_permission_denied=True,
        )  # fmt: skip
        with contextlib.closing(notices):
            for changes in notices:
                if changes:
                    self._wake.set()
                if self._places() != places:  # other files, or a folder that was taken away and came back
                    self._wake.set()
                    return

    def _places(self) -> dict[str, int]:
        """The folders that are there, and which folder each one is."""
        found = {}
        for folder in {path.parent for path in self._files()}:
            with contextlib.suppress(OSError):
                found[str(folder)] = folder.stat().st_ino
        return found


def _not_ours(_change: object, path: str) -> bool:
    return not Path(path).name.startswith(".sheets-crm")
