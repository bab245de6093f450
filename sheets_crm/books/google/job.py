"""One write as a list of requests: which tabs change, how, and the marker by which the write is known again.

Pure but for the random ids of new things: it sends nothing. Ids are made once, so that a batch that is sent again collides
with itself instead of doing its work twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sheets_crm.books.google import boxes, frame, journal, put, rules, staging, views, witness
from sheets_crm.books.google.difference import Plan
from sheets_crm.books.google.drawn import Drawn, Row
from sheets_crm.books.google.filling import Filling, Part, filling
from sheets_crm.books.google.generation import Generation, new_id
from sheets_crm.books.google.places import ids_told
from sheets_crm.books.google.reading import Rows
from sheets_crm.books.google.rows import Changes, by_key, padded, whole
from sheets_crm.books.google.seen import Seen, digest
from sheets_crm.books.google.shape import MARK, SheetShape
from sheets_crm.books.google.witness import Copy

Json = dict[str, Any]

_VALUE, _LINK = put.VALUE, put.LINK


@dataclass
class TabJob:
    """What one tab needs. plan: of a large one (see `large`), with the ids of its hidden sheets: staged, filled before the batch
    (None: there is none), and scratch.

    grid: the size of the sheet's grid as it is, size: as it is to be. copy: the hidden sheet that shows what stood there
    when the batch came (see `witness`); None where nobody but us works in the tab.
    """

    drawn: Drawn
    sheet: int
    title: str
    place: frame.Place
    changes: Changes
    is_new: bool
    size: tuple[int, int] | None
    look_changed: bool
    links_changed: bool
    sort: bool
    mark: int
    guard: int
    charts: tuple[int, ...]
    spare: int  # a column beyond everybody's values
    grid: tuple[int, int]
    copy: Copy | None = None
    plan: Plan | None = None
    staged: int | None = None
    scratch: int = 0

    @property
    def is_needed(self) -> bool:
        changed = self.is_new or self.look_changed or self.links_changed or bool(self.changes)
        return changed or frame.is_moved(self.drawn, self.place)

    @property
    def is_repainted(self) -> bool:
        """Are all looks given anew? Links are looks: pasting them pastes the rest as well."""
        pasted = self.plan is not None and self.plan.is_repainted
        return self.is_new or self.look_changed or pasted or self._has_bare_cells

    @property
    def _has_bare_cells(self) -> bool:
        """Does the grid grow? Rows and columns that are added to it look like nothing yet."""
        return self.size is not None and (self.size[0] > self.grid[0] or self.grid[1] < self.drawn.width)

    @property
    def rule_marks(self) -> frozenset[str]:
        """By which our conditional formats are known, of before and now."""
        return frozenset(self.place.kept.get("rules", ())) | frozenset(frame.rule_marks(self.drawn))

    @property
    def height(self) -> int:
        """Rows of the tab's area as they will stand."""
        keyed = self.drawn.keyed
        standing = [place + 1 for place in self.changes.places.values()]
        if keyed is None or not standing:
            return self.drawn.height
        last = max([*standing, keyed.head + 1])
        above = sum(place < last for place in self.changes.deleted)
        return last - above + len(self.changes.appended)


def free_title(title: str, taken: Sequence[str]) -> str:
    """The title, or the title with a number where some sheet has that name."""
    used = {name.casefold() for name in taken}
    name, number = title[:100], 2
    while name.casefold() in used:
        suffix = f" ({number})"
        name, number = title[: 100 - len(suffix)] + suffix, number + 1
    return name


