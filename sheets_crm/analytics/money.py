"""What was paid, what is still open, when it is due, and what counts as a purchase.

The owner may say which of the workbook's own columns or sheets is to be believed (`money` in crm.yaml); the defaults
take typed columns first and work out what formulas only repeat. Pure. Source of the rules: DESIGN 5.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sheets_crm.analytics.columns import MONEY, complete
from sheets_crm.base.model import Base
from sheets_crm.base.settings import Basis, MoneySettings
from sheets_crm.cards import Template

ZERO = pl.lit(0).cast(MONEY)


@dataclass(frozen=True)
class MoneyRules:
    """The owner's settings with the gaps filled by what is bound."""

    revenue: Basis
    purchases: Basis
    paid: str
    due: str  # column, terms, or either: the column first, terms where it is blank
    visit_due: str
    terms_days: int | None
    undated_payments: bool  # and visits: somebody was here, and paid
    undated_orders: bool


def money_rules(
    settings: MoneySettings, bound: frozenset[tuple[str, str]], formulas: frozenset[tuple[str, str]]
) -> MoneyRules:
    """bound: (card, field) pairs that some sheet binds; formulas: those among them whose column is filled by formulas."""
    cards = {card for card, _ in bound}
    typed = bound - formulas
    payments = ("payment", "amount") in bound and bool({("payment", "deal"), ("payment", "client")} & bound)
    paid = settings.paid or ("column" if ("deal", "paid_amount") in typed or not payments else "payments")
    terms = ("deal", "terms_days") in bound and ("deal", "invoice_date") in bound
    due = settings.due or ("terms" if terms and ("deal", "due_date") not in typed else "either")
    return MoneyRules(
        revenue=settings.revenue or _revenue(bound, cards, payments=payments),
        purchases=settings.purchases or _purchases(bound, cards),
        paid=paid,
        due=due,
        visit_due=settings.due or ("terms" if _only_by_terms(typed, bound) else "either"),
        terms_days=settings.terms_days,
        undated_payments=True if settings.undated is None else settings.undated,
        undated_orders=False if settings.undated is None else settings.undated,
    )


def _only_by_terms(typed: frozenset[tuple[str, str]], bound: frozenset[tuple[str, str]]) -> bool:
    """Visits have days to pay in, and no due day but one worked out from them."""
    return {("visit", "terms_days"), ("visit", "date")} <= bound and ("visit", "due_date") not in typed


def _revenue(bound: frozenset[tuple[str, str]], cards: set[str], *, payments: bool) -> Basis:
    if "order" in cards:
        return "orders"
    if payments:
        return "payments"
    if ("visit", "amount") in bound:
        return "visits"
    if ("client", "revenue_total") in bound:
        return "column"
    return "deals"


def _purchases(bound: frozenset[tuple[str, str]], cards: set[str]) -> Basis:
    if "order" in cards:
        return "orders"
    if "visit" in cards:
        return "visits"
    if ("client", "last_purchase_date") in bound:
        return "column"
    if "deal" in cards:
        return "deals"
    return "payments"


def valid_payments(base: Base, template: Template, rules: MoneyRules) -> pl.DataFrame:
    """Payments that count: a readable sum, and not dated in the future. Columns deal_id, client_id, date, amount."""
    frame = base.frame("payment")
    if frame is None:
        return pl.DataFrame(schema={"deal_id": pl.String, "client_id": pl.String, "date": pl.Date, "amount": MONEY})
    frame = _dated(complete(frame, "payment", template), undated=rules.undated_payments)
    deals = base.frame("deal")
    frame = frame.filter(pl.col("amount").is_not_null())
    if deals is not None and "client_id" in deals.columns:
        owner = deals.select(deal_id="_id", _owner="client_id").unique("deal_id", keep="first")
        frame = frame.join(owner, on="deal_id", how="left", maintain_order="left")
        frame = frame.with_columns(client_id=pl.coalesce("client_id", "_owner"))
    return frame.select("deal_id", "client_id", "date", "amount")


