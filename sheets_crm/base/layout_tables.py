"""Several tables on one sheet: side by side, one under another, and short lists beside the real table.

Does not say which table is the client base: `main_table` only names the largest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sheets_crm.base.guess_words import Header
from sheets_crm.base.layout_cells import Cells
from sheets_crm.base.layout_header import Span, find_header, header_texts, known_names
from sheets_crm.base.layout_rows import Body, read_body
from sheets_crm.books.model import Grid

_LIST_ROWS = 60
_TABLES = 20
# So many blank columns within one table; after them its header is not looked for anew with each further one.
_JOINED = 64


@dataclass(frozen=True)
class TableArea:
    """One table of a sheet. Rows are the user's (1-based), columns 0-based, both ends included.

    header_row: 0 where there is none. names: what stands over each column. known: column names met in other bases.
    is_list: a short list of words (stages, managers) that drop-downs are fed from.
    """

    header_row: int
    first_row: int
    last_row: int
    left: int
    right: int
    names: dict[int, Header]
    data_rows: int
    known: float
    is_list: bool = False


@dataclass
class _Strip:
    left: int
    right: int
    header: int | None  # position
    rows: npt.NDArray[np.intp]  # filled positions below the header
    joined: int = 0  # of how many others it was put together


def find_tables(grid: Grid) -> tuple[TableArea, ...]:
    """All tables of a sheet, from the left, then from the top. Titles, remarks and signatures are none."""
    return tables_of(Cells(grid))


def tables_of(cells: Cells) -> tuple[TableArea, ...]:
    """`find_tables` for a sheet whose cells were looked at already."""
    if not cells.height or not cells.width:
        return ()
    found: list[TableArea] = []
    for strip in _strips(cells):
        found += _stacked(cells, strip)
    return tuple(found)


def main_table(tables: tuple[TableArea, ...]) -> TableArea | None:
    """The table that holds most: rows by columns, known names counting more; lists only when there is nothing else."""
    return max(tables, key=_weight, default=None)


def _weight(area: TableArea) -> float:
    size = max(area.data_rows, 0.5) * (area.right - area.left + 1) * (1.0 + area.known)
    return size * (0.01 if area.is_list else 1.0) * (1.0 if area.header_row else 0.3)


def _strips(cells: Cells) -> list[_Strip]:
    """The sheet cut at blank columns, and put together again where a blank column only separates to the eye."""
    full = cells.filled.any(axis=0)
    ends = np.flatnonzero(np.diff(np.concatenate(([0], full.astype(np.int8), [0]))))
    strips: list[_Strip] = []
    for left, right in zip(ends[::2].tolist(), (ends[1::2] - 1).tolist(), strict=True):
        strip = _strip(cells, left, right)
        if strips and _one_table(cells, strips[-1], strip):
            strips[-1] = _joined(cells, strips[-1], strip)
        else:
            strips.append(strip)
    return strips


def _strip(cells: Cells, left: int, right: int) -> _Strip:
    header = find_header(cells, Span(0, cells.height - 1, left, right))
    start = header.row + 1 if header else 0
    rows = np.flatnonzero(cells.filled[start:, left : right + 1].any(axis=1)) + start
    return _Strip(left, right, header.row if header else None, rows)


def _joined(cells: Cells, left: _Strip, right: _Strip) -> _Strip:
    """Two strips as one."""
    if left.header is None or left.joined < _JOINED:
        whole = _strip(cells, left.left, right.right)
        return replace(whole, joined=left.joined + 1)
    rows = np.flatnonzero(cells.rows_with_any(right.left, right.right)[left.header + 1 :]) + left.header + 1
    return replace(left, right=right.right, rows=np.union1d(left.rows, rows))


def _one_table(cells: Cells, left: _Strip, right: _Strip) -> bool:
    """Do two strips share the header row, and does the right one go on as far as the left one, or have gaps as cells do?"""
    if left.header is None:
        return False
    texts = cells.row_texts(left.header, right.left, right.right)
    if not texts:
        return not right.rows.size or bool(np.isin(right.rows, left.rows).all() and right.rows.size > _LIST_ROWS)
    if right.header is not None and abs(right.header - left.header) > 1:
        return False
    rows = right.rows[right.rows > left.header]
    if not rows.size:
        return True
    if not np.isin(rows, left.rows).mean() > 0.9:
        return False
    reaches = rows[-1] - left.header >= 0.7 * (left.rows[-1] - left.header) if left.rows.size else True
    scattered = rows.size < 0.8 * (rows[-1] - rows[0] + 1)
    return bool(reaches or scattered)


def _stacked(cells: Cells, strip: _Strip) -> list[TableArea]:
    """The tables of a strip from top to bottom."""
    top, found = 0, list[TableArea]()
    while top < cells.height and len(found) < _TABLES:
        span = Span(top, cells.height - 1, strip.left, strip.right)
        header = find_header(cells, span, sure=bool(found))
        if header is None and found:
            break
        first = header.row + 1 if header else _first_filled(cells, span)
        names = header_texts(cells, header.row, strip.left, strip.right) if header else {}
        body = read_body(cells, Span(first, span.bottom, strip.left, strip.right), names)
        area = _area(strip, header.row + 1 if header else 0, names, body)
        if area:
            found.append(area)
        top = max(body.stop, first + 1 if area is None else first)
    return found


def _first_filled(cells: Cells, span: Span) -> int:
    rows = np.flatnonzero(cells.filled[span.top : span.bottom + 1, span.left : span.right + 1].any(axis=1))
    return span.top + int(rows[0]) if rows.size else span.bottom + 1


def _area(strip: _Strip, header_row: int, names: dict[int, Header], body: Body) -> TableArea | None:
    rows = body.rows()
    if not rows.size and not header_row:
        return None
    columns = max(len(names), 1) if header_row else strip.right - strip.left + 1
    known = known_names({column: header.text for column, header in names.items()})
    short = rows.size <= _LIST_ROWS and columns <= 2 and (columns == 1 or known < columns)
    first = int(rows[0]) + 1 if rows.size else header_row + 1
    return TableArea(
        header_row, first, max(body.stop, header_row), strip.left, strip.right, names, int(rows.size), known, short
    )
