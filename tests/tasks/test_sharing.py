"""Who does whose tasks, how many touches a client gets, when the head hears; marks and keys stay what they were."""

from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.tasks import Mark, Status, TaskSettings, open_tasks, task_key
from sheets_crm.tasks.order import manager_of
from sheets_crm.tasks.said import ours, read_back
from sheets_crm.tasks.share import doer
from sheets_crm.tasks.sharing import Cap, Escalation, HandOver, Sharing
from sheets_crm.tasks.texts import hint_text, why_text
from sheets_crm.workdays import Calendar
from tests.tasks import samples
from tests.tasks.samples import TODAY

DAY = timedelta(days=1)
BACK = TODAY + 25 * DAY
AWAY = HandOver("Olga", "Boris", TODAY - DAY, BACK, away=True)


def decision(*args, due=TODAY, **changes):
    """A decision whose day is the rule's, where it is another than today."""
    return samples.decision(*args, due=due, dated=due != TODAY, **changes)


def key_of(found):
    return task_key(found.rule, found.subject, found.occurrence)


def settings(*hand_overs, **sharing):
    return TaskSettings(sharing=Sharing(hand_overs=hand_overs, **sharing))


def run(decisions, marks=(), wanted=None, today=TODAY, known=None, **more):
    return open_tasks(decisions, marks, known or {}, today, wanted, **more)


def drawn(task, lang="ru"):
    """The row as the tab will hold it, for the next run to read."""
    cells = dict(task.mark.cells)
    if task.decision is None:
        cells |= {"manager": manager_of(task)} if manager_of(task) else {}
        hint = "\n".join(filter(None, (hint_text(task, lang), str(cells.get("hint", "")))))
        cells |= {"hint": hint} if hint else {}
    return replace(task.mark, key=task.key, due=task.due, cells=cells, row=task.mark.row or 2)


# --- absence and hand-over ------------------------------------------------------------------------------------------------


def test_while_somebody_is_away_their_tasks_are_anothers_and_say_so():
    found = decision()
    mark = Mark(key_of(found), comment="x", due=TODAY, row=2)
    (task,) = run([found], [mark], settings(AWAY))
    assert (manager_of(task), task.key, task.mark.comment) == ("Boris", key_of(found), "x")
    assert hint_text(task, "ru") == "Замещение до 30.11.2026: Olga → Boris"
    assert hint_text(task, "en") == "Standing in until 30 Nov 2026: Olga → Boris"
    (back,) = run([found], [drawn(task)], settings(AWAY), BACK + DAY, {task.key: TODAY})
    assert (manager_of(back), back.key, back.mark.comment, hint_text(back, "ru")) == ("Olga", task.key, "x", "")


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_a_task_of_ones_own_is_lent_and_comes_back_with_what_was_typed(lang):
    typed = Mark("", own=True, cells={"todo": "Buy paper", "manager": "olga", "hint": "from the depot"}, row=3)
    wanted = settings(AWAY, names={"olga": "Olga", "boris": "Boris"})
    (lent,) = run([], [typed], wanted)
    assert manager_of(lent) == "Boris"
    assert dict(lent.mark.cells) == dict(typed.cells)
    (again,) = run([], [drawn(lent, lang)], wanted, TODAY + DAY, {lent.key: TODAY})
    assert drawn(again, lang) == drawn(lent, lang), "the second run changes nothing"
    (back,) = run([], [drawn(again, lang)], wanted, BACK + DAY, {lent.key: TODAY})
    assert (manager_of(back), back.mark.cells["hint"], back.doer, back.said) == ("olga", "from the depot", "", ())


def test_somebody_chosen_meanwhile_keeps_the_task():
    (lent,) = run([], [Mark("", own=True, cells={"todo": "x", "manager": "Olga"}, row=3)], settings(AWAY))
    row = drawn(lent)
    chosen = replace(row, cells={**row.cells, "manager": "Vera"})
    (task,) = run([], [chosen], settings(AWAY))
    assert (manager_of(task), task.mark.cells.get("hint")) == ("Vera", None)


