"""Where the row of column names is, and what stands in it: titles above, stacked rows, group names, no header at all.

Looks only at the first rows that hold anything; does not look for the table's end (layout_rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sheets_crm.base.guess_words import Header, clean, meaning, month_of, plain_score
from sheets_crm.base.layout_cells import Cells, is_plain_total, looks_like_name_of_column
from sheets_crm.cells import Kind

_ROWS_LOOKED_AT = 60  # rows that hold something
_ROWS_BELOW = 12
_STACK = 3  # rows of one header at most


@dataclass(frozen=True)
class Span:
    """The rows and columns in which a header is looked for (0-based, both ends included)."""

    top: int
    bottom: int
    left: int
    right: int


@dataclass(frozen=True)
class HeaderRow:
    """A row that may be the header: its position, how sure we are, and in how many cells a known name stands."""

    row: int
    score: float
    hits: float


def find_header(cells: Cells, span: Span, *, sure: bool = False) -> HeaderRow | None:
    """The header in the span: the lowest row of a stack; None where the first rows are data already.

    sure: accept it only with known column names (used below a table, where a header is not expected).
    """
    part = cells.filled[span.top : span.bottom + 1, span.left : span.right + 1]
    rows = np.flatnonzero(part.any(axis=1))[:_ROWS_LOOKED_AT] + span.top
    places = list(enumerate(rows.tolist()))
    found = _best(cells, span, places, closely=False)
    if found is None or not _enough(found, cells, span, sure=sure):
        found = _best(cells, span, places[:6], closely=True)
    if found is None or not _enough(found, cells, span, sure=sure):
        return None
    first = _first_alike(cells, span, rows.tolist(), found.row)
    return HeaderRow(_lowest(cells, first, span), found.score, found.hits)


def _first_alike(cells: Cells, span: Span, rows: list[int], row: int) -> int:
    """The first of the rows that read just as this one: a header may be written again over each page, and the first one counts."""
    wanted = _plain_row(cells, span, row)
    return next((other for other in rows if other <= row and _plain_row(cells, span, other) == wanted), row)


def _plain_row(cells: Cells, span: Span, row: int) -> dict[int, str]:
    return {column: clean(text) for column, text in cells.row_texts(row, span.left, span.right).items()}


def _best(cells: Cells, span: Span, places: list[tuple[int, int]], *, closely: bool) -> HeaderRow | None:
    found: HeaderRow | None = None
    for place, row in places:
        score, hits = _score(cells, row, span, closely=closely)
        score -= 0.02 * place
        if score > (found.score if found else 0.0):
            found = HeaderRow(row, score, hits)
    return found


def _enough(found: HeaderRow, cells: Cells, span: Span, *, sure: bool) -> bool:
    texts = cells.row_texts(found.row, span.left, span.right)
    if sure:
        return found.hits >= 2 and found.hits >= 0.5 * len(texts)
    return found.hits >= 0.9 or (len(texts) >= 2 and _contrast(cells, found.row, span) >= 0.3)


def known_names(texts: Mapping[int, str], *, closely: bool = False) -> float:
    """In how many cells the name of a known field stands (a near one counts half, where looked at closely)."""
    total = 0.0
    for text in texts.values():
        best = plain_score(text)
        if closely and best < 0.85:
            best = max(meaning(Header(text)).scores.values(), default=0.0)
        total += 1.0 if best >= 0.85 else 0.5 if best >= 0.6 else 0.3 if best >= 0.35 else 0.0
    return total


def _score(cells: Cells, row: int, span: Span, *, closely: bool) -> tuple[float, float]:
    """How much a row is like a header, and its known names."""
    texts = {
        column: text
        for column, text in cells.row_texts(row, span.left, span.right).items()
        if looks_like_name_of_column(text)
    }
    if not texts or any(is_plain_total(text) for text in list(texts.values())[:1]):
        return 0.0, 0.0
    filled = int(cells.filled[row, span.left : span.right + 1].sum())
    below = _below(cells, row, span)
    if not below.size:
        return _without_rows(texts, filled)
    columns = list(texts)
    covered = float(cells.filled[below[:, None], columns].any(axis=0).mean())
    share = len(texts) / filled
    if share < 0.5:
        return 0.0, 0.0
    unique = len({clean(text) for text in texts.values()}) / len(texts)
    if unique < 0.4:
        return 0.0, 0.0
    hits = known_names(texts, closely=closely)
    score = (2 * hits + 0.5 * len(texts) + 2 * _contrast(cells, row, span)) * share**2 * unique
    return score * (0.3 + 0.7 * covered), hits


def _without_rows(texts: Mapping[int, str], filled: int) -> tuple[float, float]:
    """The last filled row: a header only if it names known columns and nothing else (a base that is still empty)."""
    hits = known_names(texts)
    return (hits, hits) if hits >= max(2.0, 0.6 * filled) and len(texts) == filled else (0.0, 0.0)


def _below(cells: Cells, row: int, span: Span) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    """Positions of the next rows that hold something in at least half of the row's columns or in two cells."""
    part = cells.filled[row + 1 : min(span.bottom + 1, row + 1 + 8 * _ROWS_BELOW), span.left : span.right + 1]
    return np.flatnonzero(part.any(axis=1))[:_ROWS_BELOW] + row + 1


