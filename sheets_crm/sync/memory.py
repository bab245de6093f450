"""What a run needs to know of earlier runs, with or without a state folder, and what it leaves for later ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, time
from typing import Any, TypeVar

import polars as pl

from sheets_crm.base.history import History, MarkSeen, TaskSeen
from sheets_crm.base.model import Base, Binding, BoundColumn
from sheets_crm.base.remember import NOWHERE, Remembered, SheetMemory, headers_at, profile_of
from sheets_crm.books.model import Grid
from sheets_crm.disk import write_whole
from sheets_crm.engine.model import Decision
from sheets_crm.sync.state import StateFolder
from sheets_crm.tasks import Mark, Status, Task
from sheets_crm.tasks.keys import keyed, split_keys

_MARKED = ("status", "outcome", "reason", "comment", "snooze_until", "due", "time", "repeat")
_EXTRA = "extra:"  # before the header of a column that people added
COLUMNS_FILE = "columns.json"

T = TypeVar("T")


@contextmanager
def history(state: StateFolder | None) -> Iterator[History | None]:
    """The history of a state folder that is there; None where there is none yet. For looking things up only."""
    if state is None:
        yield None
        return
    with History.look(state.path) as opened:
        yield opened


class Past:
    """Questions about earlier runs. Without a history every answer is the empty one."""

    def __init__(self, history: History | None, state: StateFolder | None) -> None:
        self._history = history
        self._state = state

    def previous(self, card: str) -> pl.DataFrame | None:
        """The card's frame as the last run left it."""
        return self._history.previous(card) if self._history else None

    def sheets(self) -> dict[str, SheetMemory]:
        """The sheets as the last run bound them."""
        if self._state is None:
            return {}
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            known = json.loads((self._state.path / COLUMNS_FILE).read_text("utf-8"))
            return {sheet: _sheet_memory(found) for sheet, found in known.items()}
        return {}  # not there yet, or damaged: then headers and letters must do

    def opened(self, decisions: Iterable[Decision], marks: Iterable[Mark]) -> dict[str, date]:
        """Task key -> the day it first appeared."""
        keys = dict.fromkeys((*keyed(decisions), *_keys(marks)))
        return self._history.opened(keys) if self._history else {}

    def closed(self, marks: Iterable[Mark]) -> dict[str, date]:
        """Task key -> the day it was closed."""
        return self._history.closed(_keys(marks)) if self._history else {}

    def marks(self, decisions: Iterable[Decision]) -> dict[str, Mark]:
        """Task key -> the last mark history knows, for tasks whose row may be gone from the tab."""
        if self._history is None:
            return {}
        found = self._history.last_marks(keyed(decisions))
        return {key: _mark(key, values) for key, values in found.items()}

    def entered(self, base: Base, today: date) -> dict[str, pl.DataFrame]:
        """Card -> (id, since): the day a card was first seen at its stage, where we saw it come."""
        if self._history is None:
            return {}
        result = {}
        for card in ("lead", "deal"):
            frame = base.frame(card)
            if frame is not None and "stage" in frame.columns:
                known = self._history.entered_stage(card, frame, today).filter(pl.col("after").is_not_null())
                result[card] = known.select(id="_id", since="entered").unique("id", keep="first")
        return result

    def first_seen(self, base: Base, today: date) -> Sequence[date]:
        """The day each problem of the base was first seen."""
        return self._history.first_seen(base, today) if self._history else [today] * len(base.problems)


def _mark(key: str, values: Mapping[str, str]) -> Mark:
    """A mark as history knows it: all that a person typed, so that it compares equal with the same one on the tab."""
    return Mark(
        key,
        status=values.get("status") or Status.NEW,
        outcome=values.get("outcome", ""),
        reason=values.get("reason", ""),
        comment=values.get("comment", ""),
        snooze_until=_read(values.get("snooze_until", ""), date.fromisoformat),
        time=_read(values.get("time", ""), time.fromisoformat),
        repeat=values.get("repeat", ""),
        extra={name.removeprefix(_EXTRA): value for name, value in values.items() if name.startswith(_EXTRA) and value},
    )


def _read(text: str, as_typed: Callable[[str], T]) -> T | str | None:
    """A day or an hour; words that somebody typed in its place; None where nothing stood."""
    try:
        return as_typed(text) if text else None
    except ValueError:
        return text


