"""The state database looked at without writing: not a byte, not a time stamp, also in a folder that may not be written.

A file of an older program, a half-finished write and whatever has to be tried out are looked at in memory, in a copy.
A file that is not there, or is damaged, reads as an empty history. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from sheets_crm.base.history.database import TakenBack, code_of, is_damage, told
from sheets_crm.base.history.migrations import migrate, newest, version
from sheets_crm.errors import StateError

T = TypeVar("T")

_WAIT_S = 5


class Glance:
    """The state database at `path`, for looking things up. `damaged`: it can't be read and counts as empty."""

    moved: Path | None = None  # nothing is ever put aside from here

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged = False
        self._engine: Engine | None = None
        self._in_memory = False

    def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds. StateError: busy, not allowed, or of a newer program."""
        try:
            return self._once(work)
        except (DBAPIError, sqlite3.Error) as error:
            if not is_damage(error):
                raise told(error, self.path) from error
        self.damaged = True
        self._become(sqlite3.connect(":memory:"), in_memory=True)
        return self._once(work)

    def trial(self, work: Callable[[Connection], T]) -> T:
        """What `work` says after it wrote: into a copy in memory, and not even there for good."""
        self.run(lambda _: None)
        if not self._in_memory:
            self._become(_copied(self.path), in_memory=True)

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
        if self._engine is None:
            self._open()
        assert self._engine is not None
        with self._engine.begin() as connection:
            return work(connection)

    def _open(self) -> None:
        if not self.path.exists():
            self._become(sqlite3.connect(":memory:"), in_memory=True)
            return
        try:
            self._become(_connected(self.path), in_memory=False)
            stands = self._version()
        except (DBAPIError, sqlite3.Error) as error:
            if (
                code_of(error) not in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
                or not _journal(self.path).exists()
            ):
                raise
            self._become(_rolled_back(self.path), in_memory=True)  # a run died while writing; the next one mends it
            return
        if stands > newest():
            raise StateError("state.newer", path=str(self.path))
        if stands < newest():
            self._become(_copied(self.path), in_memory=True)

    def _version(self) -> int:
        assert self._engine is not None
        with self._engine.begin() as connection:
            return version(connection)

    def _become(self, connection: sqlite3.Connection, *, in_memory: bool) -> None:
        """Look at this from now on; what is in memory is brought up to the newest version."""
        self.close()
        connection.isolation_level = None
        engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        event.listen(engine, "begin", _begin)
        if in_memory:
            with engine.begin() as opened:
                migrate(opened)
        self._engine, self._in_memory = engine, in_memory


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)


def _copied(path: Path) -> sqlite3.Connection:
    """A copy of the file in memory."""
    copy = sqlite3.connect(":memory:")
    with contextlib.closing(_connected(path)) as connection:
        connection.backup(copy)
    return copy


def _rolled_back(path: Path) -> sqlite3.Connection:
    """A copy as the file will be when the write that was cut off is taken back."""
    with tempfile.TemporaryDirectory(prefix="sheets-crm-") as folder:  # made for its owner alone
        beside = Path(folder) / path.name
        shutil.copyfile(path, beside)
        shutil.copyfile(_journal(path), _journal(beside))
        copy = sqlite3.connect(":memory:")
        with contextlib.closing(sqlite3.connect(beside)) as connection:
            connection.backup(copy)
    return copy


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN")
