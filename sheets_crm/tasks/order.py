"""In what order tasks stand on the tab.

Open ones first: by manager (unknown names after known ones, no name last), overdue, then the rest, then those put off to
a later day; inside, those of today that have an hour by the hour, then by priority, by money at stake, by client. Closed ones follow, then those no longer needed.
Pure. Knows nothing of cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from decimal import Decimal

from sheets_crm.tasks.model import Task, TaskSettings
from sheets_crm.tasks.texts import fold

_NORMAL = 2


def in_order(tasks: Iterable[Task], today: date, settings: TaskSettings) -> tuple[Task, ...]:
    """Tasks as they stand on the tab, top to bottom; the same for the same set of tasks."""
    places = {fold(name): place for place, name in enumerate(settings.managers)}
    return tuple(sorted(tasks, key=lambda task: _place(task, today, places)))


def manager_of(task: Task) -> str:
    """Whose task it is; "" when nobody's."""
    return task.doer or _text(task, task.decision.manager if task.decision else None, "manager")


def client_of(task: Task) -> str:
    """Whom it is about."""
    return _text(task, task.decision.client if task.decision else None, "client")


def amount_of(task: Task) -> Decimal:
    """Money at stake: the largest of the row's reasons (two reasons may speak of the same money)."""
    return max((decision.amount or Decimal(0) for decision in task.decisions), default=Decimal(0))


def priority_of(task: Task) -> int:
    """1 high, 2 normal, 3 low; a task of one's own is normal unless it was read otherwise."""
    if task.decision is not None:
        return min(decision.priority for decision in task.decisions)
    level = task.mark.cells.get("priority")
    return level if isinstance(level, int) and not isinstance(level, bool) else _NORMAL


def _place(task: Task, today: date, managers: dict[str, int]) -> tuple[object, ...]:
    manager = fold(manager_of(task))
    put_off = task.waits(today)
    group = 2 if put_off else int(task.day >= today)
    rank = (1 + bool(task.closed_reason)) if not task.is_open else 0
    return (
        rank,
        not manager,
        managers.get(manager, len(managers)),
        manager,
        group,
        task.day if put_off else today,
        _hour(task, today),
        priority_of(task),
        -amount_of(task),
        fold(client_of(task)),
        task.day,
        task.key,
    )


def _hour(task: Task, today: date) -> tuple[int, str]:
    """Today's tasks that have an hour come in its order, before those that have none."""
    hour = task.mark.time
    timed = task.day == today and isinstance(hour, time)
    return (0, f"{hour:%H:%M}") if timed else (1, "")


def _text(task: Task, computed: str | None, column: str) -> str:
    if computed is not None:
        return computed
    value = task.mark.cells.get(column)
    return "" if value is None else str(value)
