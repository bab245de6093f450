"""Who has the workbook open: the files that Excel and LibreOffice put beside it, and how a system says that it is held.

Waits for nothing and removes nothing: a file that marks a workbook as open belongs to whoever opened it.
Sources: [MS-XLS] has no word on Excel's owner files; their layout is as found in those that Excel leaves. LibreOffice:
svl/source/misc/lockfilecommon.cxx (fields separated by commas, closed by a semicolon).
"""

from __future__ import annotations

import getpass
import re
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

_LONG = timedelta(hours=24)  # so long is rarely a person at work: say since when, and what to do if nobody is
_OFFICE = {"soffice.bin", "soffice", "oosplash"}  # LibreOffice's processes
_SHARING, _LOCKED, _DENIED = 32, 33, 5  # Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_ACCESS_DENIED


@dataclass(frozen=True)
class Lock:
    """A file beside the workbook that says it is open. who: '' where it names nobody. since: when it was written."""

    path: Path
    who: str
    since: datetime

    @property
    def is_long_ago(self) -> bool:
        """May it have been left behind by a program that crashed?"""
        return datetime.now(self.since.tzinfo) - self.since > _LONG


def lock_of(workbook: Path) -> Lock | None:
    """What marks the workbook as open; None when nothing does, or when whoever did it is known to be gone."""
    for name, read in ((f"~${workbook.name}", _excel), (f".~lock.{workbook.name}#", _libreoffice)):
        lock = workbook.with_name(name)
        try:
            since = datetime.fromtimestamp(lock.stat().st_mtime).astimezone()
        except OSError:
            continue
        data = b""
        with suppress(OSError):  # Windows may not let us look into it: it is there all the same
            data = lock.read_bytes()[:4096]
        who = read(data)
        if who is not None:
            return Lock(lock, who, since)
    return None


def is_held(error: OSError, *, replacing: bool = False) -> bool:
    """Did Windows refuse because another program has the file open? replacing: then it says so in yet another way."""
    code = getattr(error, "winerror", None)
    return code in {_SHARING, _LOCKED} or (replacing and code == _DENIED)


def _excel(data: bytes) -> str:
    """165 bytes: a length, 54 bytes of the name in an old encoding, two bytes of length, the name in UTF-16."""
    size = int.from_bytes(data[55:57], "little")
    name = data[57 : 57 + size * 2].decode("utf-16-le", "replace") if 0 < size <= 54 else ""
    return name.strip("\0 ")


def _libreoffice(data: bytes) -> str | None:
    """`name,login,computer,day,profile;` None when it was left behind: ours the computer and the login, and no office runs."""
    fields = [
        re.sub(r"\\(.)", r"\1", field).strip() for field in re.split(r"(?<!\\),", data.decode("utf-8", "replace"))
    ]
    login, computer = (*fields[1:3], "", "")[:2]
    if login and computer == socket.gethostname() and login == _me() and _office_runs() is False:
        return None
    return next((field for field in fields[:2] if field), "")


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""


def _office_runs() -> bool | None:
    """Does LibreOffice run on this computer? None where that can't be told."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        names = [(place / "comm").read_text("utf-8", "replace").strip() for place in _processes()]
    except OSError:
        return None
    return any(name in _OFFICE for name in names)


def _processes() -> list[Path]:
    """A folder for each process that runs now; those that end while we look are left out."""
    found = [place for place in Path("/proc").iterdir() if place.name.isdigit()]
    return [place for place in found if (place / "comm").exists()]
