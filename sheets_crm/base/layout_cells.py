"""A sheet seen as rows: which cells are filled, and what a few of them say. Ground that the layout modules stand on.

Decides nothing about tables. Positions here are 0-based (row position p is the user's row p + 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from sheets_crm.base.guess_words import clean, dictionary
from sheets_crm.books.model import Grid, Merge
from sheets_crm.cells import Column, Kind

Mask = npt.NDArray[np.bool_]
_LONGEST_BLANK = 4  # bytes: "—" takes three
# What stands behind so many blank columns belongs to no table; masks that reach there may not fit into memory.
_FAR = 256
_WIDEST = 2000  # columns; no base of clients is wider
# Cells of a mask, a byte each: where a sheet is a million rows long, its first 256 columns are looked at.
_LARGEST = 1 << 28
_LONGEST = 400  # characters of a cell that are looked at as the name of a column or of a section


class Cells:
    """A grid with what many questions need at hand: masks of filled and of text cells, rows x columns.

    width: of the grid, without what strayed far to the right.
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.height = grid.height
        seen = grid.columns[: min(_WIDEST, _LARGEST // max(grid.height, 1))]
        self._columns = [(index, column) for index, column in _near(seen) if not column.is_blank]
        self.width = max((index + 1 for index, _ in self._columns), default=0)
        self._read: dict[tuple[int, int], str] = {}

    @cached_property
    def filled(self) -> Mask:
        """Cells that hold something other than spaces or a dash."""
        mask = np.zeros((self.height, self.width), dtype=bool, order="F")
        for index, column in self._columns:
            mask[:, index] = column.kind.to_numpy() != Kind.EMPTY
            short = (column.text.str.len_bytes() <= _LONGEST_BLANK).fill_null(value=False)
            if short.any():
                places = short.arg_true()
                blank = column.text.gather(places).str.strip_chars().str.to_lowercase().is_in(list(_blanks()))
                mask[places.filter(blank).to_numpy(), index] = False
        return mask

    @cached_property
    def texts(self) -> Mask:
        """Filled cells that hold text."""
        mask = np.zeros((self.height, self.width), dtype=bool, order="F")
        for index, column in self._columns:
            mask[:, index] = column.kind.to_numpy() == Kind.TEXT
        return mask & self.filled

    def text(self, row: int, column: int) -> str:
        """The text of a cell with runs of spaces made one, of a very long one its beginning; '' when it holds no text."""
        key = row, column
        if key not in self._read:
            self._read[key] = self._text(row, column)
        return self._read[key]

    def _text(self, row: int, column: int) -> str:
        if not (0 <= row < self.height and 0 <= column < self.width) or not self.texts[row, column]:
            return ""
        return re.sub(r"[ \u00a0\u202f\t]+", " ", str(self.grid.columns[column].text[row])).strip()[:_LONGEST]

    def row_texts(self, row: int, left: int, right: int) -> dict[int, str]:
        """The texts of a row between two columns (both included), by column."""
        columns = np.flatnonzero(self.texts[row, left : right + 1]) + left
        return {column: self.text(row, column) for column in columns.tolist()}

    def rows_with_any(self, left: int, right: int) -> Mask:
        """Rows that hold anything between two columns."""
        return np.asarray(self.filled[:, left : right + 1].any(axis=1), dtype=bool)

    @cached_property
    def wide_merges(self) -> tuple[Merge, ...]:
        """Merged ranges over several columns, from top to bottom."""
        return tuple(sorted((merge for merge in self.grid.merges if merge.width > 1), key=lambda merge: merge.top))

    @cached_property
    def tall_merges(self) -> tuple[Merge, ...]:
        """Merged ranges over several rows of one column, from top to bottom."""
        tall = (merge for merge in self.grid.merges if merge.width == 1 and merge.height > 1)
        return tuple(sorted(tall, key=lambda merge: merge.top))


def _near(columns: Sequence[Column]) -> Iterator[tuple[int, Column]]:
    """The columns with their places, up to a gap of `_FAR` blank ones."""
    gap = 0
    for index, column in enumerate(columns):
        gap = gap + 1 if column.is_blank else 0
        if gap == _FAR:
            return
        yield index, column


@cache
def _blanks() -> tuple[str, ...]:
    return ("", *(str(word) for word in dictionary()["values"]["blank"]))


def _either(words: Iterable[str]) -> str:
    return "|".join(re.escape(str(word)).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True))


@cache
def totals_pattern() -> str:
    """Regular expression (of Rust and of Python) of a text that begins as a totals row does."""
    words = dictionary()["totals"]
    starts, alone = _either(words["starts"]), _either(words["alone"])
    return rf"(?i)^\s*(?:(?:{starts})(?:[^\w]|$)|(?:{alone})\s*:?\s*$)"


@cache
def _plain_totals() -> re.Pattern[str]:
    starts = _either([*dictionary()["totals"]["starts"], *dictionary()["totals"]["alone"]])
    return re.compile(rf"(?i)^\s*(?:{starts})\W*(?:\d[\d\s.,]*)?\W*$")


def is_plain_total(text: str) -> bool:
    """The text is nothing but the totals word, so that no client can be called so."""
    return bool(_plain_totals().match(text.replace("\u0451", "\u0435")))


@cache
def _never_names() -> re.Pattern[str]:
    return re.compile(rf"(?i)^\s*(?:(?:{_either(dictionary()['totals']['never_names'])})\b|.*:\s*$)")


def is_sure_total(text: str) -> bool:
    """The text begins as a totals row does and can't be anybody's name, whatever else stands in its row."""
    return is_plain_total(text) or bool(_never_names().match(text.replace("\u0451", "\u0435")))


@cache
def _footnotes() -> tuple[str, ...]:
    return tuple(clean(str(word)) for word in dictionary()["footnotes"])


def is_footnote(text: str) -> bool:
    """The text begins as a remark below a table does."""
    return clean(text).startswith(_footnotes())


_VALUE = re.compile(r"[^@\s]+@[^@\s]+\.\w+|[+\d$£€₽(-][\d\s.,:/()\-+₽$£€%]*|#\w+[!?/]?\w*")


@lru_cache(maxsize=8192)
def looks_like_name_of_column(text: str) -> bool:
    """Short, with a letter or №, and not a phone, date, sum or e-mail."""
    if len(text) > 80:
        return False
    return any(char.isalpha() or char in "№#%" for char in text) and not _VALUE.fullmatch(text)
