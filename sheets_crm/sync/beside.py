"""A new workbook of ours put beside the firm's own: whole or not at all, and never over a file that is there."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from sheets_crm.disk import PART, flush, flush_folder, open_private
from sheets_crm.errors import OwnerError
from sheets_crm.sync.backup.copying import FULL
from sheets_crm.sync.backup.names import safe

ENDING = ".xlsx"


def free_place(to: Path | None, workbook: Path, name: str) -> Path:
    """Where the file goes: `to`, or beside the workbook under `name` (without its ending), numbered where that is taken.

    OwnerError: a file is at `to` already, or `to` is the firm's workbook itself.
    """
    if to is not None:
        path = to if to.suffix.lower() == ENDING else to.with_name(to.name + ENDING)
        if path.resolve() == workbook.resolve():
            raise OwnerError("export.errors.is_the_book", path=str(path))
        if os.path.lexists(path):
            raise OwnerError("export.errors.exists", path=str(path))
        return path
    wanted = safe(name)
    number, path = 1, workbook.with_name(wanted + ENDING)
    while os.path.lexists(path):
        number += 1
        path = workbook.with_name(f"{wanted} {number}{ENDING}")
    return path


def put(data: bytes, target: Path, *, like: Path) -> None:
    """Write the file, read it back before it counts, and give it the permissions of the workbook `like`."""
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
        key = "export.errors.disk_full" if error.errno in FULL else "export.errors.denied"
        raise OwnerError(key, path=str(target)) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    flush_folder(target.parent)
