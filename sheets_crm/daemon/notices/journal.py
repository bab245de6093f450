"""The log of notices: `logs/notices.log` of the workbook they are about, private and scrubbed like every log of ours.

A file of its own, because notices may run beside the process that writes the other one. Knows nothing of what is logged.
"""

from __future__ import annotations

import contextlib
import logging

from sheets_crm.disk import make_folder
from sheets_crm.sync.logfile import PrivateFile, Scrubbed
from sheets_crm.sync.state import StateFolder

FILE = "notices.log"
_BYTES, _FILES = 500_000, 2

log = logging.getLogger("sheets_crm.notices")
log.addHandler(logging.NullHandler())  # without one, lines reach standard error as they are


def journal(state: StateFolder) -> None:
    """What is logged from now on goes to this workbook's file; nowhere where that can't be written."""
    target = str((state.logs / FILE).absolute())
    known = [handler for handler in log.handlers if isinstance(handler, PrivateFile)]
    if any(handler.baseFilename == target for handler in known):
        return
    with contextlib.suppress(OSError):
        make_folder(state.logs)
        handler = PrivateFile(target, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True)
        handler.setFormatter(Scrubbed("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
        for old in known:
            log.removeHandler(old)
            old.close()
