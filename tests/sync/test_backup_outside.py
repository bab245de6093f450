"""A folder of the owner's choice: caught up with, never in the way, nobody else's files touched."""

import errno
import json
import os
import pkgutil
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from sheets_crm.errors import NotFound, StateError, WorkbookBusy
from sheets_crm.sync.backup import age, back_up, is_sound, list_backups, regular_backup, restore, sealing
from sheets_crm.sync.backup.model import Backup, Keep, staying
from sheets_crm.sync.backup.names import OutsideName, outside_name, safe, taken_apart
from sheets_crm.sync.backup.outside import README, Place, at_path, carry, list_outside, strangers
from sheets_crm.sync.backup.register import FILE, Register
from sheets_crm.sync.backup.regular import carried, outside_note
from sheets_crm.sync.backup.sealing import plain_copy
from sheets_crm.sync.backup.verify import checked
from sheets_crm.sync.config_backups import BackupSettings
from sheets_crm.sync.secrets import set_secret
from sheets_crm.sync.state import StateFolder

NOW = datetime(2026, 11, 22, 6, 30, 15, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONE = ZoneInfo("Europe/Moscow")
SECRET = "длинный пароль"


def workbook_of(path: Path, text: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", text * 100)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The cost of a passphrase is measured elsewhere, and no power cut is played here."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    real = age.encrypt
    monkeypatch.setattr(age, "encrypt", lambda source, target, secret: real(source, target, secret, work=4))


class Shop:
    """A workbook, its state and the owner's folder."""

    def __init__(self, home: Path, folder: Path, name: str = "Клиенты.xlsx"):
        home.mkdir(exist_ok=True)
        self.workbook = workbook_of(home / name, "first")
        self.state = StateFolder.beside(home / "crm.yaml")
        self.folder = folder
        self.place = Place(folder, name, Keep(1, 14, 8, 12), ZONE, readme="how to come back")

    def saves(self, text: str, now: datetime, *, bring: bool = True, asked: bool = False):
        back_up(workbook_of(self.workbook, text), self.state, now=now)
        return carry(self.state, self.place, now=now, asked=asked) if bring else None

    def names(self) -> list[str]:
        return [one.name for one in self.outside()]

    def outside(self):
        return list_outside(self.state, self.place)

    def opened(self, **settings):
        """As much of an opened configuration as copies need."""
        config = SimpleNamespace(backups=BackupSettings(folder=str(self.folder), **settings), zone=ZONE)
        return SimpleNamespace(
            config=config,
            workbook=self.workbook,
            path=self.workbook.with_name("crm.yaml"),
            lang="ru",
            beside=Path,
            google=None,
        )


@pytest.fixture
def shop(tmp_path) -> Shop:
    folder = tmp_path / "copies"
    folder.mkdir()
    return Shop(tmp_path / "shop", folder)


# --- names --------------------------------------------------------------------------------------------------------------


def test_people_can_read_the_name(shop):
    assert shop.saves("a", NOW) is None
    (copy,) = shop.outside()
    assert copy.name.startswith("Клиенты 2026-11-22 09-30 ")
    assert copy.name.endswith(".xlsx")
    assert copy.path.read_bytes() == shop.workbook.read_bytes()
    assert (copy.made, copy.why, copy.where, copy.encrypted) == (NOW, "write", "outside", False)
    assert is_sound(copy)
    assert sys.platform == "win32" or copy.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("stem", "suffix"),
    [("Клиенты", ".xlsx"), ("Отчёт v1.2 (новый)", ".xlsm"), ("без окончания", ""), ("a.age", ".csv"), ("2026-11-22 09-30", "")],
)  # fmt: skip
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_name_is_taken_apart_again(stem, suffix, encrypted):
    parts = OutsideName(stem, NOW.replace(second=0), "0a1b", "0123456789", suffix, encrypted)
    assert taken_apart(outside_name(parts, ZONE), ZONE) == parts


@pytest.mark.parametrize(
    "stem", ["a:b?c*", "CON", "nul.txt", "x" * 300, "я" * 200, " ", "a/b\\c", "tab\there", "trail. "]
)
def test_every_system_takes_the_name(stem):
    name = outside_name(OutsideName(stem, NOW, "0a1b", "0123456789", ".xlsx", encrypted=True), ZONE)
    assert not set(name) & set('<>:"/\\|?*\t')
    assert len(name.encode()) < 255
    assert name.split(".")[0].lower() not in {"con", "nul"}
    assert taken_apart(name, ZONE) is not None
    assert safe(safe(stem)) == safe(stem)


@pytest.mark.parametrize(
    "name",
    ["Клиенты 2026-11-22.xlsx", "Клиенты 2026-11-22 09-30 0a1b-01234.xlsx", "2026-13-45 09-30 0a1b-0123456789.xlsx",
     "Клиенты 2026-13-45 09-30 0a1b-0123456789.xlsx", README, ".sheets-crm-0a1b.1.part"],
)  # fmt: skip
def test_other_names_are_not_ours(name):
    assert taken_apart(name, ZONE) is None


# --- what is brought ----------------------------------------------------------------------------------------------------


def test_one_a_day_is_brought(shop):
    for hour in range(4):
        shop.saves(f"a{hour}", NOW + hour * HOUR)
    shop.saves("b", NOW + DAY)
    assert [one.made for one in shop.outside()] == [NOW + DAY, NOW]


def test_a_day_ends_where_the_firm_is(shop):
    shop.saves("a", datetime(2026, 11, 22, 20, 59, tzinfo=UTC))
    shop.saves("b", datetime(2026, 11, 22, 21, 1, tzinfo=UTC))  # after midnight in Moscow
    assert len(shop.outside()) == 2


def test_the_same_content_is_not_brought_again(shop):
    shop.saves("a", NOW)
    shop.saves("a", NOW + DAY)
    assert len(shop.outside()) == 1


def test_who_asks_gets_a_copy_today_too(shop):
    shop.saves("a", NOW)
    shop.saves("b", NOW + HOUR, asked=True)
    (copy,) = shop.outside()  # the day keeps its newest
    assert copy.path.read_bytes() == shop.workbook.read_bytes()


def test_a_stick_that_was_out_is_caught_up_with(shop):
    shop.saves("0", NOW)
    away = shop.folder.rename(shop.folder.with_name("pulled out"))
    for day in range(1, 6):
        trouble = shop.saves(f"{day} morning", NOW + day * DAY)
        shop.saves(f"{day}", NOW + day * DAY + HOUR, bring=False)
        assert (trouble.key, trouble.since) == ("backup.away.gone", NOW + DAY)
    assert not shop.folder.exists(), "the folder of a stick that is out is not faked"
    assert len(list_backups(shop.state)) == 11
    away.rename(shop.folder)
    assert carry(shop.state, shop.place, now=NOW + 5 * DAY + 2 * HOUR) is None
    assert [one.made for one in shop.outside()] == [NOW + day * DAY + HOUR for day in (5, 4, 3, 2, 1)] + [NOW]
    assert all(is_sound(one) for one in shop.outside())
    assert Register.read(shop.state).away is None


def test_another_disk_in_its_place_is_not_written(shop):
    shop.saves("a", NOW)
    shop.folder.rename(shop.folder.with_name("pulled out"))
    shop.folder.mkdir()  # the mount point, empty
    assert shop.saves("b", NOW + DAY).key == "backup.away.strange"
    assert list(shop.folder.iterdir()) == []
    assert shop.saves("c", NOW + DAY + HOUR, asked=True) is None, "a person says that it is meant"
    assert shop.outside()


def test_a_folder_without_the_readme_is_known_by_its_copies(shop):
    shop.saves("a", NOW)
    (shop.folder / README).unlink()
    assert shop.saves("b", NOW + DAY) is None


def test_a_copy_that_the_owner_removed_stays_removed(shop):
    shop.saves("a", NOW)
    shop.saves("b", NOW + DAY)
    shop.outside()[1].path.unlink()
    shop.saves("c", NOW + 2 * DAY)
    assert [one.made for one in shop.outside()] == [NOW + 2 * DAY, NOW + DAY]


def test_a_new_folder_begins_anew_and_the_old_one_is_left_alone(shop, tmp_path):
    shop.saves("a", NOW)
    old = {path: path.read_bytes() for path in shop.folder.iterdir()}
    other = Place(tmp_path / "other", "Клиенты.xlsx", Keep(1, 0, 0, 0), ZONE)
    other.folder.mkdir()
    assert carry(shop.state, other, now=NOW + HOUR) is None
    assert len(list_outside(shop.state, other)) == 1
    assert {path: path.read_bytes() for path in shop.folder.iterdir()} == old


def test_a_damaged_local_copy_is_not_spread(shop):
    shop.saves("a", NOW, bring=False)
    list_backups(shop.state)[0].path.write_bytes(b"damaged")
    carry(shop.state, shop.place, now=NOW)
    assert shop.outside() == []
    assert not list(shop.folder.glob(".*"))


# --- rotation, and other people's files ---------------------------------------------------------------------------------


def test_days_weeks_and_months_stay():
    copies: list[Backup] = []
    for n in range(500):
        made = NOW + n * DAY
        copies.append(Backup(Path(f"{n}"), "x", made, "", 0))
        stay = staying(copies, Keep(1, 14, 8, 12), made, ZONE)
        copies = [one for one in copies if one.name in stay]
    left = [one.made.astimezone(ZONE).date() for one in reversed(copies)]
    last = left[0]
    assert left[:14] == [last - n * DAY for n in range(14)]
    assert {day.isocalendar()[:2] for day in left} >= {(last - n * 7 * DAY).isocalendar()[:2] for n in range(8)}
    months = {(day.year, day.month) for day in left}
    assert len(months) == 12
    assert len(left) <= 14 + 8 + 12


def test_nobody_elses_files_are_touched(shop):
    others = {
        "отчёт.xlsx": b"1", "download.part": b"2", ".sheets-crm-ffff.1.part": b"3", README: b"my own text",
        "Клиенты 2020-01-01 09-30 ffff-0123456789.xlsx": b"4",  # of another installation
        f"Клиенты 2020-01-01 09-30 {'0' * 4}-0123456789.xlsx": b"5",
    }  # fmt: skip
    for name, content in others.items():
        (shop.folder / name).write_bytes(content)
    keep = Place(shop.folder, "Клиенты.xlsx", Keep(1, 0, 0, 0), ZONE, readme="how")
    for day in range(4):
        back_up(workbook_of(shop.workbook, str(day)), shop.state, now=NOW + day * DAY)
        assert carry(shop.state, keep, now=NOW + day * DAY) is None
    assert len(shop.outside()) == 1
    assert {name: (shop.folder / name).read_bytes() for name in others} == others
    assert len(strangers(shop.state, keep)) == 2


def test_a_copy_that_somebody_works_in_is_not_removed(shop):
    """Opened in Excel and saved under its own name: it is that person's file now."""
    keep = Place(shop.folder, "Клиенты.xlsx", Keep(1, 0, 0, 0), ZONE)
    shop.saves("a", NOW)
    first = shop.outside()[0].path
    first.write_bytes(b"saved by a person")
    back_up(workbook_of(shop.workbook, "b"), shop.state, now=NOW + DAY)
    carry(shop.state, keep, now=NOW + DAY)
    carry(shop.state, keep, now=NOW + 30 * DAY)
    assert first.read_bytes() == b"saved by a person"


def test_two_workbooks_of_one_name_do_not_mix(shop, tmp_path):
    other = Shop(tmp_path / "second shop", shop.folder)
    few = Keep(1, 0, 0, 0)
    for day in range(3):
        for one in (shop, other):
            one.place = Place(one.folder, one.place.workbook, few, ZONE)
            assert one.saves(f"{id(one)}{day}", NOW + day * DAY) is None
    assert len(shop.names()) == len(other.names()) == 1
    assert set(shop.names()) & set(other.names()) == set()
    for one in (shop, other):
        assert one.outside()[0].path.read_bytes() == one.workbook.read_bytes()


def test_a_copied_state_folder_owns_nothing_outside(shop, tmp_path):
    import shutil

    shop.saves("a", NOW)
    shutil.copytree(shop.workbook.parent, tmp_path / "branch")
    branch = Shop(tmp_path / "branch", shop.folder)
    branch.place = Place(shop.folder, "Клиенты.xlsx", Keep(1, 0, 0, 0), ZONE)
    before = set(shop.names())
    branch.saves("elsewhere", NOW + DAY)
    assert before <= {path.name for path in shop.folder.iterdir()}
    assert before & set(branch.names()) == set()


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"place": 1}', None])
def test_a_lost_register_loses_no_copy(shop, content):
    shop.saves("a", NOW)
    before = {path.name for path in shop.folder.iterdir()}
    file = shop.state.path / FILE
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    assert shop.saves("b", NOW + DAY) is None
    assert before < {path.name for path in shop.folder.iterdir()}
    assert len(list_backups(shop.state)) == 2
    assert len(strangers(shop.state, shop.place)) == 1


