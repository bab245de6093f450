"""The memory of one workbook's base: what it looked like, what changed, when each thing was first seen.

The only part of `base` that touches a database. It may be deleted at any time: identities and task keys are computed
anew, marks stand in the workbook. It never stops a run for its own damage; it does when it may not be read or written.
Knows nothing of tabs, rules or the order of a run.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self

import polars as pl
from sqlalchemy import Connection, Table, delete, insert, select

from sheets_crm.base.history import events, problems, stages
from sheets_crm.base.history.changes import changes
from sheets_crm.base.history.database import Database
from sheets_crm.base.history.events import MarkSeen, TaskSeen
from sheets_crm.base.history.schema import FIELD_CHANGES, RUNS, SNAPSHOTS, STAGE_TRANSITIONS, TASK_EVENTS, TASKS
from sheets_crm.base.history.snapshots import Snapshots
from sheets_crm.base.model import Base
from sheets_crm.cells import letter
from sheets_crm.disk import make_folder
from sheets_crm.errors import StateError
from sheets_crm.words import Phrase

Note = tuple[str, Mapping[str, object]]

_TABLES: Mapping[str, Table] = {
    "runs": RUNS,
    "field_changes": FIELD_CHANGES,
    "stage_transitions": STAGE_TRANSITIONS,
    "tasks": TASKS,
    "task_events": TASK_EVENTS,
}


@dataclass(frozen=True)
class Run:
    """One sync as history knows it. started: aware, UTC. who: the last editor, where the book can tell (Google)."""

    started: datetime
    today: date
    fingerprint: str = ""
    program: str = ""
    who: str = ""


@dataclass(frozen=True)
class RunSummary:
    """What `record_run` wrote. `first`: there was nothing to compare with."""

    run: int
    first: bool
    changed: int = 0
    added: int = 0
    removed: int = 0
    moves: int = 0
    tasks_opened: int = 0
    tasks_closed: int = 0


class History:
    """State of one workbook in a folder: `history.db` and `snapshots/`. For one writer at a time (sync/state's lock)."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(folder / "history.db")
        self._snapshots = Snapshots(folder / "snapshots")
        self._cache: dict[str, pl.DataFrame | None] = {}
        self._lost: dict[str, str] = {}

    @classmethod
    def open(cls, folder: Path) -> History:
        """The history in `folder`, made or migrated where needed. StateError: not allowed, busy, or of a newer program."""
        try:
            make_folder(folder)
        except OSError as error:
            raise StateError("state.folder_denied", path=str(folder)) from error
        history = cls(folder)
        history._database.run(lambda _: None)
        return history

    def close(self) -> None:
        """Let the files go."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was found damaged and begun anew: words keys and values, for the run's report."""
        notes: list[Note] = [
            ("state.snapshot_lost", {"card": Phrase(f"cli.card.{card}")}) for card in sorted(self._lost)
        ]
        if self._database.moved is not None:
            notes.insert(0, ("state.database_moved", {"path": str(self._database.moved)}))
        return tuple(notes)

    # --- what was ---------------------------------------------------------------------------------------------------

    def previous(self, card: str) -> pl.DataFrame | None:
        """The card's frame as the last run left it; None at first, or when it is lost (then a note says so)."""
        if card not in self._cache:
            self._cache[card] = self._database.run(lambda connection: self._previous(connection, card))
        return self._cache[card]

    def counts(self) -> dict[str, int]:
        """Card kind -> rows at the last run; {} at first."""
        rows = self._database.run(lambda c: c.execute(select(SNAPSHOTS.c.card, SNAPSHOTS.c.rows)).fetchall())
        if rows:
            return {row.card: row.rows for row in rows}
        found = {card: self.previous(card) for card in self._snapshots.cards()}
        return {card: frame.height for card, frame in found.items() if frame is not None}

    def last_run(self) -> Run | None:
        """The last recorded run; None at first."""
        row = self._database.run(lambda c: c.execute(select(RUNS).order_by(RUNS.c.run.desc()).limit(1)).fetchone())
        if row is None:
            return None
        started, today = datetime.fromisoformat(row.started), date.fromisoformat(row.today)
        return Run(started, today, row.fingerprint, row.program, row.who)

    def opened(self, keys: Iterable[str]) -> dict[str, date]:
        """Task key -> the day it first appeared; keys that history does not know are left out."""
        return self._database.run(lambda connection: events.opened(connection, keys))

    def closed(self, keys: Iterable[str]) -> dict[str, date]:
        """Task key -> the day it was first seen closed; open ones and those that history does not know are left out."""
        return self._database.run(lambda connection: events.closed(connection, keys))

    def last_marks(self, keys: Iterable[str]) -> dict[str, dict[str, str]]:
        """Task key -> column id -> the last recorded value."""
        found: dict[str, dict[str, str]] = {}
        for (key, what), (_, value) in self._database.run(lambda c: events.last_values(c, keys)).items():
            found.setdefault(key, {})[what] = value
        return found

    def said(self, keys: Iterable[str], what: str) -> dict[str, date]:
        """Task key -> the day on which the last recorded value of a column was first seen."""
        return self._database.run(lambda connection: events.said(connection, keys, what))

    def known_tasks(self, keys: Iterable[str]) -> dict[str, TaskSeen]:
        """Task key -> the task as it was last recorded; keys that history does not know are left out."""
        return self._database.run(lambda connection: events.known_tasks(connection, keys))

    def keys_of_tasks(self, *, like: str = "", only_open: bool = False) -> list[str]:
        """Keys of the recorded tasks: those still open, or those that look like a pattern of SQL."""
        return self._database.run(lambda c: events.keys_of_tasks(c, like=like, only_open=only_open))

    def entered_stage(self, card: str, frame: pl.DataFrame, today: date) -> pl.DataFrame:
        """Since when each card of this run's frame stands in its stage: `_id`, stage, entered (Date), after (Date).

        entered: the first day a run saw it there; after: the last day a run saw it elsewhere or nowhere. Both are null for a
        card that stood there when we began to look: nobody knows since when.
        """
        stood = stages.with_days(self._database.run(lambda connection: stages.standing(connection, card)))
        before, last = self.previous(card), self.last_run()
        now = frame.select("_id", pl.col("stage").cast(pl.String))
        joined = now.join(stood, on=["_id", "stage"], how="left", maintain_order="left")
        if before is None or last is None or "stage" not in before.columns:
            return joined
        was = before.select("_id", _was=pl.col("stage").cast(pl.String), _known=pl.lit(value=True)).unique(
            "_id", keep="first"
        )
        joined = joined.join(was, on="_id", how="left", maintain_order="left")
        fresh = pl.col("_known").is_null() | pl.col("stage").ne_missing(pl.col("_was"))
        return joined.select(
            "_id",
            "stage",
            pl.when(fresh).then(pl.lit(today)).otherwise("entered").alias("entered"),
            pl.when(fresh).then(pl.lit(last.today)).otherwise("after").alias("after"),
        )

    def first_seen(self, base: Base, today: date) -> tuple[date, ...]:
        """The day each problem of the base was first seen, in their order; `today` for new ones."""
        return self._database.run(lambda connection: problems.first_seen(connection, base, today))

    def table(self, name: str) -> pl.DataFrame:
        """A whole table for reports: runs, field_changes, stage_transitions, tasks, task_events. Days are ISO text."""
        source = _TABLES[name]
        kinds = {column.name: pl.Int64 if column.type.python_type is int else pl.String for column in source.columns}
        query = select(source).order_by(*source.primary_key.columns)
        rows = self._database.run(lambda connection: connection.execute(query).fetchall())
        return pl.DataFrame([tuple(row) for row in rows], schema=kinds, orient="row")

    # --- what is recorded -------------------------------------------------------------------------------------------

    def record_marks(self, marks: Sequence[MarkSeen], *, today: date, now: datetime) -> int:
        """Record the marks that stand in the tab, before anything is computed; how many were new. Twice is harmless."""
        return self._database.run(lambda c: events.record_marks(c, marks, today=today, now=now)) if marks else 0

    def record_run(
        self, run: Run, base: Base, tasks: Sequence[TaskSeen] = (), reasons: Mapping[str, str] | None = None
    ) -> RunSummary:
        """Record the base and the tasks of one run: all of it, or nothing. The first look at a card records no changes.

        tasks: all that are shown; an open task that is not among them is closed, for the reason that `reasons` gives its key.
        StateError: the folder is full or may not be written; what was recorded before stays as it was.
        """
        was = {card: self.previous(card) for card in base.frames}
        summary = self._database.run(
            lambda connection: self._record(connection, run, base, was, _Tasks(tasks, reasons or {}))
        )
        names = self._database.run(lambda c: {row.file for row in c.execute(select(SNAPSHOTS.c.file))})
        self._snapshots.keep_only(names)
        self._cache.update(base.frames)
        return summary

    def _previous(self, connection: Connection, card: str) -> pl.DataFrame | None:
        row = connection.execute(select(SNAPSHOTS).where(SNAPSHOTS.c.card == card)).fetchone()
        if row is None:
            return self._snapshots.orphan(card) if not _any_run(connection) else None
        frame = self._snapshots.read(row.file, row.digest)
        if frame is None:
            self._lost[card] = row.file
        return frame

    def _sitting(self, connection: Connection, run: Run) -> _Sitting:
        before = connection.execute(select(RUNS).order_by(RUNS.c.run.desc()).limit(1)).fetchone()
        number = max(before.run if before is not None else 0, self._snapshots.last_run()) + 1
        if before is None:
            return _Sitting(run, number, 0, None)
        return _Sitting(run, number, before.run, date.fromisoformat(before.today))

    def _record(
        self,
        connection: Connection,
        run: Run,
        base: Base,
        was: Mapping[str, pl.DataFrame | None],
        tasks: _Tasks,
    ) -> RunSummary:
        sitting = self._sitting(connection, run)
        connection.execute(insert(RUNS), [_run_row(sitting)])
        counts = {"changed": 0, "added": 0, "removed": 0}
        moves = 0
        for card, frame in base.frames.items():
            self._keep(connection, sitting, card, frame, was[card])
            old = was[card]
            if old is not None:
                rows = _located(changes(old, frame), base, card)
                _append_changes(connection, rows, sitting, sum(counts.values()))
                for kind, times in rows["kind"].value_counts().rows():
                    counts[kind] += times
            moves += stages.record_stages(
                connection, card, frame, old, run=sitting.number, first_number=moves, today=run.today, last=sitting.last
            )
        problems.record(connection, base, run.today)
        done = events.record_tasks(
            connection, tasks.shown, run=sitting.number, today=run.today, now=run.started, reasons=tasks.reasons
        )
        first = all(frame is None for frame in was.values())
        return RunSummary(
            sitting.number, first, **counts, moves=moves, tasks_opened=done.opened, tasks_closed=done.closed
        )

    def _keep(
        self, connection: Connection, sitting: _Sitting, card: str, frame: pl.DataFrame, before: pl.DataFrame | None
    ) -> None:
        """The snapshot that counts from now on; one that is equal to the last stays where it is."""
        mine = SNAPSHOTS.c.card == card
        stands = connection.execute(select(SNAPSHOTS.c.card).where(mine)).fetchone() is not None
        if stands and before is not None and before.schema == frame.schema and before.equals(frame):
            return
        try:
            name, digest = self._snapshots.write(card, sitting.number, frame)
        except OSError as error:
            raise _unwritable(error, self._snapshots.folder) from error
        connection.execute(delete(SNAPSHOTS).where(mine))
        row = {"card": card, "run": sitting.number, "file": name, "rows": frame.height, "digest": digest}
        connection.execute(insert(SNAPSHOTS), [row])


@dataclass(frozen=True)
class _Tasks:
    """The tasks of one run, and why those that are not among them any more are over, by key."""

    shown: Sequence[TaskSeen]
    reasons: Mapping[str, str]


@dataclass(frozen=True)
class _Sitting:
    """A run while it is being recorded. since, last: number and day of the run before it."""

    run: Run
    number: int
    since: int
    last: date | None


def _unwritable(error: OSError, folder: Path) -> StateError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return StateError("state.disk_full" if full else "state.folder_denied", path=str(folder))


def _any_run(connection: Connection) -> bool:
    return connection.execute(select(RUNS.c.run).limit(1)).fetchone() is not None


def _run_row(sitting: _Sitting) -> dict[str, object]:
    run = sitting.run
    return {
        "run": sitting.number, "started": run.started.isoformat(timespec="seconds"), "today": run.today.isoformat(),
        "fingerprint": run.fingerprint, "program": run.program, "who": run.who,
    }  # fmt: skip


def _located(found: pl.DataFrame, base: Base, card: str) -> pl.DataFrame:
    """`cell` ("C7") beside each change; "" for a field without a column, the row's first cell for whole rows."""
    bound = [
        (sheet, column.field, letter(column.index))
        for sheet, binding in base.bindings.items()
        for column in binding.columns
        if column.card == card
    ]
    letters = pl.DataFrame(
        bound, schema={"sheet": pl.String, "field": pl.String, "letter": pl.String}, orient="row"
    ).unique(["sheet", "field"], keep="first", maintain_order=True)
    place = pl.when(pl.col("field") == "").then(pl.lit("A")).otherwise("letter") + pl.col("row").cast(pl.String)
    joined = found.join(letters, on=["sheet", "field"], how="left", maintain_order="left")
    return joined.with_columns(place.fill_null("").alias("cell"), card=pl.lit(card))


def _append_changes(connection: Connection, rows: pl.DataFrame, sitting: _Sitting, first_number: int) -> None:
    if not rows.height:
        return
    run = sitting.run
    same = {"run": sitting.number, "since": sitting.since, "day": run.today.isoformat(), "who": run.who}
    names = ["kind", "identity", "sheet", "cell", "field", "old", "new", "card"]
    records = enumerate(rows.select(names).iter_rows(named=True))
    connection.execute(insert(FIELD_CHANGES), [same | row | {"number": first_number + n} for n, row in records])
