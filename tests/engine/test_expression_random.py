"""Any text either compiles and runs on a frame of awkward values, or is a PackError with a position. Nothing else ever happens."""

import re
from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.engine.expr import compile_expression
from sheets_crm.engine.faults import sentence
from sheets_crm.engine.functions import FUNCTIONS
from sheets_crm.engine.kinds import Type
from sheets_crm.errors import PackError
from tests.engine.helpers import SCHEMA, run

AWKWARD = [
    {
        "stage": "Ё",
        "note": "",
        "amount": Decimal(10) ** 33,
        "paid": Decimal("-0.0001"),
        "n": float("nan"),
        "m": float("-inf"),
        "due": date(9999, 12, 31),
        "sent": date(1, 1, 1),
        "ok": True,
    },
    {
        "stage": "=1+1",
        "note": "\u00a0",
        "amount": Decimal("999999999999999.9999"),
        "paid": Decimal(0),
        "n": 1e308,
        "m": -0.0,
        "due": date(1970, 1, 1),
        "sent": date(2024, 2, 29),
        "ok": False,
    },
    {"n": 5e-324, "m": 999999999999999.0, "amount": Decimal("0.0001"), "paid": Decimal(-999999999999999)},
    {},
]
PARAMS = {"days": 3, "list": ["a", "b"], "numbers": [1, 2.5]}

PYTHON = {Type.TEXT: str, Type.NUMBER: float, Type.MONEY: Decimal, Type.DATE: date, Type.BOOL: bool}

_atoms = st.sampled_from(
    [
        *SCHEMA,
        "today",
        "days",
        "list",
        "numbers",
        "0",
        "1",
        "2.5",
        "999999999999999",
        "'a'",
        '"2026-11-20"',
        "да",
        "nope",
        "0.00001",
    ]
)
_binary = st.sampled_from(
    [
        "and",
        "or",
        "и",
        "или",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "=",
        "<>",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "in",
        "not in",
        ",",
    ]
)
_calls = st.sampled_from([*FUNCTIONS, "bound", "sum"])


def _grown(inner):
    return st.one_of(
        st.builds("({} {} {})".format, inner, _binary, inner),
        st.builds("{} {} {}".format, inner, _binary, inner),
        st.builds("not {}".format, inner),
        st.builds("-{}".format, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{}({})".format, _calls, inner),
        st.builds("{}({}, {})".format, _calls, inner, inner),
        st.builds("{}({}, {}, {})".format, _calls, inner, inner, inner),
    )


_expressions = st.recursive(_atoms, _grown, max_leaves=12)

# Grown by type, so that they compile and something really runs: templates whose braces name the type of what goes in.
LEAVES = {
    "n": ["n", "m", "days", "0", "2.5", "999999999999999", "days_since(due)", "month(sent)"],
    "m": ["amount", "paid", "coalesce(amount, paid)"],
    "d": ["due", "sent", "today"],
    "t": ["stage", "note", "'a'", "lower(stage)"],
    "b": ["ok", "blank(note)", "filled(amount)", "да", "(stage in list)"],
}
GROWN = {
    "n": [
        "({n} + {n})",
        "({n} - {n})",
        "({n} * {n})",
        "({n} / {n})",
        "({n} // {n})",
        "({n} % {n})",
        "({d} - {d})",
        "({m} / {m})",
        "round({n}, 2)",
        "-{n}",
        "choose({b}, {n}, {n})",
    ],
    "m": ["({m} + {m})", "({m} - {n})", "({m} * {n})", "({m} / {n})", "abs(-{m})", "max({m}, {n})", "round({m}, 1)"],
    "d": ["({d} + {n})", "({d} - {n})", "min({d}, {d})", "coalesce({d}, {d})"],
    "t": ["coalesce({t}, text({d}))", "choose({b}, {t}, text({m}))", "text({n})"],
    "b": [
        "({n} == {m})",
        "({m} < {n} <= {m})",
        "({d} != {d})",
        "({d} >= {d})",
        "contains({t}, {t})",
        "({t} == {t})",
        "({b} and {b})",
        "({b} or {b})",
        "({b} == {b})",
        "(not {b})",
        "({m} in [1, 2.5])",
        "({n} not in numbers)",
        "blank({t})",
    ],
}


def _sprout(dice, kind, depth):
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(LEAVES[kind])
    template = dice.choice(GROWN[kind])
    return re.sub(r"\{(\w)\}", lambda found: _sprout(dice, found[1], depth - 1), template)


def _judged(text):
    """Did the text compile? It then ran on the awkward rows and kept its word about its type; else the fault was told."""
    fault = _fault(text)
    if fault is not None:
        assert str(fault.values["where"])[0].isdigit(), text
        assert sentence(fault, "ru")
        assert sentence(fault, "en")
        return False
    kind = compile_expression(text, SCHEMA, PARAMS).type
    values = run(text, AWKWARD, PARAMS)
    assert len(values) == len(AWKWARD)
    assert kind is not Type.BOOL or None not in values, text
    assert all(isinstance(value, PYTHON[kind]) for value in values if value is not None), text
    assert kind is not Type.NUMBER or all(abs(value) < 1e18 for value in values if value is not None), text
    return True


def _fault(text):
    try:
        compile_expression(text, SCHEMA, PARAMS)
    except PackError as error:
        return error
    return None


@settings(max_examples=100, deadline=None)
@given(_expressions)
def test_random_expressions(text):
    _judged(text)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(GROWN)), st.integers(0, 2**32))
def test_random_expressions_that_fit(kind, seed):
    text = _sprout(Random(seed), kind, 4)
    assert _judged(text) or len(text) > 300, text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_random_noise(text):
    _judged(text)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(_atoms, _binary, _calls, st.sampled_from("()[],;.:@{}«»\"'")), max_size=12))
def test_random_words(parts):
    _judged(" ".join(parts))
