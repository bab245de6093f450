"""What people did on our tabs in Excel survives the next drawing: filters, order, comments."""

import re
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from lxml import etree
from openpyxl.comments import Comment

from sheets_crm.books.excel.arrange import arrange
from sheets_crm.books.excel.carry import OldTable
from sheets_crm.books.excel.xmlsplice import Xml
from tests.books.excel_cases import edit, members, save_plain, tasks, write

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TITLES = ("Status", "Due", "Client", "Sum", "Outcome", "Key")
ROWS = (
    ("new", date(2026, 11, 5), "Boris", Decimal(30)),
    ("done", date(2026, 10, 1), "anna", Decimal(20)),
    ("new", None, "\u0451lka", Decimal(10)),
    ("new", date(2025, 1, 1), "\u0436uk", None),
)


def old_table(inner="", sort=""):
    xml = Xml(f"<table><autoFilter>{inner}</autoFilter>{sort}</table>".encode(), "t")
    parts = xml.root.child("autoFilter").all("filterColumn")
    return OldTable(
        "t", "t", 1, dict.fromkeys(TITLES, 1), TITLES, 0, 0, tuple(parts), xml.root.child("sortState"), xml=xml
    )


def shown(filters, *, date_1904=False):
    done = arrange(tasks(*ROWS).tables[0], TITLES, old_table(filters), date_1904=date_1904)
    return None if done.hidden is None else [i for i, hidden in enumerate(done.hidden) if not hidden]


def column(number, inner):
    return f'<filterColumn colId="{number}">{inner}</filterColumn>'


def custom(number, *rules, every=False):
    each = "".join(f'<customFilter operator="{operator}" val="{value}"/>' for operator, value in rules)
    return column(number, f'<customFilters and="{int(every)}">{each}</customFilters>')


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (column(0, '<filters><filter val="NEW"/></filters>'), [0, 2, 3]),
        (
            column(1, '<filters blank="1"><dateGroupItem year="2026" month="11" dateTimeGrouping="month"/></filters>'),
            [0, 2],
        ),
        (column(1, '<filters><dateGroupItem year="2026" dateTimeGrouping="year"/></filters>'), [0, 1]),
        (column(0, '<filters><filter val="new"/></filters>') + custom(3, ("greaterThan", "10")), [0]),
        (custom(3, ("lessThan", "15"), ("greaterThan", "25")), [0, 2]),
        (custom(3, ("greaterThanOrEqual", "10"), ("lessThan", "30"), every=True), [1, 2]),
        (custom(3, ("notEqual", " ")), [0, 1, 2]),
        (custom(2, ("equal", "*N?a")), [1]),
        (custom(2, ("notEqual", "b*")), [1, 2, 3]),
        (custom(1, ("greaterThan", "46000")), [0, 1]),
        (column(3, '<filters><filter val="30"/></filters>'), None),  # "30" may be a rounded 30.4
        (column(3, '<top10 val="2"/>'), None),
        (column(1, '<dynamicFilter type="thisWeek"/>'), None),
        (column(0, '<colorFilter dxfId="1"/>'), None),
        (custom(2, ("greaterThan", "b")), None),
        (column(77, '<filters><filter val="x"/></filters>'), None),
    ],
)
def test_filter_shows_what_excel_would_show_or_is_dropped(filters, expected):
    assert shown(filters) == expected


def test_days_are_compared_in_the_epoch_of_the_workbook():
    serial = (date(2026, 1, 1) - date(1904, 1, 1)).days
    assert shown(custom(1, ("greaterThan", str(serial))), date_1904=True) == [0, 1]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ('<sortCondition ref="C2:C5"/>', ["anna", "Boris", "\u0451lka", "\u0436uk"]),
        ('<sortCondition descending="1" ref="D2:D5"/>', ["Boris", "anna", "\u0451lka", "\u0436uk"]),
        ('<sortCondition ref="A2:A5"/><sortCondition ref="B2:B5"/>', ["anna", "\u0436uk", "Boris", "\u0451lka"]),
        ('<sortCondition sortBy="cellColor" ref="C2:C5"/>', ["Boris", "anna", "\u0451lka", "\u0436uk"]),
    ],
)
def test_rows_stand_in_the_order_that_people_chose(conditions, expected):
    done = arrange(
        tasks(*ROWS).tables[0],
        TITLES,
        old_table(sort=f'<sortState ref="A2:F5">{conditions}</sortState>'),
        date_1904=False,
    )
    assert done.table.columns[2].values.to_list() == expected
    assert [key.removeprefix("k-") for key in done.table.columns[5].values] == expected
    assert bool(done.sort) == ("sortBy" not in conditions)


@pytest.fixture
def book(tmp_path):
    path = save_plain(tmp_path / "book.xlsx")
    write(path, tasks(*ROWS))
    return path


def test_filter_and_order_come_through_the_file_and_settle(book):
    sort = '<sortState ref="A2:F5"><sortCondition descending="1" ref="C2:C5"/></sortState>'
    edit(
        book,
        "xl/tables/table1.xml",
        (
            '<autoFilter ref="A1:F5"/>',
            '<autoFilter ref="A1:F5">' + column(0, '<filters><filter val="new"/></filters>') + "</autoFilter>" + sort,
        ),
    )
    more = (*ROWS, ("done", None, "Zoe", Decimal(1)))
    assert write(book, tasks(*more)).written == ("tasks",)
    sheet = openpyxl.load_workbook(book)["Tasks"]
    assert [sheet.cell(row, 3).value for row in range(2, 7)] == ["\u0436uk", "\u0451lka", "Zoe", "Boris", "anna"]
    assert [row for row in range(2, 7) if sheet.row_dimensions[row].hidden] == [4, 6]
    table = etree.fromstring(members(book)["xl/tables/table1.xml"])
    assert [child.tag.removeprefix(MAIN) for child in table] == [
        "autoFilter",
        "sortState",
        "tableColumns",
        "tableStyleInfo",
    ]
    assert table.find(MAIN + "sortState").get("ref") == "A2:F6"
    assert write(book, tasks(*more)).written == ()


def commented(book, places):
    loaded = openpyxl.load_workbook(book)
    for place, said in places.items():
        loaded["Tasks"][place].comment = Comment(said, "Boris")
    loaded.save(book)


def comments(book):
    sheet = openpyxl.load_workbook(book)["Tasks"]
    return {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}


def test_comments_follow_their_rows(book):
    commented(book, {"C2": "on Boris", "D3": "on anna", "B1": "on the heading", "A4": "on a row that goes"})
    write(book, tasks(ROWS[1], ("new", None, "Zoe", None), ROWS[0]))
    assert comments(book) == {"C4": "on Boris", "D2": "on anna", "B1": "on the heading"}
    vml = next(data for name, data in members(book).items() if name.lower().endswith(".vml")).decode()
    assert vml.count("ObjectType=") == 3
    assert sorted(re.findall(r"Row>(\d+)</", vml)) == ["0", "1", "3"]
    assert write(book, tasks(ROWS[1], ("new", None, "Zoe", None), ROWS[0])).written == ()


def test_comments_of_a_tab_that_did_not_change_stay_where_they_are(book):
    commented(book, {"C2": "on Boris"})
    write(book, tasks(*ROWS))
    assert comments(book) == {"C2": "on Boris"}
