"""When the owner is alarmed: runs that failed, one after another or for long, mass deletion at once, and that it works again.

Pure: takes the record and changes it. The sentence is the program's own, what to do included; nothing in it comes from a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePath
from zoneinfo import ZoneInfo

from sheets_crm.daemon.notices.record import Failing, Record
from sheets_crm.errors import BaseEmptied, OwnerError, WorkbookBusy
from sheets_crm.words import Lang, Phrase, Spot, knows, say

ENOUGH = 2  # failures one after another
ENOUGH_TIME = timedelta(minutes=30)  # since the first of them, where runs are rare
BUSY_TIME = timedelta(hours=4)  # somebody works in the workbook: an ordinary day
FAULT = "fault"  # the cause of whatever is our fault
# A workbook that can't be written at all is not merely open somewhere.
_NOT_BUSY = frozenset({"excel.read_only", "excel.no_access", "state.workbook_readonly", "state.no_locks"})
_AT_ONCE = frozenset({"state.base_rewritten", "state.base_emptied"})
# Values of a sentence that come from the program or the configuration's structure, never from a cell or a secret.
_SAFE = frozenset({"workbook", "file", "path", "folder", "line", "column", "n", "was", "now", "card", "field", "changed", "rows", "mark", "lock", "where", "rule", "template", "pack", "at", "limit"})  # fmt: skip
_HIDDEN = "\u2026"


def failed(record: Record, error: BaseException, now: datetime, *, lang: Lang, personal: bool) -> None:
    """A run failed: remember it. `due` says whether somebody is to be told."""
    cause = _key(error) or FAULT
    transient = isinstance(error, WorkbookBusy) and cause not in _NOT_BUSY
    before = record.failing
    goes_on = before is not None and before.transient == transient
    record.failures += not transient
    record.failing = Failing(
        cause=cause,
        transient=transient,
        count=before.count + 1 if before and goes_on else 1,
        first=before.first if before and goes_on else now,
        last=now,
        sentence=sentence(error, lang, personal=personal),
        told=bool(before and before.told),
    )


def due(record: Record, now: datetime, today: date, *, at_once: bool = False) -> bool:
    """Is the owner to be alarmed now? Once a cause and day."""
    failing = record.failing
    if failing is None or record.alarmed.get(failing.cause) == today:
        return False
    if at_once:
        return True
    if failing.transient:
        return now - failing.first >= BUSY_TIME
    return failing.count >= ENOUGH or now - failing.first >= ENOUGH_TIME


def grave(error: BaseException) -> bool:
    """Rows vanished or were rewritten: no second try will tell more."""
    return isinstance(error, BaseEmptied) or _key(error) in _AT_ONCE


def sentence(error: BaseException, lang: Lang, *, personal: bool) -> str:
    """What went wrong and what to do; without personal data what may quote a cell or a name of theirs is left out."""
    key, told = _key(error), getattr(error, "values", {})
    if not key or not knows(key, lang) or not isinstance(told, Mapping):
        return say("notices.alarm.fault", lang)
    values = dict(told) if personal else {name: _safe(name, value) for name, value in told.items()}
    values = {name: _HIDDEN if "://" in str(value) else value for name, value in values.items()}
    try:
        return say(key, lang, **values)
    except (KeyError, IndexError, ValueError):
        return say("notices.alarm.fault", lang)


def _key(error: BaseException) -> str:
    """The words key of an error that carries one: the owner's, and the daemon's own; "" for any other."""
    key = getattr(error, "key", "")
    return key if isinstance(key, str) and (isinstance(error, OwnerError) or "." in key) else ""


def _safe(name: str, value: object) -> object:
    if isinstance(value, (Phrase, Spot, int, float, Decimal, date)):
        return value
    if name not in _SAFE:
        return _HIDDEN
    return PurePath(str(value)).name if name in ("path", "folder", "workbook") else value


def alarm(failing: Failing, *, book: str, lang: Lang, zone: ZoneInfo) -> tuple[str, str]:
    """Title and text of an alarm."""
    since = say("notices.alarm.since", lang, n=failing.count, **_when(failing.first, zone))
    return say("notices.alarm.title", lang, book=book), f"{failing.sentence}\n{since}"


def works_again(failing: Failing, *, book: str, lang: Lang, zone: ZoneInfo) -> tuple[str, str]:
    """Title and text once it works again."""
    body = say("notices.alarm.was_down", lang, **_when(failing.first, zone))
    return say("notices.alarm.again", lang, book=book), body


def stopped(why: str, *, book: str, lang: Lang) -> tuple[str, str]:
    """Title and text when the program has stopped by itself. why: a words key, or nothing that we know."""
    reason = say(why, lang) if why and _plain(why, lang) else ""
    body = " ".join(part for part in (reason, say("notices.alarm.start_again", lang)) if part)
    return say("notices.alarm.stopped", lang, book=book), body


def _plain(key: str, lang: Lang) -> bool:
    """Is it the key of a sentence that needs no values?"""
    try:
        return bool(say(key, lang))
    except KeyError:
        return False


def _when(moment: datetime, zone: ZoneInfo) -> Mapping[str, object]:
    there = moment.astimezone(zone)
    return {"date": there.date(), "time": f"{there:%H:%M}"}
