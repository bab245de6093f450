"""Sums of money (exact decimals) and plain numbers: number cells and text. And the decimal sign of a column.

Money never passes through float arithmetic: a cell's float is taken by its shortest text. Exact rules: docs/reference/values.md.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

import polars as pl

from sheets_crm.cards.lexicon import currencies, habits
from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, nulls, on_filled, prepare, table, without
from sheets_crm.cards.readers.numbertext import read_number, read_sum
from sheets_crm.cells import Column, Kind

DecimalSign = Literal[",", "."]

MONEY = pl.Decimal(38, 4)
_PLAIN = r"^[0-9]{1,15}(?:[.,][0-9]{1,2})?$"  # reads the same whatever the decimal sign
_SUM_SCHEMA = {"number": pl.String, "foreign": pl.Boolean, "suggestion": pl.String}


def read_money(cells: Cells, name: str, reading: Reading, *, signed: bool = False) -> Parsed:
    """A column of sums (Decimal(38, 4)) in the home currency; unless `signed`, a sum below zero is negative_amount."""
    sums = _exact(cells.numbers(Kind.NUMBER)) if Kind.NUMBER in cells.kinds else nulls(len(cells), MONEY)
    found = []
    if Kind.TEXT in cells.kinds:
        texts = cells.of(Kind.TEXT)
        read = _sums(cells.text, reading)
        written = read["number"].cast(MONEY, strict=False)
        sums = written.zip_with(texts, sums)
        foreign = (texts & read["foreign"]).fill_null(value=False)
        found.append(Found("currency_mismatch", foreign))
        found.append(Found("bad_number", texts & sums.is_null() & ~foreign, _typed(read["suggestion"], reading)))
        accepted = sums.is_not_null() if signed else (sums >= 0).fill_null(value=False)
        found.append(Found("number_as_text", texts & accepted, _typed(read["number"], reading)))
    found.append(Found("bad_number", cells.of(Kind.NUMBER, Kind.DATE, Kind.BOOL) & sums.is_null()))
    negative = (sums < 0).fill_null(value=False)
    if negative.any() and not signed:
        found.append(Found("negative_amount", negative))
        sums = without(sums, negative)
    return finish(cells, {name: sums}, found)


def read_numbers(cells: Cells, name: str, reading: Reading) -> Parsed:
    """A column of plain numbers (Float64): pieces, days, per cent («15%» is 15). May be below zero."""
    numbers = cells.numbers(Kind.NUMBER).cast(pl.Float64)
    found = [Found("bad_number", cells.of(Kind.DATE, Kind.BOOL))]
    if Kind.TEXT in cells.kinds:
        texts = cells.of(Kind.TEXT)
        written = _written_numbers(cells.text, reading)
        numbers = written.cast(pl.Float64).zip_with(texts, numbers)
        found.append(Found("bad_number", texts & written.is_null()))
        found.append(Found("number_as_text", texts & written.is_not_null(), _typed(written, reading)))
    return finish(cells, {name: numbers}, found)


def detect_decimal(column: Column, default: DecimalSign) -> DecimalSign:
    """The decimal sign of a column's text, where its values show one and do not contradict each other; else the country's."""
    cells = prepare(column)
    if Kind.TEXT not in cells.kinds:
        return default
    bodies = cells.text.drop_nulls().str.replace_all(r"[^\d.,]+", "").str.strip_chars(".,")
    comma, point = (bodies.str.contains(_evidence(sign)).any() for sign in ",.")
    if comma == point:
        return default
    return "," if comma else "."


def _evidence(sign: str) -> str:
    """What shows that `sign` is decimal: one or two digits after the only one, the other one before it, or the other one twice."""
    this, other = re.escape(sign), re.escape("." if sign == "," else ",")
    return rf"^\d+{this}\d{{1,2}}$|^\d[\d{other}]*{other}\d+{this}\d+$|^\d+{other}\d+{other}[\d{other}]*$"


def _exact(numbers: pl.Series) -> pl.Series:
    """Decimals of floats by their shortest text, half to even at the fifth digit; null beyond 34 digits."""
    small = (numbers.abs() < 1e15).fill_null(value=True)
    whole = numbers.cast(pl.Int64, strict=False)
    if small.all() and (whole.cast(pl.Float64) == numbers).all():
        return whole.cast(MONEY)
    return numbers.cast(pl.String).cast(MONEY, strict=False)


def _typed(numbers: pl.Series, reading: Reading) -> pl.Series:
    """Numbers as the country's spreadsheet takes them from the keyboard: 12.5 typed in Russia becomes the twelfth of May."""
    return numbers.str.replace(".", habits(reading.country).decimal, literal=True)


def _sums(texts: pl.Series, reading: Reading) -> pl.DataFrame:
    """number, foreign, suggestion of each text; ordinary spellings all at once, the rest one by one."""
    return on_filled(texts, lambda filled: _sums_of(filled, reading), _SUM_SCHEMA)


def _sums_of(texts: pl.Series, reading: Reading) -> pl.DataFrame:
    quick = _quick(texts.str.replace(_home_sign(reading.currency), "").str.strip_chars(), reading.decimal)
    rest = table(without(texts, quick.is_not_null()), lambda text: _sum(text, reading), _SUM_SCHEMA)
    return rest.with_columns(number=quick.zip_with(quick.is_not_null(), rest["number"]))


def _written_numbers(texts: pl.Series, reading: Reading) -> pl.Series:
    quick = _quick(texts, reading.decimal)
    known = quick.is_not_null()
    rest = mapped(without(texts, known), lambda text: read_number(text, reading.decimal, percent=True), pl.String)
    return quick.zip_with(known, rest)


def _quick(texts: pl.Series, decimal: str) -> pl.Series:
    """Canonical text of numbers in an ordinary spelling, null elsewhere; agrees with `read_number` wherever it answers."""
    ordinary = texts.str.contains(_ordinary(decimal)) | texts.str.contains(_PLAIN)
    digits = without(texts, ~ordinary).str.replace_all(" ", "", literal=True)
    other = "." if decimal == "," else ","
    grouped = digits.str.contains(rf"\{other}\d{{3}}")
    if grouped.any():
        digits = digits.str.replace_all(other, "", literal=True).zip_with(grouped, digits)
    digits = digits.str.replace(",", ".", literal=True)
    if digits.str.contains(r"^0\d").any():
        digits = (
            digits.str.strip_chars_start("0")
            .str.replace(r"^(\.|$)", "0${1}")
            .zip_with(digits.str.contains(r"^0"), digits)
        )
    return digits.str.replace(r"\.0+$", "").str.replace(r"(\.\d)0$", "${1}")


def _ordinary(decimal: str) -> str:
    other = "." if decimal == "," else ","
    return rf"^[1-9][0-9]{{0,2}}(?:(?: [0-9]{{3}})+|(?:\{other}[0-9]{{3}})+)(?:\{decimal}[0-9]{{1,2}})?$"


@cache
def _home_sign(currency: str) -> str:
    words = sorted((word for word, codes in currencies().items() if currency in codes), key=len, reverse=True)
    # An abbreviation may end with a full stop; after a sign it would be a decimal point: "$.50".
    either = "|".join(re.escape(word) + (r"\.?" if word[-1].isalpha() else "") for word in words)
    return rf"(?i)^(?:{either}) ?| ?(?:{either})$"


def _sum(text: str, reading: Reading) -> tuple[str | None, bool, str | None]:
    read = read_sum(text, reading.decimal, reading.currency)
    return read.number, read.foreign, read.suggestion
