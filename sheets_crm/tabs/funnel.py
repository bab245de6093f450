"""The funnel tab drawn: each funnel's stages with a chart, money at stake, what is stuck, and breakdowns.

All tables of the tab stand one below another in the same columns, so that widths suit each of them and a filter on one
never hides rows of another. Pure. Counts nothing (analytics).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import polars as pl

from sheets_crm.analytics.model import Funnel, GroupRow, StageRow, StuckDeal
from sheets_crm.books.tab import Cell, Chart, Range, Style, Tab, TabColumn, Table
from sheets_crm.tabs import look
from sheets_crm.tabs.context import DrawContext
from sheets_crm.words import say

FUNNEL = "funnel"
_WIDTHS = (26.0, 13.0, 15.0, 14.0, 13.0, 11.0, 14.0, 15.0)  # the chart beside them stays on a laptop's screen
_ROW_PIXELS = 20
_MOST_STUCK = 15
_MOST_GROUPS = 20
_KINDS = ("open", "won", "lost")


@dataclass
class _Sheet:
    """What has been drawn so far; `row` is the next free row."""

    ctx: DrawContext
    row: int = 0
    tables: list[Table] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)

    def say(self, text: str, style: Style) -> None:
        """A line of text in the first column."""
        self.cells.append(Cell(self.row, 0, text, style))
        self.row += 1

    def table(self, name: str, columns: Iterable[TabColumn | None]) -> Table | None:
        """A table of the columns that hold something; None, and nothing drawn, when there are none."""
        kept = tuple(column for column in columns if column is not None)
        if not kept or not len(kept[0].values):
            return None
        placed = tuple(_placed(column, place) for place, column in enumerate(kept))
        table = Table(f"crm_{name}", placed, self.row, 0, look.HEADER)
        self.tables.append(table)
        titles = ((column.title, column.width * 0.9) for column in placed)
        self.heights |= {self.row: look.row_height(titles) + 4} | look.row_heights(placed, self.row + 1)
        self.row += table.height + 1
        return table


def draw_funnel(funnels: Sequence[Funnel], ctx: DrawContext) -> Tab:
    """The tab of these funnels, one below another; without any card in them, a sentence that says why it is empty."""
    sheet = _Sheet(ctx)
    drawn = [funnel for funnel in funnels if any(stage.count for stage in funnel.stages) or funnel.unknown]
    for number, funnel in enumerate(drawn, start=1):
        _funnel(sheet, funnel, f"funnel_{number}" if number > 1 else "funnel")
    if not drawn:
        usual = "tabs.empty.no_deals" if funnels else "tabs.empty.no_funnel"
        sheet.say(ctx.why_empty(FUNNEL, usual), look.SENTENCE)
    return Tab(
        id=FUNNEL,
        title=ctx.title(FUNNEL),
        tables=tuple(sheet.tables),
        cells=tuple(sheet.cells),
        widths=_WIDTHS,
        heights=sheet.heights,
        charts=tuple(sheet.charts),
        color="2E9E6B",
        grid_lines=False,
    )


def _funnel(sheet: _Sheet, funnel: Funnel, name: str) -> None:
    sheet.say(say("tabs.funnel.heading", sheet.ctx.lang, name=funnel.label or funnel.name), look.HEADING)
    sheet.say(_summary(funnel, sheet.ctx), look.SENTENCE)
    if funnel.unknown:
        problems = sheet.ctx.title("problems")
        sheet.say(say("tabs.funnel.unknown", sheet.ctx.lang, n=funnel.unknown, problems=problems), look.SENTENCE)
    sheet.row += 1
    _stages(sheet, funnel, name)
    _at_stake(sheet, funnel, name)
    _stuck(sheet, funnel.stuck, name)
    groups = (
        ("lost_reasons", "lost_reason", funnel.lost_reasons),
        ("by_manager", "manager", funnel.by_manager),
        ("by_source", "source", funnel.by_source),
        ("by_month", "month", funnel.by_month),
    )
    for block, label, rows in groups:
        _group(sheet, f"{name}_{block}", block, label, rows)
    sheet.row += 1


def _summary(funnel: Funnel, ctx: DrawContext) -> str:
    counts = {kind: sum(stage.count for stage in funnel.stages if stage.kind == kind) for kind in _KINDS}
    amount = sum((stage.amount for stage in funnel.stages), Decimal(0))
    total = sum(stage.count for stage in funnel.stages)
    return say(
        "tabs.funnel.summary", ctx.lang, n=total, money=look.money_text(amount, ctx.currency, ctx.lang), **counts
    )


def _stages(sheet: _Sheet, funnel: Funnel, name: str) -> None:
    """Stages with a chart beside them; lost ones come last and stay out of the chart: it shows the way to a sale."""
    stages = sorted(funnel.stages, key=lambda stage: stage.kind == "lost")
    if not stages:
        return
    ctx, top = sheet.ctx, sheet.row
    table = sheet.table(f"{name}_stages", _stage_columns(stages, ctx))
    assert table is not None
    _total(sheet, table, stages)
    bars = sum(stage.kind != "lost" for stage in stages)
    height = max(160, 60 + 32 * bars)
    if bars:
        rows = (top + 1, top + bars)
        sheet.charts.append(
            Chart(
                title=say("tabs.funnel.chart", ctx.lang),
                categories=Range(rows[0], 0, rows[1], 0),
                values=Range(rows[0], 1, rows[1], 1),
                anchor=(top, len(table.columns)),
                size=(400, height),
                series=ctx.label(FUNNEL, "count"),
                color="3B7DBF",
            )
        )
        sheet.row = max(sheet.row, top + -(-height // _ROW_PIXELS))
    sheet.row += 1


def _stage_columns(stages: Sequence[StageRow], ctx: DrawContext) -> list[TabColumn | None]:
    counts = [stage.count for stage in stages]
    has_stuck = any(stage.stuck for stage in stages)
    return [
        _texts(ctx, "stage", [stage.stage for stage in stages]),
        _counts(ctx, "count", counts),
        _money(ctx, "amount", [stage.amount for stage in stages]),
        _shares(ctx, "from_previous", [stage.from_previous for stage in stages]),
        _shares(ctx, "from_top", [stage.from_top for stage in stages]),
        _numbers(ctx, "average_days", [stage.average_days for stage in stages]),
        _counts(ctx, "stuck", [stage.stuck for stage in stages]) if has_stuck else None,
        _money(ctx, "forecast", [stage.forecast for stage in stages]),
    ]


def _total(sheet: _Sheet, table: Table, stages: Sequence[StageRow]) -> None:
    """The line of totals right below the table, under the columns that can be added up."""
    forecasts = [stage.forecast for stage in stages if stage.forecast is not None]
    totals: dict[str, object] = {
        "count": sum(stage.count for stage in stages),
        "amount": sum((stage.amount for stage in stages), Decimal(0)),
        "stuck": sum(stage.stuck for stage in stages),
        "forecast": sum(forecasts, Decimal(0)),
    }
    for place, column in enumerate(table.columns):
        value = totals.get(column.id) if place else say("tabs.funnel.total", sheet.ctx.lang)
        style = Style(bold=True, fill="E8EEF4", format=column.style.format, align=column.style.align)
        plain = value if isinstance(value, (str, int, Decimal)) else None
        sheet.cells.append(Cell(sheet.row, place, plain, style))
    sheet.row += 1


def _at_stake(sheet: _Sheet, funnel: Funnel, name: str) -> None:
    rows = {key: value for key, value in funnel.at_stake.items() if value[0]}
    if not rows:
        return
    ctx = sheet.ctx
    sheet.say(say("tabs.funnel.at_stake", ctx.lang), look.SUBHEADING)
    columns = [
        _texts(ctx, "at_stake", [say(f"tabs.funnel.stake.{key}", ctx.lang) for key in rows]),
        _counts(ctx, "count", [count for count, _ in rows.values()]),
        _money(ctx, "amount", [amount for _, amount in rows.values()]),
    ]
    sheet.table(f"{name}_at_stake", columns)
    sheet.row += 1


def _stuck(sheet: _Sheet, deals: Sequence[StuckDeal], name: str) -> None:
    """The largest of the deals that stand still, each linked to its row."""
    if not deals:
        return
    ctx = sheet.ctx
    shown = sorted(deals, key=lambda deal: (-(deal.amount or 0), -deal.days, deal.sheet, deal.row))[:_MOST_STUCK]
    key = "tabs.funnel.stuck" if len(shown) == len(deals) else "tabs.funnel.stuck_first"
    sheet.say(say(key, ctx.lang, shown=len(shown), n=len(deals)), look.SUBHEADING)
    links = [look.place(deal.sheet, f"A{deal.row}") for deal in shown]
    columns: list[TabColumn | None] = [
        _texts(ctx, "client", [deal.client or deal.title for deal in shown], links),
        _texts(ctx, "stage", [deal.stage for deal in shown]),
        _texts(ctx, "manager", [deal.manager for deal in shown]),
        _texts(ctx, "deal", [deal.title if deal.client else "" for deal in shown]),
        _counts(ctx, "days", [deal.days for deal in shown]),
        _money(ctx, "amount", [deal.amount for deal in shown]),
    ]
    sheet.table(f"{name}_stuck", columns)
    sheet.row += 1


def _group(sheet: _Sheet, name: str, block: str, label: str, groups: Sequence[GroupRow]) -> None:
    """A breakdown: name, count, sum, and how many were won and lost (for reasons of loss, their share instead)."""
    if not groups or (len(groups) == 1 and not groups[0].name):
        return
    ctx = sheet.ctx
    rows = _shortened(groups, ctx)
    names = [row.name or say("tabs.funnel.blank", ctx.lang) for row in rows]
    whole = sum(row.count for row in rows)
    sheet.say(say(f"tabs.funnel.{block}", ctx.lang), look.SUBHEADING)
    columns = [
        _texts(ctx, label, names),
        _counts(ctx, "count", [row.count for row in rows]),
        _money(ctx, "amount", [row.amount for row in rows]),
    ]
    if block == "lost_reasons":
        columns.append(_shares(ctx, "share", [row.count / whole if whole else None for row in rows]))
    else:
        columns += [
            _counts(ctx, "won", [row.won for row in rows]),
            _counts(ctx, "lost", [row.lost for row in rows]),
            _shares(ctx, "won_share", [row.won / (row.won + row.lost) if row.won + row.lost else None for row in rows]),
        ]
    sheet.table(name, columns)
    sheet.row += 1


def _shortened(groups: Sequence[GroupRow], ctx: DrawContext) -> list[GroupRow]:
    """The first groups, and the rest as one line."""
    if len(groups) <= _MOST_GROUPS:
        return list(groups)
    rest = groups[_MOST_GROUPS - 1 :]
    others = GroupRow(
        name=say("tabs.funnel.others", ctx.lang, n=len(rest)),
        count=sum(row.count for row in rest),
        won=sum(row.won for row in rest),
        lost=sum(row.lost for row in rest),
        amount=sum((row.amount for row in rest), Decimal(0)),
    )
    return [*groups[: _MOST_GROUPS - 1], others]


def _placed(column: TabColumn, place: int) -> TabColumn:
    return replace(column, width=_WIDTHS[place])


def _texts(ctx: DrawContext, name: str, values: Sequence[str], links: Sequence[str] | None = None) -> TabColumn | None:
    """Text; None when all of it is blank."""
    if not any(values):
        return None
    style = look.WRAP if links is None else look.LINK
    places = None if links is None else pl.Series(name, links, pl.String)
    series = pl.Series(name, [value or None for value in values], pl.String)
    return TabColumn(name, ctx.label(FUNNEL, name), series, style=style, links=places)


def _counts(ctx: DrawContext, name: str, values: Sequence[int]) -> TabColumn:
    return TabColumn(
        name, ctx.label(FUNNEL, name), pl.Series(name, values, pl.Int64), style=look.COUNT, header=look.NUMBER_HEADER
    )


def _money(ctx: DrawContext, name: str, values: Sequence[Decimal | None]) -> TabColumn | None:
    if all(value is None for value in values):
        return None
    series = pl.Series(name, values, pl.Decimal(38, 4))
    style = Style(valign="top", align="right", format=look.money_format(series), border=look.LINE)
    return TabColumn(name, ctx.label(FUNNEL, name), series, style=style, header=look.NUMBER_HEADER)


def _shares(ctx: DrawContext, name: str, values: Sequence[float | None]) -> TabColumn | None:
    if all(value is None for value in values):
        return None
    return TabColumn(
        name, ctx.label(FUNNEL, name), pl.Series(name, values, pl.Float64), style=look.SHARE, header=look.NUMBER_HEADER
    )


def _numbers(ctx: DrawContext, name: str, values: Sequence[float | None]) -> TabColumn | None:
    if all(value is None for value in values):
        return None
    style = Style(valign="top", align="right", format="0.0", border=look.LINE)
    return TabColumn(
        name, ctx.label(FUNNEL, name), pl.Series(name, values, pl.Float64), style=style, header=look.NUMBER_HEADER
    )
