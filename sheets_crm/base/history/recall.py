"""Which snapshot speaks for a card kind, when the database and the folder of snapshots may be of different days.

Either of them may be lost, damaged or put back from an old copy. Identities are carried over from the newest snapshot
there is; changes are told against the one that the database names, or against a newer one when the database itself is an
old copy, and never against an older one: what happened since then is on record already.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl
from sqlalchemy import Connection, select

from sheets_crm.base.history import stages
from sheets_crm.base.history.recording import Before, any_run
from sheets_crm.base.history.schema import RUNS, SNAPSHOTS
from sheets_crm.base.history.snapshots import Snapshots

Trouble = Literal["", "lost", "put_back"]


@dataclass(frozen=True)
class Known:
    """identities: the frame that these are carried over from. trouble: what was found amiss, for the run's report.

    named: the database names the very snapshot that changes are told against.
    """

    identities: pl.DataFrame | None = None
    before: Before = field(default_factory=Before)
    trouble: Trouble = ""
    named: bool = False


def known(connection: Connection, snapshots: Snapshots, card: str) -> Known:
    """All that is remembered of a card kind."""
    row = connection.execute(select(SNAPSHOTS).where(SNAPSHOTS.c.card == card)).fetchone()
    if row is None:
        return _unnamed(connection, snapshots, card)
    named = snapshots.read(row.file, row.digest)
    others = snapshots.others(card, row.file)
    newer = next((frame for run, frame in others if run > row.run), None)
    if named is not None:
        return Known(named if newer is None else newer, Before(named, named), named=True)
    if newer is not None:  # the database is an older copy
        return Known(newer, Before(newer, _restaged(connection, card, newer)), "put_back")
    older = next((frame for _, frame in snapshots.others(card, row.file)), None)
    return Known(older, Before(), "lost")


def _unnamed(connection: Connection, snapshots: Snapshots, card: str) -> Known:
    """The database knows no snapshot: it is new, or an older copy, or the card kind is met for the first time."""
    last = connection.execute(select(RUNS.c.run).order_by(RUNS.c.run.desc()).limit(1)).scalar() or 0
    if any_run(connection):
        found = next((frame for run, frame in snapshots.others(card, "") if run > last), None)
    else:
        found = next((frame for _, frame in snapshots.others(card, "")), None)
    return Known() if found is None else Known(found, Before(found, found))


def _restaged(connection: Connection, card: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the stages that are on record, so that no move is missing between them and today's."""
    if "stage" not in frame.columns:
        return frame
    stood = stages.standing(connection, card).select("_id", _stood="stage", _on_record=pl.lit(value=True))
    joined = frame.join(stood, on="_id", how="left", maintain_order="left")
    stage = pl.when(pl.col("_on_record")).then(pl.col("_stood")).otherwise(pl.col("stage").cast(pl.String))
    return joined.with_columns(stage=stage).drop("_stood", "_on_record")
