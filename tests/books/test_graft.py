"""Our tabs in a user's workbook: what appears, what stays, what a second and a third write do."""

import os
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from lxml import etree
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from sheets_crm.books.excel.book import ExcelBook
from tests.books.excel_cases import (
    edit,
    funnel,
    members,
    problems,
    read_and_write,
    rezip,
    save_plain,
    tasks,
    text,
    write,
)
from tests.books.untouched import Parts, assert_untouched

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ROW = ("new", date(2026, 11, 5), "Anna", Decimal("1234.50"))


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "book.xlsx")


@pytest.fixture
def before(book, tmp_path):
    copy = tmp_path / "before.xlsx"
    copy.write_bytes(book.read_bytes())
    return copy


def names_of(path):
    return [sheet[0] for sheet in Parts(path).sheets()]


def part_of(path, title):
    return next(sheet[4] for sheet in Parts(path).sheets() if sheet[0] == title)


def sheet_xml(path, title):
    return etree.fromstring(members(path)[part_of(path, title)])


def test_new_tabs_stand_at_the_end_and_the_rest_is_untouched(book, before):
    done = write(book, tasks(), funnel(), problems())
    assert done.written == ("tasks", "funnel", "problems")
    assert done.titles == {"tasks": "Tasks", "funnel": "Funnel", "problems": "Problems"}
    assert names_of(book) == ["My sheet", "Tasks", "Funnel", "Problems"]
    assert_untouched(before, book, done.titles.values())
    assert done.fingerprint == ExcelBook(book).fingerprint()


def test_values_are_read_back_as_they_are(book):
    write(book, tasks(("new", date(2026, 11, 5), "=1+1", Decimal("1234.50")), ("done", None, " a\n<b> & ", None)))
    sheet = openpyxl.load_workbook(book)["Tasks"]
    assert [cell.value for cell in sheet[1][:6]] == ["Status", "Due", "Client", "Sum", "Outcome", "Key"]
    assert sheet["B2"].value.date() == date(2026, 11, 5)
    assert (sheet["C2"].value, sheet["C2"].data_type) == ("=1+1", "s")
    assert sheet["C3"].value == " a\n<b> & "
    assert sheet["D2"].value == 1234.5
    assert sheet["D2"].number_format == "#,##0.00"
    assert sheet["D3"].value is None


def test_second_write_writes_nothing(book):
    write(book, tasks(), funnel(), problems())
    os.utime(book, (1_000_000, 1_000_000))
    first = book.read_bytes()
    again = write(book, tasks(), funnel(), problems())
    assert again.written == ()
    assert book.read_bytes() == first
    assert book.stat().st_mtime == 1_000_000
    assert again.titles == {"tasks": "Tasks", "funnel": "Funnel", "problems": "Problems"}


def test_only_changed_tabs_are_written(book, tmp_path):
    write(book, tasks(), funnel())
    second = tmp_path / "second.xlsx"
    second.write_bytes(book.read_bytes())
    done = write(book, tasks(("done", *ROW[1:])), funnel())
    assert done.written == ("tasks",)
    assert_untouched(second, book, {"Tasks"})


def test_a_tab_renamed_by_people_stays_ours_and_keeps_its_name(book):
    write(book, tasks())
    edit(book, "xl/workbook.xml", ('name="Tasks"', 'name="Ann\'s work"'), ("'Tasks'!$A$1", "'Ann''s work'!$A$1"))
    done = write(book, tasks(("done", *ROW[1:])))
    assert done.titles == {"tasks": "Ann's work"}
    assert names_of(book) == ["My sheet", "Ann's work"]
    assert [(s.name, s.tab) for s in ExcelBook(book).sheets()] == [("My sheet", None), ("Ann's work", "tasks")]


def test_a_sheet_of_the_same_name_is_the_users(tmp_path):
    book = save_plain(
        tmp_path / "b.xlsx",
        lambda b: (b.create_sheet("tasks")["A1"].__setattr__("value", "mine"), b.create_sheet("Tasks CRM")),
    )
    original = members(book)
    done = write(book, tasks())
    assert done.titles == {"tasks": "Tasks CRM 2"}
    assert members(book)[part_of(book, "tasks")] == original[part_of(book, "tasks")]


