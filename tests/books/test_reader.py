"""Reading .xlsx: every way a cell may be written, said in raw XML."""

from __future__ import annotations

import tracemalloc
from datetime import date

import polars as pl
import pytest

from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.excel.reader_styles import is_date_format
from sheets_crm.books.model import CellError, Grid, Merge
from sheets_crm.cells import Kind
from tests.books.xlsx import STRICT, sheet, workbook


@pytest.fixture
def read(tmp_path):
    """Rows in XML -> the grid; keyword arguments go to `workbook`."""

    def read(rows: str, *, after: str = "", **more) -> Grid:
        return read_sheets(workbook(tmp_path / "book.xlsx", {"A": sheet(rows, after)}, **more))["A"]

    return read


def cells(grid: Grid) -> list[tuple[str, object]]:
    """Kind and text or number of every cell, row by row, empty ones too."""
    return [
        (Kind(column.kind[row]).name, column.text[row] if column.text[row] is not None else column.number[row])
        for row in range(grid.height)
        for column in grid.columns
    ]


STRINGS = "<si><t>один</t></si><si><t>two</t></si>"


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ('<c r="A1"><v>12</v></c>', "NUMBER", 12.0),
        ('<c r="A1" t="n"><v>-1.5E-2</v></c>', "NUMBER", -0.015),
        ('<c r="A1"><v> 7 </v></c>', "NUMBER", 7.0),
        ('<c r="A1"><v>79161234567</v></c>', "NUMBER", 79161234567.0),
        ('<c r="A1"><v>0.1000000000000000055</v></c>', "NUMBER", 0.1),
        ('<c r="A1"><v>договорная</v></c>', "TEXT", "договорная"),
        ('<c r="A1"><v>1_000</v></c>', "TEXT", "1_000"),
        ('<c r="A1"><v>1e999</v></c>', "TEXT", "1e999"),
        ('<c r="A1" s="1"><v>46331</v></c>', "DATE", 46331.0),
        ('<c s="1" r="A1"><v>46331</v></c>', "DATE", 46331.0),
        ("<c r='A1' s='1'><v>46331</v></c>", "DATE", 46331.0),
        ('<c\n r="A1"\n\ts="1" >\n <v>46331</v>\n</c>', "DATE", 46331.0),
        ('<c r="A1" cm="1" s="1" vm="2" ph="1"><v>46331</v></c>', "DATE", 46331.0),
        ('<c r="A1" s="4"><v>46331.75</v></c>', "DATE", 46331.75),
        ('<c r="A1" s="2"><v>0.5</v></c>', "NUMBER", 0.5),
        ('<c r="A1" s="3"><v>1.5</v></c>', "NUMBER", 1.5),
        ('<c r="A1" s="99"><v>1.5</v></c>', "NUMBER", 1.5),
        ('<c r="A1" t="s"><v>0</v></c>', "TEXT", "один"),
        ('<c r="A1" s="1" t="s"><v> 1 </v></c>', "TEXT", "two"),
        ('<c r="A1" t="inlineStr"><is><t>  края  </t></is></c>', "TEXT", "  края  "),
        ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>', "TEXT", " x "),
        ('<c r="A1" t="inlineStr"><is><t >x</t ></is ></c >', "TEXT", "x"),
        ('<c r="A1" t="inlineStr"><is><t>t>v>x</t></is></c>', "TEXT", "t>v>x"),
        ('<c r="A1" t="inlineStr"><v>так пишут тоже</v></c>', "TEXT", "так пишут тоже"),
        ('<c r="A1" t="inlineStr"><is><r><rPr><b/><color rgb="FF0000"/></rPr><t>бо</t></r><r><t>льше</t></r></is></c>', "TEXT", "больше"),
        ('<c r="A1" t="inlineStr"><is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></is></c>', "TEXT", "東京"),
        ('<c r="A1" t="str"><f>A2&amp;"x"</f><v>расчёт</v></c>', "TEXT", "расчёт"),
        ('<c r="A1" t="str"><v>a_x000D_b_x005F_x000D_</v></c>', "TEXT", "a\rb_x000D_"),
        ('<c r="A1" t="str"><v>_xD83D__xDE00_ _x12_ _xZZZZ_</v></c>', "TEXT", "😀 _x12_ _xZZZZ_"),
        ('<c r="A1" t="str"><v>&lt;&gt;&quot;&apos;&amp;amp;&#1050;&#x41A;&#9731;&#128512;&#38;lt;</v></c>', "TEXT", "<>\"'&amp;КК☃😀&lt;"),
        ('<c r="A1" t="inlineStr"><is><r><t>&amp;lt;&#1050;</t></r></is></c>', "TEXT", "&lt;К"),
        ('<c r="A1" t="str"><v>a\r\nb\rc&#13;&#10;d</v></c>', "TEXT", "a\nb\nc\r\nd"),
        ('<c r="A1" t="inlineStr"><is><t><![CDATA[a<b>&amp;]]>c</t></is></c>', "TEXT", "a<b>&amp;c"),
        ('<c r="A1"><!-- сумма --><v>1<!-- и -->2</v></c>', "NUMBER", 12.0),
        ('<c r="A1"><?pi x?><v>12</v></c>', "NUMBER", 12.0),
        ('<c r="A1" t="b"><v>1</v></c>', "BOOL", 1.0),
        ('<c r="A1" t="b"><f>TRUE</f><v>0</v></c>', "BOOL", 0.0),
        ('<c r="A1" t="b"><v>true</v></c>', "BOOL", 1.0),
        ('<c r="A1" t="e"><v>#DIV/0!</v></c>', "ERROR", "#DIV/0!"),
        ('<c r="A1" t="e"><f>VLOOKUP(1,B:B,1,0)</f><v>#N/A</v></c>', "ERROR", "#N/A"),
        ('<c r="A1" t="d"><v>2026-11-05</v></c>', "DATE", 46331.0),
        ('<c r="A1" t="d" s="4"><v>2026-11-05T18:00:00Z</v></c>', "DATE", 46331.75),
        ('<c r="A1" t="d"><v>T06:00:00</v></c>', "NUMBER", 0.25),
        ('<c r="A1" t="d"><v>завтра</v></c>', "TEXT", "завтра"),
        ('<c r="A1"><f>SUM(B:B)</f><v>5</v></c>', "NUMBER", 5.0),
        ('<c r="A1" s="1"><f t="shared" si="0"/><v>46331</v></c>', "DATE", 46331.0),
        ('<c r="A1" t="inlineStr"><f>X()</f><is><t>s</t></is></c>', "TEXT", "s"),
        ('<c r="A1"><f>SUM(B:B)</f></c>', "UNCACHED", None),
        ('<c r="A1"><f>SUM(B:B)</f><v></v></c>', "UNCACHED", None),
        ('<c r="A1"><f>SUM(B:B)</f><v/></c>', "UNCACHED", None),
        ('<c r="A1"><f>SUM(B:B)</f><v /></c>', "UNCACHED", None),
        ('<c r="A1"><f t="shared" si="0"/></c>', "UNCACHED", None),
        ('<c r="A1" t="str"><f>B1</f></c>', "UNCACHED", None),
        ('<c r="A1" t="e"><f>B1</f><v></v></c>', "UNCACHED", None),
        ('<c r="A1"><v>1</v><extLst><ext uri="x"><v>9</v></ext></extLst></c>', "NUMBER", 1.0),
        ("<c><v>12</v></c>", "NUMBER", 12.0),
        ('<c t="s"><v>0</v></c>', "TEXT", "один"),
    ],
)  # fmt: skip
def test_a_cell_reads_as_excel_shows_it(read, cell, kind, value):
    grid = read(f'<row r="1">{cell}</row>', strings=STRINGS)
    assert cells(grid) == [(kind, value)]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1"/>',
        '<c r="A1" s="1"/>',
        '<c r="A1"></c>',
        '<c r="A1" t="n"><v></v></c>',
        '<c r="A1" t="s"><v/></c>',
        '<c r="A1" t="s"><v>2</v></c>',
        '<c r="A1" t="inlineStr"><is><t/></is></c>',
        '<c r="A1" t="inlineStr"><is><t></t></is></c>',
        '<c r="A1" t="inlineStr"><is/></c>',
        '<c r="A1" t="inlineStr"></c>',
        '<c r="A1" t="str"><f>IF(B1,1,"")</f><v></v></c>',
        '<c r="A1" t="str"><f>IF(B1,1,"")</f><v/></c>',
        "",
    ],
)
def test_a_cell_that_shows_nothing_is_empty_and_trimmed(read, cell):
    grid = read(f'<row r="1">{cell}<c r="B1"/></row><row r="2" spans="1:3"/>', strings=STRINGS + "<si><t/></si>")
    assert (grid.height, grid.columns, grid.formulas) == (0, (), {})


