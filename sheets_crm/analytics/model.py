"""Numbers about the base, as the engine and the tabs receive them.

Pure. The facts' columns are the vocabulary of rule conditions: docs/reference/facts.md lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl


@dataclass(frozen=True)
class Facts:
    """A card kind with everything a rule may ask of it: one row a card, in the order of the sheets.

    frame: typed columns. On every card kind: id, sheet, row, client (name), client_id, contact, manager, may_market (Boolean),
        and all fields of the card's schema (a field that is not bound is a null column).
        deal, lead, visit: stage, stage_kind ("open" / "won" / "lost" / null), offer_stage, funnel, amount, paid, outstanding, due.
        client: purchases, revenue, average, interval (days, Float64), last_purchase, next_purchase, open_deals, next_birthday,
            age_turning, abc, debt.
    bound: sheet -> the fields bound there. A rule that needs a field is silent on the rows of a sheet that lacks it.
    cells: field -> its column's letter, by sheet: where a reason stands.
    """

    card: str
    frame: pl.DataFrame
    bound: Mapping[str, frozenset[str]]
    cells: Mapping[str, Mapping[str, str]]  # sheet -> field -> letter


@dataclass(frozen=True)
class StageRow:
    """One stage of a funnel now. Conversions are shares 0..1 of cards that reached this stage or a later one (None: no base)."""

    stage: str
    kind: str  # open, won, lost
    count: int
    amount: Decimal
    from_previous: float | None = None
    from_top: float | None = None
    average_days: float | None = None
    stuck: int = 0
    forecast: Decimal | None = None


@dataclass(frozen=True)
class StuckDeal:
    """An open card that has stood still longer than the funnel allows and has no future step."""

    sheet: str
    row: int
    client: str
    title: str
    stage: str
    manager: str
    days: int
    amount: Decimal | None


@dataclass(frozen=True)
class GroupRow:
    """A line of a breakdown (by manager, source, month of creation, reason of loss)."""

    name: str  # "" where the field is blank
    count: int
    won: int
    lost: int
    amount: Decimal


@dataclass(frozen=True)
class Funnel:
    """A funnel's stock and movement. `name` is its key in the configuration, `label` what people read."""

    name: str
    card: str
    stages: tuple[StageRow, ...]
    unknown: int = 0  # cards whose stage is blank or unreadable: a problem, not a stage
    stuck: tuple[StuckDeal, ...] = ()
    at_stake: Mapping[str, tuple[int, Decimal]] = field(
        default_factory=dict
    )  # offers, invoices, overdue -> (count, sum)
    by_manager: tuple[GroupRow, ...] = ()
    by_source: tuple[GroupRow, ...] = ()
    by_month: tuple[GroupRow, ...] = ()
    lost_reasons: tuple[GroupRow, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Ageing:
    """Debt by age: bucket -> (count, sum). Buckets: no_due_date, not_due, 1-30, 31-60, 61-90, 91+."""

    buckets: Mapping[str, tuple[int, Decimal]]


@dataclass(frozen=True)
class Numbers:
    """Everything computed about a base on a day.

    clients: one row a client in file order: sheet, row, id, name, contact, phone, email, manager, purchases UInt32, revenue Decimal,
        average Decimal, interval Float64 (days), last_purchase Date, next_purchase Date, abc String (A/B/C/null), debt Decimal,
        open_deals UInt32, consents Boolean (may offers be sent, as the rules see it; null where no sheet tells of it).
    """

    today: date
    facts: Mapping[str, Facts]
    clients: pl.DataFrame
    funnels: tuple[Funnel, ...]
    ageing: Ageing
