"""`GoogleBook`: a Google spreadsheet as a `Book`. Few calls, one atomic write, and nobody's edit lost.

A moment is read in two calls; `sheets` and `read` show the moment of the last `fingerprint` until something is written.
How requests are made is `job`'s business, how calls are tried again is `api`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheets_crm.books.google.api import Ambiguous, Api, Counters
from sheets_crm.books.google.drawn import draw
from sheets_crm.books.google.job import AT_ONCE, Generation, Job, TabJob, area_of, free_title, new_id, tab_job
from sheets_crm.books.google.reading import Rows, grid_of
from sheets_crm.books.google.rows import by_key
from sheets_crm.books.google.seen import Chosen, Seen, look, look_again, values_of
from sheets_crm.books.google.shape import GENERATION, STAGING, Cells, Mark, Shape, SheetShape, generation_of, number_of
from sheets_crm.books.google.troubles import Refusal, owner_error
from sheets_crm.books.model import Applied, FingerprintChanged, Grid, SheetInfo, WritePlan
from sheets_crm.errors import OwnerError, WorkbookBusy

Json = dict[str, Any]
_GENERATION_FIELDS = "developerMetadata(metadataId,metadataKey,metadataValue)"


class GoogleBook:
    """One spreadsheet.

    chosen: which of the user's sheets, by title, are read and count for the fingerprint; all of them unless said.
    before_write: called with what was read, just before a write: the moment for a backup.
    may_sort: is it a time of day at which rows may be put in order though somebody has typed into them?
    large: see `seen.look`.
    """

    def __init__(
        self,
        api: Api,
        book: str,
        *,
        chosen: Chosen = lambda titles: titles,
        before_write: Callable[[Seen], object] | None = None,
        may_sort: Callable[[], bool] = lambda: False,
        large: bool = False,
    ) -> None:
        self.id, self._api = book, api
        self._chosen: Chosen = chosen
        self._before_write, self._may_sort = before_write, may_sort
        self._large = large
        self._seen: Seen | None = None
        self.generation = 0
        self.cells = 0  # as many as were read

    @property
    def counters(self) -> Counters:
        """What the calls so far have cost."""
        return self._api.counters

    @property
    def title(self) -> str:
        """What the spreadsheet is called; its id before it was read."""
        return self._api.title or self.id

    def fingerprint(self) -> str:
        """Of what stands there now: reads it."""
        self._seen = None
        return self._now().fingerprint

    def sheets(self) -> Sequence[SheetInfo]:
        return [SheetInfo(sheet.title, sheet.hidden, sheet.tab) for sheet in self._now().sheets]

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        if not names:
            return {}
        seen = self._now()
        found = {name: seen.shape.titled(name) for name in names}
        left_out = [sheet for sheet in found.values() if sheet.rows and sheet.id not in seen.rows]
        if left_out:
            with self._named():
                seen = seen.with_rows(values_of(self._api, self.id, left_out))
        return {name: grid_of(sheet, seen.rows.get(sheet.id, ())) for name, sheet in found.items()}

    def apply(self, plan: WritePlan) -> Applied:
        """Write what differs, in one batch, if all stands as it was read."""
        seen = self._now()
        if seen.fingerprint != plan.expected:
            raise FingerprintChanged
        job = self._job(plan, seen)
        removed = {sheet.tab: sheet.title for sheet in job.removed if sheet.tab}
        titles = self._titles(plan, job, seen)
        done = Applied((), titles, seen.fingerprint, removed, tuple(job.notes))
        if not job:
            return done
        try:
            after = self._written(job, seen)
        finally:
            self._seen = None
        return replace(done, written=tuple(tab.drawn.tab.id for tab in job.tabs), fingerprint=after.fingerprint)

    def has_traces(self) -> bool:
        """Does anything of ours stand in the spreadsheet: a tab, or the marker of a write?"""
        shape = self._now().shape
        return shape.generation_id is not None or any(sheet.tab for sheet in shape.sheets)

    def forget(self) -> bool:
        """Take the marker of our last write away, where no tab of ours stands; was there one? Doing it twice is harmless."""
        lookup = {"developerMetadataLookup": {"metadataKey": GENERATION}}
        for attempt in range(1, self._api.calling.attempts + 1):
            self._seen = None
            if not self.has_traces() or any(sheet.tab for sheet in self._now().sheets):
                return attempt > 1
            try:
                with self._named(writing=True):
                    self._api.write(self.id, [{"deleteDeveloperMetadata": {"dataFilter": lookup}}])
            except Ambiguous:
                self._api.pause(self._api.backoff(attempt))
        raise WorkbookBusy("google.stop.unreachable", workbook=self.title)

    def refuse_now(self) -> None:
        """Nothing stops a write but what a write itself would tell; see `doctor`."""

    # --- reading

    def _now(self) -> Seen:
        if self._seen is None:
            with self._named():
                self._seen = look(self._api, self.id, self._chosen, large=self._large)
            self._api.title = self._seen.shape.title or self._api.title
            self.generation = number_of(self._seen.shape.generation)
            self.cells = sum(len(row) for rows in self._seen.rows.values() for row in rows)
        return self._seen

    def _named(self, *, writing: bool = False) -> _Named:
        return _Named(self._api, self.title, writing=writing)

    # --- what to write

    def _job(self, plan: WritePlan, seen: Seen) -> Job:
        taken = {sheet.id for sheet in seen.shape.sheets}
        titles = [sheet.title for sheet in seen.shape.sheets]
        numbers = {sheet.title: sheet.id for sheet in seen.shape.sheets}
        tabs: list[TabJob] = []
        editor, may_sort = self._api.who.address, self._may_sort()
        for tab in plan.tabs:
            title = "" if seen.tab(tab.id) else free_title(tab.title, titles)
            found = tab_job(draw(tab), seen, taken, title, editor=editor, may_sort=may_sort)
            titles.append(found.title)
            numbers[found.title] = found.sheet
            if found.is_needed:
                tabs.append(found)
        removed, notes = _removed(plan.remove, seen, plan.remove if plan.even_added else plan.kept)
        leftovers = [sheet.id for sheet in seen.shape.sheets if sheet.tab == STAGING]
        generation = Generation.after(seen.shape.generation, seen.shape.generation_id)
        for one in tabs:
            height, width = area_of(one)
            alone = one.is_new or one.drawn.keyed is None
            if alone and max(one.changes.cells, height * width if one.links_changed else 0) > AT_ONCE:
                one.staged = new_id(taken)
        return Job(tabs, removed, leftovers, numbers, generation, notes)

    def _titles(self, plan: WritePlan, job: Job, seen: Seen) -> dict[str, str]:
        new = {one.drawn.tab.id: one.title for one in job.tabs}
        standing = {sheet.tab: sheet.title for sheet in seen.shape.sheets if sheet.tab}
        return {tab.id: standing.get(tab.id) or new[tab.id] for tab in plan.tabs}

    # --- writing

    def _written(self, job: Job, seen: Seen) -> Seen:
        """Send the job; what stands then. FingerprintChanged: nothing was written."""
        if self._before_write is not None:
            self._before_write(seen)
        with self._named(writing=True):
            for tab in job.tabs:
                if tab.staged is not None:
                    for requests in job.staging(tab):
                        self._stage(requests, tab.staged)
            self._unchanged(seen)
            self._send(job, seen)
            self.generation = number_of(job.generation.value)
            return self._checked(job, seen)

    def _unchanged(self, seen: Seen) -> None:
        """The last look before a write."""
        again = look_again(self._api, self.id, seen)
        if again.fingerprint != seen.fingerprint:
            raise FingerprintChanged

    def _send(self, job: Job, seen: Seen) -> None:
        """The batch, until it is known to be applied. A resend meets its own ids and marker and is refused as a whole."""
        requests = job.requests()
        attempt = 0
        while True:
            attempt += 1
            try:
                self._api.write(self.id, requests)
            except Ambiguous:
                pass
            except Refusal as trouble:
                if trouble.status != 400:
                    raise
                self._refused(job, seen)
                if not self._is_applied(job):
                    raise
                return
            else:
                return
            if self._is_applied(job):
                return
            if attempt >= self._api.calling.attempts:
                raise WorkbookBusy("google.stop.unreachable", workbook=self.title)
            self._api.counters.retries += 1
            self._api.pause(self._api.backoff(attempt))
            if self._is_applied(job):  # it may have been slow
                return
            self._unchanged(seen)

    def _is_applied(self, job: Job) -> bool:
        found = generation_of(self._api.structure(self.id, _GENERATION_FIELDS))
        return found[0] == job.generation.value

    def _refused(self, job: Job, seen: Seen) -> None:
        """A batch that does not fit: because somebody changed the spreadsheet, or another run of ours was quicker?"""
        if self._is_applied(job):
            return
        now = look(self._api, self.id, self._chosen, large=self._large)
        if now.fingerprint != seen.fingerprint or now.shape.generation != seen.shape.generation:
            raise FingerprintChanged

    def _stage(self, requests: list[Json], sheet: int) -> None:
        """A batch to a hidden sheet of our own: writing it twice is harmless."""
        for attempt in range(1, self._api.calling.attempts + 1):
            try:
                self._api.write(self.id, requests)
            except Ambiguous:
                self._api.counters.retries += 1
                self._api.pause(self._api.backoff(attempt))
            except Refusal as trouble:
                if trouble.status == 400 and attempt > 1 and self._has(sheet):
                    return
                raise
            else:
                return
        raise WorkbookBusy("google.stop.unreachable", workbook=self.title)

    def _has(self, sheet: int) -> bool:
        found = self._api.structure(self.id, "sheets(properties(sheetId))").get("sheets", ())
        return any(item["properties"].get("sheetId", 0) == sheet for item in found)

    # --- after the write

    def _checked(self, job: Job, seen: Seen) -> Seen:
        """Read our tabs back. Where rows had been moved between our look and our write, put our cells right."""
        after = _after(job, seen)
        wanted = [sheet for sheet in after.shape.sheets if any(tab.sheet == sheet.id for tab in job.tabs)]
        after = after.with_rows(self._values(wanted))
        if all(self._stands(tab, after) for tab in job.tabs):
            return after
        lost = [request for tab in job.tabs for request in job.put_back(tab, after.rows.get(tab.sheet, ()))]
        if lost:
            marker = Generation.after(job.generation.value, job.generation.number)
            self._send(Job([], [], [], {}, marker, more=lost), after)
        raise FingerprintChanged  # what stands in the wrong row is put right by reading anew

    def _values(self, sheets: Sequence[SheetShape]) -> dict[int, Rows]:
        try:
            return values_of(self._api, self.id, sheets)
        except Refusal as trouble:  # somebody renamed or deleted a tab just now: the next run finds it
            if trouble.status == 400:
                raise FingerprintChanged from trouble
            raise

    def _stands(self, job: TabJob, after: Seen) -> bool:
        """Do all rows of people's tabs show what we meant for their keys?"""
        keyed = job.drawn.keyed
        if keyed is None:
            return True
        changes = by_key(job.drawn, keyed, after.rows.get(job.sheet, ()))
        if changes is None:
            return False
        return not changes.appended and not changes.deleted and not _ours_differ(changes.blocks, keyed.managers)


