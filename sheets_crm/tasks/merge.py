"""Several reasons for one client on one day, shown as one row.

Rows are merged only while a manager's marks on them are equal, so that no mark is taken for another; the marks of a
merged row count for every reason in it. Closed rows and rows of one's own stay by themselves unless one row held them.
Pure. Knows nothing of cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sheets_crm.tasks.model import Task
from sheets_crm.tasks.texts import fold


def merged_by_client(tasks: Iterable[Task], today: date) -> list[Task]:
    """Tasks with the reasons for one client on one day (overdue counts as today) joined into one."""
    groups: dict[object, list[Task]] = {}
    for task in tasks:
        groups.setdefault(_group(task, today), []).append(task)
    return [_joined(group) for group in groups.values()]


def _group(task: Task, today: date) -> object:
    decision = task.decision
    if decision is None or task.closed_reason or not (decision.client_id or decision.client):
        return task.key
    client = decision.client_id or fold(decision.client)
    row = task.mark.row if not task.is_open else 0
    return (client, fold(decision.manager), max(task.day, today), task.mark.typed, row)


def _joined(group: Sequence[Task]) -> Task:
    if len(group) == 1:
        return group[0]
    group = sorted(group, key=lambda task: (_priority(task), -_amount(task), task.key))
    first = group[0]
    key = " ".join(task.key for task in group)
    closed = [task.closed for task in group if task.closed is not None]
    return replace(
        first,
        key=key,
        mark=replace(first.mark, key=key),
        opened=min(task.opened for task in group),
        due=min(task.due or task.opened for task in group),
        closed=min(closed) if closed else None,
        merged=tuple(decision for task in group[1:] for decision in task.decisions),
        prompts=tuple(dict.fromkeys(note for task in group for note in task.prompts)),
        notes=tuple(dict.fromkeys(note for task in group for note in task.notes)),
        step=next((task.step for task in group if task.step), None),
    )


def _priority(task: Task) -> int:
    return task.decision.priority if task.decision else 9


def _amount(task: Task) -> float:
    return float(task.decision.amount or 0) if task.decision else 0.0
