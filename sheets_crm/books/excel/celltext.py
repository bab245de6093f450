"""Texts as XML has them: escaped, cut and spelled as Excel wants, whole columns at once.

Knows nothing of cells, rows and sheets. Source: ECMA-376 part 1, 22.9.2.19 (`_xHHHH_`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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
_SPACE = 0x20
_SPACE_LEADS = (b"\xc2", b"\xe1", b"\xe2", b"\xe3")  # with which all other spaces begin, in UTF-8
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
    after = np.cumsum(lengths.astype(np.int64) + 1) - 1  # the place behind each text
    first = after - lengths
    if (content[first] == _SPACE).any() or (content[after - 1] == _SPACE).any():
        return True
    leads = [lead for lead in _SPACE_LEADS if lead in joined]
    ends = (first, *(np.maximum(after - back, 0) for back in range(2, _LONGEST_SPACE + 1))) if leads else ()
    return any((content[place] == lead[0]).any() for place in ends for lead in leads)


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
