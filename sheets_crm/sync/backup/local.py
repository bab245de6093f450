"""Copies of the workbook from just before each write, in the state folder.

A copy is another file on the disk, never a link, and it is read again before it counts. `back_up` raises rather than
leaves a write without a backup (DESIGN 7, promise 5). Knows nothing of what is in a workbook, nor of other folders.
"""

from __future__ import annotations

import contextlib
import os
import re
import zipfile
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sheets_crm.disk import PART, flush_folder, make_folder, sweep
from sheets_crm.errors import NotFound, StateError, WorkbookBusy, WorkbookMissing
from sheets_crm.sync.backup.copying import copied, digest_of, is_same, opened, told
from sheets_crm.sync.backup.model import Backup, Keep, Why, newest_first, staying
from sheets_crm.sync.backup.register import Register
from sheets_crm.sync.state import StateFolder

_NAME = re.compile(r"(?P<stem>.+)\.(?P<made>\d{8}T\d{6}Z)\.(?P<digest>[0-9a-f]{16})(?P<suffix>\.[^.]+)?")
_STAMP = "%Y%m%dT%H%M%SZ"
_TRIES = 3
_STEM_BYTES = 150
_SECOND = timedelta(seconds=1)


def back_up(
    workbook: Path, state: StateFolder, *, now: datetime, keep: Keep | None = None, why: Why = "write"
) -> Backup:
    """A verified copy of the workbook as it stands; the last backup itself where it is still the same content, and sound.

    WorkbookMissing, WorkbookBusy: it can't be read, or changes while it is copied. StateError: the copy can't be made.
    """
    made = now.astimezone(UTC)
    folder = state.backups
    try:
        make_folder(folder)
        sweep(folder)
        backup = _still_good(state, workbook) or _copy(workbook, folder, made)
    except OSError as error:
        raise told(error, folder) from error
    if backup.why is None:
        with contextlib.suppress(StateError), Register.changed(state) as register:  # for showing only
            register.reasons[backup.name] = why
        backup = replace(backup, why=why)
    _rotate(state, keep or Keep(), made, spare=backup)
    return backup


def list_backups(state: StateFolder) -> list[Backup]:
    """All backups in the state folder, the newest first. Other files in it are passed over."""
    try:
        paths = [path for path in state.backups.iterdir() if path.is_file()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StateError("state.folder_denied", path=str(state.backups)) from error
    reasons = Register.read(state).reasons
    return newest_first([one for path in paths if (one := _read(path, reasons.get(path.name)))])


def find_backup(state: StateFolder, wanted: str) -> Backup:
    """A backup in the state folder, as `chosen` finds it."""
    return chosen(list_backups(state), wanted, state.backups)


def chosen(every: list[Backup], wanted: str, folder: Path) -> Backup:
    """A copy by its name, the beginning of its time stamp or digest, or "last". NotFound: none, or several.

    every: the newest first. folder: where the owner should look, if it is not among them.
    """
    if wanted == "last" and every:
        return every[0]
    stamp = re.sub(r"\D", "", wanted)
    found = [one for one in every if one.name == wanted]
    found = found or [one for one in every if len(wanted) >= 4 and one.digest.startswith(wanted.lower())]
    found = found or [one for one in every if len(stamp) >= 8 and f"{one.made:%Y%m%d%H%M%S}".startswith(stamp)]
    if len({(one.made, one.where) for one in found}) == 2 and len({one.made for one in found}) == 1:
        found = [one for one in found if one.where == "local"]  # the same copy, in both places
    if len(found) != 1:
        raise NotFound("state.backup_several" if found else "state.backup_unknown", seen=wanted, path=str(folder))
    return found[0]


def is_sound(backup: Backup) -> bool:
    """The restore test: the copy is what was copied, and a workbook of the zip kind opens whole."""
    try:
        if not digest_of(backup.path).startswith(backup.digest):
            return False
        if backup.encrypted or not zipfile.is_zipfile(backup.path):
            return True  # .csv, .xls: the digest is all there is to check
        with zipfile.ZipFile(backup.path) as archive:
            return archive.testzip() is None
    except (OSError, WorkbookMissing, WorkbookBusy, zipfile.BadZipFile, zlib.error, EOFError):
        return False


def is_due(state: StateFolder, *, now: datetime, every: timedelta = timedelta(days=7)) -> bool:
    """Is it time for the regular backup, because no write has made one for so long?"""
    made = max((one.made for one in list_backups(state)), default=None)
    return made is None or now.astimezone(UTC) - made >= every


def _still_good(state: StateFolder, workbook: Path) -> Backup | None:
    """The last backup, when it is whole and of the same content."""
    last = next(iter(list_backups(state)), None)
    with opened(workbook) as file:  # says why it can't be read, where it can't
        size = os.fstat(file.fileno()).st_size
    if last is None or last.path.is_symlink() or last.size != size:
        return None
    seen = digest_of(workbook)
    return last if seen.startswith(last.digest) and digest_of(last.path) == seen else None


def _copy(workbook: Path, folder: Path, made: datetime) -> Backup:
    part = folder / f"{os.getpid()}{PART}"
    try:
        for _ in range(_TRIES):
            written = copied(workbook, part)
            if is_same(part, workbook):  # read again, both of them: the copy is whole, and nobody wrote meanwhile
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


def named_after(backup: Backup, workbook: Path) -> bool:
    """Does the copy bear this workbook's name?"""
    return backup.workbook == _short(workbook.stem)


def _short(stem: str) -> str:
    """The name without its ending, cut so that stamp and digest still fit into the 255 bytes that file systems allow."""
    return stem.encode()[:_STEM_BYTES].decode(errors="ignore")


def _read(path: Path, why: Why | None = None) -> Backup | None:
    match = _NAME.fullmatch(path.name)
    if match is None:
        return None
    try:
        made = datetime.strptime(match["made"], _STAMP).replace(tzinfo=UTC)
        size = path.stat().st_size
    except (ValueError, OSError):
        return None
    return Backup(path, match["stem"], made, match["digest"], size, why=why)


def _rotate(state: StateFolder, keep: Keep, now: datetime, *, spare: Backup) -> None:
    """Remove backups that nothing keeps. One that can't be removed stays: too many are better than a stopped run."""
    every = list_backups(state)
    stay = staying(every, keep, now) | {spare.name}
    for one in every:
        if one.name not in stay:
            with contextlib.suppress(OSError):
                one.path.unlink()
