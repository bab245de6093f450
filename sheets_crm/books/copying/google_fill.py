"""The requests that fill one sheet of a Google spreadsheet with a copied one: cells, looks, notes, links. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sheets_crm.books.copying import formats
from sheets_crm.books.copying.formulas import for_google, is_same, is_volatile
from sheets_crm.books.copying.model import (
    MAX_GOOGLE_TEXT,
    Block,
    Formula,
    Plain,
    Sheet,
    SheetCopied,
    Source,
    TooLarge,
    Value,
)
from sheets_crm.books.copying.runs import Runs
from sheets_crm.books.google.api import Json
from sheets_crm.books.google.looks import color
from sheets_crm.books.model import CellError
from sheets_crm.books.tab import Style
from sheets_crm.cells import letter

_CELLS, _SIGNS = 20_000, 600_000  # of one batch; Google recommends 2 MB at most
SPARE = (50, 2)  # rows and columns beyond the data, so that people may go on typing
_LOOK = "userEnteredFormat"


@dataclass
class Filler:
    """Makes the requests that fill one sheet. formulas: column -> row -> the value it had where it came from."""

    id: int
    sheet: Sheet
    names: frozenset[str]
    locale: str
    formulas: dict[int, dict[int, Plain]] = field(default_factory=dict)
    volatile: bool = False

    def __post_init__(self) -> None:
        self.done = SheetCopied(self.sheet)
        self._runs = Runs()

    def values(self, source: Source) -> Iterator[list[Json]]:
        """Batches of cells, a few rows each."""
        for block in source.blocks(self.sheet):
            self._runs.add(block)
            for top, rows in _parts(block):
                cells = [
                    {"values": [self._cell(value, top + at, c) for c, value in enumerate(row)]}
                    for at, row in enumerate(rows)
                ]
                if any(cell for row in cells for cell in row["values"]):
                    yield [self._update(top, 0, cells, "userEnteredValue")]

    def _update(self, row: int, column: int, rows: list[Json], fields: str) -> Json:
        start = {"sheetId": self.id, "rowIndex": row, "columnIndex": column}
        return {"updateCells": {"start": start, "rows": rows, "fields": fields}}

    def _cell(self, value: Value, row: int, column: int) -> Json:
        if value is None:
            return {}
        self.done.cells += 1
        if not isinstance(value, Formula):
            return self._plain(value, row, column)
        if value.text and is_same(value.text, self.names):
            self.done.formulas += 1
            self.volatile |= is_volatile(value.text)
            self.formulas.setdefault(column, {})[row] = value.value
            return {"userEnteredValue": {"formulaValue": for_google(value.text, self.locale)}}
        self.done.as_values.append(f"{letter(column)}{row + 1}")
        return self._plain(value.value, row, column)

    def _plain(self, value: Plain, row: int, column: int) -> Json:
        if value is None or value == "":
            return {}
        if isinstance(value, CellError):  # no request can write an error but through a formula that is one
            return {"userEnteredValue": {"formulaValue": "=NA()" if value.code == "#N/A" else f"={value.code}"}}
        if isinstance(value, bool):
            return {"userEnteredValue": {"boolValue": value}}
        if isinstance(value, float | int):
            return {"userEnteredValue": {"numberValue": value}}
        if len(value) > MAX_GOOGLE_TEXT:
            cell = f"{letter(column)}{row + 1}"
            raise TooLarge("copy.stop.google_text", sheet=self.sheet.name, cell=cell, most=MAX_GOOGLE_TEXT)
        return {"userEnteredValue": {"stringValue": value}}

    def instead(self, column: int, rows: Iterable[int]) -> Iterator[Json]:
        """Values in the place of formulas that are read otherwise there."""
        for row in rows:
            self.done.formulas -= 1
            self.done.as_values.append(f"{letter(column)}{row + 1}")
            cell = self._plain(self.formulas[column][row], row, column)
            yield self._update(row, column, [{"values": [cell]}], "userEnteredValue")

    def looks(self, ids: Mapping[str, int]) -> Iterator[Json]:
        """Formats, widths, merges, notes, links."""
        areas, simplified = self._runs.areas()
        self.done.lost["looks"] += simplified
        for area in areas:
            span = _span(self.id, area.top, area.bottom + 1, area.left, area.right + 1)
            found = _look(area.style)
            if found:
                fields = ",".join(f"{_LOOK}.{name}" for name in found)
                yield {"repeatCell": {"range": span, "cell": {_LOOK: found}, "fields": fields}}
        for column, pixels in self.sheet.widths.items():
            if column < self.sheet.width + SPARE[1]:
                yield self._dimension("COLUMNS", column, column, {"pixelSize": pixels}, "pixelSize")
        for column in self.sheet.hidden_columns:
            if column < self.sheet.width + SPARE[1]:
                yield self._dimension("COLUMNS", column, column, {"hiddenByUser": True}, "hiddenByUser")
        for first, last in self.sheet.hidden_rows:
            if first < self.sheet.height:
                last = min(last, self.sheet.height - 1)  # noqa: PLW2901
                yield self._dimension("ROWS", first, last, {"hiddenByUser": True}, "hiddenByUser")
        for merge in self.sheet.merges:
            span = _span(self.id, merge.top - 1, merge.bottom, merge.left, merge.right + 1)
            yield {"mergeCells": {"range": span, "mergeType": "MERGE_ALL"}}
        yield from self._attached(ids)

    def _attached(self, ids: Mapping[str, int]) -> Iterator[Json]:
        height, width = self.sheet.height + SPARE[0], self.sheet.width + SPARE[1]
        for (row, column), note in self.sheet.notes.items():
            if row < height and column < width:
                yield self._update(row, column, [{"values": [{"note": note}]}], "note")
            else:
                self.done.lost["notes"] += 1
        for (row, column), link in self.sheet.links.items():
            uri = _uri(link, ids)
            if uri is None or row >= height or column >= width:
                self.done.lost["links"] += 1
                continue
            cell = {_LOOK: {"textFormat": {"link": {"uri": uri}}}}
            yield self._update(row, column, [{"values": [cell]}], f"{_LOOK}.textFormat.link")

    def _dimension(self, kind: str, first: int, last: int, properties: Json, fields: str) -> Json:
        span = {"sheetId": self.id, "dimension": kind, "startIndex": first, "endIndex": last + 1}
        return {"updateDimensionProperties": {"range": span, "properties": properties, "fields": fields}}


def frozen_there(sheet: Sheet) -> tuple[int, int]:
    """Rows and columns that stay in view. Google freezes no part of a merged cell: then none stay."""
    rows, columns = min(sheet.frozen[0], sheet.height + 1), min(sheet.frozen[1], sheet.width)
    if any(merge.top <= rows < merge.bottom for merge in sheet.merges):
        rows = 0
    if any(merge.left < columns <= merge.right for merge in sheet.merges):
        columns = 0
    return rows, columns


def _span(sheet: int, top: int, bottom: int, left: int, right: int) -> Json:
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


def _look(style: Style) -> Json:
    found: Json = {}
    if pairs := formats.to_google(style.format):
        found["numberFormat"] = dict(pairs)
    if style.fill:
        found["backgroundColorStyle"] = color(style.fill)
    if style.align:
        found["horizontalAlignment"] = style.align.upper()
    if style.wrap:
        found["wrapStrategy"] = "WRAP"
    text: Json = {name: True for name in ("bold", "italic") if getattr(style, name)}
    if style.color:
        text["foregroundColorStyle"] = color(style.color)
    return {**found, "textFormat": text} if text else found


def _uri(link: str, ids: Mapping[str, int]) -> str | None:
    """An address as Google takes it; None for a place it can't point at."""
    if not link.startswith("#"):
        return link if "://" in link or link.lower().startswith("mailto:") else None
    sheet, _, cell = link[1:].rpartition("!")
    name = sheet[1:-1].replace("''", "'") if sheet.startswith("'") else sheet
    number = next((number for title, number in ids.items() if title.casefold() == name.casefold()), None)
    return None if number is None else f"#gid={number}&range={cell.replace('$', '')}"


def _parts(block: Block) -> Iterator[tuple[int, Sequence[Sequence[Value]]]]:
    """A block's rows in pieces of a bounded size."""
    start = cells = signs = 0
    for at, row in enumerate(block.values):
        length = sum(len(value) for value in row if isinstance(value, str))
        if at > start and (cells + len(row) > _CELLS or signs + length > _SIGNS):
            yield block.top + start, block.values[start:at]
            start, cells, signs = at, 0, 0
        cells, signs = cells + len(row), signs + length
    if start < len(block.values):
        yield block.top + start, block.values[start:]
