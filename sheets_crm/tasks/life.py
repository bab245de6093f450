"""Life of tasks: what the rules say today, together with what managers typed.

The marks are the managers' and survive every run; the rest is computed. A row whose reason has passed leaves by itself
when nobody touched it; a touched one stays for a while, grey, and a closed one stays while its reason holds, so that
nothing reopens when the state database is lost. Rows without a key are tasks of one's own.
Pure. Knows nothing of cells, languages or the state database: `known` and `closed` are what it remembers.
Source: docs/reference/tabs.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sheets_crm.engine.model import Decision
from sheets_crm.tasks.cap import capped
from sheets_crm.tasks.cycle import carried
from sheets_crm.tasks.escalate import escalations
from sheets_crm.tasks.keys import is_own, keyed, split_keys
from sheets_crm.tasks.merge import merged_by_client
from sheets_crm.tasks.model import CLOSED, NO_LONGER_NEEDED, Mark, Task, TaskSettings
from sheets_crm.tasks.order import in_order
from sheets_crm.tasks.own import adopted, own_task, repeated, timed
from sheets_crm.tasks.said import read_back
from sheets_crm.tasks.share import arranged, handed
from sheets_crm.tasks.texts import source_text, todo_text
from sheets_crm.words import LANGS

_NONE: Mapping[str, date] = {}
_NO_MARKS: Mapping[str, Mark] = {}


def open_tasks(
    decisions: Iterable[Decision],
    marks: Sequence[Mark],
    known: Mapping[str, date],
    today: date,
    settings: TaskSettings | None = None,
    *,
    closed: Mapping[str, date] = _NONE,
    remembered: Mapping[str, Mark] = _NO_MARKS,
) -> tuple[Task, ...]:
    """All rows of the tab, top to bottom: open tasks, then closed ones, then those no longer needed.

    marks: the rows read from the tab. known: key -> the day the task first appeared. closed: key -> the day it was first
    seen closed (`Task.closed` of earlier runs). All three may be empty: nothing is lost or doubled then.
    remembered: key -> the last mark in history, for tasks whose row is gone from the tab; only done and cancelled ones
    count, so that a deleted row doesn't reopen what is done.
    """
    settings = settings or TaskSettings()
    sharing = settings.sharing
    marks = [read_back(mark) for mark in marks]
    live, said = handed(keyed(carried(decisions, marks, closed, today)), sharing, today)
    rows = _sorted_rows(marks, live)
    taken = {key for mark in marks for key in split_keys(mark.key)} | set(live)
    new = adopted(rows.keyless, taken, known, today)
    _remember(rows, live, new, remembered)
    new = [timed(mark) for mark in new]

    tasks = [
        _rule_task(decision, rows.marks.get(key, Mark(key)), known, today, closed) for key, decision in live.items()
    ]
    if settings.merge_reasons:
        tasks = merged_by_client(tasks, today)
    old = [replace(mark, own=True) for mark in rows.own]
    tasks += [own_task(mark, known.get(mark.key, today), today, closed) for mark in old]
    tasks += [own_task(mark, today, today, closed) for mark in new]
    tasks += [own_task(mark, today, today, closed) for mark in repeated([*old, *new], taken, today, sharing)]
    tasks = arranged(tasks, said, sharing, today)
    tasks += [_ended_task(mark, known, today, closed) for mark in rows.ended if mark.touched]
    tasks = capped([task for task in tasks if _stays(task, today, settings)], sharing, today)
    raised = escalations(tasks, sharing, today)
    tasks = [task for task in tasks if task.key not in raised]
    tasks += [_rule_task(decision, rows.ended_row(key), known, today, closed) for key, decision in raised.items()]
    return in_order(tasks, today, settings)


@dataclass
class _Rows:
    """Rows of the tab by what stands behind them."""

    marks: dict[str, Mark]  # of live rule tasks
    own: list[Mark]
    ended: list[Mark]  # rule tasks whose condition no longer holds
    keyless: list[Mark]  # typed by hand, copied, or with a key that is not ours

    def ended_row(self, key: str) -> Mark:
        """The row of a task whose reason is only found after the rows were sorted; an empty one where there is none."""
        return next((mark for mark in self.ended if mark.key == key), Mark(key))


def _sorted_rows(marks: Sequence[Mark], live: Mapping[str, Decision]) -> _Rows:
    """Each row where it belongs. Of several rows with one key the first keeps it."""
    rows = _Rows({}, [], [], [])
    first: dict[str, Mark] = {}
    keyless = []
    for mark in sorted(marks, key=lambda mark: mark.row):
        keys = tuple(key for key in split_keys(mark.key) if key not in first)
        if not keys:
            keyless.append(mark)
            continue
        first |= dict.fromkeys(keys, mark)
        if is_own(keys[0]):
            rows.own.append(replace(mark, key=keys[0]))
        elif not any(key in live for key in keys):
            rows.ended.append(replace(mark, key=" ".join(keys)))
        rows.marks |= {key: replace(mark, key=key) for key in keys if key in live}
    healed = _healed(keyless, rows.marks, live)
    rows.keyless = [mark for mark in keyless if id(mark) not in healed and not _mere_copy(mark, first)]
    return rows


def _mere_copy(mark: Mark, first: Mapping[str, Mark]) -> bool:
    """A copied row into which nobody typed anything: it says only what the first one says already."""
    keys = split_keys(mark.key)
    original = first.get(keys[0]) if keys else None
    if original is None or mark.touched or is_own(keys[0]):
        return False
    return dict(mark.cells) == dict(original.cells)


def _healed(keyless: Sequence[Mark], marks: dict[str, Mark], live: Mapping[str, Decision]) -> set[int]:
    """Rows that only lost their key (the key column was deleted) get it back: same source, client and text to do.

    `marks` gains them. Rows with a key of another make are not looked at. Returns the ids of the rows found.
    """
    blank = [mark for mark in keyless if not mark.key.strip() and mark.cells.get("source")]
    if not blank:
        return set()
    homes: dict[tuple[object, ...], list[str]] = {}
    for key, decision in live.items():
        if key not in marks:
            for sign in _signs(decision):
                homes.setdefault(sign, []).append(key)
    found = set()
    for mark in blank:
        keys = homes.get(tuple(str(mark.cells.get(name, "")) for name in ("source", "client", "todo")), [])
        for key in [key for key in keys if key not in marks][:1]:
            marks[key] = replace(mark, key=key, own=False)
            found.add(id(mark))
    return found


def _signs(decision: Decision) -> set[tuple[object, ...]]:
    bare = Task("", decision, Mark(""), decision.due)
    return {(source_text(decision), decision.client, todo_text(bare, lang)) for lang in LANGS}


def _remember(rows: _Rows, live: Mapping[str, Decision], new: Sequence[Mark], remembered: Mapping[str, Mark]) -> None:
    """Closed marks of rows that are gone, unless the row only lost its key and stands there as one's own."""
    kept = {mark.typed for mark in new}
    for key in live:
        mark = remembered.get(key)
        if mark and key not in rows.marks and mark.status in CLOSED and mark.typed not in kept:
            rows.marks[key] = replace(mark, key=key, own=False, row=0)


