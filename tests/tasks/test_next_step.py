"""What follows from an outcome: rows move on once, by what stands in them and nothing else."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.engine.ended import Ended
from sheets_crm.engine.pack import Again, Outcome
from sheets_crm.tasks import AgainSettings, Mark, TaskSettings, Told, base_key, is_key, open_tasks, split_keys, step_of
from sheets_crm.tasks.keys import Step, step_key, task_key
from sheets_crm.tasks.texts import why_text
from tests.tasks.samples import TODAY, decision

DAY = timedelta(days=1)
RESULTS = (
    Outcome(id="agreed", ru="Купит", en="Will buy", then="done"),
    Outcome(id="declined", ru="Отказ", en="Refused", then="declined"),
    Outcome(id="not_reached", ru="Не дозвонились", en="No answer", then="again", also=("недозвон",)),
    Outcome(id="named_day", ru="Назвали день", en="Named a day", then="on_date"),
    Outcome(id="asks", ru="Просит скидку", en="Asks for less", then="nothing"),
)
HEAD = TaskSettings(roles={"head": "Maria", "owner": "Ivan"})


def offer(client="Anna", **changes):
    return decision(client, **({"results": RESULTS} | changes))


def run(mark, found=None, today=TODAY, settings=HEAD, **more):
    """The one task of a row after a run."""
    (task,) = open_tasks([found or offer()], [mark] if mark else (), {}, today, settings, **more)
    return task


def row(outcome="", **values):
    found = offer()
    key = task_key(found.rule, found.subject, found.occurrence)
    return Mark(**({"key": key, "outcome": outcome, "due": TODAY, "row": 2, "cells": {"client": "Anna"}} | values))


def read_again(task, **typed):
    """The row as it is read back from the tab after it was drawn, with something typed into it."""
    back = next((dict(note.values)["date"] for note in task.notes if note.key == "outcomes.came_back"), None)
    told = replace(task.mark.told, back=back)
    mark = replace(task.mark, key=task.key, due=task.due, row=2, told=told)
    return replace(mark, **typed)


@pytest.mark.parametrize("status", ["new", "done", "in_progress", "snoozed"])
@pytest.mark.parametrize("words", ["Не дозвонились", "no answer", " НЕДОЗВОН ", "not_reached"])
def test_not_reached_is_called_again_tomorrow_and_the_row_is_free(status, words):
    task = run(row(words, status=status, comment="ask for Vera", reason="busy"))
    assert (base_key(task.key), step_of(task.key)) == (row().key, Step(1, "a", 1))
    assert (task.is_open, task.due, task.mark.status, task.mark.outcome) == (True, TODAY + DAY, "new", "")
    assert (task.mark.comment, task.mark.reason, task.mark.told.tries) == ("ask for Vera", "busy", (TODAY,))
    assert "1 (05.11.2026)" in why_text(task, "ru")


def test_the_gap_grows_and_at_last_somebody_else_decides():
    task, day, dues = run(None), TODAY, []
    for _ in range(5):
        task = run(read_again(task, outcome="недозвон"), today=day)
        dues.append(((task.due or day) - day).days)
        day = task.due
    assert dues == [1, 2, 4, 7, 0]
    assert (task.decision.manager, task.decision.todo["en"]) == (
        "Maria",
        "Decide what to do next: the client can't be reached",
    )
    told = why_text(task, "en")
    assert "Tries so far: 5 (5 Nov 2026, 6 Nov 2026, 8 Nov 2026, 12 Nov 2026, 19 Nov 2026)." in told
    assert "Olga" in told
    assert "No answer for 4 days" in told, "the rule's own reason stays"
    assert task.decision.outcomes["en"] == ("Go on trying", "Reached another way", "No more tries", "Refused")


def test_once_more_it_would_be_the_sixth():
    task = run(row("недозвон", key=step_key(row().key, Step(5, "a", 5)), told=Told((TODAY,) * 5)))
    assert (step_of(task.key), task.due) == (Step(6, "a", 6), TODAY)


def test_a_head_who_says_go_on_gives_it_back():
    escalated = row("Пробовать ещё", key=step_key(row().key, Step(5, "a", 5)))
    task = run(escalated)
    assert (task.decision.manager, step_of(task.key), task.due) == ("Olga", Step(6, "r", 0), TODAY + DAY)
    for words in ("Связались иначе", "No more tries"):
        shut = run(replace(escalated, outcome=words))
        assert (shut.is_open, shut.mark.status) == (False, "done")
    assert run(row("Пробовать ещё")).mark.outcome == "Пробовать ещё", "only where a head was asked"


@pytest.mark.parametrize(
    ("roles", "to", "who"),
    [({"owner": "Ivan"}, None, "Ivan"), ({}, None, "Olga"), ({"head": "Maria", "owner": "Ivan"}, "owner", "Ivan")],
)
def test_whom_the_tries_go_to(roles, to, who):
    found = offer(again=Again(to=to))
    task = run(row(key=step_key(row().key, Step(5, "a", 5))), found, settings=TaskSettings(roles=roles))
    assert task.decision.manager == who


def test_a_rule_s_own_gaps_come_before_the_owner_s():
    settings = TaskSettings(again=AgainSettings((3,), 2))
    assert run(row("недозвон"), settings=settings).due == TODAY + 3 * DAY
    own = offer(again=Again(after_days=(9,), tries=None, to=None))
    assert run(row("недозвон"), own, settings=settings).due == TODAY + 9 * DAY
    once = run(row("недозвон"), offer(again=Again(tries=1)), settings=HEAD)
    assert once.decision.manager == "Maria"


def test_working_days_may_be_counted_instead():
    assert run(row("недозвон"), add_days=lambda day, n: day + 10 * n * DAY).due == TODAY + 10 * DAY


def test_a_day_chosen_by_the_manager_comes_before_the_gap():
    task = run(row("недозвон", snooze_until=TODAY + 5 * DAY))
    assert (task.due, task.mark.snooze_until, task.mark.told.tries) == (TODAY + 5 * DAY, None, (TODAY,))
    assert run(row("недозвон", snooze_until=TODAY - DAY)).due == TODAY + DAY
    assert run(row("недозвон", snooze_until="after lunch")).mark.snooze_until == "after lunch"


def test_a_cancelled_task_stays_cancelled():
    task = run(row("недозвон", status="cancelled"))
    assert (task.is_open, task.key, task.mark.outcome) == (False, row().key, "недозвон")


def test_an_agreed_day_is_the_next_due_day():
    day = TODAY + 9 * DAY
    task = run(row("Назвали день", snooze_until=day, status="snoozed"))
    assert (task.due, task.mark.snooze_until, task.mark.status, step_of(task.key)) == (
        day,
        None,
        "new",
        Step(1, "d", 0),
    )
    assert "14.11.2026" in why_text(task, "ru")
    assert task.waits(TODAY)
    assert not task.waits(day)
    later = run(read_again(task), today=day + DAY)
    assert (later.due, later.key) == (day, task.key)


def test_an_agreed_day_that_passed_while_nothing_ran_is_overdue_not_missing():
    task = run(row("Назвали день", snooze_until=TODAY - 3 * DAY))
    assert task.due == TODAY - 3 * DAY


def test_a_comment_that_is_nothing_but_a_day_is_the_day_agreed_on():
    day = TODAY + 9 * DAY
    task = run(row("Назвали день", comment="14.11.2026", day_said=day))
    assert (task.due, task.mark.comment) == (day, "14.11.2026")
    again = run(read_again(task, outcome="Назвали день"), today=day)
    assert [note.key for note in again.prompts] == ["outcomes.needs.date"], "it is the day of the last time"


@pytest.mark.parametrize("status", ["new", "done"])
@pytest.mark.parametrize(
    ("words", "wanting", "supplied"),
    [("Назвали день", "outcomes.needs.date", {}), ("Отказ", "outcomes.needs.reason", {"comment": "because"})],
)
def test_a_row_says_what_is_missing_and_is_not_closed_silently(status, words, wanting, supplied):
    task = run(row(words, status=status, **supplied))
    assert [note.key for note in task.prompts] == [wanting]
    assert (task.is_open, task.key, task.mark.outcome, task.mark.status) == (True, row().key, words, status)
    assert why_text(task, "en").splitlines()[0].endswith((".", "closed."))


def test_a_day_that_had_come_already_is_not_the_one_agreed_on():
    until = TODAY
    back = run(row(snooze_until=until, status="snoozed"))
    task = run(read_again(back, outcome="Назвали день"))
    assert "outcomes.needs.date" in [note.key for note in task.prompts]
    assert run(read_again(back, outcome="Назвали день", snooze_until=TODAY + DAY)).due == TODAY + DAY


@pytest.mark.parametrize(("words", "reason"), [("Купит", ""), ("Отказ", "too dear")])
def test_a_result_closes_a_row_whose_status_nobody_touched(words, reason):
    task = run(row(words, reason=reason))
    assert (task.is_open, task.mark.status, task.mark.outcome, task.mark.reason) == (False, "done", words, reason)
    assert run(row(words, reason=reason, status="in_progress")).is_open, "who says so goes on working at it"
    again = run(read_again(task))
    assert (again.key, again.is_open, again.mark.status, again.due) == (task.key, False, "done", task.due)


@pytest.mark.parametrize("words", ["Просит скидку", "words of one's own", ""])
def test_what_means_nothing_is_only_recorded(words):
    task = run(row(words, comment="c"))
    assert (task.is_open, task.key, task.mark.outcome, task.due) == (True, row().key, words, TODAY)
    assert not run(row(words, status="done")).is_open


def test_plain_lists_mean_nothing():
    task = run(row("Отказ"), decision())
    assert (task.is_open, task.prompts, task.mark.status) == (True, (), "new")


def test_a_dated_task_that_was_not_reached_is_called_again_on_another_day():
    birthday = offer(rule="birthday", due=TODAY, dated=True)
    key = task_key("birthday", birthday.subject, birthday.occurrence)
    task = run(replace(row("недозвон"), key=key), birthday)
    assert task.due == TODAY + DAY


def test_reading_the_same_row_again_changes_nothing():
    task = run(row("недозвон"))
    again = run(read_again(task))
    assert (again.key, again.due, again.mark.told) == (task.key, task.due, task.mark.told)


def test_after_a_crash_the_try_is_of_the_day_on_which_it_was_first_seen():
    mark = row("недозвон")
    task = run(mark, today=TODAY + 3 * DAY, said={mark.key: TODAY})
    assert (task.mark.told.tries, task.due) == ((TODAY,), TODAY + DAY)


def test_a_deleted_row_comes_back_at_the_step_it_had_come_to():
    key = step_key(row().key, Step(2, "a", 2))
    stood = Mark(key, due=TODAY + 2 * DAY, told=Told((TODAY - DAY, TODAY)), comment="old")
    task = run(None, remembered={row().key: stood})
    assert (task.key, task.due, task.mark.comment, task.mark.told.tries) == (
        key,
        TODAY + 2 * DAY,
        "",
        (TODAY - DAY, TODAY),
    )
    pending = run(None, remembered={row().key: replace(stood, outcome="недозвон", status="done")})
    assert (step_of(pending.key), pending.is_open) == (Step(3, "a", 3), True)
    shut = run(None, remembered={row().key: replace(stood, status="done")})
    assert (shut.is_open, shut.key) == (False, key)


def test_of_two_steps_of_one_task_the_later_counts():
    first, later = row(comment="typed"), row(key=step_key(row().key, Step(1, "a", 1)), row=3)
    live, passed = open_tasks([offer()], [first, later], {}, TODAY, HEAD)
    assert (live.key, live.mark.comment) == (later.key, "")
    assert (passed.mark.comment, passed.decision, passed.ended) == ("typed", None, Ended("outcomes.ended.later_step"))
    assert len(open_tasks([offer()], [row(), later], {}, TODAY, HEAD)) == 1, "an untouched one leaves"


def test_a_row_that_lost_its_key_is_known_at_its_step():
    cells = {"source": "Deals!F7", "client": "Anna", "todo": "Позвонить: Anna"}
    mark = Mark("", own=True, cells=cells, row=2, told=Told((TODAY - DAY, TODAY)))
    assert step_of(run(mark).key) == Step(2, "a", 2)
    known = {row().key: Mark(step_key(row().key, Step(7, "a", 2)))}
    assert step_of(run(mark, remembered=known).key) == Step(7, "a", 2)


def test_a_row_with_several_reasons_is_one_call():
    other = offer(rule="overdue_payment", results=())
    merge = replace(HEAD, merge_reasons=True)
    (task,) = open_tasks([offer(), other], (), {}, TODAY, merge)
    (moved,) = open_tasks(
        [offer(), other], [replace(task.mark, row=2, outcome="недозвон", comment="c")], {}, TODAY, merge
    )
    assert [step_of(key) for key in split_keys(moved.key)] == [Step(1, "a", 1)] * 2
    assert (moved.due, moved.mark.comment, len(moved.decisions)) == (TODAY + DAY, "c", 2)
    (wanting,) = open_tasks(
        [offer(), other], [replace(task.mark, row=2, outcome="Отказ", status="done")], {}, TODAY, merge
    )
    assert (wanting.is_open, len(wanting.prompts)) == (True, 1)
    (shut,) = open_tasks([offer(), other], [replace(task.mark, row=2, outcome="Купит")], {}, TODAY, merge)
    assert (shut.is_open, len(shut.decisions)) == (False, 2)


def test_a_row_with_several_reasons_goes_to_the_head_as_a_whole():
    """Rules may differ in how often they try; the row that one comment stands in is not torn apart by that."""
    merge = replace(HEAD, merge_reasons=True)
    pair = [offer(priority=1, again=Again(tries=1)), offer(rule="overdue_payment")]
    (task,) = open_tasks(pair, (), {}, TODAY, merge)
    (moved,) = open_tasks(pair, [replace(task.mark, row=2, outcome="недозвон", comment="c")], {}, TODAY, merge)
    assert ([one.manager for one in moved.decisions], moved.mark.comment) == (["Maria", "Maria"], "c")
    (again,) = open_tasks(pair, [read_again(moved)], {}, TODAY, merge)
    assert (again.key, again.decision.manager) == (moved.key, "Maria")


def test_waiting_rows_stand_below_those_of_the_day():
    second = offer("Boris")
    first = row("недозвон")
    assert [task.decision.client for task in open_tasks([offer(), second], [first], {}, TODAY, HEAD)] == [
        "Boris",
        "Anna",
    ]


# Snoozed tasks


def test_a_snoozed_task_comes_back_on_its_day_and_says_since_when():
    until = TODAY + 2 * DAY
    mark = row(status="snoozed", snooze_until=until)
    assert run(mark).waits(TODAY)
    assert why_text(run(mark), "ru") == "Ждём ответа 4 дн."
    back = run(mark, today=until)
    assert not back.waits(until)
    assert "07.11.2026" in why_text(back, "ru")
    assert (back.is_open, back.day) == (True, until)


@pytest.mark.parametrize(("until", "key"), [(None, "snooze_date"), ("после праздников", "snooze_words")])
def test_a_snooze_without_a_day_says_so_and_is_not_lost(until, key):
    task = run(row(status="snoozed", snooze_until=until))
    assert (task.is_open, task.waits(TODAY), task.mark.status) == (True, False, "snoozed")
    assert [note.key for note in task.prompts] == [f"outcomes.needs.{key}"]
    own = Mark("", own=True, status="snoozed", snooze_until=until, cells={"todo": "t"})
    (mine,) = open_tasks([], [own], {}, TODAY)
    assert [note.key for note in mine.prompts] == [f"outcomes.needs.{key}"]


def test_a_closed_task_is_not_asked_for_a_day():
    assert run(row(status="done", snooze_until=TODAY - DAY)).notes == ()


# Keys


@given(st.integers(1, 9999), st.sampled_from("adr"), st.integers(0, 99))
def test_keys_of_steps_are_known_and_told_apart(number, kind, tries):
    base, step = row().key, Step(number, kind, tries)
    key = step_key(base, step)
    assert is_key(key)
    assert (base_key(key), step_of(key)) == (base, step)
    slips = [key[:p] + c + key[p + 1 :] for p in range(14, len(key) - 1) for c in "0123456789ar" if c != key[p]]
    assert sum(map(is_key, slips)) <= len(slips) / 5
    assert split_keys(f"{key.upper()} {base}") == (key, base)


def test_keys_of_steps_on_workbooks_already_written_still_hold():
    assert step_key("tjiqrpygp6spmk", Step(3, "a", 2)) == "tjiqrpygp6spmk-3a2k"
    assert not is_key("ojiqrpygp6spmk-3a2k")
    assert base_key("tjiqrpygp6spmk") == "tjiqrpygp6spmk"
    assert step_of("tjiqrpygp6spmk") is None
    assert date(2026, 11, 5) == TODAY
