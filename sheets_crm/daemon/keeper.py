"""Looks after one workbook: when a run is due, whether it may begin, how it ended, what comes next.

`step` is one look at clock, files and the run on its way, and never waits; a thread of its own calls it (`supervise`), so
that a share that hangs holds up nobody else. Knows nothing of what a run does.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Protocol

from sheets_crm import __version__
from sheets_crm.daemon import status
from sheets_crm.daemon.clock import Clock, Jumps
from sheets_crm.daemon.failing import Streak
from sheets_crm.daemon.listeners import TICK_S
from sheets_crm.daemon.outcome import Fault, Kind, Outcome
from sheets_crm.daemon.patience import FAULTS, TRIES, Patience
from sheets_crm.daemon.post import Post
from sheets_crm.daemon.runner import Runner, Running
from sheets_crm.daemon.settings import Seen, Watched, watched
from sheets_crm.daemon.slots import Slots
from sheets_crm.daemon.status import Status
from sheets_crm.daemon.teller import Sink
from sheets_crm.daemon.timetable import NEVER, last_daily
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.sync.config_schedule import DAYS

IDLE_S = 10.0  # files are looked at so often even where nobody says that they changed: network folders tell nothing
RESTLESS_S = 60.0  # a file that is never quiet is read all the same after so long
POST_S = 20.0  # between two tries to take the post


@dataclass(frozen=True)
class Pace:
    """minute_s: how long a minute of the timetable lasts; all shorter times shrink with it. Less than 60 only in tests."""

    minute_s: float = 60.0

    def of(self, seconds: float) -> float:
        """So many seconds of the timetable."""
        return seconds * self.minute_s / 60


class Hear(Protocol):
    """Whoever sits at the terminal."""

    def __call__(self, config: Path, lang: str, key: str, **values: object) -> None: ...


@dataclass
class Run:
    """A run on its way. began: on the steady clock."""

    process: Running
    kind: Kind
    began: float
    since: datetime
    hung: bool = False


@dataclass
class Past:
    """What is remembered over restarts of the daemon."""

    last: dict[str, object] = field(default_factory=dict)
    looked: datetime | None = None
    full: datetime | None = None
    backup: datetime | None = None


class Keeper:
    """One workbook's keeper. `wake` is set by whoever has news for it."""

    def __init__(self, config: Path, clock: Clock, runner: Runner, sink: Sink, *, pace: Pace | None = None, rng: Random | None = None, hear: Hear | None = None) -> None:  # fmt: skip
        self.config, self.clock, self.runner, self.sink = config, clock, runner, sink
        self.pace = pace or Pace()
        self.wake = threading.Event()
        self.post = Post(config, clock)
        self.watched = Watched(config, files=(config,))
        self.owed: set[Kind] = set()
        self.run: Run | None = None
        self.past = Past()
        self.streak = Streak(self.post.journal)
        self._hear = hear
        self._patience = Patience(rng or Random(), self.pace.of(1))  # noqa: S311 - it only spreads retries
        self._jumps = Jumps(clock)
        self._slots = Slots(self.watched.schedule, self.watched.zone, clock, minute_s=self.pace.minute_s)
        self._started = clock.now()
        self._crm: object = ()  # the mark of crm.yaml when it was read last
        self._seen: Seen = ()
        self._changed: tuple[float, float] | None = None  # first and last seen to change, on the steady clock
        self._try_at = 0.0  # on the steady clock
        self._blocked = False  # until something changes, or the next slot
        self._ticked = float("-inf")

    # --- one look ---------------------------------------------------------------------------------------------------

    def step(self) -> float:
        """One look; seconds until the next one is needed."""
        now, steady = self.clock.now(), self.clock.steady()
        self._read_config()
        self.post.look_after()
        if self.post.state is None and not self._take_post(now):
            return self.pace.of(POST_S)
        self._mind_jumps(now)
        self._poll(now, steady)
        self._notice(steady)
        self._slots.run_pending()
        self._begin(now, steady)
        if steady - self._ticked >= self.pace.of(TICK_S):
            self._ticked = steady
            self.sink.tick(self.config, now)
        self.post.show(self.status(now))
        return self._pause(now, steady)

    def _take_post(self, now: datetime) -> bool:
        try:
            before = self.post.take(self.watched.workbook)
        except OwnerError as error:
            if self.streak.add(error, now):
                self._tell_failing(error)
                if not isinstance(error, WorkbookBusy):  # another daemon keeps it: somebody does
                    self.sink.failed(self.config, error, now)
            return False
        self._over(now)
        self.past = Past(
            dict(before.last), status.moment(before.looked), status.moment(before.full), status.moment(before.backup)
        )
        self.post.clear_up(self.watched.book if self.watched.workbook else None)
        self._seen = self.watched.seen()
        self._catch_up(now)
        return True

    def _read_config(self) -> None:
        """Take up what crm.yaml says now. Where it is broken the last good one goes on; the run that follows says what is wrong."""
        mark = Watched(self.config, files=(self.config,)).seen()
        if mark == self._crm:
            return
        self._crm = mark
        try:
            self.watched = watched(self.config)
        except OwnerError:
            if self._slots.jobs:
                return
        self._slots = Slots(self.watched.schedule, self.watched.zone, self.clock, minute_s=self.pace.minute_s)
        self._slots.fill(
            look=lambda: self._due(Kind.LOOK), full=lambda: self._due(Kind.FULL), backup=lambda: self._due(Kind.BACKUP)
        )

    def _due(self, kind: Kind) -> None:
        """A slot has come: what was given up is tried again."""
        self.owed.add(kind)
        self._unblock()

    def _unblock(self) -> None:
        if self._blocked:
            self._blocked, self._try_at = False, 0.0
            self._patience.over()

    def _mind_jumps(self, now: datetime) -> None:
        moved = self._jumps.since_last_look()
        if moved:
            self.post.journal.note("clock moved, or slept", by_s=round(moved.total_seconds()))
            self._slots.run_pending()
            self._slots.again()
            self._catch_up(now)

    def _catch_up(self, now: datetime) -> None:
        """Owe what the clock has passed while nobody was there; once, however often it was missed."""
        schedule, zone = self.watched.schedule, self.watched.zone
        self.owed.add(Kind.LOOK)
        if schedule.night and _missed(self.past.full, last_daily(now, schedule.night, zone), now):
            self.owed.add(Kind.FULL)
        day = schedule.backup_day
        if day and _missed(self.past.backup, last_daily(now, schedule.backup_at, zone, {DAYS.index(day)}), now):
            self.owed.add(Kind.BACKUP)

    def _notice(self, steady: float) -> None:
        """Files that changed, once they have been quiet for a while."""
        seen = self.watched.seen()
        if seen != self._seen:
            self._seen = seen
            self._changed = (self._changed[0] if self._changed else steady, steady)
        if self._changed and not self._restless(steady):
            self._changed = None
            self._unblock()
            if self.watched.schedule.watch or self.streak.key:
                self.owed.add(Kind.LOOK)

    def _restless(self, steady: float) -> bool:
        """Is somebody still at the files?"""
        if self._changed is None:
            return False
        first, last = self._changed
        quiet = steady - last >= self.pace.of(self.watched.schedule.quiet_seconds)
        return not quiet and steady - first < self.pace.of(RESTLESS_S + self.watched.schedule.quiet_seconds)

    # --- runs -------------------------------------------------------------------------------------------------------

    def _begin(self, now: datetime, steady: float) -> None:
        """Begin what is owed, where it may begin."""
        if self.run or not self.owed or self._blocked or steady < self._try_at or self._restless(steady):
            return
        if Kind.FULL in self.owed:
            self.owed.discard(Kind.LOOK)
        kind = next(one for one in (Kind.FULL, Kind.LOOK, Kind.BACKUP) if one in self.owed)
        if (
            kind is Kind.LOOK
            and self.runner.unchanged(self.config, now.astimezone(self.watched.zone).date()) is not None
        ):
            self.past.looked = now
            self.owed.discard(kind)
            self._over(now)
            return
        try:
            process = self.runner.start(kind, self.config, longest_s=self._longest_s(), wake=self.wake)
        except OSError as error:  # no memory, no process to be had
            self._failed(Fault("daemon.fault", place=f"no process, errno {error.errno}"), kind, now, steady)
            return
        if process is not None:
            self.run = Run(process, kind, steady, now)
            self.owed.discard(kind)  # what changes from now on is owed anew

    def _longest_s(self) -> float:
        return self.watched.schedule.longest_minutes * self.pace.minute_s

    def _poll(self, now: datetime, steady: float) -> None:
        """See how the run fares."""
        run = self.run
        if run is None:
            return
        outcome = run.process.outcome()
        if outcome is not None:
            self.run = None
            if not run.hung:
                self._ended(run, outcome, now, steady)
            self.post.clear_up(self.watched.book) if run.hung else None
        elif steady - run.began > self._longest_s() and not run.hung:
            run.hung = True
            run.process.stop()
            self._failed(
                Fault("daemon.hung", minutes=str(self.watched.schedule.longest_minutes)), run.kind, now, steady
            )

    def _ended(self, run: Run, outcome: Outcome, now: datetime, steady: float) -> None:
        if outcome.error is not None:
            if isinstance(outcome.error, Fault):
                self.post.clear_up(self.watched.book)
            self._failed(outcome.error, run.kind, now, steady)
            return
        if run.kind is Kind.BACKUP:
            self.past.backup = now
            self.post.journal.note("backed up")
        else:
            took = round(steady - run.began, 1)
            self.past.last = {
                "at": status.text(now),
                "kind": run.kind,
                "seconds": took,
                "written": outcome.written,
                **outcome.counts,
            }
            self.past.full = now if run.kind is Kind.FULL else self.past.full
            self.post.journal.note("ran", kind=run.kind, seconds=took, written=outcome.written, **outcome.counts)
            self._say("daemon.said.ran", n=outcome.counts.get("tasks", 0), problems=outcome.counts.get("problems", 0))
        self._over(now)
        if outcome.result is not None:
            self.sink.after_run(self.config, outcome.result, now)

    def _failed(self, error: OwnerError | Fault, kind: Kind, now: datetime, steady: float) -> None:
        """Try again later where that may help; else wait for a change or the next slot, and tell."""
        self.owed.add(kind)
        fault = isinstance(error, Fault)
        delay = self._patience.delay_s(FAULTS if fault else TRIES if error.transient else 0)  # type: ignore[union-attr]
        self._blocked = delay is None
        self._try_at = steady + (delay or 0)
        again = None if delay is None else now + timedelta(seconds=delay)
        if self.streak.add(error, now, again):
            self._tell_failing(error)
        if self._blocked and self.streak.tell_once():
            self.sink.failed(self.config, error, now)

    def _over(self, now: datetime) -> None:
        """It works."""
        self._blocked, self._try_at = False, 0.0
        self._patience.over()
        if self.streak.end(now):
            self._say("daemon.said.over")

    def _tell_failing(self, error: OwnerError | Fault) -> None:
        self._say(error.key, **error.values)

    def _say(self, key: str, **values: object) -> None:
        if self._hear is not None:
            name = self.watched.called
            self._hear(self.config, self.watched.lang, key, **{"workbook": name, **values})

    # --- what is told -----------------------------------------------------------------------------------------------

    def status(self, now: datetime) -> Status:
        """All that is known at this moment."""
        run = self.run
        coming = self._next(now)
        return Status(
            __version__, os.getpid(), status.text(self._started), status.text(now),
            running=status.text(run.since) if run else None, kind=run.kind if run else None, worker=run.process.pid if run else None,
            last=self.past.last, looked=status.text(self.past.looked), full=status.text(self.past.full),
            backup=status.text(self.past.backup), next=status.text(coming) if coming != NEVER else None,
            failing=self.streak.told(),
        )  # fmt: skip

    def _next(self, now: datetime) -> datetime:
        """The next moment at which something is due by the clock."""
        coming = self._slots.coming()
        if self.owed and not self._blocked and not self.run:
            coming = min(coming, now + timedelta(seconds=max(self._try_at - self.clock.steady(), 0)))
        return coming

    def _pause(self, now: datetime, steady: float) -> float:
        """Seconds until something may have to be done. A run that ends, or a file that changes, wakes us before."""
        waits = [self.pace.of(IDLE_S), (self._next(now) - now).total_seconds() if self._next(now) != NEVER else IDLE_S]
        if self._changed:
            waits.append(self.pace.of(self.watched.schedule.quiet_seconds) - (steady - self._changed[1]))
        if self.run:
            waits.append(self._longest_s() - (steady - self.run.began))
        return max(min(waits), 0.02)

    # --- the end ----------------------------------------------------------------------------------------------------

    def close(self, grace_s: float, hurry: threading.Event) -> None:
        """Let the run on its way finish for so long, then abandon it; leave the post. A run's write is all or nothing.

        hurry: at once.
        """
        until = self.clock.steady() + grace_s
        asked = 0
        while self.run is not None and asked < 3:
            self._poll(self.clock.now(), self.clock.steady())
            if self.run is not None and (hurry.is_set() or self.clock.steady() >= until):
                self.run.process.stop()
                self.run.hung = True
                asked += 1
                until = self.clock.steady() + (0.5 if hurry.is_set() else 4.0)
            if self.run is not None:
                self.clock.wait(self.wake, 0.1)
        now = self.clock.now()
        self.post.leave(self.status(now), now)


def _missed(done: datetime | None, due: datetime | None, now: datetime) -> bool:
    """Was this hour passed without what it is for? What was done in the future was done by a wrong clock."""
    return due is not None and (done is None or done < due or done > now + timedelta(days=1))
