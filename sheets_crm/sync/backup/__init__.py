"""Copies of the workbook: before each write, by the calendar, in a folder of the owner's choice; and the way back.

Imports nothing heavy: encryption, workbooks and their readers are loaded where they are needed.
"""

from sheets_crm.sync.backup.local import back_up, find_backup, is_due, is_sound, list_backups, named_after
from sheets_crm.sync.backup.model import Backup, Keep
from sheets_crm.sync.backup.regular import regular_backup
from sheets_crm.sync.backup.restoring import refuse_open, restore

__all__ = [
    "Backup",
    "Keep",
    "back_up",
    "find_backup",
    "is_due",
    "is_sound",
    "list_backups",
    "named_after",
    "refuse_open",
    "regular_backup",
    "restore",
]
