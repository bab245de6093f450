from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sheets_crm.tasks import Mark, Status, TaskSettings, open_tasks, split_keys, task_key
from tests.tasks.samples import TODAY, decision

DAY = timedelta(days=1)


def key_of(found):
    return task_key(found.rule, found.subject, found.occurrence)


def mark_of(found, **values):
    return Mark(key_of(found), **({"due": TODAY, "row": 2, "cells": {"client": found.client}} | values))


def test_a_new_task_is_due_today_and_becomes_overdue_by_itself():
    (task,) = open_tasks([decision()], (), {}, TODAY)
    assert (task.opened, task.due, task.day) == (TODAY, TODAY, TODAY)
    later = TODAY + 3 * DAY
    (task,) = open_tasks([decision(due=later)], (), {task.key: task.opened}, later)
    assert (task.opened, task.due) == (TODAY, TODAY)


def test_without_state_the_tab_tells_when_a_task_appeared():
    later = TODAY + 3 * DAY
    found = decision(due=later)
    (task,) = open_tasks([found], [mark_of(found)], {}, later)
    assert (task.opened, task.due) == (TODAY, TODAY)


def test_a_dated_task_is_due_on_its_day():
    birthday = decision(rule="birthday", due=TODAY + 5 * DAY, dated=True)
    (task,) = open_tasks([birthday], (), {}, TODAY)
    assert (task.opened, task.due) == (TODAY, TODAY + 5 * DAY)
    on_the_day = TODAY + 5 * DAY
    (task,) = open_tasks([birthday], [mark_of(birthday, due=on_the_day)], {task.key: TODAY}, on_the_day)
    assert task.due == on_the_day
    (task,) = open_tasks([birthday], [mark_of(birthday, due=TODAY + DAY)], {task.key: TODAY}, on_the_day)
    assert task.due == on_the_day, "also on that very day the rule's day counts, whatever stands in the row"


def test_a_day_typed_over_is_kept():
    found = decision()
    typed = TODAY + 10 * DAY
    (task,) = open_tasks([found], [mark_of(found, due=typed)], {key_of(found): TODAY}, TODAY)
    assert (task.opened, task.due) == (TODAY, typed)


def test_marks_survive():
    found = decision()
    mark = mark_of(found, status="in_progress", comment="call at noon", extra={"City": "Omsk"}, repeat="x")
    (task,) = open_tasks([found], [mark], {}, TODAY)
    assert task.mark == mark
    assert task.is_open


def test_an_untouched_row_leaves_with_its_reason():
    assert open_tasks([], [mark_of(decision())], {}, TODAY) == ()


@pytest.mark.parametrize(
    "typed",
    [
        {"comment": "x"}, {"status": "done"}, {"status": "waiting"}, {"outcome": "x"}, {"extra": {"City": "Omsk"}},
        {"time": "noon"}, {"due": "after the holidays"}, {"snooze_until": TODAY}, {"repeat": "weekly"}, {"reason": "x"},
    ],
)  # fmt: skip
def test_a_touched_row_stays_for_its_days_and_then_leaves(typed):
    mark = mark_of(decision(), **typed)
    (task,) = open_tasks([], [mark], {}, TODAY)
    assert (task.closed_reason, task.closed, task.decision, task.mark) == ("no_longer_needed", TODAY, None, mark)
    last = TODAY + 30 * DAY
    assert len(open_tasks([], [mark], {}, last, closed={task.key: TODAY})) == 1
    assert open_tasks([], [mark], {}, last + DAY, closed={task.key: TODAY}) == ()
    assert open_tasks([], [mark], {}, TODAY + 2 * DAY, TaskSettings(1), closed={task.key: TODAY}) == ()


def test_a_finished_task_never_reopens_while_its_reason_holds():
    found = decision()
    mark = mark_of(found, status=Status.DONE)
    much_later = TODAY + 400 * DAY
    (task,) = open_tasks([found], [mark], {}, much_later, closed={mark.key: TODAY})
    assert not task.is_open
    (task,) = open_tasks([replace(found, due=much_later)], [mark], {}, much_later)
    assert (task.is_open, task.closed) == (False, much_later)


def test_a_deleted_row_of_a_finished_task_comes_back_finished_when_history_knows():
    found = decision()
    done, noted = Mark("", status=Status.DONE, comment="c"), Mark("", comment="c")
    (task,) = open_tasks([found], (), {}, TODAY, remembered={key_of(found): done})
    assert (task.mark.status, task.is_open) == ("done", False)
    (task,) = open_tasks([found], (), {}, TODAY, remembered={key_of(found): noted})
    assert task.mark == Mark(key_of(found))


