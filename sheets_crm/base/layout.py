"""Where the table on a sheet is: its header, its data rows, and the merged-down blocks over them.

Rules, with examples: docs/reference/layouts.md. Does not know what the columns mean (guess) and reads no values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.base.guess_words import Header, clean, meaning
from sheets_crm.base.layout_cells import Cells
from sheets_crm.base.layout_header import Span, find_header, header_texts
from sheets_crm.base.layout_rows import Body, Row, read_body
from sheets_crm.base.layout_tables import TableArea, find_tables, main_table, tables_of
from sheets_crm.base.model import Layout
from sheets_crm.books.model import Grid

__all__ = ["TableArea", "find_layout", "find_tables", "headers_of"]

_SAME = 0.6
_SECTION = 3  # columns; a wider merged range is a heading
_ROWS_LOOKED_AT = 100
_BLOCK_FIELDS = frozenset({"id", "name", "client", "first_name", "last_name", "phone", "contact_person", "car"})


def find_layout(
    grid: Grid,
    *,
    header_row: int | None = None,
    bound: Mapping[int, str] | None = None,
    fill_down: Sequence[int] = (),
    naming: Sequence[int] = (),
) -> Layout | None:
    """The table of a sheet; None for a sheet without one.

    header_row: the user's row of the column names when it is known; 0 for a table without a header.
    bound: column index -> header text of the columns in use: they say which of several tables is meant, and where
        the header is when rows were inserted above it.
    fill_down: columns whose empty cells mean "as above": such rows belong to the block of the row above.
    naming: columns that number or name the client, where that is known: merged down, they make blocks whatever their headers say.
    """
    cells = Cells(grid)
    if not cells.height or not cells.width or not cells.filled.any():
        return None
    bound = {column: text for column, text in (bound or {}).items() if column >= 0}  # below zero: not found
    span, header = _whole(cells, header_row, bound)
    if span is None:
        return None
    names = header_texts(cells, header, span.left, span.right) if header is not None else {}
    if bound:
        names |= {
            column: Header(text)
            for column, text in bound.items()
            if text and column not in names and column < cells.width
        }
    body = read_body(cells, span, _only(names, bound), [column for column in bound if column < cells.width])
    rows = body.rows()
    blocks = (
        _filled_down(cells, body, fill_down)
        if fill_down
        else _merged_down(cells, rows, span, names, bound, naming=naming)
    )
    totals = body.stop if body.ends_by_totals() else 0
    return Layout(
        header_row=0 if header is None else header + 1,
        rows=pl.Series("rows", rows + 1, dtype=pl.UInt32),
        classes=body.counts(),
        blocks=pl.Series("blocks", blocks + 1, dtype=pl.UInt32),
        ends=totals,
        below=_like_data(cells, rows, slice(totals, span.bottom + 1), sorted(bound)) if totals else 0,
    )


def _like_data(cells: Cells, rows: npt.NDArray[np.intp], below: slice, bound: Sequence[int]) -> int:
    """How many of the rows below are filled as the table's data rows are: in nearly as many of the columns in use."""
    columns = [column for column in bound if column < cells.width] or list(range(cells.width))
    usual = float(np.median(cells.filled[rows][:, columns].sum(axis=1))) if rows.size else 0.0
    return int((cells.filled[below][:, columns].sum(axis=1) >= max(2.0, _SAME * usual)).sum())


def headers_of(grid: Grid, layout: Layout, columns: Sequence[int] | None = None) -> dict[int, Header]:
    """What stands over each column of a table (columns without a name are left out); {} for a table without a header."""
    if layout.header_row == 0:
        return {}
    cells = Cells(grid)
    left, right = (min(columns), max(columns)) if columns else (0, cells.width - 1)
    return header_texts(cells, layout.header_row - 1, left, right)


def _only(names: Mapping[int, Header], bound: Mapping[int, str] | None) -> dict[int, Header]:
    """The names that a repeated header is known by: those of the bound columns, where any are bound."""
    return {column: header for column, header in names.items() if not bound or column in bound}


def _whole(cells: Cells, header_row: int | None, bound: Mapping[int, str] | None) -> tuple[Span | None, int | None]:
    """The rows under the header and the columns of the table meant, and the header's position."""
    if header_row is None and not bound:
        area = main_table(tables_of(cells))
        if area is None:
            return None, None
        top = area.header_row or area.first_row - 1
        return Span(top, cells.height - 1, area.left, area.right), area.header_row - 1 if area.header_row else None
    left, right = _columns(cells, header_row, bound)
    header = _known_header(cells, header_row, bound, left, right)
    if header is None:
        whole = cells.rows_with_any(left, right)
        first = int(np.flatnonzero(whole)[0]) if whole.any() else 0
        return Span(first, cells.height - 1, left, right), None
    return Span(header + 1, cells.height - 1, left, right), header


def _columns(cells: Cells, header_row: int | None, bound: Mapping[int, str] | None) -> tuple[int, int]:
    """The first and last column of the table: the bound ones, or those of the widest run of names in the header row."""
    inside = sorted(column for column in bound or () if column < cells.width)
    full = np.flatnonzero(cells.filled.any(axis=0))
    if inside and header_row and full.size == full[-1] - full[0] + 1:
        return int(full[0]), int(full[-1])  # one block of columns: the usual sheet, told without weighing headers
    areas = tables_of(cells)
    if inside:
        holding = [area for area in areas if area.left <= inside[0] and inside[-1] <= area.right]
        best = main_table(tuple(holding))
        return (best.left, best.right) if best else (inside[0], inside[-1])
    same = tuple(area for area in areas if area.header_row == header_row) or areas
    best = main_table(same)
    return (best.left, best.right) if best else (0, cells.width - 1)


