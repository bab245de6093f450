"""The tasks tab as it stood when our tabs were taken out: kept in the state folder, read in its place by the next sync.

Tasks typed by hand and columns that people added stand nowhere else. Knows nothing of how tabs are taken out.
"""

from __future__ import annotations

import json
from contextlib import suppress

from sheets_crm.books.model import Grid
from sheets_crm.disk import write_whole
from sheets_crm.errors import OwnerError
from sheets_crm.sync.state import StateFolder, cannot_write

FILE = "tasks-kept.json"


def keep(state: StateFolder, grid: Grid) -> None:
    """Keep a tasks tab. StateError: it can't be written."""
    columns = [
        {"kind": one.kind.to_list(), "text": one.text.to_list(), "number": one.number.to_list()} for one in grid.columns
    ]
    record = {"version": 1, "height": grid.height, "columns": columns}
    try:
        write_whole(state.path / FILE, json.dumps(record, ensure_ascii=False).encode())
    except OSError as error:
        raise cannot_write(error, state.path) from error


def kept(state: StateFolder | None) -> Grid | None:
    """The tab that was kept; None when there is none, or it can't be read (then history knows the marks)."""
    if state is None or not (state.path / FILE).exists():
        return None
    import polars as pl

    from sheets_crm.cells import Column

    with suppress(OSError, ValueError, KeyError, TypeError, OwnerError):
        record = json.loads((state.path / FILE).read_text("utf-8"))
        columns = tuple(
            Column(
                pl.Series(one["kind"], dtype=pl.UInt8),
                pl.Series(one["text"], dtype=pl.String),
                pl.Series(one["number"], dtype=pl.Float64),
            )
            for one in record["columns"]
        )
        if all(len(one) == record["height"] for one in columns):
            return Grid("", columns, record["height"])
    return None


def forget(state: StateFolder) -> None:
    """The tab stands again."""
    with suppress(OSError):
        (state.path / FILE).unlink(missing_ok=True)
