"""The commands, one module a family. Importing this package makes them known to the program."""

from sheets_crm.cli.commands import (
    asking,
    copies,
    daemon,
    export,
    google,
    history,
    notices,
    reassign,
    remove,
    results,
    rules,
    runs,
    upkeep,
)

__all__ = [
    "asking",
    "copies",
    "daemon",
    "export",
    "google",
    "history",
    "notices",
    "reassign",
    "remove",
    "results",
    "rules",
    "runs",
    "upkeep",
]
