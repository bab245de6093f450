"""A settled tab as the XML of a worksheet, in pieces, so that a hundred thousand rows never stand in memory as text.

Writes values, looks, drop-downs, conditional formats, links, panes and print settings; tables and charts have their own
modules. Source: ECMA-376 part 1, 18.3 (the order of the elements is the schema's).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import polars as pl

from sheets_crm.books.excel.blob import Pieces, Stretch
from sheets_crm.books.excel.celltext import attribute, text_of
from sheets_crm.books.excel.cellxml import dtype_of, one_cell, row_cells, whole_rows
from sheets_crm.books.excel.dialect import DECLARATION, MAX_ROWS, Dialect
from sheets_crm.books.excel.layout import ColumnLook, Layout, Native
from sheets_crm.books.excel.lists import validations
from sheets_crm.books.excel.stretches import Hashes, digest_of, hashes_of
from sheets_crm.books.excel.styles import SHORT_DATE, SHORT_MOMENT, Styles
from sheets_crm.books.excel.xmlsplice import escape, quote
from sheets_crm.books.tab import Cell, Range, Style, TabColumn
from sheets_crm.cells import letter
from sheets_crm.errors import OwnerError

_CHUNK_ROWS = 4_096  # what a thousand of these cost together is least; what one changed row draws again
_STRETCH_ROWS = 512
_MAX_LINKS = 65_000  # Excel drops the links of a sheet that has more than 65,530
_A4 = 9


class _Body:
    """The rows of a table below its header, ready to be written. styles: of its columns."""

    def __init__(self, native: Native, styles: Sequence[int]) -> None:
        self._first = native.table.row + 1
        columns, self._left = native.table.columns, native.table.column
        empty = pl.Series([None], dtype=pl.String)
        self._values = [column.values if native.table.height else empty for column in columns]
        self._styles, self._hidden = styles, native.hidden if native.table.height else None
        self._hashes: Hashes | None = None
        dtypes = [str(values.dtype) for values in self._values]
        self.looks = (self._left, list(styles), dtypes, self._hidden is None)  # all but the values

    def cells(self, start: int, stop: int) -> list[tuple[int, pl.Series, int]]:
        """Place, values and style of each column."""
        return [
            (self._left + i, values.slice(start - self._first, stop - start), style)
            for i, (values, style) in enumerate(zip(self._values, self._styles, strict=True))
        ]

    def hashes(self, start: int, stop: int) -> Hashes:
        """Of the rows' values, and of what is hidden."""
        if self._hashes is None:
            self._hashes = hashes_of([*self._values, *([] if self._hidden is None else [self._hidden])])
        return self._hashes[start - self._first : stop - self._first]


