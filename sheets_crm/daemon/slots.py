"""The timetable of one workbook on the `schedule` library: its jobs, kept to a time zone and to a clock that tests may move.

The library reckons in the machine's local time; here each job's next run is an aware moment from `timetable`, and what was
slept through runs once. Knows nothing of what a job does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import schedule

from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.timetable import EVERY_DAY, NEVER, next_daily, next_slot
from sheets_crm.sync.config_schedule import DAYS, Schedule


class Slots(schedule.Scheduler):
    """The jobs of one workbook. minute_s: how long a minute of `every_minutes` lasts; less than 60 only in tests."""

    def __init__(self, settings: Schedule, zone: ZoneInfo, clock: Clock, *, minute_s: float = 60) -> None:
        super().__init__()
        self.settings, self.zone, self.clock, self.minute_s = settings, zone, clock, minute_s

    def every(self, interval: int = 1) -> Slot:
        """A job of ours."""
        return Slot(interval, self)

    def fill(self, *, look: Callable[[], object], full: Callable[[], object], backup: Callable[[], object]) -> None:
        """State the jobs that the settings ask for."""
        self.clear()
        if self.settings.every_minutes:
            self.every(self.settings.every_minutes).minutes.tag("look").do(look)
        if self.settings.night:
            self.every().day.at(f"{self.settings.night:%H:%M}").tag("full").do(full)
        if self.settings.backup_day:
            job = getattr(self.every(), self.settings.backup_day)
            job.at(f"{self.settings.backup_at:%H:%M}").tag("backup").do(backup)

    def coming(self) -> datetime:
        """When the next job is due; NEVER where there is none."""
        return min((job.next_run for job in self.jobs if job.next_run is not None), default=NEVER)

    def again(self) -> None:
        """Reckon all next runs anew: the clock was changed."""
        for job in self.jobs:
            job._schedule_next_run()  # noqa: SLF001 - the library has no public word for it


class Slot(schedule.Job):
    """A job whose hours are those of a zone, and whose clock is given."""

    scheduler: Slots

    @property
    def should_run(self) -> bool:
        """Is it time?"""
        return self.next_run is not None and self.scheduler.clock.now() >= self.next_run

    def run(self) -> object:
        """Do it once, however often it was missed."""
        assert self.job_func is not None
        done = self.job_func()
        self.last_run = self.scheduler.clock.now()
        self._schedule_next_run()
        return done

    def _schedule_next_run(self) -> None:
        self.next_run = self._next(self.scheduler.clock.now())

    def _next(self, now: datetime) -> datetime:
        settings, zone = self.scheduler.settings, self.scheduler.zone
        if self.at_time is not None:
            days = EVERY_DAY if self.start_day is None else {DAYS.index(self.start_day)}
            return next_daily(now, self.at_time, zone, days)
        every = timedelta(seconds=self.interval * self.scheduler.minute_s)
        return next_slot(now, every, settings.window, zone, {DAYS.index(day) for day in settings.days})