def _dated(frame: pl.DataFrame, *, undated: bool) -> pl.DataFrame:
    keep = pl.col("date").is_not_null()
    if undated and "_future" in frame.columns:
        keep = keep | ~pl.col("_future")
    elif undated:
        keep = pl.lit(value=True)
    return frame.filter(keep)


def with_money(frame: pl.DataFrame, card: str, payments: pl.DataFrame, rules: MoneyRules) -> pl.DataFrame:
    """Deals or visits with paid, outstanding and due. Unpaid is zero paid; no amount is nothing outstanding."""
    if card == "deal" and rules.paid == "payments":
        sums = payments.drop_nulls("deal_id").group_by("deal_id").agg(_paid=pl.col("amount").sum())
        frame = frame.join(sums, left_on="_id", right_on="deal_id", how="left", maintain_order="left")
        paid = pl.col("_paid").fill_null(ZERO)
    elif "balance" in frame.columns and frame["paid_amount"].null_count() == len(frame):
        paid = pl.col("amount") - pl.coalesce("balance", "amount")
        frame = _unknown(frame, "balance", "paid_amount").with_columns(pl.col("_unknown") & pl.col("balance").is_null())
    else:
        paid = pl.col("paid_amount").fill_null(ZERO)
        frame = _unknown(frame, "paid_amount")
    since = pl.col("invoice_date") if card == "deal" else pl.col("date")
    terms = pl.coalesce(pl.col("terms_days"), pl.lit(rules.terms_days, dtype=pl.Float64))
    by_terms = since + pl.duration(days=terms.cast(pl.Int64, strict=False))
    how = rules.due if card == "deal" else rules.visit_due
    due = {"column": pl.col("due_date"), "terms": by_terms}.get(how, pl.coalesce(pl.col("due_date"), by_terms))
    known = ~pl.col("_unknown") if "_unknown" in frame.columns else pl.lit(value=True)
    return frame.with_columns(paid=pl.when(known).then(paid.cast(MONEY)), due=due.cast(pl.Date)).with_columns(
        outstanding=(pl.col("amount") - pl.col("paid")).cast(MONEY)
    )


def _unknown(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """The frame with `_unknown`: what was paid stands in a formula that nobody has worked out (never taken for nothing)."""
    flags = [pl.col(f"_{name}_unknown").fill_null(value=False) for name in names if f"_{name}_unknown" in frame.columns]
    return frame.with_columns(_unknown=pl.any_horizontal(flags) if flags else pl.lit(value=False))


def purchases(
    base: Base, template: Template, rules: MoneyRules, deals: pl.DataFrame | None, basis: Basis
) -> pl.DataFrame:
    """What clients bought, by one basis: client_id, date (may be null), amount (may be null)."""
    empty = pl.DataFrame(schema={"client_id": pl.String, "date": pl.Date, "amount": MONEY})
    if basis == "payments":
        return valid_payments(base, template, rules).select("client_id", "date", "amount").drop_nulls("client_id")
    if basis == "deals" and deals is not None:
        won = deals.filter(pl.col("stage_kind") == "won")
        return won.select("client_id", date=pl.coalesce("closed", "created"), amount="amount").drop_nulls("client_id")
    if basis == "orders" and (orders := base.frame("order")) is not None:
        orders = _dated(complete(orders, "order", template), undated=rules.undated_orders)
        return orders.select("client_id", "date", amount=_line_total(base)).drop_nulls("client_id")
    if basis == "visits" and (visits := base.frame("visit")) is not None:
        visits = _dated(complete(visits, "visit", template), undated=rules.undated_payments)
        return visits.select("client_id", "date", "amount").drop_nulls("client_id")
    return empty


def _line_total(base: Base) -> pl.Expr:
    """Quantity times price, exactly; the typed total where there is no price."""
    bound = {(column.card, column.field) for binding in base.bindings.values() for column in binding.columns}
    product = (pl.col("qty").cast(MONEY) * pl.col("unit_price")).cast(MONEY)
    if {("order", "qty"), ("order", "unit_price")} <= bound:
        return product
    return pl.coalesce(pl.col("total"), product)
