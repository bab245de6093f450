"""Columns of formulas that only repeat what the base works out itself: paid, rest, due, line total (DESIGN 5.5).

A stale or missing cached value there is nobody's problem. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from sheets_crm.base.model import Binding
from sheets_crm.books.model import Grid


def recomputed(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> frozenset[tuple[str, str]]:
    """(card, field) pairs whose cells are not looked at for problems."""
    formulas = {
        (column.card, column.field)
        for sheet, binding in bindings.items()
        for column in binding.columns
        if grids[sheet].formulas.get(column.index, 0) > 0
    }
    bound = {(column.card, column.field) for binding in bindings.values() for column in binding.columns}
    given = {
        ("deal", "paid_amount"): {("payment", "amount"), ("payment", "deal")},
        ("deal", "balance"): {("deal", "amount")},
        ("deal", "due_date"): {("deal", "invoice_date"), ("deal", "terms_days")},
        ("visit", "due_date"): {("visit", "date"), ("visit", "terms_days")},
        ("order", "total"): {("order", "qty"), ("order", "unit_price")},
    }
    return frozenset(pair for pair, needs in given.items() if pair in formulas and needs <= bound)
