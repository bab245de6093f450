"""The real program in a pseudo-terminal: the whole way to a workbook with our tabs in it, with slips on the way."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.words import say

pexpect = pytest.importorskip("pexpect")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals"),
]

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "tests" / "golden" / "02_okna_deals_payments" / "in.xlsx"
PROMPT = "\n> "
LONGEST_S = 60


class Typist:
    """Somebody at a terminal of their own, with a home where nothing else lives."""

    def __init__(self, home, lang):
        self.home, self.lang = home, lang
        (home / "Documents").mkdir(parents=True, exist_ok=True)
        own = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config")}
        env = {**os.environ, **own, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "dumb"}
        self.program = pexpect.spawn(
            sys.executable, ["-m", "sheets_crm", "setup", "--terminal", "--lang", lang],
            env=env, cwd=str(home), encoding="utf-8", timeout=LONGEST_S, dimensions=(60, 110), echo=False,
        )  # fmt: skip
        self.screen = self._until(PROMPT)

    def _until(self, sign):
        self.program.expect(sign)
        return self.program.before.replace("\r", "")

    def types(self, line="", until=PROMPT):
        """A line typed; what stands on the screen then."""
        self.program.sendline(line)
        self.screen = self._until(until)
        return self.screen

    def says(self, key, **values):
        return say(key, self.lang, **values) in " ".join(self.screen.split())

    def goes_on(self, most=25):
        """Enter, Enter, until the wizard is done."""
        for _ in range(most):
            if self.says("setup_run.finish.close"):
                return
            self.types()
        raise AssertionError(self.screen)

    def leaves(self):
        self.program.expect(pexpect.EOF)
        self.program.close()
        return self.program.exitstatus


def tabs_of(path):
    with path.open("rb") as file:
        return openpyxl.load_workbook(file, read_only=True).sheetnames


def test_a_russian_owner_slips_is_interrupted_and_comes_back(tmp_path):
    workbook = tmp_path / "Documents" / "Клиенты окон.xlsx"
    workbook.parent.mkdir()
    shutil.copyfile(BOOK, workbook)
    before = workbook.read_bytes()
    owner = Typist(tmp_path, "ru")
    assert "Клиенты окон.xlsx" in owner.screen
    assert "«99» не подходит" in owner.types("99")
    owner.types()
    assert owner.says("setup.sheets.title")
    owner.program.sendintr()
    assert owner.leaves() == 130
    assert "Ответы сохранены" in owner.program.before
    assert workbook.read_bytes() == before

    again = Typist(tmp_path, "ru")
    assert again.says("setup.sheets.title"), "it goes on where it was left"
    again.types("0")
    assert again.says("setup.workbook.title")
    again.types("en")
    assert "Which workbook" in again.screen
    again.types("ru")
    again.goes_on()
    again.program.sendline("")
    assert again.leaves() == 0
    assert {"Задачи", "Воронка", "Проблемы"} <= set(tabs_of(workbook))
    assert (workbook.parent / "crm.yaml").exists()


def test_an_owner_without_a_workbook_begins_with_a_starter(tmp_path):
    owner = Typist(tmp_path, "en")
    owner.types("1", ": ")
    owner.types("starter", PROMPT)
    owner.types()
    assert owner.says("setup.starter.title")
    owner.goes_on()
    owner.program.sendline("")
    assert owner.leaves() == 0
    (workbook,) = (tmp_path / "Documents").glob("*.xlsx")
    assert {"Tasks", "Funnel", "Problems"} <= set(tabs_of(workbook))
