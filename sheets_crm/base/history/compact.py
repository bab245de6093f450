"""Old history made small, once a day, in the transaction of a run and within bounds.

Everything younger than `keep_days` stays as it is, and so does whatever lies within the last thirty days on which there were
runs: a clock that jumps ahead for a day makes nothing old. What goes, and what is kept of it: docs/explain/state.md.
Decides by rows and days, never by the clock of the machine: trying it out says what doing it will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, bindparam, delete, func, insert, select, union, update

from sheets_crm.base.history.recording import Sitting
from sheets_crm.base.history.schema import (
    FIELD_CHANGES,
    KEEPING,
    RUNS,
    SNAPSHOTS,
    STAGE_TRANSITIONS,
    TASK_EVENTS,
    TASK_MOVES,
    TASK_RESULTS,
    TASKS,
)

KEEP_DAYS = 730
RUN_DAYS = 30  # days with runs that are never touched
ACCEPTED, TIDIED, FOLDED = "accepted", "tidied", "folded"  # names of what is kept in mind
_ROWS, _TASKS, _CHUNK = 100_000, 5_000, 500  # of changes and of tasks, in one day; in one statement


def kept_value(connection: Connection, name: str) -> str:
    """What was kept in mind under a name; "" when nothing was."""
    return str(connection.execute(select(KEEPING.c.value).where(KEEPING.c.name == name)).scalar() or "")


def keep_value(connection: Connection, name: str, value: str) -> None:
    """Keep in mind until it is said otherwise."""
    connection.execute(delete(KEEPING).where(KEEPING.c.name == name))
    connection.execute(insert(KEEPING), [{"name": name, "value": value}])


def tidy(connection: Connection, now: Sitting, *, keep_days: int, shown: Collection[str]) -> None:
    """The day's share of the work; nothing when it was done today. shown: keys of tasks that must stay as they are."""
    today = now.run.today.isoformat()
    if kept_value(connection, TIDIED) == today:
        return
    keep_value(connection, TIDIED, today)
    days = select(RUNS.c.today).distinct().order_by(RUNS.c.today.desc()).limit(RUN_DAYS)
    recent = [row.today for row in connection.execute(days)]
    if len(recent) < RUN_DAYS:
        return
    edge = min(recent[-1], today)
    old = min(edge, (now.run.today - timedelta(days=keep_days)).isoformat())
    _fold_changes(connection, before=old[:7])
    _count_tasks(connection, before=old, shown=shown)
    _thin_runs(connection, edge=edge, old=old)


# --- changes of cells: one a cell and month -----------------------------------------------------------------------------------


def _fold_changes(connection: Connection, *, before: str) -> None:
    """Months that ended before the month `before` (YYYY-MM), the oldest first."""
    changes = FIELD_CHANGES.c
    budget = _ROWS
    done = kept_value(connection, FOLDED)
    while budget > 0:
        first = select(func.min(changes.day)).where(changes.kind == "changed", func.substr(changes.day, 1, 7) > done)
        month = str(connection.execute(first).scalar() or "")[:7]
        if not month or month >= before:
            return
        budget -= _fold_month(connection, month)
        keep_value(connection, FOLDED, month)
        done = month


