"""A task as people see it, and what a manager typed into its row.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from sheets_crm.engine.model import Decision


class Status(StrEnum):
    """State of a task. The manager owns it."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    SNOOZED = "snoozed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Mark:
    """What stands in the manager's columns of one task row, as read. Text kept as typed; a status we don't know stays text.

    own: the row was typed by hand (it had no key); `cells` then holds what was typed under each of our column ids.
    extra: columns that people added beside ours: header -> value.
    """

    key: str
    status: str = Status.NEW
    outcome: str = ""
    reason: str = ""
    comment: str = ""
    snooze_until: date | str | None = None
    due: date | str | None = None
    time: time | str | None = None
    repeat: str = ""
    own: bool = False
    cells: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)
    row: int = 0  # the user's row on the tab

    @property
    def touched(self) -> bool:
        """A person has put something here."""
        typed = (self.outcome, self.reason, self.comment, self.snooze_until, self.time, self.repeat)
        return (
            self.own or self.status != Status.NEW or any(typed) or any(v not in ("", None) for v in self.extra.values())
        )


@dataclass(frozen=True)
class Task:
    """One row of the Tasks tab. `decision` is None for a task of one's own and for one whose reason has passed."""

    key: str
    decision: Decision | None
    mark: Mark
    opened: date  # the day it first appeared: its due day unless the rule or the manager says otherwise
    closed_reason: str = ""  # words key, when the condition no longer holds
