"""Rows that stand in the file as we left them are copied; the file is the same as if all had been drawn."""

import json
import random
import re
import subprocess
import zipfile
import zlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_crm.books.excel import sheetxml
from sheets_crm.books.excel.archive import Archive
from sheets_crm.books.excel.blob import Blob, Segment, Stretch
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.excel.celltext import _SPECIAL, looked_at
from sheets_crm.books.excel.standing import Standing
from sheets_crm.books.excel.stretches import digest_of, hashes_of
from sheets_crm.books.model import WritePlan
from sheets_crm.books.tab import Style, Tab, TabColumn, Table
from sheets_crm.shelf import NO_SHELF, FolderShelf
from tests.books.excel_cases import edit, save_plain

ROWS = 60
SHEET = "xl/worksheets/sheet2.xml"
NAME = "standing-rows"
MEMORY = f"{NAME}.kept"


@pytest.fixture(autouse=True)
def short_stretches(monkeypatch):
    """Eight rows a stretch: sixty rows then have as many seams as a quarter of a million."""
    monkeypatch.setattr(sheetxml, "_CHUNK_ROWS", 8)
    monkeypatch.setattr(sheetxml, "_STRETCH_ROWS", 4)


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "book.xlsx")


def row(number):
    """A client: every kind of value, some missing, some with signs that XML must escape."""
    return [
        f"Client {number}" if number % 7 else f" <Client> & {number}\n",
        None if number % 5 == 0 else f"+7900{number:07}",
        Decimal(number) * 100 + Decimal("0.25") if number % 3 else None,
        date(2026, 1, 1) + timedelta(days=number),
        number / 8 if number % 4 else None,
        number % 2 == 0,
    ]


def clients(rows, *, heights=None, style=None):
    """A tab like Clients."""
    dtypes = {
        "client": pl.String,
        "phone": pl.String,
        "sum": pl.Decimal(18, 2),
        "last": pl.Date,
        "share": pl.Float64,
        "open": pl.Boolean,
    }
    columns = tuple(
        TabColumn(name, name.title(), pl.Series([each[i] for each in rows], dtype=dtype), style=style or Style())
        for i, (name, dtype) in enumerate(dtypes.items())
    )
    return Tab("clients", "Clients", tables=(Table("crm_clients", columns),), heights=heights or {})


def write(path, tab, shelf=NO_SHELF):
    """Apply; how many stretches were drawn, and how many taken over."""
    book = ExcelBook(path, shelf=shelf)
    taken, drawn = [], []
    keep = Standing.keep

    def kept(self, sheets):
        for blob in sheets.values():
            taken.extend(one for one in blob.segments if one.is_old)
            drawn.extend(one for one in blob.segments if one.digest and not one.is_old)
        keep(self, sheets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Standing, "keep", kept)
        done = book.apply(WritePlan((tab,), book.fingerprint()))
    return done, len(drawn), len(taken)


def sheet_of(path):
    """The sheet's content as a zip program that knows nothing of us unpacks it; its check sums hold."""
    with zipfile.ZipFile(path) as file:
        assert file.testzip() is None
        return file.read(SHEET)


CHANGES = {
    "one cell": lambda rows, rng: rows[rng.randrange(len(rows))].__setitem__(2, Decimal("9.75")),
    "a name": lambda rows, rng: rows[rng.randrange(len(rows))].__setitem__(0, " spaces & <signs> "),
    "a row more": lambda rows, rng: rows.insert(rng.randrange(len(rows)), row(1000)),
    "a row less": lambda rows, rng: rows.pop(rng.randrange(len(rows))),
    "two rows change places": lambda rows, rng: rows.insert(0, rows.pop(rng.randrange(len(rows)))),
    "all sorted anew": lambda rows, rng: rng.shuffle(rows),
    "rows at the end": lambda rows, rng: rows.extend(row(2000 + i) for i in range(rng.randrange(30))),
    "nearly none left": lambda rows, rng: rows.__delitem__(slice(rng.randrange(6), None)),
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_after_any_change_the_file_is_the_one_that_is_drawn_in_full(book, tmp_path, seed):
    rng = random.Random(seed)
    other, memory = tmp_path / "other.xlsx", FolderShelf(tmp_path / "shelf")
    other.write_bytes(book.read_bytes())
    rows = [row(number) for number in range(ROWS)]
    taken = 0
    for change in rng.choices(list(CHANGES.values()), k=10):
        write(book, clients(rows), memory)
        write(other, clients(rows))
        assert book.read_bytes() == other.read_bytes()
        change(rows, rng)
        rows = rows or [row(1)]
        taken += write(book, clients(rows), memory)[2]
        write(other, clients(rows))
        assert book.read_bytes() == other.read_bytes()
        text = sheet_of(book)
        assert text.count(b"<row ") == len(rows) + 1
    assert taken


def test_one_changed_row_draws_one_stretch(book, tmp_path):
    rows = [row(number) for number in range(ROWS)]
    first = write(book, clients(rows), FolderShelf(tmp_path / "shelf"))
    assert first[1:] == (8, 0)
    rows[20][0] = "Someone else"
    assert write(book, clients(rows), FolderShelf(tmp_path / "shelf"))[1:] == (1, 7)
    cells = openpyxl.load_workbook(book)["Clients"]
    assert [cells.cell(22, column).value for column in (1, 2)] == ["Someone else", None]
    assert cells.cell(ROWS + 1, 1).value == f"Client {ROWS - 1}"


@pytest.mark.parametrize("is_kept", [False, True])
def test_rows_that_are_gone_from_the_end_go_from_the_tab(book, tmp_path, is_kept):
    """The rows that stay say what they said: that is not the same tab."""
    shelf = FolderShelf(tmp_path / "shelf") if is_kept else NO_SHELF
    rows = [row(number) for number in range(1, 7)]
    write(book, clients(rows), shelf)
    done, *_ = write(book, clients(rows[:4]), shelf)
    assert done.written == ("clients",)
    assert sheet_of(book).count(b"<row ") == 5


def test_nothing_new_writes_nothing_and_draws_nothing(book, tmp_path):
    tab = clients([row(number) for number in range(ROWS)])
    write(book, tab, FolderShelf(tmp_path / "shelf"))
    before, memory = book.read_bytes(), (tmp_path / "shelf" / MEMORY).read_bytes()
    done, *_ = write(book, tab, FolderShelf(tmp_path / "shelf"))
    assert not done.written
    assert book.read_bytes() == before
    assert (tmp_path / "shelf" / MEMORY).read_bytes() == memory


@pytest.mark.parametrize(
    "change",
    [
        lambda tab: replace(tab, heights={30: 44.0}),
        lambda tab: clients([row(n) for n in range(ROWS)], style=Style(bold=True)),
        lambda tab: replace(tab, tables=(replace(tab.tables[0], row=2),)),
        lambda tab: replace(tab, tables=(replace(tab.tables[0], column=1),)),
        lambda tab: replace(tab, tables=(replace(tab.tables[0], columns=tab.tables[0].columns[::-1]),)),
    ],
    ids=["height", "style", "lower", "further right", "columns"],
)
def test_another_look_is_drawn(book, tmp_path, change):
    tab = clients([row(number) for number in range(ROWS)])
    write(book, tab, FolderShelf(tmp_path / "shelf"))
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(book.read_bytes())
    write(book, change(tab), FolderShelf(tmp_path / "shelf"))
    write(plain, change(tab))
    assert sheet_of(book) == sheet_of(plain)
    assert book.read_bytes() == plain.read_bytes()


def test_what_people_did_to_the_tab_stays(book, tmp_path):
    """A filter hides rows, a column is wider: the next write carries both over, copied rows or not."""
    rows = [row(number) for number in range(ROWS)]
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients(rows), memory)
    edit(book, SHEET, ('<col min="1" max="1" width="', '<col min="1" max="1" width="4'))
    part = next(name for name in zipfile.ZipFile(book).namelist() if "tables/" in name)
    edit(
        book,
        part,
        (
            '<autoFilter ref="A1:F61"/>',
            '<autoFilter ref="A1:F61"><filterColumn colId="0"><filters><filter val="Client 1"/></filters></filterColumn></autoFilter>',
        ),
    )
    plain = tmp_path / "plain.xlsx"
    plain.write_bytes(book.read_bytes())
    rows[3][0] = "Changed"
    write(book, clients(rows), memory)
    write(plain, clients(rows))
    assert book.read_bytes() == plain.read_bytes()
    rows[3][0] = "Changed again"
    assert write(book, clients(rows), memory)[2]
    write(plain, clients(rows))
    assert book.read_bytes() == plain.read_bytes()
    text = sheet_of(book)
    assert b'hidden="1"' in text
    assert re.search(rb'width="4\d+', text)


