"""A configuration whose workbook is a Google spreadsheet: its book, its copies before a write, and what a run cost.

Imports the client of the API only when a call is made. Cells are `books.google`'s business.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.books.google.address import spreadsheet_id
from sheets_crm.books.google.settings import ENDPOINT, is_safe_endpoint
from sheets_crm.disk import make_folder, write_whole
from sheets_crm.errors import BindingError, ConfigError
from sheets_crm.sync.editor import FIELDS, note_editor
from sheets_crm.sync.paused import noting
from sheets_crm.sync.state import NAME, StateFolder, cannot_write

if TYPE_CHECKING:
    from sheets_crm.books.google.api import Api
    from sheets_crm.books.google.book import GoogleBook
    from sheets_crm.books.google.seen import Seen
    from sheets_crm.sync.intake import Opened

_MOST_XLSX = 300_000  # cells that are kept as an .xlsx; more would make every write wait
_FOLDER = "google"  # of the state folder, for what is being made


def google_id(config: Path, workbook: str) -> str | None:
    """The spreadsheet meant; None where the workbook is a file. A file that is there is never taken for an id."""
    found = spreadsheet_id(workbook)
    if found is None or (found == workbook.strip() and (config.parent / workbook).exists()):
        return None
    return found


def name_of(name: str | None, book: str) -> str:
    """What a spreadsheet is called in sentences and in names of files, before it was read."""
    plain = re.sub(r'[/\\:*?"<>|\x00-\x1f]', " ", name or "").strip()
    return plain or f"Google {book[:8]}"


def api_of(opened: Opened, *, state: StateFolder | None = None) -> Api:
    """The client as configured. ConfigError: no credentials, or an endpoint that would carry them in the open.

    state: the folder that holds a sign-in; None: the configuration's own.
    """
    from sheets_crm.books.google.access import who
    from sheets_crm.books.google.api import Api
    from sheets_crm.sync.intake import placed

    settings = opened.config.google
    endpoint = os.environ.get(ENDPOINT) or None
    if endpoint is not None and not is_safe_endpoint(endpoint):
        raise ConfigError("google.stop.endpoint", seen=endpoint)
    if opened.config.companion and opened.google is not None:
        with placed(opened.document):
            raise ConfigError("google.stop.companion", keys=("companion",))
    file = opened.beside(settings.credentials) if settings.credentials else None
    state = state or StateFolder.existing(opened.path, opened.config.workbook)
    found = who(file, state.path if state else None, in_keyring=settings.keep_sign_in == "keyring")
    return Api(
        found,
        settings.calling(endpoint),
        title=opened.called,
        pausing=noting(opened.path, opened.config.workbook),
    )


def book_in_google(opened: Opened, before_write: Callable[[Path], object] | None) -> GoogleBook:
    """The configured spreadsheet as a book. before_write: called with a file of what was read, just before a write."""
    from sheets_crm.books.google.book import GoogleBook
    from sheets_crm.sync.intake import wanted_sheets

    assert opened.google is not None

    def before(seen: Seen) -> None:
        if before_write is not None:
            with _exported(opened, seen) as path:
                before_write(path)

    def chosen(titles: Any) -> list[str]:
        try:
            return wanted_sheets(opened.config.sheets, titles)
        except BindingError:
            return list(titles)  # told by the reading of sheets, which knows what is bound

    def may_sort() -> bool:
        return opened.config.google.may_sort(datetime.now(opened.config.zone).hour)

    mends = before_write is not None  # who only looks, writes nothing at all
    return GoogleBook(api_of(opened), opened.google, chosen=chosen, before_write=before, may_sort=may_sort, mends=mends)


def version_file(config: Path, workbook: str) -> Path:
    """Where the version of a spreadsheet stands that Drive told last."""
    state = StateFolder.existing(config, workbook) or StateFolder(config.absolute().parent / NAME)
    return state.path / "google-version"


def note_version(config: str) -> bool:
    """Ask Drive for the spreadsheet's version; is it another one than last time? A hint that comes late, never a proof."""
    from sheets_crm.books.google.book import named
    from sheets_crm.sync.intake import open_config

    opened = open_config(config)
    if opened.google is None:
        return False
    api = api_of(opened)
    with named(api, opened.called):
        answer = api.file(opened.google, f"version,{FIELDS}")
        version = str(answer.get("version", ""))
    kept = version_file(opened.path, opened.config.workbook)
    was = kept.read_text("utf-8") if kept.exists() else None
    if was == version or not kept.parent.is_dir():
        return False
    write_whole(kept, version.encode())
    note_editor(kept.parent, answer, ours=api.who.address)
    return True


def costs(book: object) -> Mapping[str, Any]:
    """What a run's calls cost, for `--json`; nothing for a file."""
    counters = getattr(book, "counters", None)
    if counters is None:
        return {}
    found = {**asdict(counters), "generation": getattr(book, "generation", 0)}
    return {"google": {**found, "waited_s": round(found["waited_s"], 3)}}


@contextmanager
def source_file(opened: Opened) -> Iterator[Path]:
    """A file to make a copy of: the workbook itself, or what stands in the spreadsheet now."""
    if opened.google is None:
        yield opened.workbook
        return
    from sheets_crm.books.google.seen import look

    api = api_of(opened)
    from sheets_crm.books.google.book import named

    with named(api, opened.called):
        seen = look(api, opened.google, lambda titles: titles)
    with _exported(opened, seen) as path:
        yield path


@contextmanager
def _exported(opened: Opened, seen: Seen) -> Iterator[Path]:
    """Values of all sheets that were read as an .xlsx, or as packed JSON where there are very many; gone afterwards."""
    state = StateFolder.beside(opened.path, opened.config.workbook)
    folder = state.path / _FOLDER
    large = sum(len(row) for rows in seen.rows.values() for row in rows) > _MOST_XLSX
    path = folder / f"{opened.workbook.name}{'.json.gz' if large else '.xlsx'}"
    try:
        make_folder(folder)
        (_as_json if large else _as_workbook)(seen, path)
        path.chmod(0o600)
    except OSError as error:
        raise cannot_write(error, folder) from error
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _as_json(seen: Seen, path: Path) -> None:
    """One object: title, and sheets with their values, days as serial numbers with the cells in which they stand."""
    sheets = [
        {
            "title": sheet.title, "id": sheet.id, "tab": sheet.tab, "rows": seen.rows[sheet.id],
            "dates": {str(column): rows for column, rows in sheet.cells.dates.items()},
        }
        for sheet in seen.sheets if sheet.id in seen.rows
    ]  # fmt: skip
    record = {"title": seen.shape.title, "made": datetime.now(UTC).isoformat(timespec="seconds"), "sheets": sheets}
    with gzip.open(path, "wt", encoding="utf-8") as out:
        json.dump(record, out, ensure_ascii=False)


def _as_workbook(seen: Seen, path: Path) -> None:
    import openpyxl
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    for sheet in seen.sheets:
        page = book.create_sheet(sheet.title)
        dates = {(row, column) for column, rows in sheet.cells.dates.items() for row in rows}
        for number, row in enumerate(seen.rows.get(sheet.id, ())):
            line = []
            for column, value in enumerate(row):
                plain = ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
                cell = WriteOnlyCell(page, plain if plain != "" else None)
                if isinstance(plain, str):
                    cell.data_type = "s"  # text that begins with = is no formula
                elif (number, column) in dates:
                    cell.number_format = "dd.mm.yyyy"
                line.append(cell)
            page.append(line)
    if not book.worksheets:
        book.create_sheet("-")
    book.save(path)
