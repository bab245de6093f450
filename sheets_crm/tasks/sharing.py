"""What an owner may say about people and load: who stands in for whom, how often a client is touched, when the head hears.

Pure data. What is made of it: `share`, `cap`, `escalate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sheets_crm.workdays import Calendar

Touch = bool | Literal["always"]


@dataclass(frozen=True)
class HandOver:
    """Tasks of one person are another's: from a day, until a day (both may be left out), of one client or of all."""

    who: str
    to: str
    since: date | None = None
    until: date | None = None
    client: str = ""
    away: bool = False  # an absence: it gives way to a hand-over


@dataclass(frozen=True)
class Cap:
    """At most so many touches of a client in so many days."""

    count: int
    days: int


@dataclass(frozen=True)
class Escalation:
    """Who hears of tasks that are overdue by so many days: the first of `to` who isn't the one that is late."""

    after_days: int
    to: tuple[str, ...]
    every: Literal["day", "week"] = "week"
    working_days: bool = False


@dataclass(frozen=True)
class Sharing:
    """All of it. names: folded spelling -> name. touch: rule -> is it a contact with the client? (yes where it is not named)."""

    calendar: Calendar = field(default_factory=Calendar)
    hand_overs: tuple[HandOver, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    cap: Cap | None = None
    touch: Mapping[str, Touch] = field(default_factory=dict)
    escalation: Escalation | None = None
    due_on_working_days: bool = False
