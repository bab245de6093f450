"""What conditions mean: a table of (condition, answer on each of three rows; the third row is blank everywhere)."""

from datetime import date
from decimal import Decimal

import pytest

from sheets_crm.engine.expr import compile_expression
from sheets_crm.engine.kinds import Type
from tests.engine.helpers import SCHEMA, run

CONDITIONS = [
    # text: case, spaces and the two letters e count as equal
    ('stage == "договор"', [True, True, False]),
    ("stage = «ДОГОВОР»", [True, True, False]),
    ("stage == “ Договор ”", [True, True, False]),
    ('stage != "Договор"', [False, False, False]),
    ('not stage == "Договор"', [False, False, True]),
    ('stage in ["новый", "договор"]', [True, True, False]),
    ('stage in ("новый", "счёт")', [False, False, False]),
    ('stage not in ["новый"]', [True, True, False]),
    ('stage не в ["новый"]', [True, True, False]),
    ("stage in []", [False, False, False]),
    ("stage not in []", [True, True, False]),
    ('contains(note, "елкин")', [True, False, False]),
    ('contains(note, "ЁЛКИН")', [True, False, False]),
    ('starts_with(note, "Пере")', [True, False, False]),
    ('contains(note, ".*")', [False, False, False]),
    ('lower(stage) == "договор"', [True, True, False]),
    ("stage == note", [False, False, False]),
    # blanks
    ("blank(note)", [False, True, True]),
    ("filled(note)", [True, False, False]),
    ("blank(amount) or blank(due) or blank(ok)", [False, False, True]),
    ("filled(n)", [True, True, False]),
    ("amount > 0", [True, True, False]),
    ("amount <= 0", [False, False, False]),
    ("amount != 0", [True, True, False]),
    ("not (amount > 0)", [False, False, True]),
    ("amount + n > 0", [True, True, False]),
    # yes and no
    ("ok", [True, False, False]),
    ("not ok", [False, True, True]),
    ("ok == да", [True, False, False]),
    ("ok == false", [False, True, True]),
    ("не ok или n > 1 и n < 2", [True, True, True]),
    ("ok and n == 1.5 or n == 0", [True, True, False]),
    ("1 < 2", [True, True, True]),
    ("TRUE", [True, True, True]),
    # dates
    ("today - due >= 3", [True, False, False]),
    ("today - due > 3", [False, False, False]),
    ("сегодня - due == 0", [False, True, False]),
    ("days_since(due) >= 3", [True, False, False]),
    ("days_until(due) == 0", [False, True, False]),
    ("due + 3 == today", [True, False, False]),
    ("3 + due == today", [True, False, False]),
    ("due - 1 < due <= today", [True, True, False]),
    ("due + 0.9 == due", [True, True, False]),
    ('due == "17.11.2026"', [True, False, False]),
    ('"2026-11-17" == due', [True, False, False]),
    ('due in ["2026-11-17", "20.11.2026"]', [True, True, False]),
    ("year(sent) == 2026 and month(sent) == 2 and day(sent) == 28", [True, False, False]),
    ("sent + 1 == '01.03.2024'", [False, True, False]),
    ("max(due, sent) == due", [True, True, False]),
    # money is exact: 0.3 - 0.1 is 0.2, and 10.1 - 10 is 0.1
    ("amount - paid == 0.2", [False, True, False]),
    ("amount - paid = 0.1", [True, False, False]),
    ("amount - paid > 0.1", [False, True, False]),
    ("paid + 0.2 == amount", [False, True, False]),
    ("amount in [10.1]", [True, False, False]),
    ("-amount < 0", [True, True, False]),
    ("amount > paid > 5", [True, False, False]),
    ("amount / paid == 3", [False, True, False]),
    ("amount * 0.1 == 1.01", [True, False, False]),
    ("amount / 3 == 3.3667", [True, False, False]),
    ("round(amount) == 10", [True, False, False]),
    ("abs(paid - amount) == 0.1", [True, False, False]),
    ("min(amount, paid, 5) <= 0.1", [False, True, False]),
    ("amount == n", [False, False, False]),
    ("round(amount * n, 2) == 15.15", [True, False, False]),
    # numbers
    ("n // 1 == 1 and n % 1 == 0.5", [True, False, False]),
    ("m % 3 == 1", [False, True, False]),  # -2 % 3: the sign of the divisor, as people of spreadsheets know it
    ("m // 3 == -1", [False, True, False]),
    ("m / n > 0", [True, False, False]),  # a division by zero is blank
    ("m % n == 0 or m // n == 0", [False, False, False]),
    ("+n == n", [True, True, False]),
    ("n in [1.5, 2]", [True, False, False]),
    ("n × 2 ≥ 3", [True, False, False]),
    ("n <> 0", [True, False, False]),
    ("1_000 > n", [True, True, False]),
    ("N > 1 AND Ok", [True, False, False]),
    ("coalesce(n, 7) == 7", [False, False, True]),
    ('coalesce(note, "нет") == "нет"', [False, True, True]),
    ("choose(ok, n, m) == -2", [False, True, False]),
    ("amount >\n  0 and\n  ok", [True, False, False]),
]