def saved_again(path):
    openpyxl.load_workbook(path).save(path)


def packed_again(path):
    """The same members, packed by another program."""
    with zipfile.ZipFile(path) as old:
        parts = [(info, old.read(info)) for info in old.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new:
        for info, data in parts:
            new.writestr(info.filename, data)


@pytest.mark.parametrize("how", [saved_again, packed_again])
def test_a_file_that_another_program_wrote_is_drawn_in_full(book, tmp_path, how):
    rows = [row(number) for number in range(ROWS)]
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients(rows), memory)
    how(book)
    rows[50][0] = "Changed"
    _, drawn, taken = write(book, clients(rows), memory)
    assert (drawn, taken) == (8, 0)
    rows[50][0] = "Changed again"
    assert write(book, clients(rows), memory)[1:] == (1, 7)


def test_a_damaged_stretch_is_not_taken_over(book, tmp_path):
    """Bytes of ours that rotted on the disk, in a member whose size and check sum still read as we left them."""
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients([row(number) for number in range(ROWS)]), memory)
    told = json.loads(bytes(memory.get(NAME)))[SHEET]["stretches"]
    data = bytearray(book.read_bytes())
    data[Archive(bytes(data)).members[SHEET].at + told[2][1] + 5] ^= 0xFF
    known = Standing(memory).of(Archive(bytes(data)), SHEET)
    taken = [known(bytes.fromhex(digest)) for digest, *_ in told]
    assert [one is None for one in taken] == [number == 2 for number in range(8)]
    assert [zlib.decompressobj(-15).decompress(one.packed).count(b"<row ") for one in taken if one] == [8] * 6 + [4]


@pytest.mark.parametrize("content", [b"", b"{", b"null", b"x" * 4000])
def test_a_memory_that_is_lost_or_spoiled_costs_time_only(book, tmp_path, content):
    rows = [row(number) for number in range(ROWS)]
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients(rows), memory)
    (tmp_path / "shelf" / MEMORY).write_bytes(content)
    rows[9][0] = "Changed"
    assert write(book, clients(rows), memory)[1:] == (8, 0)
    rows[9][0] = "Changed again"
    assert write(book, clients(rows), memory)[1:] == (1, 7)


def test_places_that_point_outside_the_member_are_not_looked_at(book, tmp_path):
    rows = [row(number) for number in range(ROWS)]
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients(rows), memory)
    told = json.loads(bytes(memory.get(NAME)))
    for number, one in enumerate(told[SHEET]["stretches"]):
        one[1] = (-5, 10**9)[number % 2]
    memory.put(NAME, [json.dumps(told).encode()])
    rows[0][0] = "Changed"
    assert write(book, clients(rows), memory)[1:] == (8, 0)
    sheet_of(book)


def test_a_memory_that_cannot_be_written_stops_nothing(book, tmp_path):
    (tmp_path / "file").touch()
    done, drawn, _ = write(
        book, clients([row(number) for number in range(ROWS)]), FolderShelf(tmp_path / "file" / "shelf")
    )
    assert done.written
    assert drawn == 8


