"""Large tabs of ours alone: which of them are prepared on a hidden sheet, and which are changed by what differs.

What stands in a tab is what the run has read, values and, where they matter here, links: nothing is taken from memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import Any

from sheets_crm.books.google import filling, frame, put
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.difference import LINKED, Links, Plan, Uris, difference, whole
from sheets_crm.books.google.generation import new_id
from sheets_crm.books.google.job import TabJob
from sheets_crm.books.google.places import known_places
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.seen import Seen
from sheets_crm.books.google.shape import SheetShape
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.cells import letter

Json = dict[str, Any]
Linked = Callable[[SheetShape, Sequence[int]], Uris]

AT_ONCE = 30_000  # cells of a tab beyond which it is large
_ROOM = 2_000_000  # bytes of large tabs in the one batch
_LINK_FIELDS = (
    "sheets(properties(sheetId),data(startRow,startColumn,rowData(values(userEnteredFormat(textFormat(link(uri)))))))"
)


def prepare(tabs: Sequence[TabJob], seen: Seen, sheets: Mapping[str, int], taken: set[int], linked: Linked) -> None:
    """Plan the large ones among the tabs. sheets: title -> id, for links. linked: reads the addresses that stand in columns."""
    room, first = _ROOM, filling.MOST_BYTES
    for one in tabs:
        if not one.is_new and one.drawn.keyed is not None:
            continue
        height, width = _area(one)
        if height * width <= AT_ONCE:
            continue
        sheet = seen.tab(one.drawn.tab.id)
        plan = None
        if sheet is not None and one.place.kept.get("width") == one.drawn.width and _is_plain(sheet, one.drawn.width):
            plan = _differing(one, height, room, sheets, partial(linked, sheet))
        if plan is None and max(one.changes.cells, height * width if one.links_changed else 0) > AT_ONCE:
            plan = whole(height, width, looks=one.is_new or one.look_changed or one.links_changed)
        if plan is not None:
            plan, first = _with_first(plan, one, first, room)
            one.plan, one.scratch = plan, new_id(taken) if plan.moves else 0
            one.staged = new_id(taken) if plan.columns else None
            room = max(0, room - plan.size)


def _with_first(plan: Plan, job: TabJob, first: int, room: int) -> tuple[Plan, int]:
    """Little of it, or half of all where the batch holds the rest, is prepared by the very call that makes the hidden sheet.

    first: bytes that are left in that call; what is left of them then.
    """
    rows, columns, linked = (
        job.drawn.rows,
        plan.columns,
        {column for _, column in job.drawn.links} if plan.looks else set(),
    )
    least = 48 * len(rows) * len(columns) // 2
    if not columns or least > first + room:
        return plan, first
    links = len(linked.intersection(columns)) * LINKED
    sizes = list(
        accumulate(sum(put.bytes_of(row[column]) for column in columns if column < len(row)) + links for row in rows)
    )
    fits = bisect_right(sizes, first)
    rest = sizes[-1] - (sizes[fits - 1] if fits else 0)
    if fits == len(rows):
        return replace(plan, typed=len(rows)), first - sizes[-1]
    if len(columns) < plan.width or not fits or rest > room:
        return plan, first
    return replace(plan, typed=fits, blocks=[(fits, 0, rows[fits:])], size=rest), 0


def _area(job: TabJob) -> tuple[int, int]:
    """Height and width of what is drawn and of what stands of the former drawing."""
    old, standing = job.place.kept.get("area") or [0, 0], job.place.standing
    used = max(map(len, standing), default=0)
    return max(job.drawn.height, min(int(old[0]), len(standing))), max(job.drawn.width, min(int(old[1]), used))


def _differing(
    job: TabJob, height: int, room: int, sheets: Mapping[str, int], linked: Callable[[Sequence[int]], Uris]
) -> Plan | None:
    """What differs; None where all of it has to be prepared."""
    drawn = job.drawn
    columns = sorted({column for _, column in drawn.links})
    if not columns and job.links_changed:
        return None
    if not columns or not (job.links_changed or job.changes):
        return difference(drawn, job.place.standing, height, None, room)
    wanted = {
        column: [put.uri_of(drawn.links.get((row, column)), sheets) for row in range(drawn.height)]
        for column in columns
    }  # fmt: skip
    links = Links(_standing(job, columns, sheets, linked), wanted, _only_our_rules(job.place))
    return difference(drawn, job.place.standing, height, links, room)


def _standing(
    job: TabJob, columns: Sequence[int], sheets: Mapping[str, int], linked: Callable[[Sequence[int]], Uris]
) -> Uris:
    """The addresses that stand: as the mark and the values tell them, or read."""
    places = known_places(job.drawn, job.place.standing, job.place.kept, sheets)
    if places is None:
        return linked(columns)
    height = 1 + max((row for row, _ in places), default=0)
    return {column: [put.uri_of(places.get((row, column)), sheets) for row in range(height)] for column in columns}


def _is_plain(sheet: SheetShape, width: int) -> bool:
    """Are our columns values and nothing else, of which a copy is what was read, and is none of their rows filtered away?"""
    formulas = any(column < width for column in sheet.cells.formulas)
    errors = any(column < width for column in sheet.cells.errors)
    merged = any(one.left < width for one in sheet.merges)
    return not (formulas or errors or merged or sheet.is_filtered)


def _only_our_rules(place: frame.Place) -> bool:
    """Rules that people added would be cut up by pasting looks."""
    return len(place.raw.get("conditionalFormats", ())) == sum(1 for _ in frame.rules_gone(place))


def standing_links(api: Api, book: str, sheet: SheetShape, columns: Sequence[int]) -> Uris:
    """The addresses that cells of some columns lead to, by row: one call. Where they can't be read, none stand."""
    ranges = [f"{range_of(sheet.title)}!{letter(column)}:{letter(column)}" for column in columns]
    try:
        answer = api.structure(book, _LINK_FIELDS, ranges=ranges)
    except Refusal as trouble:
        if trouble.status != 400:  # renamed meanwhile: the last look tells
            raise
        return {}
    found: dict[int, list[str | None]] = {column: [] for column in columns}
    for item in answer.get("sheets", ()):
        if item.get("properties", {}).get("sheetId", 0) == sheet.id:
            for part in item.get("data", ()):
                _put(found, part)
    return found


def _put(found: Mapping[int, list[str | None]], part: Json) -> None:
    left, top = part.get("startColumn", 0), part.get("startRow", 0)
    for row, line in enumerate(part.get("rowData", ()), top):
        for column, cell in enumerate(line.get("values", ()), left):
            if column in found:
                uris = found[column]
                uris += [None] * (row + 1 - len(uris))
                uris[row] = _uri(cell)


def _uri(cell: Json | None) -> str | None:
    looks = ((cell or {}).get("userEnteredFormat") or {}).get("textFormat") or {}
    uri: str | None = (looks.get("link") or {}).get("uri")
    return uri
