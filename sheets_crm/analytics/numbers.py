"""All numbers of a run, in the order they need each other.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from sheets_crm.analytics.columns import is_formula
from sheets_crm.analytics.facts import client_facts, deal_facts, facts_of
from sheets_crm.analytics.funnels import ageing, funnel
from sheets_crm.analytics.model import Facts, Numbers
from sheets_crm.analytics.money import money_rules
from sheets_crm.base.model import Base
from sheets_crm.base.settings import BaseSettings
from sheets_crm.base.stages import FunnelSpec
from sheets_crm.cards import Template

CLIENT_COLUMNS = (
    "sheet", "row", "id", "name", "contact_person", "phone", "email", "manager", "source", "purchases", "revenue", "average",
    "interval", "last_purchase", "next_purchase", "abc", "debt", "open_deals", "consents",
)  # fmt: skip
_CONSENTS = frozenset({"mailing_consent", "do_not_contact"})


def numbers(
    base: Base,
    template: Template,
    settings: BaseSettings,
    funnels: Sequence[FunnelSpec],
    *,
    today: date,
    default_interval: float,
    entered: Mapping[str, pl.DataFrame],
) -> Numbers:
    """Everything the engine and the tabs need to know.

    default_interval: days after which a client without a history of their own counts as silent.
    entered: card -> (id, since), from history.
    """
    bound = frozenset((column.card, column.field) for binding in base.bindings.values() for column in binding.columns)
    bound |= {pair for binding in base.bindings.values() for pair in binding.given}
    computed = frozenset((card, name) for card, name in bound if is_formula(base, card, name))
    rules = money_rules(settings.money, bound, computed)
    deals = {}
    for card in ("lead", "deal", "visit"):
        frame = deal_facts(base, card, template, funnels, rules, today=today)
        if frame is not None:
            deals[card] = frame
    clients = client_facts(base, template, settings, rules, deals=deals, today=today, default_interval=default_interval)
    facts = {card: facts_of(base, card, frame, clients) for card, frame in deals.items()}
    if clients is not None:
        facts["client"] = facts_of(base, "client", clients, None)
    table = _table(facts["client"]) if clients is not None else pl.DataFrame()
    return Numbers(
        today=today,
        facts=facts,
        clients=table,
        funnels=tuple(
            funnel(spec, facts[spec.card], today, entered.get(spec.card)) for spec in funnels if spec.card in facts
        ),
        ageing=ageing([frame for card, frame in deals.items() if card != "lead"], today),
    )


def _table(facts: Facts) -> pl.DataFrame:
    """The columns of the Clients tab. A usual interval that is only the default is nobody's own: it is left blank.

    Where no sheet tells of consents, nothing is said of them: that everybody may be written to is only the rules' default.
    """
    own = [pl.when(pl.col("interval_known")).then(pl.col(name)).alias(name) for name in ("interval", "next_purchase")]
    is_told = any(_CONSENTS & fields for fields in facts.bound.values())
    consents = pl.col("may_market") if is_told else pl.lit(None, pl.Boolean)
    return facts.frame.with_columns(*own, consents=consents).select(CLIENT_COLUMNS)
