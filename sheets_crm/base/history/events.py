"""The life of tasks as history keeps it: when each was opened, closed and opened again, and every mark on it once.

A mark is recorded by comparing it with the last recorded value, in the transaction that records it: reading the same tab
twice, or again after a crash, adds nothing; a value that comes back later is a new event.
Knows nothing of tabs; `tasks` hands over plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, insert, select, update

from sheets_crm.base.history.bulk import insert_many
from sheets_crm.base.history.schema import TASK_EVENTS, TASK_MOVES, TASKS

_CHUNK = 500  # values in one IN (...)
_MANY = 5_000  # above this, a table is read whole rather than asked for keys again and again
_AT_FIRST = {"status": "new"}  # what a field holds before anybody touched it; all others are blank
_OVER = {"done", "cancelled"}
_NAMES = [column.name for column in TASKS.c if column.name != "run"]  # of what a task is, whenever that was recorded
_TOLD, _KNOWN = itemgetter(*_NAMES), itemgetter(*(list(TASKS.c.keys()).index(name) for name in _NAMES))
OPEN, GONE = "open", "gone"  # states of a task beside those it is marked with and the reason it ended for
_KEPT = (
    "rule",
    "card",
    "subject",
    "client",
    "client_id",
    "manager",
    "title",
)  # what an ended task no longer says itself


@dataclass(frozen=True, slots=True)  # there may be as many as clients
class MarkSeen:
    """What a person's columns of one task row hold: column id -> text ("status" -> "done"). Blank is "" or left out."""

    key: str
    values: Mapping[str, str]
    who: str = ""


@dataclass(frozen=True, slots=True)  # there may be as many as clients
class TaskSeen:
    """A task as this run shows it. `opened` counts only for a task that history has not seen before.

    client_id: `_id` of the client, "" where none is known. title: what a task typed by hand says.
    """

    key: str
    rule: str
    opened: date
    card: str = ""
    subject: str = ""
    client: str = ""
    manager: str = ""
    due: date | None = None
    status: str = "new"
    closed_reason: str = ""
    client_id: str = ""
    title: str = ""


@dataclass
class TaskCounts:
    """What a run did to the list of tasks."""

    opened: int = 0
    closed: int = 0
    keys: set[str] = field(default_factory=set)
    moves: list[tuple[str, str, str]] = field(default_factory=list)  # key, state before, state now


def record_marks(connection: Connection, marks: Sequence[MarkSeen], *, today: date, now: datetime) -> int:
    """Append what changed in the marks since they were last recorded; how many events that was."""
    last = last_values(connection, [mark.key for mark in marks])
    known = {key for key, _ in last}
    blank: dict[int, bool] = {}  # by id: rows that nobody touched share their values
    rows = []
    for mark in marks:
        if mark.key not in known and id(mark.values) not in blank:
            blank[id(mark.values)] = all(value == _AT_FIRST.get(what, "") for what, value in mark.values.items())
        if mark.key not in known and blank[id(mark.values)]:
            continue
        for what, value in mark.values.items():
            number, old = last.get((mark.key, what), (0, _AT_FIRST.get(what, "")))
            if value == old:
                continue
            last[mark.key, what] = (number + 1, value)
            known.add(mark.key)
            rows.append(
                {
                    "key": mark.key, "what": what, "number": number + 1, "old": old, "new": value,
                    "who": mark.who, "day": today.isoformat(), "recorded": now.isoformat(timespec="seconds"),
                }
            )  # fmt: skip
    if rows:
        connection.execute(insert(TASK_EVENTS), rows)
    return len(rows)


def last_values(connection: Connection, keys: Iterable[str]) -> dict[tuple[str, str], tuple[int, str]]:
    """(key, what) -> number and value of the last event."""
    events = TASK_EVENTS.c
    found: dict[tuple[str, str], tuple[int, str]] = {}
    query: Select[Any] = select(events.key, events.what, events.number, events.new).order_by(events.number)
    for row in _of_keys(connection, query, keys):
        found[row.key, row.what] = (row.number, row.new)
    return found


def opened(connection: Connection, keys: Iterable[str]) -> dict[str, date]:
    """Key -> the day the task first appeared; unknown keys are left out."""
    rows = _of_keys(connection, select(TASKS.c.key, TASKS.c.opened), keys)
    return {row.key: date.fromisoformat(row.opened) for row in rows}


def closed(connection: Connection, keys: Iterable[str]) -> dict[str, date]:
    """Key -> the day the task was first seen closed; open and unknown ones are left out."""
    query = select(TASKS.c.key, TASKS.c.closed).where(TASKS.c.closed.is_not(None))
    return {row.key: date.fromisoformat(row.closed) for row in _of_keys(connection, query, keys)}


def said(connection: Connection, keys: Iterable[str], what: str) -> dict[str, date]:
    """Key -> the day on which what is recorded last of one thing was first seen; keys without it are left out."""
    events = TASK_EVENTS.c
    query = select(events.key, events.day).where(events.what == what).order_by(events.number)
    return {row.key: date.fromisoformat(row.day) for row in _of_keys(connection, query, keys)}


