"""A rule compiled for one card kind: every expression it has, with the values of its parameters.

Used to check packs and settings when they are loaded, and to evaluate them. Knows nothing of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from sheets_crm.engine.expr import Compiled, Param, compile_expression, compile_parts
from sheets_crm.engine.faults import Place
from sheets_crm.engine.functions import as_text
from sheets_crm.engine.kinds import FOLD, NUMERIC, Type, Value, fold
from sheets_crm.engine.pack import Role, Rule
from sheets_crm.engine.texts import ended_placeholders, placeholders
from sheets_crm.errors import PackError
from sheets_crm.words import Phrase
from sheets_crm.workdays import Calendar

STAGE = FOLD + "stage"
At = Callable[..., Place]  # keys under the rule -> where that part stands


@dataclass(frozen=True)
class Ready:
    """A rule for one card kind. `parts`: what a decision is made of, by name; `values`: what fills its texts."""

    rule: Rule
    card: str
    when: pl.Expr
    parts: Mapping[str, Compiled]
    occurrence: tuple[pl.Expr, ...]
    values: Mapping[str, Compiled]
    constants: Mapping[str, Param]
    inputs: frozenset[str]


@dataclass
class _Workshop:
    """Compiles texts of one rule, remembering what they read."""

    schema: Mapping[str, Type]
    params: Mapping[str, Param]
    at: At
    calendar: Calendar | None = None
    inputs: set[str] = field(default_factory=set)

    def make(
        self, text: str, key: tuple[str | int, ...], allowed: tuple[Type, ...] = (), *, working: bool = False
    ) -> Compiled:
        place = self.at(*key)
        made = compile_expression(text, self.schema, self.params, place=place, calendar=self.calendar, working=working)
        if allowed and made.type not in allowed:
            words = tuple(Phrase(f"engine.types.{kind}") for kind in allowed)
            type_ = Phrase(f"engine.types.{made.type}")
            raise PackError(
                "engine.wrong_result", where=place.at(text, 0), name=str(key[-1]), type=type_, allowed=words
            )
        self.inputs |= made.inputs
        return made


def ready(
    rule: Rule,
    card: str,
    schema: Mapping[str, Type],
    params: Mapping[str, Param],
    at: At,
    *,
    only: str = "",
    calendar: Calendar | None = None,
    working: bool = False,
) -> Ready:
    """Compile a rule for a card. PackError for whatever doesn't fit. `only`: a further condition, the owner's.

    calendar: what days people work on. working: the days that the rule's own condition counts are those.
    """
    inner = {name: value for name, value in params.items() if name != "card"}
    shop = _Workshop(schema, {**inner, "card": card}, at, calendar)
    when = shop.make(rule.when, ("when",), (Type.BOOL,), working=working).expr
    if rule.marketing:
        when &= pl.col("may_market").fill_null(value=False)
        shop.inputs.add("may_market")
    if only:
        when &= shop.make(only, ("only",), (Type.BOOL,)).expr
    occurrence = tuple(
        as_text(Value(made.expr, made.type))
        for made in (shop.make(text, ("occurrence", index)) for index, text in enumerate(rule.occurrence))
    )
    values = _values(rule, shop)
    parts = _parts(rule, shop)
    return Ready(rule, card, when, parts, occurrence, values, inner, frozenset(shop.inputs))


@dataclass(frozen=True)
class Ending:
    """What tells why a rule no longer applies to a row: `ended:` and its texts' values, the parts of the condition, `only`."""

    when: tuple[Compiled, ...]
    values: Mapping[str, Compiled]
    parts: tuple[tuple[tuple[str, ...], Compiled], ...]
    only: Compiled | None


def ending(
    rule: Rule,
    card: str,
    schema: Mapping[str, Type],
    params: Mapping[str, Param],
    at: At,
    *,
    only: str = "",
    calendar: Calendar | None = None,
    working: bool = False,
) -> Ending:
    """Compile for a card what is asked when a rule no longer applies. Arguments and errors as in `ready`."""
    inner = {name: value for name, value in params.items() if name != "card"}
    shop = _Workshop(schema, {**inner, "card": card}, at, calendar)
    when = tuple(shop.make(one.when, ("ended", index, "when"), (Type.BOOL,)) for index, one in enumerate(rule.ended))
    values = {}
    for name in sorted(ended_placeholders(rule)):
        if name in rule.values:
            values[name] = shop.make(rule.values[name], ("values", name))
        elif name not in shop.params and (name in schema or name == "today"):
            values[name] = shop.make(name, ("ended",))
    parts = compile_parts(rule.when, schema, shop.params, place=at("when"), calendar=calendar, working=working)
    return Ending(when, values, tuple(parts), shop.make(only, ("only",), (Type.BOOL,)) if only else None)


def _parts(rule: Rule, shop: _Workshop) -> dict[str, Compiled]:
    parts = {"due": shop.make(rule.due, ("due",), (Type.DATE,))}
    if isinstance(rule.priority, str):
        parts["priority"] = shop.make(rule.priority, ("priority",), (Type.NUMBER,))
    if rule.amount:
        parts["amount"] = shop.make(rule.amount, ("amount",), NUMERIC)
    if not isinstance(rule.assignee, Role):
        parts["assignee"] = shop.make(rule.assignee, ("assignee",), (Type.TEXT,))
    if rule.every is not None and isinstance(rule.every.n, str):
        parts["every"] = shop.make(rule.every.n, ("every", "n"), (Type.NUMBER,))
    return parts


def _values(rule: Rule, shop: _Workshop) -> dict[str, Compiled]:
    """What the texts of the rule name, from its own `values`, else a field of the card."""
    named = {name: shop.make(text, ("values", name)) for name, text in rule.values.items()}
    for name in sorted(placeholders(rule)):
        if name not in named and name not in shop.params and (name in shop.schema or name == "today"):
            named[name] = shop.make(name, ("todo",))
    return named


def among(stages: tuple[str, ...]) -> pl.Expr:
    """Is the row's stage one of these?"""
    listed = pl.lit(pl.Series([[fold(stage) for stage in stages]], dtype=pl.List(pl.String)))
    return pl.col(STAGE).is_in(listed).fill_null(value=False)