def _ours_differ(blocks: Iterable[tuple[int, int, list[Any]]], managers: frozenset[int]) -> bool:
    """Is any cell among these one of ours? Managers may type at any moment."""
    return any(
        column not in managers
        for _, left, rows in blocks
        for column in range(left, left + max(len(row) for row in rows))
    )


def named(api: Api, title: str) -> _Named:
    """Refusals within become sentences for the owner."""
    return _Named(api, title, writing=False)


class _Named:
    """Refusals that nothing mends become sentences for the owner."""

    def __init__(self, api: Api, title: str, *, writing: bool) -> None:
        self._api, self._title, self._writing = api, title, writing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            raise owner_error(error, title=self._title, address=self._api.who.address, writing=self._writing) from error
        if isinstance(error, OwnerError):
            error.values.setdefault("workbook", self._title)


def _removed(
    tabs: Iterable[str], seen: Seen, kept: Sequence[str]
) -> tuple[list[SheetShape], list[tuple[str, Mapping[str, object]]]]:
    """Tabs of ours that may go; what is to be said of each. kept: those that may though people added cells."""
    found: list[SheetShape] = []
    notes: list[tuple[str, Mapping[str, object]]] = []
    for tab in tabs:
        sheet = seen.tab(tab)
        if sheet is None or sheet.mark is None:
            continue
        key, values = _kept_for(sheet, sheet.mark, seen, found)
        if tab in kept and key == "openbook.note.tab_kept_added":
            key, values = "openbook.note.tab_removed", {}
        notes.append((key, {"tab": sheet.title, **values}))
        if key == "openbook.note.tab_removed":
            found.append(sheet)
    return found, notes


