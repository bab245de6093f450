"""What crm.yaml says to the daemon: its timetable, its zone, and which files to keep an eye on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from sheets_crm.books.inbox import is_pattern, mark_of
from sheets_crm.cards.yamlmodel import read_yaml, validate
from sheets_crm.errors import ConfigError
from sheets_crm.sync.called import called
from sheets_crm.sync.config import CrmConfig
from sheets_crm.sync.config_schedule import Schedule
from sheets_crm.sync.google import google_id, version_file
from sheets_crm.words import Lang

Seen = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True)
class Watched:
    """One configuration as the daemon needs it. workbook: as crm.yaml names it. files: all that a run reads."""

    config: Path
    workbook: str = ""
    schedule: Schedule = field(default_factory=Schedule)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    lang: Lang = "ru"
    files: tuple[Path, ...] = ()
    google_s: int = (
        0  # seconds between two questions whether a Google spreadsheet has changed; 0: the workbook is a file
    )
    name: str | None = None  # what the configuration calls the firm

    @property
    def called(self) -> str:
        """What people call the workbook; the configuration's name where that could not be read."""
        return called(self.config, self.workbook, self.name, lang=self.lang) if self.workbook else self.config.name

    @property
    def book(self) -> Path:
        """The workbook's path."""
        return (self.config.parent / Path(self.workbook).expanduser()).absolute()

    def seen(self) -> Seen:
        """Changes when one of the files is saved, replaced, removed. A few calls of the system, no reading."""
        return tuple(_mark(path) for path in self.files)


def watched(config: Path) -> Watched:
    """Read crm.yaml. ConfigError: what is wrong with it (names that must answer to each other are the run's business)."""
    try:
        text = config.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("config.not_utf8", path=str(config)) from None
    except OSError as error:
        raise ConfigError("config.not_readable", path=str(config)) from error
    found = validate(read_yaml(text, config.name), CrmConfig)
    sources = [one.file for one in (found.sheets or {}).values() if one.file is not None and not one.ignore]
    google = google_id(config, found.workbook)
    book = found.workbook if google is None else str(version_file(config, found.workbook))
    names = [book, *sources, *found.packs]
    files = [(config.parent / Path(name).expanduser()).absolute() for name in names]
    poll_s = 0 if google is None else found.google.poll_seconds
    return Watched(
        config,
        found.workbook,
        found.schedule,
        found.zone,
        found.language,
        tuple(dict.fromkeys([config, *files])),
        poll_s,
        found.name,
    )


def _mark(path: Path) -> tuple[int, int, int] | None:
    try:
        if is_pattern(path):
            return mark_of(path)
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
