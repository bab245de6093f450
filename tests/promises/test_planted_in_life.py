"""The machine of whole lives must be able to fail: each of these faults, planted in the program, is caught by a fixed play."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from importlib import import_module

import pytest

from sheets_crm.sync import memory, places, run
from sheets_crm.tasks import cap, escalate, keys, life, next_step, own, rows
from sheets_crm.tasks.model import Mark
from tests.promises.life import NEXT, OFFER, OVERDUE, Life
from tests.promises.test_life import LifeFile, row_of

draw_tasks = import_module("sheets_crm.tabs.draw_tasks")  # the room exports a function of this name


def the_head_is_told_every_day(monkeypatch):
    monkeypatch.setattr(escalate, "_turn", lambda _wanted, today: today.isoformat())


def the_cap_hides_marked_rows(monkeypatch):
    monkeypatch.setattr(cap, "_weight", lambda task: (bool(task.mark.comment), task.key))
    monkeypatch.setattr(Mark, "tells", property(lambda _mark: False))


def a_repeat_is_opened_again_and_again(monkeypatch):
    count = iter(range(10**6))
    monkeypatch.setattr(own, "next_key", lambda key: keys.own_key(("next", key, str(next(count)))))


def a_hand_over_changes_the_key(monkeypatch):
    whole = life.handed

    def rekeyed(live, *args):
        found, said = whole(live, *args)
        return {
            keys.task_key(one.rule, one.manager, one.occurrence) if key in said else key: one
            for key, one in found.items()
        }, said

    monkeypatch.setattr(life, "handed", rekeyed)


def the_day_agreed_on_is_eaten(monkeypatch):
    whole = life.moved_on

    def undated(marks, decisions, meant, settings, days):
        return [replace(mark, due=days.today) for mark in whole(marks, decisions, meant, settings, days)]

    monkeypatch.setattr(life, "moved_on", undated)


def the_day_put_off_to_is_not_seen(monkeypatch):
    monkeypatch.setattr(next_step, "_put_off", lambda _mark: None)


def steps_are_known_to_the_state_alone(monkeypatch):
    whole = life.sorted_rows

    def from_history(marks, live, remembered):
        def known(mark):
            found = [keys.base_key(key) for key in keys.split_keys(mark.key)]
            return " ".join(remembered[base].key if base in remembered else base for base in found) or mark.key

        return whole([replace(mark, key=known(mark)) for mark in marks], live, remembered)

    monkeypatch.setattr(life, "sorted_rows", from_history)


def every_run_that_sees_an_attempt_counts_it(monkeypatch):
    whole, seen = life.moved_on, Counter()

    def counted(marks, decisions, meant, settings, days):
        for mark in marks:
            for _ in range(seen[mark.key] if meant == "again" else 0):
                step = keys.step_of(mark.key) or keys.Step(0, "a", 0)
                again = keys.step_key(keys.base_key(mark.key), step._replace(tries=step.tries + 1))
                marks = [replace(one, key=again) for one in marks]
            seen[mark.key] += 1
        return whole(marks, decisions, meant, settings, days)

    monkeypatch.setattr(life, "moved_on", counted)


def a_changed_workbook_is_not_read_again(monkeypatch):
    whole, whole_run, stale = run.read, run.sync, {}

    def once(opened, book):
        found = whole(opened, book)
        old = stale.setdefault("read", found)
        return replace(old, fingerprint=found.fingerprint)

    def sync(*args, **more):
        stale.clear()
        return whole_run(*args, **more)

    monkeypatch.setattr(run, "read", once)
    monkeypatch.setattr(run, "sync", sync)


def a_tab_goes_with_its_marks(monkeypatch):
    whole = run.switched_off
    monkeypatch.setattr(run, "switched_off", lambda config, titles, *, marked: whole(config, titles, marked=False))


def reasons_of_a_row_share_their_tries(monkeypatch):
    monkeypatch.setattr(rows, "_parted", lambda mark, found: [replace(mark, key=key) for key in found])


def who_stands_in_stays_for_good(monkeypatch):
    monkeypatch.setattr(life, "read_back", lambda mark: mark)


def outcomes_are_not_recorded(monkeypatch):
    monkeypatch.setattr(memory, "MARKED", tuple(name for name in memory.MARKED if name != "outcome"))


def an_own_time_is_dropped(monkeypatch):
    whole = draw_tasks._row
    monkeypatch.setattr(draw_tasks, "_row", lambda task, ctx: {**whole(task, ctx), "time": None})


def copies_are_recorded_as_their_original(monkeypatch):
    whole = memory.marks_seen
    monkeypatch.setattr(memory, "marks_seen", lambda marks: [seen for mark in marks for seen in whole([mark])])


def former_places_are_forgotten(monkeypatch):
    monkeypatch.setattr(places, "_memory", lambda _opened: {})


FAULTS = [
    the_head_is_told_every_day, the_cap_hides_marked_rows, a_repeat_is_opened_again_and_again, a_hand_over_changes_the_key,
    the_day_agreed_on_is_eaten, the_day_put_off_to_is_not_seen, steps_are_known_to_the_state_alone,
    every_run_that_sees_an_attempt_counts_it, a_changed_workbook_is_not_read_again, a_tab_goes_with_its_marks,
    reasons_of_a_row_share_their_tries, who_stands_in_stays_for_good, outcomes_are_not_recorded, an_own_time_is_dropped,
    copies_are_recorded_as_their_original,
]  # fmt: skip
IN_FILES = [former_places_are_forgotten]


def a_month_in_the_firm():
    """A fixed play of the machine's own moves, so that each fault is caught always and not by luck."""
    firm = Life()
    try:
        firm.open_shop(days=[25, 13, 19, 21, 4, 8], change="escalate")
        firm.write_by_hand(same=False, repeat="каждый день", clock=True, whose="Ольга")
        firm._act(row_of(firm, OFFER), "again")
        firm._act(row_of(firm, NEXT), "on_date", dated=True)
        firm.two_at_once("before the write")
        mark_the_head_s_row(firm)
        firm.typed_meanwhile(number=row_of(firm, OVERDUE, "Глеб Дёмин"), kind="again")
        firm.finish_by_hand(number=0)
        firm.turn("away")
        firm.turn("handed")
        firm.time_passes(days=1, morning=True)
        firm.turn("away")
        firm.copy_row(number=row_of(firm, OFFER), anew=True, where="after intake")
        firm._act(row_of(firm, OVERDUE), status="Отложена", dated=True)
        firm.turn("cap")
        firm.sync()
        firm.lose_state(old=False)
        firm.turn("tasks_off")
        firm.sync()
        firm.turn("tasks_off")
        firm.time_passes(days=1, morning=True)
        firm.turn("cap")
        firm.sync()
        reasons_joined(firm)
    finally:
        firm.teardown()


