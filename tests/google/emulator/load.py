"""A user's spreadsheet from an .xlsx file or from plain rows: values, formulas with their results, formats, notes.

Formats come over roughly: fonts, fills, alignment, number formats. Charts, filters' criteria and rules do not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.google.emulator.colors import colored, of_hex
from tests.google.emulator.formula import localised
from tests.google.emulator.model import Document, Failure, Json, More, Row, Sheet, number, shared
from tests.google.emulator.places import column_of
from tests.google.emulator.rendering import serial_of

ERRORS = {
    "#DIV/0!": ("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero."),
    "#REF!": ("REF", "Reference does not exist."),
    "#NAME?": ("NAME", "Unknown function: 'X'."),
    "#VALUE!": ("VALUE", "Function parameter expects number values."),
    "#N/A": ("N_A", "Did not find value in lookup evaluation."),
    "#NUM!": ("NUM", "Result was not a number."),
    "#NULL!": ("NULL_VALUE", ""),
}
DATE = {"numberFormat": {"type": "DATE", "pattern": "dd.mm.yyyy"}}
_STANDARD_ROWS, _STANDARD_COLUMNS = 1000, 26


def failure(code: str) -> Failure:
    """The error of a code that people see."""
    kind, message = ERRORS.get(code, ("ERROR", "Formula parse error."))
    return Failure(kind, code, message)


def add_rows(doc: Document, title: str, rows: Sequence[Sequence[Any]]) -> Sheet:
    """A sheet of plain rows: text, numbers, booleans, dates, None; anything with `code` is an error cell."""
    sheet = Sheet(doc.new_id(), title)
    found = [_row(line) for line in rows]
    width = max((len(row.values) for row in found), default=0)
    sheet.rows = found
    sheet.row_count = max(_STANDARD_ROWS, len(found))
    sheet.column_count = max(_STANDARD_COLUMNS, width)
    doc.sheets.append(sheet)
    return sheet


def _row(line: Sequence[Any]) -> Row:
    values = [_value(item) for item in line]
    while values and values[-1] is None:
        values.pop()
    looks = shared(DATE)
    more = {index: More(format=looks) for index, item in enumerate(line) if isinstance(item, date)}
    return Row(values, more)


def _value(item: Any) -> Any:
    if item is None or type(item) is bool or type(item) is int:
        return item
    if type(item) is str:
        return item or None
    if isinstance(item, (date, datetime)):
        return serial_of(item)
    if isinstance(item, time):
        return (item.hour * 3600 + item.minute * 60 + item.second) / 86400
    if isinstance(item, timedelta):
        return item.total_seconds() / 86400
    if isinstance(item, (int, float)):
        return number(item)
    if hasattr(item, "code"):
        return failure(item.code)
    if hasattr(item, "as_tuple"):
        return number(float(item))
    return str(item) or None


def add_sheets(doc: Document, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Several sheets of plain rows."""
    for title, rows in sheets.items():
        add_rows(doc, title, rows)


def add_workbook(doc: Document, path: Path) -> None:
    """All sheets of an .xlsx."""
    import openpyxl

    shown = openpyxl.load_workbook(path, data_only=True)
    written = openpyxl.load_workbook(path, rich_text=False)
    for page in written.worksheets:
        _add_page(doc, page, shown[page.title])


def _add_page(doc: Document, page: Any, shown: Any) -> None:
    sheet = Sheet(doc.new_id(), page.title)
    sheet.row_count = max(_STANDARD_ROWS, page.max_row)
    sheet.column_count = max(_STANDARD_COLUMNS, page.max_column)
    looks: dict[int, Json | None] = {}
    for line, results in zip(page.iter_rows(), shown.iter_rows(), strict=False):
        cells = {}
        for cell, result in zip(line, results, strict=False):
            value, more = _cell(cell, result, looks)
            if more is not None and more.formula:
                more = more._replace(formula=localised(more.formula, doc.locale))
            if value is not None or more is not None:
                cells[cell.column - 1] = (value, more)
        if cells:
            sheet.put_row(line[0].row - 1, cells)
    _geometry(sheet, page)
    doc.sheets.append(sheet)


def _cell(cell: Any, result: Any, looks: dict[int, Json | None]) -> tuple[Any, More | None]:
    style = cell._style if cell.has_style else None  # the key of a style: one Format per style
    key = hash(style) if style is not None else 0
    if key not in looks:
        looks[key] = _looks(cell) if style is not None else None
    note = cell.comment.text if getattr(cell, "comment", None) else None
    formula = _formula(cell)
    value = result.value if formula is not None else cell.value
    if getattr(result if formula is not None else cell, "data_type", "") == "e":
        found: Any = failure(str(value))
    else:
        found = _value(value)
    if formula is not None and found is None:
        found = ""
    return (found or None) if found == "" else found, More(formula, looks[key], note).plain()


