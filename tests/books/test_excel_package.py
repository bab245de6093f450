"""Packages as they are met in practice: spellings, encodings and zip oddities that must come through untouched."""

import io
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sheets_crm.books.excel.archive import Archive, rebuild
from sheets_crm.books.excel.xmlsplice import Xml
from sheets_crm.errors import WorkbookUnreadable
from tests.books.excel_cases import edit, funnel, members, problems, rezip, save_plain, tasks, write
from tests.books.untouched import Parts, assert_untouched

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
TO_STRICT = (
    ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "book.xlsx")


def graft_twice(book, tmp_path, *tabs):
    """Write, write again, change, and judge each step; the names of the tabs."""
    tabs = tabs or (tasks(), funnel(), problems())
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = write(book, *tabs)
    assert_untouched(before, book, done.titles.values())
    first = book.read_bytes()
    assert write(book, *tabs).written == ()
    assert book.read_bytes() == first
    before.write_bytes(first)
    write(book, funnel(7, 6, 5), tasks(("done", None, "Zoe", None)))
    assert_untouched(before, book, done.titles.values())
    return done.titles


def test_strict_workbooks_get_strict_tabs(book, tmp_path):
    changed = {}
    for name, data in members(book).items():
        for old, new in TO_STRICT:
            data = data.replace(old.encode(), new.encode())  # noqa: PLW2901
        changed[name] = data
    rezip(book, changed)
    graft_twice(book, tmp_path)
    ours = {name: data for name, data in members(book).items() if name not in changed or "sheet2" in name}
    assert len(ours) >= 8
    for name, data in ours.items():
        assert b"openxmlformats.org/spreadsheetml/" not in data, name
        assert b"openxmlformats.org/drawingml/" not in data, name
        assert b"openxmlformats.org/officeDocument/" not in data, name
    assert b'gapWidth val="40%"' in members(book)["xl/charts/chart1.xml"]


def test_prefixed_parts_get_prefixed_entries(book, tmp_path):
    parts = members(book)
    changed = {}
    for name in ("xl/workbook.xml", "xl/styles.xml"):
        root = etree.fromstring(parts[name])
        moved = etree.Element(root.tag, nsmap={"x": MAIN, "r": TO_STRICT[1][0]}, attrib=dict(root.attrib))
        moved.extend(list(root))
        etree.cleanup_namespaces(moved, top_nsmap={"x": MAIN}, keep_ns_prefixes=["x"])
        changed[name] = etree.tostring(moved, xml_declaration=True, encoding="utf-8")
        assert b"<x:" in changed[name]
    rezip(book, changed)
    graft_twice(book, tmp_path)
    text = members(book)["xl/workbook.xml"]
    assert b"<x:sheet " in text.split(b"Tasks")[0][-60:]
    assert b"<x:definedName " in text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "windows-1251"])
def test_encodings_are_kept(book, tmp_path, encoding):
    changed = {}
    for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", "xl/styles.xml"):
        text = members(book)[name].decode().split("?>", 1)[-1].replace("My sheet", "\u041b\u0438\u0441\u0442")
        shown = {"utf-16": "UTF-16", "utf-8-sig": "UTF-8"}.get(encoding, encoding)
        changed[name] = (f'<?xml version="1.0" encoding="{shown}"?>' + text).encode(encoding)
    rezip(book, changed)
    graft_twice(book, tmp_path)
    after = members(book)["xl/workbook.xml"]
    assert after[:3] == changed["xl/workbook.xml"][:3]
    assert "\u041b\u0438\u0441\u0442" in after.decode(encoding)
    assert "Funnel" in after.decode(encoding)


def test_ignorable_prefixes_comments_and_extensions_come_through(book, tmp_path):
    edit(
        book,
        "xl/workbook.xml",
        (
            "<workbook ",
            f'<!-- mine --><workbook xmlns:mc="{MC}" mc:Ignorable="x15 xr"  xmlns:x15="urn:x15" xmlns:xr="urn:xr"\n ',
        ),
        ("</workbook>", "<extLst><ext uri='{1}'><x15:a  b = '1' /></ext></extLst></workbook>"),
    )
    graft_twice(book, tmp_path)
    text = members(book)["xl/workbook.xml"]
    for piece in (b"<!-- mine -->", b'mc:Ignorable="x15 xr"  ', b"<x15:a  b = '1' /></ext></extLst></workbook>"):
        assert piece in text
    assert text.index(b"<definedNames>") < text.index(b"<calcPr") < text.index(b"<extLst>")


