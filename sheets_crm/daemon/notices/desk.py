"""One workbook as notices see it: its record, its people, its zone and language.

Opened from a configuration, or, where that can't be read any more, from what the last good run left for the owner.
Sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sheets_crm.daemon.notices import hours, outbox
from sheets_crm.daemon.notices.people import Address, People
from sheets_crm.daemon.notices.record import Contact, Item, Kind, Notebook, Record
from sheets_crm.sync.config_notices import NoticeSettings
from sheets_crm.sync.intake import Opened
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang

_REMEMBERED = timedelta(days=7)


@dataclass(frozen=True)
class Desk:
    """All that is needed to tell somebody something. people: None where only the owner is known."""

    notebook: Notebook
    settings: NoticeSettings
    zone: ZoneInfo
    lang: Lang
    book: str
    owner: tuple[Address, ...]
    people: People | None = None
    opened: Opened | None = None

    @classmethod
    def of(cls, opened: Opened) -> Desk:
        """Of a configuration. StateError: no state folder can be made."""
        config = opened.config
        state = StateFolder.beside(opened.path, config.workbook)
        people = People.of(config, state)
        book = config.name or opened.called_plain
        return cls(
            Notebook(state), config.notifications, config.zone, config.language, book, people.owner(), people, opened
        )

    @classmethod
    def left_by(cls, config: Path) -> Desk | None:
        """Of a configuration that can't be read now; None where no run has left anything."""
        state = StateFolder.existing(config)
        contact = Notebook(state).read().contact if state else None
        if state is None or contact is None:
            return None
        settings = NoticeSettings(quiet=contact.quiet)
        owner = tuple(Address.of(one) for one in contact.owner)
        return cls(Notebook(state), settings, ZoneInfo(contact.zone), contact.lang, contact.book, owner)

    @property
    def personal(self) -> bool:
        """May messages name clients?"""
        return self.settings.personal_data

    def contact(self) -> Contact:
        """What to leave for a day on which crm.yaml can't be read."""
        owner = [one.id for one in self.owner] if self.settings.alarms else []
        return Contact(owner=owner, book=self.book, lang=self.lang, zone=str(self.zone), quiet=self.settings.quiet)

    def today(self, now: datetime) -> date:
        """The day it is in the workbook's zone."""
        return hours.local(now, self.zone).date()

    def waits(self, now: datetime) -> datetime:
        """The first moment from this on at which somebody may be disturbed."""
        return hours.after_quiet(self.settings, now, self.zone)

    def put(
        self,
        record: Record,
        to: Iterable[Address],
        kind: Kind,
        said: tuple[str, str],
        now: datetime,
        *,
        cause: str = "",
        until: datetime | None = None,
        quiet: bool = True,
    ) -> None:
        """Put a message for each address in the outbox. quiet: it waits for the end of the quiet hours."""
        title, body = said
        start = self.waits(now) if quiet else now
        for one in to:
            outbox.put(
                record,
                Item(
                    address=one.id, kind=kind, title=title, body=body, made=now, due=start, cause=cause, quiet=quiet,
                    until=until or start + outbox.KEPT,
                ),
            )  # fmt: skip


def forget_old(record: Record, today: date) -> None:
    """Drop what no question will be asked about any more."""
    since = today - _REMEMBERED

    def late(days: Mapping[str, date]) -> dict[str, date]:
        return {name: day for name, day in days.items() if day >= since}

    record.digests, record.reminded, record.alarmed = late(record.digests), late(record.reminded), late(record.alarmed)