def test_whole_numbers_of_any_length_and_what_only_resembles_them(read):
    numbers = [digits[:length] for digits in ("1234567890", "9999999999", "0000000071") for length in range(1, 11)]
    texts = [
        number[:place] + char + number[place + 1 :]
        for number in ("7", "70", "7071", "12345678", "123456789")
        for place in range(len(number))
        for char in "/:;?@`p"  # the neighbours of the digits, and what has their low bits
    ]
    rows = [f'<row r="{n}"><c r="A{n}"><v>{text}</v></c></row>' for n, text in enumerate([*numbers, *texts], 1)]
    assert cells(read("".join(rows))) == [("NUMBER", float(text)) for text in numbers] + [("TEXT", t) for t in texts]


def test_rows_and_columns_keep_their_places(read):
    grid = read(
        '<row r="2"><c r="B2"><v>1</v></c><c r="AA2"><v>2</v></c></row><row r="10"><c r="ZZ10"><v>3</v></c></row>'
    )
    assert (grid.height, len(grid.columns)) == (10, 702)
    assert [grid.cell(2, 1), grid.cell(2, 26), grid.cell(10, 701), grid.cell(2, 0)] == [1.0, 2.0, 3.0, None]
    assert grid.columns[0] is grid.columns[5]


def test_rows_and_cells_without_addresses_follow_one_another(read):
    grid = read(
        "<row><c><v>1</v></c><c><v>2</v></c></row><row/><row ht='3'><c r='C3'><v>3</v></c><c><v>4</v></c></row>"
        '<row r="7"><c r="A7"><v>5</v></c></row><row><c r="B8"><v>6</v></c></row>'
    )
    places = {(1, 0): 1, (1, 1): 2, (3, 2): 3, (3, 3): 4, (7, 0): 5, (8, 1): 6}
    assert {place: grid.cell(*place) for place in places} == places
    assert grid.height == 8


