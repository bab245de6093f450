"""A task as people see it, and what a manager typed into its row.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import NamedTuple

from sheets_crm.engine.ended import Ended
from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import Step, split_keys, step_of
from sheets_crm.tasks.sharing import Sharing
from sheets_crm.words import Lang, Phrase, say


class Status(StrEnum):
    """State of a task. The manager owns it."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    SNOOZED = "snoozed"
    CANCELLED = "cancelled"


CLOSED = frozenset({Status.DONE, Status.CANCELLED})
NO_LONGER_NEEDED = "no_longer_needed"


@dataclass(frozen=True)
class Told:
    """What a row's Why told that nothing else in the row knows: it is read back, so that it outlives the state database.

    tries: the days of tries without success. rounds: of a row with several reasons, how many tries each line counts and on
    which days; agreed: the days agreed on, one a line. since: the day its reason was first seen. back: the day it had been put off to,
    where that day had come by then. ended: the day it was no longer needed.
    """

    tries: tuple[date, ...] = ()
    since: date | None = None
    back: date | None = None
    ended: date | None = None
    rounds: tuple[tuple[int, tuple[date, ...]], ...] = ()
    agreed: tuple[date, ...] = ()


_NOTHING_TOLD = Told()


_NOTHING: Mapping[str, object] = {}  # one for all marks that hold none


@dataclass(frozen=True, slots=True)  # there may be as many as clients
class Mark:
    """What stands in the manager's columns of one task row, as read. Text kept as typed; a status we don't know stays text.

    own: the row was typed by hand (it had no key, or the key of a task of one's own).
    cells: what stands under each of our column ids (blank cells left out): the whole content of a task of one's own, and
        what a row showed when its reason has passed since.
    extra: columns that people added beside ours: header -> value (None where blank), in the order of the tab.
    day_said: the day that the comment names, where it says nothing else.
    told: what our own text in the row said.
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
    cells: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    extra: Mapping[str, object] = field(default_factory=lambda: _NOTHING)
    row: int = 0  # the user's row on the tab
    day_said: date | None = None
    told: Told = _NOTHING_TOLD

    @property
    def typed(self) -> tuple[object, ...]:
        """All that a person put here, comparable: equal marks say the same."""
        due = self.due if isinstance(self.due, str) else None
        extra = tuple((name, str(value)) for name, value in self.extra.items() if value not in ("", None))
        texts = (str(self.status), self.outcome, self.reason, self.comment, self.repeat)
        return (*texts, self.snooze_until or None, self.time or None, due or None, extra)

    @property
    def touched(self) -> bool:
        """A person has put something here."""
        return self.own or self.typed != _UNTOUCHED

    @property
    def tells(self) -> bool:
        """Something stands here that the base can't say: what a person has put, or how far the task has come."""
        return self.touched or any(step_of(key) for key in split_keys(self.key))


_UNTOUCHED = Mark("").typed


class Note(NamedTuple):
    """A sentence beside the reasons: a words key and what fills it in."""

    key: str
    values: tuple[tuple[str, object], ...] = ()

    def told(self, lang: Lang) -> str:
        """The sentence in a language."""
        return say(self.key, lang, **dict(self.values))


@dataclass(frozen=True, slots=True)  # there may be as many as clients
class Task:
    """One row of the Tasks tab. `decision` is None for a task of one's own and for one whose reason has passed.

    key: several keys joined by a space where reasons are merged; `merged` then holds the decisions after the first.
    due: the rule's day, else the day it first appeared, else what the manager typed.
    closed: the day it was first seen done, cancelled or no longer needed; None while it is open.
    ended: what ended it, where its condition no longer holds and that is known.
    prompts: what is missing in the row, above the reasons; notes: what has happened so far, below them.
    step: how far the row has come (see keys.Step); None at the first.
    """

    key: str
    decision: Decision | None
    mark: Mark
    opened: date  # the day it first appeared: its due day unless the rule or the manager says otherwise
    closed_reason: str = ""  # words key, when the condition no longer holds
    due: date | None = None
    closed: date | None = None
    merged: tuple[Decision, ...] = ()
    ended: Ended | None = None
    prompts: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()
    step: Step | None = None
    said: tuple[Phrase, ...] = ()  # lines of ours that stand first under Hint
    doer: str = ""  # of a task of one's own that somebody else does for now

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All reasons of the row."""
        return () if self.decision is None else (self.decision, *self.merged)

    @property
    def is_open(self) -> bool:
        return self.closed is None

    @property
    def day(self) -> date:
        """The day to do it: the day it was put off to, else its due day."""
        until = self.mark.snooze_until
        return until if isinstance(until, date) else self.due or self.opened

    def waits(self, today: date) -> bool:
        """Is it put off, by hand or by its last outcome, to a day that has not come?"""
        put_off = isinstance(self.mark.snooze_until, date) or self.step is not None
        return put_off and self.day > today


@dataclass(frozen=True)
class AgainSettings:
    """After an outcome "again": after how many days each next try is due (the last number repeats), and when it ends.

    tries: so many without success go to `to`, who decides. A rule of a pack may say otherwise.
    """

    after_days: tuple[int, ...] = (1, 2, 4, 7)
    tries: int = 5
    to: str = "head"


_AGAIN = AgainSettings()


@dataclass(frozen=True)
class TaskSettings:
    """What an owner may choose about tasks.

    keep_closed_days: how long a row stays after it was closed and its condition has ended.
    merge_reasons: several reasons for one client on one day become one row.
    sharing: working days, who stands in for whom, how often a client is touched, when the head hears.
    managers: names in the order they stand on the tab; others follow by name, rows without a manager come last.
    again: when to try again after an outcome that asks for it. roles: role -> manager's name.
    """

    keep_closed_days: int = 30
    merge_reasons: bool = False
    managers: tuple[str, ...] = ()
    again: AgainSettings = _AGAIN
    roles: Mapping[str, str] = field(default_factory=dict)
    sharing: Sharing = field(default_factory=Sharing)
