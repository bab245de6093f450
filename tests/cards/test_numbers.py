"""Sums and numbers: tables of real dirt, exactness, and the decimal sign decided by the column."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheets_crm.cards import detect_decimal, parse, reading_of
from sheets_crm.cards.readers.numbers import _quick
from sheets_crm.cards.readers.numbertext import read_number

TEXT = ["number_as_text"]


@pytest.mark.parametrize(
    ("value", "country", "amount", "kinds"),
    [
        (1234.5, "RU", "1234.5", []), (0, "RU", "0", []), (0.1 + 0.2, "RU", "0.3", []), (1e15, "RU", "1000000000000000", []),
        ("10250,00 руб.", "RU", "10250", TEXT), ("97 750,00", "RU", "97750", TEXT), ("76\u00a0750,00 р.", "RU", "76750", TEXT),
        ("32 500,00 ₽", "RU", "32500", TEXT), ("56\u202f875,00 ₽", "RU", "56875", TEXT), ("1 234,5", "RU", "1234.5", TEXT),
        ("1.234.567", "RU", "1234567", TEXT), ("1.234", "RU", "1234", TEXT), ("1 234.50", "RU", "1234.5", TEXT),
        ("1234.50", "RU", "1234.5", TEXT), ("1,234.50", "RU", "1234.5", TEXT), ("1 234 руб. 50 коп.", "RU", "1234.5", TEXT),
        ("р. 500", "RU", "500", TEXT), ("500,-", "RU", "500", TEXT), ("+500", "RU", "500", TEXT), ("1'234,50", "RU", "1234.5", TEXT),
        ("100 RUB", "RU", "100", TEXT), ("100 руб. РФ", "RU", "100", TEXT), ("007", "RU", "7", TEXT), ("0,50", "RU", "0.5", TEXT),
        ("$1,234.50", "US", "1234.5", TEXT), ("$ 4,501.83 ", "US", "4501.83", TEXT), ("617.98 USD", "US", "617.98", TEXT),
        ("1,558.18", "US", "1558.18", TEXT), ("1,234", "US", "1234", TEXT), ("$.50", "US", "0.5", TEXT), ("1.234,50", "US", "1234.5", TEXT),
        ("£1,200", "GB", "1200", TEXT), ("1200 quid", "GB", "1200", TEXT), ("150 000 тг", "KZ", "150000", TEXT),
        ("₸150 000", "KZ", "150000", TEXT), ("25,50 руб.", "BY", "25.5", TEXT), ("25,50 Br", "BY", "25.5", TEXT), ("25,50 бел. руб.", "BY", "25.5", TEXT),
        ("договорная", "RU", None, ["bad_number"]), ("40 тыс.", "RU", None, ["bad_number"]), ("~500", "RU", None, ["bad_number"]),
        ("от 40 тыс", "RU", None, ["bad_number"]), ("12 34", "RU", None, ["bad_number"]), ("1.23.45", "RU", None, ["bad_number"]),
        ("5%", "RU", None, ["bad_number"]), ("=5+5", "RU", None, ["bad_number"]), ("1e5", "RU", None, ["bad_number"]),
        ("100-200", "RU", None, ["bad_number"]), ("TBD", "US", None, ["bad_number"]), ("~2k", "US", None, ["bad_number"]),
        (True, "RU", None, ["bad_number"]), (date(2026, 5, 12), "RU", None, ["bad_number"]), (1e40, "RU", None, ["bad_number"]),
        ("9" * 40, "RU", None, ["bad_number"]),
        ("900 $", "RU", None, ["currency_mismatch"]), ("€1,900", "US", None, ["currency_mismatch"]), ("40 тыс. $", "RU", None, ["currency_mismatch"]),
        ("500 долларов", "RU", None, ["currency_mismatch"]), ("100 руб.", "KZ", None, ["currency_mismatch"]), ("100 тенге", "RU", None, ["currency_mismatch"]),
        ("100 бел. руб.", "RU", None, ["currency_mismatch"]), ("$", "RU", None, ["bad_number"]),
        (-200, "US", None, ["negative_amount"]), ("-500 ₽", "RU", None, ["negative_amount"]), ("−500", "RU", None, ["negative_amount"]),
        ("(500)", "US", None, ["negative_amount"]), ("($500.00)", "US", None, ["negative_amount"]),
        ("n/a", "US", None, []), ("—", "RU", None, []), ("нет", "RU", None, ["bad_number"]),
    ],
)  # fmt: skip
def test_sums_of_money(read, value, country, amount, kinds):
    assert read("money", value, country) == (None if amount is None else Decimal(amount), kinds)


@pytest.mark.parametrize(
    ("value", "number", "kinds"),
    [
        (20, 20.0, []), (-5, -5.0, []), (12.5, 12.5, []), ("20", 20.0, TEXT), ("1 234,5", 1234.5, TEXT), ("15%", 15.0, TEXT), ("15 %", 15.0, TEXT),
        ("a few", None, ["bad_number"]), ("20 шт", None, ["bad_number"]), ("100 ₽", None, ["bad_number"]), (False, None, ["bad_number"]),
        ("16. 17", None, ["bad_number"]), ("\u0661\u0662", None, ["bad_number"]), ("\uff11\uff12", None, ["bad_number"]),
    ],
)  # fmt: skip
def test_plain_numbers(read, value, number, kinds):
    assert read("number", value) == (number, kinds)


def test_a_balance_may_be_below_zero(read):
    assert read("money", -200, signed=True) == (Decimal(-200), [])
    assert read("money", "-200 ₽", signed=True) == (Decimal(-200), TEXT)


def test_suggestions_are_typed_as_the_country_types(suggest):
    assert suggest("money", "1 234.50 ₽") == "1234,5"
    assert suggest("money", "$1,234.50", "US") == "1234.5"
    assert suggest("money", "40 тыс.") == "40000"
    assert suggest("money", "2,5 млн руб.") == "2500000"
    assert suggest("money", "5 т.р.") == "5000"
    assert suggest("money", "~500") is None
    assert suggest("money", "договорная") is None


@pytest.mark.parametrize(
    ("values", "default", "expected"),
    [
        (["1,234", "1,234.50"], ",", "."), (["1.234", "1.234,50"], ".", ","), (["1.234", "99.5"], ",", "."), (["1,5", "1.5"], ",", ","),
        (["1,5", "1.5"], ".", "."), (["1,234"], ",", ","), (["1.234.567"], ".", ","), (["1,234,567"], ",", "."), ([12.5, None], ".", "."),
        (["договорная"], ".", "."),
    ],
)  # fmt: skip
def test_the_column_shows_its_decimal_sign(column, values, default, expected):
    assert detect_decimal(column(*values), default) == expected


def test_what_one_cell_leaves_open_its_column_decides(column, reading, field):
    cells = column("1,234", "1,234.50")
    found = reading_of(cells, field("money"), reading("RU"))
    assert parse(cells, field("money"), "m", found).values["m"].to_list() == [Decimal(1234), Decimal("1234.5")]


@given(st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_sum_is_the_same_from_a_number_and_from_any_spelling(column, reading, field, amount):
    whole, _, cents = f"{amount:.2f}".partition(".")
    groups = f"{int(whole):,}"
    spellings = [
        float(amount),
        f"{whole},{cents}",
        f"{groups.replace(',', ' ')},{cents} ₽",
        f"{groups.replace(',', chr(0xA0))}.{cents}",
    ]
    parsed = parse(column(*spellings), field("money"), "m", reading("RU"))
    assert parsed.values["m"].to_list() == [amount] * 4


@given(st.text(alphabet="0123456789 .,", max_size=14), st.sampled_from([",", "."]))
@settings(max_examples=100, deadline=None)
def test_the_quick_way_agrees_with_the_grammar(text, decimal):
    written = " ".join(text.split())
    quick = _quick(pl.Series([written], dtype=pl.String), decimal).to_list()[0]
    assert quick is None or quick == read_number(written, decimal)
