"""The state folder `.sheets-crm/` beside crm.yaml: its lock, the stamp of the last run, its log.

Imports nothing heavy: that nothing changed since the last run must be told in milliseconds.
Everything here may be deleted at any time. Knows nothing of what a run does; the history is base/history's.
"""

from __future__ import annotations

import contextlib
import errno
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sheets_crm.disk import make_folder, private, write_whole
from sheets_crm.errors import StateError, WorkbookBusy

if TYPE_CHECKING:
    import logging

    from sheets_crm.shelf import FolderShelf

NAME = ".sheets-crm"
_STEP_S = 0.05


@dataclass(frozen=True)
class LastRun:
    """What the last finished run saw and left. All of it equal now: nothing to do.

    fingerprint: of the workbook after the run. config: digest of crm.yaml's bytes. rules: of packs and templates.
    sources: name -> fingerprint of every other file that was read. today: ISO day. counts: what the run said, for showing.
    """

    fingerprint: str
    config: str
    rules: str
    program: str
    today: str
    sources: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    finished: str = ""


def unchanged(last: LastRun | None, now: LastRun) -> bool:
    """Would a run find all as the last one left it? `counts` and `finished` of `now` are not looked at."""
    if last is None:
        return False
    ignored = {"counts", "finished"}
    return all(getattr(last, f.name) == getattr(now, f.name) for f in fields(LastRun) if f.name not in ignored)


def digest(paths: Iterable[Path]) -> str:
    """One digest over the names and bytes of files, in the order of their names; a file that is gone counts as gone."""
    whole = sha256()
    for path in sorted(paths):
        try:
            content = sha256(path.read_bytes()).hexdigest()
        except FileNotFoundError:
            content = "-"
        whole.update(f"{path.name}\0{content}\n".encode())
    return whole.hexdigest()


def cannot_write(error: OSError, folder: Path) -> StateError:
    """Why the state folder can't be written: a full disk is told as one, all else is a matter of permissions."""
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return StateError("state.disk_full" if full else "state.folder_denied", path=str(folder))


@contextlib.contextmanager
def after_write(workbook: str, *, wrote: bool) -> Iterator[None]:
    """The workbook is written, and its history is being kept: what goes wrong here must not be told as "nothing was written"."""
    try:
        yield
    except StateError as error:
        if not wrote or "path" not in error.values:
            raise
        raise StateError("state.not_kept", workbook=workbook, path=error.values["path"]) from error


