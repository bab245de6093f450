"""A new .xlsx made from copied sheets: values with their formulas, formats, notes, links. Never writes over a file.

Written whole to a temporary file beside, read back, then given its name. Text is written as text, whatever it begins with.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sheets_crm.books.copying.formulas import for_excel, is_same
from sheets_crm.books.copying.model import (
    MAX_EXCEL_COLUMNS,
    MAX_EXCEL_NAME,
    MAX_EXCEL_ROWS,
    MAX_EXCEL_TEXT,
    Block,
    Formula,
    Sheet,
    SheetCopied,
    Source,
    TooLarge,
    Value,
)
from sheets_crm.books.model import CellError
from sheets_crm.books.tab import Style
from sheets_crm.cells import letter
from sheets_crm.disk import PART, flush_folder

_BIG = 300_000  # cells from which a sheet is written row by row
_BAD_NAME = re.compile(r"[\[\]:*?/\\]")
_LONGEST_LINK, _MOST_LINKS = 2079, 65_000  # Excel's own
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}


def refuse_too_large(sheets: Sequence[Sheet]) -> None:
    """TooLarge: a sheet whose name or size no .xlsx can have."""
    seen: set[str] = set()
    for sheet in sheets:
        name = sheet.name
        if len(name) > MAX_EXCEL_NAME or _BAD_NAME.search(name) or name != name.strip("'") or name.casefold() in seen:
            raise TooLarge("copy.stop.excel_name", sheet=name, most=MAX_EXCEL_NAME)
        seen.add(name.casefold())
        if sheet.height > MAX_EXCEL_ROWS or sheet.width > MAX_EXCEL_COLUMNS:
            raise TooLarge("copy.stop.excel_size", sheet=name, rows=sheet.height, columns=sheet.width)


def write_excel(source: Source, path: Path) -> list[SheetCopied]:
    """Make the file; what went over. FileExistsError: there is one at the path. TooLarge; OSError as the system says it."""
    import xlsxwriter

    refuse_too_large(source.sheets)
    if os.path.lexists(path):
        raise FileExistsError(path)
    part = path.with_name(f".sheets-crm.{os.getpid()}{PART}.xlsx")
    big = sum(sheet.cells for sheet in source.sheets) > _BIG
    options = {
        "constant_memory": big,
        "strings_to_urls": False,
        "use_future_functions": True,
        "tmpdir": str(path.parent),
    }
    try:
        book = xlsxwriter.Workbook(str(part), options)
        names = {sheet.name.casefold() for sheet in source.sheets}
        pages = _Pages(book, names)
        done = [pages.put(source, sheet) for sheet in source.sheets]
        if not done:
            book.add_worksheet()
        pages.show_first()
        _closed(book)
        _read_back(part)
        _named(part, path)
        flush_folder(path.parent)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return done


def _closed(book: Any) -> None:
    from xlsxwriter.exceptions import FileCreateError

    try:
        book.close()
    except FileCreateError as error:
        raise OSError(str(error)) from error


def _named(part: Path, path: Path) -> None:
    """Give the finished file its name, without ever taking the place of another one. FileExistsError."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except (OSError, AttributeError, NotImplementedError):  # a disk without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        part.rename(path)


def _read_back(path: Path) -> None:
    from sheets_crm.books.excel.reader import read_sheets

    read_sheets(path)


