"""How it stands, and a run by hand: it asks, it writes, it says what it did."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sheets_crm.errors import WorkbookBusy
from sheets_crm.sync import pending
from sheets_crm.sync.state import StateFolder
from sheets_crm.wizard.pages import OwnerPages
from sheets_crm.wizard.shapes import Facts, Progress, Sentence
from tests.wizard.pages.conftest import blocks, cells, editing, owner_of, tables, text, told


def facts(screen, title=""):
    found = next(one for one in blocks(screen, Facts) if not title or one.title == title)
    return {name: text(value) for name, value in found.pairs}


def test_it_counts_what_the_plan_counts(reader):
    counts = reader.desk.look().seen.result.counts()
    said = list(facts(reader.see("")).values())
    assert said[2] == str(counts["clients"])
    assert said[4] == str(counts["tasks"])
    assert said[5].startswith(str(counts["problems"]))
    assert str(counts["errors"]) in said[5]


def test_the_last_runs_are_told(reader):
    runs = tables(reader.see(""))[0]
    assert len(runs.rows) == 1


def test_what_the_daemon_says_stands_first(owner):
    pages = OwnerPages(owner.desk, lambda lang: (Sentence(f"kept {lang}", "good"),))
    assert pages.screen("", {}, "en").blocks[0] == Sentence("kept en", "good")


def test_before_the_first_run_it_says_what_to_do(owner):
    import shutil

    shutil.rmtree(owner.folder / ".sheets-crm")
    runs = tables(owner.again().see(""))[0]
    assert not runs.rows
    assert "Обновить вкладки" in runs.empty


def test_a_result_that_waits_is_told(owner):
    state = StateFolder.beside(owner.config, "windows.xlsx")
    busy = WorkbookBusy(
        "state.workbook_open", path="windows.xlsx", mark="~$windows.xlsx", workbook="windows.xlsx", who=""
    )
    pending.keep(state, busy, now=datetime.now(UTC), zone=UTC)
    warnings = [one.text for one in blocks(owner.see(""), Sentence) if one.tone == "warning"]
    assert any("windows.xlsx" in one for one in warnings)


def test_a_run_is_asked_for_before_it_begins(owner):
    before = owner.files()
    went = owner.press("", "ask")
    assert went.path == "sync"
    shown = owner.see("sync")
    assert [action.name for action in shown.actions] == ["write", "leave"]
    assert str(owner.book) in told(shown)
    assert owner.press("sync", "leave").path == ""
    assert owner.files() == before


def test_a_run_writes_and_says_so(owner):
    with editing(owner.book) as book:
        book["Клиенты"]["B6"] = "Совсем Другое Имя"
    assert owner.press("sync", "write").path == "sync"
    done = [one for one in blocks(owner.see("sync"), Sentence) if one.tone == "good"]
    assert "windows.xlsx" in done[0].text
    assert any(cell.href.startswith("/p/backups/") for cell in cells(owner.see("sync")))
    assert len(tables(owner.see(""))[0].rows) == 2
    assert owner.press("sync", "write").path == "sync"
    assert "писать нечего" in told(owner.see("sync"))


def test_while_it_runs_the_page_waits_and_a_second_press_is_one_run(firms):
    waiting = []
    owner = owner_of(firms["ru"], "ru", later=waiting.append)
    owner.press("sync", "write")
    owner.press("sync", "write")
    assert len(waiting) == 1
    shown = owner.see("sync")
    assert blocks(shown, Progress)
    assert shown.refresh_s
    assert not shown.actions


@pytest.fixture
def emptied(owner):
    """Most clients are gone from the sheet."""
    with editing(owner.book) as book:
        book["Клиенты"].delete_rows(8, 50)
    return owner


def test_a_base_that_lost_most_of_its_rows_is_not_obeyed_at_once(emptied):
    before = emptied.book.read_bytes()
    emptied.press("sync", "write")
    shown = emptied.see("sync")
    assert emptied.book.read_bytes() == before
    assert blocks(shown, Sentence)[0].tone == "error"
    accept = next(action for action in shown.actions if action.name == "accept")
    assert accept.loses  # asks twice
    emptied.press("sync", "accept")
    assert blocks(emptied.see("sync"), Sentence)[0].tone == "good"
    assert emptied.book.read_bytes() != before
