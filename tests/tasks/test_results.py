"""Outcomes are counted once each, by what was said last, and refusals with their reasons."""

from datetime import date

from sheets_crm.tasks.keys import Step, step_key, task_key
from sheets_crm.tasks.results import Count, Event, Whose, counted
from tests.tasks.test_next_step import RESULTS

DAY = date(2026, 11, 5)
ANNA, BORIS = task_key("offer", "a", "1"), task_key("offer", "b", "1")
LATER = step_key(ANNA, Step(1, "a", 1))
TASKS = {
    ANNA: Whose("offer", "Olga"),
    LATER: Whose("offer", "Olga"),
    BORIS: Whose("offer", ""),
    "own": Whose("", "Olga"),
}


def said(key, value, number=1, what="outcome", day=DAY):
    return Event(key, what, number, value, day)


def count(events, lang="en", within=lambda _: True):
    found = counted(events, TASKS, {"other": (), "offer": RESULTS}, within, lang)
    return found, [(one.rule, one.manager, one.text, one.meaning, one.count) for one in found.outcomes]


def test_each_step_counts_once_with_what_was_said_last():
    found, told = count([
        said(ANNA, "Не дозвонились", 2), said(ANNA, "Отказ", 1), said(LATER, "недозвон"), said(BORIS, "no answer"),
        said(BORIS, "busy", what="comment"), said("own", "Done at last "),
    ])  # fmt: skip
    assert told == [
        ("offer", "", "No answer", "again", 1), ("offer", "Olga", "No answer", "again", 2), ("", "Olga", "Done at last", "nothing", 1),
    ]  # fmt: skip
    assert (found.total, found.refusals) == (4, ())


def test_what_was_taken_back_or_said_on_another_day_counts_nowhere():
    assert count([said(ANNA, "Купит"), said(ANNA, "", 2)])[1] == []
    days = [said(ANNA, "Купит", day=date(2026, 11, 4)), said(BORIS, "Купит")]
    assert count(days, within=lambda day: day >= DAY)[1] == [("offer", "", "Will buy", "done", 1)]


def test_refusals_are_counted_with_their_reasons_or_without():
    events = [
        said(LATER, "Отказ"),
        said(ANNA, "too dear", 2, "reason"),
        said(ANNA, "dear", 1, "reason"),
        said(BORIS, "refused"),
    ]
    found, told = count(events, "ru")
    assert [one[2:] for one in told] == [("Отказ", "declined", 1), ("Отказ", "declined", 1)]
    assert found.refusals == (Count("offer", "", "", "declined", 1), Count("offer", "Olga", "too dear", "declined", 1))


def test_words_are_counted_alike_however_they_are_written():
    assert count([said(ANNA, "Занято"), said(BORIS, " занято")])[1] == [
        ("offer", "", "Занято", "nothing", 1), ("offer", "Olga", "Занято", "nothing", 1),
    ]  # fmt: skip


def test_a_head_s_choice_is_told_in_the_language_asked_for():
    assert count([said(ANNA, "Пробовать ещё")])[1] == [("offer", "Olga", "Go on trying", "retry", 1)]


def test_a_step_that_was_not_recorded_belongs_to_its_task():
    assert count([said(step_key(BORIS, Step(4, "d", 0)), "Купит")])[1] == [("offer", "", "Will buy", "done", 1)]
    assert count([said("unknown", "x")])[1] == [("", "", "x", "nothing", 1)]
