"""What conditions spell out: names, numbers, days and lists, as exact values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

import polars as pl

from sheets_crm.engine.kinds import DTYPES, Type, fold
from sheets_crm.words import Phrase

_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")
_DOTTED = re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})")


@lru_cache(maxsize=4096)  # every expression asks for every column of its card
def plain_name(name: str) -> str:
    """Names compare without case; Python's grammar reads identifiers in NFKC."""
    return unicodedata.normalize("NFKC", name).lower()


def exact(value: object) -> str | Decimal | date | bool:
    """A literal or a parameter's value; whole numbers and fractions become exact decimals."""
    if isinstance(value, (bool, str, date, Decimal)):
        return value
    return Decimal(str(value))


def listed(items: Sequence[object], kind: Type) -> pl.Expr:
    """Constants of a list, as the list that a field of type `kind` is looked up in."""
    if kind is Type.TEXT:
        items = [fold(str(item)) for item in items]
    elif kind is Type.NUMBER:
        items = [float(item) for item in items if isinstance(item, Decimal)]
    return pl.lit(pl.Series([items], dtype=pl.List(DTYPES[kind])))


def date_of(text: str) -> date | None:
    """A quoted day: yyyy-mm-dd or dd.mm.yyyy."""
    found = _ISO.fullmatch(text.strip()) or _DOTTED.fullmatch(text.strip())
    if not found:
        return None
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"]))
    except ValueError:
        return None


def type_word(kind: Type) -> Phrase:
    """A type as people call it."""
    return Phrase(f"engine.types.{kind}")