def test_many_rows_without_addresses_and_many_with_late_ones(read):
    for cell in ('<c s="1"><v>{n}</v></c>', '<c s="1" r="B{n}"><v>{n}</v></c>'):
        grid = read(
            "".join(
                f"<row><c r='A{n}'/>{cell.format(n=n)}</row>" if "r=" in cell else f"<row><c/>{cell.format(n=n)}</row>"
                for n in range(1, 6000)
            )
        )
        assert grid.columns[1].number.to_list() == [float(n) for n in range(1, 6000)]
        assert set(grid.columns[1].kind) == {Kind.DATE}


def test_the_cells_own_address_counts_where_its_row_says_otherwise(read):
    assert read('<row r="1"><c r="A3"><v>1</v></c></row>').cell(3, 0) == 1


def test_of_a_cell_given_twice_one_counts_and_wholly(read):
    column = read('<row r="1"><c r="A1" t="str"><v>x</v></c><c r="A1"><v>2</v></c></row>').columns[0]
    assert (column.kind[0], column.text[0], column.number[0]) in {(Kind.TEXT, "x", None), (Kind.NUMBER, None, 2.0)}


def test_formulas_are_counted_for_each_cell(read):
    grid = read(
        '<row r="1"><c r="A1"><f t="shared" ref="A1:A3" si="0">B1</f><v>1</v></c><c r="B1"><v>1</v></c><c r="C1"><f>1</f></c></row>'
        '<row r="2"><c r="A2"><f t="shared" si="0"/><v>1</v></c><c s="1" r="C2"><f>2</f></c></row>'
        '<row r="3"><c r="A3" t="str"><f t="shared" si="0"/><v></v></c><c r="C3" t="e"><f>X</f><v></v></c></row>'
    )
    assert grid.formulas == {0: 3, 2: 3}


