"""What the values of a column look like: shares of phones, dates, sums ..., as a small dict that goes into the state.

A sample of the column is read (a few hundred cells, evenly spaced), so 100,000 rows cost no more than a thousand.
No value is kept, only shares and a sketch of hashes; does not say which field the column is (guess_score).
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Mapping
from typing import TypedDict

import numpy as np
import polars as pl

from sheets_crm.base.guess_words import clean
from sheets_crm.base.profile_values import number_traits, text_traits
from sheets_crm.cells import Column, Kind

_SAMPLE = 240
_SKETCHED = 4000
_SKETCH = 24


class Profile(TypedDict):
    """JSON-able. Shares are 0..1 of the filled cells that were looked at; `filled` and `distinct` of all cells."""

    rows: int
    filled: float
    distinct: float  # distinct values / filled cells
    values: int  # distinct values
    traits: dict[str, float]
    length: float  # letters of a text, on average
    words: float
    low: float | None  # numbers and dates (serial)
    middle: float | None
    high: float | None
    sketch: list[int]  # smallest hashes of distinct values: columns with equal values have equal sketches


def profile(column: Column) -> Profile:
    """What the values of a column (data rows only) look like."""
    kinds = column.kind.to_numpy()
    places = np.flatnonzero(_filled(column, kinds))
    texts, numbers = _sample(column, places)
    size = len(texts) + len(numbers)
    distinct = _distinct(column, places)
    traits = _traits(texts, numbers, kinds[places])
    lengths = [len(text) for text in texts]
    order = sorted(value for _, value in numbers)
    return Profile(
        rows=len(kinds),
        filled=_round(places.size / max(len(kinds), 1)),
        distinct=_round(distinct / max(places.size, 1)),
        values=distinct,
        traits={name: _round(share) for name, share in sorted(traits.items()) if share > 0},
        length=_round(sum(lengths) / max(len(lengths), 1)),
        words=_round(sum(len(text.split()) for text in texts) / max(len(texts), 1)),
        low=order[len(order) // 20] if order else None,
        middle=order[len(order) // 2] if order else None,
        high=order[-1 - len(order) // 20] if order else None,
        sketch=_sketch(column, places) if size else [],
    )


def likeness(one: Mapping[str, object], other: Mapping[str, object]) -> float:
    """How alike two profiles are, 0..1: their traits, how many values are distinct, and the values themselves."""
    first, second = _trait_vector(one), _trait_vector(other)
    names = set(first) | set(second)
    norm = math.sqrt(sum(v * v for v in first.values()) * sum(v * v for v in second.values()))
    angle = sum(first.get(name, 0.0) * second.get(name, 0.0) for name in names) / norm if norm else 0.0
    spread = 1.0 - abs(_number(one, "distinct") - _number(other, "distinct"))
    length = _ratio(_number(one, "length"), _number(other, "length"))
    shape = 0.6 * angle + 0.2 * spread + 0.2 * length
    left, right = _hashes(one), _hashes(other)
    if not left or not right:
        return 0.6 * shape
    shared = len(left & right) / min(len(left), len(right))
    return min(1.0, 0.55 * shape + 0.45 * min(1.0, shared / 0.6))


def _trait_vector(found: Mapping[str, object]) -> dict[str, float]:
    traits = found.get("traits")
    return {str(name): float(share) for name, share in traits.items()} if isinstance(traits, Mapping) else {}


def _number(found: Mapping[str, object], name: str) -> float:
    value = found.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _hashes(found: Mapping[str, object]) -> set[int]:
    sketch = found.get("sketch")
    return {int(value) for value in sketch} if isinstance(sketch, (list, tuple)) else set()


def _ratio(one: float, other: float) -> float:
    return 1.0 if one == other else min(one, other) / max(one, other)


def _round(value: float) -> float:
    return round(float(value), 4)


def _filled(
    column: Column, kinds: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Cells that hold a value: not empty, not a dash, not a formula that was never calculated."""
    filled = (kinds != Kind.EMPTY) & (kinds != Kind.UNCACHED)
    if (kinds == Kind.TEXT).any():
        short = (column.text.str.len_bytes() <= 4).fill_null(value=False)
        blank = short & column.text.str.strip_chars().is_in(["", "-", "–", "—", "n/a"]).fill_null(value=False)
        filled &= ~blank.to_numpy()
    return np.asarray(filled, dtype=bool)


def _sample(
    column: Column, places: np.ndarray[tuple[int, ...], np.dtype[np.intp]]
) -> tuple[list[str], list[tuple[int, float]]]:
    """Texts, and numbers with their kinds, of an evenly spaced sample."""
    if places.size > _SAMPLE:
        places = places[np.linspace(0, places.size - 1, _SAMPLE).astype(np.intp)]
    cells = column.gather(pl.Series(places, dtype=pl.UInt32))
    kinds, texts, numbers = cells.kind.to_list(), cells.text.to_list(), cells.number.to_list()
    words = [" ".join(text.split()) for kind, text in zip(kinds, texts, strict=True) if kind == Kind.TEXT]
    values = [
        (kind, float(number))
        for kind, number in zip(kinds, numbers, strict=True)
        if number is not None and kind in (Kind.NUMBER, Kind.DATE, Kind.BOOL)
    ]
    return words, values


def _traits(
    texts: list[str], numbers: list[tuple[int, float]], kinds: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]
) -> dict[str, float]:
    """Shares of everything that the sample's values are."""
    counts: Counter[str] = Counter()
    for text, times in Counter(texts).items():
        for trait in text_traits(text):
            counts[trait] += times
    for (kind, value), times in Counter(numbers).items():
        for trait in number_traits(kind, value):
            counts[trait] += times
    size = max(len(texts) + len(numbers), 1)
    traits = {name: count / size for name, count in counts.items()}
    if kinds.size:
        for kind, name in ((Kind.TEXT, "text"), (Kind.ERROR, "error"), (Kind.BOOL, "bool"), (Kind.DATE, "true_date")):
            traits[name] = float((kinds == kind).sum()) / kinds.size
    return traits


def _distinct(column: Column, places: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> int:
    if not places.size:
        return 0
    cells = column.gather(pl.Series(places, dtype=pl.UInt32))
    return int(cells.text.drop_nulls().n_unique() + cells.number.drop_nulls().n_unique())


def _sketch(column: Column, places: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> list[int]:
    cells = column.gather(pl.Series(places[:_SKETCHED], dtype=pl.UInt32))
    values = {clean(text) for text in cells.text.drop_nulls().unique().to_list()}
    values |= {f"{number:g}" for number in cells.number.drop_nulls().unique().to_list()}
    return sorted({zlib.crc32(value.encode()) for value in values})[:_SKETCH]
