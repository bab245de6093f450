"""Copies: made, looked through, taken out, and put back with a copy of what stood there."""

from __future__ import annotations

import openpyxl
import pytest

from sheets_crm.wizard.shapes import Progress, Sentence
from tests.wizard.pages.conftest import blocks, editing, fields, owner_of, tables, text, told


def copies(owner):
    return tables(owner.see("backups"))[0].rows


def newest(owner):
    return copies(owner)[0][0].href.removeprefix("/p/")


def said(screen):
    return blocks(screen, Sentence)[0]


def test_copies_are_listed_with_why_and_size(reader):
    row = copies(reader)[0]
    assert text(row[2])
    assert text(row[1]).split()[0].isdigit()


def test_without_copies_it_says_when_there_will_be_one(owner):
    for copy in (owner.folder / ".sheets-crm" / "backups").iterdir():
        copy.unlink()
    shown = owner.see("backups")
    assert tables(shown)[0].empty
    assert [action.name for action in shown.actions] == ["now"]


def test_a_copy_is_made_once_for_one_content(owner):
    owner.press("backups", "now")
    assert said(owner.see("backups")).tone == "good"
    assert len(copies(owner)) == 2
    owner.press("backups", "now")
    assert len(copies(owner)) == 2


def test_all_copies_are_looked_through_and_a_damaged_one_is_found(owner):
    owner.press("backups", "now")
    owner.press("backups", "verify")
    assert said(owner.see("backups")).tone == "good"
    assert {row[4].tone for row in copies(owner)} == {"good"}
    name = min((owner.folder / ".sheets-crm" / "backups").glob("*.xlsx"))
    name.write_bytes(name.read_bytes()[:-100])
    owner.press("backups", "verify")
    assert said(owner.see("backups")).tone == "error"
    assert [row[4].tone for row in copies(owner)] == ["good", "error"]


def test_one_copy_is_looked_through(owner):
    path = newest(owner)
    assert owner.press(path, "check").path == path
    assert said(owner.see(path)).tone == "good"


def test_putting_back_says_what_happens_and_asks_twice(reader):
    shown = reader.see(newest(reader))
    assert next(action for action in shown.actions if action.name == "restore").loses
    assert [action.name for action in shown.actions if action.loses] == ["restore"]
    warning = next(one.text for one in blocks(shown, Sentence) if one.tone == "warning")
    assert str(reader.book) in warning


def test_a_copy_is_put_back_and_what_stood_there_is_kept(owner):
    owner.press("backups", "now")
    before = owner.book.read_bytes()
    path = newest(owner)
    with editing(owner.book) as book:
        book["Клиенты"]["B6"] = "Ошибка"
    spoiled = owner.book.read_bytes()
    owner.press(path, "restore")
    assert owner.book.read_bytes() == before
    assert said(owner.see(path)).tone == "good"
    kept = next(row for row in copies(owner) if row[0].href.removeprefix("/p/") != path)
    saved = owner.folder / ".sheets-crm" / "backups"
    assert spoiled in [one.read_bytes() for one in saved.iterdir()]
    assert kept


def test_a_damaged_copy_is_not_put_back(owner):
    path = newest(owner)
    copy = next((owner.folder / ".sheets-crm" / "backups").glob("*.xlsx"))
    copy.write_bytes(b"x" + copy.read_bytes()[1:])
    before = owner.book.read_bytes()
    owner.press(path, "restore")
    assert said(owner.see(path)).tone == "error"
    assert owner.book.read_bytes() == before


def test_an_open_workbook_is_not_replaced(owner):
    owner.folder.joinpath("~$windows.xlsx").write_bytes(b"")
    before = owner.book.read_bytes()
    path = newest(owner)
    owner.press(path, "restore")
    assert said(owner.see(path)).tone == "error"
    assert owner.book.read_bytes() == before


def test_a_copy_is_laid_beside_and_replaces_nothing(owner):
    path, before = newest(owner), owner.files()
    owner.press(path, "aside")
    assert said(owner.see(path)).tone == "good"
    owner.press(path, "aside")
    after = owner.files()
    new = [name for name in after if name not in before and not name.startswith(".sheets-crm")]
    assert len(new) == 2
    assert {name: after[name] for name in before if not name.startswith(".sheets-crm")} == {
        name: digest for name, digest in before.items() if not name.startswith(".sheets-crm")
    }


def test_one_sheet_is_taken_out(owner):
    path, before = newest(owner), owner.book.read_bytes()
    sheets = [choice.value for choice in fields(owner.see(path))["sheet"].choices]
    assert "Клиенты" in sheets
    owner.press(path, "sheet", sheet="Клиенты")
    assert said(owner.see(path)).tone == "good"
    made = next(one for one in owner.folder.glob("*.xlsx") if one != owner.folder / "windows.xlsx")
    assert openpyxl.load_workbook(made).sheetnames == ["Клиенты"]
    assert (owner.folder / "windows.xlsx").read_bytes() == before


@pytest.mark.parametrize(("sheet", "is_asked"), [("", True), ("Нет такого", False)])
def test_a_sheet_must_be_chosen(owner, sheet, is_asked):
    path = newest(owner)
    went = owner.press(path, "sheet", sheet=sheet)
    assert bool(went.wrong) == is_asked
    if not is_asked:
        assert said(owner.see(path)).tone == "error"


def test_a_copy_that_has_gone_meanwhile(owner):
    path = newest(owner)
    for copy in (owner.folder / ".sheets-crm" / "backups").iterdir():
        copy.unlink()
    assert owner.pages.screen(path, {}, "ru") is None
    went = owner.press(path, "restore")
    assert went.path == "backups"
    assert went.said.tone == "error"


def test_while_work_goes_on_the_page_waits(firms):
    waiting = []
    owner = owner_of(firms["ru"], "ru", later=waiting.append)
    path = newest(owner)
    owner.press(path, "check")
    shown = owner.see(path)
    assert blocks(shown, Progress)
    assert shown.refresh_s
    assert not shown.actions
    waiting.pop()()
    assert said(owner.see(path)).tone == "good"


def test_copies_can_be_reached_when_the_workbook_is_gone(owner):
    path, before = newest(owner), owner.book.read_bytes()
    assert before
    target = owner.book
    target.unlink()
    owner.press(path, "restore")
    assert target.exists()
    assert "—" in told(owner.see(path)) or said(owner.see(path)).tone == "good"
