"""When copies are made without a write: once a week, and once a day where the owner named a folder for them.

The daemon asks often; while nothing is due, the answer costs one small file. Knows nothing of timetables.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sheets_crm.sync.backup.local import back_up, is_due
from sheets_crm.sync.backup.model import Backup
from sheets_crm.sync.backup.outside import Place, carry
from sheets_crm.sync.backup.register import Away, Register
from sheets_crm.sync.google import source_file
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

Note = tuple[str, Mapping[str, object]]
EVERY = timedelta(days=7)
LOCK_S = 5.0


def regular_backup(opened: Opened, state: StateFolder, *, now: datetime) -> Backup | None:
    """The copy that is due by the calendar, made now; None when none is due, or only older ones had to be carried over.

    Weekly in the state folder, also where nothing was written; daily in the owner's folder, with what it missed while it
    was away (`outside_note` says whether it still is). Takes the workbook's lock itself: do not hold it. Errors as
    `back_up` has them, and WorkbookBusy when a run is at work.
    """
    place = place_of(opened)
    due = _copy_due(state, place, now)
    if not due and (place is None or not _carry_due(state, place, now)):
        return None
    copy = None
    with state.lock(wait_s=LOCK_S):
        if due:
            with source_file(opened) as path:
                copy = back_up(path, state, now=now, keep=opened.config.backups.rotation, why="regular")
            with Register.changed(state) as register:
                register.looked = now.astimezone(UTC)
        if place is not None:
            carry(state, place, now=now)
    return copy


def carried(opened: Opened, state: StateFolder, *, now: datetime) -> tuple[Note, ...]:
    """After a run, under its lock: the owner's folder brought up to date; what to say where that can't be done."""
    place = place_of(opened)
    if place is None:
        return ()
    if not _carry_due(state, place, now):
        return ()
    away = carry(state, place, now=now)
    return (told(away, place),) if away else ()


def outside_note(opened: Opened, state: StateFolder) -> Note | None:
    """What is wrong with the owner's folder since when, as it was at the last try; None when nothing is."""
    place = place_of(opened)
    register = Register.read(state)
    if place is None or register.folder != str(place.folder) or register.away is None:
        return None
    return told(register.away, place)


def told(away: Away, place: Place) -> Note:
    """Why the owner's folder has no new copies: a words key and its values."""
    since = away.since.astimezone(place.zone).date()
    return away.key, {**away.values, "folder": str(place.folder), "since": since}


def place_of(opened: Opened) -> Place | None:
    """The owner's folder for copies; None where crm.yaml names none."""
    settings = opened.config.backups
    if settings.folder is None:
        return None
    return Place(
        opened.beside(settings.folder).resolve(), opened.workbook.name, settings.rotation_outside, opened.config.zone,
        settings.encrypt, say("backup.readme", "ru") + "\n" + say("backup.readme", "en"),
    )  # fmt: skip


def _copy_due(state: StateFolder, place: Place | None, now: datetime) -> bool:
    """Is a new look at the workbook due: a week without one, or a day where there is an owner's folder?"""
    looked = Register.read(state).looked
    if looked is not None and looked > now:
        looked = None  # the clock was set back
    if place is not None:
        return looked is None or looked.astimezone(place.zone).date() < now.astimezone(place.zone).date()
    return (looked is None or now - looked >= EVERY) and is_due(state, now=now, every=EVERY)


def _carry_due(state: StateFolder, place: Place, now: datetime) -> bool:
    """Has the owner's folder not had its copy of today yet?"""
    register = Register.read(state)
    today = now.astimezone(place.zone).date().isoformat()
    return register.folder != str(place.folder) or register.away is not None or register.carried != today
