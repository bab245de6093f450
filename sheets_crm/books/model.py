"""What a workbook is to the rest of the house: grids to read, and one door to write generated tabs through.

`Book` is a small protocol; memory, Excel (and later Google) implement it and pass one contract test class.
Pure. Knows nothing of fields, cards or rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

from sheets_crm.books.tab import Tab
from sheets_crm.cells import Column, Kind

CellValue = str | float | bool | date | None


@dataclass(frozen=True)
class CellError:
    """A cell that shows an error: `#REF!`, `#DIV/0!` ..."""

    code: str


@dataclass(frozen=True)
class Merge:
    """A merged range. Rows are the user's (1-based), columns 0-based, both ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def width(self) -> int:
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        return self.bottom - self.top + 1


@dataclass(frozen=True)
class Grid:
    """One sheet as columns of typed cells, from A1 to the last cell that holds anything.

    Position p of every column is the user's row p + 1. Columns all have `height` cells; column 0 is A.
    """

    name: str
    columns: tuple[Column, ...]
    height: int
    merges: tuple[Merge, ...] = ()
    formulas: Mapping[int, int] = field(default_factory=dict)  # column index -> number of formula cells in it
    epoch_1904: bool = False  # plain numbers meant as dates count from 1904 (DATE cells are already normalised)

    def cell(self, row: int, column: int) -> CellValue | CellError:
        """The value at the user's row (1-based) and column (0-based); None when empty or outside; dates as `date`."""
        if not (1 <= row <= self.height and 0 <= column < len(self.columns)):
            return None
        cells = self.columns[column]
        kind = cells.kind[row - 1]
        if kind == Kind.TEXT:
            return str(cells.text[row - 1])
        if kind == Kind.ERROR:
            return CellError(str(cells.text[row - 1]))
        if kind in (Kind.EMPTY, Kind.UNCACHED):
            return None
        number = float(cells.number[row - 1])
        if kind == Kind.BOOL:
            return bool(number)
        return serial_date(number) if kind == Kind.DATE else number

    def row(self, row: int) -> list[CellValue | CellError]:
        """All values of the user's row (1-based)."""
        return [self.cell(row, column) for column in range(len(self.columns))]


def serial_date(serial: float) -> date | float:
    """The day of a serial number (days since 1899-12-30); the number itself where no day answers to it."""
    try:
        return date.fromordinal(int(serial) + _ORDINAL_OF_ZERO)
    except (ValueError, OverflowError):
        return serial


_ORDINAL_OF_ZERO = date(1899, 12, 30).toordinal()


@dataclass(frozen=True)
class SheetInfo:
    """A sheet of the workbook, in the workbook's order. `tab` is our tab's id when the sheet is ours, else None."""

    name: str
    hidden: bool = False
    tab: str | None = None


@dataclass(frozen=True)
class WritePlan:
    """Whole generated tabs to stand in the workbook, in this order where they are new.

    expected: the fingerprint at which the inputs were read; a workbook that has another one is not written.
    remove: ids of tabs of ours that should stand no longer; one that people added to or point at stays.
    kept: ids among them whose cells the caller has read and keeps: what people typed there holds nothing up.
    even_added: of `remove`, those that people added to go as well.
    """

    tabs: tuple[Tab, ...]
    expected: str
    remove: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    even_added: bool = False


@dataclass(frozen=True)
class Applied:
    """What `apply` did. `written` is empty when everything already stood there: then not even the time stamp moved."""

    written: tuple[str, ...]  # tab ids
    titles: Mapping[str, str]  # tab id -> the name it has in the workbook
    fingerprint: str
    removed: Mapping[str, str] = field(default_factory=dict)  # tab id -> the name it had
    notes: tuple[tuple[str, Mapping[str, object]], ...] = ()  # words keys and values: what people should know of it


class FingerprintChanged(Exception):
    """Someone else changed the workbook between our read and our write. Nothing was written; read again."""


@runtime_checkable
class Signed(Protocol):
    """A book that can tell who saved it last."""

    def last_editor(self) -> str:
        """A name as the program of tables knows it; "" where none stands."""


class Book(Protocol):
    """A workbook as grids. `apply` writes whole generated tabs, or nothing at all."""

    def fingerprint(self) -> str:
        """Equal for equal content; cheap. WorkbookMissing, WorkbookUnreadable when there is nothing to read."""

    def sheets(self) -> Sequence[SheetInfo]:
        """All sheets in order, ours (by hidden marker, never by name) and the user's."""

    def read(self, names: Sequence[str]) -> Mapping[str, Grid]:
        """The named sheets, each read once. KeyError for a name that is not there."""

    def apply(self, plan: WritePlan) -> Applied:
        """Write the tabs of the plan. FingerprintChanged, WorkbookBusy, WorkbookUnreadable: nothing was written."""
