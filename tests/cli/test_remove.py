"""`remove` as it is typed: it asks, it says what stays, it lets go of the service and never races a daemon."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.daemon import service, status
from sheets_crm.sync.state import StateFolder


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """The system's own programs do what they are told; the service's file stands in a folder of the test's."""
    calls = []
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(service, "this_system", lambda: "systemd")
    monkeypatch.setattr(service, "_asked", lambda words: calls.append(words) or (0, "active\n"))
    return calls


@pytest.fixture
def synced(desk, asked):
    desk.run("sync")
    return desk


def sheets(desk):
    return openpyxl.load_workbook(desk.book).sheetnames


def answer(monkeypatch, text):
    """Somebody sits at the terminal and types this."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr("builtins.input", lambda _prompt: text)


class Terminal:
    """A standard input that is a terminal."""

    @staticmethod
    def isatty():
        return True


def test_without_a_yes_it_says_what_it_would_do(synced):
    said = synced.run("remove")
    assert (said.code, said.out) == (2, "")
    assert "«Задачи», «Воронка»" in said.err
    assert "--yes" in said.err
    assert len(sheets(synced)) > 2
    assert synced.run("remove", "--json").code == 2


@pytest.mark.parametrize(("typed", "code", "left"), [("нет", 1, 6), ("", 1, 6), ("да", 0, 2), ("YES", 0, 2)])
def test_at_a_terminal_it_asks(synced, monkeypatch, typed, code, left):
    answer(monkeypatch, typed)
    assert synced.run("remove").code == code
    assert len(sheets(synced)) == left


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_it_says_what_stays(synced, lang):
    said = synced.run("remove", "--yes", lang=lang)
    assert said.code == 0
    for path in (synced.config, synced.folder / ".sheets-crm"):
        assert str(path) in said.out
    assert "{" not in said.out
    assert "backup restore" in said.out
    again = synced.run("remove", lang=lang)
    assert again.code == 0
    assert len(again.out.splitlines()) < len(said.out.splitlines())


def test_quiet_says_nothing(synced):
    assert (synced.run("remove", "--yes", "-q").out, len(sheets(synced))) == ("", 2)


def test_json(synced):
    found = json.loads(synced.run("remove", "-y", "--json").out)
    assert [one["tab"] for one in found["tabs"]] == ["Задачи", "Воронка", "Карточки", "Проблемы"]
    assert (found["changed"], found["kept"], found["deleted"], found["service"]) == (True, [], [], None)
    assert {one["what"] for one in found["stays"]} == {"config", "state"}


def test_a_tab_that_stays_is_told(synced):
    book = openpyxl.load_workbook(synced.book)
    book["Клиенты"]["H1"] = "=COUNTA('Задачи'!A:A)"
    book.save(synced.book)
    said = synced.run("remove", "--yes")
    assert said.code == 1
    assert "«Задачи» осталась" in said.out
    assert "Задачи" in sheets(synced)
    assert json.loads(synced.run("remove", "--yes", "--json").out)["kept"][0]["tab"] == "Задачи"


def test_the_service_lets_go_of_this_workbook_alone(synced, asked, tmp_path):
    other = tmp_path / "other" / "crm.yaml"
    other.parent.mkdir()
    other.write_text("workbook: x.xlsx\n", "utf-8")
    service.install(service.planned("systemd", [synced.config, other]))
    said = synced.run("remove", "--yes", lang="en")
    assert "no longer looks after" in said.out
    assert list(service.status("systemd").configs) == [str(other.resolve())]


def test_the_service_goes_where_it_looked_after_nothing_else(synced, asked):
    service.install(service.planned("systemd", [synced.config]))
    said = synced.run("remove", "--yes", "--json")
    assert json.loads(said.out)["service"]["left"] == []
    assert not service.status("systemd").installed
    assert ("systemctl", "--user", "disable", "--now", "sheets-crm.service") in asked


def test_a_run_that_goes_on_is_not_raced(synced):
    state = StateFolder.existing(Path(synced.config), "book.xlsx")
    with state.lock(name=status.LOCK):
        (state.path / status.FILE).write_text(json.dumps({"pid": 1, "started": "2026-03-16T00:00:00+00:00"}), "utf-8")
        said = synced.run("remove", "--yes")
    assert said.code == 13
    assert "sheets-crm run" in said.err
    assert len(sheets(synced)) == 6
