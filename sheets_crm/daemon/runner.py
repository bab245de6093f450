"""Starting runs as processes, learning how they ended, ending them. Knows nothing of when."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.outcome import Fault, Kind, Outcome, unpacked
from sheets_crm.sync.quick import nothing_changed

HEAVY_S = 60.0  # a run that takes longer gives its place free: it hangs, or waits for somebody
_TERM_S = 3.0  # from the polite word to the other one


class Running(Protocol):
    """A run on its way."""

    pid: int | None

    def outcome(self) -> Outcome | None:
        """How it ended; None while it goes on."""

    def stop(self) -> None:
        """Ask it to end; a second call does not ask."""


class Runner(Protocol):
    """Whoever can run."""

    def unchanged(self, config: Path, today: date) -> dict[str, Any] | None:
        """What the last run found where nothing has changed since, in milliseconds; None to run."""

    def start(self, kind: Kind, config: Path, *, longest_s: float, wake: threading.Event) -> Running | None:
        """Begin a run; None when too many are on their way. wake: set when it has ended."""


class Processes:
    """Runs as child processes. with_results: whoever listens wants what each run found."""

    def __init__(self, clock: Clock, *, with_results: bool = False, at_once: int | None = None) -> None:
        self._clock, self._with_results = clock, with_results
        self._at_once = at_once or max(2, os.cpu_count() or 2)
        self._guard = threading.Lock()
        self._started: list[tuple[float, Child]] = []

    def unchanged(self, config: Path, today: date) -> dict[str, Any] | None:
        """As `Runner` says."""
        stamp = nothing_changed(str(config), today=today)
        return dict(stamp.summary) if stamp is not None else None

    def start(self, kind: Kind, config: Path, *, longest_s: float, wake: threading.Event) -> Running | None:
        """As `Runner` says."""
        with self._guard:
            now = self._clock.steady()
            self._started = [(at, one) for at, one in self._started if one.alive and now - at < HEAVY_S]
            if len(self._started) >= self._at_once:
                return None
            child = Child(kind, config, longest_s, wake, with_result=self._with_results)
            self._started.append((now, child))
        return child


class Child:
    """One run's process, and a thread that listens to it."""

    def __init__(self, kind: Kind, config: Path, longest_s: float, wake: threading.Event, *, with_result: bool) -> None:
        self.kind = kind
        self._wake = wake
        self._answer: Outcome | None = None
        self._asked = False
        words = [kind.value, str(config), str(longest_s), *(["--result"] if with_result else [])]
        self._process = spawn("sheets_crm.daemon.worker", words, subprocess.DEVNULL)
        self.pid: int | None = self._process.pid
        self._thread = threading.Thread(target=self._listen, name=f"run {kind}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Is the process there?"""
        return self._thread.is_alive()

    def outcome(self) -> Outcome | None:
        """As `Running` says."""
        return None if self._thread.is_alive() else self._answer

    def stop(self) -> None:
        """As `Running` says."""
        if self._asked:
            self._process.kill()
            return
        self._asked = True
        self._process.terminate()
        timer = threading.Timer(_TERM_S, self._process.kill)
        timer.daemon = True
        timer.start()

    def _listen(self) -> None:
        said = b""
        try:
            assert self._process.stdout is not None
            with self._process.stdout as pipe:
                said = pipe.read()
        finally:
            code = self._process.wait()
            self._answer = unpacked(said) or Outcome(
                self.kind, Fault("daemon.fault", place=f"process ended with {code}")
            )
            self._wake.set()


def spawn(module: str, words: list[str], stdin: int) -> subprocess.Popen[bytes]:
    """A child of ours that the terminal's Ctrl-C does not reach: the daemon alone says when it ends."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-P", "-m", module, *words],
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32", creationflags=flags, env=_environment(),
    )  # fmt: skip


def _environment() -> dict[str, str]:
    """The daemon's own, and where the program was found where it is not installed."""
    home = program_home()
    if home is None:
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH")
    return os.environ | {"PYTHONPATH": f"{home}{os.pathsep}{known}" if known else home}


def program_home() -> str | None:
    """The folder that holds the program's package; None where Python finds it by itself."""
    import sheets_crm

    home = Path(sheets_crm.__file__).resolve().parent.parent
    return None if home.name in {"site-packages", "dist-packages"} else str(home)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill and forget."""
    with contextlib.suppress(OSError):
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
