"""`calendar:` of crm.yaml: which days people work on. Touches no workbook, and loads no holidays until a day is asked for."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from sheets_crm.base.settings import Settings
from sheets_crm.cards.yamlmodel import wrong
from sheets_crm.errors import ConfigError
from sheets_crm.workdays import Calendar, holidays_of

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_LONGEST = 366


def read_day(value: object) -> object:
    """A day as people write it in crm.yaml: 2026-11-05 or 5.11.2026."""
    if isinstance(value, date):
        return value
    text = str(value).strip()
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DOTTED.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        raise wrong("calendar.errors.day", seen=text)
    try:
        return date(year, month, day)
    except ValueError:
        raise wrong("calendar.errors.day", seen=text) from None


Day = Annotated[date, BeforeValidator(read_day, json_schema_input_type=str)]


def _days(value: object) -> Any:
    """A day, or all days from one to another: 2026-12-29..2027-01-08."""
    first, dots, last = str(value).partition("..")
    start = read_day(value if isinstance(value, date) else first)
    end = read_day(last) if dots else start
    assert isinstance(start, date)
    assert isinstance(end, date)
    if not 0 <= (end - start).days <= _LONGEST:
        raise wrong("calendar.errors.span", seen=str(value), limit=str(_LONGEST))
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) or value is None else [value]


Days = Annotated[tuple[date, ...], BeforeValidator(_days, json_schema_input_type=str)]
Spans = Annotated[tuple[Days, ...], BeforeValidator(_listed, json_schema_input_type=str | list[str])]


class CalendarSettings(Settings):
    """What days people work on. off and work stand above the week and the holidays, and work above off."""

    week: Annotated[tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...], BeforeValidator(_listed), Field(min_length=1)] = (
        "mon", "tue", "wed", "thu", "fri",
    )  # fmt: skip
    holidays: bool | Annotated[str, Field(pattern=r"^[A-Z]{2}([/-][A-Z0-9]{1,4})?$")] = True
    off: Spans = ()
    work: Spans = ()


def calendar_of(settings: CalendarSettings, country: str, today: date) -> Calendar:
    """The calendar of a workbook on a day. country: the workbook's, whose holidays hold unless others are named."""
    named = country if settings.holidays is True else settings.holidays or ""
    code, _, part = named.replace("-", "/").partition("/")
    return Calendar(
        today=today,
        week=frozenset(WEEKDAYS.index(day) for day in settings.week),
        country=code,
        subdivision=part,
        off=frozenset(day for span in settings.off for day in span),
        work=frozenset(day for span in settings.work for day in span),
    )


def check_calendar(settings: CalendarSettings) -> None:
    """ConfigError with `keys` for holidays of a country, or a part of one, that nobody knows."""
    if isinstance(settings.holidays, bool):
        return
    code, _, part = settings.holidays.replace("-", "/").partition("/")
    if holidays_of(code, part) is not None:
        return
    known = holidays_of(code)
    if part and known is not None:
        parts = ", ".join(known.subdivisions) or "-"
        raise ConfigError("calendar.errors.part", seen=part, country=code, allowed=parts, keys=("calendar", "holidays"))
    raise ConfigError("calendar.errors.country", seen=code, keys=("calendar", "holidays"))
