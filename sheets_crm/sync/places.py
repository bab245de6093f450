"""Marks at a place where the tabs stood before: taken over once when the tabs move into a companion workbook or back.

A tab that we left is never written again, yet somebody may still type into it: what was there when we last looked is
remembered, so that only what is new counts, and nothing is taken twice. Without that memory the new place wins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.books.model import Book, Grid, SheetInfo
from sheets_crm.disk import write_whole
from sheets_crm.errors import OwnerError
from sheets_crm.sync.companion import FORMER, companion_path, default_path, written_file
from sheets_crm.sync.state import StateFolder
from sheets_crm.tabs import TasksTab, read_tasks_tab
from sheets_crm.tasks import Mark
from sheets_crm.tasks.keys import base_key, split_keys, step_of
from sheets_crm.tasks.own import adopted

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened, Read

FILE = "places.json"
_ALIKE = ("todo", "client", "manager", "contact")  # columns by which a row typed by hand is known again

Note = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Former:
    """Our tasks tab in a file that is not written any more.

    known: mark -> digest when we last looked; None: never. left: the same of the present place, from when we had left it.
    is_copy: it is our own copy of a companion that is gone, and must be made again.
    """

    path: Path
    grid: Grid
    known: Mapping[str, str] | None
    left: Mapping[str, str]
    is_copy: bool = False

    @property
    def was_last(self) -> bool:
        """Did the tabs stand here until now, after they had left the present place?"""
        return not self.known and bool(self.left)


@dataclass(frozen=True)
class Marks:
    """The marks of a run. taken: how many came from former places. differing: how many were left there."""

    tab: TasksTab
    taken: int = 0
    differing: int = 0


def former_places(opened: Opened, book: Book, sheets: Sequence[SheetInfo]) -> tuple[Former, ...]:
    """Where our tasks tab stood before and still stands: in the base, or in a companion that is no longer asked for."""
    memory = _memory(opened)
    left = memory.get(_told(written_file(opened), opened), {})
    found = []
    for info in sheets:
        if info.tab == f"{FORMER}tasks":
            path = opened.workbook
            found.append(Former(path, book.read([info.name])[info.name], memory.get(_told(path, opened)), left))
    now = {written_file(opened), opened.workbook}
    for told in dict.fromkeys([*memory, _told(default_path(opened), opened)]):
        path = opened.beside(told)
        if path not in now and path.is_file() and (grid := _tasks_of(path)) is not None:
            found.append(Former(path, grid, memory.get(told), left))
    return (*found, *_of_lost(opened, memory))


def is_lost(opened: Opened) -> bool:
    """Did the tabs stand in a companion workbook that is there no more?"""
    companion = companion_path(opened)
    return companion is not None and not companion.exists() and _told(companion, opened) in _memory(opened)


def _of_lost(opened: Opened, memory: Mapping[str, Mapping[str, str]]) -> Iterator[Former]:
    """The last copy of a companion that is gone."""
    from sheets_crm.sync.backup import is_sound, list_backups, named_after

    companion, state = companion_path(opened), StateFolder.existing(opened.path, opened.config.workbook)
    if companion is None or state is None or companion.exists() or _told(companion, opened) not in memory:
        return
    for backup in list_backups(state):
        if named_after(backup, companion) and is_sound(backup) and (grid := _tasks_of(backup.path)) is not None:
            yield Former(backup.path, grid, None, {}, is_copy=True)
            return


def _tasks_of(path: Path) -> Grid | None:
    """The tasks tab of a workbook, by its mark; None when there is none, or the file can't be read now."""
    from sheets_crm.books.excel.book import ExcelBook

    with suppress(OwnerError):
        book = ExcelBook(path)
        for info in book.sheets():
            if info.tab == "tasks":
                return book.read([info.name])[info.name]
    return None


def marks_of(seen: Read) -> Marks:
    """What managers typed, at the place of today and at former ones."""
    grid = seen.tabs.get("tasks")
    marks = Marks(read_tasks_tab(grid) if grid is not None else TasksTab((), ()))
    for former in seen.former:
        marks = _overlaid(marks, read_tasks_tab(former.grid), former)
    return marks


def _overlaid(marks: Marks, other: TasksTab, former: Former) -> Marks:
    """The marks with what is new at a former place."""
    rows = [mark for mark in marks.tab.marks if not _gone_there(mark, other, former)]
    at = {base_key(key): i for i, mark in enumerate(rows) for key in split_keys(mark.key)}
    alike: dict[tuple[object, ...], list[int]] = {}
    for i, mark in enumerate(rows):
        if mark.own:
            alike.setdefault(_content(mark), []).append(i)
    taken = differing = 0
    for mark in _news(other, former):
        place = next((at[base] for key in split_keys(mark.key) if (base := base_key(key)) in at), None)
        if place is None and mark.own and (same := alike.get(_content(mark))):
            place = same.pop(0)
        if place is None:
            rows += [mark] if mark.tells else []
            taken += mark.tells
        elif _is_further(mark, rows[place]):
            rows[place] = replace(mark, row=rows[place].row)
            taken += 1
        elif _digest(rows[place]) != _digest(mark):
            older = _is_older(rows[place], mark, former)
            if older:
                rows[place] = replace(mark, key=rows[place].key or mark.key, row=rows[place].row)
            taken, differing = taken + older, differing + (mark.touched and not older)
    extra = tuple(dict.fromkeys((*marks.tab.extra, *other.extra)))
    return Marks(TasksTab(tuple(rows), extra), marks.taken + taken, marks.differing + differing)


