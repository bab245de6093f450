"""One run in a process of its own: `python -m sheets_crm.daemon.worker KIND CONFIG LONGEST_S [--result]`.

A process each run, because a crash or hang of native code (frames, XML) then ends the run and not the daemon, and what a
run has taken from the machine goes back with it; the price is 0.7 s of imports (docs/reliability.md).
The answer is an `Outcome`, pickled, on standard output. SIGTERM: the run is abandoned, its unfinished files removed.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sheets_crm.daemon.outcome import Fault, Kind, Outcome, packed
from sheets_crm.errors import OwnerError

if TYPE_CHECKING:
    from types import FrameType

STOPPED = 75  # the exit code of a run abandoned on request
_MARGIN_S = 60.0  # after the daemon's own patience; for a run whose daemon is gone


class Stopped(BaseException):
    """The daemon wants this run to end: raised in the middle of it, so that everything is put in order on the way out."""


def done(kind: Kind, config: str, *, with_result: bool) -> Outcome:
    """Run, and say how it ended; never raises but `Stopped`."""
    try:
        return _backed_up(config) if kind is Kind.BACKUP else _synced(kind, config, with_result=with_result)
    except OwnerError as error:
        return Outcome(kind, error)
    except Exception as error:  # noqa: BLE001 - told as our fault, with its place
        return Outcome(kind, Fault("daemon.fault", place=_places(error)))


def _synced(kind: Kind, config: str, *, with_result: bool) -> Outcome:
    from sheets_crm.sync import run

    result = run.sync(config)
    outcome = Outcome(kind, counts=result.counts(), written=len(result.written))
    return replace(outcome, result=pickle.dumps(result)) if with_result else outcome


def _backed_up(config: str) -> Outcome:
    from sheets_crm.sync.backup import regular_backup
    from sheets_crm.sync.intake import open_config
    from sheets_crm.sync.state import StateFolder

    opened = open_config(config)
    state = StateFolder.beside(opened.path, opened.config.workbook)
    regular_backup(opened, state, now=datetime.now(UTC))
    return Outcome(Kind.BACKUP)


def _places(error: Exception) -> str:
    """Kinds and places, no message: it may quote a cell."""
    from sheets_crm.sync.logfile import Scrubbed

    return Scrubbed().formatException((type(error), error, error.__traceback__))


def main(arguments: list[str]) -> int:
    """Exit code: 0 where an answer was given, whatever it says."""
    kind, config, longest_s, *more = arguments
    out = own_output()
    _end_by_itself(float(longest_s) + _MARGIN_S)
    try:
        mind_signals()
        answer = packed(done(Kind(kind), config, with_result="--result" in more))
    except Stopped:
        return STOPPED
    mind_signals(signal.SIG_IGN)
    try:
        with out:
            out.write(answer)
    except BrokenPipeError:  # the daemon died meanwhile; the run is done all the same
        pass
    return 0


def own_output() -> BinaryIO:
    """The pipe to the daemon, kept for ourselves: whatever a library prints goes nowhere."""
    if sys.stdout is None:
        return BytesIO()
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return out


def _end_by_itself(after_s: float) -> None:
    """A run that hangs while its daemon is gone ends all the same, even where native code holds the interpreter."""
    nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    faulthandler.dump_traceback_later(after_s, exit=True, file=nowhere)


def mind_signals(handler: Callable[[int, FrameType | None], object] | signal.Handlers | None = None) -> None:
    """SIGTERM abandons the run (or does what is given); Ctrl-C is the daemon's business. Nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the daemon's business
    signal.signal(signal.SIGTERM, handler or _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
