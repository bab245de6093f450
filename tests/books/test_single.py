"""One sheet as a workbook of its own: its cells and looks as they were, nothing of the others, not even their texts."""

import io
import struct
import subprocess
import zipfile
import zlib
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openxml_audit import OpenXmlValidator

from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.excel.single import Left, NoCells, one_sheet, sheet_titles
from sheets_crm.books.excel.single_formulas import Own
from sheets_crm.errors import WorkbookUnreadable

pytestmark = pytest.mark.filterwarnings(
    "ignore:Data Validation extension:UserWarning", "ignore:.*extension is not supported:UserWarning"
)

SECRET = "Тайна другого листа"


def picture() -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\1\2\3")) + chunk(b"IEND", b"")
    )


@pytest.fixture(scope="module")
def rich(tmp_path_factory) -> bytes:
    """A workbook with one of everything on its sheet «Сделки», and secrets on the others."""
    path = tmp_path_factory.mktemp("rich") / "rich.xlsx"
    book = xlsxwriter.Workbook(path)
    other, deals, chart_only = (
        book.add_worksheet("Клиенты"),
        book.add_worksheet("Сделки"),
        book.add_chartsheet("График"),
    )
    other.write_column("A1", [SECRET, "Ещё одна тайна"])
    other.set_comments_author("someone")
    bold, money = book.add_format({"bold": True, "bg_color": "#FFEE00"}), book.add_format({"num_format": "#,##0.00 ₽"})
    deals.write_row("A1", ["Клиент", "Сумма", "Дата", "Итог"], bold)
    deals.write_row("A2", ["Ромашка", 100.5])
    deals.write("B2", 100.5, money)
    deals.write_datetime("C2", date(2026, 11, 21), book.add_format({"num_format": "dd.mm.yyyy"}))
    deals.write_formula("D2", "=B2*2", money, 201)
    deals.write_formula("D3", "=Клиенты!A1", None, SECRET[:5])
    deals.write_formula("D4", "=VLOOKUP(A2,'Клиенты'!A:B,2,0)", None, 7)
    deals.write_formula("D5", "=Сделки!B2+local_name", None, 8)
    deals.write_formula("D6", "=other_name", None, 9)
    deals.write_formula("D7", '="Клиенты!A1"', None, "Клиенты!A1")
    deals.write_formula("D8", '=INDIRECT("Клиенты!A1")', None, "x")
    deals.write_array_formula("E2:E3", "{=B2:B3*1}", None, 100.5)
    book.define_name("other_name", "=Клиенты!$A$1")
    book.define_name("local_name", "=Сделки!$B$2")
    book.define_name("'Клиенты'!only_there", "=Клиенты!$A$2")
    deals.set_column("B:B", 33)
    deals.set_row(0, 39.75)
    deals.freeze_panes(1, 1)
    deals.merge_range("F1:G1", "слито", bold)
    deals.print_area("A1:D8")
    deals.data_validation("A9", {"validate": "list", "source": "=Клиенты!$A$1:$A$2"})
    deals.data_validation("A10", {"validate": "list", "source": ["да", "нет"]})
    deals.conditional_format("B2:B9", {"type": "cell", "criteria": ">", "value": 5, "format": bold})
    deals.conditional_format("B2:B9", {"type": "formula", "criteria": "=Клиенты!$A$1=1", "format": bold})
    deals.conditional_format("B2:B9", {"type": "data_bar", "data_bar_2010": True})
    deals.write_url("A11", "https://example.com/", string="сайт")
    deals.write_url("A12", "internal:Клиенты!A1", string="туда")
    deals.write_url("A13", "internal:Сделки!A1", string="сюда")
    deals.write_comment("A2", "примечание")
    deals.insert_image("J2", "pixel.png", {"image_data": io.BytesIO(picture())})
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "=Клиенты!$A$1:$A$2"})
    deals.insert_chart("J5", chart)
    deals.add_sparkline("H2", {"range": "Сделки!B2:B4"})
    deals.add_sparkline("H3", {"range": "Клиенты!A1:A2"})
    deals.add_table(
        "L1:M3", {"name": "own_table", "columns": [{"header": "a"}, {"header": "b", "formula": "=Клиенты!A1"}]}
    )
    sheet_chart = book.add_chart({"type": "bar"})
    sheet_chart.add_series({"values": "=Клиенты!$A$1:$A$2"})
    chart_only.set_chart(sheet_chart)
    book.close()
    return path.read_bytes()


@pytest.fixture(scope="module")
def single(rich) -> tuple[bytes, Left]:
    return one_sheet(rich, "Сделки")


@pytest.fixture
def alone(single, tmp_path) -> Path:
    path = tmp_path / "alone.xlsx"
    path.write_bytes(single[0])
    return path


def parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_only_that_sheet_is_there(alone, single):
    assert sheet_titles(single[0]) == ["Сделки"]
    assert openpyxl.load_workbook(alone).sheetnames == ["Сделки"]


def test_nothing_of_the_others_can_be_read_out_of_the_file(single):
    for name, content in parts(single[0]).items():
        for secret in (SECRET, "Ещё одна тайна", "only_there", "other_name"):
            assert secret.encode() not in content, name


def test_values_and_looks_are_those_that_were(rich, alone, tmp_path):
    whole = tmp_path / "whole.xlsx"
    whole.write_bytes(rich)
    before, after = read_sheets(whole)["Сделки"], read_sheets(alone)["Сделки"]
    assert [before.row(n) for n in range(1, 14)] == [after.row(n) for n in range(1, 14)]
    was, now = openpyxl.load_workbook(whole)["Сделки"], openpyxl.load_workbook(alone)["Сделки"]
    for row in was.iter_rows():
        for cell in row:
            other = now[cell.coordinate]
            assert (repr(cell.font), repr(cell.fill), cell.number_format, repr(cell.border)) == (
                repr(other.font), repr(other.fill), other.number_format, repr(other.border),
            )  # fmt: skip
    assert now.column_dimensions["B"].width == was.column_dimensions["B"].width
    assert now.row_dimensions[1].height == 39.75
    assert now.freeze_panes == "B2"
    assert [str(one) for one in now.merged_cells.ranges] == ["F1:G1"]
    assert now.print_area == was.print_area


def test_formulas_over_this_sheet_stay_and_others_are_values(alone, single):
    sheet = openpyxl.load_workbook(alone)["Сделки"]
    kept = {name: sheet[name].value for name in ("D2", "D5", "D7")}
    assert kept == {"D2": "=B2*2", "D5": "=Сделки!B2+local_name", "D7": '="Клиенты!A1"'}
    assert sheet["E2"].value.text == "=B2:B3*1"
    assert {name: sheet[name].value for name in ("D3", "D4", "D6", "D8")} == {
        "D3": SECRET[:5], "D4": 7, "D6": 9, "D8": "x",
    }  # fmt: skip
    values = openpyxl.load_workbook(alone, data_only=True)["Сделки"]
    assert (values["D2"].value, values["D5"].value) == (201, 8)
    assert single[1].formulas >= 4
    assert single[1].blanks == 0


def test_what_stands_beside_the_cells(alone):
    sheet = openpyxl.load_workbook(alone)["Сделки"]
    assert [one.formula1 for one in sheet.data_validations.dataValidation] == ['"да,нет"']
    assert sheet["A2"].comment.text == "примечание"
    assert sheet["A11"].hyperlink.target == "https://example.com/"
    assert sheet["A12"].hyperlink is None
    assert sheet["A13"].hyperlink.location
    assert len(sheet._images) == 1
    assert sheet._charts == []
    table = sheet.tables["own_table"]
    assert [column.calculatedColumnFormula for column in table.tableColumns] == [None, None]
    rules = [rule.type for ranges in sheet.conditional_formatting for rule in ranges.rules]
    assert "cellIs" in rules


def test_what_could_not_come_is_named(single):
    assert set(single[1].kinds) == {"charts", "lists", "formats", "extras"}


def test_the_file_is_as_sound_as_the_one_it_came_from(rich, alone, tmp_path):
    whole = tmp_path / "whole.xlsx"
    whole.write_bytes(rich)

    def findings(path):
        return {error.description for error in OpenXmlValidator().validate(str(path)).errors}

    assert findings(alone) <= findings(whole)


@pytest.mark.slow
def test_libreoffice_opens_it(alone, soffice, tmp_path):
    profile = (tmp_path / "profile").as_uri()
    command = [
        soffice,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76",
        "--outdir",
    ]
    subprocess.run([*command, str(tmp_path), str(alone)], check=True, capture_output=True, timeout=180)
    lines = (tmp_path / "alone.csv").read_text("utf-8").splitlines()
    assert lines[0].startswith("Клиент,Сумма,Дата,Итог")
    assert lines[1].startswith("Ромашка,")


