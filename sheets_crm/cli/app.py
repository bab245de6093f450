"""The program from its first line to its exit code. The commands stand in `commands`."""

from __future__ import annotations

import errno
import gc
import os
import sys

from sheets_crm.cli import commands
from sheets_crm.cli.shell import Now, app
from sheets_crm.cli.voice import STOPPED, Voice, complain
from sheets_crm.errors import OwnerError
from sheets_crm.words import say

__all__ = ["app", "commands", "main"]

# A run makes many objects that live until its end, and hardly a cycle: looking for cycles as often as Python does by
# default costs a tenth of it.
RARELY = (200_000, 50, 50)
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main() -> None:
    """Run the program and leave with its exit code. An owner never sees a traceback: it goes to the log file."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    gc.set_threshold(*RARELY)
    Now.voice = voice = Voice.of(sys.argv[1:])
    try:
        code = app(prog_name="sheets-crm", standalone_mode=False)
        if code == STOPPED:  # Typer turns Ctrl-C into an exit code
            complain(say("cli.stopped", voice.lang))
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:  # `sheets-crm plan | head`: the reader has seen enough
        _hush()
        code = 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - told in words, one and all
        sentence, code = voice.complaint(OwnerError("cli.stop.no_room") if _is_full(error) else error)
        complain(sentence)
    gc.freeze()  # the process ends: Python need not look once more, and twice, for cycles among all that a run has made
    raise SystemExit(code if isinstance(code, int) else 0) from None


def _is_full(error: BaseException) -> bool:
    """Was there no room for the answer: `sheets-crm plan > FILE` on a full disk? What is still unsaid is dropped then."""
    if isinstance(error, OSError) and error.errno in FULL:
        _hush()
        return True
    return False


def _hush() -> None:
    """What is said from now on goes nowhere, so that Python finds nothing to complain of at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
