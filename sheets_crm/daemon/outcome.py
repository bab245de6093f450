"""What a run left behind, as the daemon learns of it from the process that ran. Plain values: crosses a pipe.

Imports nothing heavy: the daemon itself stays small.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sheets_crm.errors import OwnerError


class Kind(StrEnum):
    """What a run is for. A look does nothing where nothing has changed; a full run reads and reckons whatever happens."""

    LOOK = "look"
    FULL = "full"
    BACKUP = "backup"


class Fault(Exception):
    """A run ended without an answer: our fault. Carries a words key and its values, as OwnerError does.

    place: kinds and places of the errors, for the log; without personal data.
    """

    def __init__(self, key: str, place: str = "", **values: object) -> None:
        super().__init__(key)
        self.key, self.place, self.values = key, place, values

    exit_code = 70


@dataclass(frozen=True)
class Outcome:
    """The end of one run. error: why it wrote nothing. counts: what there is of everything. written: how many tabs.

    result: the pickled `sync.run.Result`, where somebody listens and there is one; never opened in the daemon itself.
    """

    kind: Kind
    error: OwnerError | Fault | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    written: int = 0
    result: bytes | None = None


def packed(outcome: Outcome) -> bytes:
    """Through a pipe; an error whose values can't go is told by its key and their texts."""
    try:
        return pickle.dumps(outcome)
    except Exception:  # noqa: BLE001 - whatever a value's class makes of it
        error = outcome.error
        assert error is not None
        plain = type(error)(error.key, **{name: str(value) for name, value in error.values.items()})
        return pickle.dumps(Outcome(outcome.kind, plain))


def unpacked(data: bytes) -> Outcome | None:
    """What came through the pipe; None where the process died before it had finished speaking."""
    try:
        found = pickle.loads(data)  # noqa: S301 - from our own child
    except Exception:  # noqa: BLE001 - a torn pickle may raise anything
        return None
    return found if isinstance(found, Outcome) else None


def name_of(config: Path) -> str:
    """A configuration's name in logs: its folder's and its own, never what is in it."""
    return f"{config.parent.name}/{config.name}"
