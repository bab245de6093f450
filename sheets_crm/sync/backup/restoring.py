"""Putting a copy in the workbook's place, in one step, after copying what stands there.

Knows nothing of what is in a workbook.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import datetime
from pathlib import Path

from sheets_crm.disk import PART, flush_folder
from sheets_crm.errors import NotFound, OwnerError, StateError, WorkbookBusy, WorkbookMissing
from sheets_crm.sync.backup.copying import copied, digest_of, told
from sheets_crm.sync.backup.local import back_up, is_sound
from sheets_crm.sync.backup.model import KEEP_ALL, Backup
from sheets_crm.sync.state import StateFolder


def restore(backup: Backup, target: Path, state: StateFolder, *, now: datetime) -> Backup | None:
    """Put a backup in the workbook's place, in one step; the workbook as it stood is backed up first and returned.

    None when there was no workbook to back up. Holds the workbook's lock meanwhile. WorkbookBusy: open elsewhere, or
    another run is at it. StateError: the backup is damaged. In all these cases nothing was replaced.
    An encrypted copy must be opened first (`reading.plain_copy`).
    """
    with state.lock():
        if not backup.path.exists():
            raise NotFound("state.backup_unknown", seen=backup.name, path=str(state.backups))
        if not is_sound(backup):
            raise StateError("state.backup_damaged", path=str(backup.path))
        place = target.resolve()  # a link to the workbook stays a link
        _refuse_place(place)
        refuse_open(place)
        # nothing is rotated away here: the backup that is being restored might be
        before = back_up(place, state, now=now, keep=KEEP_ALL, why="restore") if place.exists() else None
        try:
            _put_back(backup, place, before)
        except OSError as error:
            raise told(error, place.parent, writing=place) from error
        state.forget()
        return before


def _refuse_place(place: Path) -> None:
    """OwnerError where no file can stand."""
    if place.is_dir():
        raise WorkbookMissing("backup.errors.to_folder", path=str(place), name="book.xlsx")
    if not place.parent.is_dir():
        raise OwnerError("excel.folder_gone", workbook=place.name, folder=str(place.parent))


def refuse_open(workbook: Path) -> None:
    """WorkbookBusy when Excel, LibreOffice or the system holds the workbook, or it may not be written."""
    for sign in (f"~${workbook.name}", f".~lock.{workbook.name}#"):
        if os.path.lexists(workbook.with_name(sign)):  # a name too long to exist is no error here
            raise WorkbookBusy("state.workbook_open", path=str(workbook), mark=sign)
    if not workbook.exists():
        return
    if not os.access(workbook, os.W_OK):
        raise WorkbookBusy("state.workbook_readonly", path=str(workbook))
    try:
        with workbook.open("r+b") as handle:
            _probe(handle.fileno())
    except (BlockingIOError, PermissionError) as error:
        raise WorkbookBusy("state.workbook_locked", path=str(workbook)) from error


def _probe(handle: int) -> None:
    """BlockingIOError when another program has locked the file."""
    if sys.platform != "win32":
        import fcntl

        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.lockf(handle, fcntl.LOCK_UN)


def _put_back(backup: Backup, place: Path, before: Backup | None) -> None:
    part = place.with_name(f".sheets-crm.{os.getpid()}{PART}")
    try:
        written = copied(backup.path, part)
        if not written.startswith(backup.digest) or digest_of(part) != written:
            raise StateError("state.backup_damaged", path=str(backup.path))
        if before is None:
            if place.exists():
                raise WorkbookBusy("state.workbook_changing", path=str(place))
        else:
            shutil.copymode(place, part)
            if not digest_of(place).startswith(before.digest):  # edited since we copied it
                raise WorkbookBusy("state.workbook_changing", path=str(place))
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(place.parent)
