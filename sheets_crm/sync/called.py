"""What people call the workbook in sentences: a file by its name, a spreadsheet by the title that it had when it was read last.

Names no files: copies keep the name that they began with, whatever a spreadsheet is called later.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.disk import write_whole
from sheets_crm.sync.google import google_id, name_of
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened

FILE = "google-title"  # of the state folder
_SHORT = 8  # characters of an id that people are shown


def called(config: Path, workbook: str, name: str | None = None, *, lang: Lang) -> str:
    """workbook, name: as the configuration at `config` says them. A spreadsheet that was never read has its id for a name."""
    google = google_id(config, workbook)
    if google is None:
        return Path(workbook).name
    state = StateFolder.existing(config, workbook)
    try:
        kept = (state.path / FILE).read_text("utf-8").strip() if state else ""
    except (OSError, ValueError):
        kept = ""
    return kept or (name_of(name, google) if name else say("google.unread", lang, id=google[:_SHORT]))


def remember_title(state: StateFolder, opened: Opened) -> None:
    """Keep the title that a spreadsheet has now. A name alone: a disk that refuses it stops nothing."""
    if opened.title is None or called(opened.path, opened.config.workbook, lang=opened.lang) == opened.title:
        return
    try:
        write_whole(state.path / FILE, opened.title.encode("utf-8", "replace"))
    except OSError:
        return