# --- what goes wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "key"),
    [(errno.ENOSPC, "full"), (errno.EDQUOT, "full"), (errno.EACCES, "denied"), (errno.EROFS, "denied"), (errno.EIO, "gone"), (errno.ENOENT, "gone")],
)  # fmt: skip
@pytest.mark.parametrize(
    "step", ["sealing.open_private", "sealing._flush", "outside.flush_folder", "sealing._read_back"]
)
def test_a_folder_that_takes_nothing_is_told_with_its_day(shop, monkeypatch, code, key, step):
    shop.saves("a", NOW)

    def refuse(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(f"sheets_crm.sync.backup.{step}", refuse)
    for day in (1, 2):
        trouble = shop.saves(f"{day}", NOW + day * DAY)
        assert (trouble.key, trouble.since) == (f"backup.away.{key}", NOW + DAY)
    monkeypatch.undo()
    assert all(is_sound(one) for one in shop.outside())
    assert carry(shop.state, shop.place, now=NOW + 2 * DAY + HOUR) is None
    assert {one.made.date() for one in shop.outside()} == {(NOW + n * DAY).date() for n in range(3)}
    assert not list(shop.folder.glob(".*.part"))


@pytest.mark.parametrize("secret", [None, SECRET])
def test_a_copy_that_reads_back_wrong_does_not_count(shop, monkeypatch, secret):
    if secret:
        set_secret(shop.state, "backup", secret)
        shop.place = Place(shop.folder, "Клиенты.xlsx", shop.place.keep, ZONE, "backup")
    real = sealing._flush

    def torn(out):
        real(out)
        out.truncate(max(out.tell() - 5, 0))

    monkeypatch.setattr(sealing, "_flush", torn)
    assert shop.saves("a", NOW).key == "backup.away.gone"
    assert [path.name for path in shop.folder.iterdir()] == []


class Crash(BaseException):
    pass


STEPS = ["outside._sweep", "outside.seal", "sealing.open_private", "sealing._flush", "sealing._read_back", "outside.Path.replace",
         "outside.flush_folder", "outside._explain", "outside._rotate", "register.write_whole", "outside._known_again"]  # fmt: skip


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("encrypted", [False, True])
def test_a_crash_leaves_whole_copies_only(shop, monkeypatch, step, late, encrypted):
    set_secret(shop.state, "backup", SECRET)
    keep = Keep(1, 1, 0, 0)
    shop.place = Place(shop.folder, "Клиенты.xlsx", keep, ZONE, "backup" if encrypted else None, "how")
    shop.saves("a", NOW)
    shop.saves("b", NOW + DAY, bring=False)
    if late and step == "sealing.open_private":
        return  # an open file would be left to the test, not to the system
    real = pkgutil.resolve_name(f"sheets_crm.sync.backup.{step.replace('.', ':', 1)}")

    def crash(*args, **kwargs):
        if late:
            real(*args, **kwargs)
        raise Crash

    monkeypatch.setattr(f"sheets_crm.sync.backup.{step}", crash)
    with pytest.raises(Crash):
        carry(shop.state, shop.place, now=NOW + DAY)
    monkeypatch.undo()
    seen = [checked(one, shop.state, "backup").backup for one in shop.outside()]
    assert seen, "what was there is there"
    assert all(is_sound(one) for one in seen)
    assert carry(shop.state, shop.place, now=NOW + DAY) is None
    assert not list(shop.folder.glob(".*.part"))
    newest = shop.outside()[0]
    with plain_copy(newest, shop.state, "backup") as plain:
        assert plain.path.read_bytes() == shop.workbook.read_bytes()


def test_a_copy_that_was_put_there_but_not_noted_is_known_again(vault, monkeypatch):
    """A crash between the two leaves no second copy of the day, and no file that nobody ever removes."""

    def crash(*_):
        raise Crash

    back_up(workbook_of(vault.workbook, "b"), vault.state, now=NOW + DAY)
    monkeypatch.setattr("sheets_crm.sync.backup.register.write_whole", crash)
    with pytest.raises(Crash):
        carry(vault.state, vault.place, now=NOW + DAY)
    monkeypatch.undo()
    vault.place = replace(vault.place, keep=Keep(1, 0, 0, 0))
    assert carry(vault.state, vault.place, now=NOW + DAY + HOUR) is None
    assert len(list(vault.folder.glob("*.age"))) == 1


# --- encrypted ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def vault(shop) -> Shop:
    set_secret(shop.state, "backup", SECRET)
    shop.place = Place(shop.folder, "Клиенты.xlsx", shop.place.keep, ZONE, "backup", "how")
    assert shop.saves("a", NOW) is None
    return shop


def test_nothing_of_the_workbook_lies_open(vault):
    (copy,) = vault.outside()
    assert copy.name.endswith(".xlsx.age")
    assert copy.encrypted
    assert b"xl/worksheets" not in copy.path.read_bytes()
    content = list_backups(vault.state)[0].digest
    assert not any(content[:n] in copy.name for n in (8, 10)), "not even its digest"


def test_an_encrypted_copy_comes_back_to_the_byte(vault):
    whole = vault.workbook.read_bytes()
    workbook_of(vault.workbook, "spoiled")
    (copy,) = vault.outside()
    with plain_copy(copy, vault.state, "backup") as plain:
        restore(plain, vault.workbook, vault.state, now=NOW + DAY)
    assert vault.workbook.read_bytes() == whole
    assert not list(vault.state.path.glob("opened-*"))


@pytest.mark.parametrize(("secret", "key"), [("", "no_secret"), ("другой пароль", "wrong_secret")])
def test_without_the_passphrase_it_stays_shut(vault, secret, key):
    set_secret(vault.state, "backup", secret)
    (copy,) = vault.outside()
    with pytest.raises(StateError) as caught, plain_copy(copy, vault.state, "backup"):
        pass
    assert caught.value.key == f"backup.errors.{key}"
    assert SECRET not in str(caught.value)
    assert checked(copy, vault.state, "backup").state == "locked"
    assert not list(vault.state.path.glob("opened-*"))


@pytest.mark.parametrize(("secret", "key"), [("", "no_secret"), ("short", "short_secret")])
def test_without_a_good_passphrase_nothing_is_brought(vault, secret, key):
    set_secret(vault.state, "backup", secret)
    trouble = vault.saves("b", NOW + DAY)
    assert trouble.key == f"backup.away.{key}"
    assert len(list(vault.folder.glob("*.xlsx*"))) == 1, "above all not in the open"
    set_secret(vault.state, "backup", SECRET)
    assert carry(vault.state, vault.place, now=NOW + DAY) is None
    assert len(vault.outside()) == 2


def test_a_file_of_passwords_that_is_broken_is_told(vault):
    (vault.state.path / "secrets.yaml").write_text("a: [", "utf-8")
    assert vault.saves("b", NOW + DAY).key == "state.secrets_unreadable"


def test_a_changed_encrypted_copy_is_damaged(vault):
    (copy,) = vault.outside()
    data = bytearray(copy.path.read_bytes())
    data[-3] ^= 1
    copy.path.write_bytes(bytes(data))
    assert checked(copy, vault.state, "backup").state == "damaged"
    renamed = copy.path.rename(copy.path.with_name("renamed.xlsx.age"))
    with pytest.raises(StateError) as caught, plain_copy(at_path(renamed, ZONE), vault.state, "backup"):
        pass
    assert caught.value.key == "state.backup_damaged"


def test_a_copy_that_went_away_meanwhile_is_told(vault):
    (copy,) = vault.outside()
    copy.path.unlink()
    with pytest.raises(NotFound), plain_copy(copy, vault.state, "backup"):
        pass


def test_what_a_crash_left_open_is_removed_later(vault):
    stale = vault.state.path / "opened-x"
    stale.mkdir()
    (stale / "plain.xlsx").write_bytes(b"x")
    os.utime(stale, (0, 0))
    with plain_copy(vault.outside()[0], vault.state, "backup") as plain:
        assert sys.platform == "win32" or plain.path.stat().st_mode & 0o777 == 0o600
    assert not list(vault.state.path.glob("opened-*"))


def test_a_copy_is_found_by_its_path_and_renamed_ones_too(vault, tmp_path):
    (copy,) = vault.outside()
    assert at_path(copy.path, ZONE).digest == copy.digest
    moved = copy.path.rename(tmp_path / "from my stick.xlsx.age")
    with plain_copy(at_path(moved, ZONE), vault.state, "backup") as plain:
        assert plain.path.read_bytes() == vault.workbook.read_bytes()


# --- by the calendar ----------------------------------------------------------------------------------------------------


def plainly(shop: Shop):
    opened = shop.opened()
    opened.config.backups = BackupSettings()
    return opened


def test_a_weekly_copy_is_made_though_nothing_is_written(shop):
    opened = plainly(shop)
    first = regular_backup(opened, shop.state, now=NOW)
    assert (first.why, len(list_backups(shop.state))) == ("regular", 1)
    assert regular_backup(opened, shop.state, now=NOW + 6 * DAY) is None
    workbook_of(shop.workbook, "b")
    assert regular_backup(opened, shop.state, now=NOW + 7 * DAY).path.read_bytes() == shop.workbook.read_bytes()
    assert len(list_backups(shop.state)) == 2


def test_a_workbook_that_never_changes_is_looked_at_once_a_week(shop, monkeypatch):
    opened = plainly(shop)
    looks = []
    from sheets_crm.sync.backup import local

    real = local.digest_of
    monkeypatch.setattr(local, "digest_of", lambda path: looks.append(path) or real(path))
    for hour in range(0, 24 * 20, 6):
        regular_backup(opened, shop.state, now=NOW + hour * HOUR)
    assert len(list_backups(shop.state)) == 1
    assert sum(path == shop.workbook for path in looks) <= 4


def test_writes_put_the_weekly_copy_off(shop):
    opened = plainly(shop)
    back_up(shop.workbook, shop.state, now=NOW)
    assert regular_backup(opened, shop.state, now=NOW + 3 * DAY) is None


def test_the_owners_folder_gets_its_daily_copy_without_a_write(shop):
    opened = shop.opened()
    for day in range(3):
        workbook_of(shop.workbook, f"{day}")
        assert regular_backup(opened, shop.state, now=NOW + day * DAY) is not None
        assert regular_backup(opened, shop.state, now=NOW + day * DAY + HOUR) is None
    assert len(shop.outside()) == 3


def test_a_folder_that_is_back_is_caught_up_with_the_same_day(shop):
    opened = shop.opened()
    away = shop.folder.rename(shop.folder.with_name("out"))
    assert regular_backup(opened, shop.state, now=NOW) is not None
    assert outside_note(opened, shop.state)[0] == "backup.away.gone"
    away.rename(shop.folder)
    assert regular_backup(opened, shop.state, now=NOW + HOUR) is None, "no new copy: the one that is there is brought"
    assert len(shop.outside()) == 1
    assert outside_note(opened, shop.state) is None


def test_a_clock_that_was_set_back_stops_no_copy(shop):
    opened = plainly(shop)
    regular_backup(opened, shop.state, now=NOW + 1000 * DAY)
    (shop.state.backups / list_backups(shop.state)[0].name).unlink()
    assert regular_backup(opened, shop.state, now=NOW) is not None


def test_a_run_at_work_is_not_disturbed(shop):
    with shop.state.lock(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sheets_crm.sync.backup.regular.LOCK_S", 0.0)
        with pytest.raises(WorkbookBusy):
            regular_backup(shop.opened(), shop.state, now=NOW)


def test_after_a_run_the_folder_is_looked_at_once_a_day(shop):
    opened = shop.opened()
    back_up(shop.workbook, shop.state, now=NOW)
    assert carried(opened, shop.state, now=NOW) == ()
    shop.folder.rename(shop.folder.with_name("out"))
    assert carried(opened, shop.state, now=NOW + HOUR) == (), "today's is there"
    ((key, values),) = carried(opened, shop.state, now=NOW + DAY)
    assert (key, values["since"], values["folder"]) == ("backup.away.gone", date(2026, 11, 23), str(shop.folder))


def test_the_register_is_private_and_holds_no_secret(vault):
    file = vault.state.path / FILE
    assert sys.platform == "win32" or file.stat().st_mode & 0o777 == 0o600
    assert SECRET not in file.read_text("utf-8")
    assert set(json.loads(file.read_text("utf-8"))["outside"]) == set(vault.names())
