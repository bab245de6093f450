"""Columns of formulas that only repeat what the base works out itself: paid, rest, due, line total (DESIGN 5.5).

A stale or missing cached value there is nobody's problem, unless the owner says that the column is to be believed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheets_crm.base.model import Binding
from sheets_crm.base.settings import MoneySettings
from sheets_crm.books.model import Grid


def recomputed(
    bindings: Mapping[str, Binding], grids: Mapping[str, Grid], money: MoneySettings
) -> frozenset[tuple[str, str]]:
    """(card, field) pairs whose cells are not looked at for problems."""
    formulas = {
        (column.card, column.field)
        for sheet, binding in bindings.items()
        for column in binding.columns
        if grids[sheet].formulas.get(column.index, 0) > 0
    }
    bound = {(column.card, column.field) for binding in bindings.values() for column in binding.columns}
    return frozenset(pair for pair, others in _given(money) if pair in formulas and others <= bound)


def by_formula(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> frozenset[tuple[str, str, str]]:
    """(sheet, card, field) of the columns in which most rows hold a formula."""
    return frozenset(
        (sheet, column.card, column.field)
        for sheet, binding in bindings.items()
        for column in binding.columns
        if grids[sheet].formulas.get(column.index, 0) * 2 > len(binding.layout.rows)
    )


def _given(money: MoneySettings) -> Iterator[tuple[tuple[str, str], set[tuple[str, str]]]]:
    """What is worked out, and from what; a pair may be worked out in more than one way."""
    payments = {("payment", "amount"), ("payment", "deal")}
    if money.paid != "column":
        yield ("deal", "paid_amount"), payments
    yield ("deal", "balance"), {("deal", "amount"), ("deal", "paid_amount")}
    yield ("deal", "balance"), {("deal", "amount"), *payments}
    if money.due != "column":
        yield ("deal", "due_date"), {("deal", "invoice_date"), ("deal", "terms_days")}
        yield ("visit", "due_date"), {("visit", "date"), ("visit", "terms_days")}
    yield ("order", "total"), {("order", "qty"), ("order", "unit_price")}
