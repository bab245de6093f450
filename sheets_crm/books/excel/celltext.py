"""Texts as XML has them: escaped, cut and spelled as Excel wants, whole columns at once.

Knows nothing of cells, rows and sheets. Source: ECMA-376 part 1, 22.9.2.19 (`_xHHHH_`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from sheets_crm.books.excel.dialect import MAX_TEXT

_RARE = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
_SPECIAL = (
    r"(?m)[&<>\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x|^\s|\s$"  # most texts hold none of these, and stand as they are
)
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ALWAYS_SPECIAL = (b"&", b"<", b">")
_PERHAPS_SPECIAL = ((b"_", b"_x"), (b"\xef", b"\xef\xbf"))  # one byte is found ten times faster than two
_FIRST_PRINTED = 0x20
_SPACE_ENDS, _SPACE_LEADS = b" ", b"\xc2\xe1\xe2\xe3"  # of all spaces that Unicode has, as UTF-8 spells them
_LONGEST_SPACE = 3  # bytes


def text_of(value: str) -> str:
    """Text as Excel spells it: what can't stand in XML as `_xHHHH_`, what looks like such a spelling escaped, at most
    32,767 UTF-16 units; line breaks as Excel has them.
    """
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = _LOOKS_ESCAPED.sub("_x005F_", value)
    value = _ILLEGAL.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
    if len(value) <= MAX_TEXT // 2:
        return value
    units = value.encode("utf-16-le")
    if len(units) <= MAX_TEXT * 2:
        return value
    return units[: (MAX_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "\u2026"


@dataclass(frozen=True)
class Seen:
    """What a look at a column of texts told.

    is_plain: all can stand between tags as they are, nothing to escape or to cut, no spaces at an end to be preserved.
    is_filled: none is missing or empty.
    """

    is_plain: bool
    is_filled: bool


def looked_at(columns: Sequence[pl.Series]) -> list[Seen]:
    """One look over all texts of each column together: a look at each text would cost ten times more."""
    if not columns:
        return []
    frame = pl.DataFrame([values.alias(str(i)) for i, values in enumerate(columns)])
    sizes = frame.select(pl.all().str.len_bytes())
    joined = frame.select(pl.all().str.join("\n").cast(pl.Binary)).row(0)
    found = []
    for i, values in enumerate(columns):
        lengths = sizes.to_series(i).drop_nulls().to_numpy()
        shortest, longest = (int(lengths.min()), int(lengths.max())) if len(lengths) else (1, 0)
        is_doubtful = not shortest or _suspect(joined[i], lengths)
        is_plain = longest <= MAX_TEXT // 2 and not (is_doubtful and _is_special(joined[i]))
        found.append(Seen(is_plain, is_filled=bool(shortest) and not values.null_count()))
    return found


def _suspect(joined: bytes, lengths: np.ndarray[Any, Any]) -> bool:
    """May the texts, none of them empty and a line break after each but the last, hold anything special?

    A few looks at bytes, ten times faster than the pattern: it may find too much, never too little.
    """
    if any(mark in joined for mark in _ALWAYS_SPECIAL):
        return True
    if any(first in joined and mark in joined for first, mark in _PERHAPS_SPECIAL):
        return True
    content = np.frombuffer(joined, np.uint8)
    if np.count_nonzero(content < _FIRST_PRINTED) >= max(len(lengths), 1):
        return True  # more than the line breaks between the texts
    is_end, is_lead = _spaces()
    after = np.cumsum(lengths.astype(np.int64) + 1) - 1  # the place behind each text
    first = content[after - lengths]
    if is_end[first].any() or is_lead[first].any() or is_end[content[after - 1]].any():
        return True
    return any(is_lead[content[np.maximum(after - back, 0)]].any() for back in range(2, _LONGEST_SPACE + 1))


@cache
def _spaces() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """By a byte's value: is it a space; may it be the first byte of one?"""
    tables = np.zeros((2, 256), dtype=bool)
    tables[0, list(_SPACE_ENDS)] = True
    tables[1, list(_SPACE_LEADS)] = True
    return tables[0], tables[1]


def _is_special(joined: bytes) -> bool:
    return bool(pl.Series([joined.decode()]).str.contains(_SPECIAL).item())


def escaped(values: pl.Series) -> pl.Series:
    """A String series ready to stand between tags."""
    return values if looked_at([values])[0].is_plain else mended(values)


def mended(values: pl.Series) -> pl.Series:
    """Texts of which some must be escaped or cut. Only the rare ones that need it are looked at one by one."""
    odd = values.str.contains(_RARE) | (values.str.len_bytes() > MAX_TEXT // 2)
    if odd.any():
        fixed = pl.Series([None if v is None else text_of(v) for v in values.filter(odd).to_list()], dtype=pl.String)
        places = odd.fill_null(value=False).arg_true()
        values = values.clone().scatter(places, fixed)
    if not values.str.contains("[&<>]").any():
        return values
    return values.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])


def attribute(values: pl.Series) -> pl.Series:
    """A String series ready to stand between double quotes."""
    values = escaped(values)
    return values.str.replace_many(['"', "\n", "\t"], ["&quot;", "&#10;", "&#9;"])