@dataclass(frozen=True)
class SheetWriter:
    """Draws a layout; looks are added to `styles` on the way."""

    layout: Layout
    styles: Styles
    dialect: Dialect
    date_1904: bool
    _bodies: dict[str, _Body] = field(default_factory=dict, compare=False, repr=False)  # by part

    def pieces(self, *, marked: bool = False) -> Pieces:
        """The part, piece by piece; many rows of a table as stretches. marked: tell by what these are known again."""
        if self._last_row() >= MAX_ROWS:
            raise OwnerError("excel.too_many_rows", sheet=self.layout.name)
        yield self._head().encode()
        yield from self._rows(marked=marked)
        yield self._tail().encode()

    @property
    def area(self) -> str:
        """The cells that are filled, from A1."""
        return f"A1:{letter(self._last_column())}{self._last_row() + 1}"

    # ---- before the rows

    def _head(self) -> str:
        tab = self.layout.tab
        root = f'<worksheet xmlns="{self.dialect.main}" xmlns:r="{self.dialect.rel}">'
        color = f'<tabColor rgb="FF{tab.color.upper()}"/>' if tab.color else ""
        area = self.area
        return (
            f'{DECLARATION}{root}<sheetPr>{color}<pageSetUpPr fitToPage="1"/></sheetPr><dimension ref="{area}"/>'
            f'{self._views()}<sheetFormatPr defaultRowHeight="15"/>{self._columns()}<sheetData>'
        )

    def _views(self) -> str:
        rows, columns = self.layout.tab.freeze
        view = {"showGridLines": "0"} if not self.layout.tab.grid_lines else {}
        attrs = "".join(f" {k}={quote(v)}" for k, v in {**view, **self.layout.view, "workbookViewId": "0"}.items())
        if not rows and not columns:
            return f"<sheetViews><sheetView{attrs}/></sheetViews>"
        split = (f' xSplit="{columns}"' if columns else "") + (f' ySplit="{rows}"' if rows else "")
        pane = "bottomRight" if rows and columns else "bottomLeft" if rows else "topRight"
        first = f"{letter(columns)}{rows + 1}"
        inner = f'<pane{split} topLeftCell="{first}" activePane="{pane}" state="frozen"/>'
        inner += f'<selection pane="{pane}" activeCell="{first}" sqref="{first}"/>'
        return f"<sheetViews><sheetView{attrs}>{inner}</sheetView></sheetViews>"

    def _columns(self) -> str:
        looks = self._looks()
        cols = []
        for index in sorted(looks):
            look = looks[index]
            width = f' width="{look.width}" customWidth="1"' if look.width else ""
            hidden = ' hidden="1"' if look.hidden else ""
            cols.append(f'<col min="{index + 1}" max="{index + 1}"{width}{hidden}/>')
        return f"<cols>{''.join(cols)}</cols>" if cols else ""

    def _looks(self) -> dict[int, ColumnLook]:
        """Ours first, people's on top of them."""
        looks = {i: ColumnLook(file_width(width), hidden=False) for i, width in enumerate(self.layout.tab.widths)}
        covering: dict[int, list[TabColumn]] = {}
        for native in self.layout.tables:
            for i, column in enumerate(native.table.columns):
                covering.setdefault(native.table.column + i, []).append(column)
        for index, columns in covering.items():
            width = file_width(max(column.width for column in columns))
            looks[index] = ColumnLook(width, hidden=all(column.hidden for column in columns))
        looks |= self.layout.columns
        return looks | {cell.column: ColumnLook(None, hidden=True) for cell in self.layout.lists}

    # ---- the rows

    def _rows(self, *, marked: bool) -> Iterator[bytes | Stretch]:
        loose = self._loose()
        breaks = {0, self._last_row() + 1}
        for native in self.layout.tables:
            breaks |= {native.table.row + 1, native.area.bottom + 1}
        edges = sorted(breaks)
        for begin, end in pairwise(edges):
            for start in range(begin, end, _CHUNK_ROWS):
                stop = min(start + _CHUNK_ROWS, end)
                if stop - start < _STRETCH_ROWS:
                    yield self._chunk(start, stop, loose)
                else:
                    digest = self._digest(start, stop, loose) if marked else b""
                    yield Stretch(digest, partial(self._chunk, start, stop, loose))

    def _digest(self, start: int, stop: int, loose: dict[int, list[tuple[int, str]]]) -> bytes:
        """By what a chunk is known again: all that `_chunk` looks at."""
        bodies = [self._body(native) for native in self._covering(start, stop)]
        heights = {row: points for row, points in self.layout.tab.heights.items() if start <= row < stop}
        beside = [(row, loose[row]) for row in sorted(loose) if start <= row < stop]
        told = (start, stop, self.date_1904, heights, beside, [body.looks for body in bodies])
        return digest_of(told, [body.hashes(start, stop) for body in bodies])

    def _chunk(self, start: int, stop: int, loose: dict[int, list[tuple[int, str]]]) -> bytes:
        numbers = pl.int_range(start + 1, stop + 1, eager=True, dtype=pl.UInt32).cast(pl.String)
        covering = self._covering(start, stop)
        rows = [row for row in sorted(loose) if start <= row < stop]
        if len(covering) == 1 and not rows and (whole := self._whole(covering[0], start, stop, numbers)) is not None:
            return whole
        blocks = [(n.table.column, self._block(n, start, stop, numbers)) for n in covering]
        blocks.sort(key=lambda block: block[0])
        body = _side_by_side([cells for _, cells in blocks], stop - start)
        if rows:
            merged = [_merged(loose[row], blocks, row - start) for row in rows]
            body = body.scatter([row - start for row in rows], merged)
        frame = pl.DataFrame({"r": numbers, "a": self._row_attributes(start, stop, covering), "c": body})
        frame = frame.filter((pl.col("c") != "") | (pl.col("a") != ""))
        text = pl.concat_str(pl.lit('<row r="'), "r", pl.lit('"'), "a", pl.lit(">"), "c", pl.lit("</row>"))
        return bytes(frame.select(text.str.join("").cast(pl.Binary)).item() or b"")

    def _covering(self, start: int, stop: int) -> list[Native]:
        """The tables whose rows these are: all of them or none, for chunks end where tables do."""
        return [native for native in self.layout.tables if native.table.row < start < stop <= native.area.bottom + 1]

    def _whole(self, native: Native, start: int, stop: int, numbers: pl.Series) -> bytes | None:
        """Rows of one table with nothing beside it: most rows of large tabs. None where they go the longer way."""
        heights = any(start <= row < stop for row in self.layout.tab.heights)
        attributes = self._row_attributes(start, stop, [native]) if heights or native.hidden is not None else None
        return whole_rows(self._body(native).cells(start, stop), numbers, attributes, date_1904=self.date_1904)

    def _block(self, native: Native, start: int, stop: int, numbers: pl.Series) -> pl.Series:
        """The cells of a table's rows, all columns of a row in one text."""
        cells = self._body(native).cells(start, stop)
        if not cells:
            return pl.Series([""]).new_from_index(0, stop - start)
        return row_cells(cells, numbers, date_1904=self.date_1904)

    def _body(self, native: Native) -> _Body:
        """A table's rows; its columns' styles are entered when it is first asked for."""
        if native.part not in self._bodies:
            columns = native.table.columns
            styles = [self.styles.xf(dated(column.style, column.values.dtype)) for column in columns]
            self._bodies[native.part] = _Body(native, styles)
        return self._bodies[native.part]

    def _row_attributes(self, start: int, stop: int, covering: list[Native]) -> pl.Series:
        heights = {row: points for row, points in self.layout.tab.heights.items() if start <= row < stop}
        if heights:
            told = [heights.get(row) for row in range(start, stop)]
            attrs = pl.Series(["" if points is None else f' ht="{points:g}" customHeight="1"' for points in told])
        else:
            attrs = pl.Series([""]).new_from_index(0, stop - start)
        for native in covering:
            if native.hidden is not None and native.table.height:
                hidden = native.hidden.slice(start - native.table.row - 1, stop - start)
                attrs = pl.select(
                    pl.lit(attrs) + pl.when(hidden).then(pl.lit(' hidden="1"')).otherwise(pl.lit(""))
                ).to_series()
        return attrs

    def _loose(self) -> dict[int, list[tuple[int, str]]]:
        """Everything outside the tables' rows: row -> (column, cell)."""
        found: dict[int, dict[int, str]] = {}
        for cell in (*self.layout.lists, *self.layout.tab.cells):
            found.setdefault(cell.row, {})[cell.column] = self._one(cell)
        for native in self.layout.tables:
            table = native.table
            for i, column in enumerate(table.columns):
                header = Cell(table.row, table.column + i, native.titles[i], column.header or table.header)
                found.setdefault(table.row, {})[table.column + i] = self._one(header)
        return {row: sorted(cells.items()) for row, cells in found.items()}

    def _one(self, cell: Cell) -> str:
        look = self.styles.xf(dated(cell.style, dtype_of(cell.value)))
        return one_cell(cell.value, cell.column, cell.row + 1, look, date_1904=self.date_1904)

    # ---- after the rows

    def _tail(self) -> str:
        tab, layout = self.layout.tab, self.layout
        orientation = "landscape" if tab.landscape else "portrait"
        setup = f'<pageSetup paperSize="{_A4}" orientation="{orientation}" fitToHeight="0"/>'
        margins = '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.5" header="0.3" footer="0.3"/>'
        drawing = '<drawing r:id="rIdDrawing"/>' if layout.drawing else ""
        legacy = f"<legacyDrawing r:id={quote(layout.legacy_rel)}/>" if layout.legacy_rel else ""
        tables = "".join(f'<tablePart r:id="rIdTable{i}"/>' for i, _ in enumerate(layout.tables, 1))
        parts = f'<tableParts count="{len(layout.tables)}">{tables}</tableParts>' if tables else ""
        return (
            f"</sheetData>{self._conditions()}{validations(layout.tables, layout.lists)}{self._links()}"
            f"{margins}{setup}{drawing}{legacy}{parts}</worksheet>"
        )

    def _conditions(self) -> str:
        out = []
        for priority, each in enumerate(self.layout.tab.conditions, 1):
            stop = ' stopIfTrue="1"' if each.stop else ""
            rule = f'<cfRule type="expression" dxfId="{self.styles.dxf(each.style)}" priority="{priority}"{stop}>'
            formula = escape(each.formula.removeprefix("="))
            where = area_name(each.range)
            out.append(
                f'<conditionalFormatting sqref="{where}">{rule}<formula>{formula}</formula></cfRule></conditionalFormatting>'
            )
        return "".join(out)

    def _links(self) -> str:
        loose = [(f"{letter(cell.column)}{cell.row + 1}", cell.link) for cell in self.layout.tab.cells if cell.link]
        book = self._other_book()
        found = [f"<hyperlink ref={quote(ref)}{book} location={quote(text_of(link))}/>" for ref, link in loose]
        for native in self.layout.tables:
            for i, column in enumerate(native.table.columns):
                if column.links is not None and len(found) < _MAX_LINKS:
                    found += self._column_links(native, i, column.links)
        return f"<hyperlinks>{''.join(found[:_MAX_LINKS])}</hyperlinks>" if found else ""

    def _other_book(self) -> str:
        """The attribute by which links lead into another workbook."""
        return f" r:id={quote(self.layout.link_rel)}" if self.layout.link_rel else ""

    def _column_links(self, native: Native, index: int, links: pl.Series) -> list[str]:
        first = native.table.row + 2
        rows = pl.int_range(first, first + len(links), eager=True, dtype=pl.UInt32).cast(pl.String)
        frame = pl.DataFrame({"r": rows, "l": links.cast(pl.String)}).filter(pl.col("l").is_not_null()).head(_MAX_LINKS)
        frame = frame.with_columns(attribute(frame["l"]))
        name = letter(native.table.column + index)
        middle = pl.lit(f'"{self._other_book()} location="')
        text = pl.concat_str(pl.lit(f'<hyperlink ref="{name}'), "r", middle, "l", pl.lit('"/>'))
        return frame.select(text.alias("x")).to_series().to_list()

    def _last_row(self) -> int:
        cells = [cell.row for cell in (*self.layout.tab.cells, *self.layout.lists)]
        return max([native.area.bottom for native in self.layout.tables] + cells + list(self.layout.tab.heights) + [0])

    def _last_column(self) -> int:
        cells = [cell.column for cell in (*self.layout.tab.cells, *self.layout.lists)]
        return max([native.area.right for native in self.layout.tables] + cells + [0])


