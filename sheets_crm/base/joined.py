"""Rows that tell more about cards standing elsewhere: extra sources joined by a key, and rows that name a client of another sheet.

Pure. Source of the rules: DESIGN 5.2 (extra sources joined to a card by a key), 5.5 (whose rows are the clients);
docs/reference/clients.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sheets_crm.cards import folded

_PLACES = frozenset({"_sheet", "_row", "_block", "_future"})
_PHONES = ("phone", "phone2")


def keyed(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    """`at` (UInt32, the row's position) and `key` (String) of the rows that have one; a row with two telephones has two."""
    at = pl.int_range(pl.len(), dtype=pl.UInt32).alias("at")
    if key not in _PHONES:
        if key not in frame.columns:
            return pl.DataFrame(schema={"at": pl.UInt32, "key": pl.String})
        return frame.select(at, key=folded(frame[key].cast(pl.String))).drop_nulls("key")
    lists = [f"{name}s" for name in _PHONES if f"{name}s" in frame.columns]
    parts = [
        frame.select(at, key=pl.col(name).cast(pl.List(pl.String))).explode("key").drop_nulls("key") for name in lists
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema={"at": pl.UInt32, "key": pl.String})


def joined(cards: pl.DataFrame, rows: pl.DataFrame, key: str) -> tuple[pl.DataFrame, pl.Series]:
    """The cards with what `rows` say of the same key: blanks are filled, nothing is overwritten, and a stop mark always counts.

    The second: Boolean, a row of `rows` that has a key and matches no card.
    """
    fields = [name for name in rows.columns if name not in _PLACES]
    known = keyed(rows, key)
    told = known.hstack(rows.select(fields)[known["at"]].rename({name: f"{name}_told" for name in fields}))
    told = told.group_by("key", maintain_order=True).agg(_one(name) for name in fields)
    there = keyed(cards, key)
    said = there.join(told, on="key", how="inner", maintain_order="left")
    said = said.group_by("at", maintain_order=True).agg(_one(name) for name in fields)
    base = cards.with_row_index("at").join(said, on="at", how="left", maintain_order="left")
    result = base.with_columns(_filled(name, here=name in cards.columns) for name in fields)
    met = known.filter(known["key"].is_in(there["key"].unique().implode()))["at"].unique()
    everyone = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    orphans = everyone.is_in(known["at"].unique().implode()) & ~everyone.is_in(met.implode())
    return result.select(*cards.columns, *(name for name in fields if name not in cards.columns)), orphans


def _one(name: str) -> pl.Expr:
    column = pl.col(f"{name}_told")
    return column.any() if name == "do_not_contact" else column.drop_nulls().first()


def _filled(name: str, *, here: bool) -> pl.Expr:
    told = pl.col(f"{name}_told")
    if not here:
        return told.alias(name)
    if name == "do_not_contact":
        return pl.col(name).fill_null(value=False) | told.fill_null(value=False)
    return pl.coalesce(name, told).alias(name)


def matched(clients: pl.DataFrame, rows: pl.DataFrame, by: Sequence[str]) -> tuple[pl.Series, pl.Series]:
    """`_id` of the client that each row names, by the first key that finds one; a name only where exactly one client has it.

    clients: with `_id`. The second: Boolean, a row that has a key and finds nobody.
    """
    found = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
    asked = pl.Series([False], dtype=pl.Boolean).new_from_index(0, rows.height)
    everyone = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
    for key in by:
        wanted, there = keyed(rows, key), keyed(clients, key)
        asked = asked | everyone.is_in(wanted["at"].implode())
        there = there.with_columns(to=clients["_id"].gather(there["at"])).unique(["key", "to"], maintain_order=True)
        if key == "name":
            there = there.filter(~there["key"].is_duplicated())
        hits = wanted.join(
            there.unique("key", keep="first", maintain_order=True), on="key", how="inner", maintain_order="left"
        )
        first = hits.unique("at", keep="first", maintain_order=True).select("at", "to")
        here = pl.DataFrame({"at": everyone}).join(first, on="at", how="left", maintain_order="left")["to"]
        found = pl.select(pl.coalesce(found, here)).to_series()
    return found, asked & found.is_null()
