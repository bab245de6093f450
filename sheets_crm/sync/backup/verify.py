"""Looking a copy through: is it what was copied, does it open, what is in it? Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sheets_crm.errors import OwnerError, StateError
from sheets_crm.sync.backup.local import is_sound
from sheets_crm.sync.backup.model import Backup
from sheets_crm.sync.backup.sealing import plain_copy
from sheets_crm.sync.state import StateFolder

State = Literal["sound", "damaged", "unreadable", "locked"]
_WORKBOOKS = {".xlsx", ".xlsm", ".xltx", ".xltm"}
_LOCKED = {"backup.errors.no_secret", "backup.errors.wrong_secret"}


@dataclass(frozen=True)
class Checked:
    """What a look at a copy gave. sheets, rows: None where it was not read so far, or is of a kind without them.

    unreadable: a true copy of a file that did not open then either. locked: encrypted, and the passphrase is not at hand.
    """

    backup: Backup
    state: State
    sheets: int | None = None
    rows: int | None = None


def checked(backup: Backup, state: StateFolder, secret_name: str) -> Checked:
    """Read the whole copy, decrypt it where it is encrypted, and open the workbook in it."""
    if not is_sound(backup):
        return Checked(backup, "damaged")
    try:
        with plain_copy(backup, state, secret_name) as plain:
            if not is_sound(plain):
                return Checked(backup, "damaged")
            return _looked_into(backup, plain.path)
    except StateError as error:
        if error.key in _LOCKED:
            return Checked(backup, "locked")
        if error.key == "state.backup_damaged":
            return Checked(backup, "damaged")
        raise


def _looked_into(backup: Backup, path: Path) -> Checked:
    """What is in the opened file. A copy is told apart from its content: a broken workbook may have a true copy."""
    from sheets_crm.books.excel.reader import read_sheets
    from sheets_crm.books.sources import read_source

    reader = read_sheets if path.suffix.lower() in _WORKBOOKS else read_source
    try:
        grids = reader(path)
    except OwnerError:
        return Checked(backup, "unreadable")
    return Checked(backup, "sound", len(grids), sum(grid.height for grid in grids.values()))
