"""A workbook that lives in memory: a full member of the `Book` protocol, and the means to play its users.

Keeps what Excel would keep of a tab: values, ownership by a mark (never by name), the drawing as a whole for comparison.
Touches no files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property

import polars as pl

from sheets_crm.books.grids import grid_of_rows
from sheets_crm.books.model import Applied, FingerprintChanged, Grid, Merge, SheetInfo, WritePlan
from sheets_crm.books.tab import Tab

_TITLE_LENGTH = 31  # Excel's limit on a sheet's name


@dataclass
class _Sheet:
    """One sheet. `tab` is our tab's id when it is ours, `drawing` what we drew there last, without its title."""

    name: str
    rows: list[list[object]]
    merges: list[Merge] = field(default_factory=list)
    hidden: bool = False
    tab: str | None = None
    drawing: str = ""

    @cached_property
    def grid(self) -> Grid:
        return grid_of_rows(self.name, self.rows, self.merges)

    def touched(self) -> None:
        self.__dict__.pop("grid", None)


class MemoryBook:
    """A workbook of sheets given as rows of Python values (what `grids.grid_of_rows` takes)."""

    def __init__(
        self,
        sheets: Mapping[str, Iterable[Sequence[object]]],
        merges: Mapping[str, Iterable[Merge]] | None = None,
        hidden: Iterable[str] = (),
    ) -> None:
        concealed = set(hidden)
        merged = merges or {}
        self._sheets = [
            _Sheet(name, [list(row) for row in rows], list(merged.get(name, ())), hidden=name in concealed)
            for name, rows in sheets.items()
        ]

    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for sheet in self._sheets:
            digest.update(
                repr((sheet.name, sheet.tab, sheet.hidden, sheet.drawing, sheet.merges, sheet.rows)).encode(
                    "utf-8", "surrogatepass"
                )
            )
        return digest.hexdigest()

    def sheets(self) -> Sequence[SheetInfo]:
        return [SheetInfo(sheet.name, sheet.hidden, sheet.tab) for sheet in self._sheets]

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        return {name: self._sheet(name).grid for name in names}

    def apply(self, plan: WritePlan) -> Applied:
        if plan.expected != self.fingerprint():
            raise FingerprintChanged
        written = tuple(tab.id for tab in plan.tabs if self._draw(tab))
        titles = {sheet.tab: sheet.name for sheet in self._sheets if sheet.tab in {tab.id for tab in plan.tabs}}
        removed = self._remove(plan.remove)
        notes = tuple(("openbook.note.tab_removed", {"tab": name}) for name in removed.values())
        shown = {tab: name for tab, name in titles.items() if tab is not None}
        return Applied(written, shown, self.fingerprint(), removed, notes)

    def _remove(self, tabs: Sequence[str]) -> dict[str, str]:
        """Take out tabs of ours, but never the last visible sheet."""
        removed: dict[str, str] = {}
        for sheet in list(self._sheets):
            others = [one for one in self._sheets if one is not sheet and not one.hidden]
            if sheet.tab in tabs and sheet.tab is not None and others:
                self._sheets.remove(sheet)
                removed[sheet.tab] = sheet.name
        return removed

    def _draw(self, tab: Tab) -> bool:
        """Make the tab stand in the workbook; False when it already stands so."""
        rows, drawing = _rows(tab), _drawing(tab)
        sheet = next((sheet for sheet in self._sheets if sheet.tab == tab.id), None)
        if sheet is None:
            self._sheets.append(_Sheet(self._free_title(tab.title), rows, tab=tab.id, drawing=drawing))
            return True
        if sheet.drawing == drawing and _same(sheet.rows, rows) and not sheet.merges:
            return False
        sheet.rows, sheet.drawing, sheet.merges = rows, drawing, []
        sheet.touched()
        return True

    def _free_title(self, title: str) -> str:
        taken = {sheet.name.casefold() for sheet in self._sheets}
        name, number = title[:_TITLE_LENGTH], 2
        while name.casefold() in taken:
            suffix = f" ({number})"
            name, number = title[: _TITLE_LENGTH - len(suffix)] + suffix, number + 1
        return name

    def _sheet(self, name: str) -> _Sheet:
        for sheet in self._sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)

    # What users do. Rows are theirs (1-based), columns 0-based.

    def edit(self, sheet: str, row: int, column: int, value: object) -> None:
        """Type a value into a cell."""
        found = self._sheet(sheet)
        found.rows.extend([] for _ in range(row - len(found.rows)))
        cells = found.rows[row - 1]
        cells.extend(None for _ in range(column + 1 - len(cells)))
        cells[column] = value
        found.touched()

    def rename(self, old: str, new: str) -> None:
        """Give a sheet another name."""
        found = self._sheet(old)
        found.name = new
        found.touched()

    def insert_row(self, sheet: str, row: int, values: Sequence[object] = ()) -> None:
        """Insert a row so that it becomes `row`; what stood there moves down, merged ranges too."""
        found = self._sheet(sheet)
        found.rows.extend([] for _ in range(row - 1 - len(found.rows)))
        found.rows.insert(row - 1, list(values))
        found.merges = [_moved(merge, row, row, 1) for merge in found.merges]
        found.touched()

    def delete_row(self, sheet: str, row: int) -> None:
        """Delete a row; what stood below moves up, merged ranges shrink."""
        found = self._sheet(sheet)
        del found.rows[row - 1 : row]
        moved = (_moved(merge, row + 1, row, -1) for merge in found.merges)
        found.merges = [merge for merge in moved if merge.bottom >= merge.top]
        found.touched()

    def sort(self, sheet: str, column: int, *, first: int = 2, descending: bool = False) -> None:
        """Sort the rows from `first` to the last by a column, as Excel does: numbers, texts, flags, blanks always last."""
        found = self._sheet(sheet)
        rows = found.rows[first - 1 :]
        held = [row for row in rows if _order(row, column) is not None]
        blank = [row for row in rows if _order(row, column) is None]
        held.sort(key=lambda row: _order(row, column) or (), reverse=descending)
        found.rows[first - 1 :] = held + blank
        found.touched()

    def add_sheet(self, name: str, rows: Iterable[Sequence[object]] = (), at: int | None = None) -> None:
        """Add a sheet of the user's, at a position or at the end."""
        position = len(self._sheets) if at is None else at
        self._sheets.insert(position, _Sheet(name, [list(row) for row in rows]))

    def remove_sheet(self, name: str) -> None:
        """Delete a sheet."""
        self._sheets.remove(self._sheet(name))


