"""The value of a formula: arithmetic, comparisons, references and the everyday functions.

Errors are values (`Failure`), as in a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.google.emulator.model import Document, Failure, Sheet, number
from tests.google.emulator.places import column_of
from tests.google.emulator.rendering import comma_locale

_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"]|\"\")*\")|(?P<ref>(?:(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!)?\$?[A-Za-z]{1,3}\$?\d+"
    r"(?::\$?[A-Za-z]{1,3}\$?\d*)?(?![\w(])|(?:(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!)?\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?![\w(]))"
    r"|(?P<number>\d+(?:[.,]\d+)?)|(?P<name>[^\W\d][\w.]*)|(?P<op><>|<=|>=|[-+*/^&=<>%();,#!?]))"
)
NAME = ("NAME", "#NAME?")
_VALUE = Failure("VALUE", "#VALUE!")


class _Stop(Exception):
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def evaluate(doc: Document, sheet: Sheet, formula: str, row: int, column: int) -> Any:
    """The effective value of a formula in a cell."""
    try:
        tokens = _tokens(formula.removeprefix("="), doc.locale)
        value = _Parser(doc, sheet, tokens).whole()
    except _Stop as stop:
        return stop.failure
    if isinstance(value, list):
        value = value[0] if value else None
    if value is None:
        return 0
    return number(value) if isinstance(value, float) else value


def _tokens(text: str, locale: str) -> list[tuple[str, str]]:
    point = "," if comma_locale(locale) else "."
    found, position = [], 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if not match:
            raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "number" and point not in value and not value.isdigit():
            value = re.split("[.,]", value)[0]
            match = re.compile(r"\s*\d+").match(text, position) or match
        found.append((kind, value))
        position = match.end()
    return found


class _Parser:
    def __init__(self, doc: Document, sheet: Sheet, tokens: list[tuple[str, str]]) -> None:
        self.doc, self.sheet, self.tokens, self.at = doc, sheet, tokens, 0

    def whole(self) -> Any:
        """The value of all tokens."""
        value = self.compare()
        if self.at != len(self.tokens):
            raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))
        return value

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) and self.tokens[self.at][0] == "op" else ""

    def take(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))
        self.at += 1
        return self.tokens[self.at - 1]

    def compare(self) -> Any:
        left = self.join()
        while self.peek() in {"=", "<>", "<", ">", "<=", ">="}:
            sign = self.take()[1]
            left = _compared(sign, _one(left), _one(self.join()))
        return left

    def join(self) -> Any:
        left = self.add()
        while self.peek() == "&":
            self.take()
            left = _text(_one(left)) + _text(_one(self.add()))
        return left

    def add(self) -> Any:
        left = self.multiply()
        while self.peek() in {"+", "-"}:
            sign = self.take()[1]
            right = _number(_one(self.multiply()))
            left = _number(_one(left)) + (right if sign == "+" else -right)
        return left

    def multiply(self) -> Any:
        left = self.unary()
        while self.peek() in {"*", "/"}:
            sign = self.take()[1]
            right = _number(_one(self.unary()))
            if sign == "/" and right == 0:
                raise _Stop(Failure("DIVIDE_BY_ZERO", "#DIV/0!", "Function DIVIDE parameter 2 cannot be zero."))
            left = _number(_one(left)) * right if sign == "*" else _number(_one(left)) / right
        return left

    def unary(self) -> Any:
        if self.peek() in {"-", "+"}:
            sign = self.take()[1]
            value = _number(_one(self.unary()))
            return -value if sign == "-" else value
        value = self.atom()
        while self.peek() in {"%", "^"}:
            if self.take()[1] == "%":
                value = _number(_one(value)) / 100
            else:
                value = _number(_one(value)) ** _number(_one(self.unary()))
        return value

    def atom(self) -> Any:
        kind, value = self.take()
        if kind == "number":
            return float(value.replace(",", "."))
        if kind == "text":
            return value[1:-1].replace('""', '"')
        if kind == "ref":
            return _read(self.doc, self.sheet, value)
        if value == "(":
            inner = self.compare()
            self._close()
            return inner
        if kind == "name":
            return self._name(value)
        if value == "#":
            raise _Stop(Failure("REF", "#REF!", "Reference does not exist"))
        raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))

    def _close(self) -> None:
        if self.take()[1] != ")":
            raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))

    def _name(self, name: str) -> Any:
        if self.peek() != "(":
            if name.upper() in {"TRUE", "FALSE"}:
                return name.upper() == "TRUE"
            raise _Stop(Failure(*NAME, f"Unknown range name: '{name.upper()}'."))
        self.take()
        values: list[Any] = []
        while self.peek() != ")":
            values.append(self._argument())
            if self.peek() in {";", ","}:
                self.take()
        self._close()
        return _call(name.upper(), values)

    def _argument(self) -> Any:
        """An argument's value; its error is handed on for IF and IFERROR to judge."""
        start = self.at
        try:
            return self.compare()
        except _Stop as stop:
            self.at = start
            self._skip()
            return stop.failure

    def _skip(self) -> None:
        depth = 0
        while self.at < len(self.tokens):
            sign = self.peek()
            if depth == 0 and sign in {";", ",", ")"}:
                return
            depth += (sign == "(") - (sign == ")")
            self.at += 1


