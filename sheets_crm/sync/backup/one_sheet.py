"""One sheet of a copy put down as a workbook of its own. The firm's workbook is never touched, nor any file that is there.

What such a workbook holds is `books.excel.single`'s business.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.disk import PART, flush, flush_folder, open_private
from sheets_crm.errors import NotFound, OwnerError, StateError
from sheets_crm.sync.backup.copying import FULL
from sheets_crm.sync.backup.local import is_sound
from sheets_crm.sync.backup.model import Backup
from sheets_crm.sync.backup.names import safe
from sheets_crm.words import say

if TYPE_CHECKING:
    from sheets_crm.books.excel.single import Left
    from sheets_crm.sync.intake import Opened

WORKBOOKS = {".xlsx", ".xlsm", ".xltx", ".xltm"}
ENDING = ".xlsx"


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
    target = _target(to, opened, backup)
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
    _put(made, target, opened.workbook)
    return TakenOut(backup.name, name, target, left)


def _target(to: Path | None, opened: Opened, backup: Backup) -> Path:
    """Where the new workbook goes: a name that is free."""
    if to is not None:
        path = to if to.suffix.lower() == ENDING else to.with_name(to.name + ENDING)
        if path.resolve() == opened.workbook.resolve():
            raise OwnerError("backup.errors.sheet_into_book", path=str(path))
        if os.path.lexists(path):
            raise OwnerError("backup.errors.sheet_exists", path=str(path))
        return path
    day = backup.made.astimezone(opened.config.zone).date()
    wanted = safe(say("backup.sheet_file", opened.lang, workbook=opened.workbook.stem, day=day).removesuffix(ENDING))
    number, path = 1, opened.workbook.with_name(wanted + ENDING)
    while os.path.lexists(path):
        number += 1
        path = opened.workbook.with_name(f"{wanted} {number}{ENDING}")
    return path


def _put(data: bytes, target: Path, like: Path) -> None:
    """The file whole or not at all, with the workbook's own permissions; read back before it counts."""
    from sheets_crm.books.excel.reader import read_sheets

    part = target.with_name(f".sheets-crm.{os.getpid()}{PART}")
    try:
        with open_private(part) as out:
            out.write(data)
            flush(out)
        read_sheets(part)
        with contextlib.suppress(OSError):
            shutil.copymode(like, part)
        part.replace(target)
    except OSError as error:
        key = "backup.errors.sheet_disk_full" if error.errno in FULL else "backup.errors.sheet_denied"
        raise OwnerError(key, path=str(target)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    flush_folder(target.parent)