def test_of_several_hand_overs_the_nearer_one_counts():
    to_all = HandOver("Olga", "Vera")
    of_one = HandOver("Olga", "Gleb", client="Anna")
    who = [manager_of(task) for task in run([decision("Anna"), decision("Dina")], (), settings(AWAY, of_one, to_all))]
    assert sorted(who) == ["Gleb", "Vera"]
    assert doer("Olga", (), Sharing(hand_overs=(AWAY,)), TODAY)[0] == "Boris"
    assert doer("olga ", (), Sharing(hand_overs=(AWAY, to_all)), TODAY)[0] == "Vera", (
        "a hand-over goes before an absence"
    )
    assert doer("Olga", (), Sharing(hand_overs=(to_all, HandOver("Olga", "Inna"))), TODAY)[0] == "Inna", "the later one"
    over = replace(to_all, until=TODAY - DAY)
    assert doer("Olga", (), Sharing(hand_overs=(over,)), TODAY) == ("Olga", None)


def test_a_substitute_who_is_away_has_a_substitute_and_a_circle_leads_nowhere():
    chain = (AWAY, HandOver("Boris", "Vera", TODAY, TODAY + 2 * DAY, away=True))
    now, line = doer("Olga", (), Sharing(hand_overs=chain), TODAY)
    assert (now, line.values["date"], line.values["manager"]) == ("Vera", TODAY + 2 * DAY, "Olga")
    circle = (AWAY, HandOver("Boris", "Olga", TODAY, BACK, away=True))
    assert doer("Olga", (), Sharing(hand_overs=circle), TODAY) == ("Olga", None)


PEOPLE = st.sampled_from(["Olga", "Boris", "Vera", "Gleb"])
HANDED = st.builds(
    HandOver, PEOPLE, PEOPLE, st.none() | st.just(TODAY - DAY), st.none() | st.dates(TODAY - 2 * DAY, TODAY + 9 * DAY),
    st.sampled_from(["", "Anna", "id:Dina"]), st.booleans(),
)  # fmt: skip


@given(
    st.lists(HANDED, max_size=6),
    st.lists(st.tuples(PEOPLE, st.sampled_from(["Anna", "Dina", "Egor"])), max_size=5, unique=True),
)
def test_keys_and_marks_never_depend_on_who_does_it(handed, about):
    found = [decision(client, f"rule_{n}", manager=who) for n, (who, client) in enumerate(about)]
    marks = [Mark(key_of(one), comment=f"c{n}", due=TODAY, row=n + 2) for n, one in enumerate(found)]
    own = Mark("", own=True, comment="mine", cells={"todo": "t", "manager": "Olga", "client": "Anna"}, row=99)
    plain, shared = (run(found, [*marks, own], wanted) for wanted in (settings(), settings(*handed)))
    assert {task.key: task.mark.comment for task in plain} == {task.key: task.mark.comment for task in shared}
    again = run(found, [drawn(task) for task in shared], settings(*handed), TODAY, {task.key: TODAY for task in shared})
    assert [drawn(task) for task in again] == [drawn(task) for task in shared]
    back = run(found, [drawn(task) for task in shared], settings(), TODAY, {task.key: TODAY for task in shared})
    assert {task.key: manager_of(task) for task in back} == {task.key: manager_of(task) for task in plain}


# --- lines of ours in rows of people --------------------------------------------------------------------------------------


def test_a_repeat_that_is_not_understood_is_told_and_kept():
    (task,) = run([], [Mark("", own=True, repeat="2 раза в неделю", cells={"todo": "x"}, row=2)])
    assert task.mark.repeat == "2 раза в неделю"
    assert hint_text(task, "ru").startswith("Повтор «2 раза в неделю» не понят. Впишите")
    (mended,) = run([], [replace(drawn(task), repeat="по пн и чт")])
    assert (mended.said, mended.mark.cells) == ((), {"todo": "x"})
    (none,) = run([], [Mark("", own=True, repeat="нет", cells={"todo": "x"}, row=2)])
    assert none.said == ()


