"""Changes too large to be obeyed without asking: a base that was emptied, a column that was rewritten.

Pure: says what it sees; `sync` stops the run. Source: DESIGN 7, promise 8; FEATURES V3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

ENOUGH = 20  # rows; below that, half of them may well be an ordinary day

# What a person is known by. Stages and sums may change wholesale in a day; these don't.
_STEADY = ("name", "phone", "email", "tax_id", "client", "birthday")


@dataclass(frozen=True)
class Loss:
    """A card kind that lost most of its rows, or all."""

    card: str
    was: int
    now: int


@dataclass(frozen=True)
class Rewrite:
    """A field that reads otherwise in most of the rows: pasted over, or sorted apart from its neighbours."""

    card: str
    field: str
    changed: int
    rows: int


def looks_emptied(previous: Mapping[str, int], current: Mapping[str, int]) -> Loss | None:
    """The worst loss among card kinds, None when there is none: more than half of 20 or more rows, or every row.

    previous, current: card kind -> number of rows. A kind that is not bound any more (no entry) is not a loss of rows.
    """
    losses = [
        Loss(card, was, now)
        for card, was in previous.items()
        if was and (now := current.get(card, was)) < was and (now == 0 or (was >= ENOUGH and now * 2 < was))
    ]
    return max(losses, key=lambda loss: (loss.was - loss.now) / loss.was, default=None)


def looks_rewritten(card: str, previous: pl.DataFrame | None, current: pl.DataFrame) -> Rewrite | None:
    """The field that changed from one value to another in more than half of the rows known before (20 or more)."""
    if previous is None:
        return None
    fields = [name for name in _STEADY if name in current.columns and name in previous.columns]
    fields = [name for name in fields if current.schema[name] == previous.schema[name]]
    if current.height == previous.height and all(current[name].equals(previous[name]) for name in fields):
        return None
    pairs = current.select("_id", *fields).join(previous.select("_id", *fields), on="_id", suffix="_was")
    if pairs.height < ENOUGH:
        return None
    worst = [
        Rewrite(card, name, int((pairs[name] != pairs[f"{name}_was"]).sum()), int(pairs[f"{name}_was"].count()))
        for name in fields
    ]
    worst = [seen for seen in worst if seen.rows >= ENOUGH and seen.changed * 2 > seen.rows]
    return max(worst, key=lambda seen: seen.changed, default=None)
