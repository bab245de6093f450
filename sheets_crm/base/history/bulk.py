"""Many rows of one table at once: the statement is made once, and the database gets plain tuples.

SQLAlchemy's own way builds a dictionary of parameters a row, which takes longer than the database itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from sqlalchemy import Connection, Table, insert


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Insert rows that all have the same keys, the table's columns."""
    made = insert(table).compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = getattr(made, "positiontup", None)
    if not names or len(names) == 1:  # a database with named parameters
        connection.execute(insert(table), [dict(row) for row in rows])
        return
    values = itemgetter(*names)
    connection.exec_driver_sql(str(made), [values(row) for row in rows])
