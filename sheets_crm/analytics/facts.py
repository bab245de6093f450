"""Everything a rule may ask of a card: its own fields, its stage's meaning, its money, its client.

Pure. The columns are documented in docs/reference/facts.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from sheets_crm.analytics.clients import abc_classes, purchase_numbers, with_birthdays, with_revenue
from sheets_crm.analytics.columns import MONEY, bound_fields, complete, field_letters
from sheets_crm.analytics.model import Facts
from sheets_crm.analytics.money import MoneyRules, purchases, valid_payments, with_money
from sheets_crm.base.model import Base
from sheets_crm.base.settings import BaseSettings
from sheets_crm.base.stages import FunnelSpec
from sheets_crm.cards import Template

COMMON = ("id", "sheet", "row", "client", "client_id", "contact", "manager", "may_market")


def stage_meaning(
    frame: pl.DataFrame, card: str, funnels: Sequence[FunnelSpec], staged: Sequence[str] = ()
) -> pl.DataFrame:
    """The frame with funnel, stage_kind (open, won, lost; null where the stage says nothing), offer_stage and payable.

    staged: the sheets that tell stages. payable: may money be asked for it? Its stage is readable and not lost, be it
    one that is only counted; on a sheet without stages (a register of invoices) nothing speaks against it.
    """
    rows = [
        {
            "_funnel": spec.name,
            "stage": stage,
            "stage_kind": spec.kind(stage),
            "offer_stage": stage in spec.offer,
            "blocks": spec.blocks_reactivation,
        }
        for spec in funnels
        if spec.card == card
        for stage in spec.stages
    ]
    schema = {
        "_funnel": pl.String,
        "stage": pl.String,
        "stage_kind": pl.String,
        "offer_stage": pl.Boolean,
        "blocks": pl.Boolean,
    }
    funnel = pl.lit(None, dtype=pl.String)
    for spec in reversed([spec for spec in funnels if spec.card == card]):
        holds = pl.col("_sheet").is_in(list(spec.sheets)) if spec.sheets else pl.lit(value=True)
        funnel = pl.when(holds).then(pl.lit(spec.name)).otherwise(funnel)
    frame = frame.with_columns(_funnel=funnel)
    meanings = pl.DataFrame(rows, schema=schema).unique(["_funnel", "stage"], keep="first")
    frame = frame.join(meanings, on=["_funnel", "stage"], how="left", maintain_order="left")
    readable = pl.col("stage").is_not_null() | ~pl.col("_sheet").is_in(list(staged))
    return frame.rename({"_funnel": "funnel"}).with_columns(
        pl.col("offer_stage").fill_null(value=False), pl.col("blocks").fill_null(value=False),
        payable=readable & pl.col("stage_kind").ne_missing("lost"),
    )  # fmt: skip


def deal_facts(
    base: Base, card: str, template: Template, funnels: Sequence[FunnelSpec], rules: MoneyRules, *, today: date
) -> pl.DataFrame | None:
    """Leads, deals or visits with stage meaning and money, not yet joined with their clients."""
    frame = base.frame(card)
    if frame is None:
        return None
    frame = complete(frame, card, template)
    if card == "visit":
        # A visit has no stage: nothing lost, nothing unreadable. Its day stands for the invoice's.
        frame = frame.with_columns(
            funnel=pl.lit(None, pl.String), stage=pl.lit(None, pl.String), stage_kind=pl.lit("open"), offer_stage=pl.lit(value=False),
            blocks=pl.lit(value=False), payable=pl.lit(value=True), invoice_date=pl.col("date"), invoice_no=pl.lit(None, pl.String), title=pl.col("service"),
        )  # fmt: skip
        frame = with_money(frame, card, valid_payments(base, template, rules), rules)
        booked = (pl.col("date") > today).fill_null(value=False)  # nothing is owed for a visit that has yet to come
        return frame.with_columns(outstanding=pl.when(~booked).then(pl.col("outstanding")))
    staged = [sheet for sheet, fields in bound_fields(base, card).items() if "stage" in fields]
    frame = stage_meaning(frame, card, funnels, staged)
    if card == "lead":
        nothing = pl.lit(None).cast(MONEY)
        return frame.with_columns(paid=nothing, outstanding=nothing, due=pl.lit(None, pl.Date))
    return with_money(frame, card, valid_payments(base, template, rules), rules)


def client_facts(
    base: Base,
    template: Template,
    settings: BaseSettings,
    rules: MoneyRules,
    *,
    deals: dict[str, pl.DataFrame],
    today: date,
    default_interval: float,
) -> pl.DataFrame | None:
    """Clients with purchases, revenue, interval, class, debt, open deals, birthday and whether they may be marketed to."""
    frame = base.frame("client")
    if frame is None:
        return None
    frame = complete(frame, "client", template)
    bought = purchases(base, template, rules, deals.get("deal"), rules.purchases)
    frame = purchase_numbers(frame, bought, today, default_interval)
    paid_for = None if rules.revenue == "column" else purchases(base, template, rules, deals.get("deal"), rules.revenue)
    if paid_for is not None and rules.revenue != "payments":
        paid_for = paid_for.filter(pl.col("date").is_null() | (pl.col("date") <= today))
    frame = with_revenue(frame, paid_for, are_purchases=rules.revenue == rules.purchases)
    frame = frame.with_columns(abc=abc_classes(frame["revenue"]))
    frame = _with_debt(frame, deals)
    frame = _with_open_deals(frame, deals, settings, today)
    contacted = base.frame("interaction")
    frame = _with_last_contact(
        frame, None if contacted is None else complete(contacted, "interaction", template), today
    )
    return with_birthdays(frame.with_columns(may_market=may_market(settings)), today)


def may_market(settings: BaseSettings) -> pl.Expr:
    """Consent: opt-out lets all but an explicit no, opt-in only an explicit yes; a stop-list entry always blocks."""
    agreed = pl.col("mailing_consent")
    allowed = agreed.fill_null(value=False) if settings.consent == "opt_in" else agreed.fill_null(value=True)
    return allowed & ~stopped()


def stopped() -> pl.Expr:
    """Is the client on the stop-list?"""
    return pl.col("do_not_contact").fill_null(value=False)


def _with_debt(frame: pl.DataFrame, deals: dict[str, pl.DataFrame]) -> pl.DataFrame:
    owed = [
        receivable(part).select("client_id", "outstanding") for card, part in deals.items() if card in ("deal", "visit")
    ]
    if not owed:
        return frame.with_columns(debt=pl.lit(None).cast(MONEY))
    sums = pl.concat(owed).drop_nulls("client_id").group_by("client_id").agg(debt=pl.col("outstanding").sum())
    frame = frame.join(sums, left_on="_id", right_on="client_id", how="left", maintain_order="left")
    return frame.with_columns(pl.col("debt").fill_null(0).cast(MONEY))


def receivable(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows whose money is owed: amount > 0, something outstanding, invoiced or with a due day, and `payable` by the stage."""
    return frame.filter(
        (pl.col("amount") > 0) & (pl.col("outstanding") > 0)
        & (pl.col("invoice_date").is_not_null() | pl.col("due").is_not_null())
        & pl.col("payable")
    )  # fmt: skip


