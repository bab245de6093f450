"""The workbook's file on the disk: is it free, its fingerprint, and one atomic replacement.

At no instant is the file absent or half-written: everything goes to a temporary file beside it, which then takes its
place. Knows nothing of what is inside.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import xxhash

from sheets_crm.books.excel.locks import Lock, is_held, lock_of
from sheets_crm.errors import OwnerError, WorkbookBusy, WorkbookMissing, WorkbookUnreadable

_POLL_S = 0.2
_CHUNK = 1 << 20
_STALE_S = 3_600
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def fingerprint_of(data: bytes) -> str:
    """The same for the same bytes (XXH3, 128 bits: nobody works against it, and a file is looked at several times a run)."""
    return xxhash.xxh3_128_hexdigest(data)


def fingerprint(path: Path, wait_s: float = 0.0) -> str:
    """The fingerprint of a file, read in pieces."""
    digest = xxhash.xxh3_128()
    with opened(path, wait_s) as file:
        while piece := file.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def holds(path: Path, data: bytes) -> bool:
    """Does the file hold just these bytes? Surer than a fingerprint, and eight times faster."""
    at = 0
    with opened(path) as file:
        while piece := file.read(_CHUNK):
            if piece != data[at : at + len(piece)]:
                return False
            at += len(piece)
    return at == len(data)


def opened(path: Path, wait_s: float = 0.0) -> BinaryIO:
    """The file, open for reading. WorkbookMissing, WorkbookBusy, WorkbookUnreadable say why not.

    wait_s: how long to wait for another program that lets nobody read it.
    """
    if path.is_dir():
        raise WorkbookMissing("excel.folder", workbook=path.name)
    until = time.monotonic() + wait_s
    while True:
        try:
            return path.open("rb")
        except PermissionError as error:
            if not is_held(error) or time.monotonic() >= until:
                raise _not_opened(error, path) from error
            time.sleep(_POLL_S)
        except OSError as error:
            raise _not_opened(error, path) from error


def _not_opened(error: OSError, path: Path) -> OwnerError:
    if isinstance(error, FileNotFoundError):
        return WorkbookMissing("excel.missing", workbook=path.name, folder=str(path.parent))
    if is_held(error):
        return WorkbookBusy("excel.open_elsewhere", workbook=path.name, who="", lock="")
    if isinstance(error, PermissionError):
        return WorkbookBusy("excel.no_access", workbook=path.name)
    return WorkbookUnreadable("excel.not_readable", workbook=path.name)


def read(path: Path, wait_s: float = 0.0) -> bytes:
    """All bytes of the file."""
    with opened(path, wait_s) as file:
        try:
            return file.read()
        except OSError as error:
            raise WorkbookUnreadable("excel.not_readable", workbook=path.name) from error


def wait_until_free(path: Path, wait_s: float) -> None:
    """Wait while someone has the workbook open; WorkbookBusy, with who it is, when it takes too long."""
    until = time.monotonic() + wait_s
    while (lock := lock_of(path)) is not None:
        if time.monotonic() >= until:
            raise WorkbookBusy(
                _open_key(lock), workbook=path.name, who=lock.who, lock=lock.path.name, since=lock.since.date()
            )
        time.sleep(_POLL_S)


def _open_key(lock: Lock) -> str:
    if lock.is_long_ago:
        return "openbook.stop.open_long_by" if lock.who else "openbook.stop.open_long"
    return "excel.open_by" if lock.who else "excel.open_elsewhere"


def refuse_read_only(path: Path) -> None:
    """WorkbookBusy for a file that is marked read-only: replacing it would go round the mark."""
    mode = path.stat().st_mode
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(path, os.W_OK):
        raise WorkbookBusy("excel.read_only", workbook=path.name)


def replace_file(
    path: Path,
    write: Callable[[BinaryIO], None],
    check: Callable[[Path], None],
    wait_s: float,
    *,
    like: Path | None = None,
) -> None:
    """Put new content in the file's place. check: looks at the finished temporary file and raises to stop.

    Mode, owner and attributes are kept; a file that was not there yet takes those of `like`.
    Whatever goes wrong, the old file stays and the temporary one goes.
    """
    temporary: Path | None = None
    prefix = _prefix(path)
    _sweep(path.parent, prefix, _STALE_S)
    try:
        number, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(number, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        _like(temporary, path if like is None or path.exists() else like)
        check(temporary)
        _swap(temporary, path, wait_s)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def sweep_beside(path: Path) -> None:
    """Remove what killed runs left beside this workbook, however new. Only for who holds the workbook's lock."""
    target = path.resolve()
    _sweep(target.parent, _prefix(target), None)


def _prefix(path: Path) -> str:
    return f".sheets-crm-{hashlib.blake2b(path.name.encode(), digest_size=6).hexdigest()}-"


def _sweep(folder: Path, prefix: str, older_s: float | None) -> None:
    """Remove what a killed run left behind, once it is old enough to be nobody's."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if path.name.startswith(prefix) and (older_s is None or path.stat().st_mtime < time.time() - older_s):
                path.unlink()


def _like(temporary: Path, path: Path) -> None:
    """Give the new file the old one's mode, owner and attributes, but not its time."""
    old = path.stat()
    with contextlib.suppress(OSError):
        shutil.copystat(path, temporary)
    with contextlib.suppress(OSError, AttributeError):
        os.chown(temporary, old.st_uid, old.st_gid)
    with contextlib.suppress(OSError):
        temporary.chmod(stat.S_IMODE(old.st_mode))  # again: a change of owner clears some bits
    os.utime(temporary)


def _swap(temporary: Path, path: Path, wait_s: float) -> None:
    """Windows refuses while anyone, an antivirus too, has the file open: try again for a while."""
    until = time.monotonic() + max(wait_s, 2.0)
    while True:
        try:
            temporary.replace(path)
        except PermissionError as error:
            if not is_held(error, replacing=True) or time.monotonic() >= until:
                raise
            time.sleep(_POLL_S)
        else:
            return


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where folders can be synced."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _explained(error: OSError, path: Path) -> OwnerError:
    if error.errno in _FULL:
        return OwnerError("excel.disk_full", workbook=path.name, folder=str(path.parent))
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM} or is_held(error, replacing=True):
        key = "excel.open_elsewhere" if is_held(error, replacing=True) else "excel.folder_read_only"
        return WorkbookBusy(key, workbook=path.name, folder=str(path.parent), who="", lock="")
    key = "excel.not_written" if path.parent.is_dir() else "excel.folder_gone"
    return OwnerError(key, workbook=path.name, folder=str(path.parent))
