"""The commands, one module a family. Importing this package makes them known to the program."""

from sheets_crm.cli.commands import (
    asking,
    copies,
    copy,
    daemon,
    export,
    google,
    history,
    notices,
    reassign,
    results,
    rules,
    runs,
    upkeep,
)

__all__ = [
    "asking",
    "copies",
    "copy",
    "daemon",
    "export",
    "google",
    "history",
    "notices",
    "reassign",
    "results",
    "rules",
    "runs",
    "upkeep",
]
