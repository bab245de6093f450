"""Read-only sources: text tables as they come out of other programs, and the other workbook formats."""

from __future__ import annotations

import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from sheets_crm.books.model import Merge
from sheets_crm.books.sources import read_source
from sheets_crm.cells import Kind
from sheets_crm.errors import OwnerError
from sheets_crm.words import say
from tests.books.contract import values
from tests.books.xlsx import sheet, workbook

SHARED = Path(os.environ.get("SHEETS_CRM_SHARED", Path(__file__).parents[3] / "shared"))
RUSSIAN = 'Имя;Сумма;Примечание\r\nАнна;1 234,50;"две\nстроки; и ""кавычки"""\r\n№ 5;007;\r\n'
SEEN = [["Имя", "Сумма", "Примечание"], ["Анна", "1 234,50", 'две\nстроки; и "кавычки"'], ["№ 5", "007"]]


def table(tmp_path, data: bytes, name="выгрузка.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    [(title, grid)] = read_source(path).items()
    assert title == grid.name == path.stem
    return grid


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings(tmp_path, encoding):
    assert values(table(tmp_path, RUSSIAN.encode(encoding))) == SEEN


def test_western_code_page(tmp_path):
    assert values(table(tmp_path, "name,sum\nCafé Müller,£5\n".encode("cp1252"))) == [
        ["name", "sum"],
        ["Café Müller", "£5"],
    ]


def test_a_single_cyrillic_letter_is_still_cyrillic(tmp_path):
    assert values(table(tmp_path, "a;b\n1;5 р.\n".encode("cp1251"))) == [["a", "b"], ["1", "5 р."]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a\tb\n1,5\t2,5\n", [["a", "b"], ["1,5", "2,5"]]),
        ("Имя;Сумма\nА;1,5\nБ;2,5\n", [["Имя", "Сумма"], ["А", "1,5"], ["Б", "2,5"]]),
        ("1,5;2,5\n3,5;4,5\n", [["1,5", "2,5"], ["3,5", "4,5"]]),
        ("адрес;город\nг. Москва, ул. 1, д. 5;М\nТула;Т\n", [["адрес", "город"], ["г. Москва, ул. 1, д. 5", "М"], ["Тула", "Т"]]),
        ("name,note\nA,x; y; z\nB,q\n", [["name", "note"], ["A", "x; y; z"], ["B", "q"]]),
        ("sep=|\r\na|b;c\r\n", [["a", "b;c"]]),
        ("one\ntwo\n", [["one"], ["two"]]),
        ("a;b\n\n;\nc", [["a", "b"], [], [], ["c"]]),
        ("", []),
    ],
)  # fmt: skip
def test_separators(tmp_path, text, rows):
    assert values(table(tmp_path, text.encode())) == rows


def test_nothing_is_guessed(tmp_path):
    grid = table(tmp_path, b"007,2026-11-05,TRUE,1e5, x ,=1+1,#REF!\n")
    assert grid.row(1) == ["007", "2026-11-05", "TRUE", "1e5", " x ", "=1+1", "#REF!"]
    assert {int(column.kind[0]) for column in grid.columns} == {Kind.TEXT}


def test_a_long_table_with_a_long_field(tmp_path):
    text = "id;text\n" + f'0;"{"я" * 300_000}"\n' + "".join(f"{n};x\n" for n in range(1, 30_000))
    grid = table(tmp_path, text.encode())
    assert (grid.height, len(grid.cell(2, 1)), grid.cell(30_001, 0)) == (30_001, 300_000, "29999")


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", None, "books.missing"),
        ("a.csv", b"a\0\0\0b;c", "books.strange"),
        ("a.ods", b"nothing", "books.strange"),
        ("a.xls", b"<html>", "books.html"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(700), "books.broken"),
        ("a.xlsb", b"PK\x03\x04", "books.broken"),
    ],
)
def test_refusals(tmp_path, name, content, key):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OwnerError) as caught:
        read_source(path)
    assert caught.value.key == key
    assert say(key, "ru", **caught.value.values) != say(key, "en", **caught.value.values)


ODS = """<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Лист">
<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>
<table:table-row><table:table-cell table:number-columns-repeated="2"/><table:table-cell office:value-type="string"><text:p>Анна</text:p></table:table-cell>
<table:table-cell office:value-type="float" office:value="1.5"/><table:table-cell office:value-type="date" office:date-value="2026-11-05"/>
<table:table-cell office:value-type="boolean" office:boolean-value="true"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def test_open_document(tmp_path):
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("META-INF/manifest.xml", "<manifest/>")
        package.writestr("content.xml", ODS.replace("\n<", "<").replace("\n", " "))
    grid = read_source(path)["Лист"]
    assert grid.row(3) == [None, None, "Анна", 1.5, date(2026, 11, 5), True]
    assert grid.columns[0].is_blank
    assert grid.height == 3


def test_a_modern_workbook_under_any_name(tmp_path):
    path = workbook(
        tmp_path / "a.bin",
        {
            "A": sheet(
                '<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>', '<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'
            )
        },
    )
    grid = read_source(path)["A"]
    assert grid.columns[0].kind[0] == Kind.ERROR
    assert grid.merges == (Merge(1, 0, 1, 1),)


@pytest.mark.corpus
def test_binary_workbooks_where_present():
    for path in sorted(SHARED.glob("data/xlsx/*.xlsb")):
        assert any(grid.height for grid in read_source(path).values()), path.name
