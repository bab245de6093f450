"""crm.yaml: one workbook's configuration, all of it but the workbook's address optional.

What the rooms need stands in their own settings; this composes them. Reads text, touches no workbook.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, field_validator

from sheets_crm.base.settings import BaseSettings, Names, Settings, SheetSettings
from sheets_crm.cards.yamlmodel import wrong
from sheets_crm.errors import ConfigError
from sheets_crm.sync.config_backups import BackupSettings
from sheets_crm.sync.config_book import BookSettings
from sheets_crm.sync.config_calendar import CalendarSettings
from sheets_crm.sync.config_google import GoogleSettings
from sheets_crm.sync.config_history import HistorySettings
from sheets_crm.sync.config_notices import FeedSettings, NoticeSettings, SecretNames
from sheets_crm.sync.config_outcomes import AgainSettings
from sheets_crm.sync.config_people import Absences, HandedOver, TouchCap
from sheets_crm.sync.config_schedule import Schedule
from sheets_crm.words import Lang

CONFIG_NAME = "crm.yaml"

# Currency, usual time zone by country. Sources: ISO 4217; the capital's zone of the IANA database.
COUNTRIES = {
    "RU": ("RUB", "Europe/Moscow"), "BY": ("BYN", "Europe/Minsk"), "KZ": ("KZT", "Asia/Almaty"), "UA": ("UAH", "Europe/Kyiv"),
    "UZ": ("UZS", "Asia/Tashkent"), "KG": ("KGS", "Asia/Bishkek"), "AM": ("AMD", "Asia/Yerevan"), "GE": ("GEL", "Asia/Tbilisi"),
    "AZ": ("AZN", "Asia/Baku"), "US": ("USD", "America/New_York"), "GB": ("GBP", "Europe/London"), "CA": ("CAD", "America/Toronto"),
    "AU": ("AUD", "Australia/Sydney"), "IL": ("ILS", "Asia/Jerusalem"), "TR": ("TRY", "Europe/Istanbul"), "PL": ("PLN", "Europe/Warsaw"),
    "DE": ("EUR", "Europe/Berlin"), "FR": ("EUR", "Europe/Paris"), "ES": ("EUR", "Europe/Madrid"), "IT": ("EUR", "Europe/Rome"),
    "NL": ("EUR", "Europe/Amsterdam"), "IE": ("EUR", "Europe/Dublin"), "RS": ("RSD", "Europe/Belgrade"), "AE": ("AED", "Asia/Dubai"),
}  # fmt: skip


class Manager(Settings):
    """Somebody who does the tasks. aliases: how the sheets call them besides."""

    name: str
    aliases: Names = ()
    email: str | None = None
    notify: SecretNames = ()  # names of addresses; the addresses themselves are secrets
    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] = "manager"  # head, owner, or a department's
    away: Absences = ()


class TabSettings(Settings):
    """A generated tab: under which name it is new, and whether it is drawn."""

    name: str | None = Field(default=None, min_length=1, max_length=31)
    on: bool = True

    @field_validator("name")
    @classmethod
    def _fit_for_a_tab(cls, name: str | None) -> str | None:
        """Spreadsheets take no sheet whose name has one of these signs, or an apostrophe at its end."""
        if name is not None and (set(name) & set("[]:*?/\\") or name != name.strip("'") or not name.strip()):
            raise wrong("errors.yaml.bad_tab_name", seen=name)
        return name


class TaskSettings(Settings):
    """How tasks are shown."""

    keep_closed_days: int = Field(default=30, ge=0, le=3650)  # of a row that was closed or is no longer needed
    merge_reasons: bool = False  # several reasons for one client on one day become one task
    again: AgainSettings = AgainSettings()
    max_touches: TouchCap | None = None  # of one client
    due_on_working_days: bool = False  # a day off moves to the next working day
    escalate_after_days: int | None = Field(default=None, ge=1, le=365)  # overdue for so long, the head hears of it
    escalate_every: Literal["day", "week"] = "week"
    escalate_in_working_days: bool = False


class CrmConfig(BaseSettings):
    """The whole of crm.yaml. `sheets` left out: every sheet is guessed; `sheets: {}`: none is bound."""

    workbook: str = Field(min_length=1)
    name: str | None = None
    language: Lang = "ru"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = ""
    timezone: str = ""
    template: str | None = None
    sheets: dict[str, SheetSettings] | None = None  # type: ignore[assignment]
    managers: tuple[Manager, ...] = ()
    rules: dict[str, bool | dict[str, Any]] = Field(default_factory=dict)  # rule id -> on or off, or its settings
    packs: Names = ()  # more rule packs beside the configuration
    tabs: dict[Literal["tasks", "funnel", "clients", "problems", "history"], TabSettings] = Field(default_factory=dict)
    tasks: TaskSettings = TaskSettings()
    backups: BackupSettings = BackupSettings()
    schedule: Schedule = Schedule()
    notifications: NoticeSettings = NoticeSettings()
    calendar_feed: FeedSettings | None = None
    calendar: CalendarSettings = CalendarSettings()
    hand_over: tuple[HandedOver, ...] = ()
    history: HistorySettings = HistorySettings()
    protected_structure: Literal["refuse", "write"] = "refuse"
    companion: bool | str = False  # the tabs go into a workbook of their own: its path, or true for one beside
    book: BookSettings = BookSettings()
    google: GoogleSettings = GoogleSettings()

    @field_validator("timezone")
    @classmethod
    def _zone(cls, name: str) -> str:
        if name:
            try:
                ZoneInfo(name)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise wrong(
                    "errors.yaml.unknown_zone", seen=name, known=tuple(sorted(available_timezones()))
                ) from error
        return name

    @property
    def home_currency(self) -> str:
        """The stated currency, else the country's."""
        return self.currency or COUNTRIES.get(self.country, ("EUR", "UTC"))[0]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which days begin and end."""
        return ZoneInfo(self.timezone or COUNTRIES.get(self.country, ("EUR", "UTC"))[1])

    def base_settings(self, sheets: dict[str, SheetSettings]) -> BaseSettings:
        """What `base` and `analytics` need to know, with the sheets as they were found."""
        own = {name: getattr(self, name) for name in BaseSettings.model_fields}
        return BaseSettings.model_construct(**{**own, "currency": self.home_currency, "sheets": sheets})

    def today(self, now: datetime) -> date:
        """The day it is in the workbook's time zone at an aware moment."""
        return now.astimezone(self.zone).date()


def config_path(given: str | None) -> Path:
    """The configuration meant: a file, a folder that holds crm.yaml, or nothing for the one here."""
    path = Path(given) if given else Path(CONFIG_NAME)
    if path.is_dir():
        path /= CONFIG_NAME
    if not path.exists():
        raise ConfigError("config.missing", path=str(path))
    return path
