"""Reads the sheets of an .xlsx or .xlsm as grids: typed cells in columns, nothing guessed and nothing lost that matters.

Writes nothing. Formulas are counted, not calculated: a cell shows its cached value, and says so where there is none.
Source: ECMA-376 part 1, 18.2 (workbook) and 18.3 (sheets), transitional and strict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sheets_crm.books.excel.archive import Stamp
from sheets_crm.books.excel.reader_package import Package
from sheets_crm.books.excel.reader_styles import date_styles
from sheets_crm.books.excel.reader_xml import NotXml
from sheets_crm.books.grids import SheetFacts
from sheets_crm.books.model import Grid, Merge
from sheets_crm.cells import index_of
from sheets_crm.shelf import NO_SHELF, Shelf

_DAYS_1904 = 1462  # between the two epochs of Excel
_MERGE = re.compile(rb"<mergeCell\s[^>]*?\bref\s*=\s*[\"']([A-Za-z]+)(\d+)(?::([A-Za-z]+)(\d+))?[\"']")


@dataclass(frozen=True)
class _Workbook:
    """What reading a sheet needs to know of its workbook."""

    parts: Mapping[str, str]  # sheet name -> part, in the workbook's order
    shared: str | None
    styles: str | None
    epoch_1904: bool


def read_sheets(
    path: Path,
    names: Iterable[str] | None = None,
    *,
    formula_free: set[Stamp] | None = None,
    shelf: Shelf = NO_SHELF,
    passing: Collection[str] = (),
) -> dict[str, Grid]:
    """The named sheets (None: all) as grids, by name, in the order asked.

    formula_free: takes up the parts of those sheets that hold no formula. shelf: what big sheets held at the last reading.
    passing: sheets that change too often to be worth a place on it.
    KeyError for a name that is not there; WorkbookMissing, WorkbookUnreadable when there is nothing to read.
    Sheets without cells (charts, dialogs) are empty grids.
    """
    with Package(path) as package:
        workbook = _workbook(package)
        wanted = {name: workbook.parts[name] for name in (workbook.parts if names is None else names)}
        if not wanted:
            return {}
        try:
            free = set() if formula_free is None else formula_free
            return _grids(package, workbook, wanted, free, shelf=shelf, passing=passing)
        except NotXml as error:
            raise package.broken() from error


def _workbook(package: Package) -> _Workbook:
    part = package.related("", "officeDocument")
    if part is None:
        raise package.refused("ods" if package.has("content.xml") else "strange")
    if part.casefold().endswith(".bin"):
        raise package.refused("xlsb")
    root = package.xml(part)
    if root.tag.rpartition("}")[2] != "workbook":
        raise package.refused("strange")
    targets = {key: target for key, (_, target) in package.relations(part).items()}
    parts = {}
    for sheet in root.iterfind("{*}sheets/{*}sheet"):
        key = next((value for name, value in sheet.attrib.items() if name.endswith("}id")), "")
        parts[sheet.get("name", "")] = targets.get(key, "")
    properties = root.find("{*}workbookPr")
    epoch_1904 = properties is not None and properties.get("date1904", "0") in {"1", "true", "on"}
    return _Workbook(parts, package.related(part, "sharedStrings"), package.related(part, "styles"), epoch_1904)


def _grids(
    package: Package,
    workbook: _Workbook,
    wanted: Mapping[str, str],
    formula_free: set[Stamp],
    *,
    shelf: Shelf,
    passing: Collection[str],
) -> dict[str, Grid]:
    from sheets_crm.books.excel.reader_sheet import Sheets

    dates = date_styles(package.xml(workbook.styles) if workbook.styles else None)
    sheets = Sheets(package, workbook.shared, dates, _DAYS_1904 if workbook.epoch_1904 else 0, shelf)
    grids = {}
    for name, part in wanted.items():
        found = sheets.read(part, is_kept=name not in passing)
        facts = SheetFacts(name, _merges(found.tail), found.formulas, workbook.epoch_1904)
        grids[name] = found.grid(facts)
        if part and not found.formulas:
            formula_free.add(package.stamp(part))
    return grids


def _merges(tail: bytes) -> tuple[Merge, ...]:
    """Merged ranges of more than one cell, from what stands behind the cells."""
    found = []
    for left, top, right, bottom in _MERGE.findall(tail):
        merge = Merge(
            int(top), index_of(left.decode()), int(bottom or top), index_of((right or left).decode())
        )  # fmt: skip
        if merge.width > 1 or merge.height > 1:
            found.append(merge)
    return tuple(found)
