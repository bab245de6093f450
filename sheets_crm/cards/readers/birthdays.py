"""Birthdays: a day and a month, the year where it is known.

A year before 1920 or less than 14 years ago is not believed, but the day still counts. Source: docs/reference/values.md.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, finish, nulls, serial_days, table, without
from sheets_crm.cards.readers.dates import since_1899
from sheets_crm.cards.readers.daytext import read_birthday
from sheets_crm.cells import Kind

OLDEST_YEAR, YOUNGEST_AGE = 1920, 14
_TEXT_SCHEMA = {"day": pl.String, "year": pl.Int32}


def read_birthdays(cells: Cells, name: str, reading: Reading) -> Parsed:
    """`<name>` String "MM-DD" and `<name>_year` Int32 (null where it was not written)."""
    dates = _from_numbers(cells, reading)
    day, year = dates.dt.to_string("%m-%d"), dates.dt.year()
    found = [Found("bad_date", cells.of(Kind.DATE, Kind.NUMBER, Kind.BOOL) & dates.is_null())]
    if Kind.TEXT in cells.kinds:
        texts = cells.of(Kind.TEXT)
        written = table(cells.text, lambda text: _parts(text, reading.date_order), _TEXT_SCHEMA)
        day, year = written["day"].zip_with(texts, day), written["year"].zip_with(texts, year)
        whole = texts & day.is_not_null() & year.is_not_null()
        found.append(Found("bad_date", texts & day.is_null()))
        found.append(Found("date_as_text", whole, year.cast(pl.String).str.zfill(4) + "-" + day))
    found.append(Found("birth_implausible", _implausible(year, reading.today)))
    return finish(cells, {name: day, f"{name}_year": year}, found)


def _implausible(year: pl.Series, today: date) -> pl.Series:
    return ((year < OLDEST_YEAR) | (year > today.year - YOUNGEST_AGE)).fill_null(value=False)


def _from_numbers(cells: Cells, reading: Reading) -> pl.Series:
    if not cells.kinds & {Kind.DATE, Kind.NUMBER}:
        return nulls(len(cells), pl.Date)
    serials = cells.numbers(Kind.DATE, Kind.NUMBER)
    if Kind.NUMBER in cells.kinds:
        plain = cells.of(Kind.NUMBER)
        # 15.01 in a plain cell is a day and a month that lost their form, not the fifteenth day of 1900.
        serials = without(serials, (plain & (serials < 32) & (serials.floor() != serials)).fill_null(value=False))
        if reading.epoch_1904:
            serials = since_1899(serials, plain)
    return serial_days(serials)


def _parts(text: str, order: str) -> tuple[str | None, int | None]:
    parts = read_birthday(text, order)
    if parts is None:
        return None, None
    month, day, year = parts
    return f"{month:02}-{day:02}", year
