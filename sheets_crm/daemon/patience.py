"""When to try again after a failure: longer and longer, with some chance in it, and not for ever. Pure but for its dice."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

FIRST_S, LONGEST_S = 5.0, 300.0
TRIES = 7  # with the delays above some ten minutes
FAULTS = 3  # of the program itself: another try seldom helps


@dataclass
class Patience:
    """How often something has failed in a row. scale: of the delays; less than 1 only in tests."""

    rng: Random = field(default_factory=Random)
    scale: float = 1.0
    failures: int = 0

    def delay_s(self, tries: int = TRIES) -> float | None:
        """Seconds until the next try after one more failure; None: enough, wait until something changes.

        Half of a delay is chance, so that several workbooks on one share do not come back all at once.
        """
        self.failures += 1
        if self.failures > tries:
            return None
        whole = min(FIRST_S * 2.0 ** (self.failures - 1), LONGEST_S)
        return float(self.scale * whole * self.rng.uniform(0.5, 1.0))

    def over(self) -> None:
        """It worked, or something has changed: begin anew."""
        self.failures = 0
