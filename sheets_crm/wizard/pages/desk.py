"""What the owner's pages share: the base as it was last read, work that goes on beside them, codes in place of names.

The base is read beside the pages, once for a state of the workbook, its configuration and the day. Knows no page and writes
nothing itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from sheets_crm.cards import fold
from sheets_crm.errors import OwnerError
from sheets_crm.sync.fault import log_our_fault
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened
    from sheets_crm.sync.run import Result

Later = Callable[[Callable[[], None]], None]
PATIENCE_S = 1.5  # how long a page waits for work it has just begun before it shows that it goes on
GLANCE_S = 0.2  # ... and for work that goes on already
NEWS_S = 120.0  # for so long a page tells what came of its button
AGAIN_S = 5.0  # what could not be read is tried again after so long
GOOGLE_S = 300  # a spreadsheet in the network is read anew no more often: asking whether it changed costs a read
_CODE = 10  # bytes


def beside(work: Callable[[], None]) -> None:
    """Do it in a thread of its own, which ends with the program."""
    threading.Thread(target=work, daemon=True).start()


@dataclass(frozen=True)
class Fault:
    """Our fault, told as an error is. The log knows it by its number."""

    key: str
    number: str

    @property
    def values(self) -> Mapping[str, object]:
        return {"number": self.number}


Trouble = OwnerError | Fault


class Work:
    """One piece of work. value or error: what came of it, once it is over."""

    def __init__(self, about: object = None, *, only_reads: bool = False) -> None:
        self.about = about
        self.only_reads = only_reads
        self.value: Any = None
        self.error: Trouble | None = None
        self.ended = 0.0  # by the clock that only goes on
        self._over = threading.Event()

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def is_news(self) -> bool:
        """Has it ended so lately that its end is still worth telling?"""
        return self.is_over and time.monotonic() - self.ended < NEWS_S

    def wait(self, seconds: float) -> bool:
        """Is it over within these seconds?"""
        return self._over.wait(seconds)

    def do(self, what: Callable[[], Any]) -> None:
        """Do it; whatever goes wrong becomes an error with a sentence."""
        try:
            self.value = what()
        except OwnerError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - the page says so, the log has the rest
            self.error = Fault("pages.fault", number=log_our_fault(error)[0])
        self.ended = time.monotonic()
        self._over.set()


@dataclass(frozen=True)
class Seen:
    """The base as it was read at a moment."""

    result: Result
    at: datetime
    code: Callable[[str], str]

    def client(self, code: str) -> str | None:
        """The client's `_id` behind a code."""
        return self._by_code.get(code)

    def client_code(self, identity: str) -> str:
        """The code of a client of this reading; "" for one who is not in it."""
        return self.code(identity) if identity and identity in self._ids else ""

    def named(self, name: str) -> str:
        """The `_id` of the only client of that name; "" where there is none or several."""
        return self._by_name.get(fold(name), "") if name else ""

    def row_of(self, identity: str) -> dict[str, Any]:
        """The client's facts; KeyError where there are none of that `_id`."""
        import polars as pl

        facts = self.result.numbers.facts.get("client")
        found = [] if facts is None else facts.frame.filter(pl.col("id") == identity).head(1).to_dicts()
        if not found:
            raise KeyError(identity)
        return found[0]

    def name_of(self, identity: str) -> str:
        """What the client of this reading is called."""
        return str(self.row_of(identity).get("client") or "")

    @cached_property
    def _ids(self) -> frozenset[str]:
        facts = self.result.numbers.facts.get("client")
        return frozenset() if facts is None else frozenset(facts.frame["id"].to_list())

    @cached_property
    def _by_code(self) -> dict[str, str]:
        return {self.code(identity): identity for identity in self._ids}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        facts = self.result.numbers.facts.get("client")
        found: dict[str, str] = {}
        if facts is not None:
            for name, identity in facts.frame.select("client", "id").iter_rows():
                key = fold(name or "")
                found[key] = "" if key in found else identity
        return found


@dataclass(frozen=True)
class Looked:
    """What there is to show. seen: the last good reading. error: why the present state can't be read. is_busy: it is being read."""

    seen: Seen | None
    error: Trouble | None = None
    is_busy: bool = False


def told(error: Trouble, lang: Lang) -> str:
    """The error's sentence."""
    return say(error.key, lang, **error.values)