@pytest.mark.parametrize(
    ("title", "expected"),
    [("History", "History CRM"), ("a/b:c[d]'", "a b c d"), ("x" * 40, "x" * 30 + "\u2026"), ("", "CRM")],
)
def test_names_that_excel_does_not_accept_are_mended(book, title, expected):
    assert write(book, tasks(title=title)).titles == {"tasks": expected}


def test_a_deleted_tab_is_drawn_anew_and_its_marker_mended(book, before):
    write(book, tasks())
    parts = Parts(book)
    sheet, rel_id = parts.sheets()[1][4], parts.sheets()[1][3]
    entry = next(line for line in members(book)["xl/workbook.xml"].decode().split("<") if rel_id in line)
    edit(book, "xl/workbook.xml", ("<" + entry, ""), ("'Tasks'!$A$1", "#REF!$A$1"))
    rezip(book, {sheet: None, "xl/worksheets/_rels/sheet2.xml.rels": None, "xl/tables/table1.xml": None})
    done = write(book, tasks())
    assert done.titles == {"tasks": "Tasks"}
    assert members(book)["xl/workbook.xml"].count(b"_sheets_crm_tasks") == 1
    assert b"'Tasks'!$A$1" in members(book)["xl/workbook.xml"]
    assert write(book, tasks()).written == ()


def test_replacing_keeps_place_state_and_names_of_parts(book):
    write(book, tasks(), funnel())
    edit(book, "xl/workbook.xml", ('name="Tasks" sheetId="2"', 'name="Tasks" sheetId="2" state="hidden"'))
    old = Parts(book)
    write(book, tasks(("done", *ROW[1:])), funnel(9, 8, 7))
    new = Parts(book)
    assert new.sheets() == old.sheets()
    assert new.order == old.order


def test_widths_hidden_columns_and_zoom_of_people_are_kept(book):
    write(book, tasks())
    edit(
        book,
        part_of(book, "Tasks"),
        (
            '<col min="3" max="3" width="30.7109375" customWidth="1"/>',
            '<col min="3" max="3" width="77" customWidth="1"/>',
        ),
        ('<col min="6" max="6" width="12.7109375" customWidth="1" hidden="1"/>', '<col min="6" max="6" width="5"/>'),
        ('workbookViewId="0"', 'zoomScale="70" tabSelected="1" workbookViewId="0"'),
    )
    moved = tasks(("done", *ROW[1:]))
    columns = moved.tables[0].columns
    shifted = type(moved.tables[0])("crm_tasks", (columns[2], *columns[:2], *columns[3:]))
    write(book, type(moved)("tasks", "Tasks", tables=(shifted,)))
    sheet = sheet_xml(book, "Tasks")
    cols = {col.get("min"): (col.get("width"), col.get("hidden")) for col in sheet.iter(MAIN + "col")}
    assert cols["1"] == ("77", None)  # the column moved, and its width went with it
    assert cols["6"] == ("5", None)
    view = next(sheet.iter(MAIN + "sheetView"))
    assert (view.get("zoomScale"), view.get("tabSelected")) == ("70", "1")


def test_a_new_tab_is_not_selected(book):
    write(book, tasks())
    assert next(sheet_xml(book, "Tasks").iter(MAIN + "sheetView")).get("tabSelected") is None


def test_table_keeps_name_and_ids_that_people_use_in_formulas(book):
    write(book, tasks())
    edit(
        book,
        "xl/tables/table1.xml",
        ('displayName="crm_tasks"', 'displayName="Work"'),
        ('id="3" name="Client"', 'id="30" name="Client"'),
    )
    write(book, tasks(("done", *ROW[1:])))
    table = etree.fromstring(members(book)["xl/tables/table1.xml"])
    assert table.get("displayName") == "Work"
    ids = {column.get("name"): column.get("id") for column in table.iter(MAIN + "tableColumn")}
    assert ids["Client"] == "30"
    assert len(set(ids.values())) == len(ids)