def test_absolute_targets_are_followed(book, tmp_path):
    edit(book, "xl/_rels/workbook.xml.rels", ('Target="/xl/', 'Target="/xl/'))
    graft_twice(book, tmp_path)
    assert b'Target="/xl/worksheets/sheet2.xml"' in members(book)["xl/_rels/workbook.xml.rels"]
    assert b'Target="/xl/tables/table1.xml"' in members(book)["xl/worksheets/_rels/sheet2.xml.rels"]


def test_relative_targets_are_followed(book, tmp_path):
    edit(book, "xl/_rels/workbook.xml.rels", ('Target="/xl/', 'Target="'))
    graft_twice(book, tmp_path)
    assert b'Target="worksheets/sheet2.xml"' in members(book)["xl/_rels/workbook.xml.rels"]
    assert b'Target="../tables/table1.xml"' in members(book)["xl/worksheets/_rels/sheet2.xml.rels"]


def test_a_workbook_at_the_root(book, tmp_path):
    parts = members(book)
    moved = {name: None for name in parts if name.startswith("xl/")}
    moved |= {name.removeprefix("xl/"): data for name, data in parts.items() if name.startswith("xl/")}
    for name in ("_rels/.rels", "[Content_Types].xml", "_rels/workbook.xml.rels"):
        moved[name] = (moved.get(name) or parts[name]).replace(b'"/xl/', b'"/').replace(b'"xl/', b'"')
    rezip(book, moved)
    graft_twice(book, tmp_path)
    assert "worksheets/sheet2.xml" in members(book)


def test_macros_keep_their_content_type(book, tmp_path):
    edit(book, "[Content_Types].xml", ("spreadsheetml.sheet.main+xml", "sheet.macroEnabled.main+xml"))
    rezip(book, {"xl/vbaProject.bin": b"\0macro" * 99})
    graft_twice(book, tmp_path)
    assert b"macroEnabled" in members(book)["[Content_Types].xml"]


def test_epoch_1904(book, tmp_path):
    edit(book, "xl/workbook.xml", ("<workbookPr/>", '<workbookPr date1904="1"/>'))
    graft_twice(book, tmp_path)
    write(book, tasks())
    assert openpyxl.load_workbook(book)["Tasks"]["B2"].value.year == 2026


def test_stale_content_types_are_not_taken_for_free_names(book, tmp_path):
    stale = '<Override PartName="/xl/worksheets/sheet2.xml" ContentType="application/stale+xml"/></Types>'
    edit(book, "[Content_Types].xml", ("</Types>", stale))
    before = tmp_path / "before.xlsx"
    before.write_bytes(book.read_bytes())
    done = write(book, tasks())
    assert "xl/worksheets/sheet2.xml" not in members(book)
    assert "xl/worksheets/sheet3.xml" in members(book)
    assert_untouched(before, book, done.titles.values())


def test_forgotten_default_for_rels_is_added(book):
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"'
    text = members(book)["[Content_Types].xml"].decode()
    assert default in text
    edit(book, "[Content_Types].xml", (default, '<Default Extension="relz" ContentType="x/y"'))
    write(book, tasks())
    assert 'Extension="rels"' in members(book)["[Content_Types].xml"].decode()


def test_workbooks_without_styles_get_them(book):
    rels = members(book)["xl/_rels/workbook.xml.rels"].decode()
    entry = next("<" + piece for piece in rels.split("<") if "relationships/styles" in piece)
    edit(book, "xl/_rels/workbook.xml.rels", (entry, ""))
    types = members(book)["[Content_Types].xml"].decode()
    override = next("<" + piece for piece in types.split("<") if "styles+xml" in piece)
    edit(book, "[Content_Types].xml", (override, ""))
    rezip(book, {"xl/styles.xml": None})
    write(book, tasks())
    assert write(book, tasks()).written == ()
    assert openpyxl.load_workbook(book)["Tasks"]["A1"].font.b


def test_a_workbook_without_relationships_prefix_and_names(book, tmp_path):
    """`r:` may be declared on each sheet alone."""
    edit(book, "xl/workbook.xml", ("<sheets>", "<sheets >"))
    graft_twice(book, tmp_path)
    root = etree.fromstring(members(book)["xl/workbook.xml"])
    assert all(any(key.endswith("relationships}id") for key in sheet.attrib) for sheet in root.iter("{*}sheet"))


# ---- zip


