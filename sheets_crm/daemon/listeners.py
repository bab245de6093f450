"""Who is told what happens: the contract, and the list of those who listen.

They live in a process of their own (`teller`), one for all, so that one that hangs or dies holds up no run and no other
workbook. A listener is made there once, without arguments, and called there only, one call at a time; that process may be
ended and begun again at any moment, so what must not be forgotten belongs on the disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

Why = Literal["asked", "fault"]

LISTENERS: tuple[str, ...] = ("sheets_crm.daemon.notices:Notices",)  # "package.module:Class", imported late
CALL_S = 60.0  # how long one call may take before its process is ended
TICK_S = 30.0  # how often `tick` is called


class Listener(Protocol):
    """What happens in the daemon. All moments are aware, UTC. Whatever is raised is logged, and hurts nobody."""

    def after_run(self, config: Path, result: Result, now: datetime) -> None:
        """A run ended well; not called where nothing had changed."""

    def failed(self, config: Path, error: Exception, now: datetime) -> None:
        """Runs fail, and waiting did not help: an OwnerError, or `outcome.Fault` (with `key` and `values` too).

        Once for as long as the same thing fails; an error that ends by itself within some ten minutes is not told.
        """

    def tick(self, config: Path, now: datetime) -> None:
        """About every half minute, while the daemon runs."""

    def stopped(self, configs: Sequence[Path], now: datetime, why: Why) -> None:
        """The daemon ends in good order. asked: somebody wanted it so (the machine going down too). Told in seconds or not at all."""
