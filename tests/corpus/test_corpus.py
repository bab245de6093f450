"""Other people's workbooks, where they are present: every one is grafted three times and judged, or refused in words.

The judge knows nothing of the program. The files are looked for in the folder that SHEETS_CRM_SHARED names, else in
`shared` beside the repository; they are never part of it.
"""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from sheets_crm.errors import OwnerError
from sheets_crm.words import LANGS, say
from tests.books.excel_cases import funnel, problems, tasks, write
from tests.books.untouched import assert_untouched

SHARED = Path(os.environ.get("SHEETS_CRM_SHARED") or Path(__file__).parents[3] / "shared")
JUDGE = SHARED / "tools" / "preserve_check.py"
FILES = sorted((SHARED / "data" / "xlsx").glob("*.xl*")) if JUDGE.exists() else []
ADVICE = "inline-string cell(s)"  # the validator would rather see shared strings; ours must not touch the user's

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


def judge(before, after, titles, capsys):
    spec = importlib.util.spec_from_file_location("preserve_check", JUDGE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    status = module.main([str(before), str(after), "--ours", ",".join(titles), "--require-raw", "-q"])
    assert status == 0, capsys.readouterr().out
    assert_untouched(before, after, titles)


def findings(path):
    errors = OpenXmlValidator().validate(str(path)).errors
    return {(str(error.part_uri), error.description) for error in errors if ADVICE not in error.description}


def graft(path, *tabs):
    try:
        return write(path, *tabs)
    except OwnerError as error:
        sentences = [say(error.key, lang, **error.values) for lang in LANGS]
    assert all(path.name in sentence for sentence in sentences)
    return None


if FILES:

    @pytest.mark.parametrize("source", FILES, ids=lambda path: path.name)
    def test_graft_leaves_everything_else_alone(source, tmp_path, capsys):
        book = tmp_path / source.name
        shutil.copyfile(source, book)
        done = graft(book, tasks(), funnel(), problems())
        if done is None:
            assert book.read_bytes() == source.read_bytes()
            return
        titles = list(done.titles.values())
        judge(source, book, titles, capsys)
        assert findings(book) <= findings(source)
        os.utime(book, (1, 1))
        first = book.read_bytes()
        assert write(book, tasks(), funnel(), problems()).written == ()
        assert (book.read_bytes(), book.stat().st_mtime) == (first, 1)
        before = tmp_path / "before.xlsx"
        before.write_bytes(first)
        again = write(book, tasks(("done", None, "Zoe", None), ("new", None, "Ann", None)), funnel(3, 2, 1), problems())
        assert again.written == ("tasks", "funnel")
        judge(before, book, titles, capsys)
