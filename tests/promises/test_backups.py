"""Promise 5: no write without a backup, and any backup comes back with one command, to the byte."""

from __future__ import annotations

import errno
from datetime import timedelta

import pytest

from sheets_crm.errors import OwnerError, StateError
from sheets_crm.sync import copies, run
from sheets_crm.sync.backup import local
from tests.promises.firm import TODAY, configure, plain


@pytest.fixture
def firm(tmp_path):
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    return book


def test_each_write_leaves_a_copy_of_what_stood_there(firm):
    stood = []
    for day in range(4):
        stood.insert(0, firm.read_bytes())
        result = run.sync(str(firm.parent), today=TODAY + timedelta(days=day))
        assert result.written
        assert result.backup == copies.listed(str(firm.parent))[0].name
    assert [copy.path.read_bytes() for copy in copies.listed(str(firm.parent))] == stood


def test_every_copy_comes_back_to_the_byte(firm):
    for day in range(3):
        run.sync(str(firm.parent), today=TODAY + timedelta(days=day))
    last = firm.read_bytes()
    kept = {copy.name: copy.path.read_bytes() for copy in copies.listed(str(firm.parent))}
    for name, content in kept.items():
        restored = copies.restored(str(firm.parent), name, None)
        assert firm.read_bytes() == content
        assert restored.saved
    newest = [copy for copy in copies.listed(str(firm.parent)) if copy.path.read_bytes() == last]
    assert newest, "what stood there before the restore is kept too"
    assert copies.restored(str(firm.parent), "last", firm.with_name("copy.xlsx")).path.exists()


def test_a_run_after_a_restore_is_a_run_like_any_other(firm):
    run.sync(str(firm.parent), today=TODAY)
    done = firm.read_bytes()
    copies.restored(str(firm.parent), "last", None)
    assert firm.read_bytes() != done
    assert run.sync(str(firm.parent), today=TODAY).written
    assert firm.read_bytes() == done


@pytest.mark.parametrize(
    "failure", [OSError(errno.ENOSPC, "full"), OSError(errno.EACCES, "denied"), StateError("state.disk_full", path="x")]
)
def test_without_a_backup_there_is_no_write(firm, monkeypatch, failure):
    before = firm.read_bytes()

    def fail(*_args, **_kwargs):
        raise failure

    monkeypatch.setattr(local, "copied", fail)
    with pytest.raises(OwnerError):
        run.sync(str(firm.parent), today=TODAY)
    assert firm.read_bytes() == before
    monkeypatch.undo()
    assert run.sync(str(firm.parent), today=TODAY).backup


def test_a_copy_that_came_out_wrong_is_no_backup(firm, monkeypatch):
    before = firm.read_bytes()
    whole = local.copied

    def torn(source, target):
        digest = whole(source, target)
        target.write_bytes(target.read_bytes()[:-1])
        return digest

    monkeypatch.setattr(local, "copied", torn)
    with pytest.raises(OwnerError):
        run.sync(str(firm.parent), today=TODAY)
    assert firm.read_bytes() == before
    assert copies.listed(str(firm.parent)) == []
