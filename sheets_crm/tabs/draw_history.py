"""The History tab drawn: the last events, one row each, newest first.

Pure. What happened, and in which words, is said by whoever asks for the drawing; nothing here depends on the day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from sheets_crm.books.tab import Cell, Style, Tab, TabColumn, Table
from sheets_crm.tabs import look
from sheets_crm.tabs.context import DrawContext

HISTORY = "history"
_WIDTHS = {"when": 38, "who": 18, "client": 26, "what": 40, "was": 30, "became": 30, "sheet": 16, "cell": 9}
_IF_ANY = {"who", "was", "became", "sheet", "cell"}  # left out where no row has a value


@dataclass(frozen=True)
class HistoryLine:
    """One event as the tab shows it. cell: where it stands now, or stood; `there`: it can still be gone to."""

    day: date
    when: str
    client: str
    what: str
    was: str = ""
    became: str = ""
    who: str = ""
    sheet: str = ""
    cell: str = ""
    there: bool = False


def draw_history(lines: Sequence[HistoryLine], ctx: DrawContext) -> Tab:
    """The tab of these events, in their order; a sentence where there are none."""
    if not lines:
        cell = Cell(0, 0, ctx.why_empty(HISTORY, "history.tab.empty"), look.SENTENCE)
        return Tab(HISTORY, ctx.title(HISTORY), cells=(cell,), widths=(60.0,), color="7B8794")
    table = Table("crm_history", _columns(lines, ctx), header=look.HEADER)
    return Tab(
        id=HISTORY,
        title=ctx.title(HISTORY),
        tables=(table,),
        freeze=(1, 1),
        heights={0: 32.0} | look.row_heights(table.columns, 1),
        color="7B8794",
    )


def _columns(lines: Sequence[HistoryLine], ctx: DrawContext) -> tuple[TabColumn, ...]:
    day = Style(valign="top", align="center", format=look.date_format(ctx.lang), border=look.LINE)
    columns = [
        TabColumn("day", ctx.label(HISTORY, "day"), pl.Series("day", [line.day for line in lines], pl.Date), 13.0, day)
    ]
    links = pl.Series("cell", [_link(line) for line in lines], pl.String)
    for name, width in _WIDTHS.items():
        values = [getattr(line, name) or None for line in lines]
        if name in _IF_ANY and not any(values):
            continue
        is_link = name == "cell"
        columns.append(
            TabColumn(
                id=name, title=ctx.label(HISTORY, name), values=pl.Series(name, values, pl.String), width=float(width),
                style=look.LINK if is_link else look.WRAP, links=links if is_link else None,
            )
        )  # fmt: skip
    return tuple(columns)


def _link(line: HistoryLine) -> str | None:
    return look.place(line.sheet, line.cell) if line.there and line.sheet and line.cell else None
