"""What a copy of the workbook is, and how many of them stay. Pure: touches no file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal

Why = Literal["write", "restore", "manual", "regular"]  # what a copy was made for
Where = Literal["local", "outside"]


@dataclass(frozen=True)
class Keep:
    """How many copies stay: the last `last` ones, the newest of each of `days` days, `weeks` weeks and `months` months."""

    last: int = 20
    days: int = 14
    weeks: int = 8
    months: int = 12


KEEP_ALL = Keep(last=sys.maxsize)


@dataclass(frozen=True)
class Backup:
    """One copy. made: when it was taken, UTC. digest: the beginning of its file's SHA-256, by which damage is noticed.

    where: beside crm.yaml, or in the folder of the owner's choice. why: None where that is no longer known.
    """

    path: Path
    workbook: str  # the workbook's file name without its ending
    made: datetime
    digest: str
    size: int
    where: Where = "local"
    why: Why | None = None
    encrypted: bool = False

    @property
    def name(self) -> str:
        return self.path.name


def newest_first(copies: Sequence[Backup]) -> list[Backup]:
    """In the order of listing; of two of one moment the local one comes first."""
    return sorted(copies, key=lambda one: (one.made, one.where == "local", one.name), reverse=True)


def staying(copies: Sequence[Backup], keep: Keep, now: datetime, zone: tzinfo = UTC) -> set[str]:
    """Names of the copies that something keeps; at least the newest one. Days, weeks and months are those of `zone`."""
    every = newest_first(copies)
    stay = {one.name for one in every[: max(keep.last, 1)]}
    today = now.astimezone(zone)
    periods: tuple[tuple[Callable[[datetime], bool], Callable[[datetime], object]], ...] = (
        (lambda made: made > today - timedelta(days=keep.days), lambda made: made.date()),
        (lambda made: made > today - timedelta(weeks=keep.weeks), lambda made: made.isocalendar()[:2]),
        (lambda made: _month(today) - _month(made) < keep.months, _month),
    )
    for is_young, period in periods:
        newest: dict[object, str] = {}
        for one in every:
            made = one.made.astimezone(zone)
            if is_young(made):
                newest.setdefault(period(made), one.name)
        stay |= set(newest.values())
    return stay


def _month(day: datetime) -> int:
    return day.year * 12 + day.month
