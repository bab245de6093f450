"""Our tabs and what people put on them: a tab that is switched off goes alone, a picture stays, what is lost is named."""

from __future__ import annotations

import io
import posixpath
import re
import subprocess
import sys
import zlib

import openpyxl
import pytest
from openpyxl.chart import PieChart, Reference
from openpyxl.comments import Comment
from openpyxl.drawing.image import Image
from openpyxl.workbook.defined_name import DefinedName

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.memory import MemoryBook
from sheets_crm.books.model import WritePlan
from tests.books.excel_cases import edit, funnel, members, problems, rezip, save_plain, tasks, write
from tests.books.untouched import Parts, assert_untouched

TABS = (tasks(), funnel(), problems())
NOTE = "openbook.note."


def png():
    """The smallest picture that openpyxl takes, without a library that paints."""

    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = b"\0\0\0\1\0\0\0\1\x08\2\0\0\0"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
    )


@pytest.fixture
def book(tmp_path):
    path = save_plain(tmp_path / "book.xlsx", lambda made: made.create_sheet("Second"))
    write(path, *TABS)
    return path


def apply(path, *tabs, remove=()):
    excel = ExcelBook(path)
    return excel.apply(WritePlan(tabs, excel.fingerprint(), remove))


def names(path):
    return [sheet.name for sheet in ExcelBook(path).sheets()]


def kept(path, tab, why):
    """The tab stays, with the note that says why; the file isn't touched."""
    before = path.read_bytes()
    done = apply(path, remove=(tab,))
    assert done.removed == {}
    assert [key for key, _ in done.notes] == [NOTE + why]
    assert path.read_bytes() == before
    return dict(done.notes[0][1])


# ---- a tab that is switched off


def test_a_tab_that_is_switched_off_goes_and_nothing_else(book, tmp_path):
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = apply(book, tasks(), problems(), remove=("funnel",))
    assert (done.removed, done.written) == ({"funnel": "Funnel"}, ())
    assert names(book) == ["My sheet", "Second", "Tasks", "Problems"]
    assert not any("funnel" in name or "chart" in name or "drawing" in name for name in members(book))
    assert "funnel" not in members(book)["xl/workbook.xml"].decode()
    assert b"chart" not in members(book)["[Content_Types].xml"]
    old, new = Parts(before), Parts(book)
    mine = old.ours({"Funnel"})
    shared = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml"}
    assert {n for n in old.order if n not in mine and old.packed[n] != new.packed.get(n)} == shared
    again = apply(book, tasks(), problems(), remove=("funnel",))
    assert (again.written, again.removed, again.notes) == ((), {}, ())
    assert openpyxl.load_workbook(book).sheetnames == names(book)
    assert apply(book, *TABS).written == ("funnel",)


def test_what_counts_sheets_by_their_place_is_counted_anew(tmp_path):
    path = tmp_path / "book.xlsx"
    save_plain(path)
    write(path, problems())
    made = openpyxl.load_workbook(path)
    made.move_sheet("Problems", -1)
    last = made.create_sheet("Last")
    last.print_area = "A1:B2"
    made["Problems"].print_area = "A1:B2"
    made["My sheet"].auto_filter.ref = "A1:B3"
    made.defined_names["Mine"] = DefinedName("Mine", attr_text="'My sheet'!$A$1")
    last.defined_names["Here"] = DefinedName("Here", attr_text="Last!$A$1")
    made.active = 2
    made.save(path)
    assert apply(path, remove=("problems",)).removed
    after = openpyxl.load_workbook(path)
    assert (after.sheetnames, after.active.title) == (["My sheet", "Last"], "Last")
    assert after["Last"].print_area == "'Last'!$A$1:$B$2"
    assert "Here" in after["Last"].defined_names
    assert set(after.defined_names) == {"Mine"}
    assert {name.get("localSheetId") for name in Parts(path).root.iter("{*}definedName")} <= {None, "0", "1"}


def test_the_active_tab_may_be_the_one_that_goes(tmp_path):
    path = save_plain(tmp_path / "book.xlsx")
    write(path, problems())
    made = openpyxl.load_workbook(path)
    made.active = 1
    made.save(path)
    assert apply(path, remove=("problems",)).removed
    assert openpyxl.load_workbook(path).active.title == "My sheet"


