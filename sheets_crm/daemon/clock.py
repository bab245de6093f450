"""Time as the daemon sees it: a wall clock that may jump, a steady one that may not, and waiting. Tests put their own in its place."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

JUMP_S = 30  # by how much the two clocks may part between two looks before somebody has changed one of them


class Clock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """The moment, UTC, as the machine believes."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds from some moment on; never jumps, may stand still while the machine sleeps."""
        return time.monotonic()

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Until somebody wakes us, or for so long."""
        wake.wait(seconds)
        wake.clear()


@dataclass
class Jumps:
    """Notices a changed wall clock, or sleep: it and the steady clock have not gone the same way."""

    clock: Clock
    last: tuple[datetime, float] | None = None

    def since_last_look(self) -> timedelta:
        """How far the wall clock has gone beyond the steady one since the last call; zero when it is nothing to speak of."""
        seen = (self.clock.now(), self.clock.steady())
        before, self.last = self.last or seen, seen
        apart = (seen[0] - before[0]) - timedelta(seconds=seen[1] - before[1])
        return apart if abs(apart) > timedelta(seconds=JUMP_S) else timedelta()
