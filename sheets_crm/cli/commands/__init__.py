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
    pages,
    reassign,
    remove,
    results,
    rules,
    runs,
    setup,
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
    "pages",
    "reassign",
    "remove",
    "results",
    "rules",
    "runs",
    "setup",
    "upkeep",
]
