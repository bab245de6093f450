"""Text as people meant it: without stray spaces, and folded for comparing. Knows nothing of fields.

Rules (docs/reference/values.md): trim; runs of space, NBSP and narrow NBSP become one space; comparing is without case and with ё = е.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

import polars as pl

# Marks that copying from messengers and browsers leaves behind: zero-width space, direction marks, soft hyphen, byte order mark.
_INVISIBLE = "\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_ODD = rf"  |[^\S\n ]| \n|\n |\p{{M}}|[{_INVISIBLE}]"
_YO, _YE = "\u0451", "\u0435"

_invisible = re.compile(f"[{_INVISIBLE}]")
_blanks = re.compile(r"[^\S\n]+")
_around_breaks = re.compile(r" *\n *")
_spaces = re.compile(r"\s+")


def clean(text: str) -> str:
    """The text without invisible marks and stray spaces; line breaks stay."""
    text = unicodedata.normalize("NFC", _invisible.sub("", text).replace("\r\n", "\n"))
    return _around_breaks.sub("\n", _blanks.sub(" ", text)).strip()


def fold(text: str) -> str:
    """The form in which names, stages and ids are compared: one line, lower case, ё = е."""
    return _spaces.sub(" ", clean(text)).lower().replace(_YO, _YE)


def cleaned(texts: pl.Series) -> pl.Series:
    """`clean` for a whole String series; nulls stay null."""
    trimmed = texts.str.strip_chars()
    odd = trimmed.str.contains(_ODD).fill_null(value=False)
    if not odd.any():
        return trimmed
    positions = odd.arg_true()
    mended = (
        trimmed.gather(positions)
        .str.replace_all(f"[{_INVISIBLE}]", "")
        .str.replace_all("\r\n", "\n", literal=True)
        .str.normalize("NFC")
        .str.replace_all(r"[^\S\n]+", " ")
        .str.replace_all(" *\n *", "\n")
        .str.strip_chars()
    )
    return trimmed.scatter(positions, mended)


def one_line(texts: pl.Series) -> pl.Series:
    """Cleaned texts with line breaks turned into spaces."""
    broken = texts.str.contains("\n", literal=True)
    return texts.str.replace_all(r"\s+", " ") if broken.any() else texts


def folded(texts: pl.Series) -> pl.Series:
    """`fold` for a whole String series of already cleaned texts."""
    return one_line(texts).str.to_lowercase().str.replace_all(_YO, _YE, literal=True)


def number_text(number: float) -> str:
    """A number of a cell as it was typed: no `.0`, no exponent."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_texts(numbers: pl.Series) -> pl.Series:
    """`number_text` for a whole Float64 series."""
    whole = numbers.cast(pl.Int64, strict=False)
    plain = (whole.cast(pl.Float64) == numbers) & (numbers.abs() < 1e15)
    if plain.all():
        return whole.cast(pl.String)
    rest = numbers.filter(~plain.fill_null(value=True)).unique()
    shown = pl.Series([number_text(value) for value in rest], dtype=pl.String)
    others = numbers.replace_strict(rest, shown, default=None, return_dtype=pl.String)
    return whole.cast(pl.String).zip_with(plain.fill_null(value=False), others)