def _contrast(cells: Cells, row: int, span: Span) -> float:
    """Share of the row's text columns whose cells below are of another kind: numbers, dates, checkboxes, phones."""
    below = _below(cells, row, span)
    named = cells.row_texts(row, span.left, span.right).items()
    columns = [column for column, text in named if looks_like_name_of_column(text)]
    if not below.size or not columns:
        return 0.0
    other = 0
    for column in columns:
        filled = cells.filled[below, column]
        if not filled.any():
            continue
        texts = cells.texts[below, column]
        names = [looks_like_name_of_column(cells.text(int(place), column)) for place in below[texts]]
        other += (int(filled.sum()) - sum(names)) > 0.6 * int(filled.sum())
    return other / len(columns)


def _lowest(cells: Cells, row: int, span: Span) -> int:
    """The lowest row of a stacked header that the row belongs to."""
    for _ in range(_STACK - 1):
        lower = row + 1
        if lower > span.bottom or not _continues(cells, row, lower, span):
            return row
        row = lower
    return row


def _continues(cells: Cells, row: int, lower: int, span: Span) -> bool:
    """Is the row below still column names: under merged groups, or the same names in another language?"""
    below = cells.row_texts(lower, span.left, span.right)
    if not below or not all(looks_like_name_of_column(text) for text in below.values()):
        return False
    if len(below) != int(cells.filled[lower, span.left : span.right + 1].sum()) or lower >= span.bottom:
        return False
    above = cells.row_texts(row, span.left, span.right)
    if sum(clean(above.get(column, "")) == clean(text) for column, text in below.items()) > len(below) / 2:
        return False  # a repeated header, not a stacked one
    hits = known_names(below)
    grouped = _under_merges(cells, row, span)
    if grouped and set(below) <= grouped | (set(range(span.left, span.right + 1)) - set(above)):
        return hits >= 0.3 * len(below)
    if any(month_of(text) for text in below.values()):
        return False
    return len(below) >= 2 and hits >= 0.6 * len(below) and len(below) >= 0.6 * len(above)


def _under_merges(cells: Cells, row: int, span: Span) -> set[int]:
    """Columns over which a merged group name stands in the row (or over several empty cells to its right)."""
    columns: set[int] = set()
    for merge in cells.wide_merges:
        if merge.top - 1 <= row <= merge.bottom - 1 and span.left <= merge.left:
            columns |= set(range(merge.left, merge.right + 1))
    return columns


def header_texts(cells: Cells, header_row: int, left: int, right: int) -> dict[int, Header]:
    """What stands over each column, by column; columns without any name are left out. header_row: 0-based position."""
    names: dict[int, Header] = {}
    block = _block(cells, header_row, left, right)
    for column in range(left, right + 1):
        stack = [_merged_text(cells, row, column, left, right) for row in block]
        stack = [text for place, text in enumerate(stack) if text and text not in stack[:place]]
        own = cells.text(header_row, column) or _number_as_name(cells, header_row, column)
        if own:
            names[column] = Header(own, " ".join(text for text in stack if text != own))
        elif stack and _reaches(cells, header_row, column, block):
            names[column] = Header(stack[-1], " ".join(stack[:-1]))
    return names


def _number_as_name(cells: Cells, row: int, column: int) -> str:
    """A header that is a number or a date (2025, 01.02.2026), as text."""
    kinds = cells.grid.columns[column].kind
    if kinds[row] not in (Kind.NUMBER, Kind.DATE):
        return ""
    value = cells.grid.cell(row + 1, column)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _block(cells: Cells, header_row: int, left: int, right: int) -> list[int]:
    """Rows directly above the header that belong to it (groups or the same names in another language), from the top."""
    rows: list[int] = []
    for row in range(header_row - 1, max(-1, header_row - _STACK), -1):
        texts = cells.row_texts(row, left, right)
        joined = any(
            merge.top - 1 <= row < merge.bottom - 1 and merge.bottom - 1 >= header_row and left <= merge.left <= right
            for merge in cells.tall_merges
        )
        groups = [
            merge
            for merge in cells.wide_merges
            if merge.top - 1 == row and merge.left >= left and merge.width < 0.7 * (right - left + 1)
        ]
        several = len(texts) >= 2 and all(looks_like_name_of_column(text) for text in texts.values())
        if not (joined or (groups and texts) or (several and known_names(texts) >= 0.4 * len(texts))):
            break
        rows.insert(0, row)
    return rows


def _merged_text(cells: Cells, row: int, column: int, left: int, right: int) -> str:
    """The text over a cell: its own, that of the merged range it lies in, or of an unmerged group to its left."""
    own = cells.text(row, column)
    if own:
        return own
    for merge in (*cells.wide_merges, *cells.tall_merges):
        if merge.top - 1 <= row <= merge.bottom - 1 and merge.left <= column <= merge.right:
            return cells.text(merge.top - 1, merge.left)
    if any(merge.top - 1 == row and left <= merge.left <= right for merge in cells.wide_merges):
        return ""  # groups are merged here, so an empty cell beside them is in none
    return ""


def _reaches(cells: Cells, header_row: int, column: int, block: list[int]) -> bool:
    """Does the name above an empty header cell belong to this column? (Merged down, or simply written one row higher.)"""
    for merge in cells.wide_merges:
        if merge.left < column <= merge.right and any(merge.top - 1 <= row <= merge.bottom - 1 for row in block):
            return merge.bottom - 1 >= header_row
    return True