def known_tasks(connection: Connection, keys: Iterable[str]) -> dict[str, TaskSeen]:
    """Key -> the task as it was last recorded; unknown keys are left out."""
    rows = _of_keys(connection, select(TASKS), keys)
    return {
        row.key: TaskSeen(
            row.key, row.rule, date.fromisoformat(row.opened), row.card, row.subject, row.client, row.manager,
            date.fromisoformat(row.due) if row.due else None, row.status, row.closed_reason,
            row.client_id or "", row.title or "",
        )
        for row in rows
    }  # fmt: skip


def keys_of_tasks(connection: Connection, *, like: str = "", only_open: bool = False) -> list[str]:
    """Keys of the recorded tasks: those that are open, or those that look like a pattern of SQL."""
    query = select(TASKS.c.key)
    query = query.where(TASKS.c.closed.is_(None)) if only_open else query
    query = query.where(TASKS.c.key.like(like)) if like else query
    return [row.key for row in connection.execute(query)]


def record_tasks(
    connection: Connection,
    tasks: Sequence[TaskSeen],
    *,
    run: int,
    today: date,
    since: int = 0,
    reasons: Mapping[str, str] | None = None,
) -> TaskCounts:
    """Bring the list of tasks up to this run. An open task that is not shown any more is closed today.

    reasons: key -> why a task that is not shown any more is closed.
    """
    shown = {task.key: task for task in tasks}
    known = {row.key: row for row in connection.execute(select(TASKS).where(TASKS.c.closed.is_(None))).fetchall()}
    still_open = set(known)
    others = [key for key in shown if key not in known]
    known |= {row.key: row for row in _of_keys(connection, select(TASKS), others)}
    counts = TaskCounts()
    new, changed = [], []
    for key, task in shown.items():
        row = _row(task, known.get(key), run=run, today=today)
        was, now = _state(known.get(key)), _state(row)
        if key not in known:
            new.append(row)
            counts.keys.add(key)
        elif _TOLD(row) != _KNOWN(known[key]):
            changed.append(row)
        if was != now and (was or since):  # what stood open when history began was opened nobody knows when
            counts.moves.append((key, was, now))
        counts.closed += bool(row["closed"]) and (key not in known or known[key].closed is None)
    gone = [key for key in still_open if key not in shown]
    counts.opened = len(new)
    counts.closed += len(gone)
    if new:
        insert_many(connection, TASKS, new)
    _update(connection, changed)
    why = {key: (reasons or {}).get(key, GONE) for key in gone}
    for reason in dict.fromkeys(why.values()):
        for part in _chunks(key for key in gone if why[key] == reason):
            over = update(TASKS).where(TASKS.c.key.in_(part))
            connection.execute(over.values(closed=today.isoformat(), closed_reason=reason, run=run))
    counts.moves += [(key, OPEN, reason) for key, reason in why.items()]
    _record_moves(connection, counts.moves, run=run, today=today, since=since)
    return counts


def _state(task: Row[Any] | Mapping[str, object] | None) -> str:
    """open, done, cancelled, or the reason for which it ended; "" for a task that history does not know."""
    if task is None:
        return ""
    row = task if isinstance(task, Mapping) else task._mapping  # noqa: SLF001 - the row's public view of itself
    if row["closed"] is None:
        return OPEN
    return str(row["status"] if row["status"] in _OVER else row["closed_reason"] or GONE)


def _record_moves(
    connection: Connection, moves: Sequence[tuple[str, str, str]], *, run: int, today: date, since: int
) -> None:
    same = {"run": run, "since": since, "day": today.isoformat()}
    rows = [
        {**same, "number": number, "key": key, "state_from": was, "state_to": now}
        for number, (key, was, now) in enumerate(moves)
    ]
    if rows:
        insert_many(connection, TASK_MOVES, rows)


def _row(task: TaskSeen, known: Row[Any] | None, *, run: int, today: date) -> dict[str, object]:
    closed = None
    if task.status in _OVER or task.closed_reason:
        closed = (known.closed if known is not None else None) or today.isoformat()
    reason = task.closed_reason
    if reason and known is not None and known.closed is not None and known.closed_reason:
        reason = str(known.closed_reason)  # why it was over first; that it still is says no more
    told = {name: getattr(task, name) or (getattr(known, name) if known is not None else "") for name in _KEPT}
    return {
        "key": task.key, **told, "due": task.due.isoformat() if task.due else None,
        "opened": known.opened if known is not None else task.opened.isoformat(),
        "closed": closed, "closed_reason": reason, "status": task.status, "run": run,
    }  # fmt: skip


def _update(connection: Connection, rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    names = [name for name in rows[0] if name != "key"]
    statement = update(TASKS).where(TASKS.c.key == bindparam("the_key"))
    values: dict[str, BindParameter[object]] = {name: bindparam(f"the_{name}") for name in names}
    connection.execute(
        statement.values(values), [{f"the_{name}": value for name, value in row.items()} for row in rows]
    )


def _of_keys(connection: Connection, query: Select[Any], keys: Iterable[str]) -> Iterator[Row[Any]]:
    """The query's rows of these keys; the key is its first column. Of very many the whole table is read at once."""
    wanted = dict.fromkeys(keys)
    if len(wanted) > _MANY:
        yield from (row for row in connection.execute(query) if row[0] in wanted)
        return
    key = query.selected_columns[0]
    for part in _chunks(wanted):
        yield from connection.execute(query.where(key.in_(part))).fetchall()


def _chunks(values: Iterable[str]) -> Iterable[list[str]]:
    every = list(dict.fromkeys(values))
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))
