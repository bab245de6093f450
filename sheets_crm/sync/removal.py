"""`remove`: our tabs taken out of the workbook (and of a companion), what stood on them kept for a later sync.

Marks are recorded in history and the tasks tab is kept before anything is written; a copy of each file is made first. What
the tabs left in a file is `books`' business. Stops no service: that is the command's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.base.history import History
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import Applied, FingerprintChanged, WritePlan
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.sync import kept, memory, pending, places
from sheets_crm.sync.backup import Backup, back_up, list_backups
from sheets_crm.sync.backup.regular import place_of
from sheets_crm.sync.companion import FORMER, companion_path
from sheets_crm.sync.google import book_in_google
from sheets_crm.sync.intake import Opened, Read, book_of, open_config
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.books.google.book import GoogleBook

TRIES = 3
_WAIT_S = 5.0
_KEPT = ("tasks",)  # tabs that are read back as a whole

Hear = Callable[[Lang], object]
Note = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Stay:
    """What `remove` never touches. key: of `remove.stays`. path: where it is. n: how many, where that says something."""

    key: str
    path: str
    n: int = 0


@dataclass(frozen=True)
class Foreseen:
    """What would be taken out. tabs: (workbook's name, tab's name). marks: rows of the tasks tab in which somebody typed."""

    opened: Opened
    tabs: tuple[tuple[str, str], ...]
    marks: int = 0


@dataclass(frozen=True)
class Removed:
    """What was done. files: workbooks that held nothing but our tabs, and are gone. kept: why a tab stays. tidied: files in
    which something of ours stood though no tab did.
    """

    opened: Opened
    tabs: tuple[tuple[str, str], ...] = ()
    files: tuple[Path, ...] = ()
    kept: tuple[Note, ...] = ()
    marks: int = 0
    backups: tuple[str, ...] = ()
    stays: tuple[Stay, ...] = ()
    tidied: bool = False

    @property
    def changed(self) -> bool:
        """Was anything written?"""
        return bool(self.tabs or self.files or self.tidied)

    def json(self, lang: Lang) -> dict[str, Any]:
        """The object of `remove --json`."""
        return {
            "workbook": self.opened.address, "changed": self.changed,
            "tabs": [{"workbook": workbook, "tab": tab} for workbook, tab in self.tabs],
            "deleted": [str(path) for path in self.files],
            "kept": [{"tab": str(values["tab"]), "message": say(key, lang, **values)} for key, values in self.kept],
            "marks": self.marks, "backups": list(self.backups),
            "stays": [{"what": one.key, "path": one.path} for one in self.stays],
        }  # fmt: skip


@dataclass
class _Work:
    """What is at hand while tabs are taken out. copies: made before a write."""

    opened: Opened
    state: StateFolder
    now: datetime
    even_added: bool
    copies: list[Backup] = field(default_factory=list)
    tabs: list[tuple[str, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    tidied: bool = False

    def copy(self, path: Path) -> None:
        """The copy before a write."""
        keep = self.opened.config.backups.rotation
        self.copies.append(back_up(path, self.state, now=self.now, keep=keep))

    def took(self, name: str, applied: Applied, was: str) -> None:
        """Remember what one file lost."""
        self.tabs += [(name, tab) for tab in applied.removed.values()]
        self.notes += [(_NOTES[key], values) for key, values in applied.notes if key in _NOTES]
        self.tidied |= not applied.removed and applied.fingerprint != was


_NOTES = {f"openbook.note.tab_kept_{why}": f"remove.kept_{why}" for why in ("added", "formulas", "last")}


def foreseen(config: str | None, *, on_language: Hear = lambda _: None) -> Foreseen:
    """What would be taken out now. Writes nothing; what would stop the removal is raised."""
    opened = open_config(config)
    on_language(opened.lang)
    if opened.google is None:
        files = [_book(opened, path) for path in _files(opened)]
        found = [(book, info.name) for book in files for info in book.sheets() if info.tab]
        for book in {id(book): book for book, _ in found}.values():
            book.refuse_now()
        names = [(book.path.name, tab) for book, tab in found]
    else:
        names = [(opened.called, info.name) for info in book_of(opened).sheets() if info.tab]
    if not names:
        return Foreseen(opened, ())
    return Foreseen(opened, tuple(names), _marks(_read(opened, book_of(opened))))


def removed(config: str | None, *, even_added: bool = False, on_language: Hear = lambda _: None) -> Removed:
    """Take our tabs out. Any OwnerError means: nothing was taken out of the file it names.

    even_added: also tabs on which people put something of their own; a copy of the file is made before, as always.
    """
    opened = open_config(config)
    on_language(opened.lang)
    if not _has_traces(opened):
        return Removed(opened, stays=tuple(_stays(opened)))
    state = StateFolder.beside(opened.path, opened.config.workbook)
    with state.lock(wait_s=_WAIT_S), History.open(state.path) as history:
        for _ in range(TRIES):
            with suppress(FingerprintChanged):
                return _once(_Work(opened, state, datetime.now(UTC), even_added), history)
    raise WorkbookBusy("sync.keeps_changing", workbook=opened.called, n=TRIES)


def _once(work: _Work, history: History) -> Removed:
    opened, state = work.opened, work.state
    books = [] if opened.google else [_book(opened, path, work.copy) for path in _files(opened)]
    before = {book.path: book.fingerprint() for book in books}
    whole = book_of(opened, work.copy)
    seen = _read(opened, whole)
    marks = places.marks_of(seen)
    if marks.taken or marks.differing:
        raise OwnerError("remove.stop.sync_first", workbook=opened.called)
    if not seen.is_lost:
        today = opened.config.today(work.now)
        history.record_marks(memory.marks_seen(marks.tab.marks), today=today, now=work.now)
    if "tasks" in seen.tabs:
        kept.keep(state, seen.tabs["tasks"])
    if opened.google is None:
        for book in sorted(books, key=lambda one: one.path == opened.workbook):  # the base last: it matters most
            _take_out(work, book, before[book.path])
    else:
        _take_out_of_google(work, whole, seen)  # type: ignore[arg-type]
    if not work.notes and not seen.is_lost:
        (state.path / places.FILE).unlink(missing_ok=True)
    pending.clear(state)
    state.forget()
    copies = tuple(copy.name for copy in work.copies)
    stays = tuple(_stays(opened))
    return Removed(
        opened, tuple(work.tabs), tuple(work.files), tuple(work.notes), _marks(seen), copies, stays, work.tidied
    )


def _take_out(work: _Work, book: ExcelBook, expected: str) -> None:
    """Our tabs out of one file; a file that holds nothing else goes as a whole, unless it is the base."""
    ours = [info for info in book.sheets() if info.tab]
    if ours and book.path != work.opened.workbook and book.is_wholly_ours(_KEPT):
        book.refuse_now()
        work.copy(book.path)
        if book.fingerprint() != expected:
            raise FingerprintChanged
        try:
            book.path.unlink()
        except OSError as error:
            raise WorkbookBusy("remove.stop.not_deleted", workbook=book.path.name) from error
        work.files.append(book.path)
        work.tabs += [(book.path.name, info.name) for info in ours]
        return
    plan = WritePlan((), expected, tuple(places_of(book)), kept=_KEPT, even_added=work.even_added)
    work.took(book.path.name, book.apply(plan), expected)


def _take_out_of_google(work: _Work, book: GoogleBook, seen: Read) -> None:
    tabs = tuple(seen.titles)
    applied = book.apply(WritePlan((), seen.fingerprint, tabs, kept=_KEPT, even_added=work.even_added))
    work.took(book.title, applied, seen.fingerprint)
    if set(applied.removed) == set(tabs):
        work.tidied |= book.forget()


def places_of(book: ExcelBook) -> list[str]:
    """Ids of our tabs in a file; where none stands, one that is nowhere, so that what was left behind is tidied."""
    return [info.tab for info in book.sheets() if info.tab] or ["-"]


# ---- looking


def _files(opened: Opened) -> list[Path]:
    """The workbook, its companion, and companions of before."""
    found = [opened.workbook]
    companion = companion_path(opened)
    if companion is not None and companion.exists():
        found.append(companion)
    former = places.former_places(opened, ExcelBook(opened.workbook), ())
    return list(dict.fromkeys([*found, *(one.path for one in former if not one.is_copy)]))


def _has_traces(opened: Opened) -> bool:
    if opened.google is not None:
        return book_in_google(opened, None).has_traces()
    return any(ExcelBook(path).has_traces() for path in _files(opened))


def _book(opened: Opened, path: Path, before_write: Callable[[Path], None] | None = None) -> ExcelBook:
    protected = opened.config.protected_structure == "write"
    wait_s = opened.config.book.wait_s
    return ExcelBook(path, allow_protected=protected, wait_s=wait_s, before_write=before_write)


def _read(opened: Opened, book: Any) -> Read:
    """Our tasks tab where it stands now and where it stood before; none of the user's sheets."""
    fingerprint, sheets = book.fingerprint(), book.sheets()
    titles = {info.tab: info.name for info in sheets if info.tab and not info.tab.startswith(FORMER)}
    tabs = {tab: book.read([name])[name] for tab, name in titles.items() if tab == "tasks"}
    former = places.former_places(opened, book, sheets)
    return Read(fingerprint, sheets, {}, tabs, titles, former=former, is_lost=places.is_lost(opened))


def _marks(seen: Read) -> int:
    return sum(1 for mark in places.marks_of(seen).tab.marks if mark.touched)


def _stays(opened: Opened) -> Iterator[Stay]:
    """Everything that is still there afterwards."""
    state = StateFolder.existing(opened.path, opened.config.workbook)
    yield Stay("config", str(opened.path.absolute()))
    if state is not None:
        yield Stay("state", str(state.path.absolute()), len(list_backups(state)))
    place = place_of(opened)
    if place is not None:
        yield Stay("outside", str(place.folder))
    if opened.config.calendar_feed is not None:
        yield Stay("feed", str(opened.beside(opened.config.calendar_feed.folder)))


def titles(found: Sequence[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    """Workbook's name -> names of tabs."""
    return {workbook: tuple(tab for book, tab in found if book == workbook) for workbook, _ in found}
