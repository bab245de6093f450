"""The day each problem was first seen, whichever row its cell stands in now.

A problem is known by what it is and whose it is; mended and come back, it is new. Knows nothing of sentences.
"""

from __future__ import annotations

from datetime import date

import polars as pl
from sqlalchemy import Connection, delete, insert, select

from sheets_crm.base.history.schema import PROBLEMS
from sheets_crm.base.model import Base

Known = tuple[str, str, str, str, str, str]  # kind, card, field, sheet ("" where the identity is known), identity, seen

_NAMES = ("kind", "card", "field", "sheet", "identity", "seen")


def first_seen(connection: Connection, base: Base, today: date) -> tuple[date, ...]:
    """The day each of the base's problems was first seen, in their order; `today` for new ones."""
    known = _known(connection)
    return tuple(date.fromisoformat(known.get(key, today.isoformat())) for key in keys(base))


def record(connection: Connection, base: Base, today: date) -> None:
    """Keep the problems that stand now: new ones from today on; forget those that were mended."""
    known = _known(connection)
    stand = dict.fromkeys(keys(base))
    new = [dict(zip(_NAMES, key, strict=True)) | {"first_day": today.isoformat()} for key in stand if key not in known]
    kept = {key: day for key, day in known.items() if key in stand}
    if len(kept) < len(known):
        connection.execute(delete(PROBLEMS))
        new += [dict(zip(_NAMES, key, strict=True)) | {"first_day": day} for key, day in kept.items()]
    if new:
        connection.execute(insert(PROBLEMS), new)


def keys(base: Base) -> list[Known]:
    """What each problem of the base is known by."""
    owner: dict[tuple[str, str, int], str] = {}
    wanted = pl.DataFrame({"_row": sorted({problem.row for problem in base.problems})}, schema={"_row": pl.UInt32})
    for card, frame in base.frames.items():
        part = frame.select("_sheet", pl.col("_row").cast(pl.UInt32), "_id").join(wanted, on="_row", how="semi")
        owner |= {(card, sheet, row): identity for sheet, row, identity in part.rows()}
    found = []
    for problem in base.problems:
        identity = owner.get((problem.card, problem.sheet, problem.row), "")
        sheet = "" if identity else problem.sheet
        found.append((problem.kind, problem.card, problem.field, sheet, identity, problem.seen))
    return found


def _known(connection: Connection) -> dict[Known, str]:
    query = select(*(PROBLEMS.c[name] for name in _NAMES), PROBLEMS.c.first_day)
    return {(row[0], row[1], row[2], row[3], row[4], row[5]): row[6] for row in connection.execute(query)}
