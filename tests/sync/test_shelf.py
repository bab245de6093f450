"""What runs put aside for each other changes no run's result."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from sheets_crm.base import parsed_kept
from sheets_crm.books.excel import reader_kept, reader_sheet
from sheets_crm.cards import parse
from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.templates import template
from sheets_crm.cells import Column
from sheets_crm.shelf import FolderShelf
from sheets_crm.sync.run import Result, plan, sync

GOLDEN = Path(__file__).parents[1] / "golden" / "02_okna_deals_payments"
TODAY = date(2026, 3, 16)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheets of the example count as big."""
    monkeypatch.setattr(reader_kept, "WORTH", 100)
    monkeypatch.setattr(reader_sheet, "_BIG", 100)


def _folder(path: Path) -> Path:
    path.mkdir()
    for name in ("crm.yaml", "in.xlsx"):
        shutil.copy(GOLDEN / name, path)
    return path / "crm.yaml"


def _change(book: Path, rng: random.Random) -> None:
    """A few cells of people's sheets get what stands elsewhere in their column, or something strange."""
    workbook = openpyxl.load_workbook(book)
    for _ in range(4):
        sheet = rng.choice([one for one in workbook.worksheets if one.max_row > 50])
        row, column = rng.randrange(5, sheet.max_row), rng.randrange(1, sheet.max_column + 1)
        other = sheet.cell(rng.randrange(5, sheet.max_row), column).value
        sheet.cell(row, column).value = rng.choice([other, None, "31.02.2026", "8 900 000-00-00", 12.5])
    workbook.save(book)


def _found(result: Result) -> dict[str, Any]:
    frames = {card: frame.drop("_id").rows() for card, frame in result.base.frames.items()}
    return {"frames": frames, "problems": result.base.problems, "valid": result.base.valid_clients}


@pytest.mark.slow
def test_a_run_finds_the_same_with_what_was_put_aside(tmp_path: Path, small: None) -> None:
    config, rng = _folder(tmp_path / "a"), random.Random(0)
    sync(str(config), today=TODAY)
    assert any(file.name.startswith("column-") for file in (config.parent / ".sheets-crm" / "shelf").iterdir())
    for turn in range(3):
        _change(config.parent / "in.xlsx", rng)
        fresh = tmp_path / f"fresh{turn}"
        fresh.mkdir()
        for name in ("crm.yaml", "in.xlsx"):
            shutil.copy(config.parent / name, fresh)
        today = TODAY + timedelta(days=turn)
        known = sync(str(config), today=today, accept_changes=True)
        assert _found(known) == _found(plan(str(fresh / "crm.yaml"), today=today))


@pytest.mark.slow
def test_a_plan_puts_nothing_aside(tmp_path: Path, small: None) -> None:
    config = _folder(tmp_path / "a")
    sync(str(config), today=TODAY)
    shelf = config.parent / ".sheets-crm" / "shelf"
    before = {file.name: file.stat().st_mtime_ns for file in shelf.iterdir()}
    _change(config.parent / "in.xlsx", random.Random(1))
    plan(str(config), today=TODAY + timedelta(days=1))
    assert {file.name: file.stat().st_mtime_ns for file in shelf.iterdir()} == before


@pytest.mark.slow
def test_what_is_no_longer_asked_for_goes(tmp_path: Path, small: None) -> None:
    config = _folder(tmp_path / "a")
    shelf = config.parent / ".sheets-crm" / "shelf"
    sync(str(config), today=TODAY)
    first = {file.name for file in shelf.iterdir()}
    sync(str(config), today=TODAY + timedelta(days=1))  # days are read under another today
    second = {file.name for file in shelf.iterdir()}
    assert len(second) == len(first)
    assert second != first


def _parsed(name: str, values: list[str | None], reading: Reading) -> tuple[Column, Parsed]:
    texts = pl.Series(values, dtype=pl.String)
    column = Column(
        texts.is_not_null().cast(pl.UInt8), texts, pl.Series([None] * len(values), dtype=pl.Float64), "mark"
    )
    return column, parse(column, template("base").cards["client"].fields[name], name, reading)


CASES = {
    "phone": ["+7 900 000-00-01, +7 900 000-00-02", None, "5", "8 (900) 000-00-03"],
    "email": ["a@b.ru", "a b", None, "-"],
    "birthday": ["01.02.1990", "31.02.1990", None, "29.02"],
    "mailing_consent": ["да", "нет", "?", None],
}


@pytest.mark.parametrize("name", CASES)
def test_a_kept_column_is_the_column(tmp_path: Path, name: str) -> None:
    shelf = parsed_kept.ParsedShelf(FolderShelf(tmp_path / "shelf"))
    reading, rows = Reading(TODAY), pl.Series([0, 1, 2, 3], dtype=pl.UInt32)
    column, parsed = _parsed(name, CASES[name], reading)
    spec = template("base").cards["client"].fields[name]
    key = shelf.key(column, rows, spec, name, habits=reading, stages={})
    shelf.put(key, parsed)
    found = shelf.get(key)
    assert found is not None
    assert found.issues.equals(parsed.issues)
    assert found.blank.equals(parsed.blank)
    assert {k: v.to_list() for k, v in found.values.items()} == {k: v.to_list() for k, v in parsed.values.items()}
    assert {k: v.dtype for k, v in found.values.items()} == {k: v.dtype for k, v in parsed.values.items()}
    others = [
        shelf.key(column, rows.head(3), spec, name, habits=reading, stages={}),
        shelf.key(column, rows, spec, name, habits=Reading(TODAY, country="GB"), stages={}),
        shelf.key(column, rows, spec, name, habits=Reading(TODAY + timedelta(days=1)), stages={}),
        shelf.key(column, rows, spec, name, habits=reading, stages={"won": "Won"}),
        shelf.key(
            Column(column.kind, column.text, column.number, "other"), rows, spec, name, habits=reading, stages={}
        ),
    ]
    assert all(shelf.get(other) is None for other in others)
    assert (
        shelf.key(Column(column.kind, column.text, column.number), rows, spec, name, habits=reading, stages={}) is None
    )