@pytest.mark.parametrize(
    "point",
    [
        lambda made: made["Second"].__setitem__("A1", "=Problems!A1"),
        lambda made: made["Second"].__setitem__("A1", "=SUM(crm_problems[Sheet])"),
        lambda made: made.defined_names.add(DefinedName("theirs", attr_text="Problems!$A$1:$B$2")),
        lambda made: made["Second"].add_data_validation(
            openpyxl.worksheet.datavalidation.DataValidation("list", formula1="Problems!$A$1:$A$9", sqref="B2")
        ),
        lambda made: setattr(made["Second"]["A1"], "hyperlink", "#Problems!A1"),
        lambda made: made["Second"].add_chart(_pie(made["Problems"]), "D2"),
    ],
    ids=["formula", "table", "name", "drop-down", "link", "chart"],
)
def test_a_tab_that_the_users_sheets_point_at_stays(book, point):
    made = openpyxl.load_workbook(book)
    point(made)
    made.save(book)
    assert kept(book, "problems", "tab_kept_formulas") == {"tab": "Problems"}


def _pie(sheet):
    chart = PieChart()
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=2))
    return chart


def test_a_pivot_over_a_tab_keeps_it(book):
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.pivotCacheDefinition+xml"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotCacheDefinition"
    source = '<cacheSource type="worksheet"><worksheetSource {}/></cacheSource>'
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    edit(book, "[Content_Types].xml", ("</Types>", f'<Override PartName="/{cache}" ContentType="{kind}"/></Types>'))
    target = f'<Relationship Id="rId99" Type="{rel}" Target="{posixpath.relpath(cache, "xl")}"/></Relationships>'
    edit(book, "xl/_rels/workbook.xml.rels", ("</Relationships>", target))
    for words, why in (('ref="A1:B9" sheet="Funnel"', "tab_kept_formulas"), ('name="crm_funnel"', "tab_kept_formulas")):
        rezip(book, {cache: f"<pivotCacheDefinition {main}>{source.format(words)}</pivotCacheDefinition>".encode()})
        kept(book, "funnel", why)
    rezip(book, {cache: f"<pivotCacheDefinition {main}>{source.format(chr(32))}</pivotCacheDefinition>".encode()})
    assert apply(book, remove=("funnel",)).removed


@pytest.mark.parametrize(
    ("add", "thing"),
    [
        (lambda sheet: setattr(sheet["A1"], "comment", Comment("why?", "Anna")), "comments"),
        (lambda sheet: sheet.add_image(Image(io.BytesIO(png())), "F2"), "drawings"),
        (lambda sheet: sheet.__setitem__("H7", "note to self"), "cells"),
    ],
)
def test_a_tab_that_somebody_added_to_stays(book, add, thing):
    made = openpyxl.load_workbook(book)
    add(made["Problems"])
    made.save(book)
    (what,) = kept(book, "problems", "tab_kept_added")["what"]
    assert what.key == f"openbook.things.{thing}"
    if thing == "cells":
        assert what.values == {"cells": "H7"}


def test_the_last_visible_sheet_stays(tmp_path):
    path = save_plain(tmp_path / "book.xlsx")
    write(path, problems())
    edit(
        path,
        "xl/workbook.xml",
        ('name="My sheet" sheetId="1" state="visible"', 'name="My sheet" sheetId="1" state="hidden"'),
    )
    kept(path, "problems", "tab_kept_last")


def test_a_tab_renamed_by_people_goes_all_the_same(book):
    made = openpyxl.load_workbook(book)
    made["Problems"].title = "Dirt"
    made.save(book)
    edit(book, "xl/workbook.xml", ("'Problems'!$A$1", "'Dirt'!$A$1"))
    assert apply(book, remove=("problems",)).removed == {"problems": "Dirt"}


def test_a_sheet_of_the_users_with_our_name_is_never_removed(tmp_path):
    path = save_plain(tmp_path / "book.xlsx", lambda made: made.create_sheet("Problems"))
    before = path.read_bytes()
    assert apply(path, remove=("problems",)).removed == {}
    assert path.read_bytes() == before


