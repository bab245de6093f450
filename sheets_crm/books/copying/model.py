"""A user's sheet on its way from one kind of workbook to another: what it holds, and what of it can't go along.

Positions are 0-based. Days are serial numbers since 1899-12-30 with a format that shows them as days.
Pure. Knows nothing of where a sheet comes from or goes to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sheets_crm.books.model import CellError, Merge
from sheets_crm.books.tab import Style

Plain = str | float | bool | CellError | None
Place = tuple[int, int]  # row, column
MAX_GOOGLE_CELLS, MAX_GOOGLE_TEXT, MAX_GOOGLE_COLUMNS = 10_000_000, 50_000, 18_278
MAX_EXCEL_ROWS, MAX_EXCEL_COLUMNS, MAX_EXCEL_TEXT, MAX_EXCEL_NAME = 1_048_576, 16_384, 32_767, 31


@dataclass(frozen=True, slots=True)
class Formula:
    """text: English functions, commas, no `=`, as an .xlsx stores it; "" where no other program could read it.

    value: what it shows; "" for nothing, None where nobody has calculated it yet.
    """

    text: str
    value: Plain


Value = Plain | Formula


@dataclass(frozen=True)
class Block:
    """Some rows of a sheet, from row `top` on. Rows may be of unequal length. styles: of the same shape; None: plain."""

    top: int
    values: Sequence[Sequence[Value]]
    styles: Sequence[Sequence[Style | None]]


@dataclass(frozen=True)
class Sheet:
    """One sheet without its cells. height, width: of the rectangle that holds anything.

    widths: of columns in pixels. hidden_rows: (first, last). links: addresses, or `#Sheet!A1` for a place in the workbook.
    lost: words key (of `copy.lost`) -> how many there are of what can't go along.
    """

    name: str
    hidden: bool = False
    height: int = 0
    width: int = 0
    frozen: Place = (0, 0)
    widths: Mapping[int, int] = field(default_factory=dict)
    hidden_columns: Sequence[int] = ()
    hidden_rows: Sequence[tuple[int, int]] = ()
    merges: Sequence[Merge] = ()
    notes: Mapping[Place, str] = field(default_factory=dict)
    links: Mapping[Place, str] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        return self.height * self.width


class Source(Protocol):
    """A workbook to copy from. lost: of the workbook as a whole, as in `Sheet`."""

    @property
    def sheets(self) -> Sequence[Sheet]: ...

    @property
    def lost(self) -> Mapping[str, int]: ...

    def blocks(self, sheet: Sheet) -> Iterator[Block]:
        """The sheet's cells from top to bottom; what is found lost on the way is in `found` of the sheet afterwards."""

    def found(self, sheet: Sheet) -> Mapping[str, int]:
        """What else can't go along, known once all blocks of the sheet were taken."""


@dataclass
class SheetCopied:
    """What went over. as_values: cells (A1) whose formula is replaced by its value."""

    sheet: Sheet
    cells: int = 0
    formulas: int = 0
    as_values: list[str] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)


class TooLarge(Exception):
    """The other place can't hold it. key, values: the words that say what and where."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values
