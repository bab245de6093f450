"""What happened, newest first: changes of cells, moves between stages, tasks and marks, runs; of the whole base or of one client.

Reads the database alone. Knows nothing of sentences, time zones or the frames of today: names and places are the caller's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from sheets_crm.base.history.schema import FIELD_CHANGES, RUNS, STAGE_TRANSITIONS, TASK_EVENTS, TASK_MOVES, TASKS

Kind = Literal["change", "stage", "task", "run"]
KINDS: tuple[Kind, ...] = ("change", "stage", "task", "run")
USUAL: tuple[Kind, ...] = ("change", "stage", "task")  # that a run took place is news to nobody


@dataclass(frozen=True)
class Question:
    """Whose history (a client's `_id`; None: everybody's), from and to which day, of which kinds, and how much at most.

    called: that client's name, by which tasks typed by hand know it.
    """

    client: str | None = None
    called: str = ""
    since: date | None = None
    until: date | None = None
    kinds: tuple[Kind, ...] = USUAL
    last: int = 50


@dataclass(frozen=True)
class Event:
    """One thing that happened after the run at `after` and was seen by the run at `seen` (ISO moments in UTC; "" unknown).

    what: changed, added, removed (change); moved (stage); opened, closed, reopened, marked (task); run.
    identity: the card's `_id`; of a task its key. client: the client's `_id`, "" where none is known.
    field: of a mark the column's id. old, new: of a stage where it left and where it went; of a closed task its state; of a
    run (new) how much it recorded. rule, title, called: of a task its rule, its own words, its client's name at that time.
    """

    kind: Kind
    what: str
    run: int
    day: str
    seen: str
    after: str = ""
    who: str = ""
    card: str = ""
    identity: str = ""
    client: str = ""
    sheet: str = ""
    cell: str = ""
    field: str = ""
    old: str | None = None
    new: str | None = None
    rule: str = ""
    title: str = ""
    called: str = ""


def events(connection: Connection, asked: Question) -> list[Event]:
    """The newest `last` events that answer the question."""
    found: list[tuple[tuple[object, ...], Event]] = []
    for kind in asked.kinds:
        found += [((one.run, one.seen, _rank(one), number), one) for number, one in _READERS[kind](connection, asked)]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return [event for _, event in found[: asked.last]]


def _rank(event: Event) -> int:
    """What comes of what: an edit moves a stage or is marked, and a task opens or closes for it."""
    return 2 if event.what == "marked" else {"change": 0, "stage": 1, "task": 3, "run": 4}[event.kind]


def names(connection: Connection, identities: Iterable[str]) -> dict[str, str]:
    """What cards that came or went were called: `_id` -> name, where a run wrote it down."""
    changes = FIELD_CHANGES.c
    wanted = list(dict.fromkeys(identities))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        query = (
            select(changes.identity, func.coalesce(changes.old, changes.new))
            .where(changes.identity.in_(wanted[start : start + 500]), changes.kind.in_(("removed", "added")))
            .order_by(changes.run, changes.number)
        )
        found |= {identity: name for identity, name in connection.execute(query) if name}
    return found


def removed_clients(connection: Connection) -> list[tuple[str, str]]:
    """`_id` and name of clients whose row went, the latest first."""
    changes = FIELD_CHANGES.c
    query = (
        select(changes.identity, changes.old)
        .where(changes.kind == "removed", changes.card == "client", changes.old.is_not(None))
        .order_by(changes.run.desc(), changes.number)
    )
    return list({row[0]: (str(row[0]), str(row[1])) for row in connection.execute(query)}.values())


# --- one kind each ----------------------------------------------------------------------------------------------------------

_SEEN = RUNS.alias("seen_by")
_AFTER = RUNS.alias("not_yet_by")


def _changes(connection: Connection, asked: Question) -> Iterable[tuple[int, Event]]:
    table = FIELD_CHANGES.c
    conditions = [*_days(asked, table.day), *_whose(asked, table)]
    if "stage" in asked.kinds:  # told as a move, then
        conditions.append(table.field != "stage")
    query = _spanned(select(FIELD_CHANGES, _SEEN.c.started, _AFTER.c.started.label("before")), FIELD_CHANGES)
    query = query.where(*conditions).order_by(table.run.desc(), table.number.desc()).limit(asked.last)
    for row in connection.execute(query):
        yield row.number, Event(
            "change", row.kind, row.run, row.day, row.started or "", row.before or "", row.who, row.card, row.identity,
            row.client, row.sheet, row.cell, row.field, row.old, row.new,
        )  # fmt: skip


def _stages(connection: Connection, asked: Question) -> Iterable[tuple[int, Event]]:
    table = STAGE_TRANSITIONS.c
    conditions = [*_days(asked, table.day), *_whose(asked, table)]
    if "change" in asked.kinds:
        conditions.append(~_came_or_went())
    query = _spanned(
        select(STAGE_TRANSITIONS, _SEEN.c.started, _SEEN.c.who, _AFTER.c.started.label("before")), STAGE_TRANSITIONS
    )
    query = query.where(*conditions).order_by(table.run.desc(), table.number.desc()).limit(asked.last)
    for row in connection.execute(query):
        yield row.number, Event(
            "stage", "moved", row.run, row.day, row.started or "", row.before or "", row.who or "", row.card, row.identity,
            row.client, field="stage", old=row.stage_from, new=row.stage_to,
        )  # fmt: skip


def _came_or_went() -> ColumnElement[bool]:
    """The card itself came or went in the same run: that says it all."""
    move, change = STAGE_TRANSITIONS.c, FIELD_CHANGES.c
    same = and_(change.card == move.card, change.identity == move.identity, change.run == move.run)
    whole = select(change.run).where(same, change.kind.in_(("added", "removed"))).exists()
    return and_(or_(move.stage_from.is_(None), move.stage_to.is_(None)), whole)


def _tasks(connection: Connection, asked: Question) -> Iterable[tuple[int, Event]]:
    moves = TASK_MOVES.c
    query = _spanned(
        select(TASK_MOVES, _SEEN.c.started, _AFTER.c.started.label("before"), *_TASK), TASK_MOVES
    ).outerjoin(TASKS, TASKS.c.key == moves.key)
    query = query.where(*_days(asked, moves.day), *_task_of(asked))
    for row in connection.execute(query.order_by(moves.run.desc(), moves.number.desc()).limit(asked.last)):
        what = "closed" if row.state_to != "open" else "reopened" if row.state_from else "opened"
        yield (
            row.number,
            _of_task(row, what, row.run, row.started or "", row.before or "", old=row.state_from, new=row.state_to),
        )
    yield from _marks(connection, asked)


def _marks(connection: Connection, asked: Question) -> Iterable[tuple[int, Event]]:
    """Marks, each of the first run that began no earlier than it was recorded: they are recorded before all else."""
    marks = TASK_EVENTS.c
    query = select(TASK_EVENTS, *_TASK).outerjoin(TASKS, TASKS.c.key == marks.key)
    if asked.since is not None:
        query = query.where(marks.day >= asked.since.isoformat())
    query = query.where(*_until(connection, asked), *_task_of(asked))
    rows = connection.execute(
        query.order_by(marks.recorded.desc(), marks.key, marks.what, marks.number.desc()).limit(asked.last)
    )
    found = rows.fetchall()
    runs = connection.execute(select(RUNS.c.run, RUNS.c.started).order_by(RUNS.c.started)).fetchall() if found else []
    started = [row.started for row in runs]
    for number, row in enumerate(reversed(found)):
        at = bisect_left(started, row.recorded)
        run = runs[at].run if at < len(runs) else (runs[-1].run + 1 if runs else 1)
        before = started[at - 1] if at else ""
        yield (
            number,
            _of_task(row, "marked", run, row.recorded, before, old=row.old, new=row.new, field=row.what, who=row.who),
        )


def _until(connection: Connection, asked: Question) -> Sequence[ColumnElement[bool]]:
    """Marks that may have been made by that day: the run after the last one of that day, or an earlier one, recorded them."""
    if asked.until is None:
        return ()
    last = connection.execute(select(func.max(RUNS.c.started)).where(RUNS.c.today <= asked.until.isoformat())).scalar()
    if last is None:
        return (TASK_EVENTS.c.day <= asked.until.isoformat(),)
    after = connection.execute(select(func.min(RUNS.c.started)).where(RUNS.c.started > last)).scalar()
    return () if after is None else (TASK_EVENTS.c.recorded <= after,)


_TASK = (
    TASKS.c.rule, TASKS.c.card, TASKS.c.subject, TASKS.c.client.label("called"), TASKS.c.client_id, TASKS.c.title,
)  # fmt: skip


def _of_task(row: Any, what: str, run: int, seen: str, before: str, **more: Any) -> Event:
    whose = row.client_id or (row.subject if row.card == "client" else "") or ""
    return Event(
        "task", what, run, row.day, seen, before, card=row.card or "", identity=row.key, client=whose, rule=row.rule or "",
        title=row.title or "", called=row.called or "", **more,
    )  # fmt: skip


def _runs(connection: Connection, asked: Question) -> Iterable[tuple[int, Event]]:
    if asked.client is not None:  # a run is nobody's
        return
    query = select(RUNS).where(*_days(asked, RUNS.c.today, spanned=False)).order_by(RUNS.c.run.desc()).limit(asked.last)
    rows = connection.execute(query).fetchall()
    counts = {row.run: 0 for row in rows}
    for table in (FIELD_CHANGES, STAGE_TRANSITIONS, TASK_MOVES):
        counting = select(table.c.run, func.count()).where(table.c.run.in_(counts)).group_by(table.c.run)
        for run, times in connection.execute(counting):
            counts[run] += times
    for row in rows:
        yield 0, Event("run", "run", row.run, row.today, row.started, who=row.who, new=str(counts[row.run]))


_READERS: dict[Kind, Callable[[Connection, Question], Iterable[tuple[int, Event]]]] = {
    "change": _changes,
    "stage": _stages,
    "task": _tasks,
    "run": _runs,
}


def _spanned(query: Select[Any], table: Any) -> Select[Any]:
    """With the runs between which it happened."""
    return (
        query.select_from(table)
        .outerjoin(_SEEN, _SEEN.c.run == table.c.run)
        .outerjoin(_AFTER, _AFTER.c.run == table.c.since)
    )


def _days(asked: Question, day: ColumnElement[str], *, spanned: bool = True) -> Sequence[ColumnElement[bool]]:
    """It may have happened in these days: it was seen on the first or later, and was not there yet on the last or before."""
    found: list[ColumnElement[bool]] = []
    if asked.since is not None:
        found.append(day >= asked.since.isoformat())
    if asked.until is not None:
        begun = func.coalesce(_AFTER.c.today, day) if spanned else day
        found.append(begun <= asked.until.isoformat())
    return found


def _whose(asked: Question, table: Any) -> Sequence[ColumnElement[bool]]:
    if asked.client is None:
        return ()
    return (or_(table.client == asked.client, and_(table.card == "client", table.identity == asked.client)),)


def _task_of(asked: Question) -> Sequence[ColumnElement[bool]]:
    if asked.client is None:
        return ()
    task = TASKS.c
    theirs = [task.client_id == asked.client, and_(task.card == "client", task.subject == asked.client)]
    if asked.called:
        theirs.append(and_(task.client_id == "", task.client == asked.called))
    return (or_(*theirs),)