class StateFolder:
    """The state folder of one workbook. Made where it is not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.backups = path / "backups"
        self.logs = path / "logs"
        self._stamp = path / "last-run.json"

    @classmethod
    def beside(cls, config: Path, workbook: str = "") -> StateFolder:
        """The folder beside a configuration, made private (0700). StateError when that isn't allowed.

        Two configurations in one directory must not share a state: the folder belongs to the one that came first, by its
        name or by its workbook (a renamed file of either keeps its state); another gets a folder of its own inside.
        """
        folder = cls(config.parent / NAME)
        folder.make()
        if not folder.claimed(config.name, workbook):
            folder = cls(folder.path / f"for-{config.stem}")
            folder.make()
            folder.claimed(config.name, workbook)
        return folder

    @classmethod
    def existing(cls, config: Path, workbook: str = "") -> StateFolder | None:
        """The folder that `beside` would give, where it is there already; None otherwise. Makes and claims nothing."""
        folder = cls(config.parent / NAME)
        known = _read_json(folder.path / "belongs.json")
        if not known:
            return None
        if known.get("config") == config.name or (bool(workbook) and known.get("workbook") == workbook):
            return folder
        other = cls(folder.path / f"for-{config.stem}")
        return other if other.path.is_dir() else None

    def make(self) -> None:
        """Make the folder, with a `.gitignore` that keeps it out of repositories. StateError: not allowed."""
        try:
            make_folder(self.path)
            ignore = self.path / ".gitignore"
            if not ignore.exists():
                write_whole(ignore, b"*\n")
        except OSError as error:
            raise cannot_write(error, self.path) from error

    def claimed(self, config: str, workbook: str) -> bool:
        """Does the folder belong to this configuration (or to nobody yet: then it does from now on)?"""
        owner = self.path / "belongs.json"
        now = {"config": config, "workbook": workbook}
        known = _read_json(owner)
        same = not known or known.get("config") == config or (bool(workbook) and known.get("workbook") == workbook)
        if same and known != now:
            try:
                write_whole(owner, json.dumps(now, ensure_ascii=False).encode())
            except OSError as error:
                raise cannot_write(error, self.path) from error
        return same

    def shelf(self, *, writes: bool = True) -> FolderShelf:
        """Where runs put aside work for the next one. writes: only for who holds the lock."""
        from sheets_crm.shelf import FolderShelf

        return FolderShelf(self.path / "shelf", writes=writes)

    # --- the stamp of the last run ----------------------------------------------------------------------------------

    def last_run(self) -> LastRun | None:
        """The stamp of the last finished run; None when there is none or it can't be read (then all is done anew)."""
        known = _read_json(self._stamp)
        try:
            return LastRun(**known) if known else None
        except TypeError:  # a stamp of another version of the program
            return None

    def stamp(self, run: LastRun, *, now: datetime) -> None:
        """Remember a finished run. Call it last: a run that died before has left no stamp, and is done again."""
        record = asdict(run) | {"finished": now.astimezone(UTC).isoformat(timespec="seconds")}
        try:
            write_whole(self._stamp, json.dumps(record, ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise cannot_write(error, self.path) from error

    def forget(self) -> None:
        """Remove the stamp: the next run looks at everything."""
        with contextlib.suppress(OSError):
            self._stamp.unlink(missing_ok=True)

    # --- one run at a time ------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self, *, wait_s: float = 0.0, name: str = "lock") -> Iterator[None]:
        """Hold the workbook's lock: one run at a time, over all processes of this machine. name: of another lock here.

        The system lets go of it when a process dies, so a crash leaves nothing behind. WorkbookBusy when another run still
        holds it after `wait_s` seconds. Not reentrant.
        """
        handle = self._take(self.path / name, time.monotonic() + wait_s)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                _release(handle)
            handle.close()

    def _take(self, lock: Path, until: float) -> IO[bytes]:
        try:
            handle = open(lock, "ab", opener=private)  # noqa: SIM115 - it is held, not read
        except OSError as error:
            raise cannot_write(error, self.path) from error
        try:
            while not (held := _acquire(handle)) and time.monotonic() < until:
                time.sleep(_STEP_S)
        except OSError as error:  # some network folders have no locks
            handle.close()
            raise StateError("state.no_locks", path=str(self.path)) from error
        except BaseException:
            handle.close()
            raise
        if not held:
            handle.close()
            raise WorkbookBusy("state.another_run", path=str(self.path))
        return handle

    # --- the log ----------------------------------------------------------------------------------------------------

    def log(self, name: str = "sheets_crm", *, file: str = "sheets-crm.log") -> logging.Logger:
        """The program's log in `logs/`, rotated, private, scrubbed of personal data. Calling it twice adds nothing."""
        from sheets_crm.sync.logfile import open_log

        return open_log(self.logs, name, file)


def _read_json(path: Path) -> dict[str, Any]:
    """What stands there; {} when it is not there or not readable."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


if sys.platform == "win32":
    import msvcrt

    def _acquire(handle: IO[bytes]) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _acquire(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _release(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def stamp_of(
    *,
    fingerprint: str,
    config: Path,
    rules: Iterable[Path],
    program: str,
    today: date,
    sources: Mapping[str, str] | None = None,
) -> LastRun:
    """What to compare with the last run, or to remember after this one."""
    return LastRun(fingerprint, digest([config]), digest(rules), program, today.isoformat(), dict(sources or {}))
