"""A streak of failures of one workbook: since when, of what kind, how often; written to the log once, and when it is over."""

from __future__ import annotations

from datetime import datetime

from sheets_crm.daemon import status
from sheets_crm.daemon.journal import Journal
from sheets_crm.daemon.outcome import Fault
from sheets_crm.daemon.status import Failing
from sheets_crm.errors import OwnerError
from sheets_crm.words import Lang, knows, say


class Streak:
    """What fails now. key: of the last failure's sentence, "" where nothing fails."""

    def __init__(self, journal: Journal) -> None:
        self.key = ""
        self._journal = journal
        self._error: OwnerError | Fault | None = None
        self._since: datetime | None = None
        self._again: datetime | None = None
        self._times = 0
        self._told = ""  # the key that listeners were told

    def add(self, error: OwnerError | Fault, now: datetime, again: datetime | None = None) -> bool:
        """One more failure. Is it another one than the last?"""
        new = error.key != self.key
        self.key, self._error, self._again = error.key, error, again
        self._since = self._since or now
        self._times += 1
        if new:
            self._journal.failing(error)
        return new

    def tell_once(self) -> bool:
        """Must listeners be told of this failure? True once for each kind of it."""
        new = self.key != self._told
        self._told = self.key
        return new

    def end(self, now: datetime) -> bool:
        """It works again. Did something fail before?"""
        if self._since is None:
            return False
        self._journal.over(self.key, self._since, now, self._times)
        self.key, self._error, self._since, self._again, self._times, self._told = "", None, None, None, 0, ""
        return True

    def told(self) -> Failing | None:
        """For the status file."""
        error = self._error
        if error is None:
            return None
        transient = isinstance(error, Fault) or error.transient
        return Failing(
            error.key, error.exit_code, transient, status.text(self._since) or "", self._times,
            sentence(error, "ru"), sentence(error, "en"), status.text(self._again),
        )  # fmt: skip


def sentence(error: OwnerError | Fault, lang: Lang) -> str:
    """What happened and what to do."""
    if not knows(error.key, lang):
        return error.key
    try:
        return say(error.key, lang, **error.values)
    except (KeyError, ValueError, IndexError):
        return error.key