class _Nothing(str):
    """What a formula shows that shows nothing: "" would be written as a value that nobody has calculated yet."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Nothing)


class _Pages:
    """The sheets of the new workbook, as they are filled."""

    def __init__(self, book: Any, names: Collection[str]) -> None:
        self._book, self._names = book, names
        self._looks: dict[Style | None, Any] = {None: None}
        self._links = 0
        self._visible: Any = None

    def put(self, source: Source, sheet: Sheet) -> SheetCopied:
        page = self._book.add_worksheet(sheet.name)
        self._arrange(page, sheet)
        filler = _Filler(page, sheet, self._look, self._names, _MOST_LINKS - self._links)
        for block in source.blocks(sheet):
            filler.add(block)
        filler.add_left_over()
        for (row, column), text in sheet.notes.items():  # of a spreadsheet they are known only now
            page.write_comment(row, column, text[:MAX_EXCEL_TEXT])
        self._links += filler.links
        for merge in sheet.merges:  # merge_range would write the cells anew
            page.merge.append([merge.top - 1, merge.left, merge.bottom - 1, merge.right])
        filler.done.lost.update(sheet.lost)
        filler.done.lost.update(source.found(sheet))
        return filler.done

    def show_first(self) -> None:
        if self._visible is not None:
            self._visible.activate()
            self._visible.set_first_sheet()

    def _arrange(self, page: Any, sheet: Sheet) -> None:
        if sheet.hidden:
            page.hide()
        elif self._visible is None:
            self._visible = page
        if any(sheet.frozen):
            page.freeze_panes(*sheet.frozen)
        for column in sorted({*sheet.widths, *sheet.hidden_columns}):
            width = sheet.widths.get(column)
            options = {"hidden": column in sheet.hidden_columns}
            page.set_column_pixels(column, column, width, None, options)
        for first, last in sheet.hidden_rows:
            for row in range(first, min(last, sheet.height) + 1):
                page.set_row(row, None, None, {"hidden": True})

    def _look(self, style: Style | None) -> Any:
        if style not in self._looks:
            self._looks[style] = self._book.add_format(_properties(style or Style()))
        return self._looks[style]


def _properties(style: Style) -> Mapping[str, Any]:
    found: dict[str, Any] = {"bold": style.bold, "italic": style.italic, "text_wrap": style.wrap}
    if style.format:
        found["num_format"] = style.format
    if style.color:
        found["font_color"] = f"#{style.color}"
    if style.fill:
        found["bg_color"] = f"#{style.fill}"
    if style.align:
        found["align"] = style.align
    return found


class _Filler:
    """Puts the cells of one sheet where they belong."""

    def __init__(self, page: Any, sheet: Sheet, look: Any, names: Collection[str], links: int) -> None:
        self._page, self._sheet, self._look, self._names, self._most_links = page, sheet, look, names, links
        self.done = SheetCopied(sheet)
        self.links = 0
        self._taken: set[tuple[int, int]] = set()

    def add(self, block: Block) -> None:
        for row, (values, styles) in enumerate(zip(block.values, block.styles, strict=True), block.top):
            for column, (value, style) in enumerate(zip(values, styles, strict=True)):
                if value is not None:
                    self.done.cells += 1
                    self._write(row, column, value, self._look(style))
                elif style is not None:
                    self._page.write_blank(row, column, None, self._look(style))

    def _write(self, row: int, column: int, value: Value, look: Any) -> None:
        if isinstance(value, Formula):
            if value.value is not None and value.text and is_same(value.text, self._names):
                self.done.formulas += 1
                shown = value.value.code if isinstance(value.value, CellError) else value.value
                shown = _Nothing() if shown == "" else shown
                self._page.write_formula(row, column, for_excel(value.text), look, shown)
                return
            self.done.as_values.append(f"{letter(column)}{row + 1}")
            value = value.value
        if isinstance(value, str):
            self._text(row, column, value, look)
        elif isinstance(value, CellError):
            self._error(row, column, value.code, look)
        elif isinstance(value, bool):
            self._page.write_boolean(row, column, value, look)
        elif value is not None:
            self._page.write_number(row, column, value, look)

    def _text(self, row: int, column: int, text: str, look: Any) -> None:
        if len(text) > MAX_EXCEL_TEXT:
            raise TooLarge(
                "copy.stop.excel_text", sheet=self._sheet.name, cell=f"{letter(column)}{row + 1}", most=MAX_EXCEL_TEXT
            )
        if text.startswith("<r>") and text.endswith("</r>"):
            text += " "  # the writer would take it for text in several fonts
        link = self._sheet.links.get((row, column))
        self._taken.add((row, column)) if link else None
        if link and len(link) <= _LONGEST_LINK and self.links < self._most_links and len(text) < 256:
            address = f"internal:{link[1:]}" if link.startswith("#") else link
            self.links += 1
            if self._page.write_url(row, column, address, look, text) == 0:
                return
        if link:
            self.done.lost["links"] += 1
        self._page.write_string(row, column, text, look)

    def _error(self, row: int, column: int, code: str, look: Any) -> None:
        """An error without its formula: a formula that is that very error."""
        if code in _ERRORS:
            self._page.write_formula(row, column, f"={code}", look, code)
        else:
            self._page.write_string(row, column, code, look)

    def add_left_over(self) -> None:
        """Links on cells that are no text stay behind."""
        self.done.lost["links"] += sum(place not in self._taken for place in self._sheet.links)
        self.done.lost = +self.done.lost
