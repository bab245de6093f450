"""`copy`: a configured base from Excel to Google or back, with its tasks, marks and history. The old place stays as it is.

Order: look, fill the new workbook, take the memory along, one ordinary run there that sees the old tasks tab as its own,
and only when all of that is done the new crm.yaml. What fails before is taken back. How sheets are copied is `books.copying`'s.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.books.copying.foreseen import foreseen
from sheets_crm.books.copying.model import SheetCopied, Source, TooLarge
from sheets_crm.books.google.address import address_of
from sheets_crm.books.model import Applied, Book, Grid, SheetInfo, WritePlan
from sheets_crm.disk import write_whole
from sheets_crm.errors import ConfigError, OwnerError, WorkbookBusy, WorkbookUnreadable
from sheets_crm.sync import moving_file, moving_state, places, run
from sheets_crm.sync.beside import ENDING
from sheets_crm.sync.config_place import moved, scalar
from sheets_crm.sync.google import api_of, google_id
from sheets_crm.sync.intake import Opened, Read, book_of, open_config, open_text, read
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import Lang

if TYPE_CHECKING:
    from sheets_crm.books.copying.google_out import GoogleTarget
    from sheets_crm.sync.run import Result

TAB = "tasks"
_NAMES = {True: "crm-google.yaml", False: "crm-excel.yaml"}


@dataclass(frozen=True)
class Order:
    """What is asked for. to: a path or an address as typed. config_name: of the new crm.yaml. credentials: as in crm.yaml."""

    to: str
    config_name: str | None = None
    credentials: str | None = None


@dataclass(frozen=True)
class Moved:
    """What a copy did, or would do. lost: of the workbook as a whole. result: the first run at the new place; None for a plan."""

    lang: Lang
    origin: str
    target: str
    config: Path
    sheets: Sequence[SheetCopied]
    lost: Mapping[str, int]
    result: Result | None = None
    companion: bool = False  # the old tabs stood in a companion workbook: at the new place they stand in the base


class _Continued:
    """The new workbook, in which the old place's tasks tab is seen until the first write makes a new one."""

    def __init__(self, book: Book, tasks: Grid | None) -> None:
        self._book, self._tasks = book, tasks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def fingerprint(self) -> str:
        return self._book.fingerprint()

    def sheets(self) -> Sequence[SheetInfo]:
        found = list(self._book.sheets())
        if self._tasks is not None and not any(info.tab == TAB for info in found):
            found.append(SheetInfo(self._tasks.name, tab=TAB))
        return found

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        mine = self._tasks.name if self._tasks is not None else None
        found = dict(self._book.read([name for name in names if name != mine]))
        return found | ({mine: self._tasks} if mine in names and mine is not None and self._tasks is not None else {})

    def apply(self, plan: WritePlan) -> Applied:
        applied = self._book.apply(plan)
        self._tasks = None
        return applied


