"""The program from its first line to its exit code. The commands stand in `commands`."""

from __future__ import annotations

import gc
import os
import sys

from sheets_crm.cli import commands
from sheets_crm.cli.shell import Now, app
from sheets_crm.cli.voice import STOPPED, Voice, complain
from sheets_crm.words import say

__all__ = ["app", "commands", "main"]

# A run makes many objects that live until its end, and hardly a cycle: looking for cycles as often as Python does by
# default costs a tenth of it.
RARELY = (200_000, 50, 50)


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
        sys.stdout.flush()
    except BrokenPipeError:  # `sheets-crm plan | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - told in words, one and all
        sentence, code = voice.complaint(error)
        complain(sentence)
    gc.freeze()  # the process ends: Python need not look once more, and twice, for cycles among all that a run has made
    raise SystemExit(code if isinstance(code, int) else 0) from None
