"""The clients tab drawn: one row a client, in columns, for bases of a hundred thousand.

No row is looked at by Python: columns are joined and formatted by Polars. Pure. Computes no numbers (analytics).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from sheets_crm.books.tab import Cell, Style, Tab, TabColumn, Table
from sheets_crm.tabs import look
from sheets_crm.tabs.context import DrawContext
from sheets_crm.words import knows, say

CLIENTS = "clients"


class _Column(NamedTuple):
    id: str
    field: str  # of the frame
    width: float
    kind: str  # text, link, source, center, money, count, number, date, flag


_COLUMNS = (
    _Column("client", "name", 36, "link"),
    _Column("contact", "contact", 36, "text"),
    _Column("manager", "manager", 16, "text"),
    _Column("purchases", "purchases", 11, "count"),
    _Column("revenue", "revenue", 14, "money"),
    _Column("average", "average", 14, "count"),
    _Column("interval", "interval", 14, "number"),
    _Column("last_purchase", "last_purchase", 13, "date"),
    _Column("next_purchase", "next_purchase", 13, "date"),
    _Column("abc", "abc", 7, "center"),
    _Column("debt", "debt", 14, "money"),
    _Column("open_deals", "open_deals", 11, "count"),
    _Column("consents", "consents", 11, "flag"),
    _Column("open_tasks", "open_tasks", 11, "count"),
    _Column("source", "source", 20, "source"),
)
_CENTERED = frozenset({"money", "count", "number", "date", "center", "flag"})


def draw_clients(frame: pl.DataFrame, ctx: DrawContext, open_tasks: Mapping[str, int] | None = None) -> Tab:
    """The tab of `Numbers.clients`, the best clients first (by revenue, then as in the file).

    open_tasks: client id -> number of open tasks. Columns without a single value are left out; links to the rows are
    drawn for up to 65,000 clients, because a workbook doesn't hold more of them.
    """
    if frame.is_empty():
        cell = Cell(0, 0, ctx.why_empty(CLIENTS, "tabs.empty.no_clients"), look.SENTENCE)
        return Tab(CLIENTS, ctx.title(CLIENTS), cells=(cell,), widths=(60.0,), color="0B5CAD")
    rows = _rows(frame, open_tasks or {})
    columns = tuple(
        _column(column, rows, ctx) for column in _COLUMNS if column.field in rows.columns and _tells(column, rows)
    )
    return Tab(
        id=CLIENTS,
        title=ctx.title(CLIENTS),
        tables=(Table("crm_clients", columns, header=look.HEADER),),
        freeze=(1, 1),
        heights={0: 46.0},
        color="0B5CAD",
    )


def _rows(frame: pl.DataFrame, open_tasks: Mapping[str, int]) -> pl.DataFrame:
    """The frame with the tab's own columns, sorted."""
    quoted = pl.col("sheet").cast(pl.String).str.replace_all("'", "''", literal=True)
    row = pl.col("row").cast(pl.String)
    rows = frame.with_columns(
        contact=_contact(frame),
        link=pl.concat_str(pl.lit("'"), quoted, pl.lit("'!A"), row),
        source=pl.concat_str(pl.col("sheet").cast(pl.String), pl.lit("!A"), row),
    )
    if open_tasks and "id" in frame.columns:
        counts = pl.DataFrame(
            {"id": list(open_tasks), "open_tasks": list(open_tasks.values())},
            schema={"id": pl.String, "open_tasks": pl.UInt32},
        )
        rows = rows.join(counts, on="id", how="left", maintain_order="left").with_columns(
            pl.col("open_tasks").fill_null(0)
        )
    if "revenue" in rows.columns:
        rows = rows.sort("revenue", descending=True, nulls_last=True, maintain_order=True)
    return rows


def _contact(frame: pl.DataFrame) -> pl.Expr:
    """Phone, e-mail and person, each once, whichever there are; null where there is none."""
    parts: list[pl.Expr] = []
    for name in ("phone", "email", "contact"):
        if name not in frame.columns:
            continue
        text = pl.col(name).cast(pl.String).str.strip_chars()
        known = [text.is_null(), text == ""]
        if name == "contact":
            known += [
                (text == pl.col(other)).fill_null(False) for other in ("phone", "email") if other in frame.columns
            ]
        parts.append(pl.when(pl.any_horizontal(known)).then(None).otherwise(text))
    if not parts:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(parts, separator=", ", ignore_nulls=True)
    return pl.when(joined == "").then(None).otherwise(joined)


def _tells(column: _Column, rows: pl.DataFrame) -> bool:
    """Is there anything in the column? A count of zero everywhere tells nothing either."""
    values = rows[column.field]
    if column.id in ("open_deals", "open_tasks"):
        return bool((values.fill_null(0) > 0).any())
    if column.id == "debt":
        return bool((values.fill_null(0) != 0).any())
    return values.null_count() < len(values)


def _column(column: _Column, rows: pl.DataFrame, ctx: DrawContext) -> TabColumn:
    values = rows[column.field].alias(column.id)
    if column.kind in ("text", "link", "source", "center"):
        values = values.cast(pl.String)
    linked = column.kind == "link" and len(rows) <= look.MOST_LINKS
    note = f"tabs.clients.notes.{column.id}"
    return TabColumn(
        id=column.id,
        title=ctx.label(CLIENTS, column.id),
        values=values,
        width=float(column.width),
        style=_style(column.kind, values, ctx, linked=linked),
        header=look.NUMBER_HEADER if column.kind in _CENTERED else None,
        links=rows["link"] if linked else None,
        note=say(note, ctx.lang) if knows(note, ctx.lang) else None,
        said=look.yes_no(ctx.lang) if column.kind == "flag" else None,
    )


def _style(kind: str, values: pl.Series, ctx: DrawContext, *, linked: bool) -> Style:
    if kind == "money":
        return Style(format=look.money_format(values), align="right")
    if kind == "count":
        return Style(format="#,##0", align="right")
    if kind == "number":
        return Style(format="0", align="right")
    if kind == "date":
        return Style(format=look.date_format(ctx.lang), align="center")
    if kind in ("center", "flag"):
        return Style(align="center")
    if kind == "source":
        return Style(indent=1)  # beside numbers at the right of their cells
    return Style(color=look.BLUE, underline=True) if linked else Style()
