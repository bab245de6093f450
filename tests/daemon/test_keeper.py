"""One workbook's keeper, through days of a shop's life: what runs when, and what it does about failures."""

from __future__ import annotations

import json
import logging
import shutil
from datetime import timedelta
from itertools import pairwise

import pytest

from sheets_crm.daemon.outcome import Fault
from sheets_crm.errors import BaseEmptied, WorkbookBusy, WorkbookMissing
from sheets_crm.sync.state import StateFolder
from tests.daemon.played import BACKUP, FULL, LOOK, MOSCOW, Shop, at

BUSY = WorkbookBusy("excel.open_by", workbook="book.xlsx", who="Anna", lock="~$book.xlsx")
EMPTIED = BaseEmptied("sync.emptied", workbook="book.xlsx", card="client", was=900, now=3)


def shown(shop):
    return json.loads((shop.folder / ".sheets-crm" / "status.json").read_bytes())


def log_lines(shop):
    return (shop.folder / ".sheets-crm" / "logs" / "daemon.log").read_text("utf-8").splitlines()


@pytest.fixture
def shop(tmp_path):
    made = []

    def make(**options):
        made.append(Shop(tmp_path / "firm", **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


# --- when ---------------------------------------------------------------------------------------------------------


def test_a_first_start_runs_in_full_and_backs_up(shop):
    one = shop()
    one.live(minutes=1)
    assert one.runner.kinds() == [FULL, BACKUP]
    assert shown(one)["full"] is not None


def test_a_day_has_its_slots_one_night_and_no_more(shop, swift):
    one = shop()  # Friday 09:00 in Moscow
    one.settle()
    one.live(hours=24)
    assert one.runner.kinds() == [FULL]
    assert one.runner.begun[0][0] - at("2026-11-21T00:00") < timedelta(seconds=15)  # 03:00 in Moscow
    assert len(one.runner.looked) == 48 + 8 + 1  # from 09:15 to 21:00, from 07:00 to 09:00


def test_a_week_has_one_backup(shop, swift):
    one = shop()
    one.settle()
    one.live(hours=24 * 7)
    assert one.runner.kinds().count(BACKUP) == 1
    assert one.runner.kinds().count(FULL) == 7


@pytest.mark.parametrize(("start", "nights"), [("2026-03-28T12:00:00+00:00", 2), ("2026-10-24T12:00:00+00:00", 2)])
def test_nights_when_the_clocks_change_have_one_full_run_each(shop, swift, start, nights):
    text = "workbook: book.xlsx\ntimezone: Europe/Berlin\nschedule: {nightly: '02:30', weekly_backup: off}\n"
    one = shop(text=text, now=start)
    one.settle()
    one.live(hours=24 * nights)
    assert one.runner.kinds() == [FULL] * nights


def test_what_a_machine_slept_through_is_done_once(shop):
    one = shop()
    one.settle()
    one.clock.sleep(60)  # two nights, the last one a Sunday's, and a working day
    one.live(minutes=10)
    assert one.runner.kinds() == [FULL, BACKUP]


def test_a_daemon_that_was_off_at_night_makes_it_up_in_the_morning(shop):
    one = shop()
    one.settle()
    one.close()
    one.clock.forward(20 * 3600)
    one.open()
    one.live(minutes=5)
    assert one.runner.kinds() == [FULL]


def test_a_daemon_that_was_off_for_an_hour_only_looks(shop):
    one = shop()
    one.settle()
    one.close()
    one.clock.forward(3600)
    one.open()
    one.live(minutes=5)
    assert one.runner.kinds() == []
    assert one.runner.looked


@pytest.mark.parametrize(
    "moment", ["2026-11-18T06:00:00+00:00", "2001-01-01T00:00:00+00:00", "2031-01-01T00:00:00+00:00"]
)
def test_a_clock_set_anywhere_goes_on_from_there(shop, swift, moment):
    one = shop()
    one.settle()
    one.clock.set(moment)
    one.live(hours=24)
    looks = len(one.runner.looked)
    assert 57 <= looks <= 60
    assert 1 <= one.runner.kinds().count(FULL) <= 2  # the night, and perhaps the night that the jump went over
    one.clock.set("2026-11-20T08:00:00+00:00")  # and back
    one.live(hours=24)
    assert len(one.runner.looked) - looks >= 57
    assert one.runner.kinds().count(FULL) <= 4


def test_small_steps_of_the_clock_are_nothing(shop):
    one = shop()
    one.settle()
    for _ in range(20):
        one.clock.sleep(5 / 3600)
        one.live(seconds=30)
    assert not any("clock" in line for line in log_lines(one))


# --- saved files ----------------------------------------------------------------------------------------------------


def test_a_saved_workbook_runs_when_it_has_been_quiet(shop):
    one = shop()
    one.settle()
    one.runner.same = False
    for _ in range(5):
        one.save()
        one.live(seconds=2)
        assert one.runner.kinds() == []
    one.live(seconds=16)
    assert one.runner.kinds() == [LOOK]


def test_our_own_write_is_looked_at_and_runs_nothing(shop):
    one = shop()
    one.settle()
    one.save()  # as the program's own write does; the last run's fingerprint says that it is
    one.live(minutes=1)
    assert one.runner.kinds() == []
    assert len(one.runner.looked) == 1


def test_a_file_that_is_never_quiet_is_read_all_the_same(shop):
    one = shop()
    one.settle()
    one.runner.same = False
    for _ in range(60):
        one.save()
        one.live(seconds=2)
    assert len(one.runner.begun) >= 1


def test_a_slot_does_not_run_into_a_save(shop):
    one = shop(now="2026-11-20T06:14:00+00:00")
    one.live(seconds=57)
    one.runner.begun.clear()
    one.runner.same = False
    one.save()
    one.live(seconds=6)  # the slot of 09:15 falls into this
    assert all(moment >= at("2026-11-20T06:15:02") for moment, _ in one.runner.begun)


def test_watching_can_be_switched_off(shop):
    one = shop(text=MOSCOW + "schedule: {watch: false}\n")
    one.settle()
    one.runner.same = False
    one.save()
    one.live(minutes=5)
    assert one.runner.kinds() == []
    one.live(minutes=15)
    assert one.runner.kinds() == [LOOK]


def test_a_workbook_that_was_changed_while_it_ran_runs_again(shop):
    one = shop()
    one.settle()
    one.runner.same = False
    one.runner.takes = 60
    one.save()
    one.live(seconds=30)
    one.save()
    one.live(seconds=100)
    assert one.runner.kinds() == [LOOK, LOOK]


# --- the configuration ----------------------------------------------------------------------------------------------


def test_an_edited_timetable_is_taken_up(shop):
    one = shop()
    one.settle()
    one.config.write_text(MOSCOW + "schedule: {every_minutes: 5}\n", "utf-8")
    one.live(minutes=1)
    one.runner.looked.clear()
    one.live(minutes=60)
    assert len(one.runner.looked) == 12


def test_a_broken_configuration_leaves_the_last_timetable(shop):
    one = shop()
    one.settle()
    one.config.write_text("workbook: [\n", "utf-8")
    one.live(minutes=61)
    assert len(one.runner.looked) == 5  # once because it changed, then the old quarters of an hour


def test_a_configuration_that_is_broken_at_the_start_is_taken_up_when_mended(shop):
    one = shop(text="workbook: book.xlsx\nschedul: {}\n")
    one.settle()
    one.config.write_text(MOSCOW + "schedule: {every_minutes: 60, nightly: off, weekly_backup: off}\n", "utf-8")
    one.live(minutes=1)
    assert one.keeper.watched.schedule.every_minutes == 60
    assert [job.tags for job in one.keeper._slots.jobs] == [{"look"}]


def test_a_folder_that_is_not_there_is_waited_for_and_not_made(shop, tmp_path):
    one = shop()
    one.close()
    away = tmp_path / "drive"
    one.config = away / "crm.yaml"
    one.folder = away
    one.open()
    one.live(minutes=5)
    assert not away.exists()
    assert one.heard.of("failed") == ["config.missing"]
    away.mkdir()
    one.config.write_text(MOSCOW, "utf-8")
    (away / "book.xlsx").write_bytes(b"x")
    one.live(minutes=2)
    assert one.runner.kinds() == [FULL, BACKUP]


# --- failures -------------------------------------------------------------------------------------------------------


def test_what_passes_by_itself_is_retried_and_nobody_is_troubled(shop):
    one = shop()
    one.settle()
    tries = iter([BUSY, BUSY, BUSY])
    one.runner.same, one.runner.fails = False, lambda kind: next(tries, None)
    one.save()
    one.live(minutes=3)
    assert one.runner.kinds() == [LOOK] * 4
    assert one.heard.of("failed") == []
    lines = log_lines(one)
    assert sum("failing excel.open_by" in line for line in lines) == 1
    assert sum("over excel.open_by" in line and "times=3" in line for line in lines) == 1


def test_retries_grow_apart_and_end_and_the_owner_is_told_once(shop):
    one = shop(text=MOSCOW + "schedule: {every_minutes: 0, nightly: off, weekly_backup: off}\n")
    one.settle()
    one.runner.same, one.runner.fails = False, lambda kind: BUSY
    one.save()
    one.live(hours=5)
    moments = [moment for moment, _ in one.runner.begun]
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert len(moments) == 8
    assert all(2.5 <= gap <= 315 for gap in gaps)
    assert gaps[-1] > 5 * gaps[0]
    assert one.heard.of("failed") == ["excel.open_by"]
    one.save()
    one.live(hours=1)
    assert len(one.runner.begun) == 16
    assert one.heard.of("failed") == ["excel.open_by"]


def test_what_does_not_pass_waits_for_a_change_or_the_next_slot(shop):
    one = shop()
    one.settle()
    one.runner.same, one.runner.fails = False, lambda kind: EMPTIED
    one.save()
    one.live(minutes=13)
    assert len(one.runner.begun) == 1
    assert shown(one)["failing"]["code"] == 17
    assert shown(one)["failing"]["ru"].startswith("Книга")
    one.live(minutes=31)
    assert len(one.runner.begun) == 1 + 3
    one.save()
    one.live(minutes=1)
    assert len(one.runner.begun) == 1 + 3 + 1
    assert one.heard.of("failed") == ["sync.emptied"]
    one.runner.fails = None
    one.live(minutes=15)
    assert shown(one)["failing"] is None


def test_another_failure_is_told_anew(shop):
    one = shop()
    one.settle()
    errors = [EMPTIED, WorkbookMissing("excel.missing", workbook="b", folder="f")]
    one.runner.same = False
    for error in errors:
        one.runner.fails = lambda kind, error=error: error
        one.save()
        one.live(minutes=13)
    assert one.heard.of("failed") == ["sync.emptied", "excel.missing"]


def test_a_full_run_that_failed_stays_owed(shop):
    one = shop(fails=lambda kind: EMPTIED if kind is FULL else None)
    one.live(minutes=16)
    assert one.runner.kinds()[:2] == [FULL, FULL]
    one.runner.fails = None
    one.live(minutes=15)
    assert one.keeper.past.full is not None


def test_a_run_that_hangs_is_ended_and_told(shop):
    one = shop(text=MOSCOW + "schedule: {longest_minutes: 2}\n")
    one.settle()
    one.runner.same, one.runner.takes = False, 10_000
    one.save()
    one.live(minutes=4)
    assert one.runner.runs[-2].stopped == 1 or one.runner.runs[-1].stopped == 1
    assert shown(one)["failing"]["key"] == "daemon.hung"
    one.runner.takes = 1
    one.live(minutes=20)
    assert shown(one)["failing"] is None


def test_a_run_that_can_not_be_ended_is_told_too(shop):
    one = shop(text=MOSCOW + "schedule: {longest_minutes: 2}\n")
    one.settle()
    one.runner.same, one.runner.takes, one.runner.dies = False, 100_000, False
    one.save()
    one.live(minutes=5)
    assert len(one.runner.begun) == 1
    assert shown(one)["failing"]["key"] == "daemon.hung"
    assert shown(one)["running"] is not None


def test_our_own_fault_is_tried_three_times_more_then_left_until_the_next_slot(shop):
    one = shop()
    one.settle()
    one.runner.same, one.runner.fails = False, lambda kind: Fault("daemon.fault", place="ValueError\n  x.py:1 f")
    one.save()
    one.live(minutes=13)
    assert len(one.runner.begun) == 4
    assert one.heard.of("failed") == ["daemon.fault"]
    assert any("x.py:1 f" in line for line in log_lines(one))


def test_no_place_for_a_run_is_no_failure(shop):
    one = shop(full_up=True)
    one.live(minutes=1)
    assert shown(one)["failing"] is None
    one.runner.full_up = False
    one.live(seconds=15)
    assert one.runner.kinds()[0] is FULL


# --- the post -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_workbook_has_one_keeper_and_the_second_waits(shop):
    one = shop()
    one.settle()
    first = one.keeper
    one.open()
    second = one.keeper
    second.post._clock = one.clock
    assert second.step() > 0
    assert second.streak.key == "daemon.errors.another"
    assert one.heard.of("failed") == []
    one.keeper = first
    one.close()
    one.keeper = second
    one.live(minutes=1)
    assert second.streak.key == ""
    assert shown(one)["failing"] is None


def test_a_state_folder_that_was_deleted_is_taken_anew(shop):
    one = shop()
    one.settle()
    shutil.rmtree(one.folder / ".sheets-crm")
    one.live(minutes=1)
    assert one.runner.kinds() == [FULL, BACKUP]
    assert shown(one)["full"]
    assert any("started" in line for line in log_lines(one))


def test_leftovers_of_killed_runs_are_swept_at_the_start(shop):
    one = shop()
    one.settle()
    one.close()
    state = one.folder / ".sheets-crm"
    from sheets_crm.books.excel.files import _prefix

    left = [
        state / "last-run.json.77.part",
        state / "backups" / "12.part",
        one.folder / f"{_prefix(one.book)}abc.tmp",
        one.folder / ".sheets-crm.9.part",
    ]
    own = one.folder / ".sheets-crm-other.tmp"
    (state / "backups").mkdir(exist_ok=True)
    for path in [*left, own]:
        path.write_bytes(b"x")
    one.open()
    one.live(minutes=1)
    assert [path for path in left if path.exists()] == []
    assert own.exists()


def test_nothing_is_swept_while_a_run_of_somebody_else_is_on_its_way(shop):
    one = shop()
    one.settle()
    one.close()
    part = one.folder / ".sheets-crm" / "last-run.json.77.part"
    part.write_bytes(b"x")
    one.open()
    with StateFolder(one.folder / ".sheets-crm").lock():
        one.keeper.step()
    assert part.exists()


def test_the_status_is_written_when_something_is_new_and_about_once_a_minute(shop, monkeypatch):
    from sheets_crm.daemon import status

    one = shop()
    one.settle()
    written = []
    monkeypatch.setattr(status, "write", lambda state, now: written.append(now))
    one.live(minutes=10)
    assert 9 <= len(written) <= 12


def test_a_status_that_can_not_be_written_stops_nothing(shop, monkeypatch):
    from sheets_crm.daemon import status

    def refuse(state, now):
        raise OSError(28, "No space left on device")

    one = shop()
    one.settle()
    monkeypatch.setattr(status, "write", refuse)
    one.runner.same = False
    one.save()
    one.live(minutes=10)
    assert one.runner.kinds() == [LOOK]
    assert sum("status file" in line for line in log_lines(one)) == 1


def test_listeners_are_told_of_runs_and_of_time(shop):
    one = shop()
    one.settle()
    one.runner.same = False
    one.save()
    one.live(minutes=10)
    assert len(one.heard.of("after_run")) == 1
    assert 18 <= len(one.heard.of("tick")) <= 22


def test_the_log_holds_no_words_of_the_workbook(shop):
    one = shop(text="workbook: Гущина Вера.xlsx\n", fails=lambda kind: WorkbookBusy("excel.open_by", workbook="Гущина Вера.xlsx", who="Вера Ильинична", lock="~$"))  # fmt: skip
    one.live(minutes=20)
    text = "\n".join(log_lines(one))
    assert "excel.open_by" in text
    assert not [word for word in ("Гущина", "Вера", "Ильинична") if word in text]
    assert logging.raiseExceptions is False
