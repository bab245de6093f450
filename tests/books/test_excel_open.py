"""A workbook that is open, held, half-saved or still in the cloud: waited for, then told, never taken for an empty one."""

from __future__ import annotations

import getpass
import os
import socket
import time
from pathlib import Path

import pytest

from sheets_crm.books.excel import files, locks, whole
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.errors import WorkbookBusy, WorkbookMissing, WorkbookUnreadable
from sheets_crm.words import LANGS, say
from tests.books.excel_cases import save_plain, tasks, write

DAY = 86_400


@pytest.fixture
def book(tmp_path):
    return save_plain(tmp_path / "Книга.xlsx")


def excel_lock(book, name="Анна"):
    """As Excel leaves it beside an open workbook."""
    old, new = b"\x04Anna".ljust(55), len(name).to_bytes(2, "little") + name.encode("utf-16-le")
    lock = book.with_name(f"~${book.name}")
    lock.write_bytes((old + new).ljust(165, b" "))
    return lock


def office_lock(book, text):
    lock = book.with_name(f".~lock.{book.name}#")
    lock.write_text(text, "utf-8")
    return lock


def busy(book, key, **options):
    before = book.read_bytes() if book.exists() else None
    with pytest.raises(WorkbookBusy) as caught:
        write(book, tasks(), **options)
    assert caught.value.key == key
    for lang in LANGS:
        assert book.name in say(key, lang, **caught.value.values)
    assert (book.read_bytes() if book.exists() else None) == before
    return caught.value


def held(code=32):
    """The refusal of Windows, on any system."""
    error = PermissionError(13, "held")
    error.winerror = code
    return error


def test_who_has_it_open_is_named(book):
    excel_lock(book)
    assert busy(book, "excel.open_by").values["who"] == "Анна"


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Анна Иванова,anna,PC,1.1.2026 10:00,file:///x;", "Анна Иванова"),
        (",anna,PC,1.1.2026 10:00,file:///x;", "anna"),
        (r"Smith\, John,john,PC,1.1.2026 10:00,file:///x;", "Smith, John"),
    ],
)
def test_who_has_it_open_in_libreoffice(book, text, who):
    office_lock(book, text)
    assert busy(book, "excel.open_by").values["who"] == who


def test_a_lock_that_goes_is_waited_for(book, clock):
    lock = excel_lock(book)
    clock.meanwhile = lambda paused: lock.unlink(missing_ok=True) if paused > 3 else None
    assert write(book, tasks(), wait_s=10).written == ("tasks",)
    assert 3 < clock.paused < 4


def test_a_lock_that_stays_is_waited_for_no_longer_than_asked(book, clock):
    excel_lock(book)
    busy(book, "excel.open_by", wait_s=10)
    assert 9 < clock.paused < 11


def test_what_was_saved_while_we_waited_is_read_first(book, clock):
    lock = excel_lock(book)

    def close(_paused):
        lock.unlink(missing_ok=True)
        save_plain(book, lambda made: made.active.append(["Clara", 30]))

    clock.meanwhile = close
    with pytest.raises(FingerprintChanged):
        write(book, tasks(), wait_s=10)


@pytest.mark.parametrize(("name", "key"), [("Анна", "openbook.stop.open_long_by"), ("", "openbook.stop.open_long")])
def test_an_old_lock_is_told_with_its_day_and_its_file(book, name, key):
    lock = excel_lock(book, name)
    os.utime(lock, (time.time() - 3 * DAY,) * 2)
    error = busy(book, key)
    since = time.localtime(time.time() - 3 * DAY)
    assert f"{since.tm_mday:02}.{since.tm_mon:02}.{since.tm_year}" in say(key, "ru", **error.values)
    assert lock.name in say(key, "ru", **error.values)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
def test_a_lock_whose_office_is_gone_is_passed_over_and_left_alone(book, monkeypatch):
    mine = f"Me,{getpass.getuser()},{socket.gethostname()},1.1.2026 10:00,file:///x;"
    lock = office_lock(book, mine)
    monkeypatch.setattr(locks, "_office_runs", lambda: True)
    busy(book, "excel.open_by")
    monkeypatch.setattr(locks, "_office_runs", lambda: None)
    busy(book, "excel.open_by")
    monkeypatch.setattr(locks, "_office_runs", lambda: False)
    assert write(book, tasks()).written
    assert lock.exists()
    office_lock(book, mine.replace(socket.gethostname(), "another"))
    busy(book, "excel.open_by")


def test_processes_are_looked_at(monkeypatch, tmp_path):
    place = tmp_path / "1"
    place.mkdir()
    monkeypatch.setattr(locks.sys, "platform", "linux")
    monkeypatch.setattr(locks, "_processes", lambda: [place])
    (place / "comm").write_text("soffice.bin\n")
    assert locks._office_runs() is True
    (place / "comm").write_text("bash\n")
    assert locks._office_runs() is False
    monkeypatch.setattr(locks.sys, "platform", "win32")
    assert locks._office_runs() is None


# ---- Windows: another program holds the file


def test_reading_goes_on_when_a_program_lets_go(book, clock, monkeypatch):
    whole_open, refusals = Path.open, [held(32), held(33), held(32)]

    def refusing(path, *args, **more):
        if path == book and refusals:
            raise refusals.pop()
        return whole_open(path, *args, **more)

    monkeypatch.setattr(Path, "open", refusing)
    assert ExcelBook(book, wait_s=5).fingerprint() == files.fingerprint(book)
    assert clock.paused > 0


