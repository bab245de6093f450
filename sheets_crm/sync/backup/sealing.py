"""One copy written to its place, encrypted or plain, and read back before it counts; and an encrypted one opened.

Bounded memory: a file of any size goes through in pieces. Knows nothing of names and folders of copies.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from sheets_crm.disk import make_folder, open_private
from sheets_crm.errors import NotFound, StateError
from sheets_crm.sync.backup import age
from sheets_crm.sync.backup.copying import CHUNK, told
from sheets_crm.sync.backup.model import Backup
from sheets_crm.sync.secrets import secret
from sheets_crm.sync.state import StateFolder

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_OPENED = "opened-"
_STALE_S = 3_600


@dataclass(frozen=True)
class Sealed:
    """SHA-256 of what was copied, and of the file that holds it now; the same where nothing is encrypted."""

    content: str
    file: str


class _Seen:
    """A file that remembers the digest of all that went through it."""

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._file, self._digest = file, sha256()

    def read(self, size: int) -> bytes:
        assert self._file is not None
        data = self._file.read(size)
        self._digest.update(data)
        return data

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self._file.write(data) if self._file else len(data)

    def readline(self, size: int) -> bytes:
        assert self._file is not None
        data = self._file.readline(size)
        self._digest.update(data)
        return data

    @property
    def hex(self) -> str:
        return self._digest.hexdigest()


def seal(source: Path, target: Path, passphrase: str | None) -> Sealed:
    """Write `source` to the new file `target`, down to the disk, and read it back: OSError when it is not the same then."""
    with source.open("rb") as read, open_private(target) as out:
        content, file = _Seen(read), _Seen(out)
        if passphrase is None:
            _pump(content, file)
        else:
            age.encrypt(content, file, passphrase)
        _flush(out)
    if _read_back(target, passphrase) != Sealed(content.hex, file.hex):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(target))
    return Sealed(content.hex, file.hex)


@contextlib.contextmanager
def plain_copy(backup: Backup, state: StateFolder, secret_name: str) -> Iterator[Backup]:
    """The copy itself; an encrypted one as a plain file, private and gone afterwards.

    StateError: no passphrase, not this one, or the copy is damaged.
    """
    if not backup.encrypted:
        yield backup
        return
    passphrase = secret(state, secret_name)
    names = {"path": str(backup.path), "secret": secret_name}
    if not passphrase:
        raise StateError("backup.errors.no_secret", **names)
    with _room(state) as room:
        opened = room / backup.name.removesuffix(age.ENDING)
        try:
            digest = _opened(backup.path, opened, passphrase)
        except FileNotFoundError as error:
            raise NotFound("state.backup_unknown", seen=backup.name, path=str(backup.path.parent)) from error
        except OSError as error:
            raise told(error, state.path) from error
        except age.WrongPassphrase as error:
            raise StateError("backup.errors.wrong_secret", **names) from error
        except age.Broken as error:
            raise StateError("state.backup_damaged", path=str(backup.path)) from error
        yield replace(backup, path=opened, digest=digest, encrypted=False)


def _opened(source: Path, target: Path, passphrase: str) -> str:
    """Decrypt; the digest of the content."""
    with source.open("rb") as read, open_private(target) as out:
        seen = _Seen(out)
        age.decrypt(read, seen, passphrase)
    return seen.hex


def _read_back(path: Path, passphrase: str | None) -> Sealed | None:
    """What the file holds, as one reads it who comes for it; None when it can't be opened."""
    with path.open("rb") as read:
        file, content = _Seen(read), _Seen()
        if passphrase is None:
            _pump(file, content)
            return Sealed(content.hex, file.hex)
        try:
            age.decrypt(file, content, passphrase)
        except (age.Broken, age.WrongPassphrase):
            return None
    return Sealed(content.hex, file.hex)


def _pump(source: _Seen, target: _Seen) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)


def _flush(out: BinaryIO) -> None:
    """Down to the disk, as far as the disk allows: some network and cloud folders know no such wish."""
    out.flush()
    try:
        os.fsync(out.fileno())
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


@contextlib.contextmanager
def _room(state: StateFolder) -> Iterator[Path]:
    """A private folder for opened copies, gone afterwards; one that a crash left is removed at the next time."""
    try:
        make_folder(state.path)
        for stale in state.path.glob(f"{_OPENED}*"):
            if stale.stat().st_mtime < time.time() - _STALE_S:
                shutil.rmtree(stale, ignore_errors=True)
        room = Path(tempfile.mkdtemp(prefix=_OPENED, dir=state.path))
    except OSError as error:
        raise StateError("state.folder_denied", path=str(state.path)) from error
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
