"""Columns of formulas that only repeat what the base works out itself: paid, rest, due, line total (DESIGN 5.5).

A stale or missing cached value there is nobody's problem, unless the owner says that the column is to be believed. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sheets_crm.base.model import Binding
from sheets_crm.base.settings import MoneySettings
from sheets_crm.books.model import Grid
from sheets_crm.cells import Kind


def recomputed(
    bindings: Mapping[str, Binding], grids: Mapping[str, Grid], money: MoneySettings
) -> frozenset[tuple[str, str]]:
    """(card, field) pairs whose cells are not looked at for problems: on every sheet that has the column formulas fill it."""
    columns = {(sheet, column.card, column.field) for sheet, told in bindings.items() for column in told.columns}
    typed = {(card, field) for _, card, field in columns - by_formula(bindings, grids)}
    bound = {(card, field) for _, card, field in columns}
    return frozenset(pair for pair, others in _given(money) if pair in bound - typed and others <= bound)


def by_formula(bindings: Mapping[str, Binding], grids: Mapping[str, Grid]) -> frozenset[tuple[str, str, str]]:
    """(sheet, card, field) of the columns of which half the filled cells or more hold a formula. A sum typed as =500+300 here and there is typed."""
    return frozenset(
        (sheet, column.card, column.field)
        for sheet, binding in bindings.items()
        for column in binding.columns
        if _is_filled_by_formulas(grids[sheet], column.index, binding)
    )


def _is_filled_by_formulas(grid: Grid, index: int, binding: Binding) -> bool:
    count = grid.formulas.get(index, 0)
    if not count:
        return False
    filled = grid.columns[index].kind[binding.layout.rows - 1] != Kind.EMPTY
    return count * 2 >= int(filled.sum())


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
