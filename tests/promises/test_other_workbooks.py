"""Promise 1 over other people's workbooks, where they are present: the whole product, nothing bound and everything guessed.

Each is synced and judged by a program that knows nothing of ours, synced again and again without its state, or refused
with a sentence and left as it was. The files are never part of the repository.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from datetime import date
from pathlib import Path

import pytest

from sheets_crm.books.excel.book import ExcelBook
from sheets_crm.errors import OwnerError
from sheets_crm.sync import run
from sheets_crm.words import LANGS, say
from tests.books.untouched import assert_untouched

TODAY = date(2026, 11, 20)
SHARED = Path(os.environ.get("SHEETS_CRM_SHARED") or Path(__file__).parents[3] / "shared")
JUDGE = SHARED / "tools" / "preserve_check.py"
FILES = sorted((SHARED / "data" / "xlsx").glob("*.xl*")) if JUDGE.exists() else []
CONFIGS = {"nothing bound": "sheets: {}\n", "everything guessed": ""}

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


def judge(before, after, titles, capsys):
    spec = importlib.util.spec_from_file_location("preserve_check", JUDGE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    status = module.main([str(before), str(after), "--ours", ",".join(titles), "--require-raw", "-q"])
    assert status == 0, capsys.readouterr().out
    assert_untouched(before, after, titles)


def refusal(folder):
    """What stopped the run; None where it went through."""
    try:
        run.sync(str(folder), today=TODAY)
    except OwnerError as error:
        return error
    return None


def writes_nothing(book):
    os.utime(book, (1_000_000_000, 1_000_000_000))
    before = book.read_bytes()
    assert run.sync(str(book.parent), today=TODAY).written == ()
    assert (book.read_bytes(), book.stat().st_mtime) == (before, 1_000_000_000)


if FILES:

    @pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
    @pytest.mark.parametrize("source", FILES, ids=lambda path: path.name)
    def test_a_workbook_we_have_never_seen(source, config, tmp_path, capsys):
        book = tmp_path / source.name
        shutil.copyfile(source, book)
        (tmp_path / "crm.yaml").write_text(f'workbook: "{source.name}"\n{config}', encoding="utf-8")
        refused = refusal(tmp_path)
        if refused is not None:
            assert all(source.name in say(refused.key, lang, **refused.values) for lang in LANGS)
            assert book.read_bytes() == source.read_bytes()
            return
        titles = [info.name for info in ExcelBook(book).sheets() if info.tab]
        judge(source, book, titles, capsys)
        writes_nothing(book)
        shutil.rmtree(tmp_path / ".sheets-crm")
        writes_nothing(book)
