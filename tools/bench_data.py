"""Makes the big workbooks that tools/bench.py measures on: `python tools/bench_data.py ROWS COLUMNS OUT.xlsx`.

Written as Excel writes them: shared strings in order of first appearance, cell addresses, row spans, dates as styled numbers.
Some cells are dirty, as in life. Vectorised, because a million rows through a cell-by-cell writer take minutes.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from bench_zip import SHEET_PART

WORDS = Path(__file__).with_name("bench_words.yaml")
TODAY = date(2026, 3, 16)
CHUNK = 50_000
_SERIAL_ZERO = date(1899, 12, 30).toordinal()
_NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


@dataclass
class Cells:
    """One column: a text, or else a number, or else nothing. `date` numbers get the date style."""

    text: pl.Series | None = None
    number: pl.Series | None = None
    date: bool = False


def write(rows: int, columns: int, target: Path) -> None:
    """A workbook of `rows` data rows under one header row: the twenty columns, or those of the narrow base."""
    words = yaml.safe_load(WORDS.read_text("utf-8"))
    chosen = words["narrow"] if columns == len(words["narrow"]) else words["columns"][:columns]
    every = dict(zip(words["columns"], _Maker(words, rows).columns(), strict=True))
    strings, indexed = _share(chosen, [every[name] for name in chosen])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        for name, text in _PARTS.items():
            book.writestr(name, text.format(sheet=words["sheet"]))
        with book.open(SHEET_PART, "w", force_zip64=True) as part:
            for piece in _sheet_xml(rows, columns, indexed):
                part.write(piece)
        with book.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for piece in _strings_xml(strings):
                part.write(piece)


class _Maker:
    """Twenty columns of an invented base, the same every time."""

    def __init__(self, words: dict[str, Any], rows: int) -> None:
        self.words, self.rows = words, rows
        self.rng = np.random.default_rng(20260316)
        self.number = pl.Series(np.arange(1, rows + 1))

    def columns(self) -> list[Cells]:
        """In the order of the words file."""
        w = self.words
        stage = self.weighted(w["stages"])
        amount = pl.Series((self.rng.integers(10, 4000, self.rows) * 50).astype(float))
        created = self.day(3, 700)
        offer = self.some(created, 0.6)
        paid = self.mostly(amount, amount / 2, 0.99)
        return [
            Cells(number=self.number.cast(pl.Float64)),
            Cells(text=self.names()),
            Cells(text=self.phones()),
            Cells(text=self.pick(w["managers"])),
            Cells(text=stage),
            Cells(text=self.dirt(w["no_amount"], 0.002), number=amount),
            Cells(text=self.text_days(created, 0.002), number=created, date=True),
            Cells(number=offer, date=True),
            Cells(number=paid),
            Cells(number=self.some(self.day(-20, 20), 0.9), date=True),
            Cells(text=self.some(self.format("user{}@example.com"), 0.8)),
            Cells(text=self.pick(w["cities"])),
            Cells(text=self.pick(w["sources"])),
            Cells(number=self.some(self.day(20 * 365, 60 * 365), 0.6), date=True),
            Cells(text=self.pick(w["consents"])),
            Cells(number=self.some(created, 0.4), date=True),
            Cells(number=self.some(created + 19, 0.4), date=True),
            Cells(number=self.mostly(self.day(1, 88), self.day(91, 700), 0.98), date=True),
            Cells(text=self.pick(w["reasons"])),
            Cells(text=self.pick(w["notes"])),
        ]

    def pick(self, values: list[str]) -> pl.Series:
        series = pl.Series(values, dtype=pl.String).gather(self.rng.integers(0, len(values), self.rows))
        return series.to_frame("v").select(pl.when(pl.col("v") != "").then(pl.col("v"))).to_series()

    def weighted(self, shares: dict[str, float]) -> pl.Series:
        names, weights = list(shares), np.array(list(shares.values()))
        chosen = self.rng.choice(len(names), self.rows, p=weights / weights.sum())
        return pl.Series(names, dtype=pl.String).gather(chosen)

    def mostly(self, usual: pl.Series, other: pl.Series, share: float) -> pl.Series:
        kept = pl.Series(self.rng.random(self.rows) < share)
        return pl.select(pl.when(kept).then(usual).otherwise(other)).to_series()

    def day(self, first: int, last: int) -> pl.Series:
        """Serial numbers from `first` to `last` days before the run's day."""
        today = TODAY.toordinal() - _SERIAL_ZERO
        return pl.Series((today - self.rng.integers(first, last + 1, self.rows)).astype(float))

    def some(self, values: pl.Series, share: float) -> pl.Series:
        kept = pl.Series(self.rng.random(self.rows) < share)
        return pl.select(pl.when(kept).then(values)).to_series()

    def dirt(self, text: str, share: float) -> pl.Series:
        return self.some(pl.Series([text]).new_from_index(0, self.rows), share)

    def text_days(self, serials: pl.Series, share: float) -> pl.Series:
        days = pl.select(
            (pl.lit(date(1899, 12, 30)) + pl.duration(days=serials.cast(pl.Int64))).dt.strftime("%d.%m.%Y")
        )
        return self.some(days.to_series(), share)

    def format(self, pattern: str) -> pl.Series:
        return pl.select(pl.format(pattern, self.number)).to_series()

    def names(self) -> pl.Series:
        last, first = self.pick(self.words["last"]), self.pick(self.words["first"])
        return pl.select(pl.format("{} {} {}", last, first, self.number)).to_series()

    def phones(self) -> pl.Series:
        """Unique numbers in three forms; a few cut short."""
        digits = pl.select(pl.lit(self.number + 9_000_000_000).cast(pl.String)).to_series()
        area, rest = digits.str.slice(0, 3), digits.str.slice(3)
        forms = [
            pl.format("+7 ({}) {}-{}", area, rest.str.slice(0, 3), rest.str.slice(3)),
            pl.format("8{}", digits),
            pl.format("+7{}", digits),
        ]
        form = pl.Series(self.rng.integers(0, 3, self.rows))
        short = pl.Series(self.rng.random(self.rows) < 0.003)
        chosen = pl.when(form == 0).then(forms[0]).when(form == 1).then(forms[1]).otherwise(forms[2])
        return pl.select(pl.when(short).then(rest).otherwise(chosen)).to_series()


