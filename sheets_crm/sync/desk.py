"""What a run tells of days and load: holidays that are not known, tasks that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sheets_crm.engine.model import Decision
from sheets_crm.tasks import Task
from sheets_crm.tasks.escalate import ESCALATION
from sheets_crm.workdays import Calendar, holidays_of, last_decree

Note = tuple[str, Mapping[str, object]]


def notes_of(calendar: Calendar, decisions: Sequence[Decision], tasks: Sequence[Task]) -> list[Note]:
    """Notes for the run's report; none where no day was asked for and no task waits."""
    notes: list[Note] = []
    shown = sum(1 for task in tasks for decision in task.decisions if decision.rule != ESCALATION)
    if waiting := len(decisions) - shown:
        notes.append(("calendar.note.waiting", {"n": waiting}))
    if not calendar.asked or not calendar.country:
        return notes
    if holidays_of(calendar.country, calendar.subdivision) is None:
        notes.append(("calendar.note.no_holidays", {"country": calendar.country}))
    elif calendar.unsure_from is not None:
        known = {
            "country": calendar.country,
            "last": str(last_decree(calendar.country)),
            "year": str(calendar.today.year),
        }
        notes.append(("calendar.note.no_transfers", known))
    return notes