def test_a_repeat_typed_into_a_rules_task_is_told_to_do_nothing():
    found = decision()
    (task,) = run([found], [Mark(key_of(found), repeat="weekly", due=TODAY, row=2)])
    assert hint_text(task, "en") == "The repeat “weekly” does nothing here: a rule sets this task."
    assert len(run([found], [Mark(key_of(found), repeat="weekly", status=Status.DONE, due=TODAY, row=2)])) == 1


def test_only_lines_of_ours_are_taken_away():
    typed = Mark("", own=True, cells={"hint": "Замещение: спросить Анну\nПередано → всё"}, row=2)
    assert read_back(typed) is typed
    assert ours("Передано: A → B") == {"manager": "A", "to": "B"}
    rules = replace(typed, own=False, cells={"hint": "Передано: A → B"})
    assert read_back(rules) is rules, "the hint of a rule's row is computed anyway"


# --- hours -------------------------------------------------------------------------------------------------------------


def test_an_hour_in_the_words_of_a_new_row_is_read_once():
    typed = Mark("", own=True, cells={"todo": "перезвонить в 13:30"}, row=2)
    (task,) = run([], [typed])
    assert task.mark.time == time(13, 30)
    (same,) = run([], [typed], known={task.key: TODAY}, today=TODAY + DAY)
    assert same.key == task.key, "the key is made of what was typed"
    (emptied,) = run([], [replace(task.mark, time=None)], known={task.key: TODAY})
    assert emptied.mark.time is None, "whoever empties the cell is obeyed"
    (said,) = run([], [Mark("", own=True, comment="call at 9 am", cells={"todo": "Ann"}, row=2)])
    assert said.mark.time == time(9)
    (kept,) = run([], [Mark("", own=True, time="after lunch", cells={"todo": "at 13:30"}, row=2)])
    assert kept.mark.time == "after lunch"


def test_todays_tasks_stand_in_the_order_of_their_hours():
    hours = {"late": time(15), "early": time(9, 30), "none": None, "tomorrow": time(8)}
    marks = [
        Mark("", own=True, time=hour, due=TODAY + DAY if name == "tomorrow" else TODAY, cells={"client": name, "priority": 1}, row=n)
        for n, (name, hour) in enumerate(hours.items())
    ]  # fmt: skip
    clients = [task.mark.cells["client"] for task in run([], marks)]
    assert clients[:2] == ["early", "late"]
    assert set(clients[2:]) == {"none", "tomorrow"}


# --- days off ----------------------------------------------------------------------------------------------------------

SATURDAY = date(2026, 11, 7)
MONDAY = SATURDAY + 2 * DAY


def test_due_days_move_off_days_off_when_the_owner_wants_it():
    wanted = settings(due_on_working_days=True, calendar=Calendar(SATURDAY))
    birthday = decision(rule="birthday", due=SATURDAY)
    (task,) = run([birthday], (), wanted, SATURDAY - 2 * DAY)
    assert task.due == MONDAY
    (same,) = run([birthday], [drawn(task)], wanted, SATURDAY - DAY, {task.key: SATURDAY - 2 * DAY})
    assert same.due == MONDAY
    (plain,) = run([birthday], (), settings(), SATURDAY - 2 * DAY)
    assert plain.due == SATURDAY
    (new,) = run([decision(due=SATURDAY)], (), wanted, SATURDAY)
    assert (new.opened, new.due) == (SATURDAY, MONDAY)
    (later,) = run([decision(due=MONDAY)], [drawn(new)], wanted, MONDAY, {new.key: SATURDAY})
    assert (later.opened, later.due) == (SATURDAY, MONDAY)
    typed = Mark("", own=True, due=SATURDAY, cells={"todo": "x"}, row=2)
    assert run([], [typed], wanted, SATURDAY)[0].due == SATURDAY, "a day that somebody typed is theirs"


def test_a_repeat_lands_on_a_working_day_and_keeps_its_rhythm():
    wanted = settings(due_on_working_days=True, calendar=Calendar(SATURDAY))
    mark = Mark(
        "", own=True, status="done", due=SATURDAY - 14 * DAY, repeat="every 2 weeks", cells={"todo": "x"}, row=2
    )
    fresh, _ = run([], [mark], wanted, SATURDAY - DAY)
    assert (fresh.due, fresh.mark.repeat) == (MONDAY, "every 2 weeks from 2026-10-24")
    following, *_ = run([], [replace(drawn(fresh), status="done")], wanted, MONDAY)
    assert following.due == MONDAY + 14 * DAY


