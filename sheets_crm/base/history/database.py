"""One SQLite file opened so that a crash, a network folder or a second reader can do it no harm.

No WAL: its shared memory does not work on network folders, and folder-syncing programs part the files. One writer
(sync/state's lock) with a rollback journal and synchronous=FULL. A damaged file is moved aside and begun anew.
Knows nothing of what the tables mean.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sheets_crm.base.history.migrations import migrate, newest, version
from sheets_crm.errors import StateError

T = TypeVar("T")

_WAIT_S = 5
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_TORN = ("no such table", "no such column", "has no column")  # a file of the right version without its tables


class TakenBack(Exception):
    """Ends a transaction of which nothing is to be kept."""


class Database:
    """The state database at `path`. `moved` names the damaged file that was put aside, None when there was none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.moved: Path | None = None
        self._engine: Engine | None = None

    def run(self, work: Callable[[Connection], T]) -> T:
        """`work` in one transaction: all of it is kept, or nothing.

        On a damaged file it is begun anew and `work` runs once more. StateError: busy, full, not allowed, too new.
        """
        try:
            return self._once(work)
        except (DBAPIError, sqlite3.Error) as error:
            if not is_damage(error):
                raise told(error, self.path) from error
        self._put_aside()
        try:
            return self._once(work)
        except (DBAPIError, sqlite3.Error) as error:
            raise told(error, self.path) from error

    def trial(self, work: Callable[[Connection], T]) -> T:
        """`work` in a transaction that is taken back: what it says is known, what it did is not kept."""
        found: list[T] = []

        def tried(connection: Connection) -> None:
            found.append(work(connection))
            raise TakenBack

        with contextlib.suppress(TakenBack):
            self.run(tried)
        return found[-1]

    def close(self) -> None:
        """Let the file go."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _once(self, work: Callable[[Connection], T]) -> T:
        if self._engine is None or not self.path.exists():
            self.close()
            self._open()
        assert self._engine is not None
        with self._engine.begin() as connection:
            return work(connection)

    def _open(self) -> None:
        try:
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StateError("state.folder_denied", path=str(self.path)) from error
        engine = create_engine(f"sqlite:///{self.path}", connect_args={"timeout": _WAIT_S}, poolclass=NullPool)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        with engine.begin() as connection:
            stands = version(connection)
            if stands > newest():
                raise StateError("state.newer", path=str(self.path))
            if 0 < stands < newest():
                self._keep_copy(stands)
            if stands < newest():
                migrate(connection)
        self._engine = engine

    def _keep_copy(self, stands: int) -> None:
        """The file as it was before a migration, beside it: migrations go one way."""
        copy = self.path.with_name(f"{self.path.name}.v{stands}")
        with contextlib.suppress(OSError):
            shutil.copyfile(self.path, copy)
            copy.chmod(0o600)

    def _put_aside(self) -> None:
        self.close()
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")).exists():
            number += 1
        try:
            self.path.replace(aside)
            journal = self.path.with_name(self.path.name + "-journal")
            journal.unlink(missing_ok=True)  # it belongs to the damaged file and must not be played into the new one
        except OSError as error:
            raise StateError("state.folder_denied", path=str(self.path)) from error
        self.moved = aside


def told(error: Exception, path: Path) -> Exception:
    """What the owner can do something about as StateError; all else as it is."""
    code = code_of(error)
    if code in _BUSY:
        return StateError("state.database_busy", path=str(path))
    if code == sqlite3.SQLITE_FULL:
        return StateError("state.disk_full", path=str(path.parent))
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM}:
        return StateError("state.folder_denied", path=str(path))
    return error


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours, so that tables are made inside a transaction too
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def code_of(error: Exception) -> int:
    """SQLite's own number of what went wrong; 0 where it is not SQLite's."""
    return int(getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) or 0) & 0xFF


def is_damage(error: Exception) -> bool:
    """Is the file itself broken, and not only out of reach?"""
    torn = any(sign in str(getattr(error, "orig", error)) for sign in _TORN)
    return code_of(error) in _DAMAGE or torn