def _with_open_deals(
    frame: pl.DataFrame, deals: dict[str, pl.DataFrame], settings: BaseSettings, today: date
) -> pl.DataFrame:
    parts = []
    if "deal" in deals:
        parts.append(deals["deal"].filter((pl.col("stage_kind") == "open") & pl.col("blocks")).select("client_id"))
    if settings.booked_visit_is_open and "visit" in deals:
        booked = (pl.col("date") > today) | (pl.col("next_visit") >= today)
        parts.append(deals["visit"].filter(booked).select("client_id"))
    if not parts:
        return frame.with_columns(open_deals=pl.lit(0, dtype=pl.UInt32))
    counts = pl.concat(parts).drop_nulls("client_id").group_by("client_id").agg(open_deals=pl.len())
    frame = frame.join(counts, left_on="_id", right_on="client_id", how="left", maintain_order="left")
    return frame.with_columns(pl.col("open_deals").fill_null(0).cast(pl.UInt32))


def _with_last_contact(frame: pl.DataFrame, contacts: pl.DataFrame | None, today: date) -> pl.DataFrame:
    last = pl.col("last_contact_date")
    if contacts is not None:
        latest = contacts.filter(pl.col("date") <= today).group_by("client_id").agg(_last=pl.col("date").max())
        frame = frame.join(latest, left_on="_id", right_on="client_id", how="left", maintain_order="left")
        last = pl.max_horizontal("last_contact_date", "_last")
    days = (pl.lit(today) - last).dt.total_days()
    return frame.with_columns(days_since_contact=days.cast(pl.Float64)).drop("_last", strict=False)


def _beside(frame: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """The frame with what is told of each row's client; without searching where clients are in the order of the rows."""
    told = own.drop("client_id")
    if set(told.columns).isdisjoint(frame.columns) and frame["client_id"].equals(own["client_id"]):
        return frame.hstack(told)
    return frame.join(own.unique("client_id", keep="first"), on="client_id", how="left", maintain_order="left")


def facts_of(base: Base, card: str, frame: pl.DataFrame, clients: pl.DataFrame | None) -> Facts:
    """A card's facts: the common columns first, texts of the linked client where the card has none of its own."""
    if card == "client":
        frame = frame.with_columns(client=pl.col("name"), client_id=pl.col("_id"), contact=_contact())
    elif clients is not None:
        own = clients.select(
            client_id="_id", _name="name", _contact=_contact(), _manager="manager", _source="source", may_market="may_market",
            _terms="special_terms", _note="note",
        )  # fmt: skip
        frame = _beside(frame, own)
        frame = frame.with_columns(
            client=pl.coalesce("_name", "client"), contact=pl.col("_contact"), manager=pl.coalesce("manager", "_manager"),
            may_market=pl.col("may_market").fill_null(value=False), special_terms=pl.col("_terms"), client_note=pl.col("_note"),
        )  # fmt: skip
        if "source" in frame.columns:
            frame = frame.with_columns(source=pl.coalesce("source", "_source"))
        frame = frame.drop("_name", "_contact", "_manager", "_source", "_terms", "_note")
    else:
        frame = frame.with_columns(
            contact=pl.lit(None, pl.String),
            may_market=pl.lit(value=False),
            special_terms=pl.lit(None, pl.String),
            client_note=pl.lit(None, pl.String),
        )
    if (card != "client" and "id" in frame.columns) or card == "client":
        frame = frame.rename({"id": "number"})
    frame = frame.rename({"_id": "id", "_sheet": "sheet", "_row": "row"})
    return Facts(card, frame, bound_fields(base, card), field_letters(base, card))


def _contact() -> pl.Expr:
    return pl.coalesce("phone", "phone2", "email")