def _read(doc: Document, sheet: Sheet, reference: str) -> list[Any]:
    title, _, cells = reference.rpartition("!")
    if title:
        found = doc.titled(title.strip("'").replace("''", "'"))
        if found is None:
            raise _Stop(Failure("REF", "#REF!", f"Unresolved sheet name '{title}'."))
        sheet = found
    first, _, last = cells.replace("$", "").partition(":")
    start, end = _corner(first), _corner(last or first)
    bottom = end[0] if end[0] is not None else len(sheet.rows) - 1
    return [
        sheet.value(row, column) for row in range(start[0] or 0, bottom + 1) for column in range(start[1], end[1] + 1)
    ]


def _corner(cell: str) -> tuple[int | None, int]:
    found = re.fullmatch(r"([A-Za-z]+)(\d*)", cell)
    if found is None:
        raise _Stop(Failure("ERROR", "#ERROR!", "Formula parse error."))
    return (int(found[2]) - 1 if found[2] else None), column_of(found[1])


def _one(value: Any) -> Any:
    value = (value[0] if value else None) if isinstance(value, list) else value
    if isinstance(value, Failure):
        raise _Stop(value)
    return value


def _number(value: Any) -> float:
    if value is None or value == "":
        return 0.0
    if isinstance(value, (bool, int, float)):
        return float(value)
    try:
        return float(str(value).replace("\u00a0", "").replace(",", "."))
    except ValueError:
        raise _Stop(
            _VALUE._replace(message=f"Function parameter expects number values, but '{value}' is a text.")
        ) from None


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).upper() if isinstance(value, bool) else str(number(value) if isinstance(value, float) else value)


def _compared(sign: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        left, right = _text(left).casefold(), _text(right).casefold()
    else:
        left, right = left or 0, right or 0
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda a, b: a == b,
        "<>": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
    }
    return bool(signs[sign](left, right))


def _call(name: str, values: list[Any]) -> Any:
    if name == "IFERROR":
        first = values[0][0] if isinstance(values[0], list) and values[0] else values[0]
        return (values[1] if len(values) > 1 else "") if isinstance(first, Failure) else first
    if name == "IF":
        return values[1] if _one(values[0]) else (values[2] if len(values) > 2 else False)
    function = _FUNCTIONS.get(name)
    if function is None:
        raise _Stop(Failure(*NAME, f"Unknown function: '{name}'."))
    flat = [item for value in values for item in (value if isinstance(value, list) else [value])]
    for item in flat:
        if isinstance(item, Failure) and name not in {"COUNT", "COUNTA"}:
            raise _Stop(item)
    return function(flat)


def _numbers(flat: list[Any]) -> list[float]:
    return [float(item) for item in flat if isinstance(item, (int, float)) and not isinstance(item, bool)]


def _average(flat: list[Any]) -> float:
    found = _numbers(flat)
    if not found:
        raise _Stop(
            Failure("DIVIDE_BY_ZERO", "#DIV/0!", "Evaluation of function AVERAGE caused a divide by zero error.")
        )
    return sum(found) / len(found)


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda flat: sum(_numbers(flat)),
    "COUNT": lambda flat: len(_numbers(flat)),
    "COUNTA": lambda flat: sum(item is not None for item in flat),
    "AVERAGE": _average,
    "MIN": lambda flat: min(_numbers(flat), default=0),
    "MAX": lambda flat: max(_numbers(flat), default=0),
    "ROUND": lambda flat: round(_number(flat[0]) + 1e-12, int(_number(flat[1])) if len(flat) > 1 else 0),
    "ABS": lambda flat: abs(_number(flat[0])),
    "AND": all,
    "OR": any,
    "NOT": lambda flat: not flat[0],
    "LEN": lambda flat: len(_text(flat[0])),
    "UPPER": lambda flat: _text(flat[0]).upper(),
    "LOWER": lambda flat: _text(flat[0]).lower(),
    "TRIM": lambda flat: " ".join(_text(flat[0]).split()),
    "CONCATENATE": lambda flat: "".join(_text(item) for item in flat),
    "HYPERLINK": lambda flat: flat[-1],
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
}
