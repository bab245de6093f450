"""Which days people work on: a week, public holidays of a country, and what the owner says besides.

Counts and finds days; knows nothing of tasks, rules or files. Holidays come from the `holidays` library, which is loaded
when a day is first asked for and not before; it works offline.
Public holidays are known from ten years before the day of the run to three years after it: beyond, only the week counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

PLAIN_WEEK = frozenset(range(5))  # Monday 0
_BACK, _AHEAD = 10, 3  # years of holidays around the day of the run
_DAY = timedelta(days=1)
_FARTHEST = 3660  # days looked ahead for a working one: a calendar without any must not hang a run

# Countries that move days off by a decree a year: what the library knows ends with the last decree it has seen.
BY_DECREE = frozenset({"RU", "BY", "KZ", "UZ", "CN"})


@dataclass(frozen=True)
class Calendar:
    """Working days. week: the weekdays people work on, Monday 0. off, work: the owner's own days, above all else.

    country, subdivision: whose public holidays are off; "" for none. Days moved by decree (a working Saturday) are minded.
    """

    today: date = date(2000, 1, 1)
    week: frozenset[int] = PLAIN_WEEK
    country: str = ""
    subdivision: str = ""
    off: frozenset[date] = frozenset()
    work: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Do people work on that day?"""
        if day.weekday() in self.week:
            return day not in self._closed
        return day in self._opened

    def on_or_after(self, day: date) -> date:
        """The day itself where people work on it, else the next day they do; the day itself if they never do."""
        later = day
        for _ in range(_FARTHEST):
            if self.is_working(later):
                return later
            if later == date.max:
                break
            later += _DAY
        return day

    def after(self, day: date, count: int = 1) -> date:
        """The working day that is `count` working days after a day (1: the next one)."""
        for _ in range(count):
            day = self.on_or_after(day + _DAY)
        return day

    def between(self, first: date, last: date) -> int:
        """Working days after `first`, up to and with `last`; below zero where `last` is the earlier one."""
        one, other = self.reckoned(pl.Series([first, last], dtype=pl.Date)).to_list()
        return int(other - one)

    def reckoned(self, days: pl.Series) -> pl.Series:
        """For each day how many working days there were up to and with it, from a fixed day on; null for null.

        The difference of two such numbers is the number of working days after the one, up to and with the other.
        """
        import numpy as np

        if not len(days) or not days.dtype.is_temporal() or days.null_count() == len(days):
            return pl.Series(days.name, [None] * len(days), dtype=pl.Float64)
        blank = days.is_null()
        values = days.fill_null(date(2000, 1, 1)).cast(pl.Date).to_numpy().astype("datetime64[D]")
        mask = [weekday in self.week for weekday in range(7)]
        count = np.busday_count(np.datetime64("1970-01-01"), values + 1, weekmask=mask)
        closed, opened = _sorted(self._closed), _sorted(self._opened)
        count = count - np.searchsorted(closed, values, side="right") + np.searchsorted(opened, values, side="right")
        found = pl.Series(days.name, count.astype("float64"))
        return found.set(blank, None) if blank.any() else found

    @property
    def asked(self) -> bool:
        """Has anybody asked for a day yet?"""
        return "_public" in self.__dict__

    @property
    def unsure_from(self) -> int | None:
        """The first year near this one for which moved days off are not known; None where there is none."""
        if self.country not in BY_DECREE or not self.asked:
            return None
        known = last_decree(self.country)
        return known + 1 if known is not None and known < self.today.year else None

    @cached_property
    def _closed(self) -> frozenset[date]:
        """Days off that the week has people work on."""
        closed = (self._public[0] | self.off) - self.work
        return frozenset(day for day in closed if day.weekday() in self.week)

    @cached_property
    def _opened(self) -> frozenset[date]:
        """Working days that the week has people rest on."""
        opened = (self._public[1] | self.work) - (self.off - self.work)
        return frozenset(day for day in opened if day.weekday() not in self.week)

    @cached_property
    def _public(self) -> tuple[frozenset[date], frozenset[date]]:
        """Public holidays, and days off that were moved to be working ones."""
        if not self.country:
            return frozenset(), frozenset()
        years = range(max(1, self.today.year - _BACK), min(9999, self.today.year + _AHEAD) + 1)
        found = holidays_of(self.country, self.subdivision, years)
        if found is None:
            return frozenset(), frozenset()
        return frozenset(found), frozenset(getattr(found, "weekend_workdays", ()))


def _sorted(days: Iterable[date]) -> Any:
    import numpy as np

    return np.array(sorted(days), dtype="datetime64[D]")


def holidays_of(country: str, subdivision: str = "", years: Iterable[int] = ()) -> Any | None:
    """The library's holidays of a country; None for one, or a part of one, that it doesn't know."""
    import holidays

    try:
        return holidays.country_holidays(country, subdiv=subdivision or None, years=list(years))
    except NotImplementedError:
        return None


def last_decree(country: str) -> int | None:
    """The last year whose moved days off the library knows; None where it knows of no decrees."""
    found = holidays_of(country)
    years = getattr(found, "special_public_holidays", None) or {}
    return max(years, default=None)
