"""Days: date cells, serial numbers, day numbers of a monthly sheet, and text. And the order of day and month of a column.

A text day is accepted with a warning; an unreadable day, or one after today where only the past makes sense, is a problem.
"""

from __future__ import annotations

from typing import Literal

import polars as pl

from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, nulls, prepare, serial_days, without
from sheets_crm.cards.readers.daytext import day_of, order_evidence, read_day
from sheets_crm.cells import Column, Kind

DateOrder = Literal["dmy", "mdy"]

FROM_1904 = 1462  # days between the two epochs of Excel
_WITH_TIME = r"(?i)[ t,]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]\.?m\.?)?\s*(z|[+-]\d{2}:?\d{2})?$"
_TELLING = (
    r"^\D{0,14}(?:(?:1[3-9]|2\d|3[01]) ?[./-]|\d{1,2} ?[./-] ?(?:1[3-9]|2\d|3[01])\b)"  # a number that is no month
)


def read_dates(cells: Cells, name: str, reading: Reading, *, past: bool) -> Parsed:
    """A column of days (Date). `past`: a day after today is date_in_future and counts as blank."""
    days = _from_numbers(cells, reading)
    found = []
    if Kind.TEXT in cells.kinds:
        written = _from_text(cells.text, reading)
        accepted = written.is_not_null()
        days = written.zip_with(accepted, days)
        found.append(Found("bad_date", cells.of(Kind.TEXT) & ~accepted))
    unreadable = cells.of(Kind.DATE, Kind.NUMBER, Kind.BOOL) & days.is_null()
    found.append(Found("bad_date", unreadable))
    if past:
        future = (days > reading.today).fill_null(value=False)
        if future.any():
            found.append(Found("date_in_future", future))
            days = without(days, future)
    if Kind.TEXT in cells.kinds:
        found.append(Found("date_as_text", cells.of(Kind.TEXT) & days.is_not_null(), days.dt.to_string("%Y-%m-%d")))
    return finish(cells, {name: days}, found)


def detect_date_order(column: Column, default: DateOrder) -> DateOrder:
    """The order of day and month in a column's text: a value that is a day in one order only decides for all.

    Values that contradict each other, and a column without such a value, leave the country's order.
    """
    cells = prepare(column)
    if Kind.TEXT not in cells.kinds:
        return default
    texts = _without_times(cells.text)
    votes = {order_evidence(text) for text in texts.filter(texts.str.contains(_TELLING)).unique()} - {None}
    if votes == {"dmy"}:
        return "dmy"
    return "mdy" if votes == {"mdy"} else default


def since_1899(serials: pl.Series, plain: pl.Series) -> pl.Series:
    """Serial numbers with the plain numbers of a 1904 workbook moved to our epoch; below 1 they are no days there either."""
    return (without(serials, serials < 1) + FROM_1904).zip_with(plain, serials)


def _from_numbers(cells: Cells, reading: Reading) -> pl.Series:
    if not cells.kinds & {Kind.DATE, Kind.NUMBER}:
        return nulls(len(cells), pl.Date)
    serials = cells.numbers(Kind.DATE, Kind.NUMBER)
    if Kind.NUMBER not in cells.kinds:
        return serial_days(serials)
    plain = cells.of(Kind.NUMBER)
    if reading.epoch_1904:
        serials = since_1899(serials, plain)
    days = serial_days(serials)
    if reading.month is None:
        return days
    return _days_of_month(cells.numbers(Kind.NUMBER), reading.month).zip_with(_day_numbers(cells), days)


def _day_numbers(cells: Cells) -> pl.Series:
    numbers = cells.numbers(Kind.NUMBER)
    return (cells.of(Kind.NUMBER) & numbers.is_between(1, 31) & (numbers.floor() == numbers)).fill_null(value=False)


def _days_of_month(numbers: pl.Series, month: tuple[int, int]) -> pl.Series:
    keys = list(range(1, 32))
    values = pl.Series([day_of(month[0], month[1], day) for day in keys], dtype=pl.Date)
    small = without(numbers, ~numbers.is_between(1, 31)).cast(pl.Int32, strict=False)
    return small.replace_strict(pl.Series(keys, dtype=pl.Int32), values, default=None, return_dtype=pl.Date)


def _from_text(texts: pl.Series, reading: Reading) -> pl.Series:
    return mapped(_without_times(texts), lambda text: read_day(text, reading.date_order, reading.month), pl.Date)


def _without_times(texts: pl.Series) -> pl.Series:
    """A time of day makes every text different; without it there are few days to read."""
    if not texts.str.contains(":", literal=True).any():
        return texts
    return texts.str.replace(_WITH_TIME, "")
