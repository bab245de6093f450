"""Google's quota of calls a minute, kept on our side: better to wait a little than to be turned away.

Knows nothing of calls but when they were made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

MINUTE_S = 60.0


@dataclass
class Budget:
    """Calls of one kind in the last minute. limit 0: as many as one likes."""

    limit: int
    clock: Callable[[], float]
    _made: deque[float] = field(default_factory=deque)

    def wait_s(self) -> float:
        """How long until one more may be made; 0 when it may be made now."""
        if not self.limit:
            return 0.0
        now = self.clock()
        while self._made and now - self._made[0] >= MINUTE_S:
            self._made.popleft()
        return MINUTE_S - (now - self._made[0]) if len(self._made) >= self.limit else 0.0

    def spend(self) -> None:
        """One was made."""
        self._made.append(self.clock())
