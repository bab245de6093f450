"""What was asked, how often and how much: the log of calls, and the quotas per minute."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.google.emulator.errors import quota_exceeded

_READING_POSTS = {
    "spreadsheets.getByDataFilter",
    "spreadsheets.developerMetadata.search",
    "values.batchGetByDataFilter",
}


def kind_of(api: str, name: str, http: str) -> str:
    """read, write, drive or token."""
    if api != "sheets":
        return api
    return "read" if http == "GET" or name in _READING_POSTS else "write"


@dataclass
class Call:
    """One request and how it was answered. Bytes are bodies as they went over the wire."""

    number: int
    method: str
    kind: str
    http: str
    path: str
    query: dict[str, list[str]]
    body: Any = None
    email: str | None = None
    status: int = 0  # 0: no answer was given
    bytes_in: int = 0
    bytes_out: int = 0
    at: float = 0.0
    fault: str | None = None

    def requests(self) -> list[str]:
        """The kinds of request inside a batchUpdate."""
        inner = self.body.get("requests", []) if isinstance(self.body, dict) else []
        return [next(iter(item), "") for item in inner]


class Calls:
    """The log, oldest first."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]

    def add(self, call: Call) -> None:
        self._calls.append(call)

    def clear(self) -> None:
        self._calls.clear()

    def of(self, kind: str) -> list[Call]:
        """Those of a kind: read, write, drive, token."""
        return [call for call in self if call.kind == kind]

    @property
    def reads(self) -> int:
        return len(self.of("read"))

    @property
    def writes(self) -> int:
        return len(self.of("write"))

    @property
    def bytes_in(self) -> int:
        """Bytes that the client sent in bodies."""
        return sum(call.bytes_in for call in self)

    @property
    def bytes_out(self) -> int:
        """Bytes that the client was sent in bodies."""
        return sum(call.bytes_out for call in self)

    def count(self, method: str) -> int:
        """How often a method was called ("spreadsheets.batchUpdate")."""
        return sum(call.method == method for call in self)

    def summary(self) -> dict[str, Any]:
        """Totals for the admin path."""
        return {
            "calls": len(self),
            "reads": self.reads,
            "writes": self.writes,
            "drive": len(self.of("drive")),
            "tokens": len(self.of("token")),
            "bytesIn": self.bytes_in,
            "bytesOut": self.bytes_out,
        }

    def listed(self, *, bodies: bool = False) -> list[dict[str, Any]]:
        """The log as JSON."""
        return [{name: item for name, item in asdict(call).items() if bodies or name != "body"} for call in self]


@dataclass
class Quota:
    """Calls per minute, for the project and for each user; 0 is no limit. `now` in seconds."""

    now: Callable[[], float]
    reads: int = 0
    writes: int = 0
    reads_per_user: int = 0
    writes_per_user: int = 0
    tell_when: bool = True  # say in RetryInfo when the minute ends
    seen: dict[tuple[str, str | None], deque[float]] = field(default_factory=dict)

    def as_google(self) -> None:
        """The limits of a new project."""
        self.reads = self.writes = 300
        self.reads_per_user = self.writes_per_user = 60

    def charge(self, kind: str, email: str | None) -> None:
        """Count a call. ApiError 429 when the minute is full."""
        if kind not in {"read", "write"}:
            return
        word = "Read" if kind == "read" else "Write"
        per_user, whole = (self.reads_per_user, self.reads) if kind == "read" else (self.writes_per_user, self.writes)
        for who, limit in ((email or "", per_user), (None, whole)):
            window = self._window(kind, who)
            if limit and len(window) >= limit:
                wait = 60 - (self.now() - window[0]) if self.tell_when else None
                raise quota_exceeded(word, per_user=who is not None, retry_s=wait, limit=limit)
        for who in (email or "", None):
            self._window(kind, who).append(self.now())

    def _window(self, kind: str, who: str | None) -> deque[float]:
        window = self.seen.setdefault((kind, who), deque())
        while window and self.now() - window[0] >= 60:
            window.popleft()
        return window


class Clock:
    """A clock that a test moves; without being moved it stands at the time it was given."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self.at = start

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds
