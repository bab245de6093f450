"""What an .xlsx has beside its cells: sheets, sizes, widths, panes, merges, notes, links, and what can't go along.

Reads parts of the package; writes nothing. Source: ECMA-376 part 1, 18.2 (workbook), 18.3.1 (sheets), 18.7 (comments).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.copying.excel_xml import elements, local
from sheets_crm.books.copying.model import Place, Sheet
from sheets_crm.books.excel.reader_package import Package
from sheets_crm.books.model import Merge
from sheets_crm.cells import index_of

_CORNER = re.compile(r"\$?([A-Za-z]+)\$?(\d+)")
_PIXELS = 7  # of a character of the usual font, and 5 beside
_COUNTED = {
    "cfRule": "conditional_formats", "dataValidation": "drop_downs", "tablePart": "tables", "sheetProtection": "protection",
    "autoFilter": "filters", "oleObject": "embedded", "control": "controls", "sparkline": "sparklines",
}  # fmt: skip
_TAKEN = {"row", "col", "pane", "mergeCell", "hyperlink", *_COUNTED}
_DRAWN = {"graphicFrame": "charts", "pic": "pictures", "sp": "shapes", "cxnSp": "shapes"}


@dataclass(frozen=True)
class SheetPart:
    """One sheet of the workbook. kind: worksheet, chartsheet, dialogsheet."""

    name: str
    part: str
    kind: str
    hidden: bool


@dataclass(frozen=True)
class BookFacts:
    """The workbook as a whole. lost: see `model.Sheet`."""

    sheets: Sequence[SheetPart]
    styles: str | None
    shared: str | None
    epoch_1904: bool
    lost: Mapping[str, int]


def book_facts(package: Package) -> BookFacts:
    """WorkbookUnreadable: it is no workbook that can be read."""
    part = package.related("", "officeDocument")
    if part is None or part.casefold().endswith(".bin"):
        raise package.refused("strange")
    root = package.xml(part)
    relations = package.relations(part)
    sheets = []
    for item in root.iterfind("{*}sheets/{*}sheet"):
        key = next((value for name, value in item.attrib.items() if name.endswith("}id")), "")
        kind, target = relations.get(key, ("", ""))
        sheets.append(SheetPart(item.get("name", ""), target, kind, item.get("state", "visible") != "visible"))
    properties = root.find("{*}workbookPr")
    epoch = properties is not None and properties.get("date1904", "0") in {"1", "true", "on"}
    names = [item for item in root.iterfind("{*}definedNames/{*}definedName") if _is_theirs(item.get("name", ""))]
    lost = Counter({
        "names": len(names), "macros": sum(kind == "vbaProject" for kind, _ in relations.values()),
        "external_links": sum(kind == "externalLink" for kind, _ in relations.values()),
    })  # fmt: skip
    shared, styles = package.related(part, "sharedStrings"), package.related(part, "styles")
    return BookFacts(sheets, styles, shared, epoch, +lost)


def _is_theirs(name: str) -> bool:
    """Not one of Excel's own (print areas, filters), nor one by which our tabs are known."""
    return not name.startswith(("_xlnm.", "_crm", "_sheets_crm", "sheets_crm"))


@dataclass
class _Sheet:
    height: int = 0
    width: int = 0
    frozen: Place = (0, 0)
    widths: dict[int, int] = field(default_factory=dict)
    hidden_columns: list[int] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    links: dict[Place, str] = field(default_factory=dict)
    lost: Counter[str] = field(default_factory=Counter)


def sheet_facts(package: Package, sheet: SheetPart) -> Sheet:
    """All of a sheet but its cells."""
    found = _Sheet()
    external = _external(package, sheet.part)
    for element in elements(package, sheet.part, _TAKEN):
        _take(element, found, external)
    notes: dict[Place, str] = {}
    for kind, target in package.relations(sheet.part).values():
        if kind == "comments":
            notes |= _notes(package, target)
        elif kind == "threadedComment":
            found.lost["threads"] += sum(1 for _ in package.xml(target).iterfind("{*}threadedComment"))
        elif kind == "pivotTable":
            found.lost["pivots"] += 1
        elif kind == "slicer":
            found.lost["slicers"] += 1
        elif kind == "drawing":
            found.lost.update(_drawn(package, target))
    height = max([found.height, *(merge.bottom for merge in found.merges)])
    width = max([found.width, *(merge.right + 1 for merge in found.merges)])
    return Sheet(
        sheet.name, sheet.hidden, height, width, found.frozen, found.widths, found.hidden_columns, found.hidden_rows,
        found.merges, notes, found.links, +found.lost,
    )  # fmt: skip


