"""What a big sheet held when it was last read: a block of rows that has not changed since need not be understood again.

Blocks are known again by a 128-bit digest of their bytes (XXH3), read under the same shared strings, cell formats and epoch. A
column none of whose cells changed keeps its `mark`, by which later work on it is known again too. Knows nothing of XML.
"""

from __future__ import annotations

import json
import re
import secrets
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from sheets_crm.books.dense import Cells, Dense, dense_of
from sheets_crm.shelf import Bytes, Shelf

WORTH = 50_000  # cells: reading fewer is quicker than any bookkeeping
_SPREAD = 8  # places of the sheet to each cell: one that is emptier is not kept as whole columns
_ALIGN = 8
_SHARED = "shared-strings"
_SEAL = struct.Struct("<3Q")
_NO_SEAL = (0, 0, 0)
_OWN_SPARE = 10_000  # texts of a sheet that may stand on the shelf though no cell has them any more
_ROW = re.compile(rb"\s*<row\s[^>]*?\br\s*=\s*[\"'](\d+)[\"']")

Arrays = Mapping[str, npt.NDArray[Any]]


Seal = tuple[int, int, int]  # of a part of the package: see `Package.seal`


@dataclass(frozen=True)
class SharedTexts:
    """The workbook's shared strings. before: seal and number of those at the last reading, if these begin with them."""

    seal: Seal
    texts: pl.Series
    before: tuple[Seal, int] | None = None

    @staticmethod
    def read(seal: Seal, parse: Callable[[], pl.Series], shelf: Shelf) -> SharedTexts:
        """Shared strings of a part; understood only if it is not the one on the shelf."""
        kept = shelf.get(_SHARED)
        was, old = _NO_SEAL, None
        if kept is not None:
            was, old = _SEAL.unpack(kept[: _SEAL.size]), pl.read_ipc(kept[_SEAL.size :].tobytes())["text"]
            if was == seal:
                return SharedTexts(seal, old)
        texts = parse()
        shelf.put(_SHARED, (_SEAL.pack(*seal), _frame(texts)))
        grown = old is not None and len(old) <= len(texts) and bool((texts.head(len(old)) == old).all())
        return SharedTexts(seal, texts, (was, len(old)) if old is not None and grown else None)


@dataclass(frozen=True)
class Habits:
    """What cells are read under. dates: which cell formats show dates; epoch: days to add to their numbers."""

    dates: list[bool]
    epoch: int

    def holds_for(self, older: Habits) -> bool:
        """Do cells read under older ones read the same? More formats at the end (our own tabs bring some) mean nothing to them."""
        count = len(older.dates)
        return self.epoch == older.epoch and count > 0 and self.dates[:count] == older.dates


@dataclass(frozen=True)
class Block:
    """Whole rows of a sheet. Rows are 0-based, `stop` behind the last. formulas: column (0-based) -> number of formula cells."""

    digest: str
    start: int
    stop: int
    formulas: Mapping[int, int]