def _keys(marks: Iterable[Mark]) -> list[str]:
    return list(dict.fromkeys(key for mark in marks for key in split_keys(mark.key)))


def marks_seen(marks: Iterable[Mark]) -> list[MarkSeen]:
    """The marks of the tab as history records them: one entry a task, also where a row carries several.

    The due day of a rule's task is the rule's; only in a task of one's own did somebody type it.
    """
    seen = []
    for mark in marks:
        values = {name: _text(getattr(mark, name)) for name in _MARKED if name != "due" or mark.own}
        values |= {f"{_EXTRA}{header}": _text(value) for header, value in mark.extra.items()}
        seen += [MarkSeen(key, values) for key in split_keys(mark.key)]
    return seen


def adopted_seen(tasks: Iterable[Task], marks: Iterable[Mark]) -> list[MarkSeen]:
    """The marks of rows that had no key of ours when they were read (typed by hand, garbled) and have one now."""
    known = set(_keys(marks))
    return marks_seen(
        replace(task.mark, key=task.key, due=task.due if task.mark.own else None)
        for task in tasks
        if task.mark.row and known.isdisjoint(split_keys(task.key))
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


def tasks_seen(tasks: Iterable[Task]) -> list[TaskSeen]:
    """The tasks of a run as history records them."""
    return [seen for task in tasks for seen in _task_seen(task)]


def _task_seen(task: Task) -> Iterator[TaskSeen]:
    by_key = keyed(task.decisions)
    for key in split_keys(task.key):
        decision = by_key.get(key)
        cells = {} if decision else task.mark.cells
        yield TaskSeen(
            key, decision.rule if decision else "", task.opened, decision.card if decision else "", decision.subject if decision else "",
            decision.client if decision else str(cells.get("client") or ""), decision.manager if decision else str(cells.get("manager") or ""),
            task.due, task.mark.status, task.closed_reason, decision.client_id if decision else "", str(cells.get("todo") or ""),
        )  # fmt: skip


def _sheet_memory(found: Mapping[str, Any]) -> SheetMemory:
    headers = {int(index): text for index, text in found["headers"].items()}
    return SheetMemory(
        tuple(found["cards"]), found["header_row"], headers, tuple(Remembered(**column) for column in found["columns"]),
        tuple(found.get("fill_down", ())),
    )  # fmt: skip


def sheets_of(
    bindings: Mapping[str, Binding], grids: Mapping[str, Grid], before: Mapping[str, SheetMemory]
) -> dict[str, SheetMemory]:
    """What to remember of the bound sheets, so that their columns are found again when they move or are renamed.

    A stated column that is lost is remembered as it was: another one that now stands in its place is not taken for it.
    """
    found = {}
    for sheet, binding in bindings.items():
        was = before.get(sheet)
        columns = [_remembered(column, binding, grids[sheet], was) for column in binding.columns]
        bound = {(column.card, column.field) for column in columns}
        lost = [c for c in (was.columns if was else ()) if c.stated and (c.card, c.field) not in bound]
        lost = [replace(column, index=NOWHERE - number) for number, column in enumerate(lost, 1)]
        row = binding.layout.header_row
        found[sheet] = SheetMemory(
            binding.cards, row, headers_at(grids[sheet], row), (*columns, *lost), binding.fill_down
        )
    return found


def _remembered(column: BoundColumn, binding: Binding, grid: Grid, before: SheetMemory | None) -> Remembered:
    old = (
        next(
            (
                c
                for c in before.columns
                if (c.card, c.field, c.index, c.header) == (column.card, column.field, column.index, column.header)
            ),
            None,
        )
        if before
        else None
    )
    known = old.profile if old is not None else profile_of(grid, binding.layout.rows, column.index)
    return Remembered(column.card, column.field, column.stated, column.index, column.header, column.confidence, known)


def remember_sheets(state: StateFolder, sheets: Mapping[str, SheetMemory]) -> None:
    """Keep the sheets' columns for the next run."""
    known = {sheet: asdict(memory) for sheet, memory in sheets.items()}
    write_whole(state.path / COLUMNS_FILE, json.dumps(known, ensure_ascii=False).encode())
