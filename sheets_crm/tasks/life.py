"""Life of tasks: what the rules say today, together with what managers typed.

The marks are the managers' and survive every run; the rest is computed. A row whose reason has passed leaves by itself
when nobody touched it; a touched one stays for a while, grey, and a closed one stays while its reason holds, so that
nothing reopens when the state database is lost. An outcome moves its row on to the next step. Rows without a key are tasks
of one's own. Pure. Knows nothing of cells, languages or the state database: `known`, `closed`, `remembered` and `said` are
what it remembers. Source: docs/reference/tabs.md, docs/explain/tasks.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheets_crm.engine.ended import Ended
from sheets_crm.engine.model import Decision
from sheets_crm.tasks.cap import capped
from sheets_crm.tasks.cycle import carried
from sheets_crm.tasks.escalate import escalations
from sheets_crm.tasks.keys import base_key, keyed, split_keys, step_of
from sheets_crm.tasks.merge import merged_by_client
from sheets_crm.tasks.model import CLOSED, NO_LONGER_NEEDED, Mark, Note, Status, Task, TaskSettings
from sheets_crm.tasks.next_step import AddDays, Days, calendar_days, escalated, history_notes, is_escalated, moved_on
from sheets_crm.tasks.order import in_order
from sheets_crm.tasks.outcomes import Meaning, meaning
from sheets_crm.tasks.own import adopted, own_task, repeated, timed
from sheets_crm.tasks.rows import LATER_STEP, Rows, bring_back, sorted_rows
from sheets_crm.tasks.said import read_back
from sheets_crm.tasks.share import arranged, handed
from sheets_crm.tasks.sharing import Sharing

_NONE: Mapping[str, date] = {}
_NO_MARKS: Mapping[str, Mark] = {}
_NO_ENDS: Mapping[str, Ended] = {}
_QUOTED = 40  # characters of what somebody typed, where a sentence quotes it


def open_tasks(
    decisions: Iterable[Decision],
    marks: Sequence[Mark],
    known: Mapping[str, date],
    today: date,
    settings: TaskSettings | None = None,
    *,
    closed: Mapping[str, date] = _NONE,
    remembered: Mapping[str, Mark] = _NO_MARKS,
    said: Mapping[str, date] = _NONE,
    ended: Mapping[str, Ended] = _NO_ENDS,
    add_days: AddDays | None = None,
) -> tuple[Task, ...]:
    """All rows of the tab, top to bottom: open tasks, then closed ones, then those no longer needed.

    marks: the rows read from the tab. known: key -> the day the task first appeared. closed: key -> the day it was first
    seen closed (`Task.closed` of earlier runs). All three may be empty: nothing is lost or doubled then.
    remembered: base key -> the last mark in history with the key of the step it had come to, for tasks whose row is gone from
    the tab: a deleted row doesn't reopen what is done, nor begin the tries anew. said: key -> the day its outcome was first
    seen. ended: base key -> why the task is no longer needed. add_days: how days until the next try are counted.
    """
    settings = settings or TaskSettings()
    sharing = settings.sharing
    marks = [read_back(mark) for mark in marks]
    live, lines = handed(keyed(carried(decisions, marks, closed, today)), sharing, today)
    rows = sorted_rows(marks, live, remembered)
    taken = {key for mark in marks for key in split_keys(mark.key)} | set(live)
    new = [
        read_back(mark) for mark in adopted(rows.keyless, taken, known, today)
    ]  # a copied row has lines of ours, too
    bring_back(rows, live, [*rows.own, *new], remembered)
    new = [timed(mark) for mark in new]

    past = _Past(known, closed, today, settings)
    tasks = list(_live_tasks(rows, live, past, Days(today, said, add_days or _counted(sharing))))
    if settings.merge_reasons:
        tasks = merged_by_client(tasks, today)
    old = [replace(mark, own=True) for mark in rows.own]
    tasks += [own_task(mark, known.get(mark.key, today), today, closed) for mark in old]
    tasks += [own_task(mark, today, today, closed) for mark in new]
    tasks += [own_task(mark, today, today, closed) for mark in repeated([*old, *new], taken, today, sharing)]
    tasks = arranged([_prompted(task, today) for task in tasks], lines, sharing, today)
    tasks += [_ended_task(mark, past, _why(mark, ended)) for mark in rows.ended if mark.touched]
    tasks += [_ended_task(mark, past, LATER_STEP) for mark in rows.passed if mark.touched]
    tasks = capped([task for task in tasks if _stays(task, today, settings)], sharing, today)
    raised = escalations(tasks, sharing, today)
    tasks = [task for task in tasks if task.key not in raised]
    tasks += [_rule_task(decision, rows.ended_row(key), "nothing", past) for key, decision in raised.items()]
    return in_order(tasks, today, settings)


def _counted(sharing: Sharing) -> AddDays:
    """How days until the next try are counted: a day off moves to the next working day where the owner wants it."""
    if not sharing.due_on_working_days:
        return calendar_days
    return lambda day, days: sharing.calendar.on_or_after(calendar_days(day, days))


def _why(mark: Mark, ended: Mapping[str, Ended]) -> Ended | None:
    """What ended the first reason of a row of which that is known."""
    return next((ended[base] for key in mark.key.split() if (base := base_key(key)) in ended), None)


@dataclass(frozen=True)
class _Past:
    """What one run knows of tasks by key (the day each first appeared, the day it was closed), its day and settings."""

    known: Mapping[str, date]
    closed: Mapping[str, date]
    today: date
    settings: TaskSettings

    def opened(self, mark: Mark, told: date) -> date:
        """The day a task first appeared, whatever step it has come to; else what its row tells."""
        return self.known.get(base_key(mark.key), self.known.get(mark.key, told))


def _live_tasks(rows: Rows, live: Mapping[str, Decision], past: _Past, days: Days) -> Iterator[Task]:
    """Tasks of the rules, each at the step to which its outcome moved it. One row is one outcome for all its reasons."""
    for bases in rows.lines():
        decisions, marks = [live[base] for base in bases], [rows.marks[base] for base in bases]
        meant: Meaning = "nothing"
        if marks[0].outcome:
            is_head = is_escalated(marks[0].key, decisions[0], past.settings)
            meant = meaning(marks[0].outcome, decisions, escalated=is_head)
            marks = moved_on(marks, decisions, meant, past.settings, days)
        is_head = is_escalated(marks[0].key, decisions[0], past.settings)
        for decision, mark in zip(decisions, marks, strict=True):
            yield _rule_task(decision, mark, meant if mark.outcome else "nothing", past, is_head=is_head)
    for base, decision in live.items():
        if base not in rows.marks:
            yield _rule_task(decision, Mark(base), "nothing", past)


def _rule_task(decision: Decision, mark: Mark, meant: Meaning, past: _Past, *, is_head: bool = False) -> Task:
    """A rule's task with its marks. Its due day is the rule's, or that of its step, or the day the task first appeared.

    A day typed over an undated due is kept. Without state the tab tells when the task appeared.
    """
    step, today = step_of(mark.key), past.today
    shown = mark.due if isinstance(mark.due, date) else None
    dated = decision.dated and step is None
    told = mark.told.since or min((shown or today, *mark.told.tries))
    opened = min(past.opened(mark, today if dated else told), today)
    due = decision.due if dated else shown or opened
    mark, needs = _settled(mark, meant)
    shut = past.closed.get(mark.key, today) if mark.status in CLOSED and not needs else None
    notes = history_notes(mark, decision, due, is_head=is_head) if step else ()
    if is_head:
        decision = escalated(decision, past.settings)
    return Task(mark.key, decision, mark, opened, due=due, closed=shut, prompts=needs, notes=notes, step=step)


def _settled(mark: Mark, meant: Meaning) -> tuple[Mark, tuple[Note, ...]]:
    """The mark after an outcome that asks for nothing more, or with what is still missing in its row.

    A result closes a row whose status nobody touched; a status that somebody chose stands.
    """
    if mark.status == Status.CANCELLED:
        return mark, ()
    if meant == "on_date":
        return mark, (Note("outcomes.needs.date"),)
    if meant == "declined" and not mark.reason.strip():
        return mark, (Note("outcomes.needs.reason"),)
    if meant in ("done", "declined") and mark.status == Status.NEW:
        return replace(mark, status=Status.DONE), ()
    return mark, ()


def _prompted(task: Task, today: date) -> Task:
    """An open task with a word about the day it was put off to: that it has come, or that it can't be read."""
    until = task.mark.snooze_until
    if not task.is_open or (until is None and task.mark.status != Status.SNOOZED):
        return task
    if isinstance(until, date):
        back = Note("outcomes.came_back", (("date", until),))
        return replace(task, notes=(*task.notes, back)) if until <= today else task
    seen = " ".join(until.split())[:_QUOTED] if until else ""
    needed = Note("outcomes.needs.snooze_words", (("seen", seen),)) if seen else Note("outcomes.needs.snooze_date")
    return task if Note("outcomes.needs.date") in task.prompts else replace(task, prompts=(*task.prompts, needed))


def _ended_task(mark: Mark, past: _Past, why: Ended | None) -> Task:
    today = past.today
    due = mark.due if isinstance(mark.due, date) else None
    keys = mark.key.split()
    opened = min((past.known[key] for key in keys if key in past.known), default=min(due or today, today))
    shut = min((past.closed[key] for key in keys if key in past.closed), default=mark.told.ended or today)
    return Task(mark.key, None, mark, opened, closed_reason=NO_LONGER_NEEDED, due=due, closed=shut, ended=why)


def _stays(task: Task, today: date, settings: TaskSettings) -> bool:
    """Open tasks and closed ones whose condition holds; the others until their days are over."""
    if task.closed is None or task.decision is not None:
        return True
    return today - task.closed <= timedelta(days=settings.keep_closed_days)
