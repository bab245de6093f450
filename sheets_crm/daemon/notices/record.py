"""What was told to whom and what still waits to be sent: `notices/notices.json` in the state folder, whole or not at all.

May be deleted at any time: then a digest of today may come a second time, and arrivals are counted from the next run.
Knows nothing of how anything is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sheets_crm.disk import make_folder, write_whole
from sheets_crm.sync.state import StateFolder, cannot_write

FOLDER = "notices"
FILE = "notices.json"
VERSION = 1
_LOCK_S = 10.0

Kind = Literal["digest", "reminder", "lead", "alarm"]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Item(_Kept):
    """A message that waits. due: when to try next; until: when it has lost its sense. sending: who tries now, since `tried`."""

    address: str
    kind: Kind
    title: str
    body: str
    made: datetime
    due: datetime
    until: datetime
    cause: str = ""  # of an alarm
    quiet: bool = True  # minds the quiet hours
    tries: int = 0
    sending: str = ""
    tried: datetime | None = None


class Top(_Kept):
    """A task as a digest names it. All that may name a client is "" unless personal data are switched on."""

    kind: str
    due: date
    time: str = ""
    row: int = 0  # on the Tasks tab
    client: str = ""
    contact: str = ""
    todo: str = ""
    amount: str = ""


class Load(_Kept):
    """The day of one manager. manager: "" for tasks of nobody. amount: as people read it, "" where it may not be told."""

    manager: str
    today: int = 0
    overdue: int = 0
    kinds: list[tuple[str, int]] = Field(default_factory=list)
    times: list[str] = Field(default_factory=list)
    amount: str = ""
    top: list[Top] = Field(default_factory=list)


class Material(_Kept):
    """What a digest is made of, as one run saw it. tab, problems_tab: titles, "" where not drawn."""

    day: date
    loads: list[Load] = Field(default_factory=list)
    problems: int = 0
    errors: int = 0
    tab: str = ""
    problems_tab: str = ""


class Coming(Top):
    """A task with an hour of these days. at: the moment, UTC."""

    key: str
    manager: str
    at: datetime


class Failing(_Kept):
    """Runs that failed one after another. transient: the workbook was merely busy. sentence: of the last one."""

    cause: str
    transient: bool
    count: int
    first: datetime
    last: datetime
    sentence: str
    told: bool = False


class Contact(_Kept):
    """Whom to tell where crm.yaml can't be read any more."""

    owner: list[str] = Field(default_factory=list)
    book: str = ""
    lang: Literal["ru", "en"] = "ru"
    zone: str = "UTC"
    quiet: str | None = None


class Record(_Kept):
    """All of it. digests, alarmed: address or cause -> the last day. reminded: task and moment -> that day."""

    version: int = VERSION
    digests: dict[str, date] = Field(default_factory=dict)
    reminded: dict[str, date] = Field(default_factory=dict)
    alarmed: dict[str, date] = Field(default_factory=dict)
    coming: list[Coming] = Field(default_factory=list)
    material: Material | None = None
    failing: Failing | None = None
    failures: int = 0  # since the owner's last digest
    contact: Contact | None = None
    outbox: list[Item] = Field(default_factory=list)


class Notebook:
    """The record of one workbook in its state folder."""

    def __init__(self, state: StateFolder) -> None:
        self.state = state
        self.folder = StateFolder(state.path / FOLDER)
        self._path = self.folder.path / FILE

    def read(self) -> Record:
        """As it stands; an empty one where there is none, or a damaged one, or one of another version."""
        try:
            found = Record.model_validate_json(self._path.read_bytes())
        except (OSError, ValidationError):
            return Record()
        return found if found.version == VERSION else Record()

    @contextmanager
    def change(self) -> Iterator[Record]:
        """The record to change, for one process and thread at a time; written when the block ends well and it has changed.

        Never send anything inside. StateError, WorkbookBusy: the folder can't be used.
        """
        try:
            make_folder(self.folder.path)
        except OSError as error:
            raise cannot_write(error, self.folder.path) from error
        with self.folder.lock(wait_s=_LOCK_S):
            record = self.read()
            before = record.model_dump_json()
            yield record
            if record.model_dump_json() == before:
                return
            try:
                write_whole(self._path, record.model_dump_json(indent=1).encode())
            except OSError as error:
                raise cannot_write(error, self.folder.path) from error