def test_table_names_and_ids_do_not_meet_the_users(tmp_path):
    def fill(book):
        sheet = book.active
        sheet.add_table(openpyxl.worksheet.table.Table(displayName="CRM_tasks", ref="A1:B3"))
        book.defined_names["crm_funnel"] = DefinedName("crm_funnel", attr_text="'My sheet'!$A$1")

    book = save_plain(tmp_path / "b.xlsx", fill)
    done = write(book, tasks(), funnel())
    assert_names = {sheet.title: list(sheet.tables) for sheet in openpyxl.load_workbook(book)}
    assert assert_names["Tasks"] == ["crm_tasks_2"]
    assert assert_names["Funnel"] == ["crm_funnel_2"]
    ids = [etree.fromstring(data).get("id") for name, data in members(book).items() if "tables/" in name]
    assert len(set(ids)) == len(ids) == 3
    assert done.written == ("tasks", "funnel")


def test_a_table_without_rows_has_one_empty_row(book):
    write(book, problems())
    sheet = openpyxl.load_workbook(book)["Problems"]
    assert sheet.tables["crm_problems"].ref == "A1:B2"
    assert [cell.value for cell in sheet[1]] == ["Sheet", "What we saw"]


def test_chart_reads_the_tab_under_its_actual_name(tmp_path):
    book = save_plain(tmp_path / "b.xlsx", lambda b: b.create_sheet("Funnel"))
    write(book, funnel())
    chart = members(book)["xl/charts/chart1.xml"].decode()
    assert "'Funnel CRM'!$A$4:$A$6" in chart
    assert '<c:orientation val="maxMin"/>' in chart
    assert "<c:v>Offer</c:v>" in chart


def test_a_tab_that_loses_its_chart_leaves_no_parts_behind(book, before):
    write(book, funnel())
    plain = funnel()
    write(book, type(plain)("funnel", "Funnel", tables=plain.tables))
    assert not [name for name in members(book) if "chart" in name or "drawing" in name]
    assert b"chart" not in members(book)["[Content_Types].xml"]
    assert_untouched(before, book, {"Funnel"})


def test_comments_that_people_put_on_our_tab_stay(book):
    write(book, tasks())
    loaded = openpyxl.load_workbook(book)
    loaded["Tasks"]["A2"].comment = Comment("ask her again", "Boris")
    loaded.save(book)
    write(book, tasks(("done", *ROW[1:])))
    assert openpyxl.load_workbook(book)["Tasks"]["A2"].comment.text == "ask her again"
    assert write(book, tasks(("done", *ROW[1:]))).written == ()


def test_long_list_lies_in_a_hidden_column_and_nothing_is_forbidden(book):
    write(book, tasks())
    sheet = sheet_xml(book, "Tasks")
    rules = {rule.get("sqref"): rule for rule in sheet.iter(MAIN + "dataValidation")}
    assert rules["A2:A2"].findtext(MAIN + "formula1") == '"new,done"'
    assert rules["E2:E2"].findtext(MAIN + "formula1") == "$H$2:$H$3"
    assert {rule.get("showErrorMessage") for rule in rules.values()} <= {"0", None}
    assert rules["E1"].get("prompt") == "Pick one"
    hidden = {col.get("min") for col in sheet.iter(MAIN + "col") if col.get("hidden") == "1"}
    assert hidden == {"6", "8"}
    assert openpyxl.load_workbook(book)["Tasks"]["H2"].value == "agreed, paid"


def test_links_lead_to_places_in_the_workbook(book):
    write(book, tasks())
    link = openpyxl.load_workbook(book)["Tasks"]["C2"].hyperlink
    assert (link.location, link.target) == ("'My sheet'!A2", None)


def test_links_end_before_excel_drops_them_all(book):
    many = tasks()
    column = many.tables[0].columns[2]
    rows = 65_010
    long = type(column)("c", "C", text(*["x"] * rows), links=text(*["'My sheet'!A2"] * rows))
    write(book, type(many)("tasks", "Tasks", tables=(type(many.tables[0])("crm_tasks", (long,)),)))
    assert members(book)[part_of(book, "Tasks")].count(b"<hyperlink ") == 65_000


def test_formulas_over_our_tab_are_calculated_on_load(tmp_path):
    def fill(book):
        book.active["C1"] = "=SUM(crm_tasks[Sum])"

    book = save_plain(tmp_path / "b.xlsx", fill)
    edit(book, "xl/workbook.xml", (' fullCalcOnLoad="1"', ""))
    write(book, tasks())
    assert b"fullCalcOnLoad" not in members(book)["xl/workbook.xml"]
    write(book, tasks(("done", *ROW[1:])))
    assert b'fullCalcOnLoad="1"' in members(book)["xl/workbook.xml"]


