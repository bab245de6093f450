"""Clients formed from rows of something else: rows with an equal phone (or name ...) are one client.

Pure. Source of the rule: DESIGN 5.5 («clients are formed from visit rows by phone, else by name»); docs/reference/clients.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from sheets_crm.base.model import Binding
from sheets_crm.base.settings import ClientSettings
from sheets_crm.cards import fold, folded

# What tells one client from another: a row that has none of these filled is about nobody.
TELLING = ("id", "name", "first_name", "last_name", "legal_name", "tax_id", "phone", "phone2", "email")

_PLACES = frozenset({"_sheet", "_row", "_block"})


def forming(bindings: Iterable[Binding], said: ClientSettings) -> tuple[str, ...]:
    """By what clients are formed: what the owner says; else, where they stand only on sheets of visits, a row a visit, by these.

    bindings: of the sheets whose rows are (or name) clients.
    """
    if said.by is not None:
        return said.by
    stated = {fold(name) for name in said.sheets}
    theirs = [binding for binding in bindings if not stated or fold(binding.sheet) in stated]
    if not all("visit" in binding.cards and _a_row_each(binding) for binding in theirs):
        return ()
    bound = {column.field for binding in theirs for column in binding.columns if column.card == "client"}
    return tuple(name for name in ("id", "phone", "name") if name in bound)


def _a_row_each(binding: Binding) -> bool:
    return bool((binding.layout.rows == binding.layout.blocks).all())


def grouped(rows: pl.DataFrame, by: Sequence[str]) -> pl.Series:
    """The group of each row: its first field of `by` that is filled, and that field's value.

    A row that has none of them but tells a client apart otherwise stands alone; null for a row that names nobody.
    """
    keys = [
        pl.lit(f"{name}:") + (rows[name] if name == "phone" else folded(rows[name]))
        for name in by
        if name in rows.columns
    ]
    alone = pl.lit("row:") + rows["_sheet"] + pl.lit(":") + rows["_row"].cast(pl.String)
    named = [rows[name].is_not_null() for name in TELLING if name in rows.columns]
    telling = pl.any_horizontal(named) if named else pl.lit(value=False)
    return pl.select(pl.coalesce(*keys, pl.when(telling).then(alone))).to_series()


def merged(rows: pl.DataFrame, when: pl.DataFrame | None) -> pl.DataFrame:
    """One row a group (`_group`), at its first row's place; of every field the first value that is there.

    Two things must not be lost by that: all telephones are kept (and all addresses, as `emails`, for whoever looks for
    duplicates), and people change their minds: the last answer about mailing holds, and a stop mark in any row.
    when: `_sheet`, `_row`, `_when` (Date) of the rows, where they are dated; a row without a day is older than all that have one.
    """
    rows = rows.with_row_index("_place")
    if when is not None:
        rows = rows.join(when, on=["_sheet", "_row"], how="left", maintain_order="left")
    order = ["_when", "_place"] if when is not None else ["_place"]

    def one(name: str) -> pl.Expr:
        column = pl.col(name)
        if name in _PLACES:
            return column.first()
        if name == "mailing_consent":
            return column.sort_by(order, nulls_last=False).drop_nulls().last()
        if name == "do_not_contact":
            return column.any()
        if isinstance(rows.schema[name], pl.List):
            return column.explode().drop_nulls().unique(maintain_order=True)
        return column.drop_nulls().first()

    fields = [name for name in rows.columns if name not in {"_group", "_place", "_when"}]
    more = [pl.col("email").drop_nulls().unique(maintain_order=True).alias("emails")] if "email" in fields else []
    return rows.group_by("_group", maintain_order=True).agg(*(one(name) for name in fields), *more)
