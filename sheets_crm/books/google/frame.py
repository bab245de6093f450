"""Requests that give a tab its looks: formats, widths, drop-downs, rules, the filter, protection, charts.

All of it is ours by id or by content: nothing of what people added is touched. Values are `job`'s business.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from sheets_crm.books.google.drawn import Drawn, open_ended
from sheets_crm.books.google.looks import LOOK_FIELDS, color, formula_in, look_of
from sheets_crm.books.tab import Chart, Range, TabColumn, Table

Json = dict[str, Any]

GUARD = "sheets-crm"  # how our protection is described
SLACK = 200  # rows below the last one, for what people add by hand
_LEAST_SLACK, _MOST_SLACK = 20, 2000
_CHART_ROWS, _CHART_COLUMNS = 22, 8
_PIXELS = 7.2  # of a character
_RULE_TEXT = ("bold", "italic", "underline")
Hole = tuple[int, int, int | None, int | None]  # top, left, bottom, right; ends not included


@dataclass(frozen=True)
class Place:
    """Where a tab stands. raw: what `spreadsheets.get` says of the sheet's rules, charts and protection; {} where it is new.
    standing: the rows that stand there.
    """

    sheet: int
    locale: str
    editor: str | None
    raw: Mapping[str, Any]
    kept: Mapping[str, Any]
    standing: Sequence[Sequence[Any]] = ()

    def area(self, top: int, left: int, bottom: int | None, right: int | None) -> Json:
        """A GridRange; ends not included, None: as far as the grid goes."""
        ends = {"endRowIndex": bottom, "endColumnIndex": right}
        return {
            "sheetId": self.sheet, "startRowIndex": top, "startColumnIndex": left,
            **{name: end for name, end in ends.items() if end is not None},
        }  # fmt: skip


def grid_size(drawn: Drawn, used: tuple[int, int], now: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns that the grid should have: room for what stands there and some more, not more each time.

    used: how far anybody's values reach. now: the grid's size, (0, 0) for a new sheet.
    """
    bottom = max([drawn.height] + [chart.anchor[0] + _CHART_ROWS for chart in drawn.tab.charts])
    right = max([drawn.width, len(drawn.tab.widths)] + [chart.anchor[1] + _CHART_COLUMNS for chart in drawn.tab.charts])
    rows, columns = max(bottom, used[0]), max(right, used[1]) + 1  # a column to rank rows by when they are sorted
    fits = rows + _LEAST_SLACK <= now[0] <= rows + _MOST_SLACK
    return (now[0] if fits else rows + SLACK), max(columns, now[1])


def frame(drawn: Drawn, place: Place) -> Iterator[Json]:
    """All of a tab's looks."""
    kept_width = int((place.kept.get("area") or [0, 0])[1])
    left_alone = peoples(drawn, place)
    if place.kept:
        width = max(kept_width, drawn.width)
        for left, right in _runs([column for column in range(width) if column not in left_alone]):
            wiped = {"range": place.area(0, left, None, right), "cell": {}}
            yield {"repeatCell": {**wiped, "fields": f"{LOOK_FIELDS},dataValidation,note"}}
    yield from _sheet(drawn, place)
    alone = len(drawn.tab.tables) == 1
    for table in drawn.tab.tables:
        bottom = None if alone else table.row + 1 + max(table.height, 1)
        yield from _table(table, place, bottom, left_alone)
    for cell in drawn.tab.cells:
        looks = look_of(cell.style, is_date=hasattr(cell.value, "toordinal"))
        yield _repeat(place.area(cell.row, cell.column, cell.row + 1, cell.column + 1), looks)
    yield from _rules(drawn, place)  # those of before are gone: see `rules_gone`
    if alone and drawn.tab.tables[0].columns:
        yield from _filter(drawn.tab.tables[0], place)


def _filter(table: Table, place: Place) -> Iterator[Json]:
    """A filter over the table. One that stands over our columns already is people's: it hides and sorts what they chose."""
    right = table.column + len(table.columns)
    least = right - sum(map(_is_peoples, table.columns))
    standing = (place.raw.get("basicFilter") or {}).get("range")
    is_over = standing and standing.get("startRowIndex", 0) == table.row and (
        standing.get("startColumnIndex", 0) == table.column and standing.get("endColumnIndex", right) >= least
    )  # fmt: skip
    if not is_over:
        yield {"setBasicFilter": {"filter": {"range": place.area(table.row, table.column, None, right)}}}


