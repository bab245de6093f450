"""Which spreadsheet is meant: a Google address or id as people paste it. Pure; imports nothing heavy."""

from __future__ import annotations

import re

_URL = re.compile(r"^https?://(?:docs|drive|sheets)\.google\.com/\S*?/d/([A-Za-z0-9_-]{15,})")
_OPEN = re.compile(r"^https?://(?:docs|drive)\.google\.com/\S*[?&]id=([A-Za-z0-9_-]{15,})")
_ID = re.compile(r"^[A-Za-z0-9_-]{25,}$")  # file ids of Drive; no file name people give is that long without a dot


def spreadsheet_id(workbook: str) -> str | None:
    """The id in a Google address, or the id itself; None for anything else, which is a path then."""
    text = workbook.strip()
    for pattern in (_URL, _OPEN):
        if found := pattern.match(text):
            return found[1]
    return text if _ID.match(text) else None


def address_of(book: str) -> str:
    """The address at which people open a spreadsheet."""
    return f"https://docs.google.com/spreadsheets/d/{book}/edit"
