"""Cells, looks and lists as XML: what Excel will read."""

import re
from datetime import date, datetime
from decimal import Decimal
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.books.excel.celltext import escaped, text_of
from sheets_crm.books.excel.cellxml import one_cell, row_cells
from sheets_crm.books.excel.dialect import STRICT, TRANSITIONAL
from sheets_crm.books.excel.lists import in_place
from sheets_crm.books.excel.sheetxml import file_width
from sheets_crm.books.excel.styles import Styles
from sheets_crm.books.excel.tablexml import free_table_name, unique_titles
from sheets_crm.books.excel.xmlsplice import Xml
from sheets_crm.books.tab import Style
from sheets_crm.errors import WorkbookUnreadable


def decoded(text):
    """Text as Excel reads it: one pass over `_xHHHH_`."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), text)


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
        | st.sampled_from(["_x0041_x0042_", "__x000D__", "a_x005F_"]),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_comes_back(texts):
    cells = escaped(pl.Series(texts, dtype=pl.String)).to_list()
    back = [decoded(ET.fromstring(f"<t>{cell}</t>").text or "") for cell in cells]
    assert back == [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]


SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@given(st.lists(st.text(st.sampled_from("a& \n\t\u00a0"), max_size=4), min_size=1, max_size=5))
def test_spaces_at_the_ends_of_a_text_are_preserved(texts):
    rows = pl.Series([str(number) for number in range(1, len(texts) + 1)])
    cells = row_cells([(0, pl.Series(texts), 0)], rows, date_1904=False)
    for text, cell in zip(texts, cells, strict=True):
        element = ET.fromstring(cell).find("is/t") if text else None
        assert text == ("" if element is None else element.text)
        if text != text.strip(" \t\n"):
            assert element is not None
            assert element.get(SPACE) == "preserve"


def test_text_is_cut_at_excels_limit_and_never_inside_a_pair():
    assert text_of("a" * 32_767) == "a" * 32_767
    assert text_of("a" * 32_768) == "a" * 32_766 + "\u2026"
    cut = text_of("\U0001f600" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.removesuffix("\u2026") == "\U0001f600" * 16_383
    assert escaped(pl.Series(["b" * 40_000]))[0] == "b" * 32_766 + "\u2026"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        ("=1", '<c r="C7" t="inlineStr"><is><t xml:space="preserve">=1</t></is></c>'),
        (True, '<c r="C7" t="b"><v>1</v></c>'),
        (3, '<c r="C7"><v>3</v></c>'),
        (0.1, '<c r="C7"><v>0.1</v></c>'),
        (float("nan"), ""),
        (Decimal("1234567890.10"), '<c r="C7"><v>1234567890.10</v></c>'),
        (date(2026, 11, 5), '<c r="C7"><v>46331</v></c>'),
        (date(1900, 3, 1), '<c r="C7"><v>61</v></c>'),
        (date(1900, 2, 28), '<c r="C7"><v>59</v></c>'),
        (date(1900, 1, 1), '<c r="C7"><v>1</v></c>'),
        (date(1899, 12, 31), '<c r="C7" t="inlineStr"><is><t>1899-12-31</t></is></c>'),
        (datetime(2026, 11, 5, 12), '<c r="C7"><v>46331.5</v></c>'),  # noqa: DTZ001
    ],
)
def test_one_cell(value, expected):
    assert one_cell(value, 2, 7, 0, date_1904=False) == expected


def test_days_in_the_other_epoch():
    assert one_cell(date(1904, 1, 1), 0, 1, 0, date_1904=True) == '<c r="A1"><v>0</v></c>'
    assert one_cell(date(2026, 11, 5), 0, 1, 4, date_1904=True) == '<c r="A1" s="4"><v>44869</v></c>'


def test_a_column_keeps_the_look_of_its_empty_cells():
    rows = pl.Series(["2", "3"])
    cells = row_cells([(0, pl.Series(["a", None]), 5)], rows, date_1904=False)
    assert cells[1] == '<c r="A3" s="5"/>'
    assert row_cells([(0, pl.Series([None, None], dtype=pl.Null), 0)], rows, date_1904=False).to_list() == ["", ""]
    assert row_cells([(0, pl.Series(["x", None], dtype=pl.Enum(["x"])), 0)], rows, date_1904=False)[1] == ""


@pytest.mark.parametrize(
    ("choices", "expected"),
    [
        (("a", 'say "b"'), '"a,say ""b"""'),
        (("a,b",), None),
        (("x" * 254,), '"' + "x" * 254 + '"'),
        (("x" * 256,), None),
        ((" a",), None),
        (("a", ""), None),
    ],
)
def test_lists_that_fit_into_a_validation(choices, expected):
    assert in_place(choices) == expected


