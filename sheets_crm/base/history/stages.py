"""Which card entered which stage and when, as the runs saw it: time in stage for bases without dates (FEATURES F7).

Knows nothing of funnels: a stage is the canonical text in the card's `stage` column.
"""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import Connection, insert, select

from sheets_crm.base.history.changes import as_text
from sheets_crm.base.history.schema import STAGE_TRANSITIONS

_SCHEMA = {"_id": pl.String, "stage": pl.String, "after": pl.String, "entered": pl.String}


def nothing_moved(connection: Connection, card: str, frame: pl.DataFrame, before: pl.DataFrame | None) -> bool:
    """The same cards in the same stages as in the last snapshot, and that one is on record: the usual run, told cheaply."""
    if before is None or "stage" not in frame.columns or "stage" not in before.columns:
        return False
    if not (frame["_id"].equals(before["_id"]) and frame["stage"].equals(before["stage"])):
        return False
    query = select(STAGE_TRANSITIONS.c.run).where(STAGE_TRANSITIONS.c.card == card).limit(1)
    return connection.execute(query).fetchone() is not None


def record_stages(
    connection: Connection,
    card: str,
    frame: pl.DataFrame,
    *,
    run: int,
    first_number: int,
    today: date,
    last: date | None,
) -> int:
    """Append the moves since the last recorded stage of each card; how many.

    The first look at a card kind is recorded as well, with an unknown beginning. A card that went has moved to no stage.
    """
    if "stage" not in frame.columns:
        return 0
    stood = standing(connection, card)
    now = frame.select("_id", pl.col("stage").cast(pl.String), amount=_amount(frame))
    moved = now.join(stood.select("_id", was="stage"), on="_id", how="left", maintain_order="left")
    moved = moved.filter(pl.col("stage").ne_missing(pl.col("was")))
    gone = stood.filter(pl.col("stage").is_not_null()).join(now, on="_id", how="anti")
    after = last.isoformat() if last is not None and stood.height else None
    rows = [
        *((identity, was, stage, amount) for identity, stage, amount, was in moved.rows()),
        *((identity, stage, None, None) for identity, stage in gone.select("_id", "stage").rows()),
    ]
    if rows:
        connection.execute(
            insert(STAGE_TRANSITIONS),
            [
                {
                    "run": run, "number": first_number + number, "card": card, "identity": identity,
                    "stage_from": was, "stage_to": stage, "after": after, "day": today.isoformat(), "amount": amount,
                }
                for number, (identity, was, stage, amount) in enumerate(rows)
            ],
        )  # fmt: skip
    return len(rows)


def standing(connection: Connection, card: str) -> pl.DataFrame:
    """The last recorded stage of each card: _id, stage, after, entered (ISO text)."""
    table = STAGE_TRANSITIONS.c
    query = (
        select(table.identity, table.stage_to, table.after, table.day)
        .where(table.card == card)
        .order_by(table.run, table.number)
    )
    rows = connection.execute(query).fetchall()
    frame = pl.DataFrame([tuple(row) for row in rows], schema=_SCHEMA, orient="row")
    return frame.unique("_id", keep="last", maintain_order=True)


def with_days(frame: pl.DataFrame) -> pl.DataFrame:
    """ISO text made days."""
    return frame.with_columns(pl.col("after", "entered").str.to_date("%Y-%m-%d"))


def _amount(frame: pl.DataFrame) -> pl.Series:
    if "amount" not in frame.columns:
        return pl.Series("amount", [None], dtype=pl.String).new_from_index(0, frame.height)
    return as_text(frame["amount"])
