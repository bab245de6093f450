"""Tables of the state database, as the newest migration leaves them.

Says what stands there now; how it came to that is said by migrations/, and a test proves that both are one.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text

METADATA = MetaData()


def _text(name: str, *, key: bool = False, null: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=null)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=key, nullable=False, autoincrement=False)


VERSION = Table("schema_version", METADATA, _number("version", key=True))

RUNS = Table(
    "runs",
    METADATA,
    _number("run", key=True),
    *(_text(name) for name in ("started", "today", "fingerprint", "program", "who")),
)

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    _text("card", key=True),
    _number("run"),
    _text("file"),
    _number("rows"),
    _text("digest"),
)

FIELD_CHANGES = Table(
    "field_changes",
    METADATA,
    _number("run", key=True),
    _number("number", key=True),
    _number("since"),
    *(_text(name) for name in ("day", "who", "kind", "card", "identity", "sheet", "cell", "field")),
    _text("old", null=True),
    _text("new", null=True),
    _text("client"),
    Index("field_changes_of", "card", "identity"),
)

STAGE_TRANSITIONS = Table(
    "stage_transitions",
    METADATA,
    _number("run", key=True),
    _number("number", key=True),
    _text("card"),
    _text("identity"),
    _text("stage_from", null=True),
    _text("stage_to", null=True),
    _text("after", null=True),
    _text("day"),
    _text("amount", null=True),
    _number("since"),
    _text("client"),
    Index("stage_transitions_of", "card", "identity"),
)

TASKS = Table(
    "tasks",
    METADATA,
    _text("key", key=True),
    *(_text(name) for name in ("rule", "card", "subject", "client", "manager")),
    _text("due", null=True),
    _text("opened"),
    _text("closed", null=True),
    _text("closed_reason"),
    _text("status"),
    _number("run"),
    _text("client_id"),
    _text("title"),
    Index("tasks_closed", "closed"),
)

TASK_MOVES = Table(
    "task_moves",
    METADATA,
    _number("run", key=True),
    _number("number", key=True),
    _number("since"),
    *(_text(name) for name in ("day", "key", "state_from", "state_to")),
    Index("task_moves_of", "key"),
)

TASK_EVENTS = Table(
    "task_events",
    METADATA,
    _text("key", key=True),
    _text("what", key=True),
    _number("number", key=True),
    *(_text(name) for name in ("old", "new", "who", "day", "recorded")),
)

PROBLEMS = Table(
    "problems",
    METADATA,
    *(_text(name, key=True) for name in ("kind", "card", "field", "sheet", "identity", "seen")),
    _text("first_day"),
)

TASK_RESULTS = Table(
    "task_results",
    METADATA,
    *(_text(name, key=True) for name in ("month", "rule", "manager", "ended", "outcome")),
    _number("times"),
)

KEEPING = Table("keeping", METADATA, _text("name", key=True), _text("value"))