def _repeat(area: Json, looks: Json) -> Json:
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": looks}, "fields": LOOK_FIELDS}}


def _sheet(drawn: Drawn, place: Place) -> Iterator[Json]:
    tab = drawn.tab
    properties: Json = {
        "sheetId": place.sheet,
        "gridProperties": {
            "frozenRowCount": tab.freeze[0], "frozenColumnCount": tab.freeze[1], "hideGridlines": not tab.grid_lines,
        },
    }  # fmt: skip
    fields = "gridProperties(frozenRowCount,frozenColumnCount,hideGridlines)"
    if tab.color:
        properties["tabColorStyle"] = color(tab.color)
        fields += ",tabColorStyle"
    yield {"updateSheetProperties": {"properties": properties, "fields": fields}}
    for index, width in enumerate(tab.widths):
        yield _width(place, index, width, hidden=False)
    data = {row for table in tab.tables for row in range(table.row + 1, table.row + 1 + table.height)}
    for row, points in tab.heights.items():
        if row not in data and row < drawn.height:  # rows of data fit themselves to their text
            yield _sized(place, "ROWS", row, {"pixelSize": round(points * 4 / 3)}, "pixelSize")


def _width(place: Place, index: int, width: float, *, hidden: bool) -> Json:
    sizes = {"pixelSize": max(21, round(width * _PIXELS + 5)), "hiddenByUser": hidden}
    return _sized(place, "COLUMNS", index, sizes, "pixelSize,hiddenByUser")


def _sized(place: Place, dimension: str, index: int, sizes: Json, fields: str) -> Json:
    interval = {"sheetId": place.sheet, "dimension": dimension, "startIndex": index, "endIndex": index + 1}
    return {"updateDimensionProperties": {"range": interval, "properties": sizes, "fields": fields}}


def peoples(drawn: Drawn, place: Place) -> frozenset[int]:
    """Columns that people added, where they stand: how those look, their check boxes and notes are theirs."""
    found = set()
    for table in drawn.tab.tables:
        head = place.standing[table.row] if table.row < len(place.standing) else ()
        for index, column in enumerate(table.columns, table.column):
            if _is_peoples(column) and index < len(head) and head[index] == column.title:
                found.add(index)
    return frozenset(found)


def _is_peoples(column: TabColumn) -> bool:
    return column.id.startswith("extra:")


def _table(table: Table, place: Place, bottom: int | None, left_alone: frozenset[int]) -> Iterator[Json]:
    for index, column in enumerate(table.columns, table.column):
        if index in left_alone:
            continue
        yield _width(place, index, column.width, hidden=column.hidden)
        yield _repeat(place.area(table.row, index, table.row + 1, index + 1), look_of(column.header or table.header))
        is_date = column.values.dtype == pl.Date
        body = place.area(table.row + 1, index, bottom, index + 1)
        yield _repeat(body, look_of(column.style, is_date=is_date))
        if column.note:
            note = {"range": place.area(table.row, index, table.row + 1, index + 1), "cell": {"note": column.note}}
            yield {"repeatCell": {**note, "fields": "note"}}
        if column.choices and column.values.dtype != pl.Boolean:  # that one has check boxes
            yield {"setDataValidation": {"range": body, "rule": _choices(column)}}


def _choices(column: TabColumn) -> Json:
    values = [{"userEnteredValue": choice} for choice in column.choices]
    return {"condition": {"type": "ONE_OF_LIST", "values": values}, "showCustomUi": True, "strict": False}


# --- rules: they have places in a list and no ids, so ours are known by what they say


def rule_marks(drawn: Drawn) -> list[str]:
    """What is kept of our rules to know them again."""
    return sorted({_rule_mark(condition.formula) for condition in drawn.tab.conditions})