def test_merges(read):
    grid = read(
        '<row r="1"><c r="A1"><v>1</v></c></row>',
        after='<sheetProtection/><mergeCells count="3"><mergeCell ref="A1:C1"/><mergeCell ref="B2:AB30"/><mergeCell ref="D4"/></mergeCells>',
    )
    assert grid.merges == (Merge(1, 0, 1, 2), Merge(2, 1, 30, 27))


def test_things_behind_the_cells_are_not_cells(read):
    grid = read(
        '<row r="1"><c r="A1"><v>1</v></c></row>', after='<rowBreaks count="1"><brk id="1"/></rowBreaks><cols/>'
    )
    assert cells(grid) == [("NUMBER", 1.0)]


@pytest.mark.parametrize("properties", ['<workbookPr date1904="1"/>', '<workbookPr date1904="true"/>'])
def test_dates_of_the_other_epoch_are_normalised(read, properties):
    grid = read(
        '<row r="1"><c r="A1" s="1"><v>44869</v></c><c r="B1"><v>44869</v></c><c r="C1" t="d"><v>2026-11-05</v></c></row>',
        properties=properties,
    )
    assert grid.epoch_1904
    assert [grid.cell(1, column) for column in range(3)] == [date(2026, 11, 5), 44869.0, date(2026, 11, 5)]


def test_shared_strings_of_every_make(read):
    strings = (
        "<si><t>один</t></si>\n<si><t xml:space='preserve'> два </t></si><si><t/></si><si/><si></si>"
        "<si><r><t>три</t></r><r><rPr><sz val='8'/></rPr><t xml:space='preserve'> и &amp;lt;</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='1'><t>トウ</t></rPh><phoneticPr fontId='1'/></si>"
        "<si><t>a&#10;b &quot;c&quot; &amp;amp; _x0041_</t></si><si><t><![CDATA[<x>]]></t></si><!-- x --><si><t>конец</t></si>"
    )
    row = "".join(f'<c r="{chr(65 + n)}1" t="s"><v>{n}</v></c>' for n in range(10))
    grid = read(f'<row r="1">{row}</row>', strings=strings)
    assert grid.row(1) == [
        "один", " два ", None, None, None, "три и &lt;", "東京", 'a\nb "c" &amp; A', "<x>", "конец",
    ]  # fmt: skip


ANY = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>б &amp; в</t></is></c></row>'
    '<row r="2"><c r="A2" s="1"><v>46331</v></c><c r="B2" t="e"><v>#REF!</v></c><c r="C2"><f>1</f></c></row>'
)
SEEN = [["один", "б & в", None], [date(2026, 11, 5), CellError("#REF!"), None]]


def prefixed(part: str) -> str:
    import re

    return re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", part).replace("xmlns=", "xmlns:x=")


