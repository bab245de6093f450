"""crm.yaml `schedule:`: when the daemon runs. Read by `daemon`; a single `sync` takes no notice of it."""

from __future__ import annotations

import re
from datetime import time
from typing import Literal, get_args

from pydantic import Field, field_validator

from sheets_crm.base.settings import Settings
from sheets_crm.cards.yamlmodel import wrong

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = get_args(Day)
OFF = "off"

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_HOURS = re.compile(r"\s*(\d{1,2}:\d{2})\s*[-\u2013\u2014]\s*(\d{1,2}:\d{2})\s*")


class Schedule(Settings):
    """The timetable of one workbook, in its own time zone."""

    every_minutes: int = Field(default=15, ge=0, le=1440)  # within the working hours; 0: not by the clock
    hours: str = "07:00-21:00"  # "22:00-06:00" goes past midnight and belongs to the day on which it begins
    days: tuple[Day, ...] = DAYS
    nightly: str = "03:00"  # a full run every night, whatever has changed
    weekly_backup: Literal[Day, "off"] = "sunday"  # at the nightly hour
    watch: bool = True  # a saved workbook is looked at at once
    quiet_seconds: int = Field(default=5, ge=0, le=3600)  # a saved file has been left alone for so long
    longest_minutes: int = Field(default=30, ge=1, le=1440)  # a run that takes longer hangs

    @field_validator("hours")
    @classmethod
    def _two_times(cls, hours: str) -> str:
        found = _HOURS.fullmatch(hours)
        if found is None or not _is_time(found[1]) or not (_is_time(found[2]) or found[2] == "24:00"):
            raise wrong("daemon.errors.bad_hours", seen=hours)
        return f"{found[1]:0>5}-{found[2]:0>5}"

    @field_validator("nightly")
    @classmethod
    def _a_time(cls, at: str) -> str:
        if at != OFF and not _is_time(at):
            raise wrong("daemon.errors.bad_time", seen=at)
        return at if at == OFF else f"{at:0>5}"

    @property
    def window(self) -> tuple[time, time]:
        """Begin and end of the working hours; an end that is not after the begin is on the next day."""
        start, _, end = self.hours.partition("-")
        return _time(start), _time(end)

    @property
    def night(self) -> time | None:
        """The hour of the nightly run; None where there is none."""
        return None if self.nightly == OFF else _time(self.nightly)

    @property
    def backup_day(self) -> Day | None:
        """The day of the weekly backup; None where there is none."""
        return None if self.weekly_backup == "off" else self.weekly_backup

    @property
    def backup_at(self) -> time:
        """The hour of the weekly backup."""
        return self.night or time(3)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text.strip()) is not None


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    return time(int(hour) % 24, int(minute))
