"""No more touches of a client in a period than the owner wants: the most important tasks stay, the others wait unseen.

Pure. Never hidden: what a person has put something into or tried already (the row alone counts the tries), tasks of one's own,
debts, and work that is no touch at all. The first row that stays says how many reasons wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sheets_crm.tasks.model import Status, Task
from sheets_crm.tasks.order import amount_of, client_of, priority_of
from sheets_crm.tasks.sharing import Cap, Sharing, Touch
from sheets_crm.tasks.texts import fold
from sheets_crm.words import Phrase


def capped(tasks: Sequence[Task], sharing: Sharing, today: date) -> list[Task]:
    """The tasks that are shown. Rows in which several reasons are merged are one touch."""
    cap = sharing.cap
    if cap is None:
        return list(tasks)
    clients = _clients(tasks)
    names: dict[str, list[str]] = {}
    for client, group in clients.items():
        for name in {fold(client_of(task)) for task in group}:
            names.setdefault(name, []).append(client)
    done = _done(tasks, clients, names, sharing, today - timedelta(days=cap.days))
    gone: set[int] = set()
    told: dict[int, Task] = {}
    for client, group in clients.items():
        waiting = _waiting(group, done.get(client, 0), sharing, today)
        gone |= {id(task) for task in waiting}
        first = _first([task for task in group if id(task) not in gone]) if waiting else None
        if first is not None:
            told[id(first)] = _telling(first, waiting, cap)
    return [told.get(id(task), task) for task in tasks if id(task) not in gone]


def _clients(tasks: Iterable[Task]) -> dict[str, list[Task]]:
    """Rules' tasks about a client, by the client."""
    found: dict[str, list[Task]] = {}
    for task in tasks:
        if task.decision is not None and (client := task.decision.client_id or fold(task.decision.client)):
            found.setdefault(client, []).append(task)
    return found


def _touch(task: Task, sharing: Sharing) -> Touch:
    """Is the row a contact with the client: yes, no, or one that never waits?

    A row in which a touch is merged with something that must not wait doesn't wait.
    """
    kinds: set[Touch] = {sharing.touch.get(decision.rule, True) for decision in task.decisions}
    return "always" if len(kinds) > 1 else kinds.pop()


def _done(
    tasks: Iterable[Task], clients: dict[str, list[Task]], names: dict[str, list[str]], sharing: Sharing, since: date
) -> dict[str, int]:
    """Touches of each client that are done since; one whose reason has ended is known by the client's name alone."""
    done: dict[str, int] = {}
    counted = [(client, task) for client, group in clients.items() for task in group if _touch(task, sharing)]
    ended = [task for task in tasks if task.decision is None and not task.mark.own]
    counted += [(owner[0], task) for task in ended if len(owner := names.get(fold(client_of(task)), [])) == 1]
    for client, task in counted:
        if task.mark.status == Status.DONE and task.closed is not None and task.closed > since:
            done[client] = done.get(client, 0) + 1
    return done


def _waiting(group: Sequence[Task], done: int, sharing: Sharing, today: date) -> list[Task]:
    cap = sharing.cap
    assert cap is not None
    ahead = today + timedelta(days=cap.days)
    touches = [task for task in group if task.is_open and task.day < ahead and _touch(task, sharing)]
    free = [task for task in touches if not task.mark.tells and _touch(task, sharing) is True]
    left = max(0, cap.count - done - (len(touches) - len(free)))
    return sorted(free, key=_weight)[left:]


def _weight(task: Task) -> tuple[object, ...]:
    return (priority_of(task), -amount_of(task), task.day, task.key)


def _first(group: Sequence[Task]) -> Task | None:
    """The row that tells of those that wait: the most important open one, else a closed one."""
    return min(group, key=lambda task: (not task.is_open, *_weight(task)), default=None)


def _telling(task: Task, waiting: Sequence[Task], cap: Cap) -> Task:
    count = sum(len(one.decisions) for one in waiting)
    line = Phrase("calendar.said.waiting", {"n": count, "count": cap.count, "days": cap.days})
    return replace(task, said=(*task.said, line))