def _kept_for(
    sheet: SheetShape, mark: Mark, seen: Seen, going: Sequence[SheetShape]
) -> tuple[str, Mapping[str, object]]:
    others = [one for one in seen.sheets if one is not sheet and one not in going and not one.hidden]
    if not others:
        return "openbook.note.tab_kept_last", {}
    quoted = sheet.title.replace("'", "''")
    names = (f"'{quoted}'!", f"{sheet.title}!")
    theirs = [one for one in seen.sheets if one.tab is None]
    if any(name in formula for one in theirs for formula in one.cells.crossing for name in names):
        return "openbook.note.tab_kept_formulas", {}
    height, width = (int(size) for size in mark.kept.get("area", (0, 0)))
    rows = seen.rows.get(sheet.id, ())
    outside = [
        row
        for number, row in enumerate(rows)
        if any(v not in {"", None} for v in row[0 if number >= height else width :])
    ]
    if outside:
        from sheets_crm.words import Phrase

        at = next(number for number, row in enumerate(rows, 1) if row in outside)
        return "openbook.note.tab_kept_added", {"what": Phrase("openbook.things.cells", {"cells": f"{at}:{at}"})}
    return "openbook.note.tab_removed", {}


def _after(job: Job, seen: Seen) -> Seen:
    """The shape after the job: the same sheets, ours at the end, without what was removed."""
    gone = {sheet.id for sheet in job.removed} | set(job.leftovers)
    sheets = [sheet for sheet in seen.shape.sheets if sheet.id not in gone]
    for tab in job.tabs:
        if tab.is_new:
            assert tab.size is not None
            mark = Mark(tab.drawn.tab.id, tab.mark, {})
            sheets.append(SheetShape(tab.sheet, tab.title, False, *tab.size, mark, (), Cells(), {}))
    shape: Shape = replace(seen.shape, sheets=tuple(sheets), generation=job.generation.value)
    return Seen(shape, {number: rows for number, rows in seen.rows.items() if number not in gone})
