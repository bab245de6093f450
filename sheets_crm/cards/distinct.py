"""A long column of few different texts (stages, cities, managers): each is given its meaning once, whatever the type.

Right because a reader looks at one cell at a time: what depends on the whole column (`reading_of`) is decided before. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from sheets_crm.cards.model import Parsed
from sheets_crm.cells import Column, Kind

_LONG = 2_000  # cells
_TIMES = 20  # how often each text stands in the column, at least, for this to be worth it
_WORDS = [int(Kind.EMPTY), int(Kind.TEXT)]


@dataclass(frozen=True)
class Distinct:
    """The different cells of a column, and for each cell of the column its position among them (UInt32)."""

    cells: Column
    places: pl.Series

    def spread(self, parsed: Parsed) -> Parsed:
        """What the different cells mean, for all cells of the column."""
        values = {name: series[self.places] for name, series in parsed.values.items()}
        return Parsed(values, self._issues(parsed.issues), parsed.blank[self.places])

    def _issues(self, issues: pl.DataFrame) -> pl.DataFrame:
        if issues.is_empty():
            return issues
        everywhere = pl.DataFrame({"place": self.places}).with_row_index("row")
        told = issues.rename({"position": "place"}).with_row_index("order")
        found = everywhere.join(told, on="place", how="inner").sort("row", "order")
        return found.select(pl.col("row").alias("position"), *issues.columns[1:])


def distinct(column: Column) -> Distinct | None:
    """The different cells of a column; None where there are many of them, or others than texts."""
    count = len(column)
    if count < _LONG or column.text.n_unique() * _TIMES > count or not column.kind.is_in(_WORDS).all():
        return None
    import numpy as np  # heavy: only where a column is read

    codes = column.text.cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1).to_numpy() + 1
    first = np.zeros(int(codes.max()) + 1, np.int64)
    first[codes[::-1]] = (
        np.arange(count)[::-1] + 1
    )  # the first cell of each text wins; 0: a code that is another column's
    known = np.flatnonzero(first)
    place = np.zeros(len(first), np.uint32)
    place[known] = np.arange(len(known))
    return Distinct(column.gather(pl.Series((first[known] - 1).astype(np.uint32))), pl.Series(place[codes]))


def once_each(column: Column, read: Callable[[Column], Parsed]) -> Parsed:
    """`read` of a column, through its different cells where they are few."""
    few = distinct(column)
    return read(column) if few is None else few.spread(read(few.cells))
