"""Tells listeners what happens, in a process of their own: `python -m sheets_crm.daemon.teller MODULE:CLASS ...`.

A queue and a thread in the daemon, the listeners in the child. A call that takes too long ends the child; the next call
begins a new one. Nothing here ever waits on the keepers of workbooks, nor they on it.
"""

from __future__ import annotations

import contextlib
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from sheets_crm.daemon.listeners import CALL_S, Why
from sheets_crm.daemon.runner import end, spawn

_FULL = 200  # calls that wait; beyond it the listeners are beyond help


class Sink(Protocol):
    """Where keepers say what happens. `result` is pickled, and opened by the listeners only."""

    def after_run(self, config: Path, result: bytes, now: datetime) -> None: ...
    def failed(self, config: Path, error: Exception, now: datetime) -> None: ...
    def tick(self, config: Path, now: datetime) -> None: ...


class Nobody:
    """Nobody listens."""

    def after_run(self, config: Path, result: bytes, now: datetime) -> None:
        """Nothing."""

    def failed(self, config: Path, error: Exception, now: datetime) -> None:
        """Nothing."""

    def tick(self, config: Path, now: datetime) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Call:
    """One call of every listener."""

    method: str
    values: tuple[Any, ...]


class Teller:
    """Hands on what happens. complain: told, once for each, what went wrong with a listener (kinds and places only)."""

    def __init__(self, names: Sequence[str], complain: Callable[[str], object], *, call_s: float = CALL_S) -> None:
        self._names, self._complain, self._call_s = names, complain, call_s
        self._calls: queue.Queue[Call | None] = queue.Queue(_FULL)
        self._ticking: set[Path] = set()
        self._process: subprocess.Popen[bytes] | None = None
        self._said: set[str] = set()
        self._thread = threading.Thread(target=self._tell_all, name="teller", daemon=True)
        self._thread.start()

    def after_run(self, config: Path, result: bytes, now: datetime) -> None:
        """As `Listener` says."""
        self._put(Call("after_run", (config, result, now)))

    def failed(self, config: Path, error: Exception, now: datetime) -> None:
        """As `Listener` says."""
        self._put(Call("failed", (config, error, now)))

    def tick(self, config: Path, now: datetime) -> None:
        """As `Listener` says; one that still waits is enough."""
        if config not in self._ticking:
            self._ticking.add(config)
            self._put(Call("tick", (config, now)))

    def close(self, configs: Sequence[Path], now: datetime, why: Why, *, wait_s: float) -> None:
        """Tell that the daemon stops, wait so long for everything to be told, and end."""
        self._put(Call("stopped", (tuple(configs), now, why)))
        self._put(None)
        self._thread.join(wait_s)
        if self._process is not None:
            end(self._process)

    def _put(self, call: Call | None) -> None:
        with contextlib.suppress(queue.Full):
            self._calls.put_nowait(call)

    def _tell_all(self) -> None:
        while (call := self._calls.get()) is not None:
            if call.method == "tick":
                self._ticking.discard(call.values[0])
            for trouble in self._told(call):
                if trouble not in self._said:
                    self._said.add(trouble)
                    self._complain(trouble)

    def _told(self, call: Call) -> list[str]:
        """What went wrong, one text each."""
        if self._process is None or self._process.poll() is not None:
            self._process = spawn("sheets_crm.daemon.teller", list(self._names), subprocess.PIPE)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(self._call_s, process.kill)
        timer.daemon = True
        timer.start()
        try:
            pickle.dump((call.method, call.values), process.stdin)
            process.stdin.flush()
            said: list[str] = pickle.load(process.stdout)  # noqa: S301 - from our own child
        except Exception as error:  # noqa: BLE001 - it hung, died, or can't be told; the next call begins anew
            end(process)
            self._process = None
            return [f"{call.method}: {type(error).__name__}, the listeners' process was ended"]
        finally:
            timer.cancel()
        return said


def listen(names: Sequence[str], source: BinaryIO, out: BinaryIO) -> None:
    """The child: make the listeners, call them as told, answer with what went wrong; until the daemon is gone."""
    listeners, troubles = _made(names)
    while True:
        try:
            method, values = pickle.load(source)  # noqa: S301 - from our own parent
        except EOFError:
            return
        if method == "after_run":
            config, result, now = values
            values = (config, pickle.loads(result), now)  # noqa: S301 - likewise
        for name, listener in listeners:
            try:
                getattr(listener, method)(*values)
            except Exception as error:  # noqa: BLE001 - a listener hurts nobody
                troubles.append(f"{name}.{method}: {_places(error)}")
        pickle.dump(troubles, out)
        out.flush()
        troubles = []


def _made(names: Sequence[str]) -> tuple[list[tuple[str, Any]], list[str]]:
    made, troubles = [], []
    for name in names:
        module, _, kind = name.partition(":")
        try:
            made.append((kind, getattr(import_module(module), kind)()))
        except Exception as error:  # noqa: BLE001 - likewise
            troubles.append(f"{kind}: {_places(error)}")
    return made, troubles


def _places(error: Exception) -> str:
    from sheets_crm.sync.logfile import Scrubbed

    return Scrubbed().formatException((type(error), error, error.__traceback__))


if __name__ == "__main__":
    from sheets_crm.daemon.worker import mind_signals, own_output

    answers = own_output()
    mind_signals()
    listen(sys.argv[1:], sys.stdin.buffer, answers)