def _formula(cell: Any) -> str | None:
    if cell.data_type != "f":
        return None
    text = cell.value if isinstance(cell.value, str) else getattr(cell.value, "text", None)
    return None if text is None else text if text.startswith("=") else f"={text}"


def _looks(cell: Any) -> Json | None:
    found: Json = {}
    kind = number_format(cell.number_format)
    if kind:
        found["numberFormat"] = kind
    fill = cell.fill
    if fill is not None and fill.fill_type == "solid" and isinstance(fill.fgColor.rgb, str):
        found["backgroundColor"] = of_hex(fill.fgColor.rgb)
    text = _text_looks(cell.font)
    if text:
        found["textFormat"] = text
    across = {"left": "LEFT", "center": "CENTER", "right": "RIGHT"}.get(cell.alignment.horizontal or "")
    if across:
        found["horizontalAlignment"] = across
    up = {"top": "TOP", "center": "MIDDLE", "bottom": "BOTTOM"}.get(cell.alignment.vertical or "")
    if up:
        found["verticalAlignment"] = up
    if cell.alignment.wrap_text:
        found["wrapStrategy"] = "WRAP"
    return shared(colored(found))


def _text_looks(font: Any) -> Json:
    found: Json = {name: True for name in ("bold", "italic") if getattr(font, name)}
    if font.underline:
        found["underline"] = True
    if font.strike:
        found["strikethrough"] = True
    if font.size and font.size != 11:
        found["fontSize"] = round(font.size)
    if font.color is not None and isinstance(font.color.rgb, str):
        found["foregroundColor"] = of_hex(font.color.rgb)
    return found


def number_format(pattern: str | None) -> Json | None:
    """An Excel number format as Google's type and pattern; None for General."""
    if not pattern or pattern.casefold() == "general":
        return None
    bare = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", pattern).lower()
    if pattern == "@":
        kind = "TEXT"
    elif re.search(r"[dy]", bare) or re.search(r"m.*m", bare) or "mmm" in bare:
        kind = "DATE_TIME" if "h" in bare else "DATE"
    elif "h" in bare or "s" in bare:
        kind = "TIME"
    elif "%" in bare:
        kind = "PERCENT"
    else:
        kind = "CURRENCY" if re.search("[₽$€]", pattern) else "NUMBER"
    return {"type": kind, "pattern": pattern}


def _geometry(sheet: Sheet, page: Any) -> None:
    for merged in page.merged_cells.ranges:
        left, top, right, bottom = merged.bounds
        sheet.merges.append(
            {
                "sheetId": sheet.id,
                "startRowIndex": top - 1,
                "endRowIndex": bottom,
                "startColumnIndex": left - 1,
                "endColumnIndex": right,
            }
        )
    for name, size in page.column_dimensions.items():
        if size.width and size.customWidth:
            kept = {"pixelSize": round(size.width * 7 + 5), **({"hiddenByUser": True} if size.hidden else {})}
            for index in range((size.min or column_of(name) + 1) - 1, min(size.max or 1, sheet.column_count)):
                sheet.column_sizes[index] = kept
    for index, size in page.row_dimensions.items():
        if size.height or size.hidden:
            pixels = round((size.height or 15) * 4 / 3)
            sheet.row_sizes[index - 1] = {"pixelSize": pixels, **({"hiddenByUser": True} if size.hidden else {})}
    if page.freeze_panes:
        found = re.fullmatch(r"([A-Z]+)(\d+)", page.freeze_panes)
        assert found
        frozen = {"frozenRowCount": int(found[2]) - 1, "frozenColumnCount": column_of(found[1])}
        sheet.properties["gridProperties"] = {name: count for name, count in frozen.items() if count}
    if page.sheet_state != "visible":
        sheet.properties["hidden"] = True
    _filter(sheet, page)


def _filter(sheet: Sheet, page: Any) -> None:
    if not page.auto_filter.ref:
        return
    found = re.fullmatch(r"([A-Z]+)(\d+):([A-Z]+)(\d+)", page.auto_filter.ref.replace("$", ""))
    if found:
        sheet.basic_filter = {
            "range": {
                "sheetId": sheet.id,
                "startRowIndex": int(found[2]) - 1,
                "endRowIndex": int(found[4]),
                "startColumnIndex": column_of(found[1]),
                "endColumnIndex": column_of(found[3]) + 1,
            }
        }
