"""Overdue tasks told to the head: one task a late manager and week (or day), which goes when the reason is gone.

Pure. Its key is made of the manager's name and the week, so it is the same without a state database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import task_key
from sheets_crm.tasks.model import Task
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.tasks.sharing import Escalation, Sharing
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, Phrase, room, say

ESCALATION = "escalation"  # the rule of such a task; the engine keeps packs from having one of that name


def escalations(tasks: Iterable[Task], sharing: Sharing, today: date) -> dict[str, Decision]:
    """Key -> decision, one for each manager with tasks overdue for long; nobody is told of their own."""
    wanted = sharing.escalation
    if wanted is None:
        return {}
    late: dict[str, list[Task]] = {}
    for task in tasks:
        if task.is_open and task.day < today and _days(task, sharing, wanted, today) >= wanted.after_days:
            late.setdefault(fold(manager_of(task)), []).append(task)
    found = {}
    for manager, overdue in late.items():
        head = next((name for name in wanted.to if fold(name) != manager), None)
        if head is not None:
            decision = _decision(manager, overdue, head, wanted, today)
            found[task_key(decision.rule, decision.subject, decision.occurrence)] = decision
    return found


def _days(task: Task, sharing: Sharing, wanted: Escalation, today: date) -> int:
    return sharing.calendar.between(task.day, today) if wanted.working_days else (today - task.day).days


def _decision(manager: str, late: Sequence[Task], head: str, wanted: Escalation, today: date) -> Decision:
    late = sorted(late, key=lambda task: (task.day, fold(client_of(task)), task.key))
    oldest = late[0]
    placed = next((task.decision for task in late if task.decision), None)
    name: object = manager_of(oldest) or Phrase("calendar.escalation.nobody")
    return Decision(
        rule=ESCALATION, card="", subject=f"manager:{manager}", occurrence=_turn(wanted, today),
        sheet=placed.sheet if placed else "", row=placed.row if placed else 0, cell=placed.cell if placed else "",
        client="", manager=head, contact="", due=today, priority=1, amount=None,
        todo=_texts("todo"), why=_texts("why"), checklist=_lists("checklist"), outcomes=_lists("outcomes"),
        values={
            "n": len(late), "manager": name, "date": oldest.day,
            "client": client_of(oldest) or Phrase("calendar.escalation.unnamed"),
        },
    )  # fmt: skip


def _turn(wanted: Escalation, today: date) -> str:
    if wanted.every == "day":
        return today.isoformat()
    year, week, _ = today.isocalendar()
    return f"{year}-W{week:02}"


def _texts(name: str) -> Mapping[str, object]:
    return {lang: room(lang, "calendar")["escalation"][name] for lang in LANGS}


def _lists(name: str) -> dict[str, tuple[str, ...]]:
    return {lang: tuple(say(f"calendar.escalation.{name}", lang).split("|")) for lang in LANGS}
