"""Clients formed from rows of something else: rows with an equal phone (or name ...) are one client.

Pure. Source of the rule: DESIGN 5.5 («clients are formed from visit rows by phone, else by name»).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sheets_crm.cards import folded


def grouped(rows: pl.DataFrame, by: Sequence[str]) -> pl.Series:
    """The group of each row: its first field of `by` that is filled, and that field's value; a row with none stands alone."""
    keys = [
        pl.lit(f"{name}:") + (rows[name] if name == "phone" else folded(rows[name]))
        for name in by
        if name in rows.columns
    ]
    alone = pl.lit("row:") + rows["_sheet"] + pl.lit(":") + rows["_row"].cast(pl.String)
    return pl.select(pl.coalesce(*keys, alone)).to_series()
