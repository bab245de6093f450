"""Copied sheets put into an empty Google spreadsheet, in batches of a bounded size; every batch may be sent twice without harm.

Each new sheet bears a mark until all is done: a copy that was broken off is known by it and begun anew.
Cells are written typed: text stays text, whatever it begins with. Source: Sheets API v4, batchUpdate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.copying import formats
from sheets_crm.books.copying.formulas import for_google, is_same, is_volatile
from sheets_crm.books.copying.model import (
    MAX_GOOGLE_CELLS,
    MAX_GOOGLE_COLUMNS,
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
from sheets_crm.books.google.api import Ambiguous, Api, Json
from sheets_crm.books.google.job import new_id
from sheets_crm.books.google.looks import color
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.seen import Seen, look, trimmed
from sheets_crm.books.google.shape import GENERATION
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.books.model import CellError
from sheets_crm.books.tab import Style
from sheets_crm.cells import letter
from sheets_crm.errors import WorkbookBusy

COPYING = "sheets-crm-copying"  # on a sheet: it was made by a copy that is not finished
_CELLS, _SIGNS, _REQUESTS = 20_000, 600_000, 1_000  # of one batch; Google recommends 2 MB at most
_SPARE = (50, 2)  # rows and columns beyond the data, so that people may go on typing
_LOOK = "userEnteredFormat"
_BLANK = "blank"  # the value of the mark on a sheet that was there


class GoogleTarget:
    """The spreadsheet to fill. `refuse_if_used` first, then `write`, and `finish` when all else is done."""

    def __init__(self, api: Api, book: str) -> None:
        self.api, self._book = api, book
        self._api = api
        self._seen: Seen | None = None
        self._ids: dict[str, int] = {}

    def refuse_if_used(self) -> str:
        """The spreadsheet's title. TooLarge ("copy.stop.not_empty"): something stands there that is not a broken-off copy's."""
        self._seen = seen = look(self._api, self._book, lambda titles: titles)
        begun = self._begun()
        for sheet in seen.shape.sheets:
            used = sheet.tab or sheet.raw["charts"] or trimmed(seen.rows.get(sheet.id, ()))
            if used and sheet.id not in begun:
                raise TooLarge("copy.stop.not_empty", workbook=seen.shape.title, sheet=sheet.title)
        if seen.shape.generation and begun:
            raise TooLarge("copy.stop.not_empty", workbook=seen.shape.title, sheet=seen.shape.sheets[0].title)
        return seen.shape.title

    def refuse_too_large(self, sheets: Sequence[Sheet]) -> None:
        """TooLarge: more than a spreadsheet can hold."""
        cells = sum((sheet.height + _SPARE[0]) * (sheet.width + _SPARE[1]) for sheet in sheets)
        if cells > MAX_GOOGLE_CELLS:
            raise TooLarge("copy.stop.google_size", cells=cells, most=MAX_GOOGLE_CELLS)
        for sheet in sheets:
            if sheet.width > MAX_GOOGLE_COLUMNS:
                raise TooLarge(
                    "copy.stop.google_columns", sheet=sheet.name, columns=sheet.width, most=MAX_GOOGLE_COLUMNS
                )

    def write(self, source: Source) -> list[SheetCopied]:
        """Make the sheets and fill them; what went over."""
        assert self._seen is not None
        self.refuse_too_large(source.sheets)
        self._remove_begun()
        self._make(source.sheets)
        names = frozenset(sheet.name.casefold() for sheet in source.sheets)
        locale = self._seen.shape.locale
        fillers = [_Filler(self._ids[sheet.name], sheet, names, locale) for sheet in source.sheets]
        for filler in fillers:
            for requests in filler.values(source):
                self._put(requests)
        volatile = any(filler.volatile for filler in fillers)
        for filler in fillers:
            self._put_right(filler, volatile=volatile)
            for requests in _batches(filler.looks(self._ids)):
                self._put(requests)
            filler.done.lost.update(filler.sheet.lost)
            filler.done.lost["frozen"] += frozen_there(filler.sheet) != filler.sheet.frozen
            filler.done.lost.update(source.found(filler.sheet))
        return [filler.done for filler in fillers]

    def undo(self) -> None:
        """Take out what was made since, tabs of ours too: the spreadsheet was empty. A copy begun later does it otherwise."""
        self._seen = look(self._api, self._book, lambda titles: titles)
        ours: list[Json] = [{"deleteSheet": {"sheetId": one.id}} for one in self._seen.shape.sheets if one.tab]
        if ours and len(ours) < len(self._seen.shape.sheets):
            self._put([*ours, _without_metadata(GENERATION)])
        self._remove_begun()

    def finish(self) -> None:
        """The sheets are the owner's from now on."""
        self._put([_without_metadata(COPYING)])

    # --- sheets

    def _begun(self) -> dict[int, bool]:
        """Sheets of a copy that was broken off; was each there before, blank?"""
        fields = "sheets(properties(sheetId),developerMetadata(metadataKey,metadataValue))"
        answer = self._api.structure(self._book, fields)
        return {
            item["properties"].get("sheetId", 0): one.get("metadataValue") == _BLANK
            for item in answer.get("sheets", ())
            for one in item.get("developerMetadata", ())
            if one.get("metadataKey") == COPYING
        }

    def _remove_begun(self) -> None:
        """Sheets that a copy made go; one that it found blank is blank again."""
        begun = self._begun()
        requests: list[Json] = []
        for number, was_there in begun.items():
            if was_there:
                fields = "userEnteredValue,userEnteredFormat,note"
                requests.append({"unmergeCells": {"range": {"sheetId": number}}})
                requests.append({"updateCells": {"range": {"sheetId": number}, "fields": fields}})
            else:
                requests.append({"deleteSheet": {"sheetId": number}})
        if any(begun.values()):
            requests.append(_without_metadata(COPYING))
        if requests:
            self._put(requests)
            self._seen = look(self._api, self._book, lambda titles: titles)

    def _make(self, sheets: Sequence[Sheet]) -> None:
        """All sheets in one batch, before those that stand there; a blank one of the same name is used."""
        assert self._seen is not None
        standing = {sheet.title.casefold(): sheet for sheet in self._seen.shape.sheets}
        taken = {sheet.id for sheet in self._seen.shape.sheets}
        requests: list[Json] = []
        for index, sheet in enumerate(sheets):
            blank = standing.get(sheet.name.casefold())
            number = blank.id if blank is not None else new_id(taken)
            self._ids[sheet.name] = number
            properties = _properties(sheet, number, index)
            if blank is not None:
                fields = "title,index,hidden,gridProperties(rowCount,columnCount,frozenRowCount,frozenColumnCount)"
                requests.append({"updateSheetProperties": {"properties": properties, "fields": fields}})
            else:
                requests.append({"addSheet": {"properties": properties}})
            requests.append({"createDeveloperMetadata": {"developerMetadata": {
                "metadataId": new_id(taken), "metadataKey": COPYING,
                "metadataValue": _BLANK if blank is not None else "new", "visibility": "DOCUMENT",
                "location": {"sheetId": number},
            }}})  # fmt: skip
        if requests:
            self._put(requests, made=set(self._ids.values()) - {sheet.id for sheet in self._seen.shape.sheets})

    # --- formulas

    def _put_right(self, filler: _Filler, *, volatile: bool) -> None:
        """Read the formulas' values as the spreadsheet has them; where it reads one otherwise, the value takes its place."""
        for columns in _batched(sorted(filler.formulas), 20):
            ranges = [
                f"{range_of(filler.sheet.name)}!{letter(at)}1:{letter(at)}{filler.sheet.height}" for at in columns
            ]
            for column, rows in zip(columns, self._api.values(self._book, ranges), strict=True):
                cells = filler.formulas[column]
                wrong = [row for row, value in cells.items() if _differs(value, _at(rows, row), volatile=volatile)]
                for requests in _batches(filler.instead(column, wrong)):
                    self._put(requests)

    # --- calls

    def _put(self, requests: list[Json], *, made: set[int] = frozenset()) -> None:  # type: ignore[assignment]
        """One batch that may be sent twice. made: ids of sheets that are there if a refused resend was applied before."""
        for attempt in range(1, self._api.calling.attempts + 1):
            try:
                self._api.write(self._book, requests)
            except Ambiguous:
                self._api.counters.retries += 1
                self._api.pause(self._api.backoff(attempt))
            except Refusal as trouble:
                if trouble.status == 400 and attempt > 1 and (self._stand(made) or _only_deletes(requests)):
                    return
                raise
            else:
                return
        raise WorkbookBusy("google.stop.unreachable", workbook=self._api.title)

    def _stand(self, made: set[int]) -> bool:
        found = self._api.structure(self._book, "sheets(properties(sheetId))").get("sheets", ())
        return bool(made) and made <= {item["properties"].get("sheetId", 0) for item in found}


