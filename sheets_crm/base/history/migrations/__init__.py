"""Numbered steps of the state database, one way: `0001_first.sql`, `0002_...`. A released step is never edited.

Plain SQL that SQLite and PostgreSQL both read. Knows nothing of what the tables mean.
"""

from __future__ import annotations

import re
from importlib import resources

from sqlalchemy import Connection, inspect, text

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


def steps() -> dict[int, str]:
    """Number of each migration and its SQL, in order."""
    found = {}
    for entry in resources.files(__name__).iterdir():
        if match := _NAME.fullmatch(entry.name):
            found[int(match[1])] = entry.read_text("utf-8")
    return dict(sorted(found.items()))


def newest() -> int:
    """The version that this program knows."""
    return max(steps())


def version(connection: Connection) -> int:
    """The database's version; 0 for an empty one."""
    if not inspect(connection).has_table("schema_version"):
        return 0
    return int(connection.execute(text("SELECT MAX(version) FROM schema_version")).scalar() or 0)


def migrate(connection: Connection, *, until: int | None = None) -> None:
    """Run the missing steps up to `until` (the newest). The caller's transaction makes it all or nothing."""
    stands = version(connection)
    if not stands and not inspect(connection).has_table("schema_version"):
        connection.execute(text("CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY)"))
    for number, script in steps().items():
        if stands < number <= (until or newest()):
            for statement in _statements(script):
                connection.execute(text(statement))
            connection.execute(text("INSERT INTO schema_version (version) VALUES (:version)"), {"version": number})


def _statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if not line.lstrip().startswith("--")]
    return [statement for part in "\n".join(lines).split(";") if (statement := part.strip())]
