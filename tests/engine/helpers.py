"""A small world for tests of the engine: facts from rows, and one expression over a few rows."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.expr import compile_expression
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.frames import prepared
from sheets_crm.engine.kinds import DTYPES, Type

ROOT = Path(__file__).parents[2]
BASIC = ROOT / "rules" / "basic.yaml"
TODAY = date(2026, 11, 20)

SCHEMA = {
    "sheet": Type.TEXT,
    "stage": Type.TEXT,
    "note": Type.TEXT,
    "amount": Type.MONEY,
    "paid": Type.MONEY,
    "n": Type.NUMBER,
    "m": Type.NUMBER,
    "due": Type.DATE,
    "sent": Type.DATE,
    "ok": Type.BOOL,
}
ROWS = [
    {
        "stage": "Договор",
        "note": "перезвонить Ёлкину",
        "amount": Decimal("10.1"),
        "paid": Decimal(10),
        "n": 1.5,
        "m": 2.0,
        "due": date(2026, 11, 17),
        "sent": date(2026, 2, 28),
        "ok": True,
    },
    {
        "stage": "  договор\u00a0 ",
        "note": " ",
        "amount": Decimal("0.3"),
        "paid": Decimal("0.1"),
        "n": 0.0,
        "m": -2.0,
        "due": date(2026, 11, 20),
        "sent": date(2024, 2, 29),
        "ok": False,
    },
    {},
]


def frame(rows=ROWS, schema=SCHEMA):
    rows = [{"sheet": "S", **row} for row in rows]
    return pl.DataFrame(
        {name: pl.Series(name, [row.get(name) for row in rows], dtype=DTYPES[kind]) for name, kind in schema.items()}
    )


def run(text, rows=ROWS, params=None, schema=SCHEMA, bound=()):
    """What an expression gives on each row."""
    compiled = compile_expression(text, schema, params or {})
    facts = Facts("x", frame(rows, schema), {"S": frozenset(bound)}, {})
    ready = prepared(facts, schema, compiled.inputs, TODAY)
    return ready.with_columns(result=compiled.expr)["result"].to_list()


def deal_facts(*rows, card="deal", bound=None, cells=None, extra=None):
    """Facts of a card from rows; every field is bound unless said otherwise. `extra`: custom columns and their types."""
    schema = {**FACT_COLUMNS[card], **(extra or {})}
    filled = [{"id": f"{card}-{n}", "sheet": "Sheet", "row": n, **row} for n, row in enumerate(rows, 1)]
    filled = [{"stage": "В работе", **row} if row.get("stage_kind") else row for row in filled]
    names = sorted({name for row in filled for name in row})
    data = {name: pl.Series(name, [row.get(name) for row in filled], dtype=DTYPES[schema[name]]) for name in names}
    sheets = {row["sheet"] for row in filled}
    known = bound if isinstance(bound, dict) else dict.fromkeys(sheets, frozenset(schema if bound is None else bound))
    return Facts(card, pl.DataFrame(data), {sheet: frozenset(names) for sheet, names in known.items()}, cells or {})
