"""Copies of the workbook from just before each write, and the way back.

A copy is another file on the disk, never a link, and it is read again before it counts. `back_up` raises rather than
leaves a write without a backup (DESIGN 7, promise 5). Knows nothing of what is in a workbook.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sheets_crm.disk import PART, flush, flush_folder, make_folder, open_private, sweep
from sheets_crm.errors import NotFound, OwnerError, StateError, WorkbookBusy, WorkbookMissing
from sheets_crm.sync.state import StateFolder

_NAME = re.compile(r"(?P<stem>.+)\.(?P<made>\d{8}T\d{6}Z)\.(?P<digest>[0-9a-f]{16})(?P<suffix>\.[^.]+)?")
_STAMP = "%Y%m%dT%H%M%SZ"
_TRIES = 3
_CHUNK = 1 << 20
_STEM_BYTES = 150
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Keep:
    """How many backups stay: the last `last` ones, the newest of each of `days` days and of each of `weeks` weeks."""

    last: int = 20
    days: int = 14
    weeks: int = 8


_KEEP_ALL = Keep(last=sys.maxsize)


@dataclass(frozen=True)
class Backup:
    """One backup. made: when it was taken, UTC. digest: the beginning of its SHA-256, by which damage is noticed."""

    path: Path
    workbook: str  # the workbook's file name without its ending
    made: datetime
    digest: str
    size: int

    @property
    def name(self) -> str:
        return self.path.name


def back_up(workbook: Path, state: StateFolder, *, now: datetime, keep: Keep | None = None) -> Backup:
    """A verified copy of the workbook as it stands; the last backup itself where it is still the same content, and sound.

    WorkbookMissing, WorkbookBusy: it can't be read, or changes while it is copied. StateError: the copy can't be made.
    """
    made = now.astimezone(UTC)
    folder = state.backups
    try:
        make_folder(folder)
        sweep(folder)
        seen = _digest_of(workbook)
        backup = _still_good(state, seen) or _copy(workbook, folder, made)
    except OSError as error:
        raise _told(error, folder) from error
    _rotate(state, keep or Keep(), made, spare=backup)
    return backup


def list_backups(state: StateFolder) -> list[Backup]:
    """All backups, the newest first. Other files in the folder are passed over."""
    try:
        found = [_read(path) for path in state.backups.iterdir() if path.is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError("state.folder_denied", path=str(state.backups)) from error
    return sorted((one for one in found if one), key=lambda one: (one.made, one.name), reverse=True)


def find_backup(state: StateFolder, wanted: str) -> Backup:
    """A backup by its name, the beginning of its time stamp or digest, or "last". NotFound: none, or several."""
    every = list_backups(state)
    if wanted == "last" and every:
        return every[0]
    stamp = re.sub(r"\D", "", wanted)
    found = [one for one in every if one.name == wanted]
    found = found or [one for one in every if len(wanted) >= 4 and one.digest.startswith(wanted.lower())]
    found = found or [one for one in every if len(stamp) >= 8 and f"{one.made:%Y%m%d%H%M%S}".startswith(stamp)]
    if len(found) != 1:
        raise NotFound(
            "state.backup_several" if found else "state.backup_unknown", seen=wanted, path=str(state.backups)
        )
    return found[0]


def named_after(backup: Backup, workbook: Path) -> bool:
    """Does the copy bear this workbook's name?"""
    return backup.workbook == _short(workbook.stem)


def is_sound(backup: Backup) -> bool:
    """The restore test: the copy is what was copied, and a workbook of the zip kind opens whole."""
    try:
        if not _digest_of(backup.path).startswith(backup.digest):
            return False
        if not zipfile.is_zipfile(backup.path):
            return True  # .csv, .xls: the digest is all there is to check
        with zipfile.ZipFile(backup.path) as archive:
            return archive.testzip() is None
    except (OSError, WorkbookMissing, WorkbookBusy, zipfile.BadZipFile, zlib.error, EOFError):
        return False


def is_due(state: StateFolder, *, now: datetime, every: timedelta = timedelta(days=7)) -> bool:
    """Is it time for the regular backup, because no write has made one for so long?"""
    made = max((one.made for one in list_backups(state)), default=None)
    return made is None or now.astimezone(UTC) - made >= every


def restore(backup: Backup, target: Path, state: StateFolder, *, now: datetime) -> Backup | None:
    """Put a backup in the workbook's place, in one step; the workbook as it stood is backed up first and returned.

    None when there was no workbook to back up. Holds the workbook's lock meanwhile. WorkbookBusy: open elsewhere, or
    another run is at it. StateError: the backup is damaged. In all these cases nothing was replaced.
    """
    with state.lock():
        if not backup.path.exists():
            raise NotFound("state.backup_unknown", seen=backup.name, path=str(state.backups))
        if not is_sound(backup):
            raise StateError("state.backup_damaged", path=str(backup.path))
        place = target.resolve()  # a link to the workbook stays a link
        refuse_open(place)
        # nothing is rotated away here: the backup that is being restored might be
        before = back_up(place, state, now=now, keep=_KEEP_ALL) if place.exists() else None
        try:
            _put_back(backup, place, before)
        except OSError as error:
            raise _told(error, place.parent, writing=place) from error
        state.forget()
        return before


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


