"""References between cards: by id, else by exactly one matching name; what matches nothing is a problem.

Pure. Source of the rule: DESIGN 5.4 («link to another card by id or by exactly one matching name»).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sheets_crm.cards import folded

# By what else than its id a card may be referred to.
NAMED_BY = {"client": ("name", "legal_name"), "deal": ("title",), "lead": ("title",)}


@dataclass(frozen=True)
class Linked:
    """One link field resolved. ids: `_id` of the card linked to or null. orphan, ambiguous: Boolean per row."""

    ids: pl.Series
    orphan: pl.Series
    ambiguous: pl.Series


def resolve(refs: pl.Series, target: pl.DataFrame, card: str) -> Linked:
    """Match references (String, null where blank) against the cards of `target`. A repeated id means its first row."""
    wanted = pl.DataFrame({"ref": folded(refs)})
    found = wanted.join(_by_id(target), on="ref", how="left", maintain_order="left")["to"]
    ambiguous = pl.repeat(value=False, n=len(refs), eager=True)
    for name in NAMED_BY.get(card, ()):
        if name not in target.columns or not bool((found.is_null() & refs.is_not_null()).any()):
            continue
        named = wanted.join(_by_name(target, name), on="ref", how="left", maintain_order="left")
        open_ = found.is_null()
        ambiguous = ambiguous | (open_ & (named["many"] > 1).fill_null(value=False))
        found = pl.select(pl.coalesce(found, pl.when(named["many"] == 1).then(named["to"]))).to_series()
    missing = found.is_null() & refs.is_not_null()
    return Linked(found, missing & ~ambiguous, missing & ambiguous)


def _by_id(target: pl.DataFrame) -> pl.DataFrame:
    if "id" not in target.columns:
        return pl.DataFrame(schema={"ref": pl.String, "to": pl.String})
    keys = target.select(ref=folded(target["id"]), to="_id").drop_nulls("ref")
    return keys.unique("ref", keep="first", maintain_order=True)


def _by_name(target: pl.DataFrame, name: str) -> pl.DataFrame:
    keys = target.select(ref=folded(target[name]), to="_id").drop_nulls("ref")
    return keys.group_by("ref").agg(to=pl.col("to").first(), many=pl.len())


def same_row(frame: pl.DataFrame, clients: pl.DataFrame) -> pl.Series:
    """`_id` of the client that stands on the same row (or tops the same merged-down block), null where none does."""
    if frame.height == clients.height and all(
        frame[mine].equals(clients[theirs]) for mine, theirs in (("_sheet", "_sheet"), ("_block", "_row"))
    ):
        return clients["_id"].alias("to")  # a client a row: they stand side by side already
    tops = clients.select("_sheet", pl.col("_row").alias("_block"), pl.col("_id").alias("to"))
    return frame.join(tops, on=["_sheet", "_block"], how="left", maintain_order="left")["to"]


def repeated(frame: pl.DataFrame) -> pl.Series:
    """Boolean: the row's id stands on an earlier row already."""
    ids = folded(frame["id"])
    return ids.is_not_null() & ~ids.is_first_distinct()