def _known_header(
    cells: Cells, header_row: int | None, bound: Mapping[int, str] | None, left: int, right: int
) -> int | None:
    """The header's position: the row given, unless the bound names now stand in another; found, when none is given."""
    if header_row == 0:
        return None
    given = header_row - 1 if header_row is not None and header_row <= cells.height else None
    wanted = {column: clean(text) for column, text in (bound or {}).items() if text}
    if wanted:
        if given is not None and _likeness(cells, given, wanted) >= _SAME:
            return given
        rows = np.flatnonzero(cells.rows_with_any(left, right))[:_ROWS_LOOKED_AT].tolist()
        best = max(rows, key=lambda row: _likeness(cells, row, wanted), default=None)
        if best is not None and _likeness(cells, best, wanted) >= _SAME:
            return int(best)
    if given is not None:
        return given
    found = find_header(cells, Span(0, cells.height - 1, left, right))
    return found.row if found else None


def _likeness(cells: Cells, row: int, wanted: Mapping[int, str]) -> float:
    """Share of the wanted names that stand in the row, in whatever columns (they may have moved)."""
    there = {clean(text) for text in cells.row_texts(row, 0, cells.width - 1).values()}
    return sum(text in there or text.rsplit(": ", 1)[-1] in there for text in wanted.values()) / len(wanted)


def _merged_down(
    cells: Cells,
    rows: npt.NDArray[np.intp],
    span: Span,
    names: Mapping[int, Header],
    bound: Mapping[int, str] | None,
    *,
    naming: Sequence[int],
) -> npt.NDArray[np.intp]:
    """The first position of each data row's block, by the cells merged down in the columns that name the client."""
    starts = np.arange(cells.height, dtype=np.intp)
    tall: dict[int, list[tuple[int, int]]] = {}
    for merge in cells.grid.merges:
        here = span.left <= merge.left <= span.right and span.top < merge.top <= cells.height
        if here and merge.height > 1 and merge.width < _SECTION:
            tall.setdefault(merge.left, []).append((merge.top - 1, min(merge.bottom, cells.height) - 1))
    known = [column for column in naming if column in tall]
    for column in known or _block_columns(tall, names, bound):
        ranges = np.array(sorted(tall[column]), dtype=np.intp)
        tops = np.repeat(ranges[:, 0], ranges[:, 1] - ranges[:, 0] + 1)
        inside = np.concatenate([np.arange(top, bottom + 1) for top, bottom in ranges.tolist()])
        others = [other for other in naming if other != column and other < cells.width]
        begins = np.where(_named_apart(cells, tops, inside, others), inside, tops)
        alone = starts[inside] == inside
        starts[inside[alone]] = np.maximum.accumulate(begins)[alone]
    return starts[rows]


def _named_apart(
    cells: Cells, tops: npt.NDArray[np.intp], inside: npt.NDArray[np.intp], others: Sequence[int]
) -> npt.NDArray[np.bool_]:
    """Rows of merged ranges that name somebody else than the range's first row does: members of a family under one card."""
    apart = np.zeros(inside.size, dtype=bool)
    for column in others:
        for place in np.flatnonzero(cells.filled[inside, column] & (inside > tops)).tolist():
            row, top = int(inside[place]) + 1, int(tops[place]) + 1
            apart[place] |= cells.grid.cell(row, column) != cells.grid.cell(top, column)
    return apart


def _block_columns(
    tall: Mapping[int, object], names: Mapping[int, Header], bound: Mapping[int, str] | None
) -> list[int]:
    """Columns whose merged cells make a block: those that name or number the client; without names, the left-most.

    A city or a manager merged down over several clients is not a block: their rows are different clients.
    """
    merged = sorted(tall)
    if not merged:
        return []
    telling = [column for column in merged if _names_the_client(names.get(column))]
    if telling:
        return telling[:1]
    nameless = [column for column in merged if column not in names and (not bound or column in bound)]
    return nameless[:1] if nameless and nameless[0] == merged[0] else []


def _names_the_client(header: Header | None) -> bool:
    if header is None:
        return False
    scores = meaning(header).scores
    best = max(scores.values(), default=0.0)
    return any(field in _BLOCK_FIELDS and score >= max(0.3, best - 0.1) for (_, field), score in scores.items())


def _filled_down(cells: Cells, body: Body, columns: Sequence[int]) -> npt.NDArray[np.intp]:
    """The first position of each data row's block, where empty cells in `columns` mean "as above"."""
    rows = body.rows()
    inside = [column for column in columns if column < cells.width]
    named = cells.filled[:, inside].any(axis=1) if inside else np.ones(cells.height, dtype=bool)
    starts = np.where(named, np.arange(cells.height), -1)
    heading = np.isin(body.kinds[: body.stop - body.first], (Row.SECTION, Row.HEADER_REPEAT))
    part = starts[body.first : body.stop]
    part[heading] = np.flatnonzero(heading) + body.first + 1  # a row under a heading begins anew
    starts[body.first : body.stop] = np.maximum.accumulate(part) if part.size else part
    found = np.minimum(starts[rows], rows)
    return np.where(found < body.first, rows, found)