def _rule_mark(formula: str) -> str:
    """Equal for one rule in every locale and wherever its rows have moved to."""
    bare = re.sub(r"\d+|[\s;,=.]", "", formula)
    return hashlib.sha256(bare.encode()).hexdigest()[:8]


def rules_gone(place: Place) -> Iterator[Json]:
    """Without our rules. Comes before anything that may change their places in the list, as pasting does."""
    old = set(place.kept.get("rules", ()))
    standing = place.raw.get("conditionalFormats", ())
    gone = [index for index, rule in enumerate(standing) if is_ours(rule, old)]
    for index in reversed(gone):
        yield {"deleteConditionalFormatRule": {"sheetId": place.sheet, "index": index}}


def _rules(drawn: Drawn, place: Place) -> Iterator[Json]:
    for index, condition in enumerate(drawn.tab.conditions):
        area = _condition_area(open_ended(condition, drawn.height - 1), place)
        looks = look_of(condition.style)
        shown = {name: looks[name] for name in ("backgroundColorStyle",) if name in looks}
        text = {k: v for k, v in looks.get("textFormat", {}).items() if k in {*_RULE_TEXT, "foregroundColorStyle"}}
        value = {"userEnteredValue": formula_in(place.locale, condition.formula)}
        boolean = {
            "condition": {"type": "CUSTOM_FORMULA", "values": [value]},
            "format": {**shown, **({"textFormat": text} if text else {})},
        }
        yield {"addConditionalFormatRule": {"rule": {"ranges": [area], "booleanRule": boolean}, "index": index}}


def is_ours(rule: Mapping[str, Any], marks: Collection[str]) -> bool:
    """Is it a rule of ours? marks: see `rule_marks`."""
    condition = rule.get("booleanRule", {}).get("condition", {})
    values = condition.get("values") or [{}]
    return condition.get("type") == "CUSTOM_FORMULA" and _rule_mark(values[0].get("userEnteredValue", "")) in marks


def _condition_area(wanted: Range, place: Place) -> Json:
    bottom = None if wanted.bottom < 0 else wanted.bottom + 1
    return place.area(wanted.top, wanted.left, bottom, wanted.right + 1)


# --- protection: computed columns are ours; managers' columns, the rows below and columns beside are open


def guard(drawn: Drawn, place: Place, number: int, size: tuple[int, Sequence[Sequence[Any]]]) -> Iterator[Json]:
    """A protection of the tab with holes where people work, if it has tables and is not protected so. size: see `holes`.

    In a tab that is ours alone it only warns: the next run writes the cell again, but sorting and choosing stay everybody's.
    """
    keyed, tables = drawn.keyed, drawn.tab.tables
    is_theirs = any(column.manager for table in tables for column in table.columns)
    if not tables or (keyed is None and is_theirs) or place.kept.get("holes") == holes_told(drawn, size):
        return
    standing = {item.get("protectedRangeId"): item.get("description") for item in place.raw.get("protectedRanges", ())}
    if number not in standing:  # a server may give it another id than was asked for
        number = next((one for one, text in standing.items() if text == GUARD), number)
    wanted: Json = {
        "protectedRangeId": number, "description": GUARD, "range": {"sheetId": place.sheet},
        "unprotectedRanges": [place.area(*hole) for hole in _holes(drawn, size)], "warningOnly": keyed is None,
    }  # fmt: skip
    if keyed is not None:  # left out, all who may edit now would be allowed
        wanted["editors"] = {"users": [place.editor] if place.editor else []}
    if number in standing:
        yield {"updateProtectedRange": {"protectedRange": wanted, "fields": "unprotectedRanges"}}
    else:
        yield {"addProtectedRange": {"protectedRange": wanted}}


def holes_told(drawn: Drawn, size: tuple[int, Sequence[Sequence[Any]]]) -> list[Any]:
    """What is kept of the holes to know whether the protection stands right."""
    return [size[0], drawn.width, *_open_told(drawn, size[1])]


def is_moved(drawn: Drawn, place: Place) -> bool:
    """Do rows that people own stand elsewhere than the protection leaves open? Sorting moves rows, and no protection with them."""
    return bool(place.kept) and place.kept.get("holes", [])[2:] != _open_told(drawn, place.standing)


