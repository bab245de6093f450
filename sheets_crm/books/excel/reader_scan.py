"""Sheet XML -> loose typed cells, a block of whole rows at a time, without touching single cells in Python.

The positions of "<" and the bytes around them say which cells a block has, where and of what type; their values are then cut
out of the block all at once. Whatever does not look as Excel and the common writers write it goes to `reader_odd`, cell by
cell, so that speed costs no case. Source: ECMA-376 part 1, 18.3.1.4 and 18.3.1.73 (cells and rows).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.books.dense import Cells
from sheets_crm.books.excel.reader_digits import whole_numbers
from sheets_crm.books.excel.reader_odd import meaning, odd_cells
from sheets_crm.books.excel.reader_text import after_tag, clean, decode_references, split_tags, tags_of, unescape
from sheets_crm.books.excel.reader_xml import NotXml, plain_lines
from sheets_crm.cells import Kind

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_ROW_LIMIT, _COLUMN_LIMIT = 1_048_576, 16_384
_NEW_TAILS = 4096  # more unlike start tags than this in one block: they hold something that is not theirs alone
_SPARE = 32  # bytes behind a block, so that words may be read at its end
_WORD = 8
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)
_CELL_HEAD = np.uint64(int.from_bytes(b'<c r="', "little"))
_ROW_HEAD = np.uint64(int.from_bytes(b'<row r="', "little"))
_TAIL_LIMIT = 24
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ROW_NUMBER = re.compile(rb"\sr\s*=\s*[\"']\s*(\d+)\s*[\"']")
_CELL_END = re.compile(rb"</c\s*>")
_TYPES = {"n": 0, "s": 1, "inlineStr": 2, "str": 3, "b": 4, "e": 5}
_NUMBER, _SHARED, _INLINE, _STRING, _BOOL, _ERROR, _OTHER, _RICH = range(8)  # _RICH: the text stands in <is>
_C, _F, _I, _O, _R, _S, _T, _V, _END = b"cfiorstv/"


@dataclass
class _Block:
    """A block of rows, and its tags: where they start and the two bytes behind each "<"."""

    raw: bytes
    codes: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]  # the eight bytes at any position
    tags: Ints
    first: npt.NDArray[np.uint8]
    second: npt.NDArray[np.uint8]

    @staticmethod
    def of(raw: bytes) -> _Block:
        codes = np.frombuffer(raw + bytes(_SPARE), np.uint8)
        words = np.ndarray((len(codes) - _WORD + 1,), "<u8", codes, strides=(1,))
        tags, first, second = tags_of(codes)
        spare = np.zeros(_WORD, np.uint8)  # so that the tags behind a cell may be looked at without asking
        return _Block(
            raw,
            codes,
            words,
            np.append(tags, np.full(_WORD, len(raw))),
            np.append(first, spare),
            np.append(second, spare),
        )

    def closes(self, at: Ints, name: int) -> Mask:
        """Is the tag there `</name>` (by its first letter)?"""
        return np.asarray((self.first[at] == _END) & (self.second[at] == name))


@dataclass
class _Found:
    """The cells of a block in order: their tags, places and start tags as types."""

    tags: Ints
    rows: Ints  # position of the cell's row among the rows of the block
    columns: Ints
    types: npt.NDArray[np.uint8]
    dates: Mask
    closed: Mask  # <c .../>: nothing inside
    plain: Mask  # the start tag was understood


@dataclass
class _Values:
    """The cells of a block whose value is still to be cut out: the tag of the value and its type, by cell."""

    block: _Block
    found: _Found
    rows: npt.NDArray[np.int32]  # 0-based, of the sheet
    child: Ints
    types: npt.NDArray[np.uint8]

    @cached_property
    def pieces(self) -> pl.Series:
        """The block cut at its tags: dear, and not needed where all values are whole numbers."""
        return split_tags(self.block.raw)

    def texts(self, at: Ints, name: str = "v", child: int = 0) -> pl.Series:
        """The texts behind the start tags `name` of the cells `at`: raw values, unless another child is asked for."""
        if not len(at):
            return pl.Series([], dtype=pl.String)
        return after_tag(name, self.pieces, self.block.second, self.child[at] + child)

    def numbers(self, at: Ints, dtype: type[pl.DataType]) -> npt.NDArray[np.float64]:
        """The values of the cells `at` as numbers of a type; NaN for what is no such number."""
        child = self.child[at]
        start = self.block.tags[child] + len("<v>")
        numbers, is_whole = whole_numbers(self.block.words, start, self.block.tags[child + 1] - start)
        is_whole &= self.block.second[child] == ord(">")
        if not is_whole.all():
            rest = self.texts(at[~is_whole]).cast(dtype, strict=False)
            numbers[~is_whole] = rest.cast(pl.Float64).fill_null(math.nan).to_numpy()
        return numbers


class SheetScan:
    """Collects the cells of one sheet.

    shared: how many shared strings there are; dates: by cell format; epoch: days; known: how many texts stand in the pool
    behind the shared strings before any is read here.
    """

    def __init__(self, shared: int, dates: list[bool], epoch: int, known: int = 0) -> None:
        self._shared, self._dates, self._epoch = shared, dates, epoch
        self.row = 0  # the last row's number
        self._texts: list[pl.Series] = []
        self._text_count = shared + known
        self._batches: list[tuple[npt.NDArray[Any], ...]] = []
        self._formulas: Counter[int] = Counter()
        self._keys = np.zeros(1, np.uint64)  # start tags met so far, by the hash of what follows the address; 0: none
        self._types = np.zeros((1, 4), np.uint8)  # type, is date, closed, understood

    @property
    def formulas(self) -> dict[int, int]:
        """Column (0-based) -> number of formula cells."""
        return dict(self._formulas)

    def cells(self, known: pl.Series) -> Cells:
        """All cells. known: the texts before the sheet's own in the pool, the shared strings first."""
        pool = pl.concat([known, *self._texts])
        parts = [np.concatenate(column) for column in zip(*self._batches, strict=True)] if self._batches else []
        self._batches, self._texts = [], []
        if not parts:
            parts = [np.zeros(0, kind) for kind in (np.int32, np.uint16, np.uint8, np.float64)]
        return Cells(parts[0], parts[1], parts[2], parts[3], pool)

    def add(self, raw: bytes) -> tuple[int, int] | None:
        """Take in a block of whole rows. Its first and last row, 1-based; None where it has none. NotXml when it is damaged."""
        block = _Block.of(decode_references(plain_lines(raw)))
        row_tags = np.flatnonzero((block.first == _R) & (block.second == _O))
        second = block.second
        named_c = (second <= ord(" ")) | (second == ord(">")) | (second == _END)
        tags = np.flatnonzero((block.first == _C) & named_c)
        if len(tags) and (not len(row_tags) or tags[0] < row_tags[0]):
            raise NotXml
        if not len(row_tags):
            return None
        numbers, words, digits = self._row_numbers(block, row_tags)
        self.row = int(numbers[-1])
        if numbers.max() > _ROW_LIMIT or numbers.min() < 1:
            raise NotXml
        found = self._found(block, tags, row_tags, words, digits)
        self._take(block, found, row_tags, (numbers - 1).astype(np.int32))
        return int(numbers.min()), int(numbers.max())

    def _row_numbers(self, block: _Block, row_tags: Ints) -> tuple[Ints, npt.NDArray[np.uint64], Ints]:
        """For each row: its number, its number as text with a closing quote in one word, the length of that text."""
        start = block.tags[row_tags]
        text = block.words[start + _WORD].view(np.uint8).reshape(-1, _WORD)
        quotes = text == ord('"')
        size = quotes.argmax(axis=1)
        digits = text - ord("0")
        inside = np.arange(_WORD) < size[:, None]
        plain = (block.words[start] == _ROW_HEAD) & (size > 0) & ((digits < 10) | ~inside).all(axis=1)
        if plain.all():
            numbers = np.zeros(len(start), np.int64)
            for place in range(_WORD - 1):
                numbers = np.where(place < size, numbers * 10 + digits[:, place], numbers)
        else:
            numbers = self._odd_row_numbers(block, start)
            names = [b'%d"' % number for number in numbers.tolist()]
            size = np.array([len(name) - 1 for name in names])
            if size.max() >= _WORD:
                raise NotXml
            text = np.frombuffer(b"".join(name.ljust(_WORD, b"\0") for name in names), np.uint8)
        words = text.reshape(-1).view("<u8") & _MASKS[size + 1]
        return numbers, words, size

    def _odd_row_numbers(self, block: _Block, start: Ints) -> Ints:
        """Row numbers where a row has none, or has it at an unusual place."""
        numbers, last = [], self.row
        for at in start.tolist():
            given = _ROW_NUMBER.search(block.raw, at, block.raw.find(b">", at))
            last = int(given[1]) if given else last + 1
            numbers.append(last)
        return np.array(numbers, np.int64)

    def _found(self, block: _Block, tags: Ints, row_tags: Ints, words: npt.NDArray[np.uint64], digits: Ints) -> _Found:
        start = block.tags[tags]
        rows = np.repeat(np.arange(len(row_tags)), np.diff(np.searchsorted(tags, row_tags), append=len(tags)))
        head = block.words[start]
        plain = (head & _MASKS[6]) == _CELL_HEAD
        one, two, three = (
            (head >> np.uint64(48)).astype(np.uint8) - 65, (head >> np.uint64(56)).astype(np.uint8) - 65, block.codes[start + 8] - 65
        )  # fmt: skip
        has_two = two < 26  # what is not a capital letter has wrapped round to more
        has_three = has_two & (three < 26)
        columns = one.astype(np.int64)
        columns = np.where(has_two, columns * 26 + 26 + two, columns)
        columns = np.where(has_three, columns * 26 + 26 + three, columns)
        at = start + 7 + has_two + has_three
        size = digits[rows] + 1
        plain &= (one < 26) & (columns < _COLUMN_LIMIT) & ((block.words[at] & _MASKS[size]) == words[rows])
        at += size
        if not plain.all():
            bare, places = self._without_address(rows, (head & _MASKS[6]) != _CELL_HEAD)
            columns, at, plain = np.where(bare, places, columns), np.where(bare, start + 2, at), plain | bare
        types = self._tails(block, at, block.tags[tags + 1], plain)
        return _Found(
            tags,
            rows,
            columns,
            types[:, 0],
            types[:, 1].astype(bool),
            types[:, 2].astype(bool),
            types[:, 3].astype(bool),
        )

    @staticmethod
    def _without_address(rows: Ints, bare: Mask) -> tuple[Mask, Ints]:
        """Cells without an address in rows where none has one, and their columns: by their place in the row."""
        count = np.bincount(rows)
        bare = bare & (np.bincount(rows, weights=bare) == count)[rows]
        places = np.arange(len(rows)) - (np.cumsum(count) - count)[rows]
        return bare & (places < _COLUMN_LIMIT), places

    def _tails(self, block: _Block, at: Ints, end: Ints, plain: Mask) -> npt.NDArray[np.uint8]:
        """What follows each address in its start tag, understood once for each distinct tail."""
        size = end - at
        plain = plain & (size <= _TAIL_LIMIT) & (size > 0)
        at, size = np.where(plain, at, 0), np.where(plain, size, 0)
        keys = np.zeros(len(at), np.uint64)
        for place in range(0, int(size.max(initial=0)), _WORD):
            left = np.clip(size - place, 0, _WORD)
            word = block.words[np.where(left > 0, at + place, 0)] & _MASKS[left]
            keys = (keys ^ word) * _MIX[place // _WORD] ^ (keys >> np.uint64(29))
        known = self._known(keys)
        if not known.all():
            cells = np.flatnonzero(~known)
            new, which = np.unique(keys[cells], return_index=True)
            if len(new) <= _NEW_TAILS:
                self._learn(new, [block.raw[at[cell] : at[cell] + size[cell]] for cell in cells[which]])
                known[:] = True
        types = self._types[np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)]
        types[~known] = 0
        return np.asarray(types)

    def _known(self, keys: npt.NDArray[np.uint64]) -> Mask:
        at = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        return np.asarray(self._keys[at] == keys)

    def _learn(self, keys: npt.NDArray[np.uint64], tails: list[bytes]) -> None:
        """Understand ` s="3" t="s">`: what stands between a cell's address and its first child."""
        types = []
        for tail in tails:
            attributes = {name: double or single for name, double, single in _ATTRIBUTE.findall(tail)}
            type_ = _TYPES.get(attributes.get(b"t", b"n").decode("latin-1"), _OTHER)
            style = attributes.get(b"s", b"0")
            understood = style.isdigit() and b"r" not in attributes
            is_date = understood and type_ == _NUMBER and int(style) < len(self._dates) and self._dates[int(style)]
            types.append((type_, is_date, tail.rstrip().endswith(b"/>"), understood))
        keys, rows = np.append(self._keys, keys), np.append(self._types, np.array(types, np.uint8), axis=0)
        order = np.argsort(keys)
        self._keys, self._types = keys[order], rows[order]

    def _take(self, block: _Block, found: _Found, row_tags: Ints, numbers: npt.NDArray[np.int32]) -> None:
        """Sort the cells by what is inside them, and cut the values out."""
        first, closes, child = block.first, block.closes, found.tags + 1
        formula = ~found.closed & (first[child] == _F)
        if formula.any():
            child = child + formula + (formula & closes(child + 1, _F))
        value = (first[child] == _V) & (block.second[child] != _END) & closes(child + 1, _V) & closes(child + 2, _C)
        inline = (first[child] == _I) & (block.second[child] == _S) & (first[child + 1] == _T) & closes(child + 2, _T)
        inline &= closes(child + 3, _I) & closes(child + 4, _C)
        without = closes(child, _C)
        odd_row = np.zeros(len(row_tags), bool)
        odd_row[found.rows[~found.plain]] = True
        odd = odd_row[found.rows] | ~(found.closed | without | inline | (value & (found.types != _OTHER)))
        open_ = ~odd & ~found.closed
        types = np.where(value & open_, found.types, _OTHER)
        types[inline & open_] = _RICH
        values = _Values(block, found, numbers[found.rows], child, types)
        for again in (self._numbers(values), self._shared_strings(values), self._flags(values)):
            odd[again] = True
        self._words(values)
        self._keep(values, np.flatnonzero(formula & without & open_), Kind.UNCACHED, math.nan)
        self._formulas.update(found.columns[formula & ~odd].tolist())
        if odd.any():
            self._odd(values, odd, odd_row, row_tags, numbers)

    def _numbers(self, values: _Values) -> Ints:
        """Keep numbers and dates. Returned: the cells whose value is not a plain number."""
        at = np.flatnonzero(values.types == _NUMBER)
        numbers = values.numbers(at, pl.Float64)
        good = np.isfinite(numbers)
        dates = values.found.dates[at]
        kinds = np.where(dates, np.uint8(Kind.DATE), np.uint8(Kind.NUMBER))
        numbers = numbers + dates * self._epoch if self._epoch else numbers
        if good.all():
            self._keep(values, at, kinds, numbers)
            return np.zeros(0, np.int64)
        self._keep(values, at[good], kinds[good], numbers[good])
        return np.asarray(at[~good])

    def _shared_strings(self, values: _Values) -> Ints:
        at = np.flatnonzero(values.types == _SHARED)
        index = values.numbers(at, pl.UInt32)
        good = ~np.isnan(index)
        found = index[good]
        if found.max(initial=0) >= max(self._shared, 1) or (len(found) and not self._shared):
            raise NotXml
        self._keep(values, at[good], Kind.TEXT, found)
        return np.asarray(at[~good])

    def _flags(self, values: _Values) -> Ints:
        """Keep TRUE, FALSE and errors. Returned: the cells that hold neither."""
        flags, errors = np.flatnonzero(values.types == _BOOL), np.flatnonzero(values.types == _ERROR)
        if not len(flags) + len(errors):
            return flags
        texts, codes = values.texts(flags), values.texts(errors)
        good, named = texts.is_in(["0", "1"]).to_numpy(), (codes != "").to_numpy()
        self._keep(values, flags[good], Kind.BOOL, (texts == "1").to_numpy()[good])
        self._keep_texts(values, errors[named], Kind.ERROR, codes.filter(pl.Series(named, dtype=pl.Boolean)))
        return np.concatenate((flags[~good], errors[~named]))

    def _words(self, values: _Values) -> None:
        """Keep texts that stand in the cell itself."""
        rich = np.flatnonzero(values.types == _RICH)
        texts = [values.texts(rich, "t", 1)]
        plain = np.flatnonzero((values.types == _STRING) | (values.types == _INLINE))
        texts.append(values.texts(plain))
        self._keep_texts(values, np.concatenate((rich, plain)), Kind.TEXT, clean(pl.concat(texts), values.block.raw))

    def _keep_texts(self, values: _Values, at: Ints, kinds: Any, texts: pl.Series) -> None:
        if len(texts):
            self._keep(values, at, kinds, np.arange(self._text_count, self._text_count + len(texts)))
            self._texts.append(texts)
            self._text_count += len(texts)

    def _keep(self, values: _Values, at: Ints, kinds: Any, numbers: Any) -> None:
        self._batch(values.rows[at], values.found.columns[at], kinds, numbers)

    def _batch(self, rows: Any, columns: Any, kinds: Any, numbers: Any) -> None:
        if size := len(rows):
            self._batches.append((
                np.asarray(rows, np.int32),
                np.asarray(columns, np.uint16),
                np.broadcast_to(np.asarray(kinds, np.uint8), size),
                np.broadcast_to(np.asarray(numbers, np.float64), size),
            ))  # fmt: skip

    def _odd(self, values: _Values, odd: Mask, odd_row: Mask, row_tags: Ints, numbers: Any) -> None:
        """Read the cells left aside, and whole rows where a cell's place is not clear."""
        raw, tags = values.block.raw, values.block.tags
        ends = np.append(tags[row_tags[1:]], len(raw))
        slices = [(int(numbers[row]), 0, raw[tags[row_tags[row]] : ends[row]]) for row in np.flatnonzero(odd_row)]
        for cell in np.flatnonzero(odd & ~odd_row[values.found.rows]):
            start = int(tags[values.found.tags[cell]])
            end = _CELL_END.search(raw, start)
            if end is None:
                raise NotXml
            slices.append((int(values.rows[cell]), int(values.found.columns[cell]), raw[start : end.end()]))
        read = [(cell, *meaning(cell, self._dates, epoch=self._epoch)) for cell in odd_cells(slices)]
        if any(cell.row >= _ROW_LIMIT or cell.row < 0 for cell, *_ in read):
            raise NotXml
        self._formulas.update(cell.column for cell, *_ in read if cell.formula)
        texts = pl.Series([text for *_, text in read if text is not None], dtype=pl.String)
        places = iter(range(self._text_count, self._text_count + len(texts)))
        worth = [next(places) if text is not None else number for _, _, number, text in read]
        self._texts.append(unescape(texts))
        self._text_count += len(texts)
        if any(kind == Kind.TEXT and text is None and number >= self._shared for _, kind, number, text in read):
            raise NotXml
        cells = [cell for cell, *_ in read]
        self._batch(
            [cell.row for cell in cells], [cell.column for cell in cells], [kind for _, kind, *_ in read], worth
        )