@dataclass
class _Filler:
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
        if value is None:
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
            if column < self.sheet.width + _SPARE[1]:
                yield self._dimension("COLUMNS", column, column, {"pixelSize": pixels}, "pixelSize")
        for column in self.sheet.hidden_columns:
            if column < self.sheet.width + _SPARE[1]:
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
        height, width = self.sheet.height + _SPARE[0], self.sheet.width + _SPARE[1]
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


def _properties(sheet: Sheet, number: int, index: int) -> Json:
    height, width = sheet.height + _SPARE[0], sheet.width + _SPARE[1]
    rows, columns = frozen_there(sheet)
    grid = {"rowCount": height, "columnCount": width, "frozenRowCount": rows, "frozenColumnCount": columns}
    return {"sheetId": number, "title": sheet.name, "index": index, "hidden": sheet.hidden, "gridProperties": grid}


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


def _batches(requests: Iterable[Json]) -> Iterator[list[Json]]:
    yield from _batched(requests, _REQUESTS)


def _batched(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    found: list[Any] = []
    for item in items:
        found.append(item)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found


def _at(rows: Sequence[Sequence[Any]], row: int) -> Any:
    return rows[row][0] if row < len(rows) and rows[row] else None


def _differs(was: Plain, now: Any, *, volatile: bool) -> bool:
    """Does a formula show something else? Where values depend on the day, only an error that was none counts."""
    is_error = isinstance(now, str) and now.startswith("#")
    if isinstance(was, CellError):
        return not is_error
    if was is None:  # it was never calculated where it came from
        return is_error
    if is_error or volatile:
        return is_error and not (isinstance(was, str) and was.startswith("#"))
    if isinstance(was, bool) or isinstance(now, bool) or isinstance(was, str) or isinstance(now, str):
        return (now or "") != was
    return bool(abs((now or 0) - was) > 1e-9 * max(1.0, abs(was)))


def _without_metadata(key: str) -> Json:
    """All marks of a key gone, wherever they are."""
    return {"deleteDeveloperMetadata": {"dataFilter": {"developerMetadataLookup": {"metadataKey": key}}}}


def _only_deletes(requests: Iterable[Json]) -> bool:
    return any("deleteSheet" in request for request in requests)
