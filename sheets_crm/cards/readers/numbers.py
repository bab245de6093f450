"""Sums of money (exact decimals) and plain numbers: number cells and text. And the decimal sign of a column.

Money never passes through float arithmetic: a cell's float is taken by its shortest text. Exact rules: docs/reference/values.md.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from sheets_crm.cards.lexicon import habits
from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, nulls, prepare, table
from sheets_crm.cards.readers.numbertext import decimal_evidence, read_number, read_sum
from sheets_crm.cells import Column, Kind

DecimalSign = Literal[",", "."]

MONEY = pl.Decimal(38, 4)
_PLAIN = r"^\d{1,15}(?:[.,]\d{1,2})?$"  # reads the same whatever the decimal sign
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
        found.append(
            Found("number_as_text", texts & (sums >= 0).fill_null(value=False), _typed(read["number"], reading))
        )
    found.append(Found("bad_number", cells.of(Kind.NUMBER, Kind.DATE, Kind.BOOL) & sums.is_null()))
    negative = (sums < 0).fill_null(value=False)
    if negative.any() and not signed:
        found.append(Found("negative_amount", negative))
        sums = sums.set(negative, None)
    return finish(cells, {name: sums}, found)


def read_numbers(cells: Cells, name: str, reading: Reading) -> Parsed:
    """A column of plain numbers (Float64): pieces, days, per cent («15%» is 15). May be below zero."""
    numbers = cells.numbers(Kind.NUMBER).cast(pl.Float64)
    found = [Found("bad_number", cells.of(Kind.DATE, Kind.BOOL))]
    if Kind.TEXT in cells.kinds:
        texts = cells.of(Kind.TEXT)
        written = mapped(cells.text, lambda text: read_number(text, reading.decimal, percent=True), pl.String)
        numbers = written.cast(pl.Float64).zip_with(texts, numbers)
        found.append(Found("bad_number", texts & written.is_null()))
        found.append(Found("number_as_text", texts & written.is_not_null(), _typed(written, reading)))
    return finish(cells, {name: numbers}, found)


def detect_decimal(column: Column, default: DecimalSign) -> DecimalSign:
    """The decimal sign of a column's text, where its values show one and do not contradict each other; else the country's."""
    cells = prepare(column)
    if Kind.TEXT not in cells.kinds:
        return default
    texts = cells.text.drop_nulls().unique()
    votes = {decimal_evidence(text) for text in texts.filter(texts.str.contains(r"\d[.,]"))} - {None}
    if votes == {","}:
        return ","
    return "." if votes == {"."} else default


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
    """number, foreign, suggestion of each text; the plain ones all at once, the rest one by one."""
    plain = texts.str.contains(_PLAIN)
    if plain.sum() * 2 < len(texts) - texts.null_count():
        return table(texts, lambda text: _sum(text, reading), _SUM_SCHEMA)
    rest = table(texts.set(plain, None), lambda text: _sum(text, reading), _SUM_SCHEMA)
    digits = texts.str.replace(",", ".", literal=True).str.strip_chars_start("0")
    number = digits.str.replace(r"\.0+$|^$", "").str.replace(r"^(\.|$)", "0${1}")
    number = number.str.replace(r"(\.\d)0$", "${1}")
    return rest.with_columns(number=number.zip_with(plain.fill_null(value=False), rest["number"]))


def _sum(text: str, reading: Reading) -> tuple[str | None, bool, str | None]:
    read = read_sum(text, reading.decimal, reading.currency)
    return read.number, read.foreign, read.suggestion