def _take(element: Any, found: _Sheet, external: Mapping[str, str]) -> None:
    name = local(element)
    if name == "row":
        _row(element, found)
    elif name == "col":
        _columns(element, found)
    elif name == "pane":
        if element.get("state") in {"frozen", "frozenSplit"}:
            found.frozen = int(float(element.get("ySplit", 0))), int(float(element.get("xSplit", 0)))
    elif name == "mergeCell":
        top, left, bottom, right = _corners(element.get("ref", "A1"))
        if (top, left) != (bottom, right):
            found.merges.append(Merge(top + 1, left, bottom + 1, right))
    elif name == "hyperlink":
        _link(element, found, external)
    else:
        found.lost[_COUNTED[name]] += 1


def _row(row: Any, found: _Sheet) -> None:
    number = int(row.get("r", found.height + 1))
    cells = [cell for cell in row if len(cell)]
    if cells:
        found.height = number
        corner = _CORNER.match(cells[-1].get("r", ""))
        found.width = max(found.width, index_of(corner[1]) + 1 if corner else len(row))
    if row.get("hidden") in {"1", "true"}:
        if found.hidden_rows and found.hidden_rows[-1][1] == number - 2:
            found.hidden_rows[-1] = (found.hidden_rows[-1][0], number - 1)
        else:
            found.hidden_rows.append((number - 1, number - 1))
    found.lost["groups"] += int(row.get("outlineLevel", 0)) > 0


def _columns(element: Any, found: _Sheet) -> None:
    first, last = int(element.get("min", 1)) - 1, int(element.get("max", 1)) - 1
    for column in range(first, min(last, first + 255) + 1):  # one entry may stand for all columns to the right
        if element.get("width") and element.get("hidden") not in {"1", "true"}:
            found.widths[column] = round(float(element.get("width")) * _PIXELS) + 5
        if element.get("hidden") in {"1", "true"}:
            found.hidden_columns.append(column)
    found.lost["groups"] += int(element.get("outlineLevel", 0)) > 0


def _link(element: Any, found: _Sheet, external: Mapping[str, str]) -> None:
    key = next((value for name, value in element.attrib.items() if name.endswith("}id")), "")
    place = element.get("location", "")
    address = external.get(key, "") + (f"#{place}" if place else "")
    top, left, bottom, right = _corners(element.get("ref", "A1"))
    for row in range(top, min(bottom, top + 1000) + 1):
        for column in range(left, min(right, left + 50) + 1):
            if address:
                found.links[row, column] = address


def _corners(ref: str) -> tuple[int, int, int, int]:
    found = [(int(row) - 1, index_of(column)) for column, row in _CORNER.findall(ref)] or [(0, 0)]
    return (*found[0], *found[-1])


def _external(package: Package, part: str) -> dict[str, str]:
    """Relationship id -> address on the net."""
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    if not part or not package.has(rels):
        return {}
    found = package.xml(rels).iterfind("{*}Relationship")
    return {one.get("Id", ""): one.get("Target", "") for one in found if one.get("TargetMode") == "External"}


def _notes(package: Package, part: str) -> dict[Place, str]:
    found = {}
    for comment in package.xml(part).iterfind("{*}commentList/{*}comment"):
        top, left, _, _ = _corners(comment.get("ref", "A1"))
        text = "".join(one.text or "" for one in comment.iter() if one.tag.rpartition("}")[2] == "t").strip()
        if text:
            found[top, left] = text
    return found


def _drawn(package: Package, part: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for element in package.xml(part).iter():
        if kind := _DRAWN.get(element.tag.rpartition("}")[2]):
            found[kind] += 1
    return found