def tab_job(drawn: Drawn, seen: Seen, taken: set[int], title: str, *, editor: str | None, may_sort: bool) -> TabJob:
    """Compare a drawn tab with what stands."""
    sheet = seen.tab(drawn.tab.id)
    kept: Mapping[str, Any] = sheet.mark.kept if sheet and sheet.mark else {}
    standing = seen.rows.get(sheet.id, ()) if sheet else ()
    number = sheet.id if sheet else new_id(taken)
    place = frame.Place(number, seen.shape.locale, editor, sheet.raw if sheet else {}, kept, standing)
    relaid = int(kept.get("width") or 0) > drawn.width  # wider: by_key sees whether new columns stand there already
    changes = None if relaid or drawn.keyed is None else by_key(drawn, drawn.keyed, standing)
    used = (len(standing), max((len(row) for row in standing), default=0))
    moved = changes is None and drawn.keyed is not None  # looks stand where columns stood: drop-downs, what is hidden
    if changes is None:
        area = kept.get("area") or [0, 0]
        theirs = used if drawn.keyed else (0, 0)  # all that people have there is drawn, wherever they moved it
        changes = whole(drawn, standing, (max(int(area[0]), theirs[0]), max(int(area[1]), theirs[1])))
    now = (sheet.rows, sheet.columns) if sheet else (0, 0)
    size = frame.grid_size(drawn, used, now)
    old_charts = [int(one) for one in kept.get("charts", ())]
    charts = tuple((old_charts + [new_id(taken) for _ in drawn.tab.charts])[: len(drawn.tab.charts)])
    quiet = digest(standing).hex()[:20] == kept.get("left")
    return TabJob(
        drawn, number, sheet.title if sheet else title, place, changes,
        is_new=sheet is None, size=size if size != now else None,
        look_changed=kept.get("look") != drawn.look or moved, links_changed=kept.get("links", "") != drawn.linked,
        sort=bool(changes.order) and (may_sort or quiet),
        mark=sheet.mark.metadata if sheet and sheet.mark else new_id(taken),
        guard=int(kept.get("guard") or new_id(taken)), charts=charts, spare=max(drawn.width, used[1]), grid=now,
        copy=copy_of(sheet, seen, new_id(taken)) if sheet and drawn.keyed else None,
    )  # fmt: skip


def copy_of(sheet: SheetShape, seen: Seen, number: int) -> Copy | None:
    """How a sheet is to be copied. None: it can't be without either leaving out rows or leaving a copy that is to stay."""
    grid = sheet.rows, sheet.columns
    if not frame.is_closed(sheet.raw):
        return Copy(number, grid, next(n for n, one in enumerate(seen.sheets, 1) if one.id == sheet.id))
    return None if sheet.raw.get("basicFilter") else Copy(number, grid)


