"""A column prepared for a reader: clean text, blanks and errors told apart; and the place where a reader puts what it found.

Knows nothing of field types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import polars as pl

from sheets_crm.cards.lexicon import folded, lexicon
from sheets_crm.cards.model import ISSUES_SCHEMA, Parsed
from sheets_crm.cards.text import cleaned, fold, number_texts
from sheets_crm.cells import Column, Kind

SEEN_LENGTH = 200  # characters of a cell that are quoted in a problem
LAST_SERIAL = 79_999  # of a day: the years 1900 to 2119
_UNIX = 25_569  # serial of 1970-01-01


@dataclass(frozen=True)
class Cells:
    """One column, top to bottom, as readers want it. All series have the same length.

    kind: codes of `Kind`; a cell that counts as blank is EMPTY here, an error that arrived as text is ERROR.
    text: cleaned text of TEXT cells, null elsewhere (line breaks stay). number: as in `Column`.
    """

    column: Column
    kind: pl.Series
    text: pl.Series
    number: pl.Series

    def __len__(self) -> int:
        return len(self.kind)

    @cached_property
    def kinds(self) -> frozenset[int]:
        """Which kinds of cells there are."""
        return frozenset(self.kind.unique().to_list())

    @cached_property
    def blank(self) -> pl.Series:
        """True where the cell counts as blank as typed."""
        return self.kind == Kind.EMPTY

    def of(self, *kinds: Kind) -> pl.Series:
        """True where the cell is of one of the kinds."""
        wanted = [int(kind) for kind in kinds if kind in self.kinds]
        if not wanted:
            return falses(len(self))
        return self.kind == wanted[0] if len(wanted) == 1 else self.kind.is_in(wanted)

    def numbers(self, *kinds: Kind) -> pl.Series:
        """The numbers of cells of these kinds, null elsewhere."""
        if self.kinds <= {Kind.EMPTY, Kind.TEXT, Kind.ERROR, Kind.UNCACHED, *kinds}:
            return self.number
        return without(self.number, ~self.of(*kinds))

    def seen(self, positions: pl.Series) -> pl.Series:
        """What stands in the cells at `positions`, for a person to recognise it (String)."""
        kind, number = self.column.kind.gather(positions), self.column.number.gather(positions)
        shown = cleaned(self.column.text.gather(positions)).fill_null("")
        long = shown.str.len_chars() > SEEN_LENGTH
        if long.any():
            shown = (shown.str.head(SEEN_LENGTH - 1) + "\u2026").zip_with(long, shown)
        for code, show in ((Kind.NUMBER, number_texts), (Kind.DATE, date_texts), (Kind.BOOL, tick_texts)):
            here = kind == code
            if here.any():
                shown = show(without(number, ~here)).zip_with(here, shown)
        return shown


@dataclass(frozen=True)
class Found:
    """Problems of one kind: where, and (where one is certain) the clean value."""

    kind: str
    mask: pl.Series
    suggestion: pl.Series | None = None


def prepare(column: Column) -> Cells:
    """Cells of a column; blanks and text errors told apart."""
    kind, text = column.kind, column.text
    if text.null_count() == len(text):
        return Cells(column, kind, text, column.number)
    # Compared as bytes: `UInt8` codes and a Python int would be cast on every use.
    if int(Kind.ERROR) in kind.unique():
        text = without(text, kind == Kind.ERROR)
    text = cleaned(text)
    blank = text.is_in(_blank_forms())
    if blank.any():
        kind, text = recoded(kind, blank, Kind.EMPTY), without(text, blank)
    hashes = text.str.starts_with("#")
    if hashes.any():
        errors = hashes & text.str.to_lowercase().is_in(lexicon()["error_codes"])
        kind, text = recoded(kind, errors, Kind.ERROR), without(text, errors)
    return Cells(column, kind, text, column.number)


def finish(cells: Cells, values: dict[str, pl.Series], found: Iterable[Found] = ()) -> Parsed:
    """The parsed column: values under their names, problems in the order of cells."""
    tables = [_issues(cells, one) for one in (*found, *_broken(cells)) if one.mask.any()]
    issues = pl.concat(tables).sort("position", maintain_order=True) if tables else no_issues()
    return Parsed({name: series.alias(name) for name, series in values.items()}, issues, cells.blank)


def no_issues() -> pl.DataFrame:
    """A table of problems without rows."""
    return pl.DataFrame(schema=ISSUES_SCHEMA)


def without(series: pl.Series, mask: pl.Series) -> pl.Series:
    """The series with nulls where the mask is true."""
    return pl.select(pl.when(mask).then(None).otherwise(series)).to_series()


def recoded(kinds: pl.Series, mask: pl.Series, kind: Kind) -> pl.Series:
    """The codes with another kind where the mask is true."""
    return pl.select(pl.when(mask).then(pl.lit(int(kind), dtype=pl.UInt8)).otherwise(kinds)).to_series()


def falses(length: int) -> pl.Series:
    """A mask that picks nothing."""
    return pl.Series([False], dtype=pl.Boolean).new_from_index(0, length)


def nulls(length: int, dtype: Any) -> pl.Series:
    """A series of nothing but nulls."""
    return pl.Series([None], dtype=dtype).new_from_index(0, length)


def mapped(texts: pl.Series, read: Callable[[str], Any], dtype: Any) -> pl.Series:
    """`read` applied once to every different text; null where the text is null or `read` says None."""

    def each(texts: pl.Series) -> pl.DataFrame:
        keys = texts.drop_nulls().unique()
        values = pl.Series([read(key) for key in keys], dtype=dtype)
        return pl.DataFrame({"value": texts.replace_strict(keys, values, default=None, return_dtype=dtype)})

    return on_filled(texts, each, {"value": dtype})["value"].alias("")


def table(texts: pl.Series, read: Callable[[str], Sequence[Any]], schema: dict[str, Any]) -> pl.DataFrame:
    """`read` applied once to every different text, its results side by side; a row a cell, nulls where the text is null."""

    def each(texts: pl.Series) -> pl.DataFrame:
        keys = texts.drop_nulls().unique()
        results = pl.DataFrame([read(key) for key in keys], schema=schema, orient="row").with_columns(_key=keys)
        return pl.DataFrame({"_key": texts}).join(results, on="_key", how="left", maintain_order="left").drop("_key")

    return on_filled(texts, each, schema)


def on_filled(texts: pl.Series, read: Callable[[pl.Series], pl.DataFrame], schema: dict[str, Any]) -> pl.DataFrame:
    """`read` of a series, a row a text; where most of its texts are null, they are left out of the work."""
    count = len(texts) - texts.null_count()
    if not count:
        return pl.DataFrame({name: nulls(len(texts), dtype) for name, dtype in schema.items()}, schema=schema)
    if count * 2 > len(texts):
        return read(texts)
    filled = texts.is_not_null()
    found = read(texts.filter(filled))
    place = pl.select(pl.when(filled).then(filled.cast(pl.UInt32).cum_sum() - 1)).to_series()
    return found.select(pl.all().gather(place))


def date_texts(serials: pl.Series) -> pl.Series:
    """Date cells as ISO text; the bare number where no day answers to it."""
    days = serial_days(serials)
    return days.dt.to_string("%Y-%m-%d").zip_with(days.is_not_null(), number_texts(serials))


def tick_texts(numbers: pl.Series) -> pl.Series:
    """Ticks (0, 1) as text."""
    return pl.select(pl.when(numbers != 0).then(pl.lit("TRUE")).when(numbers == 0).then(pl.lit("FALSE"))).to_series()


def serial_days(serials: pl.Series) -> pl.Series:
    """Days (Date) of serial numbers; null outside 1..79,999."""
    within = serials.is_between(1, LAST_SERIAL + 1, closed="left")
    if not within.all():
        serials = without(serials, ~within)
    return (serials.floor().cast(pl.Int32) - _UNIX).cast(pl.Date)


@cache
def _blank_forms() -> list[str]:
    forms = {form for word in folded("blank") for form in (word, word.upper(), word.title(), word.capitalize())}
    return ["", *sorted(forms | {fold(form) for form in forms})]


def _broken(cells: Cells) -> tuple[Found, ...]:
    found = []
    if Kind.ERROR in cells.kinds:
        found.append(Found("cell_error", cells.of(Kind.ERROR)))
    if Kind.UNCACHED in cells.kinds:
        found.append(Found("not_calculated", cells.of(Kind.UNCACHED)))
    return tuple(found)


def _issues(cells: Cells, found: Found) -> pl.DataFrame:
    positions = found.mask.arg_true()
    suggestion = nulls(len(positions), pl.String) if found.suggestion is None else found.suggestion.gather(positions)
    return pl.DataFrame(
        {
            "position": positions.cast(pl.UInt32),
            "kind": pl.Series([found.kind], dtype=pl.String).new_from_index(0, len(positions)),
            "seen": cells.seen(positions),
            "suggestion": suggestion,
        },
        schema=ISSUES_SCHEMA,
    )
