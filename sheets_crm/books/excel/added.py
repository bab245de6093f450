"""What people added to a tab of ours, and who else points at it: asked before a tab is drawn again or taken away.

Reads; changes nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from sheets_crm.books.excel.carry import OldTab, area_of
from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.references import holds_any, name_pattern, spellings
from sheets_crm.books.excel.workbook import Sheet, Workbook
from sheets_crm.books.model import Grid
from sheets_crm.cells import Kind, letter
from sheets_crm.errors import OwnerError

Area = tuple[int, int, int, int]  # top, left, bottom, right; 0-based, both ends included
_KINDS = ("worksheet+xml", "chart+xml", "macrosheet+xml", "pivotCacheDefinition+xml", "drawing+xml")
_MOST_TOLD = 5


def drawn_area(note: str) -> Area | None:
    """The area that we drew, out of the note that stands with a tab; None where it is not known."""
    return area_of(note.rpartition(" ")[2])


def cells_outside(path: Path, sheet: str, drawn: Area, now: Area | None = None) -> str:
    """Filled cells outside what we drew then (and draw now), told in short: "F3, H12"; '' when there are none."""
    from sheets_crm.books.excel.reader import read_sheets

    grid = read_sheets(path, [sheet])[sheet]
    places = [place for place in _filled(grid, drawn) if now is None or not _within(place, now)]
    told = [f"{letter(column)}{row + 1}" for row, column in places[:_MOST_TOLD]]
    return ", ".join(told) + (" …" if len(places) > _MOST_TOLD else "")


def _filled(grid: Grid, area: Area) -> list[tuple[int, int]]:
    """Row and column of filled cells outside an area, row by row."""
    found = []
    for index, column in enumerate(grid.columns):
        rows = (column.kind != Kind.EMPTY).arg_true().to_list()
        found += [(row, index) for row in rows if not _within((row, index), area)]
    return sorted(found)


def _within(place: tuple[int, int], area: Area) -> bool:
    top, left, bottom, right = area
    return top <= place[0] <= bottom and left <= place[1] <= right


def reaches_beyond(old: OldTab, drawn: Area) -> bool:
    """Does the sheet's own note of its extent go beyond what we drew? Without one it may."""
    extent = area_of(old.extent) if old.extent else None
    return extent is None or extent[2] > drawn[2] or extent[3] > drawn[3]


def points_at(package: Package, workbook: Workbook, sheet: Sheet, tables: Sequence[str]) -> bool:
    """Does anything of the user's name our sheet or its tables: formulas, rules, names, charts, pivots, links?"""
    wanted = name_pattern([sheet.name], tables)
    place = str(workbook.sheets.index(sheet))
    names = (name for name in workbook.names if not name.name.casefold().startswith("_sheets_crm_"))
    if any(wanted.search(name.text) for name in names if name.local != place):
        return True
    blocked = {one.part for one in workbook.marked().values() if one.part}
    needles = [needle for text in (sheet.name, *tables) for needle in spellings(text)]
    attributes = re.compile(
        "|".join(rf'(?:sheet|name)="{re.escape(html.escape(text))}"' for text in (sheet.name, *tables)), re.IGNORECASE
    )
    for part in package.reach([""], blocked=blocked):
        kind = package.types.of(part)
        if kind.endswith(_KINDS) and holds_any(package, part, needles):
            text = _text(package, part)
            if wanted.search(html.unescape(text)) or (kind.endswith(_KINDS[3]) and attributes.search(text)):
                return True
    return False


def _text(package: Package, part: str) -> str:
    try:
        data = package.read(part)
    except OwnerError:
        return ""
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<"}
    return data.decode("utf-16" if wide else "utf-8", "replace")
