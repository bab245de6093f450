"""The command as a process of its own: what holds for the whole process, and leaving it quickly.

Python takes its time to end: it takes apart, one by one, modules and objects that the system frees at a stroke (a
tenth of a short run). All that has an end of its own to come to (atexit, logs, streams, threads) comes to it first.
Not for a caller who goes on living: those call `main`.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading

from sheets_crm.cli.app import main

# What libraries do as soon as they are imported, and nothing here has work for: numpy's algebra starts a thread a core,
# pydantic reads the papers of every installed package in search of plug-ins.
_SPARED = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}


def program() -> None:
    """Run the program as this process, and end the process with its exit code."""
    for name, value in _SPARED.items():
        os.environ.setdefault(name, value)
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, int | None) and _nothing_left() and _told(sys.stdout, sys.stderr):
            os._exit(end.code or 0)
        raise


def _nothing_left() -> bool:
    """Does nobody work on? If so, whatever was to be done at the end of the process is done now."""
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        return False
    atexit._run_exitfuncs()  # noqa: SLF001 - what Python itself calls here; it forgets each function it has called
    return True


def _told(*streams: object) -> bool:
    """Has everything that was said gone out? Where not, Python says so in its own way."""
    try:
        for stream in streams:
            if stream is not None:  # a program without a window has none
                stream.flush()  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return False
    return True