@dataclass
class KeptSheet:
    """A sheet as it was read. texts: what its codes mean, but for the first `shared`: those are the workbook's shared strings."""

    habits: Habits
    shared: tuple[Seal, int]  # seal and number of the shared strings
    blocks: Sequence[Block]
    height: int
    columns: Sequence[Dense]
    marks: Sequence[str]
    texts: pl.Series
    fresh: int  # how many texts of its own there were when it was read as a whole
    seal: Seal  # of the whole part
    tail: bytes  # what stood behind the cells

    def formulas(self) -> dict[int, int]:
        """Column (0-based) -> number of formula cells."""
        found = Counter[int]()
        for block in self.blocks:
            found.update(block.formulas)
        return dict(found)

    def count(self) -> int:
        """How many cells hold anything."""
        return sum(int(np.count_nonzero(column.kinds)) for column in self.columns)

    @property
    def starts(self) -> list[int]:
        """Where its blocks begin, as the user's row numbers."""
        return [block.start + 1 for block in self.blocks]

    def keep(self, shelf: Shelf, name: str) -> None:
        """Put it on a shelf."""
        arrays: list[npt.NDArray[Any]] = []
        columns = [[_place(arrays, one) for one in column.arrays] for column in self.columns]
        arrays += [np.frombuffer(self.tail, np.uint8), np.frombuffer(_frame(self.texts), np.uint8)]
        told = {
            "dates": self.habits.dates, "epoch": self.habits.epoch, "shared": self.shared, "height": self.height, "marks": list(self.marks), "columns": columns,
            "blocks": [[one.digest, one.start, one.stop, list(one.formulas.items())] for one in self.blocks],
            "arrays": [[one.dtype.str, len(one)] for one in arrays], "fresh": self.fresh, "seal": self.seal,
        }  # fmt: skip
        head = json.dumps(told).encode()
        parts: list[Bytes] = [len(head).to_bytes(_ALIGN, "little"), head, bytes(-len(head) % _ALIGN)]
        for array in arrays:
            parts += [np.ascontiguousarray(array).data.cast("B"), bytes(-array.nbytes % _ALIGN)]
        shelf.put(name, parts)

    @staticmethod
    def on(shelf: Shelf, name: str, habits: Habits, shared: SharedTexts) -> KeptSheet | None:
        """The sheet as it was kept, if it can still be understood."""
        data = shelf.get(name)
        if data is None:
            return None
        size = int.from_bytes(data[:_ALIGN], "little")
        told = json.loads(bytes(data[_ALIGN : _ALIGN + size]))
        last = tuple(told["shared"][0]), told["shared"][1]
        same = last[0] == shared.seal
        if not habits.holds_for(Habits(told["dates"], told["epoch"])) or not (same or last == shared.before):
            return None
        arrays, at = [], _ALIGN + size + -size % _ALIGN
        for kind, length in told["arrays"]:
            array = np.frombuffer(data, np.dtype(kind), length, at)
            arrays.append(array)
            at += array.nbytes + -array.nbytes % _ALIGN
        texts = pl.read_ipc(arrays[-1].tobytes())["text"]
        if len(texts) > 2 * told["fresh"] + _OWN_SPARE:
            return None
        columns = [Dense.from_arrays(None if n is None else arrays[n] for n in places) for places in told["columns"]]
        if not same:
            columns = [column.moved(last[1], len(shared.texts)) for column in columns]
        blocks = [Block(digest, start, stop, dict(found)) for digest, start, stop, found in told["blocks"]]
        count = (shared.seal, len(shared.texts))
        seal, tail = tuple(told["seal"]), arrays[-2].tobytes()
        return KeptSheet(
            habits, count, blocks, told["height"], columns, told["marks"], texts, told["fresh"], seal, tail
        )


class Unlike(Exception):
    """Nothing of a kept sheet can be taken over: rows do not come one behind the other, or it is too empty by now."""