def test_a_reason_that_returns_finds_its_marks():
    found = decision()
    mark = mark_of(found, comment="x")
    (ended,) = open_tasks([], [mark], {}, TODAY)
    (task,) = open_tasks([found], [ended.mark], {}, TODAY, closed={ended.key: TODAY})
    assert (task.is_open, task.mark.comment, task.closed_reason) == (True, "x", "")


def test_a_row_typed_by_hand_is_adopted_once():
    typed = Mark("", own=True, cells={"todo": "Buy paper"}, row=9)
    (task,) = open_tasks([], [typed], {}, TODAY)
    assert (task.decision, task.mark.own, task.due, task.mark.cells["todo"]) == (None, True, TODAY, "Buy paper")
    (again,) = open_tasks([], [typed], {task.key: TODAY}, TODAY + DAY)
    assert again.key == task.key, "a crash before the tab was written must not make another task of the row"
    (kept,) = open_tasks([], [replace(task.mark, due=TODAY)], {}, TODAY + 9 * DAY)
    assert (kept.key, kept.due) == (task.key, TODAY)


def test_the_same_words_typed_again_are_another_task():
    typed = Mark("", own=True, cells={"todo": "Buy paper"}, row=9)
    two = open_tasks([], [typed, replace(typed, row=10)], {}, TODAY)
    assert len({task.key for task in two}) == 2
    (one, other) = open_tasks([], [two[0].mark, replace(typed, row=11)], {}, TODAY)
    assert one.key != other.key
    (late,) = open_tasks([], [typed], {two[0].key: TODAY - 60 * DAY}, TODAY)
    assert late.key != two[0].key
    assert late.due == TODAY


def test_own_days_are_the_managers():
    day, words = TODAY + 20 * DAY, "after the holidays"
    tasks = open_tasks([], [Mark("", due=day, row=1), Mark("", due=words, row=2)], {}, TODAY)
    assert {(task.mark.due, task.due) for task in tasks} == {(day, day), (words, TODAY)}


def test_a_copied_row_keeps_what_was_typed_into_it():
    found = decision()
    first = mark_of(found, comment="first")
    copy = replace(first, row=3, comment="second")
    tasks = open_tasks([found], [first, copy], {}, TODAY)
    assert [(task.mark.comment, task.decision is None) for task in tasks] == [("first", False), ("second", True)]
    assert tasks[1].mark.own
    untouched = mark_of(found)
    assert len(open_tasks([found], [untouched, replace(untouched, row=3)], {}, TODAY)) == 1
    edited = replace(untouched, row=3, cells={"client": found.client, "todo": "something else"})
    assert len(open_tasks([found], [untouched, edited], {}, TODAY)) == 2


def test_a_row_with_a_garbled_key_becomes_a_task_of_ones_own_and_the_real_one_is_there_again():
    found = decision()
    mark = replace(mark_of(found, comment="x"), key="oops")
    real, own = sorted(open_tasks([found], [mark], {}, TODAY), key=lambda task: task.decision is None)
    assert (real.key, real.mark.touched) == (key_of(found), False)
    assert (own.mark.own, own.mark.comment) == (True, "x")


def test_a_row_that_only_lost_its_key_gets_it_back():
    found = decision()
    cells = {"source": "Deals!F7", "client": "Anna", "todo": "Позвонить: Anna"}
    mark = Mark("", comment="x", own=True, cells=cells, row=2)
    (task,) = open_tasks([found], [mark], {}, TODAY)
    assert (task.key, task.mark.comment, task.mark.own) == (key_of(found), "x", False)
    edited = replace(mark, cells=cells | {"todo": "Mine"})
    assert len(open_tasks([found], [edited], {}, TODAY)) == 2
    assert len(open_tasks([found], [mark_of(found, row=1), mark], {}, TODAY)) == 2


