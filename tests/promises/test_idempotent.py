"""Promise 2: a second run with nothing changed writes nothing, not even the file's time stamp."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import timedelta

import pytest

from sheets_crm.sync import run
from tests.books.untouched import assert_untouched
from tests.promises.firm import TODAY, configure, plain, rich

MAKERS = {"plain": plain, "rich": rich}


@pytest.fixture(params=sorted(MAKERS))
def firm(request, tmp_path):
    """A firm that has been synced once."""
    book = MAKERS[request.param](tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    assert run.sync(str(tmp_path), today=TODAY).written
    return book


def writes_nothing(book, again):
    os.utime(book, (1_000_000_000, 1_000_000_000))
    before = book.read_bytes()
    again()
    assert book.read_bytes() == before
    assert book.stat().st_mtime == 1_000_000_000
    assert sorted(path.name for path in book.parent.iterdir()) == [".sheets-crm", "crm.yaml", "firm.xlsx"]


def sync(book):
    assert run.sync(str(book.parent), today=TODAY).written == ()


def in_another_process(book, *more):
    command = [sys.executable, "-m", "sheets_crm", "sync", str(book.parent), "--today", TODAY.isoformat(), *more]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def test_nothing_new_nothing_written(firm):
    writes_nothing(firm, lambda: sync(firm))


def test_also_without_the_stamp_of_the_last_run(firm):
    (firm.parent / ".sheets-crm" / "last-run.json").unlink()
    writes_nothing(firm, lambda: sync(firm))


def test_also_with_the_state_folder_deleted(firm):
    shutil.rmtree(firm.parent / ".sheets-crm")
    writes_nothing(firm, lambda: sync(firm))


def test_also_with_the_state_of_another_day(firm):
    kept = firm.parent.parent / f"{firm.parent.name}-kept"
    shutil.copytree(firm.parent / ".sheets-crm", kept)
    run.sync(str(firm.parent), today=TODAY + timedelta(days=1))
    run.sync(str(firm.parent), today=TODAY)
    shutil.rmtree(firm.parent / ".sheets-crm")
    shutil.copytree(kept, firm.parent / ".sheets-crm")
    sync(firm)
    writes_nothing(firm, lambda: sync(firm))


def test_also_in_another_process(firm):
    writes_nothing(firm, lambda: in_another_process(firm))
    (firm.parent / ".sheets-crm" / "last-run.json").unlink()
    writes_nothing(firm, lambda: in_another_process(firm))
    shutil.rmtree(firm.parent / ".sheets-crm")
    writes_nothing(firm, lambda: in_another_process(firm))


def test_a_plan_never_writes(firm):
    before = {path: path.read_bytes() for path in firm.parent.rglob("*") if path.is_file()}
    run.plan(str(firm.parent), today=TODAY + timedelta(days=9))
    shutil.rmtree(firm.parent / ".sheets-crm")
    run.plan(str(firm.parent), today=TODAY)
    assert {path.name for path in firm.parent.iterdir()} == {"crm.yaml", "firm.xlsx"}
    assert firm.read_bytes() == before[firm]


def test_saved_by_another_program_it_settles_at_once(firm, soffice):
    saved = firm.parent / "saved"
    profile = firm.parent / "profile"
    subprocess.run(
        [soffice, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx", "--outdir", str(saved), str(firm)],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    shutil.copyfile(saved / firm.name, firm)
    shutil.rmtree(saved)
    shutil.rmtree(profile)
    before = firm.with_name("before.bin")
    shutil.copyfile(firm, before)
    result = run.sync(str(firm.parent), today=TODAY)
    assert_untouched(before, firm, set(result.titles.values()))
    before.unlink()
    assert len(result.tasks) == len(run.plan(str(firm.parent), today=TODAY).tasks)
    writes_nothing(firm, lambda: sync(firm))
