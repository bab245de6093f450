"""The tutorial is true: every command in it is typed, every output compared, in both languages."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys

import openpyxl
import pytest

from tests.house.tutorial import agrees, play

PAGES = {
    "first-evening.md": ("Salon.xlsx", "Tasks", "pays on Friday"),
    "first-evening.ru.md": ("Салон.xlsx", "Задачи", "оплатит в пятницу"),
}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_an_evening_goes_as_it_is_told(root, tmp_path, monkeypatch, page):
    book, tab, mark = PAGES[page]
    shutil.copyfile(root / "docs" / "tutorial" / book, tmp_path / book)
    monkeypatch.chdir(tmp_path)
    played = play((root / "docs" / "tutorial" / page).read_text("utf-8"), tmp_path)
    for told, came in played.shown:
        assert agrees(told, came), f"{told}\n--- came:\n{came}"
    assert len(played.shown) == 11
    assert {line.split()[1] for line in played.commands} == {
        "plan", "sync", "check", "why", "history", "backup", "remove",
    }  # fmt: skip
    rows = openpyxl.load_workbook(tmp_path / book)[tab].iter_rows(values_only=True)
    assert sum(mark in row for row in rows) == 1


@pytest.mark.slow
def test_the_salons_are_those_that_the_tool_makes(root, tmp_path):
    subprocess.run([sys.executable, "tools/make_salon.py", str(tmp_path)], cwd=root, check=True)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(book for book, _, _ in PAGES.values())
    _, differ, errors = filecmp.cmpfiles(tmp_path, root / "docs" / "tutorial", made, shallow=False)
    assert (differ, errors) == ([], [])


@pytest.mark.parametrize(
    ("told", "came", "same"),
    [("a\nb", "a\nb\n", True), ("a … c", "a b c", True), ("a", "b", False), ("a\n…\nd", "a\nb\nc\nd", True),
     ("a\n…\nd", "a\nd", True), ("a\nb", "a\nb\nc", False), ("a (1)", "a (1)", True), ("a\n…", "a\nb\nc", True)],
)  # fmt: skip
def test_how_outputs_are_compared(told, came, same):
    assert agrees(told, came) is same