@dataclass
class Job:
    """A whole write. sheets: title -> sheet id, for links. copied: of people's tabs, by sheet id: how each is copied."""

    tabs: list[TabJob]
    removed: list[SheetShape]
    leftovers: list[int]
    sheets: Mapping[str, int]
    generation: Generation
    notes: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    more: list[Json] = field(default_factory=list)  # requests besides
    copied: dict[int, Copy] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.copied |= {tab.sheet: tab.copy for tab in self.tabs if tab.copy is not None}

    @property
    def copies(self) -> dict[int, int]:
        """By sheet id: the id of the hidden sheet that shows how the batch met it."""
        return {sheet: copy.number for sheet, copy in self.copied.items()}

    def __bool__(self) -> bool:
        return bool(self.tabs or self.removed or self.leftovers)

    def requests(self) -> list[Json]:
        """The one batch after which everything stands. First of all it copies the tabs that people work in, as they stand."""
        found = [*self.generation.requests(), *self.filling.late, *_sheets_gone(self.leftovers)]
        parts = [[*self._tab(tab)] for tab in self.tabs]
        for tab, part in zip(self.tabs, parts, strict=True):
            if tab.copy is not None:
                self.copied[tab.sheet] = _witness(tab, tab.copy, part, self.generation)
        for original, copy in self.copied.items():
            found += witness.copied(original, copy)
        found += [request for part in parts for request in part]
        return [*found, *_sheets_gone(sheet.id for sheet in self.removed), *self.more]

    def _tab(self, job: TabJob) -> Iterator[Json]:
        if job.is_repainted:
            yield from frame.rules_gone(job.place)
        if job.plan is not None:
            yield from staging.lifted(job.plan, _sheets(job))
        yield from self._grid(job)
        if job.plan is not None:
            yield from staging.laid(job.plan, _sheets(job), self._addresses(job))
        else:
            yield from self._cells(job)
        if job.is_repainted:
            yield from frame.frame(job.drawn, job.place)
            yield from frame.charts(job.drawn, job.place, job.charts)
            yield from views.views(job.drawn, job.place)
        yield from boxes.boxes(job.drawn, job.place, expected(job), anew=job.is_repainted)
        yield from frame.guard(job.drawn, job.place, job.guard, (job.height, expected(job)))
        yield from _marked(job, ids_told(job.drawn, self.sheets))

    def _grid(self, job: TabJob) -> Iterator[Json]:
        if job.is_new:
            assert job.size is not None
            rows, columns = job.size
            grid = {"rowCount": rows, "columnCount": columns}
            yield {"addSheet": {"properties": {"sheetId": job.sheet, "title": job.title, "gridProperties": grid}}}
        elif job.size is not None:
            grid = {"rowCount": job.size[0], "columnCount": job.size[1]}
            properties = {"sheetId": job.sheet, "gridProperties": grid}
            fields = "gridProperties(rowCount,columnCount)"
            yield {"updateSheetProperties": {"properties": properties, "fields": fields}}

    def _cells(self, job: TabJob) -> Iterator[Json]:
        fields = self.fields(job)
        planned = {place: row for row, place in job.changes.places.items()}
        for top, left, rows in job.changes.blocks:
            values = [
                self._cell_row(job, planned.get(top + offset), left, row) for offset, row in enumerate(rows)
            ]  # fmt: skip
            start = {"sheetId": job.sheet, "rowIndex": top, "columnIndex": left}
            yield {"updateCells": {"start": start, "rows": values, "fields": fields}}
        if not job.is_new:
            yield from self._links(job)
        yield from self._moved(job, fields)

    def _links(self, job: TabJob) -> Iterator[Json]:
        """Links of rows that stay: the columns that have any, wholly. Where none changed, those of rows in which something stood
        that is not ours: in a tab without keys another row may have come there, with its links.
        """
        met = {top + place for top, _, rows in job.changes.blocks for place in range(len(rows))}
        for column in sorted({column for _, column in job.drawn.links}):
            cells = {
                place: {"userEnteredFormat": put.link(self._link(job, row, column))}
                for row, place in job.changes.places.items()
                if job.links_changed or (job.drawn.keyed is None and place in met)
            }
            yield from put.down(job.sheet, column, cells, _LINK)

    def _moved(self, job: TabJob, fields: str) -> Iterator[Json]:
        """Rows appended, sorted, deleted. Ranks stand beside the rows for the length of the batch."""
        spare = job.spare
        if job.sort:
            ranked = {place: {"userEnteredValue": {"numberValue": rank}} for place, rank in job.changes.order.items()}
            yield from put.down(job.sheet, spare, ranked, _VALUE)
        for place in sorted(job.changes.deleted, reverse=True):
            interval = {"sheetId": job.sheet, "dimension": "ROWS", "startIndex": place, "endIndex": place + 1}
            yield {"deleteDimension": {"range": interval}}
        if job.changes.appended:
            rows = [self._appended(job, row, spare) for row in job.changes.appended]
            yield {"appendCells": {"sheetId": job.sheet, "rows": rows, "fields": fields}}
        if job.sort:
            keyed = job.drawn.keyed
            assert keyed is not None
            body = job.place.area(keyed.head + 1, 0, None, spare + 1)
            yield {"sortRange": {"range": body, "sortSpecs": [{"dimensionIndex": spare, "sortOrder": "ASCENDING"}]}}
            ranks = job.place.area(keyed.head + 1, spare, None, spare + 1)
            yield {"repeatCell": {"range": ranks, "cell": {}, "fields": _VALUE}}

    def _appended(self, job: TabJob, row: int, spare: int) -> Json:
        cells = self._cell_row(job, row, 0, job.drawn.rows[row])
        if job.sort:
            cells["values"] += [{}] * (spare - len(cells["values"]))
            cells["values"].append({"userEnteredValue": {"numberValue": row}})
        return cells

    def fields(self, job: TabJob) -> str:
        """What a cell of the tab is written with."""
        return f"{_VALUE},{_LINK}" if job.drawn.links else _VALUE

    def _cell_row(self, job: TabJob, row: int | None, left: int, values: Row) -> Json:
        return {
            "values": [
                put.cell(value, None if row is None else self._link(job, row, column))
                for column, value in enumerate(values, left)
            ]
        }

    def _link(self, job: TabJob, row: int, column: int) -> str | None:
        """The address of the place in this spreadsheet; None where its sheet is not there."""
        return put.uri_of(job.drawn.links.get((row, column)), self.sheets)

    @cached_property
    def filling(self) -> Filling:
        """What fills the hidden sheets of large tabs."""
        return filling(
            Part(one.plan, one.drawn.rows, self._addresses(one), one.staged)
            for one in self.tabs
            if one.plan is not None and one.staged is not None
        )

    def _addresses(self, job: TabJob) -> put.Addresses:
        uris = {place: put.uri_of(link, self.sheets) for place, link in job.drawn.links.items()}
        return {place: uri for place, uri in uris.items() if uri}