def _open_told(drawn: Drawn, rows: Sequence[Sequence[Any]]) -> list[str]:
    own = _open_runs(drawn, rows)
    return [hashlib.sha256(repr(own).encode()).hexdigest()[:8]] if own else []


def _holes(drawn: Drawn, size: tuple[int, Sequence[Sequence[Any]]]) -> Iterator[Hole]:
    """Where people work; no two overlap within the table. size: how many rows stand there, and the rows themselves."""
    keyed, height = drawn.keyed, size[0]
    if keyed is not None:
        yield from ((keyed.head + 1, left, None, right) for left, right in _runs(sorted(keyed.managers)))
        closed = [column for column in range(drawn.width) if column not in keyed.managers and column != keyed.key]
        for top, bottom in _open_runs(drawn, size[1]):
            yield from ((top, left, bottom, right) for left, right in _runs(closed))
    yield (height, 0, None, drawn.width)
    yield (0, drawn.width, None, None)


def _open_runs(drawn: Drawn, rows: Sequence[Sequence[Any]]) -> list[tuple[int, int]]:
    """Runs of rows that people own as a whole, wherever these stand now."""
    keyed = drawn.keyed
    if keyed is None or not drawn.tab.tables[0].open_rows:
        return []
    own = {drawn.rows[keyed.head + 1 + row][keyed.key] for row in drawn.tab.tables[0].open_rows}
    return list(_runs([number for number, row in enumerate(rows) if keyed.key < len(row) and row[keyed.key] in own]))


def is_closed(raw: Mapping[str, Any]) -> bool:
    """Has somebody protected anything on a sheet from us? raw: as in `Place`."""
    return any(
        not item.get("requestingUserCanEdit") and not item.get("warningOnly") and item.get("description") != GUARD
        for item in raw.get("protectedRanges", ())
    )


def _runs(columns: Sequence[int]) -> Iterator[tuple[int, int]]:
    start = previous = None
    for column in columns:
        if previous is not None and column == previous + 1:
            previous = column
            continue
        if start is not None and previous is not None:
            yield start, previous + 1
        start = previous = column
    if start is not None and previous is not None:
        yield start, previous + 1


# --- charts


def charts(drawn: Drawn, place: Place, numbers: Sequence[int]) -> Iterator[Json]:
    """Our charts, each under its id: changed in place where it stands, new where it does not; those we need no more go."""
    standing = {item.get("chartId") for item in place.raw.get("charts", ())}
    wanted = drawn.tab.charts
    for number, chart in zip(numbers, wanted, strict=True):
        spec, position = _spec(chart, place), _position(chart, place)
        if number in standing:
            yield {"updateChartSpec": {"chartId": number, "spec": spec}}
            fields = "anchorCell,widthPixels,heightPixels"
            yield {"updateEmbeddedObjectPosition": {"objectId": number, "newPosition": position, "fields": fields}}
        else:
            yield {"addChart": {"chart": {"chartId": number, "spec": spec, "position": position}}}
    for number in place.kept.get("charts", ()):
        if number in standing and number not in numbers:
            yield {"deleteEmbeddedObject": {"objectId": number}}


def _spec(chart: Chart, place: Place) -> Json:
    series = {
        "series": _source(chart.values, place), "targetAxis": "BOTTOM_AXIS", "colorStyle": color(chart.color),
    }  # fmt: skip
    return {
        "title": chart.title,
        "basicChart": {
            "chartType": "BAR", "legendPosition": "NO_LEGEND", "headerCount": 0,
            "domains": [{"domain": _source(chart.categories, place)}], "series": [series],
        },
    }  # fmt: skip


def _source(area: Range, place: Place) -> Json:
    return {"sourceRange": {"sources": [place.area(area.top, area.left, area.bottom + 1, area.right + 1)]}}


def _position(chart: Chart, place: Place) -> Json:
    row, column = chart.anchor
    anchor = {"sheetId": place.sheet, "rowIndex": row, "columnIndex": column}
    width, height = chart.size
    return {"overlayPosition": {"anchorCell": anchor, "widthPixels": width, "heightPixels": height}}