def copy(
    config: str | None, order: Order, *, only_plan: bool = False, today: date | None = None, lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Moved:  # fmt: skip
    """Copy the base. OwnerError: nothing is left of it at the new place, and the old one is as it was."""
    opened = open_config(config)
    on_language(opened.lang)
    new, text = _new_config(opened, order)
    if only_plan:
        seen = _seen(opened)
        with _refusals(), _source(opened, seen) as source:
            target = _Target(opened, new)
            target.refuse(source)
            return _told(opened, new, foreseen(source, to_google=new.google is not None), source, lang)
    state = StateFolder.beside(opened.path, opened.config.workbook)
    with state.lock(wait_s=5):
        return _copied(opened, new, text, state, today=today, lang=lang)


def _copied(
    opened: Opened, new: Opened, text: str, state: StateFolder, *, today: date | None, lang: Lang | None
) -> Moved:  # fmt: skip
    seen = _seen(opened)
    target = _Target(opened, new)
    with _refusals(), _source(opened, seen) as source:
        target.refuse(source)
        memory = moving_state.begun(new.path, new.config.workbook)
        try:
            sheets = target.filled(source)
            moving_state.carried(state, memory)
            book = _Continued(book_of(target.unfinished), _tasks_of(seen))
            result = run.sync(new, today=today, lang=lang, book=book)
            _refuse_changed(opened, seen)
            target.put()
            write_whole(new.path, _encoded(opened, text))
        except BaseException:
            target.undo()
            moving_state.dropped(memory)
            raise
        moving_state.finished(memory)
        target.finish()
        return replace(_told(opened, new, sheets, source, lang), result=result)


def _refuse_changed(opened: Opened, seen: Read) -> None:
    """WorkbookBusy: somebody worked at the old place meanwhile; what they did would be missing at the new one."""
    if book_of(opened).fingerprint() != seen.fingerprint:
        raise WorkbookBusy("copy.stop.changed", workbook=opened.called)


def _told(opened: Opened, new: Opened, sheets: Sequence[SheetCopied], source: Source, lang: Lang | None) -> Moved:
    companion = bool(opened.config.companion)
    return Moved(lang or opened.lang, opened.address, new.address, new.path, sheets, source.lost, companion=companion)


# --- the new configuration


def _new_config(opened: Opened, order: Order) -> tuple[Opened, str]:
    """The configuration of the new place, not written yet, and its text. ConfigError: it can't be that one."""
    book = google_id(opened.path, order.to)
    to_google = book is not None
    if to_google == (opened.google is not None):
        raise ConfigError("copy.stop.same_kind", workbook=opened.address)
    if not to_google and Path(order.to).suffix.lower() != ENDING:
        raise ConfigError("copy.stop.not_xlsx", seen=order.to)
    path = opened.path.parent / (order.config_name or _NAMES[to_google])
    if path.suffix not in {".yaml", ".yml"} or path.parent != opened.path.parent:
        raise ConfigError("copy.stop.config_name", seen=order.config_name or "")
    if path.exists():
        raise ConfigError("copy.stop.config_exists", path=str(path))
    values = {"workbook": scalar(_beside(opened, order.to) if book is None else address_of(book))}
    if opened.config.companion:
        values["companion"] = "false"
    if order.credentials is not None:
        if opened.config.google.model_fields_set:
            raise ConfigError("copy.stop.has_google", path=opened.path.name)
        values["google"] = f"{{credentials: {scalar(order.credentials)}}}"
    text = moved(opened.path.read_bytes().decode("utf-8-sig"), values)
    return open_text(text, path), text


def _beside(opened: Opened, to: str) -> str:
    """A path as crm.yaml has it: from its own folder where that is possible. `to` is typed where the command runs."""
    path = Path(to).expanduser().absolute()
    with contextlib.suppress(ValueError):
        return path.relative_to(opened.path.parent.absolute()).as_posix()
    return str(path)


def _encoded(opened: Opened, text: str) -> bytes:
    mark = b"\xef\xbb\xbf" if opened.path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    return mark + text.encode()


# --- the old place


def _seen(opened: Opened) -> Read:
    """What stands at the old place. ConfigError: marks wait at a former place, which an ordinary run takes over first."""
    seen = read(opened, book_of(opened))
    if seen.is_lost or places.marks_of(seen).taken:
        raise ConfigError("copy.stop.sync_first", workbook=opened.called)
    return seen


def _tasks_of(seen: Read) -> Grid | None:
    """The old tasks tab under a name that no sheet can have."""
    grid = seen.tabs.get(TAB)
    return replace(grid, name=f"[{TAB}]") if grid is not None else None


@contextmanager
def _source(opened: Opened, seen: Read) -> Iterator[Source]:
    if opened.google is not None:
        from sheets_crm.books.copying.google_in import GoogleSource
        from sheets_crm.books.google.book import named

        api = api_of(opened)
        with named(api, opened.called):
            yield GoogleSource(api, opened.google)
        return
    from sheets_crm.books.copying.excel_in import ExcelSource

    with ExcelSource(opened.workbook, {info.name for info in seen.sheets if info.tab}) as source:
        yield source


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except TooLarge as error:
        raise WorkbookUnreadable(error.key, **error.values) from error


# --- the new place


class _Target:
    """The workbook to fill, of either kind."""

    def __init__(self, opened: Opened, new: Opened) -> None:
        self._opened, self._new = opened, new
        self.unfinished = new  # of a file: it stands elsewhere until all is done
        self._google: GoogleTarget | None = None
        self._made = self._is_put = False

    def refuse(self, source: Source) -> None:
        """Raise what forbids the copy; writes nothing."""
        if self._new.google is None:
            from sheets_crm.books.copying.excel_out import refuse_too_large

            if self._new.workbook.exists():
                raise OwnerError("copy.stop.file_exists", path=str(self._new.workbook))
            if not self._new.workbook.parent.is_dir():
                raise OwnerError("copy.stop.no_folder", path=str(self._new.workbook.parent))
            refuse_too_large(source.sheets)
            return
        from sheets_crm.books.copying.google_out import GoogleTarget
        from sheets_crm.books.google.book import named

        old = self._opened
        api = api_of(self._new, state=StateFolder.existing(old.path, old.config.workbook))
        self._google = GoogleTarget(api, self._new.google)
        with named(api, self._new.called):
            api.title = self._google.refuse_if_used()
            self._google.refuse_too_large(source.sheets)

    def filled(self, source: Source) -> list[SheetCopied]:
        """Write the user's sheets."""
        self._made = True
        if self._google is not None:
            from sheets_crm.books.google.book import named

            with named(self._google.api, self._google.api.title, writing=True):
                return self._google.write(source)
        from sheets_crm.books.copying.excel_out import write_excel

        with self._told():
            self.unfinished = replace(self._new, workbook=moving_file.begun(self._new.workbook))
            return write_excel(source, self.unfinished.workbook)

    def put(self) -> None:
        """The finished file in its place. A spreadsheet stands there already."""
        if self._google is None:
            with self._told():
                moving_file.put(self._new.workbook)
            self._is_put = True

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What keeps the file from being written, in words."""
        path = str(self._new.workbook)
        try:
            yield
        except FileExistsError as error:
            raise OwnerError("copy.stop.file_exists", path=path) from error
        except OSError as error:
            raise OwnerError("copy.stop.not_written", path=path, why=error.strerror or str(error)) from error

    def undo(self) -> None:
        """Take out what was made, as far as that can be done."""
        if not self._made:
            return
        if self._google is None:
            moving_file.dropped(self._new.workbook)
            if self._is_put:
                with contextlib.suppress(OSError):
                    self._new.workbook.unlink(missing_ok=True)
            return
        with contextlib.suppress(Exception):
            self._google.undo()

    def finish(self) -> None:
        """All is done. That a mark stays on a sheet does no harm: our tabs stand beside it."""
        if self._google is not None:
            with contextlib.suppress(Exception):
                self._google.finish()