def _moved(merge: Merge, top_from: int, bottom_from: int, by: int) -> Merge:
    """A merged range after rows came or went: its top moves from row `top_from` on, its bottom from `bottom_from` on."""
    return replace(
        merge,
        top=merge.top + by if merge.top >= top_from else merge.top,
        bottom=merge.bottom + by if merge.bottom >= bottom_from else merge.bottom,
    )


def _order(row: Sequence[object], column: int) -> tuple[int, float, str] | None:
    value = row[column] if column < len(row) else None
    match value:
        case None | "":
            return None
        case bool():
            return 3, float(value), ""
        case int() | float() | Decimal():
            return 1, float(value), ""
        case date():
            return 1, float(value.toordinal()), value.isoformat()
        case str():
            return 2, 0.0, value.casefold()
    return 4, 0.0, str(value)


def _same(old: Sequence[Sequence[object]], new: Sequence[Sequence[object]]) -> bool:
    """Do two sheets hold the same values? Empty ends of rows and empty last rows don't count; True is not 1."""
    return list(_trimmed(old)) == list(_trimmed(new))


def _trimmed(rows: Sequence[Sequence[object]]) -> Iterator[list[str]]:
    empties = 0
    for row in rows:
        cells = [repr(value) if value not in {None, ""} else "" for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            empties += 1
            continue
        yield from ([] for _ in range(empties))
        empties = 0
        yield cells


def _rows(tab: Tab) -> list[list[object]]:
    """The values of a tab, row by row: headers, table values, single cells. Texts stay texts whatever they start with."""
    cells: dict[tuple[int, int], object] = {(cell.row, cell.column): cell.value for cell in tab.cells}
    for table in tab.tables:
        for offset, column in enumerate(table.columns, table.column):
            cells[table.row, offset] = column.title
            cells.update(((row, offset), value) for row, value in enumerate(column.values.to_list(), table.row + 1))
    rows: list[list[object]] = []
    for row, place in sorted(cells):
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend(None for _ in range(place + 1 - len(rows[row])))
        value = cells[row, place]
        rows[row][place] = float(value) if isinstance(value, (int, Decimal)) and not isinstance(value, bool) else value
    return rows


def _drawing(tab: Tab) -> str:
    """All of a tab but its title (a tab keeps the name it has), as one comparable digest."""
    return hashlib.sha256(repr(_plain(replace(tab, title=""))).encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, pl.Series):
        return value.dtype, value.to_list()
    if is_dataclass(value):
        return [_plain(getattr(value, each.name)) for each in fields(value)]
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