def test_titles_and_table_names_are_what_excel_wants():
    assert unique_titles(["Sum", "sum", "", "SUM"]) == ("Sum", "sum 2", "3", "SUM 3")
    assert len(set(map(str.casefold, unique_titles(["x" * 300, "x" * 300])))) == 2
    assert free_table_name("AB12", set()) == "_AB12"
    assert free_table_name("c", set()) == "_c"
    assert free_table_name("my tasks", {"my_tasks"}) == "my_tasks_2"


def test_width_is_the_number_that_excel_itself_saves():
    assert file_width(8.43) == "9.140625"  # a column of 64 pixels
    assert file_width(30) == "30.7109375"


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def styled(inner, *styles, root=f'<styleSheet xmlns="{SHEET}">', end="</styleSheet>", dxfs=()):
    book = Styles(Xml((root + inner + end).encode(), "s"), TRANSITIONAL)
    found = [book.xf(style) for style in styles] + [book.dxf(style) for style in dxfs]
    return found, (book.result() or b"").decode()


def test_missing_lists_get_their_reserved_entries_in_schema_order():
    found, text = styled(
        '<cellStyles count="0"/><extLst/>', Style(bold=True, fill="FF0000", border="00FF00", format="0.0")
    )
    assert found == [1]
    tags = [child.tag.split("}")[1] for child in ET.fromstring(text)]
    assert tags == ["numFmts", "fonts", "fills", "borders", "cellXfs", "cellStyles", "extLst"]
    assert 'patternType="gray125"' in text
    assert 'fillId="2"' in text
    assert '<numFmts count="1"><numFmt numFmtId="164" formatCode="0.0"/></numFmts>' in text


def test_our_font_is_the_users_font_made_bold():
    fonts = '<fonts count="1"><font><sz val="9"/><color theme="1"/><name val="Arial"/><family val="2"/></font></fonts>'
    _, text = styled(fonts, Style(bold=True))
    assert '<font><b/><sz val="9"/><color theme="1"/><name val="Arial"/><family val="2"/></font>' in text
    assert '<fonts count="2">' in text


def test_equal_entries_are_found_again_whatever_their_spelling():
    inner = (
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        "<fill>\n<patternFill patternType='solid'>\n<fgColor rgb='FF112233'/><bgColor indexed='64'/></patternFill></fill></fills>"
    )
    found, text = styled(inner, Style(fill="112233"), Style(fill="112233"))
    assert found[0] == found[1]
    assert text.count("112233") == 1
    again, unchanged = styled(text[len(f'<styleSheet xmlns="{SHEET}">') : -len("</styleSheet>")], Style(fill="112233"))
    assert again == found[:1]
    assert unchanged == ""


def test_prefixes_of_the_part_are_followed():
    root = f'<x:styleSheet xmlns:x="{SHEET}">'
    found, text = styled("<x:dxfs/>", root=root, end="</x:styleSheet>", dxfs=(Style(color="AA0000", format="0"),))
    assert found == [0]
    assert '<x:dxfs><x:dxf><x:font><x:color rgb="FFAA0000"/></x:font><x:numFmt' in text


def test_number_formats_take_ids_above_all_others():
    inner = '<numFmts count="1"><numFmt numFmtId="170" formatCode="0.000"/></numFmts>'
    _, text = styled(inner, Style(format="dd.mm.yyyy"), Style(format="0.000"))
    assert 'numFmtId="171" formatCode="dd.mm.yyyy"' in text
    assert text.count("0.000") == 1
    assert '<numFmts count="2">' in text


def test_a_styles_part_is_made_where_there_was_none():
    book = Styles(None, STRICT)
    assert book.xf(Style()) == 0
    root = ET.fromstring(book.result())
    assert root.tag == f"{{{STRICT.main}}}styleSheet"
    assert [child.get("count") for child in root] == ["1", "2", "1", "1", "1", "1"]


def test_the_limit_of_cell_formats_is_told():
    xfs = "<xf/>" * 65_490
    with pytest.raises(WorkbookUnreadable, match="too_many_styles"):
        styled(f"<cellXfs>{xfs}</cellXfs>", Style(bold=True))
