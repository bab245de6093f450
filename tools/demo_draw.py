"""Draws the demo firm of make_demo.py as a workbook, with all that people put around their data.

Titles over the header, sections, a totals row, drop-downs, colours, a comment, formulas, a chart, a sparkline, a hidden sheet. Decides no data.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

DEAL_HEADER_ROW = 2  # 0-based: a title and a blank row stand above
WON, LOST = 7, 8  # places in the list of stages
Row = dict[str, Any]


@dataclass
class Firm:
    """All there is to draw: words of the language, rows by sheet, and what was paid by deal, as Excel sums it."""

    words: Mapping[str, Any]
    rng: random.Random
    clients: list[Row] = field(default_factory=list)
    deals: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    paid: Counter[str] = field(default_factory=Counter)


class Pen:
    """Formats of one workbook, and a way to write any value into a cell."""

    def __init__(self, book: xlsxwriter.Workbook, words: Mapping[str, Any]) -> None:
        self.head = book.add_format(
            {"bold": True, "bg_color": "#1F4E78", "font_color": "#FFFFFF", "text_wrap": True, "valign": "vcenter"}
        )
        self.title = book.add_format({"bold": True, "font_size": 14, "font_color": "#C00000"})
        self.section = book.add_format({"bold": True, "italic": True, "bg_color": "#D9E1F2"})
        self.total = book.add_format({"bold": True, "top": 1, "num_format": words["currency"]})
        self.day = book.add_format({"num_format": words["date_format"], "align": "center"})
        self.money = book.add_format({"num_format": words["currency"]})
        self.gray = book.add_format({"italic": True, "font_color": "#7F7F7F"})
        self.red = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
        self.green = book.add_format({"bg_color": "#C6EFCE", "font_color": "#006100"})

    def put(self, sheet: Any, row: int, column: int, value: object, *, money: bool = False) -> None:
        """A value as its type asks; text is text, whatever it starts with."""
        if isinstance(value, date):
            sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), self.day)  # noqa: DTZ001
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, self.money if money else None)
        elif value is not None:
            sheet.write_string(row, column, str(value))


def draw(firm: Firm, target: Path) -> None:
    """All sheets, with what people put around their data: titles, drop-downs, colours, comments, a chart."""
    words = firm.words
    with xlsxwriter.Workbook(str(target)) as book:
        book.set_properties({"title": words["firm"], "created": datetime(2026, 3, 16, 9, 0)})  # noqa: DTZ001
        pen = Pen(book, words)
        sheets = {name: book.add_worksheet(title) for name, title in words["sheets"].items()}
        draw_clients(words, pen, sheets["clients"], firm.clients)
        last = draw_deals(firm, pen, sheets["deals"])
        draw_payments(words, pen, sheets["payments"], firm.payments)
        draw_report(firm, pen, sheets["report"], last)
        draw_chart(words, book, sheets["report"])
        for column, name in enumerate(("stages", "managers", "sources", "reasons")):
            sheets["lists"].write_column(0, column, words[name])
        sheets["lists"].hide()
        sheets["deals"].activate()


def draw_clients(words: Mapping[str, Any], pen: Pen, sheet: Any, clients: list[Row]) -> None:
    """Header in the first row; two blank rows in the middle, as somebody left them."""
    columns = words["columns"]["clients"]
    for column, title in enumerate(columns.values()):
        sheet.write_string(0, column, title, pen.head)
    for number, client in enumerate(clients):
        row = number + 1 + (2 if number >= 41 else 0)
        for column, name in enumerate(columns):
            pen.put(sheet, row, column, client.get(name))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, len(clients) + 2, len(columns) - 1)
    for column, width in enumerate((8, 34, 24, 26, 26, 14, 13, 13, 18, 12, 28)):
        sheet.set_column(column, column, width)
    sheet.data_validation(
        1, 8, 200, 8, {"validate": "list", "source": f"='{words['sheets']['lists']}'!$B$1:$B$3", "ignore_blank": True}
    )
    sheet.conditional_format(
        1, 9, 200, 9, {"type": "text", "criteria": "begins with", "value": _no(words), "format": pen.red}
    )


def _no(words: Mapping[str, Any]) -> str:
    return str(words["consents"][5])


def draw_deals(firm: Firm, pen: Pen, sheet: Any) -> int:
    """A title, the header in the third row, a section for each year, a totals row. Returns the 1-based last row of data."""
    words, deals = firm.words, firm.deals
    columns = list(words["columns"]["deals"].items())
    sheet.merge_range(0, 0, 0, 8, words["title"], pen.title)
    for column, (_, title) in enumerate(columns):
        sheet.write_string(DEAL_HEADER_ROW, column, title, pen.head)
    sheet.set_row(DEAL_HEADER_ROW, 32)
    row, year = DEAL_HEADER_ROW + 1, 0
    for deal in deals:
        created = deal["created"]
        if isinstance(created, date) and created.year != year:
            year = created.year
            sheet.merge_range(row, 0, row, len(columns) - 1, words["section"].format(year=year), pen.section)
            row += 1
        _draw_deal(firm, pen, sheet, row, deal)
        row += 1
    sheet.write_string(row, 0, words["total"], pen.total)
    known = [deal["amount"] for deal in deals if isinstance(deal.get("amount"), int)]
    sheet.write_formula(row, 5, f"=SUM(F{DEAL_HEADER_ROW + 2}:F{row})", pen.total, sum(known))
    _dress_deals(words, pen, sheet, row)
    return row


def _draw_deal(firm: Firm, pen: Pen, sheet: Any, row: int, deal: Row) -> None:
    words, paid = firm.words, firm.paid
    payments = f"'{words['sheets']['payments']}'"
    for column, name in enumerate(words["columns"]["deals"]):
        if name == "paid":
            formula = f"=SUMIF({payments}!$B:$B,A{row + 1},{payments}!$C:$C)"
            sheet.write_formula(row, column, formula, pen.money, paid.get(deal["id"], 0))
        elif name == "rest":
            amount = deal.get("amount")
            rest = amount - paid.get(deal["id"], 0) if isinstance(amount, int) else 0
            sheet.write_formula(row, column, f"=IF(ISNUMBER(F{row + 1}),F{row + 1}-L{row + 1},0)", pen.money, rest)
        else:
            pen.put(sheet, row, column, deal.get(name), money=name == "amount")


def _dress_deals(words: Mapping[str, Any], pen: Pen, sheet: Any, last: int) -> None:
    top = DEAL_HEADER_ROW + 1
    lists = f"'{words['sheets']['lists']}'"
    sheet.data_validation(
        top,
        3,
        last + 100,
        3,
        {
            "validate": "list",
            "source": f"={lists}!$A$1:$A$9",
            "input_message": words["drop_down_hint"],
            "error_type": "warning",
        },
    )
    overdue = f'=AND($M{top + 1}>0,$J{top + 1}<TODAY(),ISNUMBER($J{top + 1}),$D{top + 1}<>"{words["stages"][LOST]}")'
    sheet.conditional_format(top, 9, last - 1, 9, {"type": "formula", "criteria": overdue, "format": pen.red})
    won = f'=$D{top + 1}="{words["stages"][WON]}"'
    sheet.conditional_format(top, 3, last - 1, 3, {"type": "formula", "criteria": won, "format": pen.green})
    sheet.conditional_format(top, 5, last - 1, 5, {"type": "data_bar", "bar_color": "#9BC2E6", "data_bar_2010": True})
    sheet.write_comment(DEAL_HEADER_ROW, 7, words["comment"], {"x_scale": 1.6, "author": words["managers"][0]})
    sheet.freeze_panes(top, 2)
    for column, width in enumerate((10, 34, 12, 18, 8, 13, 12, 22, 12, 12, 12, 12, 12, 24, 12, 20, 18)):
        sheet.set_column(column, column, width)


def draw_payments(words: Mapping[str, Any], pen: Pen, sheet: Any, payments: list[Row]) -> None:
    """A native table."""
    columns = words["columns"]["payments"]
    sheet.add_table(
        0,
        0,
        len(payments),
        len(columns) - 1,
        {
            "name": "Payments",
            "style": "Table Style Medium 9",
            "columns": [{"header": title} for title in columns.values()],
        },
    )
    for row, payment in enumerate(payments, 1):
        for column, name in enumerate(columns):
            pen.put(sheet, row, column, payment.get(name), money=name == "amount")
    sheet.set_column(0, len(columns) - 1, 16)
    sheet.freeze_panes(1, 0)


def draw_report(firm: Firm, pen: Pen, sheet: Any, last: int) -> None:
    """Formulas over the deals and a sparkline: what must come through a sync untouched."""
    words, deals = firm.words, firm.deals
    texts, name = words["report"], f"'{words['sheets']['deals']}'"
    sheet.merge_range(0, 0, 0, 3, texts["title"], pen.title)
    for column, title in enumerate((texts["stage"], texts["count"], texts["sum"])):
        sheet.write_string(2, column, title, pen.head)
    stages = [str(deal["stage"]).lower() for deal in deals]
    first = DEAL_HEADER_ROW + 2
    for offset, stage in enumerate(words["stages"]):
        row = 3 + offset
        here = [deal for deal, typed in zip(deals, stages, strict=True) if typed == stage.lower()]
        money = sum(deal["amount"] for deal in here if isinstance(deal.get("amount"), int))
        sheet.write_string(row, 0, stage)
        stage_cells = f"{name}!$D${first}:$D${last}"
        sheet.write_formula(row, 1, f"=COUNTIF({stage_cells},A{row + 1})", None, len(here))
        total = f"=SUMIF({stage_cells},A{row + 1},{name}!$F${first}:$F${last})"
        sheet.write_formula(row, 2, total, pen.money, money)
    sheet.add_sparkline(0, 4, {"range": f"'{words['sheets']['report']}'!B4:B12", "type": "column"})
    sheet.write_string(13, 0, texts["made"], pen.gray)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 3, 14)


def draw_chart(words: Mapping[str, Any], book: Any, sheet: Any) -> None:
    """A native chart over the report."""
    chart = book.add_chart({"type": "column"})
    report = words["sheets"]["report"]
    chart.add_series(
        {"categories": [report, 3, 0, 11, 0], "values": [report, 3, 1, 11, 1], "fill": {"color": "#2E75B6"}}
    )
    chart.set_title({"name": words["report"]["chart"]})
    chart.set_legend({"none": True})
    sheet.insert_chart("F3", chart)
