"""What a run needs to know of earlier runs, with or without a state folder, and what it leaves for later ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, time
from itertools import zip_longest
from typing import Any, TypeVar

import polars as pl

from sheets_crm.base.history import History, MarkSeen, TaskSeen
from sheets_crm.base.model import Base, Binding, BoundColumn
from sheets_crm.base.remember import NOWHERE, Remembered, SheetMemory, headers_at, profile_of
from sheets_crm.books.model import Grid
from sheets_crm.disk import write_whole
from sheets_crm.engine.model import Decision
from sheets_crm.sync.state import StateFolder
from sheets_crm.tasks import CLOSED, Mark, Status, Task, Told
from sheets_crm.tasks.keys import base_key, keyed, split_keys, step_of
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.words import Lang

MARKED = ("status", "outcome", "reason", "comment", "snooze_until", "due", "time", "repeat")
_OF_STEP = ("status", "outcome", "snooze_until")  # of MARKED: what is said of one step; the rest is said of the task
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

    @property
    def state(self) -> StateFolder | None:
        """The folder of the earlier runs."""
        return self._state

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

    def marks(self, decisions: Iterable[Decision], more: Iterable[str] = ()) -> dict[str, Mark]:
        """Base key -> the last mark history knows, with the key of the step it had come to, for tasks whose row may be gone.

        more: keys besides those of the decisions.
        """
        if self._history is None:
            return {}
        bases = dict.fromkeys([*keyed(decisions), *map(base_key, more)])
        every = [key for key in self._history.keys_of_tasks(like="%-%") if base_key(key) in bases]
        steps = _latest(every)
        found = self._history.last_marks([*bases, *steps.values()])
        seen = self._history.known_tasks(steps.values())
        tries = self._tries(steps, every)
        marks = {}
        for base in bases:
            key = steps.get(base, base)
            if key != base:
                said = {name: value for name, value in found.get(base, {}).items() if _of_task(name)} | found.get(
                    key, {}
                )
                marks[base] = replace(_mark(key, said), due=seen[key].due, told=Told(tries.get(base, ())))
            elif base in found:
                marks[base] = _mark(base, found[base])
        return marks

    def _tries(self, steps: Mapping[str, str], every: Iterable[str]) -> dict[str, tuple[date, ...]]:
        """Base key -> the days of the tries that its latest step counts, as far as they were recorded."""
        if self._history is None or not steps:
            return {}
        days: dict[str, list[date]] = {}
        for key, day in self._history.said([*steps, *every], "outcome").items():
            if key != steps[base_key(key)]:
                days.setdefault(base_key(key), []).append(day)
        counted = {base: step.tries for base, key in steps.items() if (step := step_of(key)) and step.tries}
        return {base: tuple(sorted(days[base])[-n:]) for base, n in counted.items() if base in days}

    def said(self, marks: Iterable[Mark], remembered: Mapping[str, Mark]) -> dict[str, date]:
        """Task key -> the day on which its present outcome was first seen."""
        if self._history is None:
            return {}
        keys = _keys(mark for mark in (*marks, *remembered.values()) if mark.outcome)
        return self._history.said(keys, "outcome")

    def tasks(self, keys: Iterable[str]) -> dict[str, TaskSeen]:
        """Task key -> the task as the last run left it."""
        return self._history.known_tasks(keys) if self._history else {}

    def open_keys(self) -> list[str]:
        """Keys of the tasks that the last run left open."""
        return self._history.keys_of_tasks(only_open=True) if self._history else []

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


def _of_task(what: str) -> bool:
    """Is this about the task as a whole, whatever step it has come to?"""
    return what not in _OF_STEP


def _latest(keys: Iterable[str]) -> dict[str, str]:
    """Base key -> the key of its latest step."""
    found: dict[str, str] = {}
    for key in keys:
        base = base_key(key)
        if base not in found or _number(key) > _number(found[base]):
            found[base] = key
    return found


def _number(key: str) -> int:
    step = step_of(key)
    return step.number if step else 0


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

    The due day of a rule's task is the rule's; only in a task of one's own did somebody type it, or where it is in words.
    What was typed about one step of a task is recorded under the step's key, what is about the task under the task's: a
    comment that stays in the row for the next try is recorded once. Of several rows with one key (copied ones) the first counts,
    of several steps of one task the latest: the others would be recorded anew in every run.
    """
    seen = []
    marks = sorted(marks, key=lambda mark: mark.row)
    latest, taken = _latest(_keys(marks)), set()
    for mark in marks:
        values = _UNTOUCHED if not mark.extra and not mark.touched else _values(mark)
        for key in split_keys(mark.key):
            if key in taken:
                continue
            taken.add(key)
            base = base_key(key)
            if base == key == latest[base]:
                seen.append(MarkSeen(key, values))
                continue
            if key == latest[base]:
                seen.append(MarkSeen(base, {name: value for name, value in values.items() if _of_task(name)}))
            seen.append(MarkSeen(key, {name: value for name, value in values.items() if not _of_task(name)}))
    return seen


def _values(mark: Mark) -> dict[str, str]:
    """Column id -> text of all that a person may have typed into a row."""
    names = [name for name in MARKED if name != "due" or mark.own or isinstance(mark.due, str)]
    values = {name: _text(getattr(mark, name)) for name in names}
    return values | {f"{_EXTRA}{header}": _text(value) for header, value in mark.extra.items()}


def adopted_seen(tasks: Iterable[Task], marks: Iterable[Mark]) -> list[MarkSeen]:
    """The marks of rows that had no key of ours when they were read (typed by hand, garbled) and have one now."""
    known = {base_key(key) for key in _keys(marks)}
    return marks_seen(
        replace(task.mark, key=task.key, due=task.due if task.mark.own else None)
        for task in tasks
        if task.mark.row and known.isdisjoint(map(base_key, split_keys(task.key)))
    )


def _text(value: object) -> str:
    return "" if value is None else str(value)


_UNTOUCHED: Mapping[str, str] = _values(Mark(""))  # one for all rows that nobody touched: they are most


def tasks_seen(tasks: Iterable[Task], lang: Lang) -> list[TaskSeen]:
    """The tasks of a run as history records them; why one is no longer needed, in the workbook's language."""
    found = []
    for task in tasks:
        reason = task.ended.told(lang) if task.ended is not None else task.closed_reason
        found += list(_task_seen(task, reason))
    return found


def _task_seen(task: Task, reason: str) -> Iterator[TaskSeen]:
    """reason: why it is no longer needed. A row that is open whatever its status says (something is missing) is open."""
    status = Status.IN_PROGRESS if task.is_open and task.mark.status in CLOSED else task.mark.status
    title = "" if task.decisions else str(task.mark.cells.get("todo") or "")
    for key, decision in zip_longest(split_keys(task.key), task.decisions):
        if key is not None:
            yield TaskSeen(
                key, decision.rule if decision else "", task.opened, decision.card if decision else "",
                decision.subject if decision else "", client_of(task), manager_of(task), task.due, status, reason,
                decision.client_id if decision else "", title,
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