def test_a_sheet_is_found_whatever_its_case_and_others_are_told(rich):
    assert sheet_titles(one_sheet(rich, "СДЕЛКИ")[0]) == ["Сделки"]
    with pytest.raises(KeyError):
        one_sheet(rich, "Нет такого")
    with pytest.raises(NoCells):
        one_sheet(rich, "График")
    for broken in (b"", b"PK\3\4", b"not a workbook", rich[: len(rich) // 2]):
        with pytest.raises(WorkbookUnreadable):
            one_sheet(broken, "Сделки")


def changed(data: bytes, part: str, *pairs: tuple[bytes, bytes]) -> bytes:
    """The package with texts of one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts(data).items():
            text = content
            for old, new in pairs if name == part else ():
                assert old in text
                text = text.replace(old, new)
            file.writestr(name, text)
    return out.getvalue()


def small(*rows: bytes, more: bytes = b"") -> bytes:
    """A workbook of two sheets, the second with these rows as they stand."""
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.create_sheet("two")
    book.save(out)
    return changed(
        out.getvalue(),
        "xl/worksheets/sheet2.xml",
        (b"<sheetData></sheetData>", b"<sheetData>" + b"".join(rows) + b"</sheetData>" + more),
    )


def test_shared_formulas_go_or_stay_together():
    rows = (
        b'<row r="1"><c r="A1"><f t="shared" ref="A1:A2" si="0">B1+1</f><v>1</v></c><c r="B1"><f t="shared" ref="B1:B2" si="1">Sheet!A1</f><v>5</v></c></row>',
        b'<row r="2"><c r="A2"><f t="shared" si="0"/><v>2</v></c><c r="B2"><f t="shared" si="1"/><v>6</v></c></row>',
    )
    made, left = one_sheet(small(*rows), "two")
    text = parts(made)["xl/worksheets/sheet2.xml"]
    assert text.count(b"<f ") == 2
    assert b'si="1"' not in text
    assert (left.formulas, left.blanks) == (2, 0)


def test_a_formula_without_a_last_value_is_counted():
    made, left = one_sheet(
        small(b'<row r="1"><c r="A1"><f>Sheet!A1</f><v/></c><c r="B1"><f>Sheet!A1</f></c></row>'), "two"
    )
    assert (left.formulas, left.blanks) == (2, 2)
    assert b"<f>" not in parts(made)["xl/worksheets/sheet2.xml"]


def test_marks_of_other_parts_are_taken_off_the_cells():
    made, _ = one_sheet(
        small(b'<row r="1"><c r="A1" cm="1" vm="2"><f t="array" ref="A1">1+1</f><v>2</v></c></row>'), "two"
    )
    text = parts(made)["xl/worksheets/sheet2.xml"]
    assert b"cm=" not in text
    assert b"vm=" not in text


def test_a_sheet_with_comments_and_cdata_in_its_xml_is_read():
    rows = b'<row r="1"><!-- <f>x</f> --><c r="A1" t="str"><f><![CDATA[Sheet!A1]]></f><v>4</v></c></row>'
    made, left = one_sheet(small(rows), "two")
    assert left.formulas == 1
    assert b"<!" not in parts(made)["xl/worksheets/sheet2.xml"]


def test_a_dtd_is_refused():
    data = changed(small(), "xl/worksheets/sheet2.xml", (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'))
    with pytest.raises(WorkbookUnreadable):
        one_sheet(data, "two")


def test_names_that_rest_on_lost_names_go_too(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "one"
    two = book.create_sheet("two")
    for name, text in (("base", "one!$A$1"), ("over", "base*2"), ("own", "two!$A$1"), ("constant", "5")):
        book.defined_names[name] = openpyxl.workbook.defined_name.DefinedName(name, attr_text=text)
    two["A1"], two["A2"], two["A3"] = "=over", "=own+constant", "=one!B1"
    path = tmp_path / "names.xlsx"
    book.save(path)
    made, left = one_sheet(path.read_bytes(), "two")
    path.write_bytes(made)
    after = openpyxl.load_workbook(path)
    assert set(after.defined_names) == {"own", "constant"}
    assert [after["two"][cell].value for cell in ("A1", "A2", "A3")] == [None, "=own+constant", None]
    assert left.formulas == 2


@pytest.mark.parametrize(
    ("formula", "is_own"),
    [
        ("A1+B2", True), ("SUM(Данные!A:A)", False), ("'Мой лист'!A1", True), ("'мой ЛИСТ'!A1*2", True), ("'Мой лист:x'!A1", False),
        ("[1]Мой!A1", False), ("'[book.xlsx]Мой лист'!A1", False), ('"a!b"&amp;A1', True), ("lost+1", False), ("LOST", False),
        ("lostling+1", True), ("gone[Сумма]", False), ("mine[Сумма]", True), ("[@Сумма]*2", True), ("mine[[#This Row],[lost]]", True),
        ("INDIRECT(A1)", False), ("#REF!+1", False), ("'it''s'!A1", False), ("", True), ("GETPIVOTDATA(A1)", False), ("A1:A3 B1:B3", True),
    ],
)  # fmt: skip
def test_which_formulas_name_this_sheet_alone(formula, is_own):
    assert Own("Мой лист", {"lost", "gone"})(formula) is is_own


def test_functions_of_macros_are_foreign_where_there_are_macros():
    own = Own("s", set(), frozenset({"SUM", "XLOOKUP"}))
    assert own("SUM(A1)+_xlfn.XLOOKUP(A1,B:B,C:C)")
    assert not own("MyMacro(A1)")
