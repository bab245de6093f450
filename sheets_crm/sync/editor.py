"""Who changed the workbook last: as an Excel file says itself, or as Drive said when the daemon last asked for its version.

A run asks nobody for it: that would be a call more. Knows no cells.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.books.model import Book, Signed
from sheets_crm.disk import write_whole
from sheets_crm.sync.state import StateFolder

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

FILE = "google-editor"
FIELDS = "lastModifyingUser(displayName,emailAddress)"  # of Drive's files.get


def editor_of(opened: Opened, book: Book) -> str:
    """A name; "" where nobody knows."""
    if opened.google is None:
        return book.last_editor() if isinstance(book, Signed) else ""
    state = StateFolder.existing(opened.path, opened.config.workbook)
    with contextlib.suppress(OSError, UnicodeDecodeError):
        return (state.path / FILE).read_text("utf-8") if state is not None else ""
    return ""


def forget_editor(opened: Opened) -> None:
    """What was noted is told. Who changes the spreadsheet next is another matter: nobody's name is better than a wrong one."""
    state = StateFolder.existing(opened.path, opened.config.workbook)
    if opened.google is not None and state is not None:
        with contextlib.suppress(OSError):
            (state.path / FILE).unlink(missing_ok=True)


def note_editor(folder: Path, answer: Mapping[str, Any], *, ours: str | None) -> None:
    """Keep who Drive says it was, unless it was the program itself. answer: with FIELDS."""
    user = answer.get("lastModifyingUser") or {}
    name = str(user.get("displayName") or user.get("emailAddress") or "")
    if name and (ours is None or user.get("emailAddress") != ours):
        write_whole(folder / FILE, name.encode())