def mark_the_head_s_row(firm):
    firm.time_passes(days=3, morning=True)
    head, told = firm._tab()
    place = next(n for n, row in enumerate(told) if row[head.index("Правило")] == "Просрочено у менеджера")
    firm._act(place, status="В работе")
    firm.sync()


def reasons_joined(firm):
    """Two reasons of one client, called about unequally often, in one row."""
    client = "Борис Волков"
    for label, times in ((OVERDUE, 2), (NEXT, 1)):
        for _ in range(times):
            firm.time_passes(days=1, morning=True)
            firm._act(row_of(firm, label, client), "again")
            firm.sync()
    for mark in [mark for mark in firm.marks if mark.client == client]:
        firm.erase_mark(number=firm._standing(own=False).index(mark))
    firm.turn("merge")
    firm.time_passes(days=10, morning=True)
    firm.time_passes(days=1, morning=True)


def a_week_with_a_companion():
    """The tabs move into a workbook of their own; what was said there since is not said again by the place they left."""
    firm = LifeFile()
    try:
        firm.open_shop(days=[25, 13, 19, 21, 4, 8], change="companion")
        firm.turn("companion")
        firm.sync()
        firm._act(row_of(firm, OFFER), "words", status="В работе")
        firm.write_by_hand(same=False)
        firm.turn("companion")
        firm.killed("after the write")
        firm.sync()
        firm.erase_mark(number=0)
        firm.sync()
        firm.turn("companion")
        firm.sync()
    finally:
        firm.teardown()


@pytest.mark.slow
def test_the_plays_themselves_hold():
    a_month_in_the_firm()
    a_week_with_a_companion()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_machine_catches(fault, monkeypatch):
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        a_month_in_the_firm()


@pytest.mark.slow
@pytest.mark.parametrize("fault", IN_FILES, ids=lambda fault: fault.__name__)
def test_the_machine_catches_in_files(fault, monkeypatch):
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        a_week_with_a_companion()
