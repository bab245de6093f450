"""The workbook as the conversation sees it: read once, guessed once, kept for all screens while the file stays the same.

Asks nothing and shows nothing. Only one workbook is kept at a time; a Google spreadsheet is read again only when asked to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sheets_crm.books.google.address import spreadsheet_id
from sheets_crm.books.model import Grid, SheetInfo
from sheets_crm.cards.yamlmodel import Document
from sheets_crm.errors import WorkbookMissing, WorkbookUnreadable
from sheets_crm.wizard.draft import Draft
from sheets_crm.words import LANGS, Lang

if TYPE_CHECKING:
    from sheets_crm.base.bind import Bound
    from sheets_crm.base.guess import SheetClues
    from sheets_crm.base.guess_model import SheetGuess
    from sheets_crm.cards import Template
    from sheets_crm.sync.config import CrmConfig
    from sheets_crm.sync.intake import Opened

T = TypeVar("T")
WRITABLE = (".xlsx", ".xlsm")
_EXPORTS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xls": "ole2", ".ods": "ods", ".xlsb": "xlsb"}


@dataclass(frozen=True)
class BookSeen:
    """A workbook at one moment. title: as people call it. grids: the owner's sheets, tabs of ours left out."""

    title: str
    stamp: object
    sheets: tuple[SheetInfo, ...]
    grids: Mapping[str, Grid]

    @property
    def cells(self) -> int:
        """How many there are, blank ones too."""
        return sum(grid.height * len(grid.columns) for grid in self.grids.values())


@dataclass
class _Kept:
    address: str
    book: BookSeen
    clues: dict[tuple[str, int | None], SheetClues | None] = field(default_factory=dict)
    guesses: dict[str, dict[str, SheetGuess]] = field(default_factory=dict)
    bound: dict[str, Bound] = field(default_factory=dict)
    found: dict[object, Any] = field(default_factory=dict)


class Reader:
    """Reads what a draft names. Every question may raise an OwnerError that says what is wrong with the workbook."""

    def __init__(self, open_google: Callable[[Draft], BookSeen] | None = None) -> None:
        self._google = open_google or read_google
        self._kept: _Kept | None = None

    def book(self, draft: Draft) -> BookSeen:
        """The draft's workbook. WorkbookMissing, WorkbookUnreadable, ConfigError."""
        return self._at(draft).book

    def remembered(self, draft: Draft, key: object, make: Callable[[], T]) -> T:
        """What was made of the workbook under this key, or is made now: kept while the workbook stays the same."""
        found = self._at(draft).found
        if key not in found:
            found[key] = make()
        return cast("T", found[key])

    def look_again(self) -> None:
        """Forget what was read."""
        self._kept = None

    def guesses(self, draft: Draft, settled: Mapping[str, Mapping[str, Any]] | None = None) -> Mapping[str, SheetGuess]:
        """A guess for each sheet on the whole. settled: what the owner said of sheets: their `cards` and `header_row`."""
        from sheets_crm.base.guess import Settled, read_clues
        from sheets_crm.base.guess_book import guess_from

        kept, said = self._at(draft), settled or {}
        key = json.dumps(said, sort_keys=True)
        if key not in kept.guesses:
            told = {
                name: Settled(tuple(one["cards"]) if "cards" in one else None, one.get("header_row"))
                for name, one in said.items()
            }
            for name, grid in kept.book.grids.items():
                row = told[name].header_row if name in told else None
                if (name, row) not in kept.clues:
                    kept.clues[name, row] = read_clues(grid, row)
            clues = {
                name: kept.clues[name, told[name].header_row if name in told else None] for name in kept.book.grids
            }
            kept.guesses[key] = guess_from(clues, kept.book.grids, told)
        return kept.guesses[key]

    def clues(self, draft: Draft, sheet: str, header_row: int | None) -> SheetClues | None:
        """What was read of a sheet's columns."""
        from sheets_crm.base.guess import read_clues

        kept = self._at(draft)
        for row in dict.fromkeys((header_row, None)):
            found = kept.clues.get((sheet, row))
            if found is not None and found.layout.header_row == (header_row or 0):
                return found
        if (sheet, header_row) not in kept.clues:
            kept.clues[sheet, header_row] = read_clues(kept.book.grids[sheet], header_row)
        return kept.clues[sheet, header_row]

    def bound(self, draft: Draft) -> Bound:
        """The sheets as the draft's settings bind them, each column where it stands. BindingError, ConfigError."""
        from datetime import UTC, datetime

        from sheets_crm.base.bind import bind

        kept, config = self._at(draft), config_of(draft)
        key = json.dumps([draft.settings.get("sheets"), config.template, config.country], sort_keys=True, default=str)
        if key not in kept.bound:
            stated = None if config.sheets is None else {n: s for n, s in config.sheets.items() if s.file is None}
            grids, today = kept.book.grids, datetime.now(UTC).date()  # the day only tells the year of a month's sheet
            kept.bound = {key: bind(grids, stated, template_of(draft), country=config.country, today=today, memory={})}
        return kept.bound[key]

    def _at(self, draft: Draft) -> _Kept:
        stamp = _stamp(draft.workbook)
        kept = self._kept
        if kept is None or kept.address != draft.workbook or (stamp is not None and kept.book.stamp != stamp):
            self._kept = None  # let the memory of a big workbook go before the next one is read
            book = self._google(draft) if stamp is None else read_file(Path(draft.workbook), stamp)
            kept = self._kept = _Kept(draft.workbook, book)
        return kept