@pytest.mark.slow
def test_libreoffice_opens_what_was_copied(book, tmp_path, soffice):
    rows = [row(number) for number in range(ROWS)]
    memory = FolderShelf(tmp_path / "shelf")
    write(book, clients(rows), memory)
    rows[20][0] = "Someone else"
    assert write(book, clients(rows), memory)[2] == 7
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        [
            soffice,
            f"-env:UserInstallation={profile}",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(tmp_path / "out"),
            str(book),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    cells = openpyxl.load_workbook(Path(tmp_path / "out" / "book.xlsx"))["Clients"]
    assert cells["A22"].value == "Someone else"
    assert cells["D61"].value.date() == date(2026, 1, 1) + timedelta(days=ROWS - 1)


# ---- the stream


def test_segments_are_one_stream_whatever_was_taken_over():
    texts = [bytes([65 + n]) * (1000 * n) + b"<row/>" for n in range(6)]
    pieces = [
        b"head",
        Stretch(b"", bytes),
        *(Stretch(str(n).encode(), lambda text=text: text) for n, text in enumerate(texts)),
        b"tail",
    ]
    whole = b"head" + b"".join(texts) + b"tail"
    full = Blob.of_pieces(pieces)
    assert zlib.decompress(full.packed, -15) == whole
    assert (full.crc, full.size) == (zlib.crc32(whole), len(whole))
    old = {one.digest: replace(one, is_old=True) for one in full.segments if one.digest in {b"1", b"2", b"5"}}
    part = Blob.of_pieces(pieces, old.get)
    assert part.packed == full.packed
    assert (part.crc, part.size) == (full.crc, full.size)
    assert [one.is_old for one in part.segments] == [False, False, False, True, True, False, False, True, False]


def test_a_new_segment_that_does_not_unpack_to_its_text_is_found(tmp_path, book):
    tab = clients([row(number) for number in range(ROWS)])
    before = book.read_bytes()

    def wrong(pieces, known=None):
        blob = Blob.of_pieces_as_it_is(pieces, known)
        segments = list(blob.segments)
        other = zlib.compressobj(1, zlib.DEFLATED, -15)
        packed = other.compress(b"nonsense") + other.flush(zlib.Z_FULL_FLUSH)
        segments[3] = Segment(segments[3].crc, segments[3].size, packed)
        return replace(blob, segments=tuple(segments))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Blob, "of_pieces_as_it_is", Blob.of_pieces, raising=False)
        patch.setattr(Blob, "of_pieces", staticmethod(wrong))
        with pytest.raises(Exception, match="part_broken"):
            write(book, tab)
    assert book.read_bytes() == before


# ---- the digest


def frame_digest(*series, told=()):
    return digest_of(told, [hashes_of([pl.Series(values) for values in series])])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([["a", "b"]], [["b", "a"]]),
        ([["a", None]], [["a", ""]]),
        ([["a", ""], ["", "b"]], [["", "a"], ["b", ""]]),
        ([["ab"], ["c"]], [["a"], ["bc"]]),
        ([[0.0]], [[-0.0]]),
        ([[1, 2], [2, 1]], [[2, 1], [1, 2]]),
        ([[None, 1]], [[0, 1]]),
        ([["a"]], [["a", "a"]]),
        ([[True]], [[False]]),
        ([[None, True]], [[False, True]]),
        ([[2**62]], [[2**62 + 1]]),
        ([[Decimal(2**70)]], [[Decimal(2**70 + 1)]]),
        ([[date(2026, 1, 1)]], [[date(2026, 1, 2)]]),
        ([["a" * 100]], [["a" * 99 + "b"]]),
        ([["", None]], [[None, ""]]),
    ],
)
def test_what_would_be_drawn_otherwise_has_another_digest(one, other):
    assert frame_digest(*one) == frame_digest(*one)
    assert frame_digest(*one) != frame_digest(*other)


def test_all_that_is_told_counts():
    assert frame_digest(["a"], told=(1, 2)) != frame_digest(["a"], told=(1, 3))
    one, other = hashes_of([pl.Series(["a", "b"])]), hashes_of([pl.Series(["c", "d"])])
    assert digest_of((), [one, other]) != digest_of((), [other, one])
    assert digest_of((), [one]) != digest_of((), [one[::-1]])


# ---- the look at texts

ODD = st.text(
    st.sampled_from("ab_x1 &<>\n\t\r\x00\x1f\u00a0\u0085\u2003\u3000\u1680\u2116\u00ab\ufffe\uffffЖ"), max_size=6
)


@settings(max_examples=100)
@given(st.lists(st.none() | ODD, min_size=1, max_size=6))
def test_the_look_at_bytes_sees_all_that_the_pattern_sees(texts):
    values = pl.Series(texts, dtype=pl.String)
    told = [text for text in texts if text is not None]
    seen = looked_at([values, pl.Series(["plain"] * len(texts))])
    special = bool(pl.Series(["\n".join(told)]).str.contains(_SPECIAL).item())
    assert seen[0].is_plain == (not special)
    assert seen[0].is_filled == all(texts)
    assert seen[1].is_plain
    assert seen[1].is_filled
