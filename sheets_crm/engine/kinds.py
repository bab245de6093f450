"""Types of the condition language, and the arithmetic and comparisons between them, as Polars expressions.

Knows nothing of syntax. What must hold here: no value of any column can make an expression fail when it runs.
Hence a division by zero is blank, and an amount or a number of 10^15 or more counts as blank.
Sources: docs/reference/expressions.md (null logic, exactness of money).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

import polars as pl

MONEY = pl.Decimal(38, 4)  # as the base keeps it
LIMIT = 10**15
FOLD = "fold:"  # prefix of the columns that hold a text field in the form in which it is compared
_FIRST_DAY, _LAST_DAY = (day.toordinal() - date(1970, 1, 1).toordinal() for day in (date.min, date.max))
_YO, _YE = "\u0451", "\u0435"


class Type(StrEnum):
    """What a field, a parameter or a part of a condition is."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    BOOL = "bool"


NUMERIC = (Type.NUMBER, Type.MONEY)

DTYPES: dict[Type, pl.DataType] = {
    Type.TEXT: pl.String(),
    Type.NUMBER: pl.Float64(),
    Type.MONEY: MONEY,
    Type.DATE: pl.Date(),
    Type.BOOL: pl.Boolean(),
}


def type_of(dtype: pl.DataType) -> Type | None:
    """The language's type of a frame's column; None for a column that conditions can't read (lists ...)."""
    if isinstance(dtype, pl.Decimal):
        return Type.MONEY
    if dtype.is_numeric():
        return Type.NUMBER
    return {pl.String(): Type.TEXT, pl.Date(): Type.DATE, pl.Boolean(): Type.BOOL}.get(dtype)


@dataclass(frozen=True)
class Value:
    """A part of a condition: its Polars expression and type. `constant` is set where the value is known beforehand."""

    expr: pl.Expr
    type: Type
    constant: str | Decimal | date | bool | None = None
    field: str = ""  # the text field that it is


def within(expr: pl.Expr, low: Any, high: Any, dtype: pl.DataType) -> pl.Expr:
    """The value; blank where it is NaN, infinite or not between the bounds.

    Done on the series: `when(x).then(x)` would have x twice in the expression, and twice again one level up.
    """

    def kept(values: pl.Series) -> pl.Series:
        return values.zip_with(values.is_between(low, high).fill_null(value=False), values.clear(1))

    return expr.map_batches(kept, return_dtype=dtype, is_elementwise=True)


def column(name: str, type_: Type) -> Value:
    """A field of the frame; a number or an amount out of all proportion is blank."""
    expr = pl.col(name)
    if type_ in NUMERIC:
        expr = pl.when(expr.is_between(-LIMIT, LIMIT)).then(expr)
    return Value(expr, type_, field=name if type_ is Type.TEXT else "")


def constant(value: str | Decimal | date | bool) -> Value:  # noqa: FBT001 - a value, not a switch
    """A literal or a parameter."""
    if isinstance(value, bool):
        return Value(pl.lit(value), Type.BOOL, value)
    if isinstance(value, Decimal):
        return Value(pl.lit(float(value)), Type.NUMBER, value)
    if isinstance(value, date):
        return Value(pl.lit(value), Type.DATE, value)
    return Value(pl.lit(value, dtype=pl.String), Type.TEXT, value)


def settled(value: Value) -> Value:
    """What has only literals in it, as the one literal that it comes to: Polars would take it for a column of one row."""
    if value.constant is not None:
        return value
    return Value(pl.lit(pl.select(value.expr).item(), dtype=DTYPES[value.type]), value.type)


def as_money(value: Value) -> pl.Expr:
    """A number as an amount, exact for literals; a computed number is rounded to four decimals."""
    if value.type is Type.MONEY:
        return value.expr
    if isinstance(value.constant, Decimal):
        return pl.lit(value.constant, dtype=MONEY)
    return value.expr.cast(MONEY, strict=False)


def as_number(value: Value) -> pl.Expr:
    """An amount as a plain number, for products and ratios."""
    return value.expr.cast(pl.Float64) if value.type is Type.MONEY else value.expr


def _in_parts(value: Value) -> pl.Expr:
    """An amount as a whole number of its smallest parts, so that 0.3 / 0.1 is 3."""
    return (as_number(value) * 10_000).round()


