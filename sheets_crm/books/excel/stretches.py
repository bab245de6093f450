"""By what a stretch of rows is known again: a digest of all that its XML is made of, forty times cheaper than the XML.

Reads values only; draws nothing and remembers nothing (`standing` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl

from sheets_crm import __version__

_SIZE = 16
# Polars hashes a row into 64 bits, alike in all processes of one version of it. Two seeds make it 128, so that no chance
# likeness of one hash function decides what people read.
_SEEDS = (0x5EED, 0xC0FFEE)
_VERSIONS = (__version__, pl.__version__)  # another version may draw, or hash, in another way

Hashes = np.ndarray[Any, np.dtype[np.uint64]]  # a line per seed, a place per row


def hashes_of(columns: Sequence[pl.Series]) -> Hashes:
    """Of all rows at once; rows that are written alike have equal ones, whatever stands before or behind them."""
    frame = pl.DataFrame([_hashable(values).alias(str(i)) for i, values in enumerate(columns)])
    return np.array([frame.hash_rows(seed).to_numpy() for seed in _SEEDS])


def digest_of(told: object, rows: Iterable[Hashes]) -> bytes:
    """told: everything but the values, as its repr tells it apart. rows: of each table that stands in the stretch."""
    digest = blake2b(repr((_VERSIONS, told)).encode("utf-8", "surrogatepass"), digest_size=_SIZE)
    for hashes in rows:
        digest.update(hashes.tobytes())
    return digest.digest()


def _hashable(values: pl.Series) -> pl.Series:
    """Values whose hashes differ wherever their texts do: 0.0 and -0.0 have one hash."""
    if values.dtype.is_float() or values.dtype in (pl.Categorical, pl.Enum):
        return values.cast(pl.String)
    return values