@dataclass
class Reading:
    """A sheet while it is read, block by block: those taken over from `old`, and those read anew."""

    habits: Habits
    shared: SharedTexts
    old: KeptSheet | None
    blocks: list[Block] = field(default_factory=list)
    taken: list[Block] = field(default_factory=list)
    is_orderly: bool = True

    def __post_init__(self) -> None:
        self._known = {} if self.old is None else {block.digest: block for block in self.old.blocks}
        self.texts = self.shared.texts if self.old is None else pl.concat([self.shared.texts, self.old.texts])

    @property
    def last(self) -> int:
        """The last row's number so far."""
        return self.blocks[-1].stop if self.blocks else 0

    def take(self, digest: str, raw: bytes) -> bool:
        """Take a block over, if one of the same bytes began at the same row, and says so."""
        found = self._known.get(digest)
        if (
            found is None
            or found.start < self.last
            or not (first := _ROW.match(raw))
            or int(first[1]) != found.start + 1
        ):
            return False
        self.blocks.append(found)
        self.taken.append(found)
        return True

    def note(self, digest: str, rows: tuple[int, int], formulas: Mapping[int, int]) -> None:
        """A block was read anew: its first and last row, 1-based. Unlike where something was taken over before."""
        if rows[0] <= self.last:
            self.is_orderly = False
            if self.old is not None:
                raise Unlike
        self.blocks.append(Block(digest, rows[0] - 1, rows[1], formulas))

    def whole(self, cells: Cells, seal: Seal, tail: bytes) -> KeptSheet:
        """The sheet. cells: of the blocks that were read anew, none of them blank. Unlike where a stray cell stands far off."""
        before = self.old.height if self.old is not None else 0
        height = max([cells.height, *(min(one.stop, before) for one in self.taken)])
        if self.old is not None and not _is_full(height, cells.width, self.old.count() + len(cells.rows)):
            raise Unlike
        columns = dense_of(cells, max(cells.width, len(self.old.columns) if self.old else 0), height)
        marks = [secrets.token_hex(8) for _ in columns]
        if self.old is not None:
            for index, (was, mark) in enumerate(zip(self.old.columns, self.old.marks, strict=True)):
                columns[index], is_same = self._carried(was.resized(height), columns[index], cells.pool)
                marks[index] = mark if is_same else marks[index]
            last = [column.last() for column in columns]
            width = max((n + 1 for n, end in enumerate(last) if end), default=0)
            columns, height, marks = columns[:width], max(last, default=0), marks[:width]
            if height != before:
                columns = [one.slice(0, height) for one in columns]
                marks = [secrets.token_hex(8) for _ in columns]
        texts = cells.pool.slice(len(self.shared.texts))
        count = (self.shared.seal, len(self.shared.texts))
        fresh = len(texts) if self.old is None else self.old.fresh
        return KeptSheet(self.habits, count, self.blocks, height, columns, marks, texts, fresh, seal, tail)

    def _carried(self, old: Dense, fresh: Dense, pool: pl.Series) -> tuple[Dense, bool]:
        """A column as it was, with the rows that were read anew; and whether it is what it was."""
        unchanged = True
        for start, stop in self._anew(len(old.kinds)):
            new = fresh.slice(start, stop)
            if not new.is_same(old.slice(start, stop), pool):
                old, unchanged = old.with_rows(start, new), False
        return old, unchanged

    def _anew(self, height: int) -> list[tuple[int, int]]:
        """The stretches of rows that were not taken over, up to the height."""
        found, done = [], 0
        for block in self.taken:
            if block.start > done:
                found.append((done, block.start))
            done = block.stop
        return [*found, (done, height)] if done < height else found


def is_worth(cells: Cells) -> bool:
    """Is a sheet of these cells big enough, and full enough, to be kept?"""
    return len(cells.rows) >= WORTH and _is_full(cells.height, cells.width, len(cells.rows))


def _is_full(height: int, width: int, count: int) -> bool:
    """So many cells in so large a sheet: may it stand in memory, and on the shelf, as whole columns?"""
    return height * width <= _SPREAD * count


def cut_as_before(blocks: Iterable[bytes], starts: Sequence[int], most: int) -> Iterator[bytes]:
    """The same rows, cut before the rows of these numbers (ascending): so that a change moves no later block's bounds.

    most: bytes after which a row that does not come is waited for no longer.
    """
    wanted = [b'<row r="%d"' % start for start in starts[:0:-1]]
    pending = b""
    for block in blocks:
        if pending and (not wanted or block.startswith(wanted[-1])):
            yield pending
            wanted, pending = wanted[:-1], b""
        if not pending:
            pending = block
            continue
        pending += block
        while wanted and (at := pending.find(wanted[-1])) >= 0:
            yield pending[:at]
            wanted, pending = wanted[:-1], pending[at:]
        if wanted and len(pending) > most:
            yield pending
            wanted, pending = wanted[:-1], b""
    while wanted and (at := pending.find(wanted.pop())) >= 0:
        yield pending[:at]
        pending = pending[at:]
    if pending:
        yield pending


def _place(arrays: list[npt.NDArray[Any]], array: npt.NDArray[Any] | None) -> int | None:
    if array is None:
        return None
    arrays.append(array)
    return len(arrays) - 1


def _frame(texts: pl.Series) -> memoryview:
    out = BytesIO()
    pl.DataFrame({"text": texts}).write_ipc(out, compression="uncompressed")
    return out.getbuffer()
