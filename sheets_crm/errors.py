"""What stops a run and what the owner does about it.

    OwnerError            10  something that the owner can mend
      WorkbookMissing     11  no such file, or a directory
      WorkbookUnreadable  12  encrypted, broken, not a workbook, or a kind that can't be written (legacy .xls ...)
      WorkbookBusy        13  open in Excel, locked, read-only, or changed under our hands too often
      ConfigError         14  crm.yaml: unreadable, unknown key, impossible value
      PackError           15  a rule pack or template is wrong
      BindingError        16  a bound sheet or every bound column of it is gone
      BaseEmptied         17  the base suddenly lost most of its rows
      StateError          18  the state folder can't be used
      NotFound            19  the client, task or backup asked for is not there

Dirt in the user's data is not an error but a `Problem` (cards). Any other exception is our fault (exit code 70).
"""

from __future__ import annotations

from typing import ClassVar


class OwnerError(Exception):
    """The run stopped; the owner can fix it. Carries a words key and its values, not a finished sentence.

    The sentence stands in `words` under the key; it says where, what we saw, what to do.
    transient: such a cause often ends by itself, so whoever may wait tries again before people are troubled.
    """

    exit_code = 10
    transient: ClassVar[bool] = False

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values

    def __str__(self) -> str:
        return f"{self.key} {self.values}" if self.values else self.key


class WorkbookMissing(OwnerError):
    """There is no workbook at the path, or the path is a directory."""

    exit_code = 11
    transient = True  # between a program's delete and its rename, or a drive that is not there yet


class WorkbookUnreadable(OwnerError):
    """The file is encrypted, broken, signed, or of a kind that can't be used so."""

    exit_code = 12


class WorkbookBusy(OwnerError):
    """The file is open elsewhere, locked, read-only, or keeps changing."""

    exit_code = 13
    transient = True


class ConfigError(OwnerError):
    """crm.yaml is unreadable or says something impossible."""

    exit_code = 14


class PackError(OwnerError):
    """A rule pack or a trade template is wrong."""

    exit_code = 15


class BindingError(OwnerError):
    """A bound sheet is no longer in the workbook, or no bound column of it can be found."""

    exit_code = 16


class BaseEmptied(OwnerError):
    """The base suddenly lost most of its rows: refused, not obeyed."""

    exit_code = 17


class StateError(OwnerError):
    """The state folder beside the configuration can't be read or written."""

    exit_code = 18
    transient = True  # virus scanners and syncing folders let go again; a full disk is emptied


class NotFound(OwnerError):
    """What was asked for by name is not there."""

    exit_code = 19