def area_name(area: Range) -> str:
    """A1:C9."""
    return f"{letter(area.left)}{area.top + 1}:{letter(area.right)}{area.bottom + 1}"


def file_width(characters: float) -> str:
    """The number that a file holds for a column so many characters wide (18.3.1.13, digits 7 pixels wide)."""
    return f"{math.trunc((max(characters, 0) * 7 + 5) / 7 * 256) / 256:.10g}"


def dated(style: Style, dtype: pl.DataType) -> Style:
    """A day without a format would show as a number: give it the reader's own short form."""
    if style.format is None and dtype == pl.Date:
        return replace(style, format=SHORT_DATE)
    if style.format is None and isinstance(dtype, pl.Datetime):
        return replace(style, format=SHORT_MOMENT)
    return style


def _side_by_side(cells: list[pl.Series], height: int) -> pl.Series:
    if not cells:
        return pl.Series([""]).new_from_index(0, height)
    if len(cells) == 1:
        return cells[0]
    frame = pl.DataFrame([series.alias(str(i)) for i, series in enumerate(cells)])
    return frame.select(pl.concat_str(pl.all()).alias("c")).to_series()


def _merged(loose: list[tuple[int, str]], blocks: list[tuple[int, pl.Series]], position: int) -> str:
    """One row that holds loose cells and, perhaps, rows of tables."""
    pieces = loose + [(left, str(cells[position])) for left, cells in blocks]
    return "".join(text for _, text in sorted(pieces))