@dataclass
class Desk:
    """One configuration, and all that its pages remember between two calls.

    today: a day to act as if it were; None: the present one. later: does work beside the calls.
    """

    config: Path
    today: date | None = None
    later: Later = beside
    patience_s: float = PATIENCE_S
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    works: dict[str, Work] = field(default_factory=dict)
    notes: dict[str, Any] = field(
        default_factory=dict
    )  # what pages remember: searches, copies looked through, try-outs

    def __post_init__(self) -> None:
        self._secret = token_bytes(16)
        self._seen: Seen | None = None
        self._stamps: dict[Path, tuple[object, str]] = {}
        self._files: tuple[str, tuple[Path, ...]] = ("", ())
        self._opened: Opened | None = None

    def code(self, text: str) -> str:
        """What stands for a name or an identity in an address: tells nothing, and holds as long as this program runs."""
        return blake2b(text.encode(), digest_size=_CODE, key=self._secret).hexdigest()

    # --- work beside the pages --------------------------------------------------------------------------------------

    def begin(self, name: str, what: Callable[[], Any], about: object = None, *, only_reads: bool = False) -> Work:
        """Begin a work of this name, unless one of that name goes on: then that one."""
        going = self.works.get(name)
        if going is not None and not going.is_over:
            return going
        work = self.works[name] = Work(about, only_reads=only_reads)
        self.later(lambda: work.do(what))
        return work

    def work(self, name: str) -> Work | None:
        """The last work of this name; None where there was none. Waits a moment for one that goes on."""
        work = self.works.get(name)
        if work is not None:
            work.wait(GLANCE_S)
        return work

    def finish(self, seconds: float) -> bool:
        """Wait for what is writing or copying; is all of it over? Readings may be dropped."""
        until = time.monotonic() + seconds
        going = [work for work in self.works.values() if not work.is_over and not work.only_reads]
        return all(work.wait(max(until - time.monotonic(), 0.0)) for work in going)

    @property
    def latest(self) -> Seen | None:
        """The base as it was read last, without looking whether it changed; None before the first reading."""
        return self._seen

    # --- the base ---------------------------------------------------------------------------------------------------

    def opened(self) -> Opened:
        """The configuration as it stands. ConfigError: it can't be used."""
        from sheets_crm.sync.intake import open_config

        stamp = self._stamp_of(self.config)
        if self._opened is None or self._files[0] != stamp:
            self._opened = None
            self._files = (stamp, ())
            self._opened = open_config(str(self.config))
            self._files = (stamp, _files(self._opened))
        return self._opened

    def look(self) -> Looked:
        """The base as it stands now where it has been read, else as it was read last, while it is being read anew."""
        stamp, work = self._stamp(), self.works.get("reading")
        stale = work is None or (work.is_over and (work.about != stamp or _may_try_again(work)))
        if stale:
            work = self.begin("reading", self._read, stamp, only_reads=True)
        assert work is not None
        if not work.wait(self.patience_s if stale else GLANCE_S):
            return Looked(self._seen, is_busy=True)
        if work.value is not None:
            self._seen = work.value
        return Looked(self._seen, work.error)

    def _read(self) -> Seen:
        from sheets_crm.sync.run import plan

        at = self.now()
        return Seen(plan(self.opened(), today=self.today), at, self.code)

    def _stamp(self) -> tuple[str, ...]:
        """Equal as long as nothing changed that a reading depends on."""
        from sheets_crm.sync.quick import WAITS
        from sheets_crm.sync.state import StateFolder

        try:
            opened = self.opened()
        except OwnerError as error:
            return (self._stamp_of(self.config), error.key)
        state = StateFolder.existing(opened.path, opened.config.workbook)
        waits = state is not None and (state.path / WAITS).exists()
        day = self.today or opened.config.today(self.now())
        network = str(int(time.monotonic() // GOOGLE_S)) if opened.google is not None else ""
        stamps = [self._stamp_of(path) for path in (self.config, *self._files[1])]
        return (*stamps, str(waits), day.isoformat(), network)

    def _stamp_of(self, path: Path) -> str:
        """A file's content in brief, or why it can't be read. Read again only when the system says that it changed."""
        from sheets_crm.books.excel.files import fingerprint

        try:
            stat = path.stat()
            sign = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            known = self._stamps.get(path)
            if known is None or known[0] != sign:
                known = self._stamps[path] = (sign, fingerprint(path))
            return known[1]
        except OSError as error:
            return type(error).__name__
        except OwnerError as error:
            return error.key


def _may_try_again(work: Work) -> bool:
    return work.error is not None and time.monotonic() - work.ended > AGAIN_S


def _files(opened: Opened) -> tuple[Path, ...]:
    """All files that a reading depends on."""
    from sheets_crm.sync.companion import companion_path

    companion = companion_path(opened)
    sources = [one.file for one in (opened.config.sheets or {}).values() if one.file is not None and not one.ignore]
    own = () if opened.google is not None else (opened.workbook,)
    more = [opened.beside(name) for name in (*opened.config.packs, *sources)]
    return (*own, *more, *((companion,) if companion is not None else ()))
