"""The tasks tab that somebody deleted: what stood on it comes back from history.

Marks of rules' tasks are found by their keys. What rows without a rule say (typed by hand, or no longer needed) stands nowhere
else, so each run keeps it in the state folder; without that file history knows the words of those that are open.
Knows nothing of how a tab is drawn. A tab that was switched off, or that stands elsewhere, is not gone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sheets_crm.disk import write_whole
from sheets_crm.sync.memory import MARKED
from sheets_crm.sync.places import recalled
from sheets_crm.tabs import TasksTab
from sheets_crm.tasks import Mark
from sheets_crm.tasks.keys import is_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheets_crm.engine.model import Decision
    from sheets_crm.sync.intake import Opened, Read
    from sheets_crm.sync.memory import Past
    from sheets_crm.sync.run import Result
    from sheets_crm.sync.state import StateFolder
    from sheets_crm.tasks import Task

FILE = "own-rows.json"  # of the state folder
_SAID = ("status", "outcome", "reason", "comment", "repeat")  # texts of a mark
_NONE = b'{"version": 1, "rows": []}'  # where there is nothing to keep, no file is made

Note = tuple[str, Mapping[str, object]]


def is_gone(opened: Opened, seen: Read) -> bool:
    """Is there no tasks tab, though nobody switched it off or put it elsewhere? So it is before the first run as well."""
    settings = opened.config.tabs.get("tasks")
    is_off = settings is not None and not settings.on
    return not is_off and not seen.is_lost and not seen.former and "tasks" not in seen.tabs


def from_history(past: Past, decisions: Sequence[Decision], today: date) -> TasksTab:
    """The tab's rows as history knows them; none where it knows none."""
    kept = _kept(past.state)
    known = {mark.key for mark in kept}
    rows = TasksTab((*kept, *(mark for mark in _own_rows(past) if mark.key not in known)), ())
    found = recalled(rows, lambda keys: past.marks(decisions, keys), today)
    return TasksTab(found.marks, tuple(dict.fromkeys(name for mark in found.marks for name in mark.extra)))


def remember(state: StateFolder, result: Result) -> None:
    """Keep the rows of the tab that no rule stands behind. A disk that refuses it stops nothing.

    Call it before the write: until then a row typed since the last run stands on the tab alone, which may go any moment.
    """
    drawn = next((tab for tab in result.tabs if tab.id == "tasks"), None)
    if drawn is None:
        return
    columns = {column.id: column.values for column in drawn.tables[0].columns}
    whys = dict(zip(columns["key"], columns["why"], strict=True))
    rows = [_told(task, whys) for task in result.tasks if task.mark.own or task.closed_reason]
    data = json.dumps({"version": 1, "rows": rows}, ensure_ascii=False, default=str).encode()
    with suppress(OSError):
        path = state.path / FILE
        if (path.read_bytes() if path.exists() else _NONE) != data:
            write_whole(path, data)


def _told(task: Task, whys: Mapping[str, str]) -> dict[str, Any]:
    """A row as JSON; why it is over stands as it was drawn. What a manager put is history's to tell, once it knows the row."""
    mark = task.mark
    cells = {name: value for name, value in mark.cells.items() if name not in MARKED}
    if task.closed_reason:
        cells["why"] = whys.get(task.key, "")
    due = task.due if mark.own else mark.due
    said = {name: str(text) for name in _SAID if (text := getattr(mark, name))} if mark.own else {}
    told = due.isoformat() if isinstance(due, date) else due
    return {"key": task.key, "own": mark.own, "due": told, "cells": cells, "said": said}


def _kept(state: StateFolder | None) -> list[Mark]:
    """The rows that were kept; none where there is no file, or it is damaged."""
    if state is None:
        return []
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        rows = json.loads((state.path / FILE).read_text("utf-8"))["rows"]
        return [_mark(row) for row in rows]
    return []


def _mark(row: Mapping[str, Any]) -> Mark:
    mark = Mark(str(row["key"]), due=_day(row["due"]), own=bool(row["own"]), cells=dict(row["cells"]))
    said: dict[str, Any] = {name: str(text) for name, text in row.get("said", {}).items() if name in _SAID}
    return replace(mark, **said)


def _day(told: str | None) -> date | str | None:
    """A day, or the words in its place."""
    try:
        return date.fromisoformat(told) if told else None
    except ValueError:
        return told


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