@pytest.mark.parametrize(
    "make",
    [
        lambda part: part,
        lambda part: part.encode("utf-8-sig"),
        lambda part: part.replace("UTF-8", "UTF-16").encode("utf-16"),
        lambda part: part.replace("UTF-8", "utf-16").encode("utf-16-be"),
        lambda part: part.replace("UTF-8", "windows-1251").encode("cp1251"),
        prefixed,
        lambda part: part.replace("<sheetData>", "<!-- <sheetData><row r='9'> -->\n<sheetData  >\n<!--x-->"),
        lambda part: part.replace("><", ">\r\n   <"),
        lambda part: part.replace("</row>", "<!-- </sheetData> --></row>"),
    ],
)
def test_parts_in_any_dress(tmp_path, make):
    path = workbook(tmp_path / "book.xlsx", {"A": make(sheet(ANY))}, strings=STRINGS)
    grid = read_sheets(path)["A"]
    assert [grid.row(row) for row in (1, 2)] == SEEN
    assert grid.columns[2].kind.to_list() == [Kind.EMPTY, Kind.UNCACHED]


def test_strict_workbooks(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet(ANY, ns=STRICT)}, strings=STRINGS, ns=STRICT)
    assert read_sheets(path)["A"].row(2) == SEEN[1]


def test_back_slashes_other_case_and_stored_members(tmp_path):
    path = workbook(
        tmp_path / "book.xlsx",
        {"A": sheet(ANY)},
        strings=STRINGS,
        rename={
            "xl/worksheets/sheet1.xml": "XL\\Worksheets\\Sheet1.xml",
            "xl/sharedStrings.xml": "xl/SharedStrings.xml",
        },
        deflate=False,
    )
    assert read_sheets(path)["A"].row(1) == SEEN[0]


@pytest.mark.parametrize("block", [1, 7, 64, 300])
def test_blocks_may_end_anywhere(tmp_path, monkeypatch, block):
    from sheets_crm.books.excel import reader_package, reader_xml

    rows = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{n % 2}</v></c><c r="B{n}" t="str"><v>я{n}&#1050;</v></c>'
        f'<c r="C{n}"><f>1</f></c></row>'
        for n in range(1, 40)
    )
    for dress in (str, prefixed, lambda part: part.replace('r="20">', 'r="20"><!-- x -->')):
        path = workbook(
            tmp_path / "book.xlsx",
            {"A": dress(sheet(rows, '<mergeCells><mergeCell ref="A1:B2"/></mergeCells>'))},
            strings=STRINGS,
        )
        whole = read_sheets(path)["A"]
        with monkeypatch.context() as patch:
            patch.setattr(reader_package, "BLOCK", block)
            patch.setattr(reader_xml, "BLOCK", block)
            parts = read_sheets(path)["A"]
        assert [parts.row(row) for row in range(1, 40)] == [whole.row(row) for row in range(1, 40)]
        assert (parts.merges, parts.formulas) == (whole.merges, whole.formulas) == ((Merge(1, 0, 2, 1),), {2: 39})
        assert whole.row(39) == ["two", "я39К", None]


def test_sheets_are_read_in_the_order_asked(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {name: sheet("") for name in ("Б &amp; В", "A", "C")})
    assert list(read_sheets(path, ["C", "Б & В"])) == ["C", "Б & В"]
    assert list(read_sheets(path)) == ["Б & В", "A", "C"]
    assert read_sheets(path, []) == {}
    with pytest.raises(KeyError):
        read_sheets(path, ["a"])


def test_a_chart_sheet_is_an_empty_grid(tmp_path):
    path = workbook(
        tmp_path / "book.xlsx",
        {"A": '<chartsheet xmlns="x"><drawing/></chartsheet>', "B": "<worksheet><sheetData/></worksheet>"},
    )
    assert [grid.height for grid in read_sheets(path).values()] == [0, 0]


def test_a_stray_cell_in_the_last_corner_costs_nothing(read):
    tracemalloc.start()
    grid = read('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row>')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (grid.height, len(grid.columns), grid.cell(1_048_576, 16_383), grid.cell(1, 0)) == (
        1_048_576,
        16_384,
        "x",
        1.0,
    )
    assert len({id(column) for column in grid.columns}) == 3
    assert peak < 60e6
    first = grid.columns[0]
    assert (first.number.n_chunks(), len(first), first.number.null_count()) == (2, 1_048_576, 1_048_575)


