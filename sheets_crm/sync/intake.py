"""Opening a configuration and reading what it names: the workbook's sheets, our tabs as they stand, extra sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sheets_crm.base.misnamed import misnamed
from sheets_crm.base.settings import SheetSettings
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.google.address import address_of
from sheets_crm.books.inbox import is_pattern, read_inbox
from sheets_crm.books.model import Book, Grid, SheetInfo
from sheets_crm.cards import Template, fold, template
from sheets_crm.cards.templates import template_texts
from sheets_crm.cards.yamlmodel import Document, read_yaml, validate
from sheets_crm.errors import BindingError, ConfigError, OwnerError
from sheets_crm.shelf import NO_SHELF, Shelf
from sheets_crm.sync.companion import CompanionBook, companion_path
from sheets_crm.sync.config import CrmConfig, config_path
from sheets_crm.sync.config_check import check
from sheets_crm.sync.google import book_in_google, google_id, name_of
from sheets_crm.sync.kept import kept
from sheets_crm.sync.places import Former, former_places, is_lost
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang

if TYPE_CHECKING:
    from sheets_crm.books.google.book import GoogleBook

READABLE = (".xlsx", ".xlsm", ".xltx", ".xltm")
_ADDRESS = re.compile(r"\s*(?:https?|ftp)://", re.IGNORECASE)
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how workbooks begin: a configuration never does


@dataclass(frozen=True)
class Opened:
    """A configuration, read and checked. path: of crm.yaml. workbook: absolute. document: where each key stands."""

    config: CrmConfig
    path: Path
    workbook: Path
    template: Template
    document: Document
    google: str | None = None  # id of the spreadsheet, where the workbook is one: then there is no file at `workbook`
    title: str | None = None  # of a spreadsheet, once it was read

    @property
    def called(self) -> str:
        """What people call the workbook: see the module of that name."""
        from sheets_crm.sync.called import called

        return self.title or called(self.path, self.config.workbook, self.config.name, lang=self.lang)

    @property
    def called_plain(self) -> str:
        """The same without a file's ending."""
        return self.workbook.stem if self.google is None else self.called

    def read_as(self, book: object) -> Opened:
        """The same, knowing the title of the spreadsheet that was read as `book`."""
        return self if self.google is None else replace(self, title=getattr(book, "title", None))

    @property
    def address(self) -> str:
        """Where people find the workbook: its path, or the address of a Google spreadsheet."""
        return str(self.workbook) if self.google is None else address_of(self.google)

    @property
    def lang(self) -> Lang:
        """The language of the generated tabs."""
        return self.config.language

    def beside(self, name: str) -> Path:
        """A path of the configuration: relative ones start at its own folder."""
        return (self.path.parent / Path(name).expanduser()).absolute()


@dataclass(frozen=True)
class Read:
    """What was read at one moment. tabs: our tabs as they stand, by id. grids: the user's sheets and extra sources."""

    fingerprint: str
    sheets: Sequence[SheetInfo]
    grids: Mapping[str, Grid]
    tabs: Mapping[str, Grid]
    titles: Mapping[str, str]
    sources: Mapping[str, Path] = field(default_factory=dict)
    former: Sequence[Former] = ()  # our tasks tab where it stood before
    is_lost: bool = False  # a companion workbook that was there is gone


def open_config(given: str | None) -> Opened:
    """Read crm.yaml (a file, or the folder it is in). ConfigError says which line and key to mend."""
    path = config_path(given)
    return open_text(_config_text(path), path)


def open_text(text: str, path: Path) -> Opened:
    """The same of a text that stands, or is to stand, at the path. Reads nothing but what the text names beside it."""
    document = read_yaml(text, path.name)
    config = validate(document, CrmConfig)
    google = google_id(path, config.workbook)
    if google is None and _ADDRESS.match(config.workbook):
        mark = document.mark(("workbook",))
        raise ConfigError("config.web_address", file=mark.file, line=mark.line, seen=config.workbook)
    named = Path(config.workbook).expanduser() if google is None else Path(name_of(config.name, google))
    workbook = (path.parent / named).absolute()
    with placed(document):
        chosen = _template(config.template or "base")
        check(config, chosen)
    return Opened(config, path, workbook, chosen, document, google)


def _config_text(path: Path) -> str:
    try:
        content = path.read_bytes()
        if content.startswith(_BOOKS):
            raise ConfigError("config.is_workbook", path=str(path), workbook=path.name)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError("config.not_utf8", path=str(path)) from None
    except OSError as error:
        raise ConfigError("config.not_readable", path=str(path)) from error


def _template(name: str) -> Template:
    known = sorted(template_texts())
    if name not in known:
        raise misnamed("config.template_unknown", name, known, ("template",))
    return template(name)


@contextmanager
def placed(document: Document) -> Iterator[None]:
    """A ConfigError that names keys (`keys`) learns the file and line at which they stand."""
    try:
        yield
    except ConfigError as error:
        if (keys := error.values.pop("keys", None)) is not None:
            mark = document.mark(tuple(cast("tuple[str, ...]", keys)))
            error.values |= {"file": mark.file, "line": str(mark.line)}
        raise


