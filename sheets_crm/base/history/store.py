"""The memory of one workbook's base: what it looked like, what changed, when each thing was first seen.

The only part of `base` that touches a database. It may be deleted at any time: identities and task keys are computed
anew, marks stand in the workbook. It never stops a run for its own damage; it does when it may not be read or written.
Knows nothing of tabs, rules or the order of a run.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Self, TypeVar

import polars as pl
from sqlalchemy import Connection, Table, delete, insert, select

from sheets_crm.base.history import compact, events, problems, stages
from sheets_crm.base.history.database import Database
from sheets_crm.base.history.events import MarkSeen, TaskSeen
from sheets_crm.base.history.journal import Event, Question
from sheets_crm.base.history.journal import events as told_events
from sheets_crm.base.history.reading import Glance
from sheets_crm.base.history.recall import Known, known
from sheets_crm.base.history.recording import Before, Run, RunSummary, Sitting, record, sitting
from sheets_crm.base.history.schema import (
    FIELD_CHANGES,
    RUNS,
    SNAPSHOTS,
    STAGE_TRANSITIONS,
    TASK_EVENTS,
    TASK_MOVES,
    TASK_RESULTS,
    TASKS,
)
from sheets_crm.base.history.snapshots import Snapshots
from sheets_crm.base.model import Base
from sheets_crm.disk import make_folder
from sheets_crm.errors import StateError
from sheets_crm.words import Phrase

T = TypeVar("T")
Note = tuple[str, Mapping[str, object]]

_TABLES: Mapping[str, Table] = {
    "runs": RUNS,
    "field_changes": FIELD_CHANGES,
    "stage_transitions": STAGE_TRANSITIONS,
    "tasks": TASKS,
    "task_events": TASK_EVENTS,
    "task_moves": TASK_MOVES,
    "task_results": TASK_RESULTS,
}


class History:
    """State of one workbook in a folder: `history.db` and `snapshots/`. For one writer at a time (sync/state's lock)."""

    def __init__(self, folder: Path, *, read_only: bool = False, keep_days: int = compact.KEEP_DAYS) -> None:
        path = folder / "history.db"
        self._database: Database | Glance = Glance(path) if read_only else Database(path)
        self._snapshots = Snapshots(folder / "snapshots")
        self._known: dict[str, Known] = {}
        self._keep_days = keep_days
        self._accepted = False

    @classmethod
    def open(cls, folder: Path, *, keep_days: int = compact.KEEP_DAYS) -> History:
        """The history in `folder`, made or migrated where needed. StateError: not allowed, busy, or of a newer program.

        keep_days: how long everything is kept in full (docs/explain/state.md).
        """
        try:
            make_folder(folder)
        except OSError as error:
            raise StateError("state.folder_denied", path=str(folder)) from error
        history = cls(folder, keep_days=keep_days)
        history._database.run(lambda _: None)
        return history

    @classmethod
    def look(cls, folder: Path) -> History:
        """The history in `folder`, for looking things up: nothing is written there, also where it would need mending."""
        return cls(folder, read_only=True)

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
        keys = {"lost": "state.snapshot_lost", "put_back": "history.put_back"}
        notes: list[Note] = [
            (keys[one.trouble], {"card": Phrase(f"cli.card.{card}")})
            for card, one in sorted(self._known.items())
            if one.trouble != ""
        ]
        if self._database.moved is not None:
            notes.insert(0, ("state.database_moved", {"path": str(self._database.moved)}))
        if isinstance(self._database, Glance) and self._database.damaged:
            notes.insert(0, ("history.damaged", {"path": str(self._database.path)}))
        return tuple(notes)

    # --- what was ---------------------------------------------------------------------------------------------------

    def previous(self, card: str) -> pl.DataFrame | None:
        """The card's frame as the last run left it; None at first, or when it is lost (then a note says so)."""
        return self._recalled(card).identities

    def _recalled(self, card: str) -> Known:
        if card not in self._known:
            self._known[card] = self._database.run(lambda connection: known(connection, self._snapshots, card))
        return self._known[card]

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
        before, last = self._recalled(card).before.staged, self.last_run()
        now = frame.select("_id", pl.col("stage").cast(pl.String))
        joined = now.join(stood, on=["_id", "stage"], how="left", maintain_order="left")
        if before is None or last is None or "stage" not in before.columns:
            return joined
        was = before.select("_id", _was=pl.col("stage").cast(pl.String), _known=pl.lit(value=True))
        if was["_id"].equals(joined["_id"]):  # the same cards in the same order
            joined = joined.hstack(was.drop("_id"))
        else:
            joined = joined.join(was.unique("_id", keep="first"), on="_id", how="left", maintain_order="left")
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

    def events(self, asked: Question) -> list[Event]:
        """What happened, newest first."""
        return self._database.run(lambda connection: told_events(connection, asked))

    def ask(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question of another module of this room (`journal.names`, `alarms.gone_lately`)."""
        return self._database.run(question)

    def table(self, name: str) -> pl.DataFrame:
        """A whole table for reports: runs, field_changes, stage_transitions, tasks, task_events ... Days are ISO text."""
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
        before = self._before(base)
        summary = self._database.run(
            lambda connection: self._record(connection, run, base, before, _Tasks(tasks, reasons or {}))
        )
        named = self._database.run(lambda c: {row.file for row in c.execute(select(SNAPSHOTS.c.file))})
        self._snapshots.keep_only(named)
        troubles = {card: one.trouble for card, one in self._known.items()}
        self._known |= {
            card: Known(frame, Before(frame, frame), troubles.get(card, ""), named=True)
            for card, frame in base.frames.items()
        }
        self._accepted = False
        return summary

    def foreseen(
        self,
        run: Run,
        base: Base,
        tasks: Sequence[TaskSeen],
        marks: Sequence[MarkSeen],
        asked: Question,
        *,
        reasons: Mapping[str, str] | None = None,
    ) -> list[Event]:
        """What `events` will answer once these marks and this run are recorded; nothing is recorded yet."""
        before = self._before(base)

        def tried(connection: Connection) -> list[Event]:
            events.record_marks(connection, marks, today=run.today, now=run.started)
            self._record(connection, run, base, before, _Tasks(tasks, reasons or {}), trial=True)
            return told_events(connection, asked)

        return self._database.trial(tried)

    def accept(self) -> None:
        """The owner says that what is gone or rewritten is meant: the next recorded run is where alarms count from."""
        self._accepted = True

    def _before(self, base: Base) -> dict[str, Before]:
        return {card: self._recalled(card).before for card in base.frames}

    def _record(
        self,
        connection: Connection,
        run: Run,
        base: Base,
        before: Mapping[str, Before],
        tasks: _Tasks,
        *,
        trial: bool = False,
    ) -> RunSummary:
        now = sitting(connection, run, above=self._snapshots.last_run())

        def keep(card: str, frame: pl.DataFrame, same: bool) -> None:  # noqa: FBT001 - called with all three in a row
            if not trial:
                self._keep(connection, now, card, frame, same=same)

        summary = record(connection, now, base, before, tasks.shown, reasons=tasks.reasons, keep=keep)
        if self._accepted:
            compact.keep_value(connection, compact.ACCEPTED, str(now.number))
        compact.tidy(connection, now, keep_days=self._keep_days, shown={task.key for task in tasks.shown})
        return summary

    def _keep(self, connection: Connection, now: Sitting, card: str, frame: pl.DataFrame, *, same: bool) -> None:
        """The snapshot that counts from now on; one that is equal to the last stays where it is."""
        mine = SNAPSHOTS.c.card == card
        stands = connection.execute(select(SNAPSHOTS.c.card).where(mine)).fetchone() is not None
        if stands and same and self._recalled(card).named:
            return
        try:
            name, digest = self._snapshots.write(card, now.number, frame)
        except OSError as error:
            raise _unwritable(error, self._snapshots.folder) from error
        connection.execute(delete(SNAPSHOTS).where(mine))
        row = {"card": card, "run": now.number, "file": name, "rows": frame.height, "digest": digest}
        connection.execute(insert(SNAPSHOTS), [row])


@dataclass(frozen=True)
class _Tasks:
    """The tasks of one run, and why those that are not among them any more are over, by key."""

    shown: Sequence[TaskSeen]
    reasons: Mapping[str, str]


def _unwritable(error: OSError, folder: Path) -> StateError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return StateError("state.disk_full" if full else "state.folder_denied", path=str(folder))
