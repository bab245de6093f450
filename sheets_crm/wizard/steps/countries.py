"""In which country a base is kept, by its phones and signs of currencies; and the time zones of a country."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.books.model import Grid
from sheets_crm.sync.config import COUNTRIES
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader
from sheets_crm.wizard.shapes import Choice
from sheets_crm.words import Lang

_LOOKED_AT = 400  # values of a column
_PLAIN = 0.6
_FEW = 3


@dataclass(frozen=True)
class Guessed:
    """A country and what shows it: phones, money, or only the language."""

    country: str
    by: str


def guessed_country(reader: Reader, draft: Draft) -> Guessed:
    """By most of the phones, else by signs of a currency, else by the language that is spoken here."""
    said = draft.notes.get("said") or {}
    found = reader.remembered(
        draft, ("country", repr(said)), lambda: _by_values(reader.guesses(draft, said), reader.book(draft).grids)
    )
    return found or Guessed(_data()["languages"][draft.language], "language")


def _by_values(guesses: Mapping[str, SheetGuess], grids: Mapping[str, Grid]) -> Guessed | None:
    phones: Counter[str] = Counter()
    signs: Counter[str] = Counter()
    for sheet, guess in guesses.items():
        if guess.layout is None:
            continue
        for column in guess.columns:
            if column.field in {"phone", "phone2"}:
                phones.update(filter(None, map(phone_country, _texts(grids[sheet], column.index))))
        for index in range(len(grids[sheet].columns)):
            written = grids[sheet].columns[index].text.drop_nulls().head(_LOOKED_AT).to_list()
            signs.update(filter(None, map(_sign_country, written)))
    for found, by in ((phones, "phones"), (signs, "money")):
        if found and found.most_common(1)[0][1] >= max(_FEW, _PLAIN * found.total()):
            return Guessed(found.most_common(1)[0][0], by)
    return None


def _texts(grid: Grid, index: int) -> list[str]:
    """Different values of a column; whole numbers as their digits."""
    column = grid.columns[index]
    texts = column.text.drop_nulls().head(_LOOKED_AT).unique(maintain_order=True).to_list()
    numbers = column.number.drop_nulls().head(_LOOKED_AT).unique(maintain_order=True).to_list()
    return [*texts, *(str(int(number)) for number in numbers if number == number // 1 and number > 1e9)]


def phone_country(text: str) -> str | None:
    """The country of a phone; None where it doesn't show."""
    digits = re.sub(r"\D", "", text)
    plain = text.strip()
    if plain.startswith("+"):
        return next((country for code, country in _data()["codes"] if digits.startswith(code)), None)
    for group in ("written", "home"):
        for country, patterns in _data()[group].items():
            value = plain if group == "written" else digits
            if any(re.fullmatch(pattern, value) for pattern in patterns):
                return str(country)
    return None


def _sign_country(text: str) -> str | None:
    if not any(char.isdigit() for char in text):
        return None
    low = text.casefold()
    return next((country for country, signs in _data()["signs"].items() if any(sign in low for sign in signs)), None)


def country_choices(lang: Lang) -> tuple[Choice, ...]:
    """The countries that the program knows, by name."""
    names = _locale(lang).territories
    return tuple(
        sorted((Choice(code, str(names.get(code, code))) for code in COUNTRIES), key=lambda choice: choice.label)
    )


def zone_choices(country: str, lang: Lang, more: Iterable[str] = ()) -> tuple[Choice, ...]:
    """The time zones of a country by how far from UTC they are, and these besides."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo, available_timezones

    from babel.dates import get_timezone_location

    known = available_timezones()
    own = sorted(zone for zone, place in _zone_countries().items() if place == country and zone in known)
    zones = dict.fromkeys([COUNTRIES.get(country, ("", "UTC"))[1], *own, *(zone for zone in more if zone in known)])
    now = datetime.now(UTC)
    found = []
    for zone in zones:
        offset = now.astimezone(ZoneInfo(zone)).utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset is not None else 0
        sign, hours, rest = "+" if minutes >= 0 else "\u2212", abs(minutes) // 60, abs(minutes) % 60
        shown = f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
        name = zone.rpartition("/")[2].replace("_", " ")
        with suppress(LookupError, ValueError):
            name = get_timezone_location(zone, locale=lang, return_city=True) or name
        found.append((minutes, name, Choice(zone, f"{name} ({shown})")))
    return tuple(choice for *_, choice in sorted(found, key=lambda one: one[:2]))


def system_zone(environ: Mapping[str, str]) -> str:
    """The time zone of this computer, "" where it does not say it by name."""
    from zoneinfo import available_timezones

    stated = environ.get("TZ", "").lstrip(":")
    if stated in available_timezones():
        return stated
    with suppress(Exception):  # whatever systems keep there; a country's own zone will do
        from babel.localtime import get_localzone

        zone = get_localzone()
        name = str(getattr(zone, "key", None) or getattr(zone, "zone", ""))
        return name if name in available_timezones() else ""
    return ""


def country_of_zone(zone: str) -> str:
    """The country in which a time zone lies; "" where none is known."""
    return str(_zone_countries().get(zone, ""))


@cache
def _zone_countries() -> Mapping[str, str]:
    from babel.core import get_global

    return dict(get_global("zone_territories"))


@cache
def _locale(lang: Lang) -> Any:
    from babel import Locale

    return Locale(lang)


@cache
def _data() -> Any:
    return yaml.safe_load(resources.files("sheets_crm.wizard").joinpath("countries.yaml").read_text("utf-8"))