def folded(expr: pl.Expr) -> pl.Expr:
    """Text in the form in which it is compared: one line, trimmed, lower case."""
    spaced = expr.str.replace_all(r"\s+", " ").str.strip_chars()
    return spaced.str.to_lowercase().str.replace_all(_YO, _YE, literal=True)


def fold(text: str) -> str:
    """`folded` for one text."""
    return " ".join(text.split()).lower().replace(_YO, _YE)


def comparable(value: Value) -> pl.Expr:
    """Text folded (a field once for all rules, see `frames`), anything else as it is."""
    if value.type is not Type.TEXT:
        return value.expr
    if value.field:
        return pl.col(FOLD + value.field)
    return pl.lit(fold(value.constant)) if isinstance(value.constant, str) else folded(value.expr)


def is_true(expr: pl.Expr) -> pl.Expr:
    """A blank answer is no."""
    return expr.fill_null(value=False)


def common(left: Type, right: Type) -> Type | None:
    """The type in which two values can be compared or chosen between; None when they have nothing in common."""
    if left is right:
        return left
    return Type.MONEY if left in NUMERIC and right in NUMERIC else None


def compare(sign: str, left: Value, right: Value) -> Value:
    """One comparison of comparable values; false where either is blank."""
    kind = common(left.type, right.type)
    a, b = (as_money(left), as_money(right)) if kind is Type.MONEY else (comparable(left), comparable(right))
    made = {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]
    return Value(is_true(made), Type.BOOL)


def day_number(value: Value) -> pl.Expr:
    """A date as days since 1970."""
    return value.expr.cast(pl.Int32).cast(pl.Float64)


def from_day_number(days: pl.Expr) -> pl.Expr:
    """The date of a day number; parts of a day are dropped, days outside the calendar are blank."""
    day = days.floor().cast(pl.Int32, strict=False)
    return within(day, _FIRST_DAY, _LAST_DAY, pl.Int32()).cast(pl.Date)


def arithmetic(sign: str, left: Value, right: Value) -> Value | None:
    """The value of `left sign right`; None when these types can't be so combined."""
    pair = (left.type, right.type)
    if pair == (Type.DATE, Type.DATE):
        return Value(day_number(left) - day_number(right), Type.NUMBER) if sign == "-" else None
    if Type.DATE in pair:
        return _shifted(sign, left, right)
    if any(kind not in NUMERIC for kind in pair):
        return None
    return (
        _money(sign, left, right) if Type.MONEY in pair else Value(_numbers(sign, left.expr, right.expr), Type.NUMBER)
    )


def _shifted(sign: str, left: Value, right: Value) -> Value | None:
    if left.type is Type.DATE and right.type is Type.NUMBER and sign in "+-":
        days = right.expr.floor()
        moved = day_number(left) + days if sign == "+" else day_number(left) - days
        return Value(from_day_number(moved), Type.DATE)
    if right.type is Type.DATE and left.type is Type.NUMBER and sign == "+":
        return Value(from_day_number(day_number(right) + left.expr.floor()), Type.DATE)
    return None


def _money(sign: str, left: Value, right: Value) -> Value | None:
    """Sums and differences are exact; products and quotients are rounded to four decimals."""
    both = left.type is right.type
    if sign in "+-":
        a, b = as_money(left), as_money(right)
        return Value(a + b if sign == "+" else a - b, Type.MONEY)
    if sign == "/" and both:
        return Value(_numbers("/", _in_parts(left), _in_parts(right)), Type.NUMBER)
    if (sign == "*" and not both) or (sign == "/" and left.type is Type.MONEY):
        product = _numbers(sign, as_number(left), as_number(right))
        return Value(product.cast(MONEY, strict=False), Type.MONEY)
    return None


def _numbers(sign: str, a: pl.Expr, b: pl.Expr) -> pl.Expr:
    """Arithmetic of plain numbers. What has no answer (a division by zero) is blank; % has the sign of the divisor."""
    if sign in "+-":
        return a + b if sign == "+" else a - b  # can't grow out of proportion: a condition is short
    if sign == "*":
        made = a * b
    elif sign == "%":
        made = a % b
    else:
        made = a / b if sign == "/" else (a / b).floor()
    return within(made, -LIMIT, LIMIT, pl.Float64())
