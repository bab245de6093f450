"""An error that is ours: kept in a log with its place in the code, never shown as a traceback."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from sheets_crm.errors import OwnerError
from sheets_crm.sync.logfile import open_log
from sheets_crm.sync.state import NAME


def log_our_fault(error: BaseException) -> tuple[str, Path | None]:
    """Write the fault to the log; returns its number and the log's path (None where no log can be written).

    Without personal data: kinds and places only.
    """
    number = f"{datetime.now(UTC):%Y%m%d}-{token_hex(2)}"
    for folder in (Path(NAME).absolute() / "logs", Path(tempfile.gettempdir()) / "sheets-crm-logs"):
        if folder.parent.name == NAME and not folder.parent.is_dir():
            continue  # no state folder here: don't make one for a log
        try:
            log = open_log(folder, "sheets_crm")
        except OwnerError:
            continue
        log.error("report %s", number, exc_info=error)
        return number, folder / "sheets-crm.log"
    return number, None
