"""Files of our own written whole: private, flushed, replaced in one step.

Knows nothing of workbooks, states or formats; imports nothing heavy, so that an unchanged run stays cheap.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import BinaryIO

PART = ".part"  # the ending of a file that is not finished; a crash may leave one behind


def make_folder(path: Path) -> None:
    """The folder and its parents; the folder itself is for its owner alone (0700). OSError as the system says it."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if sys.platform != "win32" and path.stat().st_mode & 0o077:
        with contextlib.suppress(PermissionError):  # someone else's folder, given to us on purpose
            path.chmod(0o700)


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` in `path` (0600) so that after a crash at any moment there stands the old file or the new one."""
    part = path.with_name(f"{path.name}.{os.getpid()}{PART}")
    try:
        with open_private(part) as out:
            out.write(data)
            flush(out)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


def open_private(path: Path) -> BinaryIO:
    """A new file that only its owner may read, open for writing."""
    return open(path, "wb", opener=private)  # Path.open has no opener


def private(path: str, flags: int) -> int:
    """An opener for `open`: a file made by it is for its owner alone (0600)."""
    return os.open(path, flags, 0o600)


def flush(out: BinaryIO) -> None:
    """Down to the disk, not only to the system's memory."""
    out.flush()
    os.fsync(out.fileno())


def flush_folder(folder: Path) -> None:
    """The folder's own record of names down to the disk, where the system lets a program do that."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):  # some network folders refuse; the file itself is down already
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> None:
    """Remove unfinished files of a crashed run. Only for who holds the folder's lock."""
    with contextlib.suppress(OSError):
        for leftover in folder.glob(f"*{PART}"):
            with contextlib.suppress(OSError):
                leftover.unlink()
