"""A clock that tests move, runs that end as told, and a keeper that lives whole days in milliseconds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.keeper import Keeper
from sheets_crm.daemon.outcome import Kind, Outcome

MOSCOW = "workbook: book.xlsx\ntimezone: Europe/Moscow\n"


class FakeClock(Clock):
    """Both clocks stand still until they are moved."""

    def __init__(self, now="2026-11-20T06:00:00+00:00"):
        self.wall, self.mono = datetime.fromisoformat(now).astimezone(UTC), 1000.0

    def now(self):
        return self.wall

    def steady(self):
        return self.mono

    def wait(self, wake, seconds):
        wake.clear()
        self.forward(seconds)

    def forward(self, seconds):
        """Time passes."""
        self.wall += timedelta(seconds=seconds)
        self.mono += seconds

    def sleep(self, hours):
        """The machine sleeps: on waking only the wall clock has gone on."""
        self.wall += timedelta(hours=hours)

    def set(self, moment):
        """Somebody sets the clock."""
        self.wall = datetime.fromisoformat(moment).astimezone(UTC)


@dataclass
class FakeRun:
    """A run that ends when `ends` is reached on the steady clock. stopped: how often it was asked to end."""

    clock: FakeClock
    ends: float
    answer: Outcome
    dies: bool = True
    pid: int | None = 4242
    stopped: int = 0

    def outcome(self):
        return self.answer if self.clock.mono >= self.ends else None

    def stop(self):
        self.stopped += 1
        if self.dies:
            self.ends = self.clock.mono


@dataclass
class FakeRunner:
    """Notes what is begun. fails: error for each run to come, by kind or for all; takes: how long a run lasts."""

    clock: FakeClock
    begun: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    looked: list = field(default_factory=list)
    fails: object = None  # a function of (kind) -> error or None
    takes: float = 1.0
    same: bool = True  # nothing has changed since the last run
    dies: bool = True
    full_up: bool = False

    def unchanged(self, config, today):
        self.looked.append((self.clock.wall, today))
        return {"tasks": 1} if self.same else None

    def start(self, kind, config, *, longest_s, wake):
        if self.full_up:
            return None
        error = self.fails(kind) if self.fails else None
        answer = Outcome(kind, error, counts={} if error else {"tasks": 3}, result=None if error else b"result")
        run = FakeRun(self.clock, self.clock.mono + self.takes, answer, dies=self.dies)
        self.begun.append((self.clock.wall, kind))
        self.runs.append(run)
        return run

    def kinds(self, since=0):
        return [kind for _, kind in self.begun[since:]]


@dataclass
class Heard:
    """A sink that remembers."""

    calls: list = field(default_factory=list)

    def after_run(self, config, result, now):
        self.calls.append(("after_run", now))

    def failed(self, config, error, now):
        self.calls.append(("failed", error.key))

    def tick(self, config, now):
        self.calls.append(("tick", now))

    def of(self, name):
        return [value for what, value in self.calls if what == name]


class Shop:
    """A folder with a configuration, its keeper, and time."""

    def __init__(self, folder, text=MOSCOW, now="2026-11-20T06:00:00+00:00", **runner):
        folder.mkdir(exist_ok=True)
        self.folder, self.config, self.book = folder, folder / "crm.yaml", folder / "book.xlsx"
        if text is not None:
            self.config.write_text(text, "utf-8")
        self.book.write_bytes(b"first")
        self.clock, self.heard = FakeClock(now), Heard()
        self.runner = FakeRunner(self.clock, **runner)
        self._count = itertools.count()
        self.open()

    def open(self):
        """The daemon begins."""
        self.keeper = Keeper(self.config, self.clock, self.runner, self.heard, rng=Random(7))

    def close(self):
        """The daemon is killed: its locks go with it."""
        self.keeper.post._held.close()
        self.keeper.post.journal.close()

    def live(self, *, hours=0.0, minutes=0.0, seconds=0.0):
        """Time passes, the keeper looks as often as it asks for. Returns how many looks that took."""
        until = self.clock.mono + hours * 3600 + minutes * 60 + seconds
        looks = 0
        while True:
            pause = self.keeper.step()
            looks += 1
            if self.clock.mono + pause > until:
                self.clock.forward(max(until - self.clock.mono, 0))
                return looks
            run = self.keeper.run
            if run is not None and self.clock.mono < run.process.ends:  # the end of a run wakes its keeper
                pause = min(pause, max(run.process.ends - self.clock.mono, 0))
            self.clock.forward(max(pause, 0.01))

    def settle(self):
        """All that is due at the start is done; what follows is noted from now on."""
        self.live(minutes=1)
        self.runner.begun.clear()
        self.runner.looked.clear()
        self.heard.calls.clear()

    def save(self, text=None):
        """The owner saves the workbook."""
        self.book.write_bytes(text or f"content {next(self._count)} {'x' * 40}".encode())


def at(moment):
    """A moment of UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


LOOK, FULL, BACKUP = Kind.LOOK, Kind.FULL, Kind.BACKUP