def _sheets(job: TabJob) -> staging.Sheets:
    return staging.Sheets(job.sheet, job.staged, job.scratch, job.grid[1], (job.size or job.grid)[0])


def _sheets_gone(numbers: Iterable[int]) -> list[Json]:
    return [{"deleteSheet": {"sheetId": number}} for number in numbers]


def _witness(tab: TabJob, copy: Copy, part: Sequence[Json], generation: Generation) -> Copy:
    """The copy with all that the next run needs to know, should this one not come to look at it."""
    keyed = tab.drawn.keyed
    assert keyed is not None
    title = str(tab.drawn.rows[keyed.head][keyed.key])
    told = journal.of_write(part, tab.sheet, seen=tab.place.standing, head=keyed.head, title=title)
    note = journal.note(tab.place.standing, generation.value, head=keyed.head, title=title)
    if gone := rules.deletions(part, tab.sheet):
        note |= {"gone": gone, "rules": sorted(tab.rule_marks), "new": len(tab.drawn.tab.conditions)}
    return replace(copy, note=note, journal=journal.packed(told))


def after(job: TabJob, standing: Rows) -> Rows:
    """The values of the whole of a sheet of ours alone after the write, if it stood as it was read."""
    height, width = area_of(job)
    rows: list[Row] = padded(job.drawn.rows, height, width)
    beside = [list(row[width:]) for row in standing[:height]]
    beside += [[]] * (height - len(beside))
    return [*([*row, *more] for row, more in zip(rows, beside, strict=True)), *standing[height:]]


def area_of(job: TabJob) -> tuple[int, int]:
    """Height and width of all that is written when a tab is written as a whole: the former area too."""
    old = job.place.kept.get("area") or [0, 0]
    return max(job.drawn.height, int(old[0])), max(job.drawn.width, int(old[1]))


def _marked(job: TabJob, linked_to: str) -> Iterator[Json]:
    """What we keep on the tab: who it is, and how we left it. linked_to: see `places`."""
    kept = {
        "tab": job.drawn.tab.id, "sheet": job.sheet, "look": job.drawn.look, "links": job.drawn.linked,
        "to": linked_to,
        "area": [job.height, job.drawn.width], "width": job.drawn.width, "charts": list(job.charts), "guard": job.guard,
        "rules": frame.rule_marks(job.drawn), "holes": frame.holes_told(job.drawn, (job.height, expected(job))),
        "left": digest(expected(job)).hex()[:20], "boxes": boxes.told(job.drawn, job.place, expected(job)),
        "views": views.told(job.drawn, job.place),
    }  # fmt: skip
    text = json.dumps(kept, separators=(",", ":"))
    if job.is_new:
        yield {"createDeveloperMetadata": {"developerMetadata": _metadata(job.mark, job.sheet, text)}}
    else:
        lookup = {"developerMetadataLookup": {"metadataId": job.mark}}
        wanted = {"metadataValue": text}
        yield {
            "updateDeveloperMetadata": {"dataFilters": [lookup], "developerMetadata": wanted, "fields": "metadataValue"}
        }


def _metadata(number: int, sheet: int, text: str) -> Json:
    return {
        "metadataId": number, "metadataKey": MARK, "metadataValue": text, "location": {"sheetId": sheet},
        "visibility": "DOCUMENT",
    }  # fmt: skip


def expected(job: TabJob) -> Rows:
    """The values of a tab's area as they should stand after the write, if nobody does anything meanwhile."""
    keyed = job.drawn.keyed
    if keyed is None or not job.changes.places:
        return job.drawn.rows
    rows = {place: job.drawn.rows[row] for row, place in job.changes.places.items()}
    if job.sort:
        return job.drawn.rows
    gone = set(job.changes.deleted)
    kept = [rows.get(place, []) for place in range(max(rows) + 1) if place not in gone]
    return kept + [job.drawn.rows[row] for row in job.changes.appended]