def test_a_workbook_in_memory_does_the_same():
    memory = MemoryBook({"Mine": [["a"]]})
    memory.apply(WritePlan((tasks(), problems()), memory.fingerprint()))
    done = memory.apply(WritePlan((tasks(),), memory.fingerprint(), ("problems", "funnel")))
    assert done.removed == {"problems": "Problems"}
    assert [sheet.name for sheet in memory.sheets()] == ["Mine", "Tasks"]
    assert memory.apply(WritePlan((tasks(),), memory.fingerprint(), ("problems",))).removed == {}


# ---- what people put on our tabs


def add_things(path, *, funnel_too=True):
    """A picture on Tasks; a picture and a chart of one's own on Funnel."""
    made = openpyxl.load_workbook(path)
    made["Tasks"].add_image(Image(io.BytesIO(png())), "K2")
    if funnel_too:
        made["Funnel"].add_image(Image(io.BytesIO(png())), "K20")
        made["Funnel"].add_chart(_pie(made["My sheet"]), "K30")
    made.save(path)


def drawing_of(path, name):
    parts = Parts(path)
    sheet = next(sheet for sheet in parts.sheets() if sheet[0] == name)
    drawing = next((target for target, kind, _ in parts.rels(sheet[4]) if kind == "drawing"), None)
    targets = sorted((kind, target) for target, kind, _ in parts.rels(drawing)) if drawing else []
    return (parts.data[drawing].decode() if drawing else ""), targets, parts


def anchors(text):
    return len(re.findall(r"<(?:\w+:)?(?:oneCell|twoCell|absolute)Anchor\b", text))


def test_pictures_and_charts_that_people_put_on_our_tabs_stay(book):
    add_things(book)
    theirs = {name: data for name, data in members(book).items() if "media" in name}
    pies = [data for name, data in members(book).items() if "charts/chart" in name and b"pieChart" in data]
    assert (len(theirs), len(pies)) == (2, 1)
    for counts in ((41, 20, 5), (42, 21, 6)):
        done = apply(book, tasks(("done", None, "Zoe", None)), funnel(*counts), problems())
        assert "funnel" in done.written
        assert done.notes == ()
        text, targets, parts = drawing_of(book, "Funnel")
        assert anchors(text) == 3
        assert [kind for kind, _ in targets] == ["chart", "chart", "image"]
        charts = [parts.data[target] for kind, target in targets if kind == "chart"]
        assert sum(b"pieChart" in chart for chart in charts) == 1
        assert sum(str(counts[0]).encode() in chart for chart in charts) == 1
        assert pies[0] in charts
        text, targets, _ = drawing_of(book, "Tasks")
        assert (anchors(text), [kind for kind, _ in targets]) == (1, ["image"])
    before = book.read_bytes()
    assert apply(book, tasks(("done", None, "Zoe", None)), funnel(*counts), problems()).written == ()
    assert book.read_bytes() == before
    openpyxl.load_workbook(book)
    assert {name: data for name, data in members(book).items() if "media" in name} == theirs


def test_our_chart_that_somebody_deleted_comes_back_beside_theirs(book):
    add_things(book)
    apply(book, tasks(), funnel(42, 20, 5), problems())  # after which the frame bears our name again
    text, _, parts = drawing_of(book, "Funnel")
    part = next(name for name, data in parts.data.items() if data == text.encode())
    ours = re.search(r"<(\w+:)?oneCellAnchor\b(?:(?!Anchor>).)*crm_funnel_chart_1.*?Anchor>", text, re.DOTALL)
    assert ours
    rezip(book, {part: text.replace(ours[0], "").encode()})
    assert anchors(drawing_of(book, "Funnel")[0]) == 2
    apply(book, tasks(), funnel(43, 20, 5), problems())
    text, targets, _ = drawing_of(book, "Funnel")
    assert (anchors(text), [kind for kind, _ in targets].count("chart")) == (3, 2)
    assert "crm_funnel_chart_1" in text