def test_a_file_that_nobody_may_read_is_told_as_open(book, monkeypatch):
    whole_open = Path.open

    def refusing(path, *args, **more):
        if path == book:
            raise held(32)
        return whole_open(path, *args, **more)

    monkeypatch.setattr(Path, "open", refusing)
    with pytest.raises(WorkbookBusy) as caught:
        ExcelBook(book, wait_s=1).fingerprint()
    assert caught.value.key == "excel.open_elsewhere"


@pytest.mark.parametrize("code", [5, 32, 33])
def test_replacing_is_tried_again_and_then_told(book, clock, monkeypatch, code):
    whole_replace, refusals = Path.replace, [held(code)] * 3

    def refusing(path, target):
        if refusals:
            raise refusals.pop()
        return whole_replace(path, target)

    monkeypatch.setattr(Path, "replace", refusing)
    assert write(book, tasks(), wait_s=5).written
    refusals += [held(code)] * 1000
    with pytest.raises(WorkbookBusy) as caught:
        write(book, tasks(("done", None, "Zoe", None)), wait_s=5)
    assert caught.value.key == "excel.open_elsewhere"
    assert [path.name for path in book.parent.iterdir()] == [book.name]


# ---- in the middle of a save


@pytest.mark.parametrize("part", [0, 3, 100, -1, -21])
def test_a_file_that_is_being_written_is_waited_for(book, clock, part):
    content = book.read_bytes()
    begin = part % len(content)
    book.write_bytes(content[:begin])

    def grow(paused):
        book.write_bytes(content[: begin + int(paused)] if paused < 2 else content)

    clock.meanwhile = grow
    assert ExcelBook(book, wait_s=10).fingerprint() == files.fingerprint_of(content)


def test_a_file_that_never_gets_whole_is_told_as_being_saved(book, clock):
    content = book.read_bytes()
    clock.meanwhile = lambda paused: book.write_bytes(content[: 1000 + int(paused * 10)])
    book.write_bytes(content[:1000])
    with pytest.raises(WorkbookBusy) as caught:
        ExcelBook(book, wait_s=5).sheets() if ExcelBook(book, wait_s=5).fingerprint() else None
    assert caught.value.key == "openbook.stop.being_saved"


def test_a_file_that_is_cut_for_good_is_damaged_and_soon_told(book, clock):
    book.write_bytes(book.read_bytes()[:-100])
    unfinished = ExcelBook(book, wait_s=60)
    unfinished.fingerprint()
    assert clock.paused < 2
    with pytest.raises(WorkbookUnreadable):
        unfinished.sheets()


@pytest.mark.parametrize("sign", ["{stem}.xlsx.part", "1A2B3C4D.tmp", "1a2b3c4d", "~{stem}.tmp", "lu12ab.tmp"])
def test_an_unfinished_neighbour_is_a_sign_of_a_save(book, sign):
    book.with_name(sign.format(stem=book.stem)).write_bytes(b"")
    book.unlink()
    with pytest.raises(WorkbookBusy) as caught:
        ExcelBook(book, wait_s=1).fingerprint()
    assert caught.value.key == "openbook.stop.being_saved"


@pytest.mark.parametrize("sign", ["Другая.xlsx.part", ".sheets-crm-12345678-x.tmp", "notes.tmp"])
def test_other_neighbours_say_nothing(book, sign):
    book.with_name(sign).write_bytes(b"")
    book.unlink()
    with pytest.raises(WorkbookMissing):
        ExcelBook(book, wait_s=1).fingerprint()


def test_a_file_that_is_gone_for_the_moment_of_a_save_is_waited_for(book, clock):
    content = book.read_bytes()
    book.unlink()
    clock.meanwhile = lambda _: book.write_bytes(content)
    assert ExcelBook(book, wait_s=5).fingerprint() == files.fingerprint_of(content)


def test_room_made_for_what_is_to_come_is_no_workbook_yet(book, clock):
    content = book.read_bytes()
    book.write_bytes(b"\0" * len(content))
    clock.meanwhile = lambda _: book.write_bytes(content)
    assert ExcelBook(book, wait_s=5).fingerprint() == files.fingerprint_of(content)


def test_a_file_that_is_only_in_the_cloud_is_told_as_such(book, monkeypatch):
    book.with_name(f".{book.name}.icloud").write_bytes(b"bplist")
    book.rename(book.with_name("moved"))
    with pytest.raises(WorkbookBusy) as caught:
        ExcelBook(book, wait_s=1).fingerprint()
    assert caught.value.key == "openbook.stop.in_the_cloud"
    assert "облак" in say(caught.value.key, "ru", **caught.value.values)


@pytest.mark.parametrize(
    "flags", [{"st_file_attributes": 0x400000}, {"st_flags": 0x40000000}, {"st_file_attributes": 0x1000}]
)
def test_placeholders_are_known_by_their_flags(book, monkeypatch, flags):
    assert not whole.is_elsewhere(book)
    monkeypatch.setattr(Path, "stat", lambda _self, **_: type("Found", (), flags))
    assert whole.is_elsewhere(book)


def test_a_whole_file_is_looked_at_once_and_not_waited_for(book, clock):
    write(book, tasks(), wait_s=60)
    assert clock.paused == 0


def test_a_zip_with_a_comment_is_whole(book, clock):
    from tests.books.excel_cases import rezip

    rezip(book, {}, comment=b"PK\5\6 is only text here" * 10)
    ExcelBook(book, wait_s=60).fingerprint()
    assert clock.paused == 0


def test_a_plan_for_another_moment_is_not_written(book):
    with pytest.raises(FingerprintChanged):
        ExcelBook(book).apply(WritePlan((tasks(),), "other"))
