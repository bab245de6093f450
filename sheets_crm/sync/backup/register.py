"""What is known of the copies beside their files: what each was made for, which ones lie in the owner's folder.

`copies.json` in the state folder. It may be deleted: copies stay copies, only their reasons are forgotten, and those in
the owner's folder are never removed any more. Touches no copy.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from sheets_crm.disk import write_whole
from sheets_crm.sync.backup.model import Why
from sheets_crm.sync.state import StateFolder, cannot_write

FILE = "copies.json"
_VERSION = 1


@dataclass(frozen=True)
class Outside:
    """A copy that we put into the owner's folder. made: UTC. digest: the beginning of the *workbook's* SHA-256."""

    made: datetime
    digest: str
    why: Why | None = None


@dataclass(frozen=True)
class Away:
    """The owner's folder takes no copies. since: UTC. key, values: the words for why."""

    since: datetime
    key: str
    values: dict[str, str]


@dataclass
class Register:
    """All that copies.json holds.

    mark: four signs in the names of our copies in the owner's folder, by which two workbooks of one name are told apart.
    place: the state folder's own path; copied elsewhere, the register knows nothing of the owner's folder any more.
    folder: the owner's folder to which `outside` belongs. looked: when the workbook was last compared with its last copy.
    """

    place: str
    mark: str
    reasons: dict[str, Why] = field(default_factory=dict)
    folder: str = ""
    outside: dict[str, Outside] = field(default_factory=dict)
    away: Away | None = None
    looked: datetime | None = None
    carried: str = ""  # the day, ISO, whose copy the owner's folder has

    @classmethod
    def read(cls, state: StateFolder) -> Register:
        """What is known; an empty register where nothing is, or where the file can't be understood."""
        place = str(state.path.absolute())
        try:
            known = json.loads((state.path / FILE).read_bytes())
            register = cls._of(known)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(place, secrets.token_hex(2))
        if register.place != place:  # the folder was copied or moved: what lies outside may be another's
            return cls(place, secrets.token_hex(2), register.reasons)
        return register

    @classmethod
    @contextlib.contextmanager
    def changed(cls, state: StateFolder) -> Iterator[Register]:
        """The register to be changed; kept when the block ends. StateError when it can't be."""
        register = cls.read(state)
        yield register
        register.keep(state)

    def keep(self, state: StateFolder) -> None:
        """Write it whole. Reasons of copies that are gone are forgotten."""
        present = {path.name for path in state.backups.glob("*")}
        self.reasons = {name: why for name, why in self.reasons.items() if name in present}
        try:
            write_whole(state.path / FILE, json.dumps(self._json(), ensure_ascii=False, indent=1).encode())
        except OSError as error:
            raise cannot_write(error, state.path) from error

    @classmethod
    def _of(cls, known: dict[str, Any]) -> Register:
        away = known["away"]
        return cls(
            place=str(known["place"]),
            mark=str(known["mark"]),
            reasons={str(name): why for name, why in known["reasons"].items() if why in get_args(Why)},
            folder=str(known["folder"]),
            outside={
                str(name): Outside(_moment(one["made"]), str(one["digest"]), one["why"])
                for name, one in known["outside"].items()
            },
            away=Away(_moment(away["since"]), str(away["key"]), dict(away["values"])) if away else None,
            looked=_moment(known["looked"]) if known["looked"] else None,
            carried=str(known["carried"]),
        )

    def _json(self) -> dict[str, Any]:
        away = self.away
        return {
            "version": _VERSION, "place": self.place, "mark": self.mark, "reasons": self.reasons, "folder": self.folder,
            "outside": {
                name: {"made": one.made.isoformat(), "digest": one.digest, "why": one.why}
                for name, one in self.outside.items()
            },
            "away": {"since": away.since.isoformat(), "key": away.key, "values": away.values} if away else None,
            "looked": self.looked.isoformat() if self.looked else None,
            "carried": self.carried,
        }  # fmt: skip


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
