"""`GoogleBook`: a Google spreadsheet as a `Book`. Few calls, one atomic write, and nobody's edit lost.

A moment is read in two calls; `sheets` and `read` show the moment of the last `fingerprint` until something is written.
How requests are made is `job`'s business, how calls are tried again is `api`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from sheets_crm.books.google import rescue, witness
from sheets_crm.books.google.aftermath import Aftermath
from sheets_crm.books.google.api import Ambiguous, Api, Counters
from sheets_crm.books.google.drawn import draw
from sheets_crm.books.google.filling import Filling
from sheets_crm.books.google.generation import Generation
from sheets_crm.books.google.job import Job, TabJob, after, copy_of, free_title, tab_job
from sheets_crm.books.google.large import prepare, standing_links
from sheets_crm.books.google.reading import Rows, grid_of, range_of
from sheets_crm.books.google.removing import going
from sheets_crm.books.google.replay import replay, typed
from sheets_crm.books.google.room import refuse_too_large
from sheets_crm.books.google.seen import Chosen, Seen, look, look_again, values_of
from sheets_crm.books.google.shape import GENERATION, Cells, Mark, Shape, SheetShape, generation_of, number_of
from sheets_crm.books.google.troubles import Refusal, owner_error
from sheets_crm.books.model import Applied, FingerprintChanged, Grid, SheetInfo, WritePlan
from sheets_crm.errors import OwnerError, WorkbookBusy

Json = dict[str, Any]
_RESCUES = 4  # how often a tab is set right that a run left in disorder, before the run begins anew
_GENERATION_FIELDS = "developerMetadata(metadataId,metadataKey,metadataValue)"


class GoogleBook:
    """One spreadsheet.

    chosen: which of the user's sheets, by title, are read and count for the fingerprint; all of them unless said.
    before_write: called with what was read, just before a write: the moment for a backup.
    may_sort: is it a time of day at which rows may be put in order though somebody has typed into them?
    mends: may a read set a tab right that a run left in disorder? If not, it shows how the tab will stand.
    """

    def __init__(
        self,
        api: Api,
        book: str,
        *,
        chosen: Chosen = lambda titles: titles,
        before_write: Callable[[Seen], object] | None = None,
        may_sort: Callable[[], bool] = lambda: False,
        mends: bool = True,
    ) -> None:
        self.id, self._api, self._mends = book, api, mends
        self._aftermath = Aftermath(api, book, lambda job, seen: self._send(job.requests(), job, seen))
        self._chosen: Chosen = chosen
        self._before_write, self._may_sort = before_write, may_sort
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
                self._seen = self._looked()
            self.generation = number_of(self._seen.shape.generation)
            self.cells = sum(len(row) for rows in self._seen.rows.values() for row in rows)
        return self._seen

    def _looked(self) -> Seen:
        """What stands there; what a run left in disorder that died half-way is set right before."""
        for _ in range(_RESCUES):
            seen = look(self._api, self.id, self._chosen)
            self._api.title = seen.shape.title or self._api.title
            with suppress(FingerprintChanged):
                wrong = rescue.wrong(self._api, self.id, seen)
                if not wrong or not self._mends:
                    return rescue.set_right(seen, wrong)
                with self._named(writing=True):
                    self._rescued(wrong, seen)
        raise WorkbookBusy("sync.keeps_changing", workbook=self.title, n=_RESCUES)

    def _rescued(self, wrong: Mapping[int, rescue.Wrong], seen: Seen) -> None:
        if self._before_write is not None:
            self._before_write(seen)
        amends = {sheet: (one.amends, copy_of(one.tab, seen, 0)) for sheet, one in wrong.items()}
        last = seen.shape.generation, seen.shape.generation_id
        last = self._aftermath.ruled({sheet: one.rules for sheet, one in wrong.items() if one.rules}, last)
        copies = [number for number in rescue.to_drop(seen) if number in {one.copy.id for one in wrong.values()}]
        taken = {sheet.id for sheet in seen.shape.sheets}
        _, left = self._aftermath.amended(amends, last, copies, taken=taken, seen=seen)
        self._aftermath.tidy(left)

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
        removed, notes = going(plan.remove, seen, plan.remove if plan.even_added else plan.kept)
        leftovers = rescue.to_drop(seen) if self._mends else []
        generation = Generation.after(seen.shape.generation, seen.shape.generation_id)
        with self._named():
            prepare(
                tabs, seen, numbers, taken, lambda sheet, columns: standing_links(self._api, self.id, sheet, columns)
            )
        return Job(tabs, removed, leftovers, numbers, generation, notes)

    def _titles(self, plan: WritePlan, job: Job, seen: Seen) -> dict[str, str]:
        new = {one.drawn.tab.id: one.title for one in job.tabs}
        standing = {sheet.tab: sheet.title for sheet in seen.shape.sheets if sheet.tab}
        return {tab.id: standing.get(tab.id) or new[tab.id] for tab in plan.tabs}

    # --- writing

    def _written(self, job: Job, seen: Seen) -> Seen:
        """Send the job; what stands then. FingerprintChanged: nothing was written, or all of it was taken back."""
        refuse_too_large(job, seen, self.title)
        if self._before_write is not None:
            self._before_write(seen)
        with self._named(writing=True):
            self._fill(job.filling)
            self._unchanged(seen)
            requests = job.requests()
            answer = self._send(requests, job, seen)
            self.generation = number_of(job.generation.value)
            if self._aftermath.of(job, requests, answer, seen):
                raise FingerprintChanged
        return _after(requests, job, seen)

    def _unchanged(self, seen: Seen) -> None:
        """The last look before a write."""
        again = look_again(self._api, self.id, seen)
        if again.fingerprint != seen.fingerprint:
            raise FingerprintChanged

    def _send(self, requests: list[Json], job: Job, seen: Seen | None) -> Json:
        """The batch, until it is known to be applied. A resend meets its own ids and marker and is refused as a whole.

        The answer, with the copies of people's tabs in it; {} where it was lost. seen: what must stand there still.
        """
        shown = [range_of(witness.title_of(number)) for number in job.copies.values()]
        replies = any("deleteConditionalFormatRule" in request for request in requests)
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._api.write(self.id, requests, shown=shown, fields=witness.FIELDS, replies=replies)
            except Ambiguous:
                pass
            except Refusal as trouble:
                if trouble.status != 400:
                    raise
                if self._is_applied(job):
                    return {}
                self._refused(seen)
                raise
            if self._is_applied(job):
                return {}
            if attempt >= self._api.calling.attempts:
                raise WorkbookBusy("google.stop.unreachable", workbook=self.title)
            self._api.counters.retries += 1
            self._api.pause(self._api.backoff(attempt))
            if self._is_applied(job):  # it may have been slow
                return {}
            if seen is not None:
                self._unchanged(seen)

    def _is_applied(self, job: Job) -> bool:
        found = generation_of(self._api.structure(self.id, _GENERATION_FIELDS))
        return found[0] == job.generation.value

    def _refused(self, seen: Seen | None) -> None:
        """A batch that does not fit: because somebody changed the spreadsheet, or another run of ours was quicker?"""
        now = look(self._api, self.id, self._chosen)
        if seen is None or now.fingerprint != seen.fingerprint or now.shape.generation != seen.shape.generation:
            raise FingerprintChanged
        if {sheet.id for sheet in now.shape.sheets} != {sheet.id for sheet in seen.shape.sheets}:
            raise FingerprintChanged  # a hidden sheet that we meant to throw away, too, went meanwhile

    def _fill(self, filling: Filling) -> None:
        """The hidden sheets. Where a server takes no plain values, typed cells say the same."""
        if filling.first:
            self._stage(partial(self._api.write, self.id, filling.first), filling.first[0])
        for values in filling.values:
            data = {one.range: one.plain for one in values}
            try:
                self._stage(partial(self._api.fill, self.id, data))
            except Refusal:
                for requests in (batch for one in values for batch in one.typed()):
                    self._stage(partial(self._api.write, self.id, requests))
        for requests in filling.cells:
            self._stage(partial(self._api.write, self.id, requests))

    def _stage(self, send: Callable[[], object], new: Json | None = None) -> None:
        """A write to hidden sheets of our own: doing it twice is harmless. new: the request that makes one of them."""
        for attempt in range(1, self._api.calling.attempts + 1):
            try:
                send()
            except Ambiguous:
                self._api.counters.retries += 1
                self._api.pause(self._api.backoff(attempt))
            except Refusal as trouble:
                if trouble.status == 400 and attempt > 1 and new is not None and self._has(new):
                    return
                raise
            else:
                return
        raise WorkbookBusy("google.stop.unreachable", workbook=self.title)

    def _has(self, new: Json) -> bool:
        sheet = new["addSheet"]["properties"]["sheetId"]
        found = self._api.structure(self.id, "sheets(properties(sheetId))").get("sheets", ())
        return any(item["properties"].get("sheetId", 0) == sheet for item in found)


def named(api: Api, title: str, *, writing: bool = False) -> _Named:
    """Refusals within become sentences for the owner."""
    return _Named(api, title, writing=writing)


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


def _after(requests: Sequence[Json], job: Job, seen: Seen) -> Seen:
    """What stands after the job: the same sheets, ours at the end, without what was removed."""
    gone = {sheet.id for sheet in job.removed} | set(job.leftovers)
    sheets = [sheet for sheet in seen.shape.sheets if sheet.id not in gone]
    rows = {number: values for number, values in seen.rows.items() if number not in gone}
    for tab in job.tabs:
        if tab.is_new:
            assert tab.size is not None
            mark = Mark(tab.drawn.tab.id, tab.mark, {})
            sheets.append(SheetShape(tab.sheet, tab.title, False, *tab.size, mark, (), Cells(), {}))
        standing = rows.get(tab.sheet, ())
        ours = tab.is_new or tab.drawn.keyed is None
        rows[tab.sheet] = after(tab, standing) if ours else _replayed(requests, tab.sheet, standing)
    shape: Shape = replace(seen.shape, sheets=tuple(sheets), generation=job.generation.value)
    return Seen(shape, rows)


def _replayed(requests: Sequence[Json], sheet: int, standing: Rows) -> Rows:
    lines = replay(requests, sheet, [[typed(value) for value in row] for row in standing])
    return [[line.at(column) for column in range(len(line.cells))] for line in lines]
