"""By what a stretch of rows is known again: a digest of all that its XML is made of, forty times cheaper than the XML.

Reads values only; draws nothing and remembers nothing (`standing` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import polars as pl

from sheets_crm import __version__
from sheets_crm.books.excel.cellxml import Columns

_SIZE = 16
# Polars hashes a row into 64 bits, alike in all processes of one version of it. Two seeds make it 128, so that no chance
# likeness of one hash function decides what people read.
_SEEDS = (0x5EED, 0xC0FFEE)
_VERSIONS = (__version__, pl.__version__)  # another version may draw, or hash, in another way


def digest_of(told: object, blocks: Sequence[Columns], more: Iterable[pl.Series] = ()) -> bytes:
    """told: everything but the values, as its repr tells it apart. blocks, more: of equally many rows, in their order."""
    looks = [(place, style, str(values.dtype)) for columns in blocks for place, values, style in columns]
    series = [values for columns in blocks for _, values, _ in columns]
    digest = blake2b(repr((_VERSIONS, told, looks)).encode("utf-8", "surrogatepass"), digest_size=_SIZE)
    frame = pl.DataFrame([_hashable(values).alias(str(i)) for i, values in enumerate([*series, *more])])
    for seed in _SEEDS if frame.width else ():
        digest.update(frame.hash_rows(seed).to_numpy().tobytes())
    return digest.digest()


def _hashable(values: pl.Series) -> pl.Series:
    """Values whose hashes differ wherever their texts do: 0.0 and -0.0 have one hash."""
    if values.dtype.is_float() or values.dtype in (pl.Categorical, pl.Enum):
        return values.cast(pl.String)
    return values
