"""Whatever is wrong with a condition is said when it is compiled: what, where, in both languages."""

import re

import pytest

from sheets_crm.engine.expr import compile_expression
from sheets_crm.engine.faults import Place, sentence
from sheets_crm.errors import PackError
from tests.engine.helpers import SCHEMA

PARAMS = {"days": 3, "list": ["a"]}

FAULTS = [
    # (condition, key, column, what the English sentence says)
    ('stge == "x"', "unknown.field_near", 1, "“stge” here. Did you mean “stage”?"),
    ("n > 1 and amout > 0", "unknown.field_near", 11, "Did you mean “amount”?"),
    ("xyzzy > 1", "unknown.field", 1, "Use one of: amount, days, due, list, m, n"),
    ("n > 1 и дней > 2", "unknown.field", 9, "“дней”"),
    ("blnk(note)", "unknown.function_near", 1, "Did you mean “blank”?"),
    ("open('x') == 1", "unknown.function", 1, "no function “open”"),
    ("due > 5", "not_comparable", 1, "“due” (date) is compared with “5” (number)"),
    ("stage == n", "not_comparable", 1, "“stage” (text) is compared with “n” (number)"),
    ("n > 1 and 5 == note", "not_comparable", 11, "“5” (number)"),
    ("ok == 1", "not_comparable", 1, "“ok” (yes/no)"),
    ("n in ['a']", "not_comparable", 1, "number"),
    ("amount in list", "not_comparable", 1, "(money)"),
    ('stage > "a"', "no_order", 1, "has no more and less"),
    ("ok < да", "no_order", 1, "yes/no"),
    ("ok in [да]", "no_order", 1, "yes/no"),
    ("due + due == today", "no_arithmetic", 1, "“due” (date) + “due” (date)"),
    ("amount * paid > 1", "no_arithmetic", 1, "(money) * “paid” (money)"),
    ("5 - due > 1", "no_arithmetic", 1, "has no meaning"),
    ("n > 1 and note + stage == note", "no_arithmetic", 11, "“note” (text) + “stage” (text)"),
    ("amount % 2 == 0", "no_arithmetic", 1, "%"),
    ("-due < today", "no_minus", 1, "“due” (date)"),
    ("n ** 2 > 1", "no_power", 1, "Multiply instead"),
    ("n and ok", "not_a_condition.number", 1, "“n” is a number"),
    ("ok or due", "not_a_condition.date", 7, "“due” is a date"),
    ("not amount", "not_a_condition.money", 5, "“amount” is an amount"),
    ("note or ok", "not_a_condition.text", 1, "“note” is a text"),
    ('due > "вчера"', "not_a_day", 7, "“вчера”"),
    ('due > "31.02.2026"', "not_a_day", 7, "31.02.2026"),
    ("amount > 0.00001", "too_fine", 10, "0.00001"),
    ("n > 10000000000000000", "too_big", 5, "10^15"),
    ("n == list", "list_here", 6, "after “in”"),
    ("[1, 2]", "list_here", 1, "after “in”"),
    ('"a" in note', "not_a_list", 8, "contains(text, part)"),
    ("n in [m]", "list_of_constants", 7, "“m”"),
    ("round(n, 1, 2) > 1", "arguments", 1, "takes 1 to 2 values, here are 3"),
    ("blank() and ok", "arguments", 1, "here are 0"),
    ("bound(1)", "arguments", 1, "“bound”"),
    ("bound(stge)", "unknown.field_near", 7, "“stage”"),
    ("month(n) == 1", "argument", 7, "“n” (number) does not fit the function “month”. It takes: date."),
    ("abs(note) == 1", "argument", 5, "It takes: number, money."),
    ("max(n, due) == due", "arguments_differ", 1, "“max”"),
    ("coalesce(note, due) == note", "arguments_differ", 1, "values of one type"),
    ("round(n, m) == 1", "arguments_differ", 1, "“round”"),
    ("stage ==", "unfinished", 9, "ends too early"),
    ("n > 1 and", "unfinished", 10, "ends too early"),
    ("(n > 1", "unclosed", 1, "“(” is not closed"),
    ("n in [1, 2", "unclosed", 6, "“[”"),
    ("n > 1)", "unreadable", 6, "“)”"),
    ("n > > 1", "unreadable", 5, "“> 1”"),
    ("n m > 1", "unreadable", 3, "“m > 1”"),
    ("stage.upper == 'x'", "odd_sign", 6, "“.upper == 'x'”"),
    ("5days > 1", "odd_sign", 1, "“5days > 1”"),
    ("n > 1 & ok", "odd_sign", 7, "“& ok”"),
    ('stage == "open', "odd_sign", 10, "quotes"),
    ("(lambda: 1)() == 1", "not_part", 2, "“lambda”"),
    ("stage is note", "not_part", 7, "“is”"),
    ("n if ok else m", "not_part", 3, "“if”"),
    ("stage == None", "not_part", 10, "“None”"),
    ("[n for n in list]", "not_part", 4, "“for”"),
    ("round(*list) > 1", "not_part_here", 7, "can't stand here"),
    ("max(n, (1, 2)) > 1", "list_here", 8, "after “in”"),
    ("n > 1, ok", "list_here", 1, "after “in”"),
    ("", "empty_condition", 1, "nothing here"),
    ("  \n ", "empty_condition", 1, "nothing here"),
    ("n > 1 and " * 300 + "ok", "too_long", 1, "2000"),
    ("(" * 30 + "n" + ")" * 30 + " > 1", "too_deep", 26, "brackets"),
    ("not " * 60 + "ok", "too_deep", None, "Split it"),
    ("+".join(["n"] * 60) + " > 1", "too_deep", None, "Split it"),
    ("n+" * 300 + "n > 1", "too_deep", None, "Split it"),
]


@pytest.mark.parametrize(
    ("text", "key", "column", "said"), FAULTS, ids=[f"{key}: {text[:30]}" for text, key, *_ in FAULTS]
)
def test_a_fault_is_placed_and_told(text, key, column, said):
    with pytest.raises(PackError) as caught:
        compile_expression(text, SCHEMA, PARAMS)
    error = caught.value
    assert error.key == f"engine.{key}"
    if column is not None:
        assert error.values["where"] == f"1:{column}"
    assert said in sentence(error, "en")
    assert re.search("[а-яё]{4}", sentence(error, "ru"))


def test_lines_of_a_long_condition_are_counted():
    with pytest.raises(PackError) as caught:
        compile_expression("n > 1\n  and ok\n  and amout > 0", SCHEMA)
    assert caught.value.values["where"] == "3:7"


def test_the_place_names_file_and_key():
    place = Place("rules/own.yaml", "birthday.when", lambda offset: (12, 11 + offset))
    with pytest.raises(PackError) as caught:
        compile_expression("n > 1 and amout > 0", SCHEMA, place=place)
    said = sentence(caught.value, "ru")
    assert said.startswith("rules/own.yaml, строка 12, место 21 (birthday.when): здесь нет поля или параметра «amout».")


def test_nothing_of_python_is_reachable():
    for text in (
        "__import__('os')",
        "stage.__class__",
        "exec('1')",
        "().__class__",
        "{}",
        "f'{n}'",
        "n := 1",
        "yield n",
        "await n",
        "n[0]",
        "1j > n",
        "0x10 > n",
        "1e5 > n",
        "...",
        "b'x' == note",
        "'a' 'b' == note and n",
        "`n`",
        "\\",
        "n;",
        "\x00",
    ):
        with pytest.raises(PackError):
            compile_expression(text, SCHEMA)
