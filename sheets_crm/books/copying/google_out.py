"""Copied sheets put into an empty Google spreadsheet, in batches of a bounded size; every batch may be sent twice without harm.

Each new sheet bears a mark until all is done: a copy that was broken off is known by it and begun anew.
Cells are written typed: text stays text, whatever it begins with. Source: Sheets API v4, batchUpdate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sheets_crm.books.copying.google_fill import SPARE, Filler, frozen_there
from sheets_crm.books.copying.model import (
    MAX_GOOGLE_CELLS,
    MAX_GOOGLE_COLUMNS,
    Plain,
    Sheet,
    SheetCopied,
    Source,
    TooLarge,
)
from sheets_crm.books.google.api import Ambiguous, Api, Json
from sheets_crm.books.google.generation import new_id
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.seen import Seen, look, trimmed
from sheets_crm.books.google.shape import GENERATION
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.books.model import CellError
from sheets_crm.cells import letter
from sheets_crm.errors import WorkbookBusy

COPYING = "sheets-crm-copying"  # on a sheet: it was made by a copy that is not finished
_REQUESTS = 1_000  # of one batch
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
        cells = sum((sheet.height + SPARE[0]) * (sheet.width + SPARE[1]) for sheet in sheets)
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
        fillers = [Filler(self._ids[sheet.name], sheet, names, locale) for sheet in source.sheets]
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

    def _put_right(self, filler: Filler, *, volatile: bool) -> None:
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


def _properties(sheet: Sheet, number: int, index: int) -> Json:
    height, width = sheet.height + SPARE[0], sheet.width + SPARE[1]
    rows, columns = frozen_there(sheet)
    grid = {"rowCount": height, "columnCount": width, "frozenRowCount": rows, "frozenColumnCount": columns}
    return {"sheetId": number, "title": sheet.name, "index": index, "hidden": sheet.hidden, "gridProperties": grid}


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