def _still_good(state: StateFolder, seen: str) -> Backup | None:
    """The last backup, when it is whole and of the same content."""
    every = list_backups(state)
    if every and seen.startswith(every[0].digest) and not every[0].path.is_symlink():
        return every[0] if _digest_of(every[0].path) == seen else None
    return None


def _copy(workbook: Path, folder: Path, made: datetime) -> Backup:
    part = folder / f"{os.getpid()}{PART}"
    try:
        for _ in range(_TRIES):
            written = _copied(workbook, part)
            if _digest_of(part) == written == _digest_of(workbook):
                break
        else:
            raise WorkbookBusy("state.workbook_changing", path=str(workbook))
        while any(folder.glob(f"*.{made.strftime(_STAMP)}.*")):
            made += _SECOND  # of two in one second it must stay plain which came later
        target = folder / f"{_short(workbook.stem)}.{made.strftime(_STAMP)}.{written[:16]}{workbook.suffix}"
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(folder)
    backup = _read(target)
    assert backup is not None
    return backup


def _short(stem: str) -> str:
    """The name without its ending, cut so that stamp and digest still fit into the 255 bytes that file systems allow."""
    return stem.encode()[:_STEM_BYTES].decode(errors="ignore")


def _copied(source: Path, target: Path) -> str:
    """Copy byte by byte, down to the disk; the digest of what was read."""
    seen = sha256()
    with _opened(source) as read, open_private(target) as out:
        while chunk := read.read(_CHUNK):
            seen.update(chunk)
            out.write(chunk)
        flush(out)
    return seen.hexdigest()


def _digest_of(path: Path) -> str:
    seen = sha256()
    with _opened(path) as read:
        while chunk := read.read(_CHUNK):
            seen.update(chunk)
    return seen.hexdigest()


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise WorkbookMissing("state.workbook_missing", path=str(path)) from error
    except PermissionError as error:
        if path.is_dir():  # what Windows says of a directory
            raise WorkbookMissing("state.workbook_missing", path=str(path)) from error
        raise WorkbookBusy("state.workbook_locked", path=str(path)) from error


def _put_back(backup: Backup, place: Path, before: Backup | None) -> None:
    part = place.with_name(f".sheets-crm.{os.getpid()}{PART}")
    try:
        written = _copied(backup.path, part)
        if not written.startswith(backup.digest) or _digest_of(part) != written:
            raise StateError("state.backup_damaged", path=str(backup.path))
        if before is None:
            if place.exists():
                raise WorkbookBusy("state.workbook_changing", path=str(place))
        else:
            shutil.copymode(place, part)
            if not _digest_of(place).startswith(before.digest):  # edited since we copied it
                raise WorkbookBusy("state.workbook_changing", path=str(place))
        part.replace(place)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(place.parent)


def _read(path: Path) -> Backup | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        made = datetime.strptime(match["made"], _STAMP).replace(tzinfo=UTC)
        size = path.stat().st_size
    except (ValueError, OSError):
        return None
    return Backup(path, match["stem"], made, match["digest"], size)


def _rotate(state: StateFolder, keep: Keep, now: datetime, *, spare: Backup) -> None:
    """Remove backups that nothing keeps. One that can't be removed stays: too many are better than a stopped run."""
    every = list_backups(state)
    stay = {one.name for one in every[: max(keep.last, 1)]} | {spare.name}
    stay |= _newest_of_each(every, now - timedelta(days=keep.days), lambda made: made.date())
    stay |= _newest_of_each(every, now - timedelta(weeks=keep.weeks), lambda made: made.isocalendar()[:2])
    for one in every:
        if one.name not in stay:
            with contextlib.suppress(OSError):
                one.path.unlink()


def _newest_of_each(every: list[Backup], since: datetime, period: Callable[[datetime], object]) -> set[str]:
    """Names of the newest backup of each day or week after `since`."""
    newest: dict[object, str] = {}
    for one in every:  # the newest first
        if one.made > since:
            newest.setdefault(period(one.made), one.name)
    return set(newest.values())


def _told(error: OSError, folder: Path, *, writing: Path | None = None) -> OwnerError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StateError("state.disk_full", path=str(folder))
    if writing is not None:
        return WorkbookBusy("state.workbook_readonly", path=str(writing))
    return StateError("state.folder_denied", path=str(folder))