def _news(other: TasksTab, former: Former) -> Iterator[Mark]:
    """The marks of a former place that did not yet stand there when we last looked; blank ones where something was wiped."""
    known = former.known or {}
    news = (mark for mark in other.marks if known.get(_name(mark)) != _digest(mark))
    return (mark for mark in news if mark.tells or former.was_last)


def _gone_there(here: Mark, other: TasksTab, former: Former) -> bool:
    """Was a row that stands here as we had left it taken out since, at the place where the tabs stood meanwhile?"""
    if not former.was_last or not other.marks or former.left.get(_name(here)) != _digest(here):
        return False
    there = {base_key(key) for mark in other.marks for key in split_keys(mark.key)}
    return bool(split_keys(here.key)) and not any(base_key(key) in there for key in split_keys(here.key))


def _is_further(there: Mark, here: Mark) -> bool:
    """Has the task come to a later step at the former place? Steps only grow, so that row is the later one."""
    now = {base_key(key): step_of(key) for key in split_keys(here.key)}
    steps = [(step_of(key), now[base]) for key in split_keys(there.key) if (base := base_key(key)) in now]
    return any(one is not None and (other is None or one.number > other.number) for one, other in steps)


def _is_older(here: Mark, there: Mark, former: Former) -> bool:
    """Is a row of the present place blank, as it was when we had left this place, or as the former place had it?

    A row typed by hand says something by being there: where its key is missing, the keyed one is the later.
    """
    before = {former.left.get(_name(here)), (former.known or {}).get(_name(there))}
    return not here.touched or _digest(here) in before or (here.own and not here.key and bool(there.key))


def _name(mark: Mark) -> str:
    """A mark under a name that stays: its key, else what it says."""
    return " ".join(split_keys(mark.key)) or f"row {_digest(mark)}"


def _digest(mark: Mark) -> str:
    """What a person typed, in short."""
    said: tuple[object, ...] = mark.typed
    if mark.own:
        said = (*said, mark.due, *(mark.cells.get(name) for name in _ALIKE))
    return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _content(mark: Mark) -> tuple[object, ...]:
    """By what a row typed by hand is known again; its due day may have been filled in since."""
    return tuple(mark.cells.get(name) for name in _ALIKE)


def recalled(marks: TasksTab, last: Callable[[Iterable[str]], Mapping[str, Mark]], today: date) -> TasksTab:
    """The marks of a companion made again: as its last copy has them, and as history knows them, which is later.

    last: the marks that history knows of the base's tasks and of these keys besides.
    """
    keyless = [mark for mark in marks.marks if not split_keys(mark.key)]
    rows = [mark for mark in marks.marks if split_keys(mark.key)]
    taken = {key for mark in rows for key in split_keys(mark.key)}
    rows += adopted(keyless, taken, {}, today)  # the very keys that these rows were given then
    at = {base_key(key): i for i, mark in enumerate(rows) for key in split_keys(mark.key)}
    for base, mark in last(at).items():
        if base not in at:
            rows.append(mark)
            continue
        was = rows[at[base]]
        key = was.key if len(split_keys(was.key)) > 1 else mark.key  # the step that it has come to since the copy
        rows[at[base]] = replace(mark, key=key, own=was.own, due=was.due, cells=was.cells, row=was.row)
    return TasksTab(tuple(rows), marks.extra)


def remember(opened: Opened, state: StateFolder, seen: Read) -> None:
    """Keep what stands at former places, and where the tabs are now. Call it when the write is done."""
    was = _memory(opened)
    known = {told: digests for told, digests in was.items() if opened.beside(told).is_file()}
    for one in seen.former:
        if not one.is_copy:
            rows = read_tasks_tab(one.grid).marks
            known[_told(one.path, opened)] = {_name(mark): _digest(mark) for mark in rows}
    known.pop(_told(opened.workbook, opened) if companion_path(opened) is None else "", None)
    if (companion := companion_path(opened)) is not None:
        known[_told(companion, opened)] = {}  # the present place: all that stands there is read in every run
    if known != was:
        write_whole(state.path / FILE, json.dumps({"places": known}, ensure_ascii=False, indent=1).encode())


def notes(opened: Opened, seen: Read, marks: Marks) -> list[Note]:
    """What to say of former places."""
    target = written_file(opened)
    if seen.is_lost:
        return [("openbook.note.remade", {"now": target.name})]
    found: list[Note] = [
        ("openbook.note.old_tabs", {"workbook": one.path.name, "now": target.name}) for one in seen.former
    ]
    if marks.taken:
        found.append(("openbook.note.marks_taken", {"n": marks.taken, "now": target.name}))
    if marks.differing:
        found.append(("openbook.note.marks_differ", {"n": marks.differing, "now": target.name}))
    return found


def _told(path: Path, opened: Opened) -> str:
    """A path as it is remembered: from the configuration's folder, so that the folder may be moved."""
    with suppress(ValueError):  # Windows: another drive
        return Path(os.path.relpath(path, opened.path.parent)).as_posix()
    return str(path)


def _memory(opened: Opened) -> dict[str, Mapping[str, str]]:
    state = StateFolder.existing(opened.path, opened.config.workbook)
    if state is None:
        return {}
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        known: dict[str, Any] = json.loads((state.path / FILE).read_text("utf-8"))["places"]
        return {str(told): dict(digests) for told, digests in known.items()}
    return {}  # not there yet, or damaged: then the new place wins
