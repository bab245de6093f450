"""Promise 4: every task says why, with the numbers, and points to the cell it came from."""

from __future__ import annotations

import re
import shutil
import warnings
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import yaml

from sheets_crm.sync import run
from sheets_crm.tasks.texts import why_text
from tests.promises.firm import TODAY, configure, plain, tab_rows

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*/in.xlsx"))
ALL_RULES = {"overdue_payment", "reactivation", "birthday", "lost_no_reason", "no_next_step", "offer_followup"}


def judged(book, result, rows):
    """Each row of the tab gives a reason with a number or a date, and its source is a cell of the subject's own row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that openpyxl would lose if it saved
        sheets = openpyxl.load_workbook(book)
    assert rows
    for row in rows:
        why, source = row.get("Почему") or row["Why"], row.get("Источник") or row["Source"]
        assert re.search(r"\d", why), f"no number in: {why}"
        sheet, _, cell = source.rpartition("!")
        client = row.get("Клиент") or row.get("Client")
        place = sheets[sheet][cell]
        written = {
            str(value) for value in next(sheets[sheet].iter_rows(place.row, place.row, values_only=True)) if value
        }
        known = next(task.decision for task in result.tasks if task.key == (row.get("Ключ") or row["Key"]))
        assert place.row == known.row
        named = {" ".join(text.split()).casefold() for text in written}
        assert " ".join(client.split()).casefold() in named or known.client_id.split(":")[-1] in named | {
            known.client_id.split(":")[-1]
        }


def test_each_rule_gives_its_numbers(tmp_path):
    book = plain(tmp_path / "firm.xlsx")
    result = run.sync(str(configure(tmp_path, book.name)), today=TODAY)
    assert {task.decision.rule for task in result.tasks} == ALL_RULES
    judged(book, result, tab_rows(book, result.titles["tasks"]))
    for task in result.tasks:
        for lang in ("ru", "en"):
            assert re.search(r"\d", why_text(task, lang))


@pytest.mark.parametrize("source", GOLDEN, ids=lambda path: path.parent.name)
def test_on_real_workbooks_too(source, tmp_path):
    for name in ("in.xlsx", "crm.yaml"):
        shutil.copyfile(source.with_name(name), tmp_path / name)
    truth = yaml.safe_load(source.with_name("truth.yaml").read_text("utf-8"))
    result = run.sync(str(tmp_path), today=date.fromisoformat(truth["today"]))
    judged(tmp_path / "in.xlsx", result, tab_rows(tmp_path / "in.xlsx", result.titles["tasks"]))


def test_the_reason_stays_the_same_from_day_to_day_where_nothing_is_counted(tmp_path):
    """What has no number of its own says since when it is seen; that day does not walk, also when the state is lost."""
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    first = {
        t.key: why_text(t, "ru")
        for t in run.sync(str(tmp_path), today=TODAY).tasks
        if t.decision.rule == "lost_no_reason"
    }
    shutil.rmtree(tmp_path / ".sheets-crm")
    later = run.sync(str(tmp_path), today=date(2026, 11, 27))
    assert first
    assert first == {t.key: why_text(t, "ru") for t in later.tasks if t.decision.rule == "lost_no_reason"}