# --- touches -----------------------------------------------------------------------------------------------------------


def capped(count=1, days=14, **more):
    return settings(cap=Cap(count, days), touch={"lost": False, "debt": "always"}, **more)


def test_the_most_important_touch_stays_and_tells_of_the_others():
    found = [decision(rule=rule, priority=priority) for rule, priority in (("a", 3), ("b", 1), ("c", 2))]
    (task,) = run(found, (), capped())
    assert task.decision.rule == "b"
    assert hint_text(task, "ru") == "Ещё 2 повода ждут: касаний у клиента не больше 1 за 14 дн."
    assert hint_text(task, "en") == "2 more reasons are waiting: no more than 1 touches of a client in 14 days."
    assert len(run(found, (), settings())) == 3
    assert len(run([*found, decision("Dina")], (), capped())) == 2
    assert {task.decision.rule for task in run(found, (), capped(2))} == {"b", "c"}


def test_debts_own_tasks_marked_rows_and_desk_work_never_wait():
    found = [decision(rule=rule) for rule in ("a", "b", "debt", "lost")]
    marked = Mark(key_of(found[1]), comment="x", due=TODAY, row=2)
    own = Mark("", own=True, cells={"todo": "x", "client": "Anna"}, row=3)
    shown = {task.decision.rule if task.decision else "own" for task in run(found, [marked, own], capped())}
    assert shown == {"b", "debt", "lost", "own"}
    assert {task.decision.rule for task in run(found[:1], (), capped())} == {"a"}
    assert {task.decision.rule for task in run([found[0], found[3]], (), capped())} == {"a", "lost"}


def test_a_touch_that_is_done_counts_for_its_days():
    done, other = decision(rule="a", priority=1), decision(rule="b")
    mark = Mark(key_of(done), status=Status.DONE, due=TODAY, row=2, cells={"client": "Anna"})
    closed = {mark.key: TODAY}
    (task,) = run([done, other], [mark], capped(), TODAY + 13 * DAY, closed=closed)
    assert not task.is_open
    assert "ждёт" in hint_text(task, "ru"), "where no open row is left, the closed one tells"
    assert len(run([done, other], [mark], capped(), TODAY + 14 * DAY, closed=closed)) == 2
    ended = run([other], [mark], capped(), TODAY + DAY, closed=closed)
    assert [task.decision for task in ended] == [None], "also when its reason has ended"


def test_reasons_in_one_row_are_one_touch():
    found = [decision(rule=rule) for rule in ("a", "b")] + [decision(rule="later", due=TODAY + 3 * DAY)]
    (task,) = run(found, (), replace(capped(), merge_reasons=True))
    assert {one.rule for one in task.decisions} == {"a", "b"}
    assert "Ещё 1 повод ждёт" in hint_text(task, "ru")
    with_debt = run([*found, decision(rule="debt", due=TODAY + 3 * DAY)], (), replace(capped(2), merge_reasons=True))
    assert len(with_debt) == 2


MIXED = st.lists(
    st.tuples(st.sampled_from(["Anna", "Dina"]), st.sampled_from(["a", "b", "c", "debt", "lost"]), st.integers(0, 20), st.sampled_from(["", "x"])),
    max_size=9, unique_by=lambda one: one[:2],
)  # fmt: skip


