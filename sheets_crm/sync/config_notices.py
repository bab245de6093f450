"""crm.yaml: who is told what and when (`notifications`), and the calendar files (`calendar_feed`).

Names of secrets only: an address holds a token or a password and never stands here. Touches no files.
"""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from sheets_crm.base.settings import Settings
from sheets_crm.cards.yamlmodel import wrong

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAIL = "mail"  # the secret by which managers' e-mails are written to

_OFF = ("no", "off", "none", "false", "")
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_HOURS = re.compile(rf"\s*({_CLOCK})\s*[-\u2013\u2014]\s*({_CLOCK})\s*")


def _listed(value: object) -> object:
    """One name may be written without brackets."""
    return value if isinstance(value, (list, tuple)) or value is None else [value]


def _secret_name(name: str) -> str:
    """A name under which an address is kept. The address itself is refused, and not quoted: it is a secret."""
    if any(sign in name for sign in ":/@?&="):
        raise wrong("notices.error.address_in_config")
    if not re.fullmatch(r"[^\W\d_][\w-]{0,39}", name):
        raise wrong("notices.error.bad_name", seen=name)
    return name


SecretName = Annotated[str, AfterValidator(_secret_name)]
SecretNames = Annotated[tuple[SecretName, ...], BeforeValidator(_listed)]


def _or_off(value: object) -> object:
    """`no` and `off` switch off what is otherwise a time or a number."""
    return None if value is False or (isinstance(value, str) and value.strip().lower() in _OFF) else value


def _clock(value: object) -> object:
    value = _or_off(value)
    if value is None or (isinstance(value, str) and re.fullmatch(_CLOCK, value.strip())):
        return value.strip() if isinstance(value, str) else value
    raise wrong("errors.yaml.expected_time", seen=str(value)[:60])


def _hours(value: object) -> object:
    value = _or_off(value)
    if value is None:
        return None
    if isinstance(value, str) and (found := _HOURS.fullmatch(value)):
        return f"{found[1]}-{found[2]}"
    raise wrong("notices.error.bad_hours", seen=str(value)[:60])


Clock = Annotated[str | None, BeforeValidator(_clock)]
Hours = Annotated[str | None, BeforeValidator(_hours)]
# `no` switches off, a number counts: editors should know both.
Minutes = Annotated[
    Annotated[int, Field(ge=0, le=1440)] | None,
    BeforeValidator(_or_off),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": 1440}, {"const": "no"}, {"type": "null"}]}),
]


def as_time(text: str) -> time:
    """08:30 as a time of day."""
    hours, minutes = text.split(":")
    return time(int(hours), int(minutes))


class NoticeSettings(Settings):
    """Who is told what and when. Without an address nobody is told anything."""

    owner: SecretNames = ()
    digest: Clock = "08:30"
    days: Annotated[tuple[Weekday, ...], BeforeValidator(_listed)] = ("mon", "tue", "wed", "thu", "fri")
    reminders: Minutes = 10  # before the hour of a task
    new_leads: bool = True
    alarms: bool = True
    personal_data: bool = False  # names, telephones and sums of clients in messages
    quiet: Hours = "21:00-08:00"


class FeedSettings(Settings):
    """Calendar files, one a manager."""

    folder: str = Field(min_length=1)
    personal_data: bool = False
    all_day: Literal["all", "own", "no"] = "all"  # tasks without an hour: all, those typed by hand, none
    minutes: int = Field(default=30, ge=5, le=1440)  # how long a task with an hour takes
    reminder: Minutes = 10  # before the hour