def _fold_month(connection: Connection, month: str) -> int:
    """Changes of the same cell become one, from what stood there first to what stood there last; how many rows were read."""
    changes = FIELD_CHANGES.c
    names = ("run", "number", "since", "who", "card", "identity", "field", "old", "new")
    query = (
        select(*(changes[name] for name in names))
        .where(changes.kind == "changed", func.substr(changes.day, 1, 7) == month)
        .order_by(changes.run, changes.number)
    )
    rows = connection.execute(query).fetchall()
    text = dict.fromkeys(names, pl.String)
    frame = pl.DataFrame([tuple(row) for row in rows], schema=text | dict.fromkeys(names[:3], pl.Int64), orient="row")
    cell = ("card", "identity", "field")
    several = frame.filter(pl.len().over(cell) > 1)
    if several.is_empty():
        return frame.height
    same = pl.col("who").n_unique() == 1
    whole = several.group_by(cell, maintain_order=True).agg(
        pl.col("run", "number", "new").last(),
        pl.col("since", "old").first(),
        who=pl.when(same).then(pl.col("who").last()).otherwise(pl.lit("")),
    )
    whole = whole.filter(pl.col("old").ne_missing(pl.col("new")))  # what came back to where it was is no change
    gone = several.join(whole, on=["run", "number"], how="anti").select("run", "number")
    place = (changes.run == bindparam("the_run"), changes.number == bindparam("the_number"))
    connection.execute(delete(FIELD_CHANGES).where(*place), _named(gone.iter_rows(named=True), ("run", "number")))
    if whole.height:
        values: dict[str, Any] = {name: bindparam(f"the_{name}") for name in ("since", "old", "who")}
        connection.execute(
            update(FIELD_CHANGES).where(*place).values(values),
            _named(whole.iter_rows(named=True), ("run", "number", *values)),
        )
    return frame.height


def _named(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    return [{f"the_{name}": row[name] for name in names} for row in rows]


# --- tasks: how many ended how ----------------------------------------------------------------------------------------------


def _count_tasks(connection: Connection, *, before: str, shown: Collection[str]) -> None:
    """Tasks closed before that day become numbers, but for those that the tab still shows."""
    tasks = TASKS.c
    query = select(TASKS).where(tasks.closed < before).order_by(tasks.closed, tasks.key)
    rows = [row for row in connection.execute(query) if row.key not in shown][:_TASKS]
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        keys = [row.key for row in part]
        outcomes = _outcomes(connection, keys)
        counts = Counter(
            (row.closed[:7], row.rule, row.manager, _ended(row), outcomes.get(row.key, "")) for row in part
        )
        _add_results(connection, counts)
        for table, column in ((TASK_EVENTS, TASK_EVENTS.c.key), (TASK_MOVES, TASK_MOVES.c.key), (TASKS, tasks.key)):
            connection.execute(delete(table).where(column.in_(keys)))


def _ended(row: Any) -> str:
    """In which of few ways it ended: why in words is told while the task itself is kept."""
    return str(row.status if row.status in {"done", "cancelled"} else "gone")


def _outcomes(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    marks = TASK_EVENTS.c
    query = select(marks.key, marks.new).where(marks.key.in_(keys), marks.what == "outcome").order_by(marks.number)
    return {row.key: row.new for row in connection.execute(query)}


def _add_results(connection: Connection, counts: Counter[tuple[str, str, str, str, str]]) -> None:
    names = ("month", "rule", "manager", "ended", "outcome")
    for values, times in counts.items():
        same = [TASK_RESULTS.c[name] == value for name, value in zip(names, values, strict=True)]
        stood = connection.execute(select(TASK_RESULTS.c.times).where(*same)).scalar()
        if stood is None:
            connection.execute(insert(TASK_RESULTS), [dict(zip(names, values, strict=True)) | {"times": times}])
        else:
            connection.execute(update(TASK_RESULTS).where(*same).values(times=stood + times))


# --- runs: those between which something happened ---------------------------------------------------------------------------


def _thin_runs(connection: Connection, *, edge: str, old: str) -> None:
    """Of quiet runs the last of each day stays, of those from before `old` the last of each month."""
    runs = RUNS.c
    spans = (FIELD_CHANGES, STAGE_TRANSITIONS, TASK_MOVES)
    needed = union(select(SNAPSHOTS.c.run), *(select(table.c[name]) for table in spans for name in ("run", "since")))
    used = {row[0] for row in connection.execute(needed)}
    rows = connection.execute(select(runs.run, runs.today).where(runs.today < edge).order_by(runs.run)).fetchall()
    last = {row.today if row.today >= old else row.today[:7]: row.run for row in rows}
    used |= set(last.values())
    gone = [row.run for row in rows if row.run not in used]
    for start in range(0, len(gone), _CHUNK):
        connection.execute(delete(RUNS).where(runs.run.in_(gone[start : start + _CHUNK])))
