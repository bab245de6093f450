"""Which card entered which stage and when, as the runs saw it: time in stage for bases without dates (FEATURES F7).

Knows nothing of funnels: a stage is the canonical text in the card's `stage` column.
"""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import Connection, insert, select

from sheets_crm.base.history.changes import as_text, owner
from sheets_crm.base.history.schema import STAGE_TRANSITIONS

_SCHEMA = {"_id": pl.String, "stage": pl.String, "after": pl.String, "entered": pl.String}


def record_stages(
    connection: Connection,
    card: str,
    frame: pl.DataFrame,
    before: pl.DataFrame | None,
    *,
    run: int,
    first_number: int,
    today: date,
    last: date | None,
    since: int = 0,
) -> int:
    """Append the moves since the last snapshot `before`; how many. The first look at a card kind has nothing to compare with.

    A card that is new has moved from no stage, one that went has moved to none.
    """
    if before is None or "stage" not in frame.columns or "stage" not in before.columns:
        return 0
    if frame["_id"].equals(before["_id"]) and frame["stage"].equals(before["stage"]):
        return 0  # the usual run
    now = frame.select("_id", pl.col("stage").cast(pl.String), amount=_amount(frame), client=owner(frame))
    was = before.select("_id", was=pl.col("stage").cast(pl.String), whose=owner(before))
    was = was.unique("_id", keep="first", maintain_order=True)
    moved = now.join(was, on="_id", how="left", maintain_order="left").filter(pl.col("stage").ne_missing(pl.col("was")))
    gone = was.filter(pl.col("was").is_not_null()).join(now, on="_id", how="anti", maintain_order="left")
    rows = [
        *((identity, old, stage, amount, client) for identity, stage, amount, client, old, _ in moved.rows()),
        *((identity, old, None, None, client) for identity, old, client in gone.rows()),
    ]
    if rows:
        connection.execute(
            insert(STAGE_TRANSITIONS),
            [
                {
                    "run": run, "number": first_number + number, "card": card, "identity": identity,
                    "stage_from": old, "stage_to": stage, "after": last.isoformat() if last else None, "day": today.isoformat(),
                    "amount": amount, "since": since, "client": client,
                }
                for number, (identity, old, stage, amount, client) in enumerate(rows)
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