@given(MIXED, st.integers(1, 3), st.booleans())
def test_no_mark_and_no_debt_is_ever_hidden_and_the_same_ones_stay(mixed, count, merge):
    found = [decision(client, rule, due=TODAY + ahead * DAY) for client, rule, ahead, _ in mixed]
    marks = [
        Mark(key_of(one), comment=comment, due=one.due, row=n)
        for n, (one, (*_, comment)) in enumerate(zip(found, mixed, strict=True)) if comment
    ]  # fmt: skip
    wanted = replace(capped(count), merge_reasons=merge)
    shown = run(found, marks, wanted)
    keys = {key for task in shown for key in task.key.split()}
    never = {key_of(one) for one in found if one.rule in ("debt", "lost")} | {mark.key for mark in marks}
    assert never <= keys
    near = [
        one
        for one in found
        if one.due < TODAY + 14 * DAY and one.rule not in ("debt", "lost") and key_of(one) not in never
    ]
    for client in ("Anna", "Dina"):
        rows = {task.key for task in shown for one in task.decisions if one.client == client and one in near}
        assert len(rows) <= count or merge
    again = run(found, [drawn(task) for task in shown], wanted, TODAY, dict.fromkeys(keys, TODAY))
    assert [drawn(task) for task in again] == [drawn(task) for task in shown]
    assert {task.key for task in run(found[::-1], marks[::-1], wanted)} == {task.key for task in shown}


# --- the head ----------------------------------------------------------------------------------------------------------


def told(after=3, **more):
    return settings(escalation=Escalation(after, ("Head", "Owner"), **more), calendar=Calendar(TODAY))


def late(client, days, **changes):
    return decision(client, due=TODAY - days * DAY, **changes)


def heard(tasks):
    return {
        task.decision.values["manager"]: task for task in tasks if task.decision and task.decision.rule == "escalation"
    }


def test_the_head_hears_once_of_each_late_manager():
    found = [
        late("Anna", 5),
        late("Dina", 9),
        late("Egor", 2),
        late("Vera", 4, manager="Boris"),
        late("Gleb", 30, manager="Head"),
    ]
    tasks = run(found, (), told())
    assert len(tasks) == 8
    task = heard(tasks)["Olga"]
    assert (manager_of(task), task.decision.values["n"], task.decision.values["date"]) == ("Head", 2, TODAY - 9 * DAY)
    assert why_text(task, "ru") == "Olga: просрочено 2 задачи, самая старая со сроком 27.10.2026 (Dina)"
    assert manager_of(heard(tasks)["Head"]) == "Owner", "nobody is told of their own"
    assert not heard(run(found, (), settings()))


def test_word_to_the_head_goes_with_its_reason_keeps_its_marks_and_never_doubles():
    found = [late("Anna", 5)]
    (task,) = heard(run(found, (), told())).values()
    mark = replace(drawn(task), comment="talked to Olga")
    again = run(found, [mark], told(), TODAY + DAY, {task.key: TODAY})
    assert [one.mark.comment for one in heard(again).values()] == ["talked to Olga"]
    assert len([one for one in again if one.key == task.key]) == 1
    without_state = run(found, [mark], told(), TODAY + DAY)
    assert heard(without_state).keys() == {"Olga"}
    done = replace(mark, status=Status.DONE)
    closed = heard(run(found, [done], told(), TODAY + DAY))
    assert not closed["Olga"].is_open
    solved = run([], [mark], told(), TODAY + DAY)
    assert [(one.closed_reason, one.mark.comment) for one in solved] == [("no_longer_needed", "talked to Olga")]
    assert run([], [replace(mark, comment="")], told(), TODAY + DAY) == ()
    next_week = run(found, [done], told(), TODAY + 7 * DAY)
    assert heard(next_week)["Olga"].is_open
    assert len(next_week) == 3


def test_days_until_the_head_hears_may_be_working_days():
    found = [decision("Anna", due=date(2026, 10, 30))]  # a Friday
    assert not heard(run(found, (), told(4, working_days=True), date(2026, 11, 4)))
    assert heard(run(found, (), told(4, working_days=True), date(2026, 11, 5)))
    assert heard(run(found, (), told(4), date(2026, 11, 3)))


def test_snoozed_closed_and_hidden_tasks_are_not_late():
    found = [late("Anna", 9)]
    put_off = Mark(key_of(found[0]), snooze_until=TODAY + DAY, due=TODAY, row=2)
    assert not heard(run(found, [put_off], told()))
    assert not heard(run(found, [Mark(key_of(found[0]), status=Status.DONE, row=2)], told()))
    both = [late("Anna", 9), late("Anna", 9, rule="b", priority=3)]
    wanted = told()
    wanted = replace(wanted, sharing=replace(wanted.sharing, cap=Cap(1, 30)))
    assert heard(run(both, (), wanted))["Olga"].decision.values["n"] == 1


