"""Texts as they stand in the XML of a workbook -> texts as people see them; and the shared strings of a workbook.

Whole blocks and series at once: Python looks only at texts that hold a reference or an escape, each distinct one once.
Source: XML 1.0, 4.6 (references); ECMA-376 part 1, 22.9.2.19 (`_xHHHH_` escapes), 18.4.8 (string items).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.books.excel.reader_odd import odd_texts
from sheets_crm.books.excel.reader_xml import Blocks, NotXml, plain_lines

_NAMED = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9A-Fa-f]+)|(\w+));")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LT, _AMP, _HASH, _SEMICOLON, _ZERO = b"<&#;0"


def shared_strings(pieces: Iterator[bytes]) -> pl.Series:
    """All shared strings in order. NotXml when the part is damaged."""
    found = [pl.Series([], dtype=pl.String)]
    for raw in Blocks(pieces, b"sst", b"si"):
        block = decode_references(plain_lines(raw))
        found.append(clean(_items(block), block))
    return pl.concat(found, rechunk=True)


def _items(block: bytes) -> pl.Series:
    """The texts of a block of whole `<si>` items, references not yet read."""
    tags, first, second = tags_of(np.frombuffer(block + b"\0\0", np.uint8))
    pieces = split_tags(block)
    items = np.flatnonzero((first == ord("s")) & (second == ord("i")))
    length = np.diff(items, append=len(tags))
    first, second = np.append(first, (0, 0, 0)), np.append(second, (0, 0, 0))
    one = (first[items + 1] == ord("t")) & (second[items + 1] != ord("/")) & (first[items + 2] == ord("/"))
    plain = one & (length == 4)  # <si> <t> </t> </si>, and nothing else
    texts = after_tag("t", pieces, second, items[plain] + 1)
    odd = np.flatnonzero(~plain)
    if not len(odd):
        return texts
    tags = np.append(tags, len(block))
    slices = [block[tags[item] : tags[item + size]] for item, size in zip(items[odd], length[odd], strict=True)]
    order = np.empty(len(items), np.uint32)
    order[plain] = np.arange(len(texts))
    order[odd] = np.arange(len(texts), len(items))
    read = pl.Series([text.replace("&", "&amp;") for text in odd_texts(slices)], dtype=pl.String)
    return pl.concat([texts, read])[pl.Series(order)]


def tags_of(block: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Positions of every "<" in a block (with two spare bytes behind it), and the two bytes that follow each."""
    tags = np.flatnonzero(block == _LT)
    return tags, block[tags + 1], block[tags + 2]


def split_tags(block: bytes) -> pl.Series:
    """For each "<" of a block, the text from behind it to the next "<"."""
    try:
        text = pl.Series([block], dtype=pl.Binary).cast(pl.String)  # checks that it is UTF-8
    except pl.exceptions.PolarsError as error:
        raise NotXml from error
    return text.str.split("<").explode().slice(1)


def after_tag(name: str, pieces: pl.Series, second: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> pl.Series:
    """The texts behind the start tags `name` that stand at the places `at` of `pieces`."""
    pieces = pieces[pl.Series(at.astype(np.uint32))]
    texts = pieces.str.strip_prefix(f"{name}>")
    bare = second[at] == ord(">")
    if bare.all():
        return texts
    with_attributes = pl.Series(~bare)
    return put(texts, with_attributes, pieces.filter(with_attributes).str.splitn(">", 2).struct.field("field_1"))


def decode_references(block: bytes) -> bytes:
    """Four-digit references to letters beyond ASCII (`&#1050;`) as those letters; other references stay.

    Python writers put every Cyrillic letter so; that is half of such a file, hence its own fast path.
    """
    if b"&" not in block or b"&#" not in block:
        return block
    codes = np.frombuffer(block, np.uint8).copy()
    at = np.flatnonzero(codes[:-6] == _AMP)
    at = at[(codes[at + 1] == _HASH) & (codes[at + 6] == _SEMICOLON)]
    digits = [codes[at + place] - _ZERO for place in range(2, 6)]  # what is not a digit wraps round to above 9
    value = sum(digit.astype(np.uint16) * np.uint16(10 ** (3 - place)) for place, digit in enumerate(digits))
    good = np.logical_and.reduce([digit < 10 for digit in digits]) & (value >= 0x80) & (value < 0x800)
    at, letters = at[good], np.asarray(value)[good]
    codes[at] = 0xC0 | letters >> 6
    codes[at + 1] = 0x80 | letters & 0x3F
    keep = np.ones(len(codes), bool)
    for place in range(2, 7):
        keep[at + place] = False
    return codes[keep].tobytes()


def clean(texts: pl.Series, block: bytes) -> pl.Series:
    """Texts of a block with references and `_xHHHH_` escapes read."""
    if b"&" in block:
        texts = _dereferenced(texts)
    return unescape(texts) if b"_" in block and b"_x" in block else texts


def _dereferenced(texts: pl.Series) -> pl.Series:
    found = texts.str.contains("&", literal=True).fill_null(value=False)
    if not found.any():
        return texts
    numeric = found & texts.str.contains("&#", literal=True).fill_null(value=False)
    named = texts.filter(found & ~numeric).str.replace_many(list(_NAMED), list(_NAMED.values()))
    texts = put(texts, found & ~numeric, named)
    return put(texts, numeric, _each(texts.filter(numeric), _REFERENCE, _referred)) if numeric.any() else texts


def unescape(texts: pl.Series) -> pl.Series:
    """Texts with `_xHHHH_` escapes read."""
    found = texts.str.contains("_x", literal=True).fill_null(value=False)
    return put(texts, found, _each(texts.filter(found), _ESCAPE, _escaped)) if found.any() else texts


def put(texts: pl.Series, where: pl.Series, values: pl.Series) -> pl.Series:
    """`texts` with `values` in the places where the mask holds."""
    order = np.arange(len(texts), dtype=np.uint32)
    mask = where.to_numpy()
    order[mask] = np.arange(len(texts), len(texts) + len(values), dtype=np.uint32)
    return pl.concat([texts, values])[pl.Series(order)]


def _each(texts: pl.Series, pattern: re.Pattern[str], replace: object) -> pl.Series:
    """`pattern` replaced in each distinct text once."""
    read = {text: _whole(pattern.sub(replace, text)) for text in texts.unique()}  # type: ignore[call-overload]
    return pl.Series([read[text] for text in texts], dtype=pl.String)


def _whole(text: str) -> str:
    """Surrogate pairs joined; a lone surrogate, which no text can hold, becomes the replacement mark."""
    if not any("\ud800" <= char <= "\udfff" for char in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _referred(found: re.Match[str]) -> str:
    decimal, hexadecimal, _name = found.groups()
    if decimal is None and hexadecimal is None:
        return _NAMED.get(found[0], found[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(code) if code <= 0x10FFFF else found[0]


def _escaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16))
