"""Is the file whole, or is somebody saving or syncing it at this moment? Waited for, never taken for an empty workbook.

Looks at sizes, the two ends of the file and its neighbours in the folder; reads no part of it.
A file that stays as it is for a moment, without a sign that anyone is at it, is left to its reader to judge.
Sources: PKWARE APPNOTE 6.3 (a zip's end); Windows file attributes (cloud files), sys/stat.h of macOS (SF_DATALESS).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from sheets_crm.books.excel.locks import is_held, lock_of
from sheets_crm.errors import WorkbookBusy

_MOMENT_S = 1.5  # how long a file may be out of order before we look for who is at it
_POLL_S = 0.2
_TAIL = 66_000  # the end record of a zip, with the longest comment
_BEGIN = b"PK\3\4"
_END = b"PK\5\6"
_RECENT_S = 600
_NOT_HERE = 0x1000 | 0x4_0000 | 0x40_0000  # OFFLINE, RECALL_ON_OPEN, RECALL_ON_DATA_ACCESS
_DATALESS = 0x4000_0000
# What programs put beside a file while they write it: Excel, LibreOffice, rsync, Syncthing, browsers and sync clients.
_UNFINISHED = re.compile(r"(?i)[0-9a-f]{8}(\.tmp)?|lu\w+\.tmp|.*\.(tmp|part|partial|crdownload|!sync|filepart)")


@dataclass(frozen=True)
class _Look:
    """One look at the file. fault: 'missing', 'empty', 'cut' or 'held'; '' when nothing is wrong."""

    fault: str
    size: int = -1
    changed: int = -1


def wait_until_whole(path: Path, wait_s: float) -> None:
    """Wait while the file is missing, empty or cut short because someone is writing it.

    A moment always passes (never more than `wait_s`); up to `wait_s` while there are signs that somebody is at it.
    WorkbookBusy when they still are; silence in all other cases.
    """
    begin = time.monotonic()
    first = look = _look(path)
    while look.fault:
        at_it = look.fault == "held" or look != first or _somebody_writes(path)
        is_open = lock_of(path) is not None
        if time.monotonic() - begin >= (wait_s if at_it or is_open else min(wait_s, _MOMENT_S)):
            if at_it or (is_open and look.fault != "missing"):
                raise WorkbookBusy(_sentence(path, look), workbook=path.name)
            return
        time.sleep(_POLL_S)
        look = _look(path)


def _look(path: Path) -> _Look:
    try:
        found = path.stat()
        if not path.is_file():
            return _Look("")
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(max(found.st_size - _TAIL, 0))
            tail = file.read(_TAIL)
    except (FileNotFoundError, NotADirectoryError):
        return _Look("missing")
    except OSError as error:
        return _Look("held" if is_held(error) or is_elsewhere(path) else "")
    return _Look(_fault(head, tail, found.st_size), found.st_size, found.st_mtime_ns)


def _fault(head: bytes, tail: bytes, size: int) -> str:
    """What is wrong with a file of that size, by its first and its last bytes."""
    if not head.strip(b"\0"):
        return "empty"  # nothing yet, or room made for what is still to come
    if not head.startswith(_BEGIN) and not _BEGIN.startswith(head):
        return ""
    at = tail.rfind(_END)
    while at >= 0:
        if _ends_at(tail, at, size):
            return ""
        at = tail.rfind(_END, 0, at)  # the same letters may stand in a comment
    return "cut"


def _ends_at(tail: bytes, at: int, size: int) -> bool:
    """Does the end record of a whole zip stand here: all of it, behind the directory that it tells of?"""
    if at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") > len(tail):
        return False
    directory, begin = (int.from_bytes(tail[at + i : at + i + 4], "little") for i in (12, 16))
    return 0xFFFF_FFFF in {directory, begin} or begin + directory <= size - len(tail) + at


def _somebody_writes(path: Path) -> bool:
    """Is the file still to come from the cloud, or does one that is not finished lie beside it?"""
    if is_elsewhere(path):
        return True
    try:
        names = [each for each in path.parent.iterdir() if _UNFINISHED.fullmatch(each.name)]
        return any(time.time() - each.stat().st_mtime < _RECENT_S for each in names if _belongs(each.name, path))
    except OSError:
        return False


def _belongs(name: str, path: Path) -> bool:
    """A temporary name that speaks of this file, or of none at all; never one of ours."""
    if name.startswith(".sheets-crm"):
        return False
    return path.stem.casefold() in name.casefold() or bool(re.fullmatch(r"(?i)[0-9a-f]{8}(\.tmp)?|lu\w+\.tmp", name))


def is_elsewhere(path: Path) -> bool:
    """Is only a placeholder here, and the content in the cloud?"""
    if path.with_name(f".{path.name}.icloud").exists():
        return True
    try:
        found = path.stat()
    except OSError:
        return False
    flags = getattr(found, "st_flags", 0) & _DATALESS
    return bool(getattr(found, "st_file_attributes", 0) & _NOT_HERE or flags)


def _sentence(path: Path, look: _Look) -> str:
    if is_elsewhere(path):
        return "openbook.stop.in_the_cloud"
    return "excel.open_elsewhere" if look.fault == "held" else "openbook.stop.being_saved"
