"""What is to be said of the workbook's file and its neighbours: copies in conflict, former places, a result that waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sheets_crm.sync import pending, places
from sheets_crm.sync.companion import companion_path
from sheets_crm.sync.conflicts import ConflictCopy, conflict_copies
from sheets_crm.sync.state import StateFolder

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened, Read

Note = tuple[str, Mapping[str, object]]


def said_of(opened: Opened, seen: Read, marks: places.Marks, *, now: datetime, waiting: bool) -> list[Note]:
    """Notes of a run. waiting: tell of a result that waits (a run that is about to write it need not)."""
    found = places.notes(opened, seen, marks)
    found += [copy.note(name) for name, copy in copies_of(opened, seen, marks)]
    state = StateFolder.existing(opened.path, opened.config.workbook)
    if waiting and (kept := pending.load(state)) is not None:
        found.append(kept.note(opened.config.zone, now))
    return found


def copies_of(opened: Opened, seen: Read, marks: places.Marks) -> list[tuple[str, ConflictCopy]]:
    """Conflict copies of the workbook and of its companion, each with the name of the file it is a copy of."""
    own = [info.name for info in seen.sheets if info.tab is None]
    files = [(opened.workbook, own)]
    if (companion := companion_path(opened)) is not None:
        files.append((companion, []))
    return [(path.name, copy) for path, sheets in files for copy in conflict_copies(path, marks.tab.marks, sheets)]
