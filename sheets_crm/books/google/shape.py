"""The structure of a spreadsheet as one masked `spreadsheets.get` tells it: sheets, merges, what is ours, kinds of cells.

The mask asks for no values and no looks: of each cell only the kind of its number format, whether it shows an error, and
its formula. Knows nothing of what values mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.model import Merge

Json = dict[str, Any]

_METADATA = "developerMetadata(metadataId,metadataKey,metadataValue)"
_DATA = (
    "data(startRow,startColumn,rowData(values("
    "userEnteredValue(formulaValue),effectiveValue(errorValue(type)),effectiveFormat(numberFormat(type)))))"
)
LIGHT_FIELDS = (
    f"spreadsheetId,properties(title,locale,timeZone),{_METADATA},"
    "sheets("
    "properties(sheetId,title,sheetType,hidden,gridProperties(rowCount,columnCount)),merges,"
    f"{_METADATA},conditionalFormats(booleanRule(condition)),charts(chartId),basicFilter(range,criteria,filterSpecs),"
    "protectedRanges(protectedRangeId,description,requestingUserCanEdit,warningOnly),filterViews(filterViewId,title))"
)
FIELDS = f"{LIGHT_FIELDS[:-1]},{_DATA})"  # the same with the kinds of all cells
MARK = "sheets-crm-tab"  # on a sheet: it is ours, and what we left there
GENERATION = "sheets-crm-generation"  # on the spreadsheet: which of our writes was the last
STAGING = "staging"  # the tab id of a hidden sheet that is filled before a large tab changes at once
_DATES = {"DATE", "DATE_TIME"}
_CELL_KEYS = {"userEnteredValue", "effectiveValue", "effectiveFormat"}


@dataclass(frozen=True)
class Mark:
    """What we keep on a tab of ours. kept: see `marks`. metadata: the id under which it stands."""

    tab: str
    metadata: int
    kept: Mapping[str, Any]


@dataclass(frozen=True)
class Cells:
    """Positions (0-based) of cells that are more than a plain value, by column.

    dates: shown as a day or a moment. errors: show an error. formulas: column -> how many; crossing: those formulas
    that point at another sheet.
    """

    dates: Mapping[int, list[int]] = field(default_factory=dict)
    errors: Mapping[int, list[int]] = field(default_factory=dict)
    formulas: Mapping[int, int] = field(default_factory=dict)
    crossing: tuple[str, ...] = ()


@dataclass(frozen=True)
class SheetShape:
    """One sheet. rows, columns: of its grid; 0 where it has none (a chart sheet)."""

    id: int
    title: str
    hidden: bool
    rows: int
    columns: int
    mark: Mark | None
    merges: tuple[Merge, ...]
    cells: Cells
    raw: Mapping[str, Any]  # conditions, charts, protections as they came

    @property
    def tab(self) -> str | None:
        return self.mark.tab if self.mark else None

    @property
    def is_filtered(self) -> bool:
        """Does somebody's filter hide rows, or may it?"""
        standing = self.raw.get("basicFilter") or {}
        return bool(standing.get("criteria") or standing.get("filterSpecs"))

    @property
    def of(self) -> int | None:
        """Of a copy that a write left behind: the sheet that it is a copy of. See `witness`."""
        found = self.mark.kept.get("of") if self.mark and self.mark.tab == STAGING else None
        return found if isinstance(found, int) else None


@dataclass(frozen=True)
class Shape:
    """The spreadsheet. generation: the value of our last write's marker, "" before the first; its metadata id or None."""

    title: str
    locale: str
    time_zone: str
    generation: str
    generation_id: int | None
    sheets: tuple[SheetShape, ...]

    def titled(self, title: str) -> SheetShape:
        """KeyError when there is none."""
        for sheet in self.sheets:
            if sheet.title == title:
                return sheet
        raise KeyError(title)


def cell_hook(item: Json) -> Any:
    """For the reader of JSON: a cell becomes None, or (is it a day?, is it an error?, its formula): there are millions."""
    if not item.keys() <= _CELL_KEYS or not item or isinstance(item.get("userEnteredValue"), str):
        return item
    return _kinds(item)


