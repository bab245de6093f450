"""What goes wrong on request: answers, silence, slowness, broken bodies, and people who edit in between.

A fault waits for its call: the n-th that fits since it was added, then the next `times` that fit.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.google.emulator.calls import Call

KINDS = (
    "answer",  # value: a status (429, 503) or a reason ("userRateLimitExceeded", "notASpreadsheet")
    "delay",  # value: seconds before the answer
    "trickle",  # value: seconds the body takes
    "reset",  # the connection breaks before anything is applied
    "reset_after",  # it is applied, then the connection breaks: no answer
    "truncate",  # it is applied; half of the body comes
    "html",  # a page instead of JSON; value: its status (default 502); nothing is applied
    "html_after",  # the same after it was applied
    "answer_after",  # it is applied, and the answer says it failed; value as for "answer"
    "act",  # somebody does something first; value: a callable
    "act_after",  # somebody does something right after the call was served
)


@dataclass
class Fault:
    """One thing that goes wrong. method: "values.batchGet", "write", "read", "drive", "token" or None for any."""

    kind: str
    value: Any = None
    method: str | None = None
    path: str | None = None
    nth: int = 1
    times: int = 1
    retry_after_s: float | None = None
    seen: int = 0
    done: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind}: one of {', '.join(KINDS)}")

    def fits(self, call: Call) -> bool:
        """Whether the call is one that this waits for."""
        named = (
            self.method is None or self.method in {call.method, call.kind} or call.method.endswith("." + self.method)
        )
        return named and (self.path is None or self.path in call.path)

    @property
    def over(self) -> bool:
        return self.done >= self.times


@dataclass
class Faults:
    """The faults that wait. `fired` tells what happened, in order: (number of the call, kind)."""

    waiting: list[Fault] = field(default_factory=list)
    fired: list[tuple[int, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, value: Any = None, **when: Any) -> Fault:
        """Let something go wrong: add("answer", 503, method="spreadsheets.batchUpdate", nth=1, times=2)."""
        fault = Fault(kind, value, **when)
        self.waiting.append(fault)
        return fault

    def before(self, action: Callable[[], object], **when: Any) -> Fault:
        """Somebody acts right before a call is served: before(lambda: anna.type("Deals", 2, 1, 5), method="write")."""
        return self.add("act", action, **when)

    def clear(self) -> None:
        self.waiting.clear()
        self.fired.clear()

    def due(self, call: Call) -> list[Fault]:
        """The faults whose turn this call is."""
        found = []
        with self.lock:
            for fault in self.waiting:
                if fault.over or not fault.fits(call):
                    continue
                fault.seen += 1
                if fault.seen >= fault.nth:
                    fault.done += 1
                    found.append(fault)
                    self.fired.append((call.number, fault.kind))
        return found


def pick(faults: Iterable[Fault], *kinds: str) -> Fault | None:
    """The first of some kinds."""
    return next((fault for fault in faults if fault.kind in kinds), None)


def trickled(body: bytes, seconds: float, pieces: int = 10) -> Iterator[bytes]:
    """The body in pieces with waits between."""
    size = max(1, len(body) // pieces)
    for at in range(0, len(body), size):
        yield body[at : at + size]
        time.sleep(seconds / pieces)