@pytest.mark.parametrize(
    "formula",
    [
        "=Tasks!A1",
        "='Tasks'!A1",
        '=INDIRECT("Tasks!A1")',
        "=SUM(Tasks:Funnel!A1)",
        "=SUM('My sheet:Tasks'!A1)",
        "=1+ Tasks!A1",
    ],
)
@pytest.mark.parametrize("writes", [write, read_and_write])
def test_references_by_sheet_name_are_seen(tmp_path, formula, writes):
    book = save_plain(tmp_path / "b.xlsx", lambda b: b.active.__setitem__("XFD9", formula))  # where no other cell is
    edit(book, "xl/workbook.xml", (' fullCalcOnLoad="1"', ""))
    writes(book, tasks())
    writes(book, tasks(("done", *ROW[1:])))
    assert b'fullCalcOnLoad="1"' in members(book)["xl/workbook.xml"]


def test_a_sheet_read_without_formulas_is_not_searched_for_them(tmp_path, monkeypatch):
    book = save_plain(tmp_path / "b.xlsx", lambda b: b.active.__setitem__("C1", "Tasks!A1"))
    write(book, tasks())
    monkeypatch.setattr("sheets_crm.books.excel.references.holds_any", None)
    assert read_and_write(book, tasks(("done", *ROW[1:]))).written == ("tasks",)


@pytest.mark.parametrize(
    "value", ["Tasks!A1", "=MyTasks!A1", "='my Tasks'!A1", "=[1]Tasks!A1", "=crm_tasks2+1", '=LEN("my Tasks")']
)
def test_mere_words_do_not_make_excel_calculate(tmp_path, value):
    book = save_plain(tmp_path / "b.xlsx", lambda b: b.active.__setitem__("C1", value))
    edit(book, "xl/workbook.xml", (' fullCalcOnLoad="1"', ""))
    write(book, tasks())
    write(book, tasks(("done", *ROW[1:])))
    assert b"fullCalcOnLoad" not in members(book)["xl/workbook.xml"]


def test_calculation_chain_goes_only_when_it_names_our_tab(book):
    def with_chain(entries):
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
        edit(
            book,
            "xl/_rels/workbook.xml.rels",
            ("</Relationships>", f'<Relationship Id="rId77" Type="{kind}" Target="calcChain.xml"/></Relationships>'),
        )
        content = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
        edit(
            book,
            "[Content_Types].xml",
            ("</Types>", f'<Override PartName="/xl/calcChain.xml" ContentType="{content}"/></Types>'),
        )
        rezip(book, {"xl/calcChain.xml": f'<calcChain xmlns="{MAIN[1:-1]}">{entries}</calcChain>'.encode()})

    write(book, tasks())
    with_chain('<c r="A1" i="1"/><c r="A2"/>')
    write(book, tasks(("done", *ROW[1:])))
    assert "xl/calcChain.xml" in members(book)
    rezip(
        book,
        {
            "xl/calcChain.xml": f'<calcChain xmlns="{MAIN[1:-1]}"><c r="A1" i="1"/><c r="B9" i="2"/></calcChain>'.encode()
        },
    )
    write(book, tasks(("new", *ROW[1:])))
    assert "xl/calcChain.xml" not in members(book)
    assert b"calcChain" not in members(book)["xl/_rels/workbook.xml.rels"] + members(book)["[Content_Types].xml"]


def test_user_chart_and_picture_parts_of_other_sheets_stay(tmp_path):
    def fill(book):
        chart = BarChart()
        chart.add_data(Reference(book.active, min_col=2, min_row=1, max_row=3), titles_from_data=True)
        book.active.add_chart(chart, "E5")

    book = save_plain(tmp_path / "b.xlsx", fill)
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = write(book, tasks(), funnel())
    write(book, tasks(("done", *ROW[1:])), problems())
    assert_untouched(before, book, {*done.titles.values(), "Problems"})


def test_styles_are_found_again_not_added_again(book):
    write(book, tasks())
    count = members(book)["xl/styles.xml"].count(b"<xf ")
    write(book, tasks(("done", *ROW[1:])))
    write(book, tasks(("new", *ROW[1:])), funnel())
    assert members(book)["xl/styles.xml"].count(b"<xf ") == count + 1  # the funnel's large heading
