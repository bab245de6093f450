"""The tasks of today by manager, each with its reason and the way to its client's card. Changes nothing: marks belong in the workbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Literal

from sheets_crm.tasks import Task
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.tasks.texts import source_text, todo_text, why_text
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Seen
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import Block, Cell, Screen, Sentence, Table

PATH = "tasks"
When = Literal["overdue", "today", "later"]
WHENS: tuple[When, ...] = ("overdue", "today", "later")


def when(task: Task, today: date) -> When:
    """Overdue, of today, or of a later day. One that the rules set is overdue where its row has stood since an earlier day."""
    if task.waits(today) or task.day > today:
        return "later"
    return "overdue" if task.day < today else "today"


def screen(asked: Asked) -> Screen:
    """Today's and overdue tasks; with `when=later` the others."""
    title = asked.say("tasks.title")
    return parts.over_base(asked, PATH, title, lambda seen: _blocks(asked, seen))


def _blocks(asked: Asked, seen: Seen) -> Sequence[Block]:
    today = seen.result.today
    tasks = seen.result.open_tasks
    if not tasks:
        return (Sentence(asked.say("tasks.none", day=today), "good"),)
    later = asked.query.get("when") == "later"
    of = asked.query.get("manager", "")
    shown = [
        task
        for task in tasks
        if (when(task, today) == "later") == later and (not of or seen.code(manager_of(task)) == of)
    ]
    part, which = parts.cut(shown, asked.page)
    lists = [_table(asked, seen, manager, list(own)) for manager, own in groupby(part, key=manager_of)]
    none = [] if lists else [Sentence(asked.say("tasks.none_later" if later else "tasks.none_today", day=today))]
    note = parts.cut_note(asked, which)
    told = [Sentence(note)] if note else []
    return (*_managers(asked, seen, tasks), *none, *told, *lists, *parts.turning(asked, PATH, which))


def _managers(asked: Asked, seen: Seen, tasks: Sequence[Task]) -> tuple[Block, ...]:
    """How many each has, and the way to theirs alone."""
    counts = Counter((manager_of(task), when(task, seen.result.today)) for task in tasks)
    names = list(dict.fromkeys(manager_of(task) for task in tasks))
    rows = [
        _counted(asked, seen.code(name), name or asked.say("nobody"), [counts[name, one] for one in WHENS])
        for name in names
    ]
    if len(names) > 1:
        every = [sum(counts[name, one] for name in names) for one in WHENS]
        rows.insert(0, _counted(asked, "", asked.say("tasks.everybody"), every))
    headers = (asked.say("tasks.manager"), *(asked.say(f"tasks.{one}") for one in WHENS))
    return (Table(asked.say("tasks.by_manager"), headers, tuple(rows), numeric=(1, 2, 3)),)


def _counted(asked: Asked, code: str, name: str, counts: Sequence[int]) -> tuple[str | Cell, ...]:
    overdue, today, later = (parts.shown(n, asked.lang) for n in counts)
    mine = parts.with_query(PATH, {"manager": code})
    ahead = parts.with_query(PATH, {"manager": code, "when": "later"})
    return (
        Cell(name, mine),
        Cell(overdue, tone="warning" if counts[0] else "plain"),
        today,
        Cell(later, ahead) if counts[2] else later,
    )


def _table(asked: Asked, seen: Seen, manager: str, tasks: Sequence[Task]) -> Table:
    headers = tuple(asked.say(f"tasks.columns.{name}") for name in ("client", "todo", "why", "due", "source"))
    rows = tuple(_row(asked, seen, task) for task in tasks)
    return Table(manager or asked.say("nobody"), headers, rows)


def _row(asked: Asked, seen: Seen, task: Task) -> tuple[str | Cell, ...]:
    name = client_of(task)
    identity = task.decision.client_id if task.decision else seen.named(name)
    is_late = when(task, seen.result.today) == "overdue"
    return (
        parts.client_cell(seen, name, identity),
        *told(asked, task),
        Cell(parts.day(task.day, asked.lang), tone="warning" if is_late else "plain"),
        source_text(task.decision) if task.decision else "",
    )


def told(asked: Asked, task: Task) -> tuple[str, str]:
    """What to do, and why."""
    todo = todo_text(task, asked.lang) or str(task.mark.cells.get("todo") or "")
    why = why_text(task, asked.lang) if task.decision else asked.say("tasks.own")
    return parts.short(todo), parts.short(why)
