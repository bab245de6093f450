"""What each row below a header is: data, blank, section, repeated header, totals, or no longer the table.

Rules: docs/reference/layouts.md. Vectorised: a sheet of 100,000 rows is looked at column by column, and only the
few rows that may be something else are read one by one. Does not look for the header (layout_header).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.base.guess_words import Header, clean, dictionary, is_month, stems
from sheets_crm.base.layout_cells import Cells, Mask, is_footnote, is_sure_total, totals_pattern
from sheets_crm.base.layout_header import Span, find_header, known_names
from sheets_crm.cells import Kind

_SECTION_WIDTH = 3
_REPEAT = 0.6
_FAR = 3  # blank rows after which a lone cell is no longer the table's
_BLOCKS_READ = 200


class Row(IntEnum):
    """What a row is."""

    BLANK = 0
    DATA = 1
    SECTION = 2
    HEADER_REPEAT = 3
    TOTALS = 4
    OUTSIDE = 5


@dataclass(frozen=True)
class Body:
    """The rows below a header. `kinds` are codes of `Row` for positions first..; `stop` is the first that is outside."""

    first: int
    kinds: npt.NDArray[np.uint8]
    stop: int

    def counts(self) -> dict[str, int]:
        """How many rows there are of each kind up to the end of the table."""
        inside = Counter(self.kinds[: self.stop - self.first].tolist())
        return {Row(code).name.lower(): inside[code] for code in sorted(inside) if code != Row.OUTSIDE}

    def ends_by_totals(self) -> bool:
        """Is a totals row the last of the table?"""
        return self.stop > self.first and self.kinds[self.stop - self.first - 1] == Row.TOTALS

    def rows(self) -> npt.NDArray[np.intp]:
        """Positions of the data rows on the sheet."""
        return np.flatnonzero(self.kinds[: self.stop - self.first] == Row.DATA) + self.first


def read_body(cells: Cells, span: Span, names: Mapping[int, Header], bound: Sequence[int] = ()) -> Body:
    """The rows of a table. span: from the row under the header to the last row that may be its, and its columns.

    bound: the columns in use, where they are known: a row that says nothing in any of them is a blank one.
    """
    kinds = np.full(max(span.bottom - span.top + 1, 0), Row.DATA, dtype=np.uint8)
    if not kinds.size:
        return Body(span.top, kinds, span.top)
    filled = cells.filled[span.top : span.bottom + 1, span.left : span.right + 1]
    kinds[~filled.any(axis=1)] = Row.BLANK
    _mark_merged_sections(cells, span, kinds)
    _mark_repeats(cells, span, names, kinds)
    _mark_totals(cells, span, kinds)
    if bound:
        told = cells.filled[span.top : span.bottom + 1, list(bound)].any(axis=1)
        kinds[(kinds == Row.DATA) & ~told] = Row.BLANK
    stop = _end_by_totals(kinds)
    kinds[stop:] = Row.OUTSIDE
    stop = min(stop, _end_by_shape(cells, span, names, kinds[:stop]))
    kinds[stop:] = Row.OUTSIDE
    _mark_lone_sections(cells, span, kinds[:stop])
    stop = _without_prefilled(cells, span, kinds[:stop])
    _mark_unnamed_total(cells, span, kinds[:stop])
    kinds[stop:] = Row.OUTSIDE
    return Body(span.top, kinds, span.top + stop)


def _mark_merged_sections(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8]) -> None:
    """A row whose first column starts a merged range of three or more columns heads a group of rows."""
    for merge in cells.wide_merges:
        if merge.width >= _SECTION_WIDTH and merge.left == span.left:
            top, bottom = max(merge.top - 1 - span.top, 0), merge.bottom - span.top
            if bottom > 0:
                kinds[top:bottom] = Row.SECTION


def _mark_repeats(cells: Cells, span: Span, names: Mapping[int, Header], kinds: npt.NDArray[np.uint8]) -> None:
    """A row of which 60% of the cells repeat the names above them is the header once more. So is one of 1, 2, 3 ..."""
    known = {column: header.text for column, header in names.items() if header.text}
    if len(known) >= 2:
        equal = np.zeros(kinds.size, dtype=np.int32)
        for column, text in known.items():
            cell = cells.grid.columns[column].text.slice(span.top, kinds.size)
            equal += (cell == text).fill_null(value=False).to_numpy().astype(np.int32)
        for place in np.flatnonzero(equal >= max(1.0, 0.2 * len(known))):
            texts = cells.row_texts(span.top + int(place), span.left, span.right)
            same = sum(clean(texts.get(column, "")) == clean(text) for column, text in known.items())
            if same >= _REPEAT * len(known):
                kinds[place] = Row.HEADER_REPEAT
    if _counts_columns(cells, span.top, span):
        kinds[0] = Row.HEADER_REPEAT


def _counts_columns(cells: Cells, row: int, span: Span) -> bool:
    """The row under the header numbers the columns: 1, 2, 3 ... (a habit of printed forms)."""
    places = np.flatnonzero(cells.filled[row, span.left : span.right + 1]) + span.left
    if len(places) < 4 or len(places) < 0.8 * (span.right - span.left + 1):
        return False
    values = [cells.grid.columns[int(column)].number[row] for column in places]
    return all(value == place + 1 for place, value in enumerate(values))


def _mark_totals(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8]) -> None:
    """A row whose first text begins with a totals word sums up, unless the rest of it speaks of a client."""
    undecided = kinds == Row.DATA
    for column in range(span.left, span.right + 1):
        places = np.flatnonzero(undecided & cells.texts[span.top : span.top + kinds.size, column])
        if not places.size:
            continue
        texts = cells.grid.columns[column].text
        if places.size < kinds.size:
            texts = texts.gather(pl.Series(places + span.top))
        else:
            texts = texts.slice(span.top, kinds.size)
        found = texts.str.contains(totals_pattern()).to_numpy()
        for place in places[found.astype(bool)]:
            if _sums_up(cells, span, int(place), column):
                kinds[place] = Row.TOTALS
        undecided[places] = False
        if not undecided.any():
            return


def _sums_up(cells: Cells, span: Span, place: int, column: int) -> bool:
    """Tell "Total for the north | | 120" from the client "Total Fitness | Ann Bell | +44 ... | new"."""
    row = span.top + place
    if is_sure_total(cells.text(row, column)):
        return True
    others = [text for at, text in cells.row_texts(row, span.left, span.right).items() if at != column]
    words = sum(any(char.isalpha() for char in text) or sum(map(str.isdigit, text)) >= 7 for text in others)
    dates = sum(
        cells.grid.columns[at].kind[row] == Kind.DATE for at in range(span.left, span.right + 1) if at != column
    )
    return bool(words + dates < 2)


def _end_by_totals(kinds: npt.NDArray[np.uint8]) -> int:
    """The first totals row under some data ends the table (it still counts). One above all data does not."""
    for place in np.flatnonzero(kinds == Row.TOTALS):
        if (kinds[:place] == Row.DATA).any() or not (kinds[place:] == Row.DATA).any():
            return int(place) + 1
    return len(kinds)


def _end_by_shape(cells: Cells, span: Span, names: Mapping[int, Header], kinds: npt.NDArray[np.uint8]) -> int:
    """Where, after blank rows, something else begins: a second table, a footnote, a signature. Else the last data row."""
    stop = _end_by_header(cells, span, names, kinds)
    while True:
        full = np.flatnonzero(kinds[:stop] != Row.BLANK)
        if not full.size:
            return 0
        last = int(full[-1])
        if kinds[last] == Row.TOTALS:
            return last + 1
        if kinds[last] == Row.DATA and _is_remark(cells, span, kinds, last):
            stop = last
            continue
        return last + 1


def _end_by_header(cells: Cells, span: Span, names: Mapping[int, Header], kinds: npt.NDArray[np.uint8]) -> int:
    """The place where another table's header stands after a blank row; the length when there is none."""
    after_blank = np.flatnonzero((kinds[1:] == Row.DATA) & (kinds[:-1] == Row.BLANK)) + 1
    part_texts = cells.texts[span.top : span.top + kinds.size, span.left : span.right + 1]
    part_filled = cells.filled[span.top : span.top + kinds.size, span.left : span.right + 1]
    only_text = (part_texts[after_blank] == part_filled[after_blank]).all(axis=1)
    wide = part_filled[after_blank].sum(axis=1) >= 2
    own = {clean(header.text) for header in names.values()}
    for place in after_blank[only_text & wide][:_BLOCKS_READ].tolist():
        texts = cells.row_texts(span.top + place, span.left, span.right)
        fresh = {column: text for column, text in texts.items() if clean(text) not in own}
        if known_names(texts) >= max(2.0, 0.6 * len(texts)) and _is_new_header(cells, span, place, texts, fresh):
            return int(place)
    return int(kinds.size)


