"""The memory of the base between runs: snapshots, changes, stages, tasks and their marks.

The only part of `base` that touches a database and files.
"""

from sheets_crm.base.history.alarms import Loss, Rewrite, looks_emptied, looks_rewritten
from sheets_crm.base.history.changes import changes
from sheets_crm.base.history.events import MarkSeen, TaskSeen
from sheets_crm.base.history.journal import Event, Question
from sheets_crm.base.history.recording import Run, RunSummary
from sheets_crm.base.history.store import History

__all__ = [
    "Event",
    "History",
    "Loss",
    "MarkSeen",
    "Question",
    "Rewrite",
    "Run",
    "RunSummary",
    "TaskSeen",
    "changes",
    "looks_emptied",
    "looks_rewritten",
]
