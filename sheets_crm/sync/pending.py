"""A result that waits for its workbook: since when, why, and for whom. Kept in the state folder until a write succeeds.

Marks are recorded before anything can be kept waiting; the rest is computed anew by the next run that finds the file
free. Knows nothing of how a file is found to be busy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from sheets_crm.disk import write_whole
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.sync.quick import WAITS
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Phrase


@dataclass(frozen=True)
class Pending:
    """since: the first run that could not write. last: the latest one. key, values: the sentence that says why."""

    since: datetime
    last: datetime
    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """Who has the workbook open; '' where that is not known."""
        return self.values.get("who", "")

    def note(self, zone: tzinfo, now: datetime) -> tuple[str, Mapping[str, object]]:
        """That a result waits, as a words key and its values; for `plan`, `status` and whoever else asks."""
        key = "openbook.note.waits_for" if self.who else "openbook.note.waits"
        return key, {
            "since": moment(self.since, zone, now),
            "workbook": self.values.get("workbook", ""),
            "who": self.who,
        }


def load(state: StateFolder | None) -> Pending | None:
    """The result that waits; None when none does, or when what is kept can't be read."""
    if state is None:
        return None
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads((state.path / WAITS).read_bytes())
        since, last = (datetime.fromisoformat(kept[name]) for name in ("since", "last"))
        return Pending(since, last, str(kept["key"]), {str(k): str(v) for k, v in kept["values"].items()})
    return None


def keep(state: StateFolder, error: WorkbookBusy, *, now: datetime, zone: tzinfo) -> OwnerError:
    """Remember that a result waits because of an error; the error to raise instead, which says so."""
    before = load(state)
    values = {name: str(value) for name, value in error.values.items()}
    pending = Pending(before.since if before else now, now, error.key, values)
    kept = {
        "since": pending.since.astimezone(UTC).isoformat(timespec="seconds"),
        "last": now.astimezone(UTC).isoformat(timespec="seconds"),
        "key": error.key,
        "values": values,
    }
    with suppress(OSError):  # the sentence is worth more than the note of it
        write_whole(state.path / WAITS, json.dumps(kept, ensure_ascii=False, indent=1).encode())
    since = moment(pending.since, zone, now)
    return WorkbookBusy("openbook.stop.waiting", **error.values, because=Phrase(error.key, error.values), started=since)


def clear(state: StateFolder) -> None:
    """Nothing waits any more."""
    with suppress(OSError):
        (state.path / WAITS).unlink(missing_ok=True)


def moment(when: datetime, zone: tzinfo, now: datetime) -> object:
    """A moment as people say it: the hour of today, else the day and the hour."""
    here = when.astimezone(zone)
    clock = f"{here:%H:%M}"
    if here.date() == now.astimezone(zone).date():
        return clock
    return Phrase("openbook.moment", {"day": here.date(), "clock": clock})