def _is_new_header(cells: Cells, span: Span, place: int, texts: Mapping[int, str], fresh: Mapping[int, str]) -> bool:
    """The row names columns (and not the same ones again in the same places)."""
    if not fresh and len(texts) < 2:
        return False
    found = find_header(cells, Span(span.top + place, span.bottom, span.left, span.right), sure=True)
    return found is not None and found.row - (span.top + place) <= 2


def _is_remark(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8], last: int) -> bool:
    """Is the last filled row a footnote or a signature rather than a client with few filled cells?"""
    texts = cells.row_texts(span.top + last, span.left, span.right)
    filled = int(cells.filled[span.top + last, span.left : span.right + 1].sum())
    if not texts or span.right - span.left < 2:
        return False
    first = next(iter(texts.values()))
    if filled <= 3 and (is_footnote(first) or (filled <= 2 and first.endswith(":"))):
        return True
    above = np.flatnonzero(kinds[:last] != Row.BLANK)
    gap = last - 1 - int(above[-1]) if above.size else last
    if filled > 1 or gap == 0:
        return filled == 1 and gap == 0 and is_footnote(first)
    return gap >= _FAR or len(first) > 45 or len(first.split()) > 5 or next(iter(texts)) > span.left + 2


def _mark_lone_sections(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8]) -> None:
    """Unmerged group headings: one text in the first column, nothing else in the row, and not like the rows between.

    Conservative: a client of whom only the name is known looks the same, and a client is never left out by a guess.
    """
    width = span.right - span.left + 1
    part = cells.filled[span.top : span.top + kinds.size, span.left : span.right + 1]
    lone = (kinds == Row.DATA) & part[:, 0] & cells.texts[span.top : span.top + kinds.size, span.left]
    lone &= part.sum(axis=1) == 1
    places = np.flatnonzero(lone)
    data = np.flatnonzero((kinds == Row.DATA) & ~lone)
    if width < 4 or not places.size or places.size > data.size:
        return
    texts = {int(place): cells.text(span.top + int(place), span.left) for place in places}
    first_texts = cells.texts[span.top + data, span.left]
    filled = cells.filled[span.top + data, span.left]
    other_kind = bool(filled.sum() >= 0.5 * data.size and first_texts.sum() <= 0.1 * filled.sum())
    codes = other_kind or _are_codes([cells.text(span.top + int(place), span.left) for place in data[first_texts][:50]])
    recurring = _recur(kinds, lone, data)
    for place, text in texts.items():
        followed = place + 1 < kinds.size and kinds[place + 1] in (Row.DATA, Row.HEADER_REPEAT)
        headed = is_month(text) or _has_section_word(text)
        if followed and ((headed and (codes or recurring)) or (codes and not _is_code(text))):
            kinds[place] = Row.SECTION
    if recurring and not codes and _other_shape(cells, span, list(texts.values()), data):
        kinds[places] = Row.SECTION


