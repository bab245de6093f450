"""The cells and strings that the fast scan leaves aside, read one by one with a real XML parser.

Rich text, phonetic runs, ISO dates, cells without an address, attributes in an unusual order. Slow and complete.
Source: ECMA-376 part 1, 18.3.1.4 (cell), 18.4 (strings), 18.18.11 (types of a cell).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from xml.parsers import expat

from sheets_crm.books.excel.reader_xml import NotXml
from sheets_crm.cells import Kind, index_of

_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d+)")
_EPOCH = date(1899, 12, 30)
_LAST_COLUMN = 16_384


@dataclass
class OddCell:
    """A cell as its XML says: its place (0-based), type, value and text."""

    row: int
    column: int
    type: str
    style: int
    formula: bool = False
    value: str | None = None
    text: str | None = None


@dataclass
class _Reader:
    """Collects cells and texts from slices of XML. `row` is the row of the current slice, `column` the last cell's."""

    cells: list[OddCell] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    row: int = 0
    column: int = -1
    aside: int = 0  # inside a phonetic run or an extension: neither is the cell's value
    buffer: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "at":
                self.row, self.column = int(attributes["row"]), int(attributes["column"]) - 1
            case "si":
                self.texts.append("")
            case "c" if not self.aside:
                self._cell(attributes)
            case "is":
                self.cells[-1].text = ""
            case "f":
                self.cells[-1].formula = True
            case "rPh" | "extLst":
                self.aside += 1
            case "t" | "v" if not self.aside:
                self.buffer = []

    def end(self, name: str) -> None:
        match name.rpartition(":")[2]:
            case "rPh" | "extLst":
                self.aside -= 1
            case "v" if not self.aside:
                self.cells[-1].value = self._taken()
            case "t" if not self.aside:
                text = self._taken()
                if self.texts:
                    self.texts[-1] += text
                else:
                    self.cells[-1].text = (self.cells[-1].text or "") + text

    def data(self, text: str) -> None:
        if self.buffer is not None:
            self.buffer.append(text)

    def _taken(self) -> str:
        text, self.buffer = "".join(self.buffer or ()), None
        return text

    def _cell(self, attributes: dict[str, str]) -> None:
        ref = _REF.fullmatch(attributes.get("r", ""))
        if ref:
            self.row, self.column = int(ref[2]) - 1, index_of(ref[1])
        else:
            self.column += 1
        if not 0 <= self.column < _LAST_COLUMN:
            raise NotXml
        style = attributes.get("s", "0")
        self.cells.append(
            OddCell(self.row, self.column, attributes.get("t", "n"), int(style) if style.isdigit() else 0)
        )


def odd_cells(slices: Iterable[tuple[int, int, bytes]]) -> list[OddCell]:
    """The cells in slices of XML, each a whole cell or a whole row, with its row and the place of its first cell (0-based),
    which hold where a cell does not tell its address. NotXml when one is damaged.
    """
    reader = _Reader()
    _parse(reader, (b'<at row="%d" column="%d">%b</at>' % slice_ for slice_ in slices))
    return reader.cells


def odd_texts(slices: Sequence[bytes]) -> list[str]:
    """The texts of whole `<si>` items: runs joined, phonetic runs left out. References are read, `_xHHHH_` escapes are not."""
    reader = _Reader()
    _parse(reader, slices)
    if len(reader.texts) != len(slices):
        raise NotXml
    return reader.texts


def _parse(reader: _Reader, slices: Iterable[bytes]) -> None:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    try:
        parser.Parse(b"<all>")
        for piece in slices:
            parser.Parse(piece)
        parser.Parse(b"</all>", True)
    except (expat.ExpatError, IndexError) as error:
        raise NotXml from error


def meaning(cell: OddCell, dates: Sequence[bool], *, epoch: int) -> tuple[Kind, float, str | None]:
    """Kind, number and text of a cell. A shared string is TEXT with its index for a number and None for a text.

    `epoch` is added to serials shown as dates (1904 workbooks).
    """
    value = cell.value
    if cell.text is not None and (cell.type == "inlineStr" or not value):
        return Kind.TEXT, math.nan, cell.text
    if cell.formula and not value and not (cell.type == "str" and value is not None):
        return Kind.UNCACHED, math.nan, None
    if not value:
        return Kind.EMPTY, math.nan, None
    match cell.type:
        case "s":
            if not value.strip().isdecimal():
                raise NotXml
            return Kind.TEXT, float(value), None
        case "str" | "inlineStr":
            return Kind.TEXT, math.nan, value
        case "b":
            return Kind.BOOL, float(value.strip() in {"1", "true"}), None
        case "e":
            return Kind.ERROR, math.nan, value.strip()
        case "d":
            return _iso(value.strip())
    return _number(value, epoch=epoch, is_date=cell.style < len(dates) and dates[cell.style])


def _number(value: str, *, epoch: int, is_date: bool) -> tuple[Kind, float, str | None]:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or "_" in value:
        return (Kind.TEXT, math.nan, value) if value.strip() else (Kind.EMPTY, math.nan, None)
    return (Kind.DATE, number + epoch, None) if is_date else (Kind.NUMBER, number, None)


def _iso(value: str) -> tuple[Kind, float, str | None]:
    """An ISO 8601 date, date-time (a zone is dropped: the sheet shows the local reading) or time of day."""
    try:
        if "-" not in value[1:].partition("T")[0]:
            clock = time.fromisoformat(value)
            return Kind.NUMBER, _fraction(clock), None
        moment = datetime.fromisoformat(value)
    except ValueError:
        return Kind.TEXT, math.nan, value
    return Kind.DATE, (moment.date() - _EPOCH).days + _fraction(moment.time()), None


def _fraction(clock: time) -> float:
    return (clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6) / 86_400
