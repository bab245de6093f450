"""What people changed on a tab of ours since we drew it, so that drawing it again does not undo it.

Reads the old sheet and its tables: widths and hidden columns, zoom, selection, table names and ids, filters, order.
Writes nothing. A part that some other program left unreadable counts as holding nothing to carry over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sheets_crm.books.excel.layout import ColumnLook
from sheets_crm.books.excel.package import Package, Rel
from sheets_crm.books.excel.workbook import Sheet, is_true
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.books.tab import Tab
from sheets_crm.cells import index_of
from sheets_crm.errors import OwnerError

_ROWS = re.compile(rb"<((?:[\w.-]+:)?)sheetData(?:\s[^>]*)?(?:/>|>)")
_VIEW = ("tabSelected", "view", "zoomScale", "zoomScaleNormal", "zoomScaleSheetLayoutView", "zoomScalePageLayoutView")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?")
COMMENTS = ("comments", "threadedComment", "vmlDrawing")


@dataclass(frozen=True)
class OldTable:
    """A native table as it stands on the old sheet. Positions are 0-based."""

    part: str
    name: str
    id: int
    columns: Mapping[str, int]  # title -> id
    titles: tuple[str, ...]
    row: int
    column: int
    filters: tuple[Element, ...] = ()
    sort: Element | None = None
    look: Element | None = None
    bottom: int = 0
    xml: Xml | None = None


@dataclass(frozen=True)
class OldTab:
    """A sheet of ours as it stands in the file."""

    part: str
    view: Mapping[str, str] = field(default_factory=dict)
    looks: Mapping[int, ColumnLook] = field(default_factory=dict)
    tables: tuple[OldTable, ...] = ()
    drawing: str | None = None
    comments: tuple[Rel, ...] = ()  # people's comments and the drawing that shows them
    rels: tuple[Rel, ...] = ()  # all relationships of the sheet
    extent: str = ""  # the area that the sheet says it fills


def read_old(package: Package, sheet: Sheet) -> OldTab:
    """The old state of a tab; what can't be read is left at its default."""
    assert sheet.part is not None
    try:
        frame = Xml(frame_of(package.archive.pieces(sheet.part)), sheet.part).root
        rels = package.rels(sheet.part)
    except OwnerError:
        return OldTab(sheet.part)
    parts = [(rel, found) for rel in rels if not rel.external and (found := package.find(rel.target))]
    drawing = next((part for rel, part in parts if rel.kind == "drawing"), None)
    tables = (_old_table(package, part) for rel, part in parts if rel.kind == "table")
    return OldTab(
        part=sheet.part,
        view=_view(frame),
        looks=_looks(frame),
        tables=tuple(table for table in tables if table),
        drawing=drawing,
        comments=tuple(rel for rel, _ in parts if rel.kind in COMMENTS),
        rels=tuple(rels),
        extent=extent.attrs.get("ref", "") if (extent := frame.child("dimension")) else "",
    )


def frame_of(pieces: Iterable[bytes]) -> bytes:
    """A sheet as far as its rows, closed again: the rows may be many, and what follows them is drawn anew."""
    head = b""
    for piece in pieces:
        head += piece
        if found := _ROWS.search(head):
            return head[: found.start()] + b"</" + found.group(1) + b"worksheet>"
    return head


def column_looks(old: OldTab, tab: Tab, titles: Mapping[int, tuple[str, ...]]) -> dict[int, ColumnLook]:
    """How people left the columns, at the places where these columns are going to stand. titles: table number -> titles."""
    by_title: dict[tuple[int, str], ColumnLook] = {}
    old_covered: set[int] = set()
    for number, table in enumerate(old.tables):
        for i, title in enumerate(table.titles):
            old_covered.add(table.column + i)
            if look := old.looks.get(table.column + i):
                by_title.setdefault((number, title), look)
    found: dict[int, ColumnLook] = {}
    covered: set[int] = set()
    for number, drawn in enumerate(tab.tables):
        for i, title in enumerate(titles[number]):
            covered.add(drawn.column + i)
            if look := by_title.get((number, title)):
                found.setdefault(drawn.column + i, look)
    for index in range(len(tab.widths)):
        if index not in covered and index not in old_covered and index in old.looks:
            found[index] = old.looks[index]
    return found


def area_of(reference: str) -> tuple[int, int, int, int] | None:
    """Top, left, bottom, right (0-based) of A1 or A1:C9."""
    found = _AREA.fullmatch(reference)
    if not found:
        return None
    left, top, right, bottom = found.groups()
    last = (int(bottom) - 1, index_of(right)) if right else (int(top) - 1, index_of(left))
    return int(top) - 1, index_of(left), *last


def _view(frame: Element) -> dict[str, str]:
    views = frame.child("sheetViews")
    view = views.child("sheetView") if views else None
    return {name: view.attrs[name] for name in _VIEW if name in view.attrs} if view else {}


def _looks(frame: Element) -> dict[int, ColumnLook]:
    parent = frame.child("cols")
    looks: dict[int, ColumnLook] = {}
    for each in parent.all("col") if parent else ():
        first, last = each.attrs.get("min", ""), each.attrs.get("max", "")
        if first.isdigit() and last.isdigit():
            look = ColumnLook(each.attrs.get("width"), is_true(each.attrs.get("hidden")))
            looks |= dict.fromkeys(range(int(first) - 1, min(int(last), 1_000)), look)
    return looks


def _old_table(package: Package, part: str) -> OldTable | None:
    try:
        xml = Xml(package.read(part), part)
    except OwnerError:
        return None
    root = xml.root
    area = area_of(root.attrs.get("ref", ""))
    parent = root.child("tableColumns")
    if area is None or parent is None:
        return None
    columns = parent.all("tableColumn")
    titles = tuple(plain_title(each.attrs.get("name", "")) for each in columns)
    filters = root.child("autoFilter")
    return OldTable(
        part=part,
        name=root.attrs.get("displayName", ""),
        id=_number(root.attrs.get("id")),
        columns={t: _number(each.attrs.get("id")) for t, each in zip(titles, columns, strict=True)},
        titles=titles,
        row=area[0],
        column=area[1],
        bottom=area[2],
        filters=tuple(filters.all("filterColumn")) if filters else (),
        sort=root.child("sortState") or (filters.child("sortState") if filters else None),
        look=root.child("tableStyleInfo"),
        xml=xml,
    )


def plain_title(name: str) -> str:
    """A column's title from the name in the table part."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), name)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def table_ids(package: Package, parts: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Ids and names of all tables of the workbook: part -> (id, display name); an unreadable one is left out."""
    found = {}
    for part in parts:
        try:
            root = Xml(package.read(part), part).root
        except OwnerError:
            continue
        if root.local == "table":
            found[part] = (_number(root.attrs.get("id")), root.attrs.get("displayName", ""))
    return found
