"""The cells of a workbook's sheets, each read as a whole, or as far as it changed since it was last read.

Knows of names, merges and relations nothing: see `reader`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
import xxhash

from sheets_crm.books.dense import Cells, columns_of
from sheets_crm.books.excel.reader_kept import (
    Habits,
    KeptSheet,
    Reading,
    SharedTexts,
    Unlike,
    cut_as_before,
    is_worth,
)
from sheets_crm.books.excel.reader_package import BLOCK, Package
from sheets_crm.books.excel.reader_scan import SheetScan
from sheets_crm.books.excel.reader_text import shared_strings
from sheets_crm.books.excel.reader_xml import Blocks
from sheets_crm.books.grids import SheetFacts, grid_of_cells, without_blanks
from sheets_crm.books.model import Grid
from sheets_crm.shelf import NoShelf, Shelf

_BIG = 1 << 20  # bytes of a sheet's part: less holds no sheet that is worth keeping


@dataclass(frozen=True)
class Loose:
    """A sheet as loose cells. formulas: column (0-based) -> number of formula cells. tail: what stood behind the cells."""

    cells: Cells
    formulas: Mapping[int, int]
    tail: bytes

    def grid(self, facts: SheetFacts) -> Grid:
        """As a grid."""
        return grid_of_cells(facts, self.cells)


@dataclass(frozen=True)
class Whole:
    """A big sheet as columns. pool: of all texts."""

    kept: KeptSheet
    pool: pl.Series

    @property
    def formulas(self) -> Mapping[int, int]:
        """As of loose cells."""
        return self.kept.formulas()

    @property
    def tail(self) -> bytes:
        """As of loose cells."""
        return self.kept.tail

    def grid(self, facts: SheetFacts) -> Grid:
        """As a grid."""
        columns = columns_of(self.kept.columns, self.pool, self.kept.height, self.kept.marks)
        formulas = {column: count for column, count in facts.formulas.items() if column < len(columns)}
        return Grid(facts.name, columns, self.kept.height, facts.merges, formulas, facts.epoch_1904)


class Sheets:
    """Reads sheets of one workbook. dates: which cell formats show dates; epoch: days to add to their numbers."""

    def __init__(self, package: Package, shared: str | None, dates: list[bool], epoch: int, shelf: Shelf) -> None:
        self._package, self._habits, self._shelf = package, Habits(dates, epoch), shelf
        self._shared = SharedTexts((0, 0, 0), pl.Series([], dtype=pl.String))
        if shared is not None:
            place = shelf if package.largest() >= _BIG else NoShelf()
            seal = package.seal(shared)
            self._shared = SharedTexts.read(seal, lambda: shared_strings(package.stream(shared)), place)

    def read(self, part: str, *, is_kept: bool = True) -> Loose | Whole:
        """The sheet of a part; "" for one without cells. NotXml, WorkbookUnreadable. is_kept: may it be taken from the shelf?"""
        if not part or not is_kept or self._package.stamp(part)[1] < _BIG:
            return self._plainly(part)
        name = f"sheet-{xxhash.xxh3_64_hexdigest(part.casefold().encode())}"
        old = KeptSheet.on(self._shelf, name, self._habits, self._shared)
        if old is not None and old.seal == self._package.seal(part):  # nobody touched it: it need not even be unpacked
            if self._shared.before is not None:
                old.keep(self._shelf, name)  # under the shared strings of now
            return Whole(old, pl.concat([self._shared.texts, old.texts]))
        try:
            return self._again(part, name, old)
        except Unlike:
            return self._again(part, name, None)

    def _plainly(self, part: str) -> Loose:
        scan = self._scan()
        blocks = self._blocks(part)
        for block in blocks:
            scan.add(block)
        return Loose(scan.cells(self._shared.texts), scan.formulas, blocks.tail)

    def _again(self, part: str, name: str, old: KeptSheet | None) -> Loose | Whole:
        """A big sheet; its blocks that `old` knows are not looked into."""
        reading = Reading(self._habits, self._shared, old)
        scan = self._scan(0 if old is None else len(old.texts))
        blocks = self._blocks(part)
        for block in blocks if old is None else cut_as_before(blocks, old.starts, 2 * BLOCK):
            self._block(block, reading, scan)
        cells = without_blanks(scan.cells(reading.texts))
        if old is None and not (reading.is_orderly and is_worth(cells)):
            return Loose(cells, scan.formulas, blocks.tail)
        kept = reading.whole(cells, self._package.seal(part), blocks.tail)
        kept.keep(self._shelf, name)
        return Whole(kept, cells.pool)

    def _scan(self, known: int = 0) -> SheetScan:
        return SheetScan(len(self._shared.texts), self._habits.dates, self._habits.epoch, known)

    @staticmethod
    def _block(raw: bytes, reading: Reading, scan: SheetScan) -> None:
        digest = xxhash.xxh3_128_hexdigest(raw)
        if reading.take(digest, raw):
            scan.row = reading.last
            return
        before = Counter(scan.formulas)
        rows = scan.add(raw)
        if rows is not None:
            reading.note(digest, rows, dict(Counter(scan.formulas) - before))

    def _blocks(self, part: str) -> Blocks:
        pieces: Iterator[bytes] = self._package.stream(part) if part else iter((b"<none/>",))
        return Blocks(pieces, b"sheetData", b"row")
