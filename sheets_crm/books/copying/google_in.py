"""A Google spreadsheet to copy from: its sheets' cells a block of rows at a time. Writes nothing.

Two calls for all that stands beside the cells, then one a block. Source: Sheets API v4, Spreadsheet and CellData.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sheets_crm.books.copying import formats
from sheets_crm.books.copying.formulas import from_google
from sheets_crm.books.copying.model import Block, Formula, Place, Plain, Sheet, Value
from sheets_crm.books.google.api import Api, Json
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.seen import Seen, look, trimmed
from sheets_crm.books.google.shape import SheetShape
from sheets_crm.books.model import CellError
from sheets_crm.books.tab import Align, Style
from sheets_crm.cells import letter

_AT_ONCE = 40_000  # cells of a call
_FACTS = (
    "namedRanges(name),sheets(properties(sheetId,title,hidden,gridProperties(frozenRowCount,frozenColumnCount)),"
    "charts(chartId),conditionalFormats(ranges),protectedRanges(protectedRangeId),bandedRanges(bandedRangeId),"
    "basicFilter(range),filterViews(filterViewId),slicers(slicerId),tables(tableId),rowGroups(range),columnGroups(range),"
    "data(startRow,startColumn,columnMetadata(pixelSize,hiddenByUser),rowMetadata(hiddenByUser)))"
)
_CELLS = (
    "sheets(data(rowData(values(userEnteredValue,effectiveValue(numberValue,stringValue,boolValue,errorValue(type)),note,hyperlink,"
    "dataValidation(condition(type)),pivotTable(source),textFormatRuns(startIndex),"
    "userEnteredFormat(numberFormat,backgroundColorStyle(rgbColor),horizontalAlignment,wrapStrategy,"
    "textFormat(bold,italic,foregroundColorStyle(rgbColor)))))))"
)
_LISTS = {
    "charts": "charts", "conditionalFormats": "conditional_formats", "protectedRanges": "protection", "bandedRanges": "banding",
    "filterViews": "filters", "slicers": "slicers", "tables": "tables", "rowGroups": "groups", "columnGroups": "groups",
}  # fmt: skip
_ALIGN: Mapping[str, Align] = {"LEFT": "left", "CENTER": "center", "RIGHT": "right"}
_ERRORS = {
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "NAME": "#NAME?",
    "N_A": "#N/A",
    "NULL_VALUE": "#NULL!",
    "NUM": "#NUM!",
    "REF": "#REF!",
}
_INSIDE = re.compile(r"#gid=(\d+)(?:&range=([A-Za-z]+\d+))?$")
_USUAL_WIDTH = 100  # pixels of a column that nobody changed


class GoogleSource:
    """The user's sheets of a spreadsheet; ours are known by their mark."""

    def __init__(self, api: Api, book: str) -> None:
        self._api, self._book = api, book
        self.seen: Seen = look(api, book, lambda titles: titles)
        self._locale = self.seen.shape.locale
        answer = api.structure(book, _FACTS)
        theirs = {sheet.id: sheet for sheet in self.seen.sheets if sheet.tab is None}
        self._titles = {sheet.id: sheet.title for sheet in self.seen.shape.sheets}
        facts = {one["properties"].get("sheetId", 0): one for one in answer.get("sheets", ())}
        named = len(answer.get("namedRanges", ()))
        charts = sum(not sheet.rows for sheet in theirs.values())
        self.lost: Mapping[str, int] = +Counter({"names": named, "chart_sheets": charts})
        self.sheets: Sequence[Sheet] = [
            self._sheet(sheet, facts.get(sheet.id, {})) for sheet in theirs.values() if sheet.rows
        ]
        self._found: dict[str, Counter[str]] = {}
        self._looks: dict[Style, Style] = {}

    def _sheet(self, sheet: SheetShape, facts: Json) -> Sheet:
        rows = trimmed(self.seen.rows.get(sheet.id, ()))
        grid = facts.get("properties", {}).get("gridProperties", {})
        lost = Counter(dict.fromkeys(_LISTS.values(), 0))
        for name, kind in _LISTS.items():
            lost[kind] += len(facts.get(name, ()))
        lost["filters"] += "basicFilter" in facts
        data = facts.get("data") or [{}]
        columns, lines = data[0].get("columnMetadata", ()), data[0].get("rowMetadata", ())
        height = max([len(rows), *(merge.bottom for merge in sheet.merges)])
        width = max([0, *map(len, rows), *(merge.right + 1 for merge in sheet.merges)])
        sizes = {
            at: one["pixelSize"] for at, one in enumerate(columns) if one.get("pixelSize", _USUAL_WIDTH) != _USUAL_WIDTH
        }
        return Sheet(
            sheet.title, sheet.hidden, height, width, (grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)),
            sizes, [at for at, one in enumerate(columns) if one.get("hiddenByUser")],
            _stretches([at for at, one in enumerate(lines) if one.get("hiddenByUser")]), sheet.merges, {}, {}, +lost,
        )  # fmt: skip

    def blocks(self, sheet: Sheet) -> Iterator[Block]:
        """The rows that hold anything. Notes and links are put into the sheet as they are met."""
        lost = self._found[sheet.name] = Counter()
        if not sheet.cells:
            return
        size = max(_AT_ONCE // sheet.width, 1)
        for top in range(0, sheet.height, size):
            area = f"{range_of(sheet.name)}!A{top + 1}:{letter(sheet.width - 1)}{min(top + size, sheet.height)}"
            answer = self._api.structure(self._book, _CELLS, ranges=[area])
            data = (answer.get("sheets") or [{}])[0].get("data") or [{}]
            yield self._block(sheet, top, data[0].get("rowData", ()), lost)

    def found(self, sheet: Sheet) -> Mapping[str, int]:
        return +self._found.get(sheet.name, Counter())

    def _block(self, sheet: Sheet, top: int, rows: Sequence[Json], lost: Counter[str]) -> Block:
        values: list[list[Value]] = []
        styles: list[list[Style | None]] = []
        for number, row in enumerate(rows, top):
            cells = row.get("values", ())
            values.append([self._value(cell) for cell in cells])
            styles.append([self._look(cell.get("userEnteredFormat")) for cell in cells])
            for column, cell in enumerate(cells):
                if cell.keys() - {"userEnteredValue", "effectiveValue", "userEnteredFormat"}:
                    self._more(sheet, (number, column), cell, lost)
        return Block(top, values, styles)

    def _value(self, cell: Json) -> Value:
        entered = cell.get("userEnteredValue") or {}
        if "formulaValue" in entered:
            shown = _plain(cell.get("effectiveValue") or {})
            return Formula(from_google(entered["formulaValue"], self._locale), "" if shown is None else shown)
        return _plain(entered or cell.get("effectiveValue") or {})  # of an array formula's other cells: what they show

    def _more(self, sheet: Sheet, place: Place, cell: Json, lost: Counter[str]) -> None:
        assert isinstance(sheet.notes, dict)
        assert isinstance(sheet.links, dict)
        if note := cell.get("note"):
            sheet.notes[place] = note
        if (link := cell.get("hyperlink")) and "formulaValue" not in (cell.get("userEnteredValue") or {}):
            sheet.links[place] = self._link(link)
        lost["drop_downs"] += "dataValidation" in cell
        lost["pivots"] += "pivotTable" in cell
        lost["rich_text"] += "textFormatRuns" in cell

    def _link(self, link: str) -> str:
        """A place in the spreadsheet by its sheet's name."""
        found = _INSIDE.search(link)
        if found is None or int(found[1]) not in self._titles:
            return link
        quoted = self._titles[int(found[1])].replace("'", "''")
        return f"#'{quoted}'!{found[2] or 'A1'}"

    def _look(self, found: Json | None) -> Style | None:
        if not found:
            return None
        text = found.get("textFormat", {})
        style = Style(
            bold=bool(text.get("bold")), italic=bool(text.get("italic")), color=_rgb(text.get("foregroundColorStyle"), "000000"),
            fill=_rgb(found.get("backgroundColorStyle"), "FFFFFF"),
            format=formats.from_google(found.get("numberFormat"), self._locale),
            wrap=found.get("wrapStrategy") == "WRAP", align=_ALIGN.get(found.get("horizontalAlignment", "")),
        )  # fmt: skip
        return None if style == Style() else self._looks.setdefault(style, style)


def _plain(value: Json) -> Plain:
    if "errorValue" in value:
        return CellError(_ERRORS.get(value["errorValue"].get("type", ""), "#VALUE!"))
    for kind in ("stringValue", "numberValue", "boolValue"):
        if kind in value:
            found: Plain = value[kind]
            return None if found == "" else found
    return None


def _rgb(color: Any, usual: str) -> str | None:
    """RRGGBB; None for the usual colour, and for one of the theme."""
    if not color or "rgbColor" not in color:
        return None
    parts = (round(color["rgbColor"].get(name, 0) * 255) for name in ("red", "green", "blue"))
    found = "".join(f"{part:02X}" for part in parts)
    return None if found == usual else found


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
