"""Tests inside packs: rows in, tasks out. What `sheets-crm rules check` runs.

Each test is its own small workbook of one sheet; the rule under test is run with the whole pack around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.kinds import DTYPES, Type
from sheets_crm.engine.literals import date_of
from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Expected, Fields, Pack, PackTest, Rule
from sheets_crm.engine.settings import RuleSetting, RuleSettings
from sheets_crm.errors import PackError
from sheets_crm.words import Lang, fill

_SHEET = "Sheet"
_LANGS: tuple[Lang, ...] = ("ru", "en")


@dataclass(frozen=True)
class Difference:
    """Row by row, what a test expected and what it got; `what` is "task" or the part of it that differs."""

    row: int
    what: str
    expected: str
    got: str


@dataclass(frozen=True)
class TestResult:
    """Outcome of one test of a rule."""

    __test__ = False  # not a test of ours: pytest, look away

    rule: str
    name: str
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        return not self.differences


def run_pack_tests(pack: Pack, *, fields: Fields | None = None) -> tuple[TestResult, ...]:
    """Every test of every rule, in order. A rule without tests has no results: see `untested`."""
    return tuple(_run(pack, rule, test, fields or {}) for rule in pack.rules for test in rule.tests)


def untested(pack: Pack) -> tuple[str, ...]:
    """Rules without tests, or whose tests never expect a task or never expect silence: `rules check` refuses such a pack."""
    return tuple(rule.id for rule in pack.rules if not _tells_apart(rule))


def _tells_apart(rule: Rule) -> bool:
    """Some row gets a task and some row gets none."""
    asked = [(len(test.rows), len({_row(one) for one in test.expect})) for test in rule.tests]
    return any(tasks for _, tasks in asked) and any(rows > tasks for rows, tasks in asked)


def _row(expected: int | Expected) -> int:
    return expected if isinstance(expected, int) else expected.row


def _run(pack: Pack, rule: Rule, test: PackTest, fields: Fields) -> TestResult:
    card = test.card or rule.card[0]
    settings = RuleSettings(rules={rule.id: RuleSetting(on=True, params=dict(test.params))})
    decisions = decide({card: _facts(card, test, fields)}, [pack], settings, test.today)
    got = {decision.row: decision for decision in decisions if decision.rule == rule.id}
    wanted = {_row(one): one for one in test.expect}
    differences: list[Difference] = []
    for row in sorted({*got, *wanted}):
        if row not in got or row not in wanted:
            sides = ("yes" if row in wanted else "no", "yes" if row in got else "no")
            differences.append(Difference(row, "task", *sides))
            continue
        expected = wanted[row]
        if isinstance(expected, Expected):
            differences += _compared(expected, got[row])
    return TestResult(rule.id, test.name, tuple(differences))


def _compared(expected: Expected, got: Decision) -> list[Difference]:
    pairs: list[tuple[str, object, object]] = [
        (name, getattr(expected, name), getattr(got, name))
        for name in ("due", "occurrence", "priority", "amount", "manager", "cell", "hint")
        if getattr(expected, name) is not None
    ]
    for name in ("todo", "why"):
        for lang in _LANGS:
            if lang in (said := getattr(expected, name)):
                text = fill(getattr(got, name)[lang], lang, got.values)
                pairs.append((f"{name}.{lang}", _spaced(said[lang]), _spaced(text)))
    return [Difference(got.row, name, str(want), str(have)) for name, want, have in pairs if want != have]


def _spaced(text: str) -> str:
    """Authors of packs type plain spaces where sums are written with unbreakable ones."""
    return " ".join(text.split())


def _facts(card: str, test: PackTest, fields: Fields) -> Facts:
    schema = {**FACT_COLUMNS[card], **fields.get(card, {})}
    rows = [{"id": f"row-{n}", "sheet": _SHEET, "row": n, **test.given, **row} for n, row in enumerate(test.rows, 1)]
    names = sorted({name for row in rows for name in row})
    columns = {
        name: pl.Series(name, [column_value(row.get(name), schema[name]) for row in rows], dtype=DTYPES[schema[name]])
        for name in names
    }
    bound = frozenset(schema if test.bound is None else test.bound)
    letters = {name: chr(65 + index % 26) for index, name in enumerate(names)}
    return Facts(card, pl.DataFrame(columns), {_SHEET: bound}, {_SHEET: letters})


def column_value(value: Any, kind: Type, where: str = "") -> Any:
    """A value written in a test as the column's type. PackError `engine.not_a_value` when it isn't one."""
    if value is None:
        return None
    made = _MAKE[kind](value)
    if made is None:
        raise PackError("engine.not_a_value", where=where, seen=str(value))
    return made


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() and abs(made) < 10**15 else None


def _number(value: Any) -> float | None:
    made = _decimal(value)
    return None if made is None else float(made)


def _date(value: Any) -> date | None:
    if isinstance(value, str):
        return date_of(value)
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


_MAKE: Mapping[Type, Callable[[Any], Any]] = {
    Type.TEXT: lambda value: value if isinstance(value, str) else None,
    Type.NUMBER: _number,
    Type.MONEY: _decimal,
    Type.DATE: _date,
    Type.BOOL: lambda value: value if isinstance(value, bool) else None,
}
