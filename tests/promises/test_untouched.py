"""Promise 1: the user's sheets and every other part of the workbook stay byte for byte the same."""

from __future__ import annotations

import shutil
import zipfile
from datetime import date
from pathlib import Path

import pytest
import yaml

from sheets_crm.sync import run
from tests.books.untouched import Parts, assert_untouched
from tests.promises.firm import TODAY, configure, plain, rich

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/in.xlsx"))
DAYS = (0, 1, 30)


def lived_through(folder, book, today):
    """Three runs on three days, each judged against the workbook as the user left it and against the run before."""
    original = folder / "original.bin"
    shutil.copyfile(book, original)
    for later in DAYS:
        before = folder / "before.bin"
        shutil.copyfile(book, before)
        result = run.sync(str(folder), today=date.fromordinal(today.toordinal() + later))
        titles = set(result.titles.values())
        assert_untouched(original, book, titles)
        assert_untouched(before, book, titles)
    assert result.titles
    return result


@pytest.mark.parametrize("source", GOLDEN, ids=lambda path: path.parent.name)
def test_a_real_workbook_keeps_every_byte(source, tmp_path):
    for name in ("in.xlsx", "crm.yaml"):
        shutil.copyfile(source.with_name(name), tmp_path / name)
    truth = yaml.safe_load(source.with_name("truth.yaml").read_text("utf-8"))
    result = lived_through(tmp_path, tmp_path / "in.xlsx", date.fromisoformat(truth["today"]))
    assert set(result.titles) == {"tasks", "funnel", "clients", "problems"}


@pytest.mark.parametrize("ending", [".xlsx", ".xlsm"])
def test_a_workbook_with_one_of_everything_keeps_every_byte(ending, tmp_path):
    book = rich(tmp_path / f"firm{ending}", macros=ending == ".xlsm")
    parts = {name.lower() for name in zipfile.ZipFile(book).namelist()}
    for piece in (
        "chart",
        "table",
        "comments",
        "vmldrawing",
        "media/",
        "pivotcache",
        "custom.xml",
        "sharedstrings",
        "userdata",
    ):
        assert any(piece in name for name in parts), piece
    assert ("xl/vbaproject.bin" in parts) == (ending == ".xlsm")
    lived_through(configure(tmp_path, book.name), book, TODAY)
    kept = Parts(book)
    assert [sheet[2] for sheet in kept.sheets()[:5]] == [None, None, None, "hidden", "veryHidden"]


def test_nothing_bound_still_leaves_all_alone(tmp_path):
    book = rich(tmp_path / "firm.xlsx")
    (tmp_path / "crm.yaml").write_text("workbook: firm.xlsx\nsheets: {}\n", encoding="utf-8")
    lived_through(tmp_path, book, TODAY)


def test_a_users_sheet_of_the_same_name_is_theirs(tmp_path):
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    import openpyxl

    named = openpyxl.load_workbook(book)
    named.create_sheet("Задачи").append(["Купить молоко"])
    named.save(book)
    result = lived_through(tmp_path, book, TODAY)
    assert result.titles["tasks"] != "Задачи"
    assert openpyxl.load_workbook(book)["Задачи"]["A1"].value == "Купить молоко"