def _share(headers: list[str], columns: list[Cells]) -> tuple[pl.Series, list[tuple[pl.Series | None, Cells]]]:
    """All strings once, in order of first appearance, header first; and each column's indexes into them."""
    texts = [cells.text for cells in columns if cells.text is not None]
    by_row = pl.DataFrame({str(n): text for n, text in enumerate(texts)}).select(
        pl.concat_list(pl.all()).explode().drop_nulls()
    )
    strings = pl.concat([pl.Series(headers), by_row.to_series().unique(maintain_order=True)])
    lookup = pl.DataFrame({"text": strings, "index": pl.Series(range(len(strings)), dtype=pl.UInt32)})
    lookup = lookup.unique("text", keep="first", maintain_order=True)
    indexed: list[tuple[pl.Series | None, Cells]] = []
    for cells in columns:
        index = None
        if cells.text is not None:
            joined = pl.DataFrame({"text": cells.text}).join(lookup, on="text", how="left", maintain_order="left")
            index = joined["index"]
        indexed.append((index, cells))
    return strings, indexed


def _sheet_xml(rows: int, width: int, columns: list[tuple[pl.Series | None, Cells]]) -> Iterator[bytes]:
    last = f"{_letter(width - 1)}{rows + 1}"
    header = "".join(f'<c r="{_letter(n)}1" t="s"><v>{n}</v></c>' for n in range(width))
    yield (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_NS}"><dimension ref="A1:{last}"/>'
        f'<sheetFormatPr defaultRowHeight="15"/><sheetData><row r="1" spans="1:{width}">{header}</row>'
    ).encode()
    for start in range(0, rows, CHUNK):
        length = min(CHUNK, rows - start)
        row = pl.Series(np.arange(start + 2, start + 2 + length))
        cells = [_cell_xml(_letter(n), row, index, column) for n, (index, column) in enumerate(columns)]
        opened = pl.format('<row r="{}" spans="1:{}">', row, pl.lit(width))
        text = pl.select(pl.concat_str([opened, *cells, pl.lit("</row>")]).str.join("")).item()
        yield text.encode()
    yield b'</sheetData><pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/></worksheet>'


def _cell_xml(letter: str, row: pl.Series, index: pl.Series | None, cells: Cells) -> pl.Expr:
    """Cells of one column for the user's rows in `row`."""
    start, length = int(row[0]) - 2, len(row)
    style = ' s="1"' if cells.date else ""
    xml = pl.lit("")
    if cells.number is not None:
        value = cells.number.slice(start, length)
        plain = value.cast(pl.String).str.strip_suffix(".0")
        shown = pl.format(f'<c r="{letter}{{}}"{style}><v>{{}}</v></c>', row, plain)
        xml = pl.when(value.is_not_null()).then(shown).otherwise(pl.lit(""))
    if index is not None:
        value = index.slice(start, length)
        shown = pl.format(f'<c r="{letter}{{}}" t="s"><v>{{}}</v></c>', row, value)
        xml = pl.when(value.is_not_null()).then(shown).otherwise(xml)
    return xml


def _strings_xml(strings: pl.Series) -> Iterator[bytes]:
    count = len(strings)
    yield f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<sst xmlns="{_NS}" count="{count}" uniqueCount="{count}">'.encode()
    for start in range(0, count, CHUNK):
        part = strings.slice(start, CHUNK).str.replace_all("&", "&amp;").str.replace_all("<", "&lt;")
        yield pl.select(pl.format("<si><t>{}</t></si>", part).str.join("")).item().encode()
    yield b"</sst>"


def _letter(index: int) -> str:
    return chr(65 + index)


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": _HEAD
    + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    + '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    + '<Default Extension="xml" ContentType="application/xml"/>'
    + f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    + f'<Override PartName="/{SHEET_PART}" ContentType="{_TYPE}.worksheet+xml"/>'
    + f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    + f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": _HEAD
    + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    + f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": _HEAD
    + f'<workbook xmlns="{_NS}" xmlns:r="{_REL}"><sheets><sheet name="{{sheet}}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _HEAD
    + '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    + f'<Relationship Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/>'
    + f'<Relationship Id="rId2" Type="{_REL}/styles" Target="styles.xml"/>'
    + f'<Relationship Id="rId3" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": _HEAD
    + f'<styleSheet xmlns="{_NS}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    + '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    + '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    + '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    + '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    + '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    + '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}

if __name__ == "__main__":
    write(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
