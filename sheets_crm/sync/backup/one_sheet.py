"""One sheet of a copy put down as a workbook of its own. The firm's workbook is never touched, nor any file that is there.

What such a workbook holds is `books.excel.single`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.errors import NotFound, OwnerError, StateError
from sheets_crm.sync.backup.local import is_sound
from sheets_crm.sync.backup.model import Backup
from sheets_crm.sync.beside import free_place, put
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.books.excel.single import Left
    from sheets_crm.sync.intake import Opened

WORKBOOKS = {".xlsx", ".xlsm", ".xltx", ".xltm"}


@dataclass(frozen=True)
class TakenOut:
    """name: the copy. sheet: its name there. path: the new workbook. left: what could not come along."""

    name: str
    sheet: str
    path: Path
    left: Left


def take_out(plain: Backup, backup: Backup, title: str, opened: Opened, to: Path | None) -> TakenOut:
    """The sheet `title` of the opened copy `plain` of `backup`, in a new file: `to`, or one beside the workbook.

    NotFound: no such sheet. StateError: the copy is damaged. OwnerError: a file is there already, or can't be made.
    """
    from sheets_crm.books.excel.single import NoCells, one_sheet, sheet_titles

    if plain.path.suffix.lower() not in WORKBOOKS:
        raise OwnerError("backup.errors.not_excel", path=str(backup.path))
    if not is_sound(plain):
        raise StateError("state.backup_damaged", path=str(backup.path))
    day = backup.made.astimezone(opened.config.zone).date()
    target = free_place(
        to, opened.workbook, say("backup.sheet_file", opened.lang, workbook=opened.workbook.stem, day=day)
    )
    data = plain.path.read_bytes()
    try:
        made, left = one_sheet(data, title)
    except KeyError:
        known = ", ".join(sheet_titles(data))
        raise NotFound("backup.errors.no_sheet", seen=title, path=str(backup.path), sheets=known) from None
    except NoCells:
        raise OwnerError("backup.errors.not_cells", seen=title, path=str(backup.path)) from None
    except OwnerError as error:
        error.values.setdefault("workbook", backup.name)
        raise
    name = next(one for one in sheet_titles(made) if one.casefold() == title.casefold())
    put(made, target, like=opened.workbook)
    return TakenOut(backup.name, name, target, left)
