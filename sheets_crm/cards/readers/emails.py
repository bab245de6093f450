"""E-mail addresses: ASCII local@domain.tld, compared in lower case.

A Cyrillic letter that looks like a Latin one makes an address that no letter reaches: a problem, with the address as it was meant.
"""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from sheets_crm.cards.lexicon import lexicon
from sheets_crm.cards.model import Parsed
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, nulls, without
from sheets_crm.cells import Kind

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{_LOCAL}@(?:{_LABEL}\.)+(?:[A-Za-z]{{2,}}|xn--[A-Za-z0-9-]+)$"
_address = re.compile(ADDRESS)
_SPLIT = re.compile(r"[\s;,<>()\[\]\"]+")


def read_emails(cells: Cells, name: str) -> Parsed:
    """A column of addresses (String, lower case)."""
    found = [Found("bad_email", cells.of(Kind.NUMBER, Kind.DATE, Kind.BOOL))]
    values = nulls(len(cells), pl.String)
    if Kind.TEXT in cells.kinds:
        good = cells.text.str.contains(ADDRESS).fill_null(value=False)
        values = cells.text.str.to_lowercase()
        if not good.all():
            values = without(values, ~good)
        bad = cells.of(Kind.TEXT) & ~good
        if bad.any():
            found.append(Found("bad_email", bad, mapped(without(cells.text, ~bad), meant_address, pl.String)))
    return finish(cells, {name: values}, found)


def meant_address(text: str) -> str | None:
    """The address that was surely meant by a text that is none, lower case; None where it is not certain."""
    mended = text.removeprefix("mailto:")
    for word in lexicon()["at_words"]:
        mended = mended.replace(word, "@")
    mended = re.sub(r"@+", "@", mended.translate(_latin()))
    if _address.match(mended):
        return mended.lower()
    candidates = [piece.removeprefix("mailto:").strip(".") for piece in _SPLIT.split(mended)]
    whole = [piece for piece in candidates if _address.match(piece)]
    joined = re.sub(r"\s*([@.])\s*", r"\1", mended).strip(" .,;")
    if not whole and _address.match(joined):
        whole = [joined]
    return whole[0].lower() if whole else None


@cache
def _latin() -> dict[int, int]:
    return {ord(cyrillic): ord(latin) for cyrillic, latin in lexicon()["lookalikes"].items()}
