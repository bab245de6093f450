"""`ExcelBook`: an .xlsx or .xlsm file as a `Book`. Our tabs go in, everything else stays to the byte.

The whole file is read once, so that all decisions rest on one moment of it; it is replaced only if it still is the same.
Reading grids is `reader`'s business.
Source: ECMA-376 (the formats), and what was measured on some 2,400 real workbooks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, cast

from sheets_crm.books.excel import files
from sheets_crm.books.excel.archive import Archive, OnDisk, Stamp, rebuild
from sheets_crm.books.excel.blank import address, blank_workbook
from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.graft import Graft
from sheets_crm.books.excel.meaning import is_same, lost_notes
from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.remove import Removal, wholly_ours
from sheets_crm.books.excel.standing import Standing
from sheets_crm.books.excel.whole import wait_until_whole
from sheets_crm.books.excel.workbook import MARKER, Workbook, refuse
from sheets_crm.books.model import Applied, FingerprintChanged, Grid, SheetInfo, WritePlan
from sheets_crm.errors import OwnerError
from sheets_crm.shelf import NO_SHELF, Shelf

NO_FILE = "-"  # the fingerprint of a companion workbook that is still to be made


class ExcelBook:
    """One workbook file.

    allow_protected: write also where the list of sheets is locked (the lock itself stays as it is).
    wait_s: how long to wait for a file that someone has open, or is just saving.
    before_write: called with the workbook's path just before it is replaced: the moment for a backup.
    companion_of: another workbook whose cells our tabs point at; this one is then made where it is not there yet.
    shelf: work on this workbook that an earlier run put aside.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        allow_protected: bool = False,
        wait_s: float = 0.0,
        before_write: Callable[[Path], None] | None = None,
        companion_of: Path | None = None,
        shelf: Shelf = NO_SHELF,
    ) -> None:
        self.path, self._shelf = Path(path), shelf
        self._companion_of = companion_of
        self._allow_protected = allow_protected
        self._wait_s = wait_s
        self._before_write = before_write
        self._formula_free: set[Stamp] = set()  # sheets that were read and hold no formula
        self._ours: frozenset[str] = frozenset()  # names of our tabs, once they were looked for

    @property
    def is_missing(self) -> bool:
        """Is there no file yet, and are we to make one?"""
        return self._companion_of is not None and not self.path.exists()

    def fingerprint(self) -> str:
        """Equal for equal bytes."""
        if self.is_missing:
            return NO_FILE
        wait_until_whole(self.path, self._wait_s)
        return files.fingerprint(self.path, self._wait_s)

    def sheets(self) -> Sequence[SheetInfo]:
        """All sheets in order; ours are known by their hidden names."""
        if self.is_missing:
            return []
        _, workbook = self._open(files.read(self.path, self._wait_s))
        ours = {sheet.rel_id: tab for tab, sheet in workbook.marked().items()}
        self._ours = frozenset(sheet.name for sheet in workbook.sheets if sheet.rel_id in ours)
        return [SheetInfo(s.name, s.state != "visible", ours.get(s.rel_id)) for s in workbook.sheets]

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        """The named sheets as grids."""
        if not names:
            return {}
        reader = import_module("sheets_crm.books.excel.reader")  # heavy: only when something is read
        found = reader.read_sheets(
            self.path, names, formula_free=self._formula_free, shelf=self._shelf, passing=self._ours
        )  # our own tabs change from run to run: they are not worth a place on the shelf
        return cast("Mapping[str, Grid]", found)

    def apply(self, plan: WritePlan) -> Applied:
        """Write the tabs of the plan, or nothing at all."""
        target = self.path.resolve()  # through a symbolic link, which stays one
        files.wait_until_free(target, self._wait_s)
        data, found = self._now(target)
        if found != plan.expected:
            raise FingerprintChanged
        package, workbook = self._open(data)
        with self._named():
            refuse(workbook, allow_protected=self._allow_protected)
            standing = Standing(self._shelf)
            graft = Graft(
                package, workbook, links_to=self._links_to(), formula_free=self._formula_free, standing=standing
            )
            graft.put(plan.tabs)
            removal = Removal(graft, target)
            removal.take_out(plan.remove, kept=plan.kept, even_added=plan.even_added)
            if plan.remove and not plan.tabs:
                removal.tidy()
            removal.finish()
        put, drop = package.finish()
        done = Applied((), graft.titles, found, removal.removed, tuple(removal.notes))
        if (not put and not drop) or (not removal.changed and is_same(graft, target)):
            return done
        if found != NO_FILE:
            files.refuse_read_only(target)
        lost = lost_notes(graft, target)
        written = _Write(package.archive, put, drop, graft.titles)
        files.replace_file(
            target,
            written.to,
            lambda new: self._check(new, written, None if found == NO_FILE else data),
            self._wait_s,
            like=self._companion_of,
        )
        standing.keep(graft.sheets)
        notes = (*done.notes, *lost)
        return replace(done, written=tuple(graft.written), fingerprint=written.fingerprint, notes=notes)

    def _now(self, target: Path) -> tuple[bytes, str]:
        """The file as it stands, and its fingerprint; an empty workbook where there is none and we are to make it."""
        if self.is_missing:
            return blank_workbook(), NO_FILE
        wait_until_whole(target, self._wait_s)
        data = files.read(target, self._wait_s)
        return data, files.fingerprint_of(data)

    def _links_to(self) -> str | None:
        return None if self._companion_of is None else address(self._companion_of, self.path.parent)

    def last_editor(self) -> str:
        """Who saved the file last, as it says itself; "" where it doesn't."""
        from sheets_crm.books.excel.editor import last_editor

        return last_editor(self.path)

    def refuse_now(self) -> None:
        """Raise what would stop a write at this moment; writes nothing."""
        if self.is_missing:
            return
        target = self.path.resolve()
        _, workbook = self._open(files.read(target))
        with self._named():
            refuse(workbook, allow_protected=self._allow_protected)
        files.refuse_read_only(target)
        files.wait_until_free(target, 0)

    def is_locked(self) -> bool:
        """Is the list of sheets locked, so that no tab is added unless that is allowed?"""
        return not self.is_missing and self._open(files.read(self.path, self._wait_s))[1].is_protected

    def has_traces(self) -> bool:
        """Does anything of ours stand in the file: a tab, or a hidden name of one that somebody deleted?"""
        _, workbook = self._open(files.read(self.path, self._wait_s))
        return any(name.name.casefold().startswith(MARKER) for name in workbook.names)

    def is_wholly_ours(self, kept: Sequence[str] = ()) -> bool:
        """Does the file hold nothing but tabs of ours, as we drew them? kept: tabs whose cells are not looked at."""
        target = self.path.resolve()
        return wholly_ours(target, *self._open(files.read(target, self._wait_s)), kept)

    def _open(self, data: bytes) -> tuple[Package, Workbook]:
        with self._named():
            package = Package(data)
            return package, Workbook(package)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors from the inside learn which workbook they speak of."""
        try:
            yield
        except OwnerError as error:
            error.values.setdefault("workbook", self.path.name)
            raise

    def _check(self, temporary: Path, written: _Write, found: bytes | None) -> None:
        """The last look before the old file is replaced: the new one is sound, the old one is as we read it, or is none."""
        target = self.path.resolve()
        written.verify(temporary)
        files.wait_until_free(target, 0)
        if found is None:
            if target.exists():
                raise FingerprintChanged
            return
        if self._before_write:
            self._before_write(target)
        if not files.holds(target, found):
            raise FingerprintChanged


class _Write:
    """One new file: how it is written, and how it is read back."""

    def __init__(self, old: Archive, put: Mapping[str, Blob], drop: frozenset[str], titles: Mapping[str, str]) -> None:
        self._old, self._put, self._drop, self._titles = old, put, drop, titles
        self.fingerprint = ""

    def to(self, out: BinaryIO) -> None:
        rebuild(self._old, out, self._put, self._drop)

    def verify(self, path: Path) -> None:
        """Read the file back: the user's members hold the very same compressed bytes, ours unpack with the right check
        sums, and our tabs are found. Anything else is our fault.
        """
        with files.opened(path) as file:
            package = Package(OnDisk(file))
            for name in self._old.members:
                if name not in self._put and name not in self._drop and not _same(self._old, package.archive, name):
                    raise RuntimeError(f"member {name} was not copied as it is")
            for name in self._put:
                package.archive.check(name, self._put[name])
            marked = Workbook(package).marked()
        standing = {tab: marked[tab.casefold()].name for tab in self._titles if tab.casefold() in marked}
        if standing != dict(self._titles):
            raise RuntimeError("a tab is not found in the new file")
        self.fingerprint = files.fingerprint(path)


def _same(old: Archive, new: Archive, name: str) -> bool:
    if name not in new.members:
        return False
    was, now = old.members[name].info, new.members[name].info
    kept = (was.CRC, was.file_size, was.compress_size, was.compress_type)
    return kept == (now.CRC, now.file_size, now.compress_size, now.compress_type) and all(
        one == other for one, other in zip(old.blocks(name), new.blocks(name), strict=True)
    )