def test_tasks_of_nobody_are_told_as_such():
    own = Mark("", own=True, due=TODAY - 9 * DAY, cells={"todo": "x"}, row=2)
    (task,) = [one for one in run([], [own], told()) if one.decision]
    assert why_text(task, "ru") == "без менеджера: просрочена 1 задача, срок был 27.10.2026 (своя задача)"
    assert why_text(task, "en") == "no manager: 1 task is overdue, it was due on 27 Oct 2026 (a task of one's own)"


# --- touches that come again -------------------------------------------------------------------------------------------


def turn(number, **changes):
    """The decision of the n-th two weeks."""
    days = [date(2026, 11, 2) + 14 * n * DAY for n in range(number, number - 9, -1)]
    return decision(
        rule="touch", occurrence=days[0].isoformat(), turn=days[0], earlier=tuple(day.isoformat() for day in days[1:]), **changes
    )  # fmt: skip


def test_a_new_touch_is_not_opened_while_the_old_one_is_open():
    (first,) = run([turn(0)], (), today=date(2026, 11, 3))
    known = {first.key: date(2026, 11, 3)}
    for number in (1, 2, 5):
        today = date(2026, 11, 2) + (14 * number + 3) * DAY
        (task,) = run([turn(number, due=today)], [drawn(first)], None, today, known)
        assert (task.key, task.opened) == (first.key, date(2026, 11, 3)), "one row, and it grows overdue"
    done = replace(drawn(first), status=Status.DONE)
    late_day = date(2026, 11, 2) + 16 * DAY
    (task,) = run([turn(1)], [done], None, late_day, known, closed={first.key: late_day})
    assert not task.is_open, "done late, it counts for the turn in which it was done"
    tasks = run([turn(2)], [done], None, date(2026, 11, 2) + 28 * DAY, known, closed={first.key: late_day})
    assert [task.key == first.key for task in tasks if task.is_open] == [False]
    assert len(tasks) == 2
    (lost,) = run([turn(3)], [drawn(first)], None, date(2026, 11, 2) + 44 * DAY)
    assert lost.key == first.key, "also when the state is lost"


def test_a_touch_done_in_its_turn_comes_again_in_the_next():
    (first,) = run([turn(0)], (), today=date(2026, 11, 3))
    done = replace(drawn(first), status=Status.DONE)
    closed = {first.key: date(2026, 11, 4)}
    (task,) = run([turn(0)], [done], None, date(2026, 11, 10), closed=closed)
    assert not task.is_open
    following = [task for task in run([turn(1)], [done], None, date(2026, 11, 16), closed=closed) if task.is_open]
    assert [task.key for task in following] == [key_of(turn(1))]


def test_amounts_decide_between_equal_touches():
    rich, poor = decision(rule="a", amount=Decimal(9000)), decision(rule="b", amount=Decimal(10))
    assert [task.decision.rule for task in run([poor, rich], (), capped())] == ["a"]


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.booleans()), min_size=1, max_size=12))
def test_however_days_pass_one_touch_is_open_at_most_and_none_is_missed(steps):
    """Each step: days go by, the open task may be done, the state may be lost."""
    today, marks, known, closed = date(2026, 11, 2), [], {}, {}
    for days, finished, lost in steps:
        today += days * DAY
        known, closed = ({}, {}) if lost else (known, closed)
        number = (today - date(2026, 11, 2)).days // 14
        tasks = run([turn(number, due=today)], marks, None, today, known, closed=closed)
        still_open = [task for task in tasks if task.is_open]
        assert len(still_open) <= 1
        done_now = [task for task in tasks if not task.is_open and task.closed >= turn(number).turn]
        assert still_open or done_now, "neither open nor done in this turn"
        known |= {task.key: task.opened for task in tasks}
        closed |= {task.key: task.closed for task in tasks if task.closed}
        marks = [
            replace(drawn(task), status=Status.DONE if finished and task.is_open else task.mark.status, row=n + 2)
            for n, task in enumerate(tasks)
        ]