def _kinds(item: Json) -> tuple[bool, bool, str | None] | None:
    kind = ((item.get("effectiveFormat") or {}).get("numberFormat") or {}).get("type")
    is_date = kind in _DATES
    is_error = "errorValue" in (item.get("effectiveValue") or ())
    formula = (item.get("userEnteredValue") or {}).get("formulaValue")
    return (is_date, is_error, formula) if is_date or is_error or formula else None


def shape_of(answer: Json) -> Shape:
    """An answer of `spreadsheets.get` with FIELDS or LIGHT_FIELDS, its cells read by `cell_hook`."""
    properties = answer.get("properties", {})
    marker = generation_of(answer)
    sheets = [_sheet(item) for item in answer.get("sheets", ())]
    return Shape(
        properties.get("title", ""), properties.get("locale", ""), properties.get("timeZone", ""),
        marker[0], marker[1], tuple(_each_tab_once(sheets)),
    )  # fmt: skip


def generation_of(answer: Json) -> tuple[str, int | None]:
    """The value and metadata id of the last write's marker."""
    found = [item for item in answer.get("developerMetadata", ()) if item.get("metadataKey") == GENERATION]
    if not found:
        return "", None
    last = max(found, key=lambda item: number_of(item.get("metadataValue", "")))
    return last.get("metadataValue", ""), last["metadataId"]


def number_of(generation: str) -> int:
    """The number of a generation; 0 before the first."""
    number = generation.partition(":")[0]
    return int(number) if number.isdigit() else 0


def _each_tab_once(sheets: list[SheetShape]) -> Iterator[SheetShape]:
    """A second sheet with the mark of a tab is a copy that somebody made: theirs."""
    seen: set[str] = set()
    for sheet in sheets:
        if sheet.tab in seen and sheet.tab != STAGING:
            yield SheetShape(**{**vars(sheet), "mark": None})
        else:
            yield sheet
        seen.add(sheet.tab or "")


def _sheet(item: Json) -> SheetShape:
    properties = item["properties"]
    number = properties.get("sheetId", 0)
    grid = properties.get("gridProperties", {}) if properties.get("sheetType", "GRID") == "GRID" else {}
    mark = _mark(item.get("developerMetadata", ()), number)
    return SheetShape(
        number, properties["title"], bool(properties.get("hidden")), grid.get("rowCount", 0), grid.get("columnCount", 0),
        mark, tuple(_merge(merged) for merged in item.get("merges", ())), _cells(item.get("data", ())),
        {name: item.get(name, []) for name in ("conditionalFormats", "charts", "protectedRanges", "basicFilter", "filterViews")},
    )  # fmt: skip


def _mark(metadata: Any, sheet: int) -> Mark | None:
    """Our mark, if it was made for this very sheet: a copy of the sheet bears another id."""
    for item in metadata:
        if item.get("metadataKey") != MARK:
            continue
        try:
            kept = json.loads(item.get("metadataValue", ""))
            if kept["sheet"] == sheet:
                return Mark(str(kept["tab"]), item["metadataId"], kept)
        except (ValueError, KeyError, TypeError):
            continue  # somebody else's, or damaged: not ours to touch
    return None


def _merge(item: Json) -> Merge:
    return Merge(
        item.get("startRowIndex", 0) + 1,
        item.get("startColumnIndex", 0),
        item["endRowIndex"],
        item["endColumnIndex"] - 1,
    )


def _cells(data: Any) -> Cells:
    dates: dict[int, list[int]] = {}
    errors: dict[int, list[int]] = {}
    formulas: dict[int, int] = {}
    crossing: list[str] = []
    for part in data:
        top, left = part.get("startRow", 0), part.get("startColumn", 0)
        for row, line in enumerate(part.get("rowData", ()), top):
            for column, cell in enumerate(line.get("values", ()), left):
                if not cell:
                    continue
                kinds = _kinds(cell) if isinstance(cell, dict) else cell  # a server may tell more than it was asked for
                if kinds is None:
                    continue
                is_date, is_error, formula = kinds
                if is_date:
                    dates.setdefault(column, []).append(row)
                if is_error:
                    errors.setdefault(column, []).append(row)
                if formula:
                    formulas[column] = formulas.get(column, 0) + 1
                    if "!" in formula:
                        crossing.append(formula)
    return Cells(dates, errors, formulas, tuple(crossing))
