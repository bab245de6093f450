"""Packages as programs other than Excel leave them: what they forget, and how they spell names."""

import re
import zipfile

import openpyxl
import pytest
from openpyxl.styles import Font

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.model import WritePlan
from sheets_crm.cells import Kind
from sheets_crm.errors import WorkbookUnreadable
from tests.books.excel_cases import edit, funnel, members, problems, rezip, save_plain, tasks, write
from tests.books.untouched import assert_untouched
from tests.books.xlsx import MAIN, REL, sheet, workbook

CHAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "book.xlsx")


def with_chain(book, chain):
    edit(
        book,
        "[Content_Types].xml",
        ("</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{CHAIN}"/></Types>'),
    )
    rel = f'<Relationship Id="rIdChain" Type="{REL}/calcChain" Target="calcChain.xml"/></Relationships>'
    edit(book, "xl/_rels/workbook.xml.rels", ("</Relationships>", rel))
    return rezip(book, {"xl/calcChain.xml": chain.encode()})


def sheet_ids(book):
    return re.findall(r'sheetId="(\d+)"', members(book)["xl/workbook.xml"].decode())


def test_new_tabs_do_not_take_the_number_of_a_sheet_that_the_chain_still_names(book, tmp_path):
    """Excel offers a repair where the chain names cells of ours without a formula."""
    chain = f'<calcChain xmlns="{MAIN}"><c r="A1" i="2"/><c r="A1" i="4"/></calcChain>'
    with_chain(book, chain)
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = write(book, tasks(), funnel())
    assert sheet_ids(book) == ["1", "5", "6"]
    assert members(book)["xl/calcChain.xml"] == chain.encode()
    assert_untouched(before, book, done.titles.values())


def damaged(path, member):
    """The member's packed bytes are no deflate stream any more."""
    with zipfile.ZipFile(path) as file:
        info = file.getinfo(member)
    data = bytearray(path.read_bytes())
    begin = info.header_offset + 30 + len(member)
    data[begin : begin + info.compress_size] = b"\xff" * info.compress_size
    path.write_bytes(data)


def test_damaged_properties_stop_nothing(book):
    damaged(book, "docProps/core.xml")
    assert ExcelBook(book).last_editor() == ""
    assert write(book, tasks()).written == ("tasks",)


def test_a_workbook_none_of_whose_sheets_is_there_is_refused(book):
    rezip(book, {"xl/_rels/workbook.xml.rels": None})
    before = book.read_bytes()
    with pytest.raises(WorkbookUnreadable, match="part_broken"):
        write(book, tasks())
    assert book.read_bytes() == before


def test_an_empty_part_is_a_damaged_sheet_not_an_empty_one(book):
    rezip(book, {"xl/worksheets/sheet1.xml": b""})
    with pytest.raises(WorkbookUnreadable):
        read_sheets(book)


def test_a_window_on_a_sheet_that_is_gone_does_not_open_on_a_new_tab(book):
    """The first sheet is selected: with a tab of ours active, both would be edited at once."""
    text = members(book)["xl/workbook.xml"].decode()
    edit(book, "xl/workbook.xml", ('activeTab="0"', 'activeTab="1"'))
    write(book, tasks(), problems())
    assert re.findall(r'activeTab="(\d+)"', text + members(book)["xl/workbook.xml"].decode()) == ["0", "0"]


def test_names_written_as_addresses(book, tmp_path):
    change = {"xl/worksheets/sheet1.xml": None, "xl/worksheets/My sheet.xml": members(book)["xl/worksheets/sheet1.xml"]}
    for member in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        edit(book, member, ("worksheets/sheet1.xml", "worksheets/My%20sheet.xml"))
    rezip(book, change)
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = write(book, tasks())
    assert_untouched(before, book, done.titles.values())
    assert read_sheets(book, ["My sheet"])["My sheet"].cell(2, 0) == "Anna"
    opened = ExcelBook(book)
    opened.apply(WritePlan((), opened.fingerprint(), remove=("tasks",)))
    assert members(book) == members(before)


def test_a_removed_tab_leaves_single_quotes_as_they_were(book):
    quoted = {
        name: data.decode().replace('"', "'").encode()
        for name, data in members(book).items()
        if name.endswith(("styles.xml", "workbook.xml"))
    }
    rezip(book, quoted)
    before = members(book)
    write(book, tasks(), funnel())
    opened = ExcelBook(book)
    opened.apply(WritePlan((), opened.fingerprint(), remove=("tasks", "funnel")))
    assert members(book) == before


def test_fonts_keep_the_order_of_the_schema(tmp_path):
    def fill(made):
        made.active["A1"].font = Font(name="Arial", charset=204, family=2, scheme="minor")

    book = save_plain(tmp_path / "book.xlsx", fill)
    font = '<font><sz val="11"/><name val="Arial"/><charset val="204"/><family val="2"/><scheme val="minor"/></font>'
    styles = re.sub(r"(<fonts[^>]*>)<font>.*?</font>", rf"\1{font}", members(book)["xl/styles.xml"].decode(), count=1)
    rezip(book, {"xl/styles.xml": styles.encode()})
    write(book, tasks())
    ours = re.findall(r"<font>(<b/>.*?)</font>", members(book)["xl/styles.xml"].decode())
    assert ours
    for each in ours:
        order = [word for word in re.findall(r"<(\w+)", each) if word in {"name", "family", "charset", "scheme"}]
        assert order == ["name", "family", "charset", "scheme"]


def test_what_stands_before_the_zip_is_refused_by_reading_and_writing_alike(book):
    data = b"junk\r\n\0" + book.read_bytes()
    assert zipfile.is_zipfile(book)
    book.write_bytes(data)
    with pytest.raises(WorkbookUnreadable):
        write(book, tasks())
    with pytest.raises(WorkbookUnreadable):
        read_sheets(book)
    assert book.read_bytes() == data


def test_folders_listed_in_two_spellings_are_no_part_in_it_twice(book):
    with zipfile.ZipFile(book, "a") as file:
        for name in ("xl/", "XL/", "docProps/"):
            file.writestr(name, b"")
    write(book, tasks())
    assert {"xl/", "XL/", "docProps/", "xl/worksheets/sheet2.xml"} <= set(members(book))


# ---- rows


def test_cells_without_an_address_keep_their_place_whatever_they_hold(tmp_path):
    """Rich text, a day and a number with spaces are read one by one: each where it stands in its row."""
    rich = '<c t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>'
    rows = f'<row><c><v>1</v></c><c><v>2</v></c>{rich}<c t="d"><v>2024-05-06</v></c><c><v> 7 </v></c></row>'
    path = workbook(tmp_path / "book.xlsx", {"S": sheet(f'<row><c t="str"><v>x</v></c></row>{rows}')})
    grid = read_sheets(path, ["S"])["S"]
    assert [grid.columns[place].kind[1] for place in range(5)] == [
        Kind.NUMBER, Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.NUMBER,
    ]  # fmt: skip
    assert (grid.columns[2].text[1], grid.columns[4].number[1]) == ("ab", 7.0)
    assert grid.cell(1, 0) == "x"


def test_rows_behind_the_cells_are_not_the_sheets(tmp_path):
    after = '<extLst><ext uri="{a}"><row r="1"><c r="C3"><v>8</v></c></row></ext></extLst>'
    path = workbook(tmp_path / "book.xlsx", {"S": sheet('<row r="1"><c r="A1"><v>5</v></c></row>', after)})
    grid = read_sheets(path, ["S"])["S"]
    assert (grid.height, len(grid.columns), grid.cell(1, 0)) == (1, 1, 5.0)


def test_openpyxl_opens_what_was_written_into_such_a_package(book):
    with_chain(book, f'<calcChain xmlns="{MAIN}"><c r="A1" i="2"/></calcChain>')
    write(book, tasks())
    assert openpyxl.load_workbook(book).sheetnames == ["My sheet", "Tasks"]


def test_a_directory_that_points_behind_the_end_is_damage(book):
    data = book.read_bytes()
    entry = data.index(b"xl/worksheets/sheet1.xml", data.rindex(b"PK\5\6") - 2000) - 46  # its place in the directory
    assert data[entry : entry + 4] == b"PK\1\2"
    book.write_bytes(data[: entry + 42] + (len(data) - 8).to_bytes(4, "little") + data[entry + 46 :])
    with pytest.raises(WorkbookUnreadable):
        read_sheets(book)
