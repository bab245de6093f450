"""The process: a keeper and a thread for each workbook, signals, a clean end.

What is unforeseen in a keeper is logged, and the keeper goes on; nothing of one workbook waits for another.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.google_poll import GooglePoll
from sheets_crm.daemon.keeper import Hear, Keeper, Pace
from sheets_crm.daemon.listeners import LISTENERS
from sheets_crm.daemon.runner import Processes, Runner
from sheets_crm.daemon.teller import Nobody, Teller
from sheets_crm.daemon.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

GRACE_S = 10.0  # a run may finish for so long when the daemon is told to stop
FAULT_S = 20.0  # after a mistake of a keeper's own
_TELL_S = 5.0


class Daemon:
    """Looks after workbooks until it is told to stop. hear: what happens, for a terminal."""

    def __init__(
        self, configs: Sequence[Path], *, clock: Clock | None = None, runner: Runner | None = None, pace: Pace | None = None,
        listeners: Sequence[str] | None = None, hear: Hear | None = None, grace_s: float = GRACE_S,
    ) -> None:  # fmt: skip
        names = LISTENERS if listeners is None else tuple(listeners)
        self.clock = clock or Clock()
        self.stop, self.hurry = threading.Event(), threading.Event()
        self.teller = Teller(names, self._complain) if names else None
        runner = runner or Processes(self.clock, with_results=bool(names))
        sink = self.teller or Nobody()
        self.keepers = [
            Keeper(config, self.clock, runner, sink, pace=pace, hear=hear)
            for config in dict.fromkeys(map(_known, configs))
        ]
        self._grace_s = grace_s

    def run(self) -> None:
        """Until a signal comes, or `halt` is called. A second signal ends at once."""
        threads = [
            threading.Thread(target=self._keep, args=(one,), name=str(one.config), daemon=True) for one in self.keepers
        ]
        with self._signals():
            for keeper, thread in zip(self.keepers, threads, strict=True):
                GooglePoll(lambda keeper=keeper: keeper.watched, keeper.wake, self.stop).start()  # type: ignore[misc]
                Watch(lambda keeper=keeper: keeper.watched.files, keeper.wake, self.stop).start()  # type: ignore[misc]
                thread.start()
            while not self.stop.is_set():
                self.stop.wait(0.5)  # in pieces: some systems deliver signals only between waits
            self._end(threads)

    def halt(self) -> None:
        """Stop in good order; called again: at once."""
        (self.hurry if self.stop.is_set() else self.stop).set()
        for keeper in self.keepers:
            keeper.wake.set()

    def _keep(self, keeper: Keeper) -> None:
        while not self.stop.is_set():
            try:
                pause = keeper.step()
            except Exception as error:  # noqa: BLE001 - the next look may fare better
                keeper.post.journal.fault(error)
                pause = keeper.pace.of(FAULT_S)
            if not self.stop.is_set():
                self.clock.wait(keeper.wake, pause)
        try:
            keeper.close(self._grace_s, self.hurry)
        except Exception as error:  # noqa: BLE001 - the end is the end
            keeper.post.journal.fault(error)

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        """Wait for the keepers; one that hangs on a dead share is left behind."""
        until = self.clock.steady() + self._grace_s + 10
        while (alive := [thread for thread in threads if thread.is_alive()]) and self.clock.steady() < until:
            if self.hurry.is_set():
                until = min(until, self.clock.steady() + 3)
            alive[0].join(0.1)
        if self.teller is not None:
            configs = [keeper.config for keeper in self.keepers]
            self.teller.close(configs, self.clock.now(), "asked", wait_s=0.5 if self.hurry.is_set() else _TELL_S)
        if alive:
            sys.stdout.flush()
            os._exit(0)

    def _complain(self, trouble: str) -> None:
        for keeper in self.keepers:
            keeper.post.journal.note(f"a listener failed: {trouble}")

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM, Ctrl-C, Ctrl-Break and a closed terminal all mean: stop."""

        def heard(_number: int, _frame: FrameType | None) -> None:
            self.halt()

        names = [name for name in ("SIGTERM", "SIGINT", "SIGBREAK", "SIGHUP") if hasattr(signal, name)]
        numbers = [getattr(signal, name) for name in names]
        if threading.current_thread() is not threading.main_thread():
            numbers = []
        before = {one: signal.getsignal(one) for one in numbers}
        for one in numbers:
            if before[one] is not signal.SIG_IGN:  # nohup
                signal.signal(one, heard)
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)


def _known(config: Path) -> Path:
    """One configuration, however it was written."""
    return config.resolve()