def book_of(
    opened: Opened,
    before_write: Callable[[Path], object] | None = None,
    *,
    wait_s: float | None = None,
    shelf: Shelf = NO_SHELF,
) -> ExcelBook | CompanionBook | GoogleBook:
    """The configured workbook as a book.

    before_write: called just before a file is replaced. wait_s: None as configured. shelf: what an earlier reading put aside.
    """

    def before(path: Path) -> None:
        if before_write is not None:
            before_write(path)

    if opened.google is not None:
        with placed(opened.document):
            return book_in_google(opened, before_write)
    wait_s = opened.config.book.wait_s if wait_s is None else wait_s
    protected = opened.config.protected_structure == "write"
    with placed(opened.document):
        companion = companion_path(opened)
    if companion is None:
        return ExcelBook(opened.workbook, allow_protected=protected, wait_s=wait_s, before_write=before, shelf=shelf)
    written = ExcelBook(
        companion, allow_protected=protected, wait_s=wait_s, before_write=before, companion_of=opened.workbook
    )
    return CompanionBook(ExcelBook(opened.workbook, wait_s=wait_s, shelf=shelf), written)


def read(opened: Opened, book: Book) -> Read:
    """Read everything the configuration names, each sheet once; again when the file is replaced meanwhile."""
    for again in (True, True, False):
        fingerprint = book.fingerprint()
        try:
            return _read_once(opened, book, fingerprint)
        except OwnerError:
            if not again or book.fingerprint() == fingerprint:
                raise
    raise AssertionError


def _read_once(opened: Opened, book: Book, fingerprint: str) -> Read:
    sheets = book.sheets()
    titles = {info.tab: info.name for info in sheets if info.tab}
    ours = [name for tab, name in titles.items() if tab == "tasks"]
    wanted = wanted_sheets(opened.config.sheets, [info.name for info in sheets if info.tab is None])
    found = book.read([*wanted, *ours])
    grids = {info.name: found[info.name] for info in sheets if info.name in found}  # as they stand in the workbook
    sources: dict[str, Path] = {}
    for name, settings in (opened.config.sheets or {}).items():
        if settings.file is not None and not settings.ignore:
            sources[name] = opened.beside(settings.file)
            elsewhere = google_id(opened.path, settings.file)
            if elsewhere is not None:
                from sheets_crm.sync.elsewhere import sheet_elsewhere

                grids[name] = sheet_elsewhere(opened, elsewhere, name, settings.sheet)
            else:
                grids[name] = _source(name, sources[name], settings.sheet)
    tabs = {tab: grids.pop(name) for tab, name in titles.items() if name in grids and name in ours}
    if not tabs and (grid := kept(StateFolder.existing(opened.path, opened.config.workbook))) is not None:
        tabs["tasks"] = grid  # our tabs were taken out: what stood on the tasks tab then
    return Read(fingerprint, sheets, grids, tabs, titles, sources, former_places(opened, book, sheets), is_lost(opened))


def wanted_sheets(stated: Mapping[str, SheetSettings] | None, present: Sequence[str]) -> list[str]:
    """The user's sheets to read: all of them where the owner names none; else those, and new ones beside monthly ones."""
    if stated is None:
        return list(present)
    from sheets_crm.base.new_months import unnamed_months

    by_fold: dict[str, list[str]] = {}
    for name in present:
        by_fold.setdefault(fold(name), []).append(name)
    wanted = []
    for name, settings in stated.items():
        if settings.ignore or settings.file is not None:
            continue
        alike = [name] if name in present else by_fold.get(fold(name), [])
        if len(alike) != 1:
            raise BindingError("binding.sheet_gone", sheet=name, sheets=", ".join(present))
        wanted.append(alike[0])
    return list(dict.fromkeys([*wanted, *unnamed_months(stated, present)]))


def _source(name: str, path: Path, sheet: str | None) -> Grid:
    from dataclasses import replace

    from sheets_crm.books.sources import read_source

    if is_pattern(path):
        return read_inbox(path, name)
    grids = read_source(path)
    if sheet is not None and sheet not in grids:
        raise BindingError("binding.source_sheet_gone", sheet=sheet, file=path.name, sheets=", ".join(grids))
    grid = grids[sheet] if sheet is not None else next(iter(grids.values()))
    return replace(grid, name=name)


def all_grids(path: Path) -> dict[str, Grid]:
    """Every sheet of a workbook or export that is not ours, whatever its format."""
    if path.suffix.lower() in READABLE and path.is_file():
        with suppress(OwnerError):  # the reader of sources says better what kind of file it is
            book = ExcelBook(path)
            return dict(book.read([info.name for info in book.sheets() if info.tab is None]))
    from sheets_crm.books.sources import read_source

    return dict(read_source(path))