def _rule_task(
    decision: Decision, mark: Mark, known: Mapping[str, date], today: date, closed: Mapping[str, date]
) -> Task:
    """A rule's task with its marks. A due day other than today is the rule's; else it is the day the task first appeared.

    A day typed over an undated due is kept. Without state the tab's own due column tells when the task appeared.
    """
    shown = mark.due if isinstance(mark.due, date) else None
    dated = decision.due != today
    told = shown if shown and not dated and shown <= today else today
    opened = min(known.get(mark.key, told), today)
    due = decision.due if dated else shown or opened
    shut = closed.get(mark.key, today) if mark.status in CLOSED else None
    return Task(mark.key, decision, mark, opened, due=due, closed=shut)


def _ended_task(mark: Mark, known: Mapping[str, date], today: date, closed: Mapping[str, date]) -> Task:
    due = mark.due if isinstance(mark.due, date) else None
    keys = mark.key.split()
    opened = min((known[key] for key in keys if key in known), default=min(due or today, today))
    shut = min((closed[key] for key in keys if key in closed), default=today)
    return Task(mark.key, None, mark, opened, closed_reason=NO_LONGER_NEEDED, due=due, closed=shut)


def _stays(task: Task, today: date, settings: TaskSettings) -> bool:
    """Open tasks and closed ones whose condition holds; the others until their days are over."""
    if task.closed is None or task.decision is not None:
        return True
    return today - task.closed <= timedelta(days=settings.keep_closed_days)
