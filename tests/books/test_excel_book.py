"""The file on the disk: refusals, locks, one atomic write, and what a failure at any step leaves behind."""

import errno
import inspect
import io
import os
import re
import stat
import sys
import zipfile
from pathlib import Path

import pytest

import sheets_crm.books.excel
from sheets_crm.books.excel import files
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.errors import OwnerError, WorkbookBusy, WorkbookMissing, WorkbookUnreadable
from sheets_crm.words import LANGS, catalogue, say
from tests.books.excel_cases import edit, members, rezip, save_plain, tasks, write

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "book.xlsx")


def beside(book):
    return [path.name for path in book.parent.iterdir()]


def a_zip(**parts):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return data.getvalue()


def ole2(inner=b""):
    return OLE2 + inner


KINDS = {
    "excel.empty": b"",
    "excel.legacy_xls": ole2(),
    "excel.encrypted": ole2("EncryptedPackage".encode("utf-16-le")),
    "excel.markup": b"\r\n<html><table><tr><td>1</td></tr></table></html>",
    "excel.text_table": "Name;Sum\r\nAnna;1\r\n".encode("cp1251"),
    "excel.not_zip": b"\x00\x01\x02garbage" * 50,
    "excel.ods": a_zip(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
    "excel.not_package": a_zip(readme="hello"),
}


def refused(path, key, kind=WorkbookUnreadable, **options):
    """The sentence of a refusal; the file stays as it was."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(kind) as caught:
        write(path, tasks(), **options)
    assert caught.value.key == key
    for lang in LANGS:
        sentence = say(key, lang, **caught.value.values)
        assert path.name in sentence
    if before is not None:
        assert path.read_bytes() == before
    return caught.value


@pytest.mark.parametrize("key", KINDS)
def test_other_kinds_of_file_are_named(tmp_path, key):
    path = tmp_path / "book.xlsx"
    path.write_bytes(KINDS[key])
    refused(path, key)


def test_missing_file_and_folder(tmp_path):
    refused(tmp_path / "none.xlsx", "excel.missing", WorkbookMissing)
    refused(tmp_path, "excel.folder", WorkbookMissing)


def test_truncated_file(book):
    data = book.read_bytes()
    book.write_bytes(data[: len(data) // 2])
    refused(book, "excel.truncated")
    book.write_bytes(data[200:])
    with pytest.raises(WorkbookUnreadable):
        write(book, tasks())


def test_a_damaged_part_that_we_need_is_named(book):
    data = bytearray(book.read_bytes())
    at = data.index(b"xl/workbook.xml") + 40
    data[at] ^= 0xFF
    book.write_bytes(bytes(data))
    assert refused(book, "excel.part_broken").values["part"] == "xl/workbook.xml"


def test_a_damaged_part_of_the_user_is_copied_as_it_is(book):
    rezip(book, {"xl/media/image1.png": b"picture" * 50}, method=zipfile.ZIP_STORED)
    data = bytearray(book.read_bytes())
    data[data.index(b"picturepicture") + 3] ^= 0xFF
    book.write_bytes(bytes(data))
    write(book, tasks())
    at = data.index(b"picturepicture", data.index(b"image1.png") + 12 + 7)
    assert bytes(data[at - 7 : at + 100]) in book.read_bytes()
    with pytest.raises(zipfile.BadZipFile), zipfile.ZipFile(book) as file:
        file.read("xl/media/image1.png")


def test_signed_shared_binary_and_addin(book):
    plain = book.read_bytes()
    rezip(book, {"_xmlsignatures/sig1.xml": b"<x/>"})
    refused(book, "excel.signed")
    book.write_bytes(plain)
    rezip(book, {"xl/revisions/revisionHeaders.xml": b"<headers/>"})
    refused(book, "excel.shared")
    book.write_bytes(plain)
    edit(book, "[Content_Types].xml", ("spreadsheetml.sheet.main+xml", "spreadsheetml.sheet.binary.macroEnabled.main"))
    refused(book, "excel.xlsb")
    book.write_bytes(plain)
    edit(book, "[Content_Types].xml", ("spreadsheetml.sheet.main+xml", "spreadsheetml.addin.macroEnabled.main+xml"))
    refused(book, "excel.addin")


def test_protected_structure_is_asked_about(book):
    edit(book, "xl/workbook.xml", ("<workbookProtection", '<workbookProtection lockStructure="1"'))
    refused(book, "excel.protected")
    assert write(book, tasks(), allow_protected=True).written == ("tasks",)
    assert b'lockStructure="1"' in members(book)["xl/workbook.xml"]


def test_document_types_and_names_that_stand_twice(book):
    plain = book.read_bytes()
    edit(book, "xl/workbook.xml", ("<workbook ", '<!DOCTYPE w [<!ENTITY a "b">]><workbook '))
    refused(book, "excel.dtd")
    book.write_bytes(plain)
    rezip(book, {"XL/Workbook.xml": b"<x/>"})
    refused(book, "excel.twice")


@pytest.mark.parametrize(
    ("name", "content", "who"),
    [
        (
            "~$book.xlsx",
            b"\x04Anna" + b" " * 50 + b"\x04\0" + "\u0410\u043d\u043d\u0430".encode("utf-16-le"),
            "\u0410\u043d\u043d\u0430",
        ),
        (".~lock.book.xlsx#", b"Boris,boris,pc-7,05.11.2026 10:00,file:///x;", "Boris"),
        (".~lock.book.xlsx#", b",boris,pc-7,05.11.2026 10:00,file:///x;", "boris"),
        ("~$book.xlsx", b"", ""),
    ],
)
def test_an_open_workbook_is_waited_for_and_its_reader_named(book, name, content, who):
    (book.parent / name).write_bytes(content)
    error = refused(book, "excel.open_by" if who else "excel.open_elsewhere", WorkbookBusy)
    assert error.values["who"] == who


def test_waiting_ends_when_the_workbook_is_closed(book, monkeypatch):
    lock = book.with_name("~$book.xlsx")
    lock.write_bytes(b"")
    monkeypatch.setattr(files.time, "sleep", lambda _: lock.unlink())
    assert write(book, tasks(), wait_s=5).written == ("tasks",)


def test_a_read_only_file_is_not_replaced(book):
    book.chmod(0o444)
    refused(book, "excel.read_only", WorkbookBusy)
    book.chmod(0o644)


def test_a_stale_plan_writes_nothing(book):
    before = book.read_bytes()
    with pytest.raises(FingerprintChanged):
        ExcelBook(book).apply(WritePlan((tasks(),), "of another day"))
    assert book.read_bytes() == before


def test_a_change_between_reading_and_replacing_stops_the_write(book):
    def meddle(path):
        path.write_bytes(path.read_bytes() + b"!")

    with pytest.raises(FingerprintChanged):
        write(book, tasks(), before_write=meddle)
    assert book.read_bytes().endswith(b"!")
    assert beside(book) == ["book.xlsx"]


def test_the_hook_sees_the_old_file_and_only_when_there_is_something_to_write(book):
    seen = []
    old = book.read_bytes()
    write(book, tasks(), before_write=lambda path: seen.append(path.read_bytes()))
    write(book, tasks(), before_write=lambda path: seen.append(path.read_bytes()))
    assert seen == [old]


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
def test_mode_and_symbolic_link_are_kept(book, tmp_path):
    book.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    write(link, tasks())
    assert link.is_symlink()
    assert stat.S_IMODE(book.stat().st_mode) == 0o640
    assert "xl/tables/table1.xml" in members(book)


def fail(number):
    def failing(*_args, **_kwargs):
        raise OSError(number, os.strerror(number))

    return failing


@pytest.mark.parametrize(
    ("place", "number", "key"),
    [
        ("os.fsync", errno.ENOSPC, "excel.disk_full"),
        ("tempfile.mkstemp", errno.EACCES, "excel.folder_read_only"),
        ("tempfile.mkstemp", errno.EROFS, "excel.folder_read_only"),
        ("os.fsync", errno.EIO, "excel.not_written"),
        ("pathlib.Path.replace", errno.EIO, "excel.not_written"),
    ],
)
def test_a_failing_disk_leaves_the_old_file_and_no_other(book, monkeypatch, place, number, key):
    monkeypatch.setattr(place, fail(number))
    refused(book, key, OwnerError)
    monkeypatch.undo()
    assert beside(book) == ["book.xlsx"]


def test_what_a_killed_run_left_behind_is_swept_up(book, monkeypatch):
    monkeypatch.setattr(files.Path, "unlink", lambda *_, **__: None)
    with pytest.raises(RuntimeError):
        write(book, tasks(), before_write=lambda _: (_ for _ in ()).throw(RuntimeError))
    monkeypatch.undo()
    left = next(path for path in book.parent.iterdir() if path != book)
    write(book, tasks())
    assert left.exists()  # it may be another run's
    os.utime(left, (1, 1))
    write(book, tasks(("done", None, "Zoe", None)))
    assert beside(book) == ["book.xlsx"]


class Died(BaseException):
    """The process was killed here."""


@pytest.mark.parametrize(
    "place", ["Archive.read", "rebuild", "_Write.verify", "files._like", "files._swap", "files.wait_until_free"]
)
def test_dying_anywhere_leaves_a_whole_old_file(book, monkeypatch, place):
    before = book.read_bytes()
    module = sheets_crm.books.excel.book
    owner = module
    *path, name = place.split(".")
    for step in path:
        owner = getattr(owner, step)

    def die(*_args, **_kwargs):
        raise Died

    monkeypatch.setattr(owner, name, die)
    with pytest.raises(Died):
        write(book, tasks())
    monkeypatch.undo()
    assert book.read_bytes() == before
    assert beside(book) == ["book.xlsx"]


@pytest.mark.parametrize("fault", ["flip", "drop", "swap"])
def test_a_bad_copy_is_noticed_before_it_replaces_anything(book, monkeypatch, fault):
    module = sheets_crm.books.excel.book
    true = module.rebuild

    def faulty(archive, out, put, drop):
        if fault == "drop":
            drop = drop | {"xl/theme/theme1.xml"}
        elif fault == "swap":
            put = {
                **put,
                "xl/worksheets/sheet2.xml": put["xl/tables/table1.xml"],
                "xl/workbook.xml": module.Blob.of(archive.read("xl/workbook.xml")),
            }
        true(archive, out, put, drop)
        if fault == "flip":
            out.seek(out.tell() // 3)
            out.write(b"\xff\x00\xff")

    before = book.read_bytes()
    monkeypatch.setattr(module, "rebuild", faulty)
    with pytest.raises((RuntimeError, OwnerError)):
        write(book, tasks())
    assert book.read_bytes() == before
    assert beside(book) == ["book.xlsx"]


def test_every_refusal_has_words_in_both_languages():
    folder = Path(inspect.getfile(sheets_crm.books.excel)).parent
    used = set()
    for name in (
        "archive",
        "book",
        "carry",
        "files",
        "graft",
        "notes",
        "package",
        "sheetxml",
        "styles",
        "workbook",
        "xmlsplice",
    ):
        used |= set(re.findall(r'"excel\.(\w+)"', (folder / f"{name}.py").read_text("utf-8")))
    for lang in LANGS:
        assert used <= set(catalogue(lang)["excel"])
    fields = [
        {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in catalogue(lang)["excel"].items()} for lang in LANGS
    ]
    for key in used:
        assert fields[0][key] == fields[1][key]


def test_sheets_tells_ours_from_the_users(book):
    write(book, tasks())
    edit(
        book,
        "xl/workbook.xml",
        ('name="My sheet" sheetId="1" state="visible"', 'name="My sheet" sheetId="1" state="veryHidden"'),
    )
    assert [(s.name, s.hidden, s.tab) for s in ExcelBook(book).sheets()] == [
        ("My sheet", True, None),
        ("Tasks", False, "tasks"),
    ]