def test_a_copy_of_our_chart_is_theirs(book):
    text, _, parts = drawing_of(book, "Funnel")
    part = next(name for name, data in parts.data.items() if data == text.encode())
    rels = posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")
    ours = re.search(r"<xdr:oneCellAnchor.*</xdr:oneCellAnchor>", text)[0]
    copy = ours.replace("rIdCrm1", "rId7").replace("<xdr:row>2<", "<xdr:row>40<").replace('id="1001"', 'id="2"')
    chart = next(name for name in parts.data if "charts/chart" in name)
    kind = re.search(r'Type="([^"]+/chart)"', parts.data[rels].decode())[1]
    rel = f'<Relationship Id="rId7" Type="{kind}" Target="/xl/charts/chart9.xml"/></Relationships>'
    edit(book, rels, ("</Relationships>", rel))
    edit(
        book,
        "[Content_Types].xml",
        (
            "</Types>",
            f'<Override PartName="/xl/charts/chart9.xml" ContentType="{parts.types()["/" + chart]}"/></Types>',
        ),
    )
    rezip(book, {part: text.replace(ours, ours + copy).encode(), "xl/charts/chart9.xml": parts.data[chart]})
    apply(book, tasks(), funnel(77, 20, 5), problems())
    text, targets, parts = drawing_of(book, "Funnel")
    assert anchors(text) == 2
    assert "<xdr:row>40<" in text
    assert b"77" not in parts.data["xl/charts/chart9.xml"]
    assert [kind for kind, _ in targets] == ["chart", "chart"]


def test_a_tab_without_anything_of_theirs_has_only_our_chart(book):
    apply(book, tasks(), funnel(43, 20, 5), problems())
    text, targets, _ = drawing_of(book, "Funnel")
    assert (anchors(text), [kind for kind, _ in targets]) == (1, ["chart"])
    assert sum("chart" in name for name in members(book)) == 1


def test_what_cannot_be_kept_is_named(book):
    made = openpyxl.load_workbook(book)
    made["Funnel"]["H2"] = "my note"
    made["Funnel"]["A30"] = 7
    made.save(book)
    part = next(sheet[4] for sheet in Parts(book).sheets() if sheet[0] == "Funnel")
    rels = posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/pivotTable"
    edit(
        book,
        rels,
        ("</Relationships>", f'<Relationship Id="rId77" Type="{kind}" Target="../pivotTables/p.xml"/></Relationships>'),
    )
    rezip(book, {"xl/pivotTables/p.xml": b"<pivotTableDefinition/>"})
    done = apply(book, tasks(), funnel(43, 20, 5), problems())
    ((key, values),) = done.notes
    assert (key, values["tab"]) == ("openbook.note.dropped", "Funnel")
    assert [thing.key.rpartition(".")[2] for thing in values["what"]] == ["pivots", "cells"]
    assert values["what"][1].values == {"cells": "H2, A30"}
    assert apply(book, tasks(), funnel(44, 20, 5), problems()).notes == ()


def test_rows_typed_under_the_tasks_are_nothing_lost(book):
    made = openpyxl.load_workbook(book)
    made["Tasks"]["C3"] = "Boris"
    made.save(book)
    rows = (("new", None, "Anna", None), ("new", None, "Boris", None))
    assert apply(book, tasks(*rows), funnel(), problems()).notes == ()


def test_the_users_parts_stay_when_pictures_are_carried_over(book, tmp_path):
    add_things(book)
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    apply(book, tasks(("done", None, "Zoe", None)), funnel(50, 20, 5), problems())
    assert_untouched(before, book, ["Tasks", "Funnel", "Problems"])


@pytest.mark.parametrize("case", ["pictures", "removed", "companion"])
def test_the_outside_judge_agrees(book, tmp_path, shared, case):
    before = tmp_path / "before.xlsx"
    add_things(book)
    before.write_bytes(book.read_bytes())
    ours = "Tasks,Funnel,Problems"
    if case == "pictures":
        apply(book, tasks(("done", None, "Zoe", None)), funnel(50, 20, 5), problems())
    elif case == "removed":
        assert apply(book, tasks(), funnel(), remove=("problems",)).removed
        ours = "Tasks,Funnel"
        apply(before, tasks(), funnel(), remove=("problems",))
        write(book, tasks(("done", None, "Zoe", None)), funnel(51, 20, 5))
    else:
        before, book = tmp_path / "companion.xlsx", tmp_path / "after.xlsx"
        for path, count in ((before, 5), (book, 6)):
            companion = ExcelBook(path, companion_of=tmp_path / "book.xlsx")
            companion.apply(WritePlan((tasks(), funnel(9, 8, count), problems()), companion.fingerprint()))
    judge = shared / "tools" / "preserve_check.py"
    said = subprocess.run(
        [sys.executable, str(judge), str(before), str(book), "--ours", ours],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout
