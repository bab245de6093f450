"""What people type into cells, as days, times, numbers and text.

Pure. Knows nothing of tabs' columns. It never guesses: what can be read in two ways stays text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, time
from functools import cache, lru_cache
from typing import NamedTuple

import polars as pl

from sheets_crm.books.model import Grid, serial_date
from sheets_crm.cells import Column, Kind
from sheets_crm.tasks.clock import hour_in_number, read_time
from sheets_crm.words import LANGS, Lang, show

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_NAME_YEAR = re.compile(r"(\d{1,2})\.? ([^\W\d_]{3,})\.?,? (\d{4})(?: \w{1,2}\.?)?")
_NAME_DAY_YEAR = re.compile(r"([^\W\d_]{3,})\.? (\d{1,2}),? (\d{4})")
_YEARS = range(1990, 2200)
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 79_999  # a plain number that can only be meant as a day
_MINUTES = 24 * 60


class Typed(NamedTuple):  # many are made, and a tuple is made quickly
    """One cell as read. `number` is serial days for DATE."""

    kind: Kind
    text: str = ""
    number: float = 0.0

    @property
    def blank(self) -> bool:
        if self.kind == Kind.TEXT:
            return not self.text or self.text.isspace()
        return self.kind in (Kind.EMPTY, Kind.UNCACHED)

    def as_text(self, lang: Lang) -> str:
        """The cell as text, as people of `lang` would have typed it; text itself as typed."""
        if self.kind is Kind.TEXT:
            return "" if self.text.isspace() else self.text
        return _as_text(self, lang)

    def plain(self, lang: Lang) -> str | float | bool | date | None:
        """The cell's value; a moment or a time of day becomes text, so that its hours are not lost."""
        if self.blank:
            return None
        if self.kind in (Kind.TEXT, Kind.ERROR):
            return self.text
        if self.kind == Kind.BOOL:
            return bool(self.number)
        if self.kind == Kind.NUMBER:
            return self.number
        clock = self.clock
        day = serial_date(self.number) if self.number >= 1 else None
        if clock is None:
            return day
        return clock_text(clock) if day is None else f"{show(day, lang)} {clock_text(clock)}"

    @property
    def clock(self) -> time | None:
        """The time of day in a date cell; None at midnight."""
        if self.kind not in (Kind.DATE, Kind.NUMBER):
            return None
        minutes = round(self.number % 1 * _MINUTES) % _MINUTES
        return time(minutes // 60, minutes % 60) if minutes else None

    def day(self, lang: Lang) -> date | str | None:
        """A day, else the text as typed."""
        if self.kind == Kind.DATE or (self.kind == Kind.NUMBER and _FIRST_SERIAL <= self.number <= _LAST_SERIAL):
            day = serial_date(self.number)
            if isinstance(day, date) and day.year in _YEARS:
                return day
        text = self.as_text(lang)
        return (read_day(text) or text) if text.strip() else None

    def hour(self, lang: Lang) -> time | str | None:
        """A time of day, else the text as typed. (A day in place of a time, which 13.11 becomes in Excel, stays a day.)"""
        if self.kind in (Kind.DATE, Kind.NUMBER) and 0 <= self.number < 1:
            return self.clock or time(0, 0)
        if self.kind == Kind.DATE and self.clock is not None:
            return self.clock
        if self.kind == Kind.NUMBER and (hour := hour_in_number(self.number)) is not None:
            return hour
        text = self.as_text(lang)
        return (read_time(text) or text) if text.strip() else None


NOTHING = Typed(Kind.EMPTY)
_TOP_ROWS = 30  # where a header may stand: its place tells, so blank rows count there
_WIDEST_GAP = 60  # blank columns in a row: more than all of ours side by side


@lru_cache(maxsize=1 << 12)  # days and numbers that stand in many rows
def _as_text(cell: Typed, lang: Lang) -> str:
    value = cell.plain(lang)
    return "" if value is None else plain_text(value, lang)


_KINDS = tuple(Kind)  # in the order of their numbers, which never change


def rows_of(grid: Grid) -> tuple[list[list[Typed]], list[int]]:
    """The grid's rows, each a list of cells, and their numbers from 0; a blank cell is `NOTHING` itself.

    Blank rows below the first ones are left out, and of a long run of blank columns a short one stays: a cell that strayed to
    the far corner of the tab would make a million rows of thousands of cells.
    """
    columns = list(_near(grid.columns))
    places = _filled_rows(columns, grid.height)
    cells = [_cells_of(column.gather(places)) for column in columns]
    return [list(row) for row in zip(*cells, strict=True)], places.to_list()


def _near(columns: Sequence[Column]) -> Iterator[Column]:
    gap = 0
    for column in columns:
        gap = gap + 1 if column.is_blank else 0
        if gap <= _WIDEST_GAP:
            yield column


def _filled_rows(columns: Sequence[Column], height: int) -> pl.Series:
    """Positions of the first rows, and of those below that hold anything."""
    filled = pl.int_range(0, height, eager=True) < _TOP_ROWS
    for column in columns:
        if not column.is_blank:
            filled |= column.kind != Kind.EMPTY
    return filled.arg_true()


def _cells_of(column: Column) -> list[Typed]:
    """The cells of a column; equal cells (a status, a manager) are one."""
    if not (column.kind != Kind.EMPTY).any():
        return [NOTHING] * len(column.kind)
    made: dict[tuple[int, str | None, float | None], Typed] = {}
    found = []
    for raw in zip(column.kind.to_list(), column.text.to_list(), column.number.to_list(), strict=True):
        cell = made.get(raw)
        if cell is None:
            cell = Typed(_KINDS[raw[0]], raw[1] or "", raw[2] or 0.0)
            cell = made[raw] = NOTHING if cell.blank else cell
        found.append(cell)
    return found


def plain_text(value: object, lang: Lang) -> str:
    """A value as text: whole numbers without a point, long ones (phones) without groups; days as people write them."""
    if type(value) is str:
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(value, ".15g")
    if isinstance(value, time):
        return clock_text(value)
    return show(value, lang) if isinstance(value, (bool, date)) else str(value)


def clock_text(value: time) -> str:
    """A time of day: 13:30."""
    return f"{value.hour:02}:{value.minute:02}"


def read_day(text: str) -> date | None:
    """The day a text names; None when it names none, or could be two (05/11/2026)."""
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _DAY_FIRST.fullmatch(text):
        return _in_figures(int(found[1]), int(found[3]), _full_year(found[4]), slash=found[2] == "/")
    if found := _DAY_NAME_YEAR.fullmatch(text):
        return _day(int(found[3]), _month(found[2]), int(found[1]))
    if found := _NAME_DAY_YEAR.fullmatch(text):
        return _day(int(found[3]), _month(found[1]), int(found[2]))
    return None


def _in_figures(first: int, second: int, year: int, *, slash: bool) -> date | None:
    if slash and first <= 12 and second <= 12 and first != second:
        return None
    return _day(year, second, first) or (_day(year, first, second) if slash else None)


def _full_year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 50 else 1900)


def _month(name: str) -> int:
    return _months().get(name.casefold()[:3], 0)


@cache
def _months() -> dict[str, int]:
    """First three letters of a month's name, in any language and case -> its number."""
    from babel import Locale

    found: dict[str, int] = {}
    for lang in LANGS:
        for style in ("format", "stand-alone"):
            names = Locale(lang).months[style]["wide"]
            found |= {name.casefold()[:3]: number for number, name in names.items()}
    return found


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None
