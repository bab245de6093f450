"""No write without a backup; any backup comes back with one command; a crash in between harms nothing."""

import errno
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sheets_crm.errors import NotFound, OwnerError, StateError, WorkbookBusy, WorkbookMissing
from sheets_crm.sync.backup import (
    Keep,
    back_up,
    copying,
    find_backup,
    is_due,
    is_sound,
    list_backups,
    local,
    refuse_open,
    restore,
    restoring,
)
from sheets_crm.sync.state import LastRun, StateFolder

NOW = datetime(2026, 7, 22, 10, 15, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def workbook_of(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", text * 100)
    return path


@pytest.fixture
def workbook(tmp_path) -> Path:
    return workbook_of(tmp_path / "Клиенты v1.2.xlsx", "first")


@pytest.fixture
def state(tmp_path) -> StateFolder:
    return StateFolder.beside(tmp_path / "crm.yaml")


def test_a_backup_is_a_true_private_copy(workbook, state):
    backup = back_up(workbook, state, now=NOW)
    assert backup.path.read_bytes() == workbook.read_bytes()
    assert backup.name.startswith("Клиенты v1.2.20260722T101530Z.")
    assert backup.path.suffix == ".xlsx"
    assert (backup.workbook, backup.made, backup.size) == ("Клиенты v1.2", NOW, workbook.stat().st_size)
    assert backup.path.stat().st_ino != workbook.stat().st_ino
    assert not backup.path.samefile(workbook)
    assert is_sound(backup)
    assert sys.platform == "win32" or backup.path.stat().st_mode & 0o777 == 0o600
    assert list_backups(state) == [backup]


def test_the_same_content_is_not_copied_twice(workbook, state):
    first = back_up(workbook, state, now=NOW)
    assert back_up(workbook, state, now=NOW + DAY) == first
    assert len(list_backups(state)) == 1


def test_a_content_that_comes_back_is_the_last_again(workbook, state):
    for step, text in enumerate(["a", "b", "a"]):
        back_up(workbook_of(workbook, text), state, now=NOW + step * HOUR)
    assert find_backup(state, "last").path.read_bytes() == workbook.read_bytes()


def test_a_damaged_backup_is_not_relied_on(workbook, state):
    first = back_up(workbook, state, now=NOW)
    first.path.write_bytes(b"damaged")
    second = back_up(workbook, state, now=NOW + HOUR)
    assert second.path != first.path
    assert is_sound(second)
    assert not is_sound(first)


def test_a_link_is_no_backup(workbook, state):
    first = back_up(workbook, state, now=NOW)
    first.path.unlink()
    first.path.symlink_to(workbook)
    second = back_up(workbook, state, now=NOW + HOUR)
    assert not second.path.is_symlink()
    assert second.path.read_bytes() == workbook.read_bytes()


def test_backups_of_one_second_keep_their_order(workbook, state):
    for text in "abcd":
        last = back_up(workbook_of(workbook, text), state, now=NOW)
    assert find_backup(state, "last") == last
    assert len({one.made for one in list_backups(state)}) == 4


def test_rotation_keeps_the_last_and_one_a_day_and_one_a_week(workbook, state):
    moment = NOW - 40 * DAY
    while moment <= NOW:
        for hours in (0, 3, 6):
            back_up(workbook_of(workbook, f"{moment}{hours}"), state, now=moment + hours * HOUR, keep=Keep(last=4))
        moment += DAY
    made = [one.made for one in list_backups(state)]
    assert made[:4] == [NOW + 6 * HOUR, NOW + 3 * HOUR, NOW, NOW - DAY + 6 * HOUR]
    assert {moment.date() for moment in made} >= {(NOW - n * DAY).date() for n in range(14)}
    weeks = {(NOW - n * DAY).isocalendar()[:2] for n in range(41)}
    assert {moment.isocalendar()[:2] for moment in made} == weeks
    assert len(made) <= 4 + 14 + len(weeks)


def test_rotation_by_number_alone(workbook, state):
    for n in range(9):
        back_up(workbook_of(workbook, str(n)), state, now=NOW + n * HOUR, keep=Keep(last=3, days=0, weeks=0, months=0))
    assert [one.made for one in list_backups(state)] == [NOW + n * HOUR for n in (8, 7, 6)]
    back_up(workbook_of(workbook, "x"), state, now=NOW + DAY, keep=Keep(last=0, days=0, weeks=0, months=0))
    assert len(list_backups(state)) == 1


def test_rotation_touches_only_backups(workbook, state):
    back_up(workbook, state, now=NOW)
    stranger = state.backups / "заметки.txt"
    stranger.write_text("мои")
    for n in range(3):
        back_up(workbook_of(workbook, str(n)), state, now=NOW + n * DAY, keep=Keep(1, 0, 0, 0))
    assert stranger.read_text() == "мои"
    assert len(list_backups(state)) == 1


def test_the_weekly_backup_is_due_after_a_week(workbook, state):
    assert is_due(state, now=NOW)
    back_up(workbook, state, now=NOW)
    assert not is_due(state, now=NOW + 6 * DAY)
    assert is_due(state, now=NOW + 7 * DAY)


def test_a_backup_is_found_by_name_stamp_or_digest(workbook, state):
    first = back_up(workbook, state, now=NOW)
    second = back_up(workbook_of(workbook, "second"), state, now=NOW + DAY)
    assert find_backup(state, "last") == second
    assert find_backup(state, first.name) == first
    assert find_backup(state, first.digest[:6]) == first
    assert find_backup(state, "20260722") == first
    assert find_backup(state, "2026-07-23 10:15") == second
    for wanted, key in (("202607220000", "state.backup_unknown"), ("", "state.backup_unknown")):
        with pytest.raises(NotFound) as caught:
            find_backup(state, wanted)
        assert caught.value.key == key
    back_up(workbook_of(workbook, "third"), state, now=NOW + DAY + HOUR)
    with pytest.raises(NotFound) as caught:
        find_backup(state, "20260723")
    assert caught.value.key == "state.backup_several"


def test_without_backups_there_is_nothing_to_find(state):
    assert list_backups(state) == []
    with pytest.raises(NotFound):
        find_backup(state, "last")


# --- what can't be backed up --------------------------------------------------------------------------------------------


def test_a_missing_workbook_is_told(tmp_path, state):
    for path in (tmp_path / "нет.xlsx", tmp_path):
        with pytest.raises(WorkbookMissing):
            back_up(path, state, now=NOW)
    assert list_backups(state) == []


def test_a_workbook_that_keeps_changing_is_told(workbook, state, monkeypatch):
    real = local.copied
    count = iter(range(100))

    def busy(source, target):
        seen = real(source, target)
        workbook.write_bytes(f"{next(count)}".encode())
        return seen

    monkeypatch.setattr(local, "copied", busy)
    with pytest.raises(WorkbookBusy) as caught:
        back_up(workbook, state, now=NOW)
    assert caught.value.key == "state.workbook_changing"
    assert list(state.backups.iterdir()) == []


def test_a_workbook_that_changed_once_is_copied_whole(workbook, state, monkeypatch):
    real = local.copied
    edits = iter([b"edited meanwhile"])

    def once(source, target):
        seen = real(source, target)
        for edit in edits:
            workbook.write_bytes(edit)
            break
        return seen

    monkeypatch.setattr(local, "copied", once)
    assert back_up(workbook, state, now=NOW).path.read_bytes() == b"edited meanwhile"


REFUSALS = [
    (errno.ENOSPC, "state.disk_full"),
    (errno.EACCES, "state.folder_denied"),
    (errno.EROFS, "state.folder_denied"),
]


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("step", ["local.make_folder", "copying.open_private", "copying.flush"])
def test_a_folder_that_takes_no_copy_stops_the_write(workbook, state, monkeypatch, refusal, step):
    code, key = refusal

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"sheets_crm.sync.backup.{step}", refuse)
    with pytest.raises(StateError) as caught:
        back_up(workbook, state, now=NOW)
    assert caught.value.key == key
    monkeypatch.undo()
    assert list_backups(state) == []
    assert not list(state.path.rglob("*.part"))


# --- crashes ------------------------------------------------------------------------------------------------------------


class Crash(BaseException):
    pass


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "step",
    [
        "local.copied",
        "local.is_same",
        "copying.flush",
        "local.flush_folder",
        "local._rotate",
        "local._read",
        "local.Path.replace",
    ],
)
def test_a_crash_while_backing_up_leaves_whole_backups_only(workbook, state, monkeypatch, step, late):
    import pkgutil

    old = back_up(workbook, state, now=NOW)
    workbook_of(workbook, "second")
    before = workbook.read_bytes()
    real = pkgutil.resolve_name(f"sheets_crm.sync.backup.{step.replace('.', ':', 1)}")

    def crash(*args, **kwargs):
        if late:
            real(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(f"sheets_crm.sync.backup.{step}", crash)
    with pytest.raises(Crash):
        back_up(workbook, state, now=NOW + HOUR)
    monkeypatch.undo()
    assert workbook.read_bytes() == before
    assert all(is_sound(one) for one in list_backups(state))
    assert old in list_backups(state)
    assert is_sound(back_up(workbook, state, now=NOW + 2 * HOUR))
    assert not list(state.path.rglob("*.part"))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    "step",
    [f"restoring.{one}" for one in ("is_sound", "refuse_open", "back_up", "_put_back", "copied", "Path.replace")]
    + ["copying.flush"],
)
def test_a_crash_while_restoring_leaves_one_whole_workbook(workbook, state, monkeypatch, step, late):
    import pkgutil

    old = back_up(workbook, state, now=NOW)
    workbook_of(workbook, "second")
    whole = {old.path.read_bytes(), workbook.read_bytes()}
    real = pkgutil.resolve_name(f"sheets_crm.sync.backup.{step.replace('.', ':', 1)}")

    def crash(*args, **kwargs):
        if late:
            real(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(f"sheets_crm.sync.backup.{step}", crash)
    with pytest.raises(Crash):
        restore(old, workbook, state, now=NOW + HOUR)
    monkeypatch.undo()
    assert workbook.read_bytes() in whole
    assert all(is_sound(one) for one in list_backups(state))
    restore(old, workbook, state, now=NOW + 2 * HOUR)
    assert workbook.read_bytes() == old.path.read_bytes()
    assert whole == {one.path.read_bytes() for one in list_backups(state)}
    assert not list(workbook.parent.glob(".*.part"))


# --- the way back -------------------------------------------------------------------------------------------------------


def test_restoring_backs_up_what_stood_there(workbook, state):
    first = workbook.read_bytes()
    old = back_up(workbook, state, now=NOW)
    second = workbook_of(workbook, "second").read_bytes()
    state.stamp(LastRun("f", "c", "r", "1", "2026-07-22"), now=NOW)
    before = restore(old, workbook, state, now=NOW + HOUR)
    assert workbook.read_bytes() == first
    assert before.path.read_bytes() == second
    assert state.last_run() is None
    assert restore(before, workbook, state, now=NOW + 2 * HOUR).path.read_bytes() == first
    assert workbook.read_bytes() == second


def test_restoring_never_rotates_away_what_it_restores(workbook, state):
    old = back_up(workbook, state, now=NOW - 400 * DAY)
    for n in range(25):
        back_up(workbook_of(workbook, str(n)), state, now=NOW - 300 * DAY + n * HOUR, keep=Keep(last=99))
    workbook_of(workbook, "now")
    restore(old, workbook, state, now=NOW)
    assert workbook.read_bytes() == old.path.read_bytes()


def test_a_workbook_that_is_gone_comes_back(workbook, state):
    old = back_up(workbook, state, now=NOW)
    data = workbook.read_bytes()
    workbook.unlink()
    assert restore(old, workbook, state, now=NOW + HOUR) is None
    assert workbook.read_bytes() == data


@pytest.mark.parametrize("mark", ["~$Клиенты v1.2.xlsx", ".~lock.Клиенты v1.2.xlsx#"])
def test_an_open_workbook_is_not_replaced(workbook, state, mark):
    old = back_up(workbook, state, now=NOW)
    data = workbook_of(workbook, "second").read_bytes()
    workbook.with_name(mark).write_text("")
    with pytest.raises(WorkbookBusy) as caught:
        restore(old, workbook, state, now=NOW + HOUR)
    assert caught.value.values["mark"] == mark
    assert workbook.read_bytes() == data


def test_a_workbook_locked_by_another_program_is_not_replaced(workbook, state):
    if sys.platform == "win32":
        return  # there the system itself refuses
    old = back_up(workbook, state, now=NOW)
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.readline()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(workbook)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout.readline() == "held\n"
    with pytest.raises(WorkbookBusy) as caught:
        restore(old, workbook, state, now=NOW)
    assert caught.value.key == "state.workbook_locked"
    other.communicate("\n", timeout=30)
    refuse_open(workbook)


def test_a_run_at_work_is_not_disturbed(workbook, state):
    old = back_up(workbook, state, now=NOW)
    with state.lock(), pytest.raises(WorkbookBusy) as caught:
        restore(old, workbook, state, now=NOW)
    assert caught.value.key == "state.another_run"


def test_an_edit_made_while_restoring_is_not_lost(workbook, state, monkeypatch):
    old = back_up(workbook, state, now=NOW)
    workbook_of(workbook, "second")
    real = restoring._put_back

    def edited(*args):
        workbook_of(workbook, "a manager saved just now")
        return real(*args)

    monkeypatch.setattr(restoring, "_put_back", edited)
    with pytest.raises(WorkbookBusy) as caught:
        restore(old, workbook, state, now=NOW + HOUR)
    assert caught.value.key == "state.workbook_changing"
    assert zipfile.ZipFile(workbook).read("xl/worksheets/sheet1.xml").startswith(b"a manager")


def test_a_damaged_backup_is_not_restored(workbook, state):
    old = back_up(workbook, state, now=NOW)
    data = bytearray(old.path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    old.path.write_bytes(bytes(data))
    with pytest.raises(StateError) as caught:
        restore(old, workbook, state, now=NOW)
    assert caught.value.key == "state.backup_damaged"
    old.path.unlink()
    with pytest.raises(NotFound):
        restore(old, workbook, state, now=NOW)


def test_a_link_to_the_workbook_stays_a_link_and_modes_stay(workbook, state, tmp_path):
    old = back_up(workbook, state, now=NOW)
    workbook_of(workbook, "second")
    workbook.chmod(0o640)
    link = tmp_path / "ярлык.xlsx"
    link.symlink_to(workbook)
    restore(old, link, state, now=NOW + HOUR)
    assert link.is_symlink()
    assert workbook.read_bytes() == old.path.read_bytes()
    assert sys.platform == "win32" or workbook.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("code", "key"), [(errno.ENOSPC, "state.disk_full"), (errno.EACCES, "state.workbook_readonly")]
)
def test_a_place_that_takes_no_file_is_told(workbook, state, monkeypatch, code, key):
    old = back_up(workbook, state, now=NOW)
    real = copying.open_private

    def refuse(path):
        if path.parent == workbook.parent:
            raise OSError(code, os.strerror(code))
        return real(path)

    data = workbook_of(workbook, "second").read_bytes()
    monkeypatch.setattr(copying, "open_private", refuse)
    with pytest.raises(OwnerError) as caught:
        restore(old, workbook, state, now=NOW + HOUR)
    assert caught.value.key == key
    assert workbook.read_bytes() == data
    assert len(list_backups(state)) == 2


def test_other_kinds_of_files_are_backed_up_too(tmp_path, state):
    for name in ("база.csv", "без окончания"):
        path = tmp_path / name
        path.write_bytes(name.encode())
        backup = back_up(path, state, now=NOW)
        assert is_sound(backup)
        assert backup.workbook == path.stem


def test_a_very_long_name_is_backed_up_and_restored(tmp_path, state):
    workbook = workbook_of(tmp_path / ("я" * 122 + ".xlsx"), "long")
    backup = back_up(workbook, state, now=NOW)
    assert is_sound(backup)
    data = workbook.read_bytes()
    workbook_of(workbook, "second")
    restore(backup, workbook, state, now=NOW + HOUR)
    assert workbook.read_bytes() == data
