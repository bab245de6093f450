"""Workbooks and tabs for the tests of the Excel room: made on the spot, small, each with one thing that is special."""

import io
import zipfile
from datetime import date
from decimal import Decimal

import openpyxl
import polars as pl

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Cell, Chart, Condition, Range, Style, Tab, TabColumn, Table

HEADER = Style(bold=True, fill="1F4E78", color="FFFFFF", wrap=True)


def text(*values):
    return pl.Series(list(values), dtype=pl.String)


def tasks(*rows, title="Tasks", **more):
    """A tab like Tasks; each row is (status, due, client, sum)."""
    rows = rows or (("new", date(2026, 11, 5), "Anna", Decimal("1234.50")),)
    status, due, client, money = (list(column) for column in zip(*rows, strict=True))
    keys = [f"k-{name}" for name in client]
    columns = (
        TabColumn("status", "Status", text(*status), width=12, choices=("new", "done"), manager=True),
        TabColumn("due", "Due", pl.Series(due, dtype=pl.Date), style=Style(format="dd.mm.yyyy")),
        TabColumn("client", "Client", text(*client), width=30, links=text(*["'My sheet'!A2"] * len(rows))),
        TabColumn("sum", "Sum", pl.Series(money, dtype=pl.Decimal(18, 2)), style=Style(format="#,##0.00")),
        TabColumn(
            "outcome", "Outcome", text(*[None] * len(rows)), choices=("agreed, paid", "refused"), note="Pick one"
        ),
        TabColumn("key", "Key", text(*keys), hidden=True),
    )
    conditions = (Condition(Range(1, 0, len(rows), 5), '$A2="done"', Style(color="808080")),)
    table = Table("crm_tasks", columns, header=HEADER)
    return Tab("tasks", title, tables=(table,), freeze=(1, 2), conditions=conditions, color="C00000", **more)


def funnel(*counts, title="Funnel"):
    counts = counts or (40, 20, 5)
    stages = ("Lead", "Offer", "Paid")[: len(counts)]
    columns = (TabColumn("stage", "Stage", text(*stages)), TabColumn("n", "Count", pl.Series(list(counts))))
    table = Table("crm_funnel", columns, row=2, header=HEADER)
    chart = Chart("Funnel", Range(3, 0, 5, 0), Range(3, 1, 5, 1), anchor=(2, 4), series="Count")
    return Tab(
        "funnel", title, tables=(table,), cells=(Cell(0, 0, "Sales", Style(bold=True, size=16)),), charts=(chart,)
    )


def problems(title="Problems"):
    columns = (TabColumn("sheet", "Sheet", text()), TabColumn("what", "What we saw", text()))
    return Tab("problems", title, tables=(Table("crm_problems", columns),))


def save_plain(path, fill=None):
    """A small workbook of the user's; `fill(workbook)` adds to it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "My sheet"
    for row in (("Name", "Sum"), ("Anna", 10), ("Boris", 20)):
        sheet.append(row)
    if fill:
        fill(book)
    book.save(path)
    return path


def write(path, *tabs, **options):
    """One apply at the file's present fingerprint."""
    book = ExcelBook(path, **options)
    return book.apply(WritePlan(tabs, book.fingerprint()))


def read_and_write(path, *tabs):
    """As a run does it: all sheets are read by the book that then writes."""
    book = ExcelBook(path)
    book.read([sheet.name for sheet in book.sheets()])
    return book.apply(WritePlan(tabs, book.fingerprint()))


def members(path):
    with zipfile.ZipFile(path) as file:
        return {info.orig_filename: file.read(info) for info in file.infolist()}


def rezip(path, change, **options):
    """The package written anew with its members changed: name -> bytes (None drops it)."""
    parts = members(path) | change
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", options.pop("method", zipfile.ZIP_DEFLATED)) as file:
        for name, content in parts.items():
            if content is not None:
                file.writestr(name, content)
        file.comment = options.pop("comment", b"")
    path.write_bytes(data.getvalue())
    return path


def edit(path, member, *replacements):
    """One member with pieces of its text replaced; every piece must be there."""
    content = members(path)[member]
    for old, new in replacements:
        assert old.encode() in content, f"{old} is not in {member}: {content[:2000]}"
        content = content.replace(old.encode(), new.encode())
    return rezip(path, {member: content})