def test_a_whole_last_row_costs_little(read):
    from sheets_crm.cells import letter

    row = "".join(f'<c r="{letter(n)}1048576"><v>{n}</v></c>' for n in range(300))
    grid = read(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{row}</row>')
    assert grid.row(1_048_576) == [float(n) for n in range(300)]
    assert grid.columns[0].number.drop_nulls().to_list() == [1.0, 0.0]
    assert all(column.number.n_chunks() >= 2 for column in grid.columns)


def test_formatted_empty_rows_are_not_content(read):
    rows = "".join(
        f'<row r="{n}" s="1" customFormat="1"><c r="A{n}" s="1"/><c r="B{n}" s="2"/></row>' for n in range(2, 20_000)
    )
    grid = read(f'<row r="1"><c r="A1"><v>1</v></c></row>{rows}')
    assert (grid.height, len(grid.columns)) == (1, 1)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("dd.mm.yyyy", True), ("d mmm", True), ("mmmm", True), ("yyyy", True), ("[$-419]d mmmm yyyy;@", True), ("m/d/yy h:mm", True),
        ("[$-F800]dddd\\,\\ mmmm\\ dd", True), ("yyyy-mm-dd hh:mm:ss.000", True), ('[Red]dd"."mm', True), ("DD.MM.YYYY", True), ("[$-411]ge.m.d", True),
        ("General", False), ("0.00", False), ("#,##0 ₽", False), ('0 "дн."', False), ('0" d"', False), ("0\\d", False), ("h:mm", False), ("mm:ss", False), ("[h]:mm:ss", False),
        ("h:mm AM/PM", False), ("mm:ss.0", False), ("0.00E+00", False), ("@", False), ("[Magenta]0.0", False), ('General" y"', False), ("# ?/?", False), ("", False),
        ("_-* #,##0.00\\ [$EUR]_-;-* #,##0.00\\ [$EUR]_-", False),
    ],
)  # fmt: skip
def test_formats_that_show_a_date(code, shown):
    assert is_date_format(code) is shown


def test_built_in_date_formats(tmp_path):
    rows = "".join(f'<c r="{chr(65 + n)}1" s="{n}"><v>40000</v></c>' for n in range(6))
    path = workbook(tmp_path / "book.xlsx", {"A": sheet(f'<row r="1">{rows}</row>')})
    styles = (
        "<styleSheet><cellXfs>"
        + "".join(f'<xf numFmtId="{n}"/>' for n in (0, 14, 22, 20, 46, 164))
        + "</cellXfs></styleSheet>"
    )
    replaced(path, "xl/styles.xml", styles)
    assert [Kind(column.kind[0]).name for column in read_sheets(path)["A"].columns] == [
        "NUMBER",
        "DATE",
        "DATE",
        "NUMBER",
        "NUMBER",
        "NUMBER",
    ]


def replaced(path, part, content) -> None:
    import zipfile

    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, old in parts.items():
            if name != part:
                package.writestr(name, old)
            elif content is not None:
                package.writestr(name, content)


def test_a_workbook_without_styles(tmp_path):
    path = workbook(tmp_path / "book.xlsx", {"A": sheet('<row r="1"><c r="A1" s="1"><v>1</v></c></row>')})
    replaced(path, "xl/styles.xml", None)
    assert cells(read_sheets(path)["A"]) == [("NUMBER", 1.0)]


def test_series_have_the_shapes_dtypes(read):
    grid = read(ANY, strings=STRINGS)
    for column in grid.columns:
        assert (column.kind.dtype, column.text.dtype, column.number.dtype) == (pl.UInt8, pl.String, pl.Float64)
        assert len(column.kind) == len(column.text) == len(column.number) == grid.height
