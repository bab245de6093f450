"""What follows from an outcome: the row moves on to its next step, a day ahead, free for the next outcome.

A row is turned into the row that is to stand there: what is read back from the tab afterwards is the same mark, so a
second run, or a run after a crash, finds nothing left to do. What was typed about the task (comment, reason, people's own
columns) stays; what was typed about this try (status, outcome, the day put off to) is in history by then.
Source: docs/explain/tasks.md. Pure: knows nothing of working days; `add_days` is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import Step, StepKind, base_key, step_key, step_of
from sheets_crm.tasks.model import AgainSettings, Mark, Note, Status, TaskSettings, Told
from sheets_crm.tasks.outcomes import Meaning, head_choices
from sheets_crm.words import LANGS, Lang, say

AddDays = Callable[[date, int], date]
_MOST_STEPS, _MOST_TRIES = 9999, 99  # that a key holds


def calendar_days(day: date, days: int) -> date:
    """So many days later, all days counted."""
    return day + timedelta(days=days)


@dataclass(frozen=True)
class Days:
    """The clock of one run. said: key -> the day its outcome was first seen. add_days: a day and a number of days -> a day."""

    today: date
    said: Mapping[str, date]
    add_days: AddDays = calendar_days

    def of(self, keys: Sequence[str]) -> date:
        """The day on which the outcome of a row was said."""
        return min((self.said[key] for key in keys if key in self.said), default=self.today)


def moved_on(
    marks: Sequence[Mark], decisions: Sequence[Decision], meant: Meaning, settings: TaskSettings, days: Days
) -> list[Mark]:
    """The marks of one row (one a reason) after its outcome; as they are where nothing follows."""
    first = marks[0]
    said = days.of([mark.key for mark in marks])
    if first.status == Status.CANCELLED or meant not in ("again", "retry", "on_date"):
        return list(marks)
    until = _put_off(first)
    tries = max(_tries(mark) for mark in marks) + 1
    again = again_of(decisions[0], settings)
    if meant == "on_date":
        day = until or _day_said(first, said)
        return list(marks) if day is None else [_next(mark, "d", day) for mark in marks]
    later = until if until is not None and until > said else None
    if meant == "retry":
        return [_next(mark, "r", later or days.add_days(said, again.after_days[0])) for mark in marks]
    gap = again.after_days[min(tries, len(again.after_days)) - 1]
    day = said if tries >= again.tries else later or days.add_days(said, gap)
    return [_next(mark, "a", day, tries, (*mark.told.tries, said)) for mark in marks]


def again_of(decision: Decision, settings: TaskSettings) -> AgainSettings:
    """When to try again: as the rule says, else as the owner does."""
    own, usual = decision.again, settings.again
    if own is None:
        return usual
    return AgainSettings(own.after_days or usual.after_days, own.tries or usual.tries, own.to or usual.to)


def is_escalated(key: str, decision: Decision, settings: TaskSettings) -> bool:
    """Are the tries used up, so that a head has to decide?"""
    step = step_of(key)
    return step is not None and step.kind == "a" and step.tries >= again_of(decision, settings).tries


def escalated(decision: Decision, settings: TaskSettings) -> Decision:
    """The task of whoever decides about a client that can't be reached; its reason stays the rule's."""
    to = again_of(decision, settings).to
    others = [role for role in ("head", "owner") if role != to]
    name = next((settings.roles[role] for role in (to, *others) if role in settings.roles), decision.manager)
    texts: dict[str, object] = {lang: say("outcomes.escalated.todo", lang) for lang in LANGS}
    steps: dict[str, tuple[str, ...]] = {
        lang: tuple(say("outcomes.escalated.checklist", lang).split("|")) for lang in LANGS
    }
    choices: dict[str, tuple[str, ...]] = {lang: _choices(decision, lang) for lang in LANGS}
    return replace(decision, manager=name, todo=texts, checklist=steps, outcomes=choices)


def _choices(decision: Decision, lang: Lang) -> tuple[str, ...]:
    """What a head may choose, and a refusal where the rule has one."""
    declined = [getattr(one, lang) for one in decision.results if one.then == "declined"]
    return (*head_choices(lang), *declined)


def history_notes(mark: Mark, decision: Decision, due: date, *, is_head: bool) -> tuple[Note, ...]:
    """What has happened so far, for the row's Why."""
    step = step_of(mark.key)
    if step is None:
        return ()
    if step.kind == "d":
        return (Note("outcomes.agreed", (("date", due),)),)
    if step.kind == "r":
        return (Note("outcomes.round_again"),)
    count = (("n", step.tries),)
    dates = (*count, ("dates", mark.told.tries))
    tried = Note("outcomes.tries", dates) if mark.told.tries else Note("outcomes.tries_unknown", count)
    who = (
        (Note("outcomes.escalated.from_whom", (("manager", decision.manager),)),)
        if is_head and decision.manager
        else ()
    )
    return (tried, *who)


def _next(mark: Mark, kind: StepKind, due: date, tries: int = 0, days: tuple[date, ...] = ()) -> Mark:
    """The row as it stands for its next step."""
    step = step_of(mark.key)
    number = min((step.number if step else 0) + 1, _MOST_STEPS)
    known = mark.status in {Status.NEW, Status.IN_PROGRESS, Status.DONE, Status.SNOOZED}
    return replace(
        mark,
        key=step_key(base_key(mark.key), Step(number, kind, min(tries, _MOST_TRIES))),
        status=Status.NEW if known else mark.status,
        outcome="",
        snooze_until=None if isinstance(mark.snooze_until, date) else mark.snooze_until,
        due=due,
        told=Told(tries=days, since=mark.told.since),
    )


def _tries(mark: Mark) -> int:
    step = step_of(mark.key)
    return step.tries if step else 0


def _put_off(mark: Mark) -> date | None:
    """The day in "snooze until", unless it is one that has come already and was told so."""
    until = mark.snooze_until
    return until if isinstance(until, date) and until != mark.told.back else None


def _day_said(mark: Mark, said: date) -> date | None:
    """The day that the comment names, where it names nothing else and can't be the one agreed on before."""
    due = mark.due if isinstance(mark.due, date) else said
    return mark.day_said if mark.day_said is not None and mark.day_said > due else None
