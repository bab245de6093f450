"""Managers under one name each, whatever the sheets call them.

Changes what the frames say, never a cell. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from sheets_crm.base.model import Base
from sheets_crm.cards import fold


def spellings(people: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Folded spelling -> name, of (name, aliases) pairs. A name wins over another one's alias; of two aliases, the first."""
    people = [(name, tuple(aliases)) for name, aliases in people]
    table: dict[str, str] = {}
    for name, aliases in people:
        for alias in aliases:
            table.setdefault(fold(alias), name)
    return table | {fold(name): name for name, _ in people}


def with_managers(base: Base, names: Mapping[str, str]) -> Base:
    """The base with every `manager` that `names` (folded spelling -> name) knows under that name; others as typed."""
    if not names:
        return base
    return replace(base, frames={card: _renamed(frame, names) for card, frame in base.frames.items()})


def _renamed(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.DataFrame:
    if "manager" not in frame.columns or frame.schema["manager"] != pl.String:
        return frame
    met = frame["manager"].unique().drop_nulls().to_list()
    known = {typed: names[fold(typed)] for typed in met if fold(typed) in names}
    return frame.with_columns(pl.col("manager").replace(known)) if known else frame
