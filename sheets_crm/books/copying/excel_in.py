"""An .xlsx or .xlsm to copy from: its sheets' cells row by row, read as a stream. Writes nothing.

What a sheet holds beside its cells is `excel_facts`' business, how cells look `excel_looks`'.
Source: ECMA-376 part 1, 18.3.1 (sheets), 18.18.11 (types of cells).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from sheets_crm.books.copying.excel_facts import book_facts, sheet_facts
from sheets_crm.books.copying.excel_looks import looks_of
from sheets_crm.books.copying.excel_xml import elements, local, unescaped
from sheets_crm.books.copying.model import Block, Formula, Plain, Sheet, Value
from sheets_crm.books.excel.reader_package import Package
from sheets_crm.books.excel.reader_styles import is_date_format
from sheets_crm.books.model import CellError
from sheets_crm.books.tab import Style
from sheets_crm.cells import index_of

_ROWS = 2000  # of a block
_DAYS_1904 = 1462  # between the two epochs of Excel
_ADDRESS = re.compile(r"([A-Za-z]+)(\d+)")


class ExcelSource:
    """The user's sheets of a workbook file. ours: names of sheets that are not theirs. Use as a context manager."""

    def __init__(self, path: Path, ours: Collection[str]) -> None:
        self.path = path
        self._package = Package(path)
        self._facts = book_facts(self._package)
        root = self._package.xml(self._facts.styles) if self._facts.styles else None
        self._looks = looks_of(root)
        self._dates = [style is not None and is_date_format(style.format or "") for style in self._looks]
        self._shared: Sequence[str] | None = None
        self._found: dict[str, Counter[str]] = {}
        self.lost: Mapping[str, int] = self._facts.lost
        theirs = [one for one in self._facts.sheets if one.name not in ours]
        charts = [one for one in theirs if one.kind != "worksheet"]
        self.lost = {**self._facts.lost, **({"chart_sheets": len(charts)} if charts else {})}
        self._parts = {one.name: one.part for one in theirs if one.kind == "worksheet"}
        self.sheets: Sequence[Sheet] = [sheet_facts(self._package, one) for one in theirs if one.kind == "worksheet"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._package.__exit__(None, None, None)

    def blocks(self, sheet: Sheet) -> Iterator[Block]:
        """The sheet's rows that hold anything or look like something."""
        reader = _Rows(self._strings(), self._looks, self._dates, _DAYS_1904 if self._facts.epoch_1904 else 0)
        top = 0
        values: list[list[Value]] = []
        styles: list[list[Style | None]] = []
        for number, row in reader.rows(self._package, self._parts[sheet.name]):
            while values and top + len(values) < number and len(values) < _ROWS:
                values.append([])
                styles.append([])
            if len(values) >= _ROWS or (values and top + len(values) != number):
                yield Block(top, values, styles)
                values, styles = [], []
            if not values:
                top = number
            values.append(row[0])
            styles.append(row[1])
        if values:
            yield Block(top, values, styles)
        self._found[sheet.name] = reader.found

    def found(self, sheet: Sheet) -> Mapping[str, int]:
        return self._found.get(sheet.name, {})

    def _strings(self) -> Sequence[str]:
        if self._shared is None:
            from sheets_crm.books.excel.reader_text import shared_strings

            part = self._facts.shared
            self._shared = shared_strings(self._package.stream(part)).to_list() if part else []
        return self._shared


Row = tuple[int, tuple[list[Value], list[Style | None]]]


class _Rows:
    """Reads the rows of one sheet."""

    def __init__(self, shared: Sequence[str], looks: Sequence[Style | None], dates: Sequence[bool], epoch: int) -> None:
        self._shared, self._looks, self._dates, self._epoch = shared, looks, dates, epoch
        self._formulas: dict[str, Any] = {}
        self.found: Counter[str] = Counter()

    def rows(self, package: Package, part: str) -> Iterator[Row]:
        """Number (0-based), values and looks of each row that stands in the file."""
        last = -1
        for row in elements(package, part, {"row"}):
            last = int(row.get("r", last + 2)) - 1
            values: list[Value] = []
            styles: list[Style | None] = []
            for cell in row:
                self._take(cell, values, styles, last)
            if values:
                yield last, (values, styles)

    def _take(self, cell: Any, values: list[Value], styles: list[Style | None], row: int) -> None:
        place = _ADDRESS.match(cell.get("r", ""))
        column = index_of(place[1]) if place else len(values)
        if column > len(values):
            values.extend([None] * (column - len(values)))
            styles.extend([None] * (column - len(styles)))
        number = int(cell.get("s", 0))
        look = self._looks[number] if number < len(self._looks) else None
        shown, formula = self._value(cell, number)
        if formula is None:
            values.append(shown)
        else:
            values.append(Formula(self._text_of(formula, place[0] if place else f"A{row + 1}"), shown))
        styles.append(look)

    def _value(self, cell: Any, look: int) -> tuple[Plain, Any]:
        """What the cell shows, and the element of its formula."""
        formula = text = inline = None
        for child in cell:
            name = local(child)
            if name == "v":
                text = child.text
            elif name == "f":
                formula = child
            elif name == "is":
                inline = "".join(one.text or "" for one in child.iter() if local(one) == "t")
                self.found["rich_text"] += any(local(one) == "r" for one in child)
        shown = self._plain(cell.get("t", "n"), text, inline, look)
        return "" if shown is None and formula is not None and cell.get("t") == "str" else shown, formula

    def _plain(self, kind: str, text: str | None, inline: str | None, look: int) -> Plain:
        if kind == "inlineStr":
            return unescaped(inline or "") or None
        if text is None:
            return None
        if kind == "s":
            return self._shared[int(text)] or None
        if kind == "str":
            return unescaped(text) or None
        if kind == "b":
            return text.strip() in {"1", "true"}
        if kind == "e":
            return CellError(text)
        return self._number(text, look) if kind == "n" else _iso(text)

    def _number(self, text: str, look: int) -> Plain:
        number = float(text)
        if not math.isfinite(number):
            return CellError("#NUM!")
        is_date = look < len(self._dates) and self._dates[look]
        return number + self._epoch if is_date and self._epoch else number

    def _text_of(self, element: Any, address: str) -> str:
        """The formula without `=`; "" for those of several cells at once, which mean something else elsewhere."""
        from openpyxl.formula.translate import Translator

        kind, text = element.get("t", "normal"), element.text or ""
        if kind in {"array", "dataTable"}:
            return ""
        if kind == "shared":
            index = element.get("si", "")
            if text:
                self._formulas[index] = Translator(f"={text}", address)
            elif index in self._formulas:
                return str(self._formulas[index].translate_formula(address)).removeprefix("=")
        return text


def _iso(text: str) -> Plain:
    """A day written as one (t="d"), as a serial number."""
    from openpyxl.utils.datetime import from_ISO8601, to_excel

    try:
        return float(to_excel(from_ISO8601(text)))  # type: ignore[no-untyped-call]
    except (ValueError, TypeError):
        return text
