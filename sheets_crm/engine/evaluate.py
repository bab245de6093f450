"""Facts + packs + settings + a day -> decisions. The one function of the engine that looks at rows.

Vectorised: all conditions of a card kind in one pass over its frame; Python objects only for rows where a rule fired.
Texts travel as templates and values: the language is chosen when a tab is drawn. Pure: the day is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import Any

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.decisions import Maker, Pinned
from sheets_crm.engine.facts import schema_of
from sheets_crm.engine.faults import Place
from sheets_crm.engine.frames import on_sheets, prepared, sheets_with
from sheets_crm.engine.kinds import Type
from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Pack, Rule
from sheets_crm.engine.ready import STAGE, Ready, among, ready
from sheets_crm.engine.settings import RuleSettings, rules_by_id
from sheets_crm.workdays import Calendar

_BASE = ("id", "sheet", "row", "client", "client_id", "contact", "manager", "note", "special_terms")


@dataclass
class _Card:
    """One card kind of the run: its facts, its frame made ready, the rules that look at it."""

    facts: Facts
    schema: Mapping[str, Type]
    rules: list[Ready] = field(default_factory=list)
    stages: dict[str, tuple[str, ...]] = field(default_factory=dict)


def decide(
    facts: Mapping[str, Facts],
    packs: Sequence[Pack],
    settings: RuleSettings,
    today: date,
    *,
    roles: Mapping[str, str] | None = None,
    calendar: Calendar | None = None,
) -> tuple[Decision, ...]:
    """Every rule that applies to a card today, in the order of packs, rules, cards and rows.

    A rule is silent on the rows of sheets that lack a field it needs, and on cards that are not there at all.
    roles: role -> manager's name, for rules whose tasks go to a role. calendar: what days people work on.
    """
    rules = [rule for rule in rules_by_id(packs).values() if settings.is_on(rule)]
    maker = Maker(today, settings, roles or {}, Pinned(facts.get("client")))
    found: dict[tuple[str, str], list[Decision]] = {}
    for name in dict.fromkeys(card for rule in rules for card in rule.card if card in facts):
        card = _card(facts[name], [rule for rule in rules if name in rule.card], settings, calendar)
        for rule, rows in _fired(card, today):
            found[rule.rule.id, name] = list(maker.decisions(rule, card.facts, rows))
    return tuple(one for rule in rules for card_name in rule.card for one in found.get((rule.id, card_name), ()))


def _card(facts: Facts, rules: Iterable[Rule], settings: RuleSettings, calendar: Calendar | None) -> _Card:
    card = _Card(facts, schema_of(facts.frame, facts.card))
    for rule in rules:
        setting = settings.of(rule)
        place = Place(f"rules/{rule.id}")
        params = settings.params(rule)
        made = ready(
            rule, facts.card, card.schema, params, lambda *_, place=place: place,
            only=setting.only, calendar=calendar, working=setting.working_days,
        )  # fmt: skip
        card.rules.append(made)
        card.stages[rule.id] = setting.stages
    return card


def _fired(card: _Card, today: date) -> Iterable[tuple[Ready, pl.DataFrame]]:
    """Each rule with the rows on which it fired and everything that its decisions are made of."""
    frame = _prepared(card, today)
    speaking = [rule for rule in card.rules if _sheets(rule, card.facts) != []]
    if frame.is_empty() or not speaking:
        return
    masks = frame.lazy().select(
        "today", *(_mask(rule, card).alias(f"fired:{rule.rule.id}") for rule in speaking)
    ).collect()  # fmt: skip
    done: dict[str, pl.Series] = {}
    for rule in speaking:
        mask = masks[f"fired:{rule.rule.id}"]
        for other in rule.rule.unless:
            mask = mask & ~done[other] if other in done else mask
        done[rule.rule.id] = mask
        if mask.any():
            yield rule, _parts(rule, frame.filter(mask))


def _prepared(card: _Card, today: date) -> pl.DataFrame:
    """Everything that the rules read."""
    inputs = {*_BASE, *(name for rule in card.rules for name in rule.inputs)}
    if any(card.stages.values()):
        inputs.add(STAGE)
    return prepared(card.facts, card.schema, inputs, today)


def _sheets(rule: Ready, facts: Facts) -> list[str] | None:
    """Sheets of which the rule may speak; None where it needs nothing and speaks of all."""
    needed = rule.rule.needed(rule.card)
    return sheets_with(facts, needed) if needed else None


def _mask(rule: Ready, card: _Card) -> pl.Expr:
    parts = [rule.when]
    sheets = _sheets(rule, card.facts)
    if sheets is not None and len(sheets) < len(card.facts.bound):
        parts.append(on_sheets(sheets))
    if stages := card.stages[rule.rule.id]:
        parts.append(among(stages))
    return reduce(lambda a, b: a & b, parts)


def _parts(rule: Ready, fired: pl.DataFrame) -> pl.DataFrame:
    columns: list[Any] = [pl.col(name) for name in _BASE if name in fired.columns]
    columns += [made.expr.alias(f"part:{name}") for name, made in rule.parts.items()]
    columns += [made.expr.alias(f"value:{name}") for name, made in rule.values.items()]
    columns += [expr.alias(f"occurrence:{index}") for index, expr in enumerate(rule.occurrence)]
    return fired.select(columns)
