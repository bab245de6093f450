"""What one run adds to the history: its changes, moves, tasks and problems, in the caller's one transaction.

Knows nothing of how the database is opened or where snapshots lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl
from sqlalchemy import Connection, insert, select

from sheets_crm.base.history import events, problems, stages
from sheets_crm.base.history.changes import changes
from sheets_crm.base.history.events import TaskSeen
from sheets_crm.base.history.schema import FIELD_CHANGES, RUNS
from sheets_crm.base.model import Base
from sheets_crm.cells import letter


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


@dataclass(frozen=True)
class Sitting:
    """A run while it is being recorded. since, last: number and day of the run before it (0, None without one)."""

    run: Run
    number: int
    since: int
    last: date | None


@dataclass(frozen=True)
class Before:
    """A card kind as it stood before this run. compared: what changes are told against. staged: and moves between stages."""

    compared: pl.DataFrame | None = None
    staged: pl.DataFrame | None = None


def sitting(connection: Connection, run: Run, *, above: int) -> Sitting:
    """The run with its number: above all that are known, also of runs (`above`) that only the snapshots remember."""
    before = connection.execute(select(RUNS).order_by(RUNS.c.run.desc()).limit(1)).fetchone()
    number = max(before.run if before is not None else 0, above) + 1
    if before is None:
        return Sitting(run, number, 0, None)
    return Sitting(run, number, before.run, date.fromisoformat(before.today))


def record(
    connection: Connection,
    now: Sitting,
    base: Base,
    before: Mapping[str, Before],
    tasks: Iterable[TaskSeen],
    *,
    reasons: Mapping[str, str] | None = None,
    keep: Callable[[str, pl.DataFrame, bool], object] = lambda _card, _frame, _same: None,
) -> RunSummary:
    """Record all of it. reasons: key -> why a task that is not shown any more is closed.

    keep: called with each card kind, its frame and whether that is the same as before, before its changes are recorded.
    """
    connection.execute(insert(RUNS), [run_row(now)])
    counts = {"changed": 0, "added": 0, "removed": 0}
    moves = 0
    for card, frame in base.frames.items():
        old = before[card].compared
        same = old is not None and old.schema == frame.schema and old.equals(frame)
        keep(card, frame, same)
        if old is not None and not same:
            found = _owned(_typed(changes(old, frame), base, card), (frame, old), base.frame("deal"))
            rows = _located(found, base, card)
            _append_changes(connection, rows, now, sum(counts.values()))
            for kind, times in rows["kind"].value_counts().rows():
                counts[kind] += times
        moves += stages.record_stages(
            connection, card, frame, before[card].staged,
            run=now.number, first_number=moves, today=now.run.today, last=now.last, since=now.since,
        )  # fmt: skip
    problems.record(connection, base, now.run.today)
    done = events.record_tasks(
        connection, tuple(tasks), run=now.number, today=now.run.today, since=now.since, reasons=reasons
    )
    first = all(one.compared is None for one in before.values())
    return RunSummary(now.number, first, **counts, moves=moves, tasks_opened=done.opened, tasks_closed=done.closed)


def run_row(now: Sitting) -> dict[str, object]:
    """The run as a row of its table."""
    run = now.run
    return {
        "run": now.number, "started": run.started.astimezone(UTC).isoformat(timespec="seconds"), "today": run.today.isoformat(),
        "fingerprint": run.fingerprint, "program": run.program, "who": run.who,
    }  # fmt: skip


def any_run(connection: Connection) -> bool:
    """Has history begun?"""
    return connection.execute(select(RUNS.c.run).limit(1)).fetchone() is not None


def _typed(found: pl.DataFrame, base: Base, card: str) -> pl.DataFrame:
    """Without what formulas worked out anew: nobody typed that, and a formula with today's date would fill the journal."""
    places = [(sheet, field) for sheet, kind, field in base.computed if kind == card]
    if not places or not found.height:
        return found
    formulas = pl.DataFrame(places, schema={"sheet": pl.String, "field": pl.String}, orient="row")
    return found.join(formulas, on=["sheet", "field"], how="anti", maintain_order="left")


def _owned(found: pl.DataFrame, frames: Sequence[pl.DataFrame], deals: pl.DataFrame | None) -> pl.DataFrame:
    """With the client of cards that name only their deal (a payment, an order line)."""
    if not found.height or deals is None or "client_id" not in deals.columns:
        return found
    links = [frame.select("_id", "deal_id") for frame in frames if "deal_id" in frame.columns]
    if not links:
        return found
    owners = (
        pl.concat(links)
        .unique("_id", keep="first")
        .join(deals.select(deal_id="_id", _owner="client_id").unique("deal_id", keep="first"), on="deal_id")
    )
    joined = found.join(
        owners.select(identity="_id", _owner="_owner"), on="identity", how="left", maintain_order="left"
    )
    client = pl.when(pl.col("client") == "").then(pl.col("_owner").fill_null("")).otherwise("client")
    return joined.with_columns(client=client).drop("_owner")


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


def _append_changes(connection: Connection, rows: pl.DataFrame, now: Sitting, first_number: int) -> None:
    if not rows.height:
        return
    run = now.run
    same = {"run": now.number, "since": now.since, "day": run.today.isoformat(), "who": run.who}
    names: Sequence[str] = ["kind", "identity", "sheet", "cell", "field", "old", "new", "card", "client"]
    records = enumerate(rows.select(names).iter_rows(named=True))
    connection.execute(insert(FIELD_CHANGES), [same | row | {"number": first_number + n} for n, row in records])
