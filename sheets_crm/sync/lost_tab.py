"""The tasks tab that somebody deleted: what stood on it comes back from history.

Marks of rules' tasks are found by their keys; tasks typed by hand stand nowhere else, so their words are kept there too.
Knows nothing of how a tab is drawn. A tab that was switched off, or that stands elsewhere, is not gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING

from sheets_crm.sync.places import recalled
from sheets_crm.tabs import TasksTab
from sheets_crm.tasks import Mark
from sheets_crm.tasks.keys import is_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheets_crm.engine.model import Decision
    from sheets_crm.sync.intake import Opened, Read
    from sheets_crm.sync.memory import Past

Note = tuple[str, Mapping[str, object]]


def is_gone(opened: Opened, seen: Read) -> bool:
    """Is there no tasks tab, though nobody switched it off or put it elsewhere? So it is before the first run as well."""
    settings = opened.config.tabs.get("tasks")
    is_off = settings is not None and not settings.on
    return not is_off and not seen.is_lost and not seen.former and "tasks" not in seen.tabs


def from_history(past: Past, decisions: Sequence[Decision], today: date) -> TasksTab:
    """The tab's rows as history knows them; none where it knows none."""
    rows = TasksTab(tuple(_own_rows(past)), ())
    found = recalled(rows, lambda keys: past.marks(decisions, keys), today)
    return TasksTab(found.marks, tuple(dict.fromkeys(name for mark in found.marks for name in mark.extra)))


def notes(opened: Opened, marks: TasksTab) -> list[Note]:
    """What to say of it: nothing where nothing stood there."""
    told = sum(mark.tells for mark in marks.marks)
    return [("openbook.note.tab_recalled", {"n": told, "workbook": opened.called})] if told else []


def _own_rows(past: Past) -> Iterable[Mark]:
    """The open tasks that were typed by hand."""
    tasks = past.tasks(key for key in past.open_keys() if is_own(key))
    for key, task in tasks.items():
        cells = {"todo": task.title, "client": task.client, "manager": task.manager}
        yield Mark(key, due=task.due, own=True, cells={name: text for name, text in cells.items() if text})
