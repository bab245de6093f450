"""The tasks tab read back: what managers typed, row by row.

Rows are known by their hidden key alone, so sorting and filtering don't matter; columns are found by `columns_found`.
Pure. Decides nothing about a task's life (tasks).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sheets_crm.books.model import Grid
from sheets_crm.cells import Kind
from sheets_crm.tabs.columns_found import Found, find_columns
from sheets_crm.tabs.look import unique
from sheets_crm.tabs.task_columns import IDS, ids_by_label, priorities_by_label, statuses_by_label
from sheets_crm.tabs.told import told, without_notes
from sheets_crm.tabs.typed import NOTHING, Typed, read_day, rows_of
from sheets_crm.tasks.keys import is_key, is_own, note_key, split_keys
from sheets_crm.tasks.model import Mark, Status, Told
from sheets_crm.tasks.texts import fold
from sheets_crm.words import Lang

_TEXTS = ("outcome", "reason", "comment", "repeat", "why")


@dataclass(frozen=True)
class TasksTab:
    """What stands on the tab: the marks from top to bottom, and the headers of people's own columns in their order."""

    marks: tuple[Mark, ...]
    extra: tuple[str, ...]


def read_marks(grid: Grid) -> tuple[Mark, ...]:
    """Every row of the tab as a mark, in either language and after whatever people did to rows, columns and headers."""
    return read_tasks_tab(grid).marks


def read_tasks_tab(grid: Grid) -> TasksTab:
    """Marks, and the headers of the columns that people added (also of empty ones)."""
    rows, numbers = rows_of(grid)
    found = find_columns(rows)
    found = replace(found, ids={name: found.ids[name] for name in IDS if name in found.ids})
    places = sorted(found.extra)
    names = unique([found.extra[place] for place in places], set())
    extra = dict(zip(places, names, strict=True))
    marks = []
    for row, number in zip(rows[found.header + 1 :], numbers[found.header + 1 :], strict=True):
        if _has_key(row, found) or not _is_header_again(row):
            mark = _mark(row, found, extra, number + 1)
            marks += [mark] if mark else []
    return TasksTab(tuple(marks), tuple(names))


def _mark(row: Sequence[Typed], found: Found, extra: Mapping[int, str], number: int) -> Mark | None:
    """The mark of one row; None for a blank row and for the sentence of an empty tab."""
    cells = {name: row[place] for name, place in found.ids.items() if place < len(row) and row[place] is not NOTHING}
    added = {name: row[place].plain(found.lang) for place, name in extra.items()}
    key = cells.get("key", NOTHING).as_text(found.lang).strip()
    if key.startswith("n") and is_key(key.lower()):
        sentence = cells.get("todo", NOTHING).as_text(found.lang)
        if note_key(sentence) == key.lower():
            cells.pop("todo", None)
        key = ""
        del cells["key"]
    if not cells and all(value is None for value in added.values()):
        return None
    return _read(cells, found.lang, key, added, number)


def _read(cells: Mapping[str, Typed], lang: Lang, key: str, extra: Mapping[str, object], number: int) -> Mark:
    """The mark of the cells that hold anything, by column."""
    texts = {name: cells[name].as_text(lang) for name in _TEXTS if name in cells}
    due_cell = cells.get("due", NOTHING)
    due, hour = due_cell.day(lang), cells.get("time", NOTHING).hour(lang)
    if hour is None and isinstance(due, date) and due_cell.clock:
        hour = due_cell.clock
    keys = split_keys(key)
    own = not keys or is_own(keys[0])
    comment, why = texts.get("comment", ""), texts.get("why", "")
    found = _cells(cells, lang)
    if why:  # also of a rule's row: it may be a copy, which becomes a task of one's own
        found["why"] = without_notes(why)
    return Mark(
        key=" ".join(keys) or key,
        status=_status(cells.get("status", NOTHING), lang),
        outcome=texts.get("outcome", ""),
        reason=texts.get("reason", ""),
        comment=comment,
        snooze_until=cells.get("snooze_until", NOTHING).day(lang),
        due=due,
        time=hour,
        repeat=texts.get("repeat", ""),
        own=own,
        cells=found if "" not in found.values() else {name: value for name, value in found.items() if value != ""},
        extra=extra,
        row=number,
        day_said=read_day(comment) if comment else None,
        told=told(why) if why else Told(),
    )


def _status(cell: Typed, lang: Lang) -> str:
    """A status we know, in any language; other words as typed; a blank cell is a new task."""
    text = cell.as_text(lang)
    if not text.strip():
        return Status.NEW
    return statuses_by_label().get(fold(text).rstrip(".!"), text)


def _cells(cells: Mapping[str, Typed], lang: Lang) -> dict[str, object]:
    """What stands under our columns, by id and in their order; a priority we know as its number."""
    text = Kind.TEXT
    found: dict[str, object] = {
        name: cell.text if cell.kind is text else cell.as_text(lang) for name, cell in cells.items()
    }
    found.pop("key", None)
    level = str(found.get("priority", ""))
    if level.strip() in ("1", "2", "3"):
        found["priority"] = int(level)
    elif fold(level) in priorities_by_label():
        found["priority"] = priorities_by_label()[fold(level)]
    return found


def _has_key(row: Sequence[Typed], found: Found) -> bool:
    """Does the row name a task? Then it is no header, and its other cells need not be asked."""
    place = found.ids.get("key", len(row))
    return place < len(row) and bool(split_keys(row[place].text))


def _is_header_again(row: Sequence[Typed]) -> bool:
    """A second copy of the header row: most of our labels in one row."""
    known = ids_by_label()
    return len({known.get(fold(cell.text)) for cell in row} - {None}) > len(IDS) // 2
