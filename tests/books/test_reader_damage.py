"""Files that are not what their name says: one clear sentence each, in both languages, and never half a grid."""

from __future__ import annotations

import zipfile

import pytest

from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.errors import OwnerError, WorkbookMissing, WorkbookUnreadable
from sheets_crm.words import catalogue, say
from tests.books.xlsx import sheet, workbook

ROWS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><v>1</v></c></row>'
OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def refusal(path) -> OwnerError:
    with pytest.raises(OwnerError) as caught:
        read_sheets(path)
    error = caught.value
    for lang in ("ru", "en"):
        assert str(path) in say(error.key, lang, **error.values)
    return error


def test_a_missing_file_and_a_folder(tmp_path):
    assert refusal(tmp_path / "no.xlsx").key == "books.missing"
    assert refusal(tmp_path).key == "books.directory"
    with pytest.raises(WorkbookMissing):
        read_sheets(tmp_path)


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (OLE2 + bytes(600), "books.ole2"),
        (OLE2 + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "books.encrypted"),
        (b"\xef\xbb\xbf\r\n<HTML><table>", "books.html"),
        (b"", "books.strange"),
        (b"id;name", "books.strange"),
        (b"PK\x03\x04 and no more", "books.broken"),
    ],
)
def test_files_of_another_kind(tmp_path, content, key):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    assert refusal(path).key == key


@pytest.mark.parametrize(
    ("members", "key"),
    [
        ({"content.xml": "x", "mimetype": "x"}, "books.ods"),
        ({"word/document.xml": "x"}, "books.strange"),
        ({}, "books.strange"),
    ],
)
def test_packages_of_another_kind(tmp_path, members, key):
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    assert refusal(path).key == key


@pytest.mark.parametrize(
    "part",
    [
        sheet(ROWS).replace("</sheetData></worksheet>", ""),
        sheet(ROWS).removesuffix("</row></sheetData></worksheet>"),
        "<!DOCTYPE x [<!ENTITY a 'b'>]>" + sheet(ROWS).partition("?>")[2],
        sheet(ROWS.replace("<v>0</v>", "<v>5</v>")),
        sheet(ROWS.replace("<v>0</v>", "<v>-1</v>")),
        sheet(ROWS.replace("<v>0</v>", "<v>x</v>")),
        sheet(ROWS.replace("</v></c></row>", "</v></row>")),
        sheet(ROWS.replace("<v>1</v>", "<v>1</w>")),
        sheet(ROWS.replace("<v>1</v>", "<is><r><t>1</r></is>")),
        sheet(ROWS.replace('row r="1"', 'row r="0"')),
        sheet(ROWS.replace('row r="1"', 'row r="1048577"')),
        sheet(ROWS.replace('row r="1"', 'row r="99999999999"')),
        sheet(ROWS.replace("B1", "XFE1")),
        sheet(ROWS.replace("B1", "B0")),
        sheet(ROWS.replace("B1", "B1048577")),
        sheet(ROWS + "<!-- "),
        sheet("<c r='A1'><v>1</v></c>"),
        sheet("<c r='A1'><v>1</v></c>" + ROWS),
        sheet(ROWS).encode() .replace(b"<v>1</v>", b"<v>\xff</v>"),
        sheet(ROWS).replace("UTF-8", "UTF-99"),
        sheet(ROWS).encode("utf-16")[:-7],
    ],
)  # fmt: skip
def test_damaged_sheets(tmp_path, part):
    path = workbook(tmp_path / "book.xlsx", {"A": part}, strings="<si><t>x</t></si>")
    assert refusal(path).key == "books.broken"


@pytest.mark.parametrize("strings", ["<si><t>x</si>", "<si><t>x</t></si><si><r><t>x</r></si>", "<si><t>x</t></si><!--"])
def test_damaged_strings(tmp_path, strings):
    rows = ROWS + '<row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    assert refusal(workbook(tmp_path / "book.xlsx", {"A": sheet(rows)}, strings=strings)).key == "books.broken"


def test_shared_strings_that_are_gone(tmp_path):
    """Reading such cells as blanks would look as if the clients had been deleted."""
    assert refusal(workbook(tmp_path / "book.xlsx", {"A": sheet(ROWS)})).key == "books.broken"


@pytest.mark.parametrize("deflate", [True, False])
def test_a_flipped_bit_is_noticed(tmp_path, deflate):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet(ROWS)}, strings="<si><t>x</t></si>", deflate=deflate)
    with zipfile.ZipFile(path) as package:
        info = package.getinfo("xl/worksheets/sheet1.xml")
    data = bytearray(path.read_bytes())
    data[info.header_offset + 30 + len(info.filename) + info.compress_size // 2] ^= 1
    path.write_bytes(data)
    assert refusal(path).key == "books.broken"


def test_every_cut_of_a_file_is_refused(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet(ROWS)}, strings="<si><t>x</t></si>")
    data = path.read_bytes()
    for length in range(0, len(data) - 1, 37):
        path.write_bytes(data[:length])
        with pytest.raises(WorkbookUnreadable):
            read_sheets(path)


def test_a_password_on_the_zip_itself(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet(ROWS)}, strings="<si><t>x</t></si>")
    data = bytearray(path.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    path.write_bytes(data)
    assert refusal(path).key == "books.encrypted"


def test_the_sentences_have_the_same_keys_in_both_languages():
    assert set(catalogue("ru")["books"]) == set(catalogue("en")["books"])


def test_a_sheet_whose_part_is_gone_is_told_as_damage(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet('<row r="1"><c r="A1"><v>1</v></c></row>')})
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist() if not name.endswith("sheet1.xml")}
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    with pytest.raises(WorkbookUnreadable):
        read_sheets(path)