def test_order():
    names = {
        "overdue": decision("overdue", due=TODAY - DAY, dated=True, priority=3),
        "high": decision("high", priority=1),
        "rich": decision("rich", amount=Decimal(9000)),
        "b": decision("b"),
        "a": decision("A"),
        "other": decision("other", manager="Boris"),
        "nobody": decision("nobody", manager="", priority=1),
        "later": decision("later", priority=1),
        "done": decision("done", manager="Boris", priority=1),
    }
    marks = [
        mark_of(names["later"], snooze_until=TODAY + 2 * DAY),
        mark_of(names["done"], status="cancelled", row=3),
        Mark("", own=True, cells={"manager": "Olga", "client": "mine", "priority": 1}, row=4),
        mark_of(decision("gone"), comment="x", row=5),
    ]
    settings = TaskSettings(managers=("Olga",))
    tasks = open_tasks(names.values(), marks, {}, TODAY, settings)
    clients = [task.decision.client if task.decision else task.mark.cells["client"] for task in tasks]
    expected = ["overdue", "high", "mine", "rich", "A", "b", "later", "other", "nobody", "done", "gone"]
    assert clients == expected
    assert open_tasks(reversed(names.values()), marks[::-1], {}, TODAY, settings) == tasks


def test_a_snooze_that_is_over_is_overdue():
    found = decision()
    (task,) = open_tasks([found], [mark_of(found, snooze_until=TODAY - DAY)], {}, TODAY)
    assert task.day < TODAY


def test_a_repeated_task_comes_again_once_it_is_done():
    mark = Mark("", status="done", due=date(2026, 10, 31), repeat="каждый месяц", comment="c", cells={"todo": "Report"})
    tasks = open_tasks([], [mark], {}, TODAY)
    fresh, done = tasks
    assert (fresh.due, fresh.mark.status, fresh.mark.comment) == (date(2026, 11, 30), "new", "")
    assert (fresh.mark.cells, fresh.mark.repeat) == ({"todo": "Report"}, "каждый месяц с 31.10.2026")
    again = open_tasks([], [task.mark for task in tasks], {}, TODAY + DAY)
    assert {task.key for task in again} == {fresh.key, done.key}
    cancelled = replace(mark, status="cancelled")
    assert len(open_tasks([], [cancelled], {}, TODAY)) == 1


MERGE = TaskSettings(merge_reasons=True)


def test_reasons_for_one_client_become_one_row_and_its_marks_count_for_all():
    one, two = decision(), decision(rule="overdue_payment", priority=1, amount=Decimal(5000))
    (task,) = open_tasks([one, two], (), {}, TODAY, MERGE)
    assert set(split_keys(task.key)) == {key_of(one), key_of(two)}
    assert task.decisions == (two, one)
    mark = replace(task.mark, comment="x", row=2)
    (kept,) = open_tasks([one, two], [mark], {}, TODAY, MERGE)
    assert (kept.key, kept.mark) == (task.key, mark)
    (left,) = open_tasks([one], [mark], {}, TODAY, MERGE)
    assert (left.key, left.mark.comment, left.is_open) == (key_of(one), "x", True)
    (ended,) = open_tasks([], [mark], {}, TODAY, MERGE)
    assert (ended.key, ended.closed_reason) == (task.key, "no_longer_needed")
    apart = open_tasks([one, two], [mark], {}, TODAY)
    assert [task.mark.comment for task in apart] == ["x", "x"]


def test_rows_with_different_marks_are_not_merged():
    one, two = decision(), decision(rule="overdue_payment")
    tasks = open_tasks([one, two], [mark_of(one, comment="x")], {}, TODAY, MERGE)
    assert len(tasks) == 2
    tasks = open_tasks([one, decision("Other")], (), {}, TODAY, MERGE)
    assert len(tasks) == 2
    tasks = open_tasks([one, replace(two, due=TODAY + DAY, dated=True)], (), {}, TODAY, MERGE)
    assert len(tasks) == 2


def test_a_retyped_row_of_a_finished_task_is_not_brought_back_beside_itself():
    found = [decision(), decision(rule="overdue_payment", cell="G7")]
    done = {key_of(one): Mark(key_of(one), status="done", comment="paid by card") for one in found}
    cells = {"client": "Anna", "source": "Deals!F7", "todo": "Call"}
    stray = Mark("oops", own=True, status="done", comment="paid by card", cells=cells, row=2)

    def finished(row, decisions=found):
        tasks = open_tasks(decisions, [row], {}, TODAY, remembered=done)
        return sum(task.mark.status == "done" and task.decision is not None for task in tasks)

    assert finished(stray) == 0, "also for the reason to whose cell the row did not point"
    assert finished(replace(stray, comment="", cells=cells | {"source": "Deals!F9"})) == 2
    renamed = [replace(one, client="Anna B.", sheet="Moved") for one in found]
    assert finished(stray, renamed) == 0
    assert finished(replace(stray, comment="something else"), renamed) == 2
    assert finished(replace(stray, cells={"todo": "Call"})) == 2, "a row typed by hand is not a task's"