def raw_zip(parts, *, flags=0, extra=b"", comment=b"", sep="/"):
    """A zip with data descriptors or extras, as some programs write them; every name with its own time."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, (2019, 5, 6, 7, 8, 10))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.extra = extra
            if flags & 8:
                with file.open(info, "w", force_zip64=True) as out:
                    out.write(content)
            else:
                file.writestr(info, content)
        file.comment = comment
    out = data.getvalue()
    for name in parts if sep == "\\" else ():
        out = out.replace(name.encode(), name.replace("/", "\\").encode())
    return out


def test_data_descriptors_and_zip64_extras_are_cleared(book, tmp_path):
    class Stream(io.RawIOBase):
        def __init__(self):
            self.data = io.BytesIO()

        def writable(self):
            return True

        def write(self, data):
            return self.data.write(data)

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members(book).items():
            with file.open(name, "w", force_zip64=True) as out:
                out.write(content)
    book.write_bytes(stream.data.getvalue())
    with zipfile.ZipFile(book) as file:
        assert all(info.flag_bits & 8 for info in file.infolist())
    graft_twice(book, tmp_path)
    data = book.read_bytes()
    with zipfile.ZipFile(book) as file:
        for info in file.infolist():
            flags, name_size, extra_size = (
                *struct.unpack_from("<H", data, info.header_offset + 6),
                *struct.unpack_from("<2H", data, info.header_offset + 26),
            )
            assert not flags & 8
            assert extra_size == 0
            assert data[info.header_offset + 30 :][:name_size].decode() == info.filename


def test_time_comment_and_other_extras_are_kept(book, tmp_path):
    extra = struct.pack("<2H4s", 0x7777, 4, b"mine")
    book.write_bytes(raw_zip(members(book), extra=extra, comment=b"a comment"))
    graft_twice(book, tmp_path)
    with zipfile.ZipFile(book) as file:
        assert file.comment == b"a comment"
        info = file.getinfo("xl/theme/theme1.xml")
        assert (info.date_time, info.extra) == ((2019, 5, 6, 7, 8, 10), extra)
        assert file.getinfo("xl/tables/table1.xml").date_time == (1980, 1, 1, 0, 0, 0)


def test_back_slashes_in_names(book, tmp_path):
    book.write_bytes(raw_zip(members(book), sep="\\"))
    with zipfile.ZipFile(book) as file:
        assert "xl\\workbook.xml" in [info.orig_filename for info in file.infolist()]
    graft_twice(book, tmp_path)
    assert Parts(book).sheets()[1][0] == "Tasks"


def test_names_in_other_case(book, tmp_path):
    parts = members(book)
    changed = {name: None for name in parts if name.startswith("xl/worksheets")}
    changed |= {
        name.replace("worksheets/sheet1", "WorkSheets/Sheet1"): data for name, data in parts.items() if name in changed
    }
    rezip(book, changed)
    graft_twice(book, tmp_path)


def test_archive_refuses_what_runs_over_the_end():
    data = raw_zip({"a": b"x" * 100})
    packed = data.index(b"PK\1\2") + 20
    for broken in (data[:packed] + b"\xff\xff" + data[packed + 2 :], data.replace(b"PK\3\4", b"PK\3\5")):
        with pytest.raises(WorkbookUnreadable, match="truncated"):
            Archive(broken)


@given(st.integers(0, 100_000), st.integers(0, 255))
def test_any_damaged_byte_gives_a_sound_file_or_a_refusal(place, value):
    parts = {"[Content_Types].xml": b"<Types/>", "xl/a.xml": b"<a/>" * 20, "b": b"y" * 40}
    data = bytearray(raw_zip(parts))
    data[place % len(data)] = value
    out = io.BytesIO()
    try:
        archive = Archive(bytes(data))
        rebuild(archive, out, {}, frozenset())
    except WorkbookUnreadable:
        return
    copied = Archive(out.getvalue())
    assert all(copied.packed(name) == archive.packed(name) for name in archive.members)


# ---- splicing


def test_splices_touch_only_their_place():
    source = b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<a  x = '1>2'><!-- <b/> --><b/><b y=\"1\">t</b ></a >\n"
    xml = Xml(source, "p")
    assert xml.result() is source
    first, second = xml.root.children
    xml.append(first, "<n/>")
    xml.set_attr(first, "z", '"<&')
    xml.set_attr(second, "y", "2")
    xml.set_text(second, "a&b")
    xml.set_attr(xml.root, "x", "3")
    assert xml.result() == (
        b"\xef\xbb\xbf<?xml version='1.0'?>\r\n<a  x = '3'>"
        b'<!-- <b/> --><b z="&quot;&lt;&amp;"><n/></b>'
        b'<b y="2">a&amp;b</b ></a >\n'
    )


@pytest.mark.parametrize(
    "source", [b"", b"<a>", b"<a></b>", b'<?xml version="1.0" encoding="nonsense"?><a/>', b"\xff\xfe<\0a\0"]
)
def test_what_is_not_xml_is_an_owners_error(source):
    with pytest.raises(WorkbookUnreadable):
        Xml(source, "p")
