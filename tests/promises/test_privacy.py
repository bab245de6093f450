"""Promise 7: no personal data in logs; what the program keeps is for its owner alone.

Pages and their tokens do not exist yet; when they do, their test belongs here.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

import pytest

from sheets_crm import cli
from sheets_crm.base.history import History
from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.sync import places, run
from sheets_crm.sync.logfile import open_log
from sheets_crm.sync.state import StateFolder
from tests.promises.firm import PERSONAL, TODAY, configure, plain

PLACES = {
    "reading the marks": (places, "marks_of"), "the intake": (History, "record_marks"), "binding": (run, "bind"), "building": (run, "build"),
    "reckoning": (run, "reckon"), "deciding": (run, "decide"), "drawing": (run, "draw"), "writing": (ExcelBook, "apply"), "recording": (History, "record_run"),
}  # fmt: skip
needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")


@pytest.fixture
def firm(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    (tmp_path / "firm").mkdir()
    book = plain(tmp_path / "firm" / "firm.xlsx")
    configure(tmp_path / "firm", book.name)
    monkeypatch.chdir(tmp_path)
    return book


def logs(folder):
    return {path: path.read_text("utf-8") for path in folder.rglob("*.log")}


def program(monkeypatch, *arguments):
    """The whole program with these arguments; its exit code."""
    monkeypatch.setattr(sys, "argv", ["sheets-crm", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


@pytest.mark.parametrize("place", sorted(PLACES))
def test_a_failure_anywhere_leaves_no_names_in_a_log(place, firm, tmp_path, monkeypatch, capsys):
    target, name = PLACES[place]

    def fail(*_args, **_kwargs):
        cause = ValueError(f"cannot read {PERSONAL[2]} of {PERSONAL[0]} {PERSONAL[1]} <{PERSONAL[4]}>")
        raise KeyError(PERSONAL[5], {"name": PERSONAL[0], "phone": PERSONAL[3], "mail": PERSONAL[6]}) from cause

    before = firm.read_bytes()
    monkeypatch.setattr(target, name, fail)
    assert program(monkeypatch, "sync", str(firm.parent), "--today", TODAY.isoformat()) == 70
    told = capsys.readouterr()
    written = logs(tmp_path)
    assert written, "a fault of ours leaves a log"
    for text in (*written.values(), told.out, told.err):
        assert [word for word in PERSONAL if word in text] == []
        assert "Traceback" not in text
    assert "KeyError" in "".join(written.values())
    assert place == "recording" or firm.read_bytes() == before


def test_what_is_logged_by_mistake_is_scrubbed(tmp_path):
    log = open_log(tmp_path / "logs", "sheets_crm.test")
    for level in (log.info, log.warning, log.error):
        level("client «Вера Гущина», phone +7 916 123-45-67, vera@example.ru, 'Jane Doe', \"Jane\"")
        level("%s of %s", "7 (916) 123-45-67", "Вера Ильинична Гущина")
    text = (tmp_path / "logs" / "sheets-crm.log").read_text("utf-8")
    assert text.count("\n") == 6
    assert [word for word in (*PERSONAL, "Вера", "Jane", "123-45-67") if word in text] == []


@needs_modes
def test_what_the_program_keeps_is_for_its_owner_alone(firm):
    mask = os.umask(0)
    try:
        run.sync(str(firm.parent), today=TODAY)
        run.sync(str(firm.parent), today=TODAY.replace(day=28))
        StateFolder(firm.parent / ".sheets-crm").log("sheets_crm.test").error("a line")
    finally:
        os.umask(mask)
    kept = [firm.parent / ".sheets-crm", *(firm.parent / ".sheets-crm").rglob("*")]
    assert {"backups", "snapshots", "logs", "history.db", "last-run.json", "columns.json", "lock"} <= {
        path.name for path in kept
    }
    for path in kept:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path.name}: {mode:o}"


@needs_modes
def test_the_workbook_keeps_its_own_mode(firm):
    firm.chmod(0o640)
    run.sync(str(firm.parent), today=TODAY)
    assert stat.S_IMODE(firm.stat().st_mode) == 0o640
    assert not [path for path in Path(firm.parent).iterdir() if path.name.startswith(".sheets-crm-")]
