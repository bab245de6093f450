"""The functions of the condition language: name, what they take, what they give.

Documented one by one in docs/reference/expressions.md (a test compares). Knows nothing of syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from sheets_crm.engine.kinds import (
    NUMERIC,
    Type,
    Value,
    as_money,
    common,
    comparable,
    day_number,
    is_true,
)
from sheets_crm.workdays import Calendar

ANY = tuple(Type)


@dataclass(frozen=True)
class Function:
    """What a function takes and how it is made. `takes`: allowed types by argument; the last one repeats up to `most`."""

    takes: tuple[tuple[Type, ...], ...]
    make: Callable[[Sequence[Value]], Value | None]
    least: int
    most: int


def _days_since(args: Sequence[Value]) -> Value:
    return Value(day_number(Value(pl.col("today"), Type.DATE)) - day_number(args[0]), Type.NUMBER)


def _days_until(args: Sequence[Value]) -> Value:
    return Value(day_number(args[0]) - day_number(Value(pl.col("today"), Type.DATE)), Type.NUMBER)


def _is_blank(value: Value) -> pl.Expr:
    if value.type is not Type.TEXT:
        return value.expr.is_null()
    return value.expr.str.strip_chars().eq("").fill_null(value=True)


def _together(args: Sequence[Value]) -> tuple[Type, list[pl.Expr]] | None:
    """Arguments brought to one type; None when there is none."""
    kind: Type | None = args[0].type
    for value in args[1:]:
        kind = common(kind, value.type) if kind else None
    if kind is None:
        return None
    return kind, [as_money(value) if kind is Type.MONEY else value.expr for value in args]


def _extreme(pick: Callable[..., pl.Expr]) -> Callable[[Sequence[Value]], Value | None]:
    def make(args: Sequence[Value]) -> Value | None:
        found = _together(args)
        return Value(pick(*found[1]), found[0]) if found else None

    return make


def _coalesce(args: Sequence[Value]) -> Value | None:
    found = _together(args)
    if not found:
        return None
    kind, exprs = found
    if kind is Type.TEXT:
        exprs = [expr.str.extract(r"(?s)^(.*\S.*)$") for expr in exprs]  # nothing but spaces is blank
    return Value(pl.coalesce(exprs), kind)


def _choose(args: Sequence[Value]) -> Value | None:
    found = _together(args[1:])
    return Value(pl.when(args[0].expr).then(found[1][0]).otherwise(found[1][1]), found[0]) if found else None


def _rounded(args: Sequence[Value]) -> Value | None:
    digits = args[1].constant if len(args) > 1 else Decimal(0)
    if not isinstance(digits, Decimal) or digits not in range(5):
        return None
    return Value(args[0].expr.round(int(digits), mode="half_away_from_zero"), args[0].type)


def _part(name: str) -> Callable[[Sequence[Value]], Value]:
    def make(args: Sequence[Value]) -> Value:
        part: pl.Expr = getattr(args[0].expr.dt, name)()
        return Value(part.cast(pl.Float64), Type.NUMBER)

    return make


def as_text(value: Value) -> pl.Expr:
    """A value as text that does not depend on language: dates as yyyy-mm-dd, numbers without idle zeros."""
    if value.type is Type.TEXT:
        return value.expr
    if value.type in NUMERIC:
        plain = as_money(value).cast(pl.String)
        return plain.str.strip_chars_end("0").str.strip_chars_end(".")
    return value.expr.cast(pl.String)


def _contains(args: Sequence[Value]) -> Value:
    return Value(is_true(comparable(args[0]).str.contains(comparable(args[1]), literal=True)), Type.BOOL)


def _starts_with(args: Sequence[Value]) -> Value:
    return Value(is_true(comparable(args[0]).str.starts_with(comparable(args[1]))), Type.BOOL)


_TEXT, _DATE, _BOOL, _NUMBER = (Type.TEXT,), (Type.DATE,), (Type.BOOL,), (Type.NUMBER,)
_ORDERED = (Type.NUMBER, Type.MONEY, Type.DATE)

DAY_FUNCTIONS = (
    "days_since",
    "days_until",
    "working_days_since",
    "working_days_until",
)  # these read the day of the run
SWITCHED = ("days_since", "days_until")  # these count working days where the owner wants a rule so


def working_days(name: str, date_: Value, calendar: Calendar) -> Value:
    """`working_days_since` or `working_days_until` of a date: after the earlier day, up to and with the later one.

    A day on the other side of today is below zero, also where only days off lie between.
    """
    today = pl.col("today")
    first, last = (date_.expr, today) if name.endswith("since") else (today, date_.expr)
    count = _reckoned(last, calendar) - _reckoned(first, calendar)
    return Value(pl.when(last < first).then(pl.min_horizontal(count, pl.lit(-1.0))).otherwise(count), Type.NUMBER)


def _reckoned(day: pl.Expr, calendar: Calendar) -> pl.Expr:
    return day.map_batches(calendar.reckoned, return_dtype=pl.Float64, is_elementwise=True)


FUNCTIONS: dict[str, Function] = {
    "min": Function((_ORDERED,), _extreme(pl.min_horizontal), 2, 9),
    "max": Function((_ORDERED,), _extreme(pl.max_horizontal), 2, 9),
    "abs": Function((NUMERIC,), lambda args: Value(args[0].expr.abs(), args[0].type), 1, 1),
    "round": Function((NUMERIC, _NUMBER), _rounded, 1, 2),
    "blank": Function((ANY,), lambda args: Value(_is_blank(args[0]), Type.BOOL), 1, 1),
    "filled": Function((ANY,), lambda args: Value(~_is_blank(args[0]), Type.BOOL), 1, 1),
    "coalesce": Function((ANY,), _coalesce, 2, 9),
    "choose": Function((_BOOL, ANY, ANY), _choose, 3, 3),
    "days_since": Function((_DATE,), _days_since, 1, 1),
    "days_until": Function((_DATE,), _days_until, 1, 1),
    "working_days_since": Function((_DATE,), lambda args: working_days("since", args[0], Calendar()), 1, 1),
    "working_days_until": Function((_DATE,), lambda args: working_days("until", args[0], Calendar()), 1, 1),
    "year": Function((_DATE,), _part("year"), 1, 1),
    "month": Function((_DATE,), _part("month"), 1, 1),
    "day": Function((_DATE,), _part("day"), 1, 1),
    "text": Function((ANY,), lambda args: Value(as_text(args[0]), Type.TEXT), 1, 1),
    "lower": Function((_TEXT,), lambda args: Value(comparable(args[0]), Type.TEXT), 1, 1),
    "contains": Function((_TEXT, _TEXT), _contains, 2, 2),
    "starts_with": Function((_TEXT, _TEXT), _starts_with, 2, 2),
}
