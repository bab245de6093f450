"""Copying a file so that the copy counts: byte by byte, private, down to the disk, its digest known.

Knows nothing of workbooks' insides, of names of copies or of folders to keep them in.
"""

from __future__ import annotations

import errno
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sheets_crm.disk import flush, open_private
from sheets_crm.errors import OwnerError, StateError, WorkbookBusy, WorkbookMissing

CHUNK = 1 << 20
FULL = {errno.ENOSPC, errno.EDQUOT}


def copied(source: Path, target: Path) -> str:
    """Copy byte by byte, down to the disk; the SHA-256 of what was read, in hexadecimal."""
    seen = sha256()
    with opened(source) as read, open_private(target) as out:
        while chunk := read.read(CHUNK):
            seen.update(chunk)
            out.write(chunk)
        flush(out)
    return seen.hexdigest()


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces."""
    seen = sha256()
    with opened(path) as read:
        while chunk := read.read(CHUNK):
            seen.update(chunk)
    return seen.hexdigest()


def is_same(one: Path, other: Path) -> bool:
    """Do two files hold the same bytes? Surer than digests, and quicker."""
    with opened(one) as left, opened(other) as right:
        while True:
            piece = left.read(CHUNK)
            if piece != right.read(CHUNK):
                return False
            if not piece:
                return True


def opened(path: Path) -> BinaryIO:
    """The file, open for reading. WorkbookMissing: not there, or a folder. WorkbookBusy: held by someone else."""
    try:
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise WorkbookMissing("state.workbook_missing", path=str(path)) from error
    except PermissionError as error:
        if path.is_dir():  # what Windows says of a directory
            raise WorkbookMissing("state.workbook_missing", path=str(path)) from error
        raise WorkbookBusy("state.workbook_locked", path=str(path)) from error


def told(error: OSError, folder: Path, *, writing: Path | None = None) -> OwnerError:
    """What an owner can do about it. writing: the workbook, where it is that which could not be replaced."""
    if error.errno in FULL:
        return StateError("state.disk_full", path=str(folder))
    if writing is not None:
        return WorkbookBusy("state.workbook_readonly", path=str(writing))
    return StateError("state.folder_denied", path=str(folder))