def _recur(kinds: npt.NDArray[np.uint8], lone: Mask, data: npt.NDArray[np.intp]) -> bool:
    """Two or more lone rows, the first above all data, none under another, each above two rows of data."""
    places = np.flatnonzero(lone)
    if places.size < 2 or not data.size or places[0] > data[0]:
        return False
    ends = np.append(places[1:], kinds.size)
    return all(int(((data > start) & (data < end)).sum()) >= 2 for start, end in zip(places, ends, strict=True))


def _has_section_word(text: str) -> bool:
    words = {word for known in dictionary()["section_words"] for word in stems(str(known))}
    return bool(stems(text) & words) and len(text.split()) <= 4


def _is_code(text: str) -> bool:
    return any(char.isdigit() for char in text) and " " not in text.strip()


def _are_codes(texts: list[str]) -> bool:
    return len(texts) >= 5 and sum(map(_is_code, texts)) >= 0.9 * len(texts)


def _other_shape(cells: Cells, span: Span, headings: list[str], data: npt.NDArray[np.intp]) -> bool:
    """Headings are single words where the rows between begin with several, or end with a colon, or are all capitals."""
    names = [cells.text(span.top + int(place), span.left) for place in data[:200]]
    names = [name for name in names if name]
    if not names or {clean(text) for text in headings} & {clean(name) for name in names}:
        return False
    if all(text.endswith(":") for text in headings):
        return True
    if all(text.isupper() for text in headings) and not any(name.isupper() for name in names):
        return True
    several = sum(len(name.split()) >= 2 for name in names) >= 0.9 * len(names)
    return several and all(len(text.split()) == 1 for text in headings)


