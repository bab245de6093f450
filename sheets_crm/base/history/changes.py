"""What changed in a card's frame between two runs, cell by cell.

Pure, and vectorised: a column that is equal costs one comparison. Knows nothing of databases or sentences.
"""

from __future__ import annotations

import polars as pl

SCHEMA = {
    "identity": pl.String,
    "kind": pl.String,
    "field": pl.String,
    "old": pl.String,
    "new": pl.String,
    "sheet": pl.String,
    "row": pl.UInt32,
    "client": pl.String,
}

# What a card is called by, best first: it is all that is left of a row that went.
_TITLES = ("name", "client", "title", "number", "id", "product", "service", "text")


def changes(previous: pl.DataFrame, current: pl.DataFrame) -> pl.DataFrame:
    """Differences by `_id`: one row a changed field, one a row that came ("added") or went ("removed").

    Columns: identity, kind ("changed", "added", "removed"), field ("" for whole rows), old, new (as text; null is blank; of a
    whole row what the card is called by), sheet, row (the user's, where it stands now; where it stood, for "removed"), client
    (`_id` of the client it belongs to; "" where none is known). In the order of `current`, field by field.
    A field that is bound in one frame only is no change: the owner bound a column, nobody typed.
    """
    found = [pl.DataFrame(schema=SCHEMA)]
    aligned = current.height == previous.height and current["_id"].equals(previous["_id"])
    if aligned:
        now, was = current, previous
    else:
        here = current.select("_id").with_row_index("now")
        there = previous.select("_id").with_row_index("was")
        pairs = here.join(there, on="_id", how="inner", maintain_order="left")
        now, was = current[pairs["now"]], previous[pairs["was"]]
        found += [
            _whole(current.join(previous, on="_id", how="anti", maintain_order="left"), "added"),
            _whole(previous.join(current, on="_id", how="anti", maintain_order="left"), "removed"),
        ]
    for field, column in compared(now, was):
        found.append(_of_field(now, was, field, column))
    return pl.concat(found)


def compared(now: pl.DataFrame, was: pl.DataFrame) -> list[tuple[str, str]]:
    """Fields to compare and the columns that hold them. Links' `<field>_id` follow from others and are left out."""
    both = [name for name in now.columns if name in was.columns and not name.startswith("_")]
    fields = []
    for name in both:
        if name.endswith("_id") and name.removesuffix("_id") in both:
            continue
        if isinstance(now.schema[name], pl.List) and name.removesuffix("s") in both:
            continue  # `phones` speaks for `phone`, below
        whole = name + "s"
        fields.append((name, whole if whole in both and isinstance(now.schema[whole], pl.List) else name))
    return fields


def _whole(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    nothing = pl.lit(None, pl.String)
    named = [pl.col(name) for name in _TITLES if rows.schema.get(name) == pl.String]
    called = pl.coalesce(named) if named else nothing
    return rows.select(
        identity=pl.col("_id"),
        kind=pl.lit(kind),
        field=pl.lit(""),
        old=called if kind == "removed" else nothing,
        new=called if kind == "added" else nothing,
        sheet=pl.col("_sheet").cast(pl.String),
        row=pl.col("_row").cast(pl.UInt32),
        client=owner(rows),
    )


def owner(rows: pl.DataFrame) -> pl.Expr:
    """The client that each card belongs to, "" where none is known. A client belongs to nobody: it is its own `identity`."""
    return pl.col("client_id").cast(pl.String).fill_null("") if "client_id" in rows.columns else pl.lit("")


def _of_field(now: pl.DataFrame, was: pl.DataFrame, field: str, column: str) -> pl.DataFrame:
    here, there = now[column], was[column]
    if here.dtype == there.dtype and here.equals(there):
        return pl.DataFrame(schema=SCHEMA)
    if here.dtype != there.dtype or here.dtype.is_nested():
        here, there = as_text(here), as_text(there)
    places = here.ne_missing(there).arg_true()
    rows = now[places]
    return pl.DataFrame(
        {
            "identity": rows["_id"],
            "kind": pl.repeat("changed", len(places), eager=True, dtype=pl.String),
            "field": pl.repeat(field, len(places), eager=True, dtype=pl.String),
            "old": as_text(there.gather(places)),
            "new": as_text(here.gather(places)),
            "sheet": rows["_sheet"].cast(pl.String),
            "row": rows["_row"].cast(pl.UInt32),
            "client": rows.select(_owner=owner(rows)).to_series()
            if "client_id" in rows.columns
            else [""] * rows.height,
        },
        schema=SCHEMA,
    )


def as_text(values: pl.Series) -> pl.Series:
    """Values as the journal keeps them: ISO days, numbers without idle zeros, lists joined by "; "."""
    if isinstance(values.dtype, pl.List):
        return values.cast(pl.List(pl.String)).list.join("; ")
    text = values.cast(pl.String)
    if values.dtype.is_decimal() or values.dtype.is_float():
        return text.str.replace(r"^(-?\d+)(?:\.0*|(\.\d*?[1-9])0*)$", "$1$2")
    return text
