"""Work beside the pages: one of a name at a time, told for a while, waited for at the end."""

from __future__ import annotations

import threading

import pytest

from sheets_crm.errors import WorkbookBusy
from sheets_crm.wizard.pages import Desk, OwnerPages, desk
from sheets_crm.wizard.pages.desk import Fault, beside


@pytest.fixture
def busy(tmp_path):
    """A desk whose works end when they are let."""
    return Desk(tmp_path / "crm.yaml", later=beside), threading.Event()


def test_a_second_work_of_one_name_is_the_first(busy):
    table, let = busy
    first = table.begin("sync", let.wait)
    assert table.begin("sync", lambda: "other") is first
    let.set()
    assert first.wait(5)
    assert table.begin("sync", lambda: "other") is not first


def test_the_end_waits_for_what_writes_and_not_for_what_reads(busy):
    table, let = busy
    reading = table.begin("reading", let.wait, only_reads=True)
    assert table.finish(0)
    writing = table.begin("sync", let.wait)
    assert not table.finish(0)
    assert not OwnerPages(table).finish(0)
    let.set()
    assert table.finish(5)
    assert writing.is_over
    assert reading.wait(5)


def test_errors_of_work_are_kept_with_their_sentences(busy, monkeypatch):
    table, _ = busy
    monkeypatch.setattr(desk, "log_our_fault", lambda _: ("20261122-ab12", None))

    def stopped():
        raise WorkbookBusy("state.another_run", path="x")

    def broken():
        raise RuntimeError("a name of somebody")

    one, other = table.begin("one", stopped), table.begin("other", broken)
    assert one.wait(5)
    assert other.wait(5)
    assert one.error.key == "state.another_run"
    assert other.error == Fault("pages.fault", "20261122-ab12")
    assert "20261122-ab12" in desk.told(other.error, "ru")


def test_what_came_of_a_button_is_news_for_a_while(busy, monkeypatch):
    table, _ = busy
    work = table.begin("sync", lambda: 1)
    assert work.wait(5)
    assert work.is_news
    monkeypatch.setattr(desk, "NEWS_S", 0.0)
    assert not work.is_news