def _without_prefilled(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8]) -> int:
    """The end without rows prepared for later: a running number, formulas, empty checkboxes and nothing else."""
    prepared = [
        column - span.left
        for column in range(span.left, span.right + 1)
        if _prepared_column(cells, column, span, kinds.size)
    ]
    if not prepared:
        return int(kinds.size)
    part = cells.filled[span.top : span.top + kinds.size, span.left : span.right + 1].copy()
    for column in prepared:
        part[:, column] = False
    real = np.flatnonzero(part.any(axis=1) | (kinds == Row.TOTALS) | (kinds == Row.SECTION))
    return int(real[-1]) + 1 if real.size else int(kinds.size)


def _prepared_column(cells: Cells, column: int, span: Span, length: int) -> bool:
    """A column that is filled down in advance: (nearly) all formulas, all checkboxes, or numbered 1, 2, 3 ..."""
    filled = cells.filled[span.top : span.top + length, column]
    count = int(filled.sum())
    if count < 2:
        return False
    if cells.grid.formulas.get(column, 0) >= 0.9 * count:
        return True
    last = span.top + int(np.flatnonzero(filled)[-1])
    cell = cells.grid.columns[column]
    if cell.kind[last] == Kind.BOOL:
        return not cell.number[last]
    if cell.kind[last] != Kind.NUMBER or column > span.left + 1:
        return False
    values = cell.number.slice(span.top, length).to_numpy()[filled]
    return bool((np.diff(values[-50:]) == 1).all()) and values[0] in (0.0, 1.0)


def _mark_unnamed_total(cells: Cells, span: Span, kinds: npt.NDArray[np.uint8]) -> None:
    """A last row of sums without the word: only numbers, and one of them is the sum of its column."""
    full = np.flatnonzero(kinds != Row.BLANK)
    if full.size < 4 or kinds[full[-1]] != Row.DATA:
        return
    last = span.top + int(full[-1])
    columns = [column for column in range(span.left, span.right + 1) if cells.filled[last, column]]
    numbers = [column for column in columns if cells.grid.columns[column].kind[last] == Kind.NUMBER]
    if columns != numbers or span.left in columns or len(columns) > (span.right - span.left + 1) / 2:
        return
    data = pl.Series(np.flatnonzero(kinds[: full[-1]] == Row.DATA) + span.top)
    for column in numbers:
        above = cells.grid.columns[column].number.gather(data).sum()
        value = float(cells.grid.columns[column].number[last])
        if above and abs(value - float(above)) <= 0.005 * abs(value) and data.len() > 2:
            kinds[full[-1]] = Row.TOTALS
            return