@pytest.mark.parametrize(("text", "answers"), CONDITIONS, ids=[text for text, _ in CONDITIONS])
def test_a_condition_answers_on_every_row(text, answers):
    assert compile_expression(text, SCHEMA).type is Type.BOOL
    assert run(text) == answers


VALUES = [
    ("amount - paid", Type.MONEY, [Decimal("0.1"), Decimal("0.2"), None]),
    ("amount * 2", Type.MONEY, [Decimal("20.2"), Decimal("0.6"), None]),
    ("amount / n", Type.MONEY, [Decimal("6.7333"), None, None]),
    ("today - due", Type.NUMBER, [3.0, 0.0, None]),
    ("due + 30", Type.DATE, [date(2026, 12, 17), date(2026, 12, 20), None]),
    ("today", Type.DATE, [date(2026, 11, 20)] * 3),
    ("text(due)", Type.TEXT, ["2026-11-17", "2026-11-20", None]),
    ("text(amount)", Type.TEXT, ["10.1", "0.3", None]),
    ("text(n)", Type.TEXT, ["1.5", "0", None]),
    ("text(100)", Type.TEXT, ["100"] * 3),
    ("coalesce(note, text(due))", Type.TEXT, ["перезвонить Ёлкину", "2026-11-20", None]),
    ("round(2.5) + round(-2.5)", Type.NUMBER, [0.0] * 3),
    ("round(n, 1)", Type.NUMBER, [1.5, 0.0, None]),
    ("min(n, m)", Type.NUMBER, [1.5, -2.0, None]),
    ("due + 100000000", Type.DATE, [None] * 3),
    ("due - 1000000", Type.DATE, [None] * 3),
    ("7 // 2 + 6 / 4", Type.NUMBER, [4.5] * 3),
    ("1 / 0", Type.NUMBER, [None] * 3),
]


@pytest.mark.parametrize(("text", "kind", "values"), VALUES, ids=[text for text, *_ in VALUES])
def test_an_expression_gives_values_of_its_type(text, kind, values):
    assert compile_expression(text, SCHEMA).type is kind
    assert run(text) == values


def test_parameters_stand_for_their_values():
    params = {
        "days": 3,
        "share": 0.5,
        "word": "ДОГОВОР",
        "list": ["новый", " Договор"],
        "numbers": (1, 1.5),
        "flag": True,
    }
    assert run("today - due >= days", params=params) == [True, False, False]
    assert run("n >= share", params=params) == [True, False, False]
    assert run("stage == word", params=params) == [True, True, False]
    assert run("stage in list", params=params) == [True, True, False]
    assert run("n in numbers", params=params) == [True, False, False]
    assert run("stage in empty", params={"empty": []}) == [False] * 3
    assert run("flag and n > days - 3", params=params) == [True, False, False]


def test_bound_asks_for_the_column_not_for_the_value():
    assert run("bound(due)", bound=["due"]) == [True] * 3
    assert run("bound(due)", bound=["sent"]) == [False] * 3
    assert run("filled(due) or not bound(due)", bound=[]) == [True] * 3


def test_absurd_values_count_as_blank_and_never_stop_the_run():
    rows = [
        {"n": float("nan"), "amount": Decimal(10) ** 33, "m": 1.0, "due": date(9999, 12, 31)},
        {"n": float("inf"), "amount": Decimal(10) ** 15, "m": 1.0, "due": date(1, 1, 1)},
        {"n": 1e300, "amount": Decimal(10) ** 15 + 1, "m": 1e200, "due": date(2026, 1, 1)},
    ]
    assert run("blank(n)", rows) == [True] * 3
    assert run("amount > 0", rows) == [False, True, False]
    assert run("amount + amount > amount", rows) == [False, True, False]
    assert run("amount * m > 0", rows) == [False, True, False]
    assert run("m * 1000000000000000 * 1000000000000000 > 0", rows) == [False] * 3
    assert run("due + 1 > due", rows) == [False, True, True]
    assert run("due - 1 < due", rows) == [True, False, True]


def test_names_compare_without_case_and_custom_fields_may_be_russian():
    schema = {"sheet": Type.TEXT, "Марка": Type.TEXT}
    rows = [{"Марка": "Лада"}, {}]
    assert run('марка = "лада"', rows, schema=schema) == [True, False]


def test_long_conditions_stay_small():
    """A part must not stand twice in what it is made into: nested parts would double with each level."""
    for deep in (
        "(n * {} / m)",
        "(due + ({} - today))",
        "coalesce(note, lower({}))",
        "max(n // {}, m)",
        "round(n % {})",
    ):
        text = "n" if "n " in deep or "m)" in deep else "due" if "due" in deep else "note"
        for _ in range(9):
            text = deep.format(text)
        assert len(str(compile_expression(text, SCHEMA).expr)) < 20_000
        assert len(run(text)) == 3
