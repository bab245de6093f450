"""A run that finds the workbook open: what it read is kept, what it computed waits, and that is told until it is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from sheets_crm.cli.text import synced
from sheets_crm.errors import WorkbookBusy, WorkbookUnreadable
from sheets_crm.sync import doctor, pending, run
from sheets_crm.sync.quick import nothing_changed
from sheets_crm.sync.state import StateFolder
from sheets_crm.words import LANGS, say
from tests.sync.test_companion import BASE, DAY, Firm, digest

NEXT = date(2026, 3, 17)
MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.fixture
def firm(tmp_path):
    firm = Firm(tmp_path)
    firm.set("")
    firm.sync()
    return firm


def open_in_excel(firm):
    lock = firm.base.with_name(f"~${BASE}")
    lock.write_bytes((b"\x04Anna".ljust(55) + b"\4\0" + "Анна".encode("utf-16-le")).ljust(165))
    return lock


def waits(firm):
    state = StateFolder.existing(firm.config, BASE)
    return pending.load(state)


def test_marks_are_recorded_and_the_result_waits_until_the_file_is_free(firm):
    firm.type(firm.base, "Ромашка", Статус="Сделана", Комментарий="да")
    lock, before = open_in_excel(firm), digest(firm.base)
    with pytest.raises(WorkbookBusy) as caught:
        firm.sync(NEXT)
    sentence = say(caught.value.key, "ru", **caught.value.values)
    assert "«Анна»" in sentence
    assert "ждёт с" in sentence
    assert digest(firm.base) == before
    kept = waits(firm)
    assert (kept.who, kept.key) == ("Анна", "excel.open_by")
    with pytest.raises(WorkbookBusy):
        firm.sync(NEXT)
    assert waits(firm).since == kept.since
    plan = run.plan(str(firm.config), today=NEXT)
    note = next(values for key, values in plan.notes if key == "openbook.note.waits_for")
    assert note["who"] == "Анна"
    assert any(finding.key == "openbook.note.waits_for" for finding in doctor.examine(str(firm.config)))
    book = openpyxl.load_workbook(firm.base)  # Anna deletes the row: what she marked before is in the history
    book["Задачи"].delete_rows(2, 5)
    book.save(firm.base)
    lock.unlink()
    done = firm.sync(NEXT)
    assert done.written
    assert waits(firm) is None
    assert firm.shown(firm.base)["Ромашка"]["Статус"] == "Сделана"
    assert not any(key.startswith("openbook.") for key, _ in done.notes)


def test_reading_goes_on_while_the_workbook_is_open(firm):
    open_in_excel(firm)
    assert len(run.plan(str(firm.config), today=NEXT).tasks) == 3


def test_a_result_that_waits_is_no_unchanged_run(firm):
    assert nothing_changed(str(firm.config), today=DAY) is not None
    content = firm.base.read_bytes()
    firm.type(firm.base, "Ромашка", Комментарий="x", Статус="готово")
    lock = open_in_excel(firm)
    with pytest.raises(WorkbookBusy):
        firm.sync()
    firm.base.write_bytes(content)  # closed without saving, an older version came back
    lock.unlink()
    assert nothing_changed(str(firm.config), today=DAY) is None
    firm.sync()
    assert nothing_changed(str(firm.config), today=DAY) is not None


def test_how_long_to_wait_is_the_configurations_or_the_callers(firm, clock):
    open_in_excel(firm)
    for stated, given, expected in (
        ("", None, 5),
        ("book: {wait_s: 40}\n", None, 40),
        ("book: {wait_s: 40}\n", 900, 900),
    ):
        firm.set(stated)
        before = clock.paused
        with pytest.raises(WorkbookBusy):
            firm.sync(NEXT, wait_s=given)
        assert expected * 0.9 < clock.paused - before < expected + 1


def test_a_half_saved_base_is_never_an_emptied_one(firm):
    content = firm.base.read_bytes()
    for part in (b"", content[: len(content) // 2], b"\0" * 5000):
        firm.base.write_bytes(part)
        with pytest.raises((WorkbookUnreadable, WorkbookBusy)):
            firm.sync(NEXT)
        assert firm.base.read_bytes() == part
    firm.base.write_bytes(content)
    assert len(firm.sync(NEXT).open_tasks) == 3


def test_a_damaged_note_of_what_waits_is_none(firm):
    state = StateFolder.existing(firm.config, BASE)
    (state.path / "pending.json").write_text("{", "utf-8")
    assert waits(firm) is None
    pending.clear(state)
    assert firm.sync(NEXT).notes is not None


def test_since_when_is_told_as_people_do(firm):
    state = StateFolder.existing(firm.config, BASE)
    now = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)
    error = WorkbookBusy("excel.open_by", workbook="b.xlsx", who="Анна", lock="~$b.xlsx")
    told = pending.keep(state, error, now=now, zone=MOSCOW)
    assert "10:05" in say(told.key, "en", **told.values)
    key, values = pending.load(state).note(MOSCOW, now + timedelta(days=1))
    for lang, day in zip(LANGS, ("20.11.2026, 10:05", "20 Nov 2026, 10:05"), strict=True):
        assert day in say(key, lang, **values)


# ---- tabs that are switched off


def test_a_tab_that_is_switched_off_goes_at_the_next_run(firm):
    firm.set("tabs: {problems: {on: false}}\n")
    done = firm.sync()
    assert (done.written, done.removed) == ((), ("Проблемы",))
    assert done.backup is not None
    assert dict(done.notes)["openbook.note.tab_removed"] == {"tab": "Проблемы"}
    assert "Проблемы" not in openpyxl.load_workbook(firm.base).sheetnames
    assert "Проблемы" in synced(done)
    again = firm.sync()
    assert (again.written, again.removed) == ((), ())


def test_tasks_that_hold_marks_stay_although_switched_off(firm):
    firm.type(firm.base, "Ромашка", Комментарий="жду")
    firm.sync()
    firm.set("tabs: {tasks: {on: false}}\n")
    done = firm.sync()
    assert done.removed == ()
    assert dict(done.notes)["openbook.note.tab_kept_marks"] == {"tab": "Задачи"}
    assert firm.shown(firm.base)["Ромашка"]["Комментарий"] == "жду"
    firm.type(firm.base, "Ромашка", Комментарий="")
    assert firm.sync().removed == ("Задачи",)


def test_a_switched_off_tab_goes_from_the_companion_and_stays_in_the_base(firm):
    firm.set("companion: true\n")
    firm.sync()
    before = digest(firm.base)
    firm.set("companion: true\ntabs: {problems: {on: false}}\n")
    assert firm.sync().removed == ("Проблемы",)
    assert digest(firm.base) == before
