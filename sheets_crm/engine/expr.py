"""Conditions of rules: a small typed language, compiled to Polars expressions when a pack is loaded.

The text is parsed by Python's `ast` and walked through a whitelist; nothing else of Python is reachable. Whatever is wrong
(an unknown name, types that don't fit, a sign out of place) is a PackError with its position, raised here and never at run.
The language, its null logic and its exactness: docs/reference/expressions.md.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, reduce

import polars as pl

from sheets_crm.engine.faults import NOWHERE, Place, unknown
from sheets_crm.engine.functions import DAY_FUNCTIONS, FUNCTIONS, SWITCHED, working_days
from sheets_crm.engine.kinds import (
    LIMIT,
    Type,
    Value,
    arithmetic,
    column,
    common,
    comparable,
    compare,
    constant,
    is_true,
    settled,
)
from sheets_crm.engine.lexer import Source, parse
from sheets_crm.engine.literals import date_of, exact, listed, plain_name, type_word
from sheets_crm.errors import PackError
from sheets_crm.workdays import Calendar

MAX_DEPTH = 24  # `a < x < b` has x twice: depth bounds how often that can double
BOUND = "bound:"  # prefix of the Boolean columns that say whether a row's sheet has the field bound


_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip

Param = (
    str
    | Decimal
    | int
    | float
    | bool
    | date
    | tuple[str | Decimal | int | float, ...]
    | list[str | Decimal | int | float]
)


@dataclass(frozen=True)
class Compiled:
    """A condition (or any other expression of a rule) ready to run.

    expr reads a frame made by `frames.prepared` from `inputs`: fields, `today` (the day), `fold:<field>` (a text as it is compared) and
    `bound:<field>` (is the field bound on the row's sheet). A condition (type bool) is never null.
    """

    expr: pl.Expr
    type: Type

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Columns that the expression reads."""
        return frozenset(self.expr.meta.root_names())


def compile_expression(
    text: str,
    schema: Mapping[str, Type],
    params: Mapping[str, Param] | None = None,
    *,
    place: Place = NOWHERE,
    calendar: Calendar | None = None,
    working: bool = False,
) -> Compiled:
    """Compile a text against the columns of a card and the values of the rule's parameters.

    calendar: which days are working ones. working: `days_since` and `days_until` count those.
    PackError (`engine.*`, with `where`): unknown name, types that don't fit, what can't be read, too long or too deep.
    """
    source, tree = parse(text, place)
    walker = _Walker(source, schema, params or {}, calendar or Calendar(), working=working)
    value = walker.value(tree, 0)
    if walker.reads and not isinstance(tree, ast.Name):
        # Polars may cut `coalesce(literal, column)` short to a column of one row; a condition of its own keeps all rows.
        return Compiled(pl.when(pl.col("today").is_not_null()).then(value.expr), value.type)
    return Compiled(value.expr, value.type)


def compile_parts(
    text: str,
    schema: Mapping[str, Type],
    params: Mapping[str, Param],
    *,
    place: Place = NOWHERE,
    calendar: Calendar | None = None,
    working: bool = False,
) -> list[tuple[tuple[str, ...], Compiled]]:
    """The parts of a condition that must all hold, each with the fields that it names, in their order."""
    source, tree = parse(text, place)
    made = []
    for part in _conjuncts(tree):
        walker = _Walker(source, schema, params, calendar or Calendar(), working=working)
        value = walker.value(part, 0)
        named = sorted(
            (node for node in ast.walk(part) if isinstance(node, ast.Name)), key=lambda node: node.col_offset
        )
        fields = [walker.names[name] for node in named if (name := plain_name(node.id)) in walker.names]
        expr = pl.when(pl.col("today").is_not_null()).then(value.expr) if walker.reads else value.expr
        made.append((tuple(dict.fromkeys(fields)), Compiled(expr, value.type)))
    return made


def _conjuncts(tree: ast.expr) -> list[ast.expr]:
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [inner for part in tree.values for inner in _conjuncts(part)]
    return [tree]


class _Walker:
    """Walks a syntax tree once."""

    def __init__(
        self,
        source: Source,
        schema: Mapping[str, Type],
        params: Mapping[str, Param],
        calendar: Calendar,
        *,
        working: bool,
    ) -> None:
        self.source, self.calendar = source, calendar
        self.working = DAY_FUNCTIONS if working else tuple(name for name in DAY_FUNCTIONS if name not in SWITCHED)
        self.schema = schema
        self.names = {plain_name(name): name for name in schema}
        self.params = {plain_name(name): value for name, value in params.items()}
        self.reads = 0  # columns read so far

    def value(self, node: ast.expr, depth: int) -> Value:
        """What a node of the tree comes to."""
        if depth > MAX_DEPTH:
            raise self.fault("too_deep", node)
        read = self.reads
        made = self._made(node, depth)
        return settled(made) if read == self.reads else made

    def _made(self, node: ast.expr, depth: int) -> Value:
        match node:
            case ast.BoolOp():
                return self._logic(node, depth)
            case ast.UnaryOp():
                return self._unary(node, depth)
            case ast.Compare():
                return self._chain(node, depth)
            case ast.BinOp():
                return self._binary(node, depth)
            case ast.Call():
                return self._call(node, depth)
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
        raise self.fault("list_here" if isinstance(node, (ast.List, ast.Tuple)) else "not_part_here", node)

    def fault(self, key: str, node: ast.AST, **values: object) -> PackError:
        return self.source.fault(key, node, **values)

    def _logic(self, node: ast.BoolOp, depth: int) -> Value:
        parts = [self._condition(part, depth) for part in node.values]
        both = isinstance(node.op, ast.And)
        return Value(reduce(lambda a, b: a & b if both else a | b, parts), Type.BOOL)

    def _condition(self, node: ast.expr, depth: int) -> pl.Expr:
        """A part that must answer yes or no; blank is no."""
        value = self.value(node, depth + 1)
        if value.type is not Type.BOOL:
            raise self.fault(f"not_a_condition.{value.type}", node, saw=self._quote(node))
        return value.expr

    def _unary(self, node: ast.UnaryOp, depth: int) -> Value:
        if isinstance(node.op, ast.Not):
            return Value(~self._condition(node.operand, depth), Type.BOOL)
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self.fault("not_part_here", node)
        value = self.value(node.operand, depth + 1)
        if value.type not in (Type.NUMBER, Type.MONEY):
            raise self.fault("no_minus", node, type=type_word(value.type), saw=self._quote(node.operand))
        if isinstance(node.op, ast.UAdd):
            return value
        if isinstance(value.constant, Decimal):
            return constant(-value.constant)
        return Value(-value.expr, value.type)

    def _chain(self, node: ast.Compare, depth: int) -> Value:
        parts: list[pl.Expr] = []
        left_node: ast.expr = node.left
        left = self.value(left_node, depth + 1)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            sign = _COMPARE.get(type(op))
            if sign is None:
                raise self.fault("not_part_here", right_node)
            if sign in ("in", "not in"):
                parts.append(self._membership(left, left_node, right_node, negated=sign == "not in"))
                if right_node is not node.comparators[-1]:
                    raise self.fault("list_here", right_node)
                continue
            right = self.value(right_node, depth + 1)
            parts.append(self._compared(sign, (left, left_node), (right, right_node)).expr)
            left, left_node = right, right_node
        return Value(reduce(lambda a, b: a & b, parts), Type.BOOL)

    def _compared(self, sign: str, left: tuple[Value, ast.expr], right: tuple[Value, ast.expr]) -> Value:
        (a, a_node), (b, b_node) = left, right
        a, b = self._dated(a, b, a_node), self._dated(b, a, b_node)
        if common(a.type, b.type) is None:
            raise self.fault(
                "not_comparable",
                a_node,
                left=self._quote(a_node),
                left_type=type_word(a.type),
                right=self._quote(b_node),
                right_type=type_word(b.type),
            )
        if sign not in ("==", "!=") and a.type in (Type.TEXT, Type.BOOL):
            raise self.fault("no_order", a_node, saw=self._quote(a_node), type=type_word(a.type))
        for value, other, node in ((a, b, a_node), (b, a, b_node)):
            if other.type is Type.MONEY:
                self._as_amount(value, node)
        return compare(sign, a, b)

    def _dated(self, value: Value, other: Value, node: ast.expr) -> Value:
        """A quoted day beside a date is that day."""
        if value.type is not Type.TEXT or other.type is not Type.DATE or not isinstance(value.constant, str):
            return value
        day = date_of(value.constant)
        if day is None:
            raise self.fault("not_a_day", node, saw=value.constant)
        return constant(day)

    def _as_amount(self, value: Value, node: ast.expr) -> None:
        """A literal beside money must not have more decimals than money has: it would be rounded unseen."""
        if isinstance(value.constant, Decimal) and value.constant != round(value.constant, 4):
            raise self.fault("too_fine", node, saw=self._quote(node))

    def _membership(self, left: Value, left_node: ast.expr, node: ast.expr, *, negated: bool) -> pl.Expr:
        """`x in [..]`, as a comparison with each: false for a blank x, negated or not."""
        if left.type is Type.BOOL:
            raise self.fault("no_order", left_node, saw=self._quote(left_node), type=type_word(left.type))
        items = []
        for value, item in self._items(node):
            dated = self._dated(value, left, item)
            self._compared("==", (left, left_node), (dated, item))
            items.append(dated.constant)
        if not items:
            return left.expr.is_not_null() if negated else pl.lit(value=False)
        inside = comparable(left).is_in(listed(items, left.type))
        return is_true(~inside if negated else inside)

    def _items(self, node: ast.expr) -> list[tuple[Value, ast.expr]]:
        """Constants of a list written out, or of a parameter that is a list."""
        if isinstance(node, (ast.List, ast.Tuple)):
            items = [(self.value(item, 0), item) for item in node.elts]
            for value, item in items:
                if value.constant is None:
                    raise self.fault("list_of_constants", item, saw=self._quote(item))
            return items
        listed = self.params.get(plain_name(node.id)) if isinstance(node, ast.Name) else None
        if not isinstance(listed, (list, tuple)):
            raise self.fault("not_a_list", node, saw=self._quote(node))
        return [(constant(exact(item)), node) for item in listed]

    def _binary(self, node: ast.BinOp, depth: int) -> Value:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            raise self.fault("no_power" if isinstance(node.op, ast.Pow) else "not_part_here", node)
        left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
        if sign in ("+", "-"):
            for value, other, part in ((left, right, node.left), (right, left, node.right)):
                if other.type is Type.MONEY:
                    self._as_amount(value, part)
        made = arithmetic(sign, left, right)
        if made is None:
            raise self.fault(
                "no_arithmetic",
                node,
                sign=sign,
                left=self._quote(node.left),
                left_type=type_word(left.type),
                right=self._quote(node.right),
                right_type=type_word(right.type),
            )
        return made

    def _call(self, node: ast.Call, depth: int) -> Value:
        if not isinstance(node.func, ast.Name):
            raise self.fault("not_part_here", node)
        name = node.func.id
        if name == "bound":
            return self._bound(node)
        self.reads += name in DAY_FUNCTIONS
        function = FUNCTIONS.get(name)
        if function is None:
            raise unknown("function", name, [*FUNCTIONS, "bound"], self.source.where(self.source.offset_of(node)))
        if node.keywords or not function.least <= len(node.args) <= function.most:
            raise self.fault("arguments", node, name=name, least=function.least, most=function.most, n=len(node.args))
        args = [self.value(arg, depth + 1) for arg in node.args]
        for index, (value, arg) in enumerate(zip(args, node.args, strict=True)):
            allowed = function.takes[min(index, len(function.takes) - 1)]
            if value.type not in allowed:
                raise self.fault(
                    "argument",
                    arg,
                    name=name,
                    saw=self._quote(arg),
                    type=type_word(value.type),
                    allowed=tuple(map(type_word, allowed)),
                )
        made = working_days(name, args[0], self.calendar) if name in self.working else function.make(args)
        if made is None:
            raise self.fault("arguments_differ", node, name=name)
        return made

    def _bound(self, node: ast.Call) -> Value:
        """Is the field bound on the row's sheet? The argument is a field's name, not its value."""
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.Name):
            raise self.fault("arguments", node, name="bound", least=1, most=1, n=len(node.args))
        field = self._field(node.args[0])
        self.reads += 1
        return Value(pl.col(BOUND + field), Type.BOOL)

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, (bool, str)):
            return constant(node.value)
        number = exact(node.value)
        if not isinstance(number, Decimal) or abs(number) > LIMIT:
            raise self.fault("too_big", node)
        return constant(number)

    def _name(self, node: ast.Name) -> Value:
        name = plain_name(node.id)
        if name == "today":
            self.reads += 1
            return Value(pl.col("today"), Type.DATE)
        if name in self.params:
            value = self.params[name]
            if isinstance(value, (list, tuple)):
                raise self.fault("list_here", node)
            return constant(exact(value))
        field = self._field(node)
        self.reads += 1
        made = column(field, self.schema[field])
        return Value(is_true(made.expr), made.type) if made.type is Type.BOOL else made

    def _field(self, node: ast.Name) -> str:
        field = self.names.get(plain_name(node.id))
        if field is None:
            known = [*self.schema, *self.params, "today"]
            raise unknown("field", node.id, known, self.source.where(self.source.offset_of(node)))
        return field

    def _quote(self, node: ast.expr) -> str:
        """The part as typed, cut short."""
        piece = self.source.typed(node)
        return piece if len(piece) <= 40 else piece[:39] + "…"