def is_google(workbook: str) -> bool:
    """Is it the address of a spreadsheet rather than a file?"""
    return spreadsheet_id(workbook) is not None and not Path(workbook).is_absolute()


def _stamp(workbook: str) -> object:
    """Changes when the file does; None for a spreadsheet in Google."""
    if is_google(workbook):
        return None
    try:
        told = Path(workbook).stat()
    except OSError:
        return "missing"
    return (told.st_mtime_ns, told.st_size, told.st_ino)


def read_file(path: Path, stamp: object = None) -> BookSeen:
    """All sheets of a workbook file that are not ours. WorkbookMissing, WorkbookUnreadable with a sentence for each case."""
    from sheets_crm.books.excel.book import ExcelBook

    check_kind(path)
    book = ExcelBook(path)
    sheets = tuple(info for info in book.sheets() if info.tab is None)
    grids = dict(book.read([info.name for info in sheets]))
    return BookSeen(path.name, stamp if stamp is not None else _stamp(str(path)), sheets, grids)


def check_kind(path: Path) -> None:
    """Is it a file that the program can read and write? WorkbookMissing, WorkbookUnreadable: no, and what to do."""
    from sheets_crm.books.excel.reader_package import kind_of_file

    suffix = path.suffix.casefold()
    try:
        kind = kind_of_file(path)
    except PermissionError as error:
        raise WorkbookUnreadable("books.no_access", path=str(path)) from error
    except OSError as error:
        raise WorkbookMissing("books.missing", path=str(path)) from error
    if kind == "zip" and suffix not in _EXPORTS and suffix not in WRITABLE:
        raise WorkbookUnreadable("setup.stop.suffix", path=str(path))
    if suffix in _EXPORTS and kind not in {"encrypted", "html"}:
        why = _EXPORTS[suffix]
        key = "setup.stop.csv" if why == "csv" else f"books.{why}"
        raise WorkbookUnreadable(key, path=str(path))
    if kind != "zip":
        raise WorkbookUnreadable(f"books.{kind}", path=str(path))


def config_of(draft: Draft) -> CrmConfig:
    """The draft's settings as they would be read from crm.yaml. ConfigError."""
    from sheets_crm.cards.yamlmodel import validate
    from sheets_crm.sync.config import CrmConfig

    settings = {**draft.settings, "workbook": draft.settings.get("workbook") or draft.workbook}
    settings.setdefault("language", tabs_language(draft))
    return validate(Document(settings, {(): _mark(draft)}, _name(draft)), CrmConfig)


def tabs_language(draft: Draft) -> Lang:
    """The language of the tabs: as said, as a crm.yaml that is there means it, else the one that is spoken here."""
    said = draft.settings.get("language")
    usual = "ru" if draft.config and Path(draft.config).is_file() else draft.language
    return next((lang for lang in LANGS if lang == said), usual)


def opened_of(draft: Draft) -> Opened:
    """The draft as if its crm.yaml stood there already and were read. ConfigError."""
    from sheets_crm.sync.google import name_of
    from sheets_crm.sync.intake import Opened

    config = config_of(draft)
    google = spreadsheet_id(draft.workbook) if is_google(draft.workbook) else None
    workbook = Path(draft.workbook) if google is None else Path(draft.config).parent / name_of(config.name, google)
    document = Document(dict(draft.settings), {(): _mark(draft)}, _name(draft))
    return Opened(config, Path(draft.config), workbook, template_of(draft), document, google)


def template_of(draft: Draft) -> Template:
    """The trade chosen, else the one that fits any trade. PackError."""
    from sheets_crm.cards import template

    return template(str(draft.settings.get("template") or "base"))


def read_google(draft: Draft) -> BookSeen:
    """The spreadsheet's sheets that are not ours, in as few calls as there can be. OwnerError says why it can't be read."""
    from sheets_crm.books.google.book import GoogleBook
    from sheets_crm.sync.google import api_of

    opened = opened_of(draft)
    assert opened.google is not None
    book = GoogleBook(api_of(opened), opened.google, mends=False)
    stamp = book.fingerprint()
    sheets = tuple(info for info in book.sheets() if info.tab is None)
    return BookSeen(book.title, stamp, sheets, dict(book.read([info.name for info in sheets])))


def _name(draft: Draft) -> str:
    return Path(draft.config).name or "crm.yaml"


def _mark(draft: Draft) -> Any:
    from sheets_crm.cards.yamlmodel import Mark

    return Mark(_name(draft), 1)
