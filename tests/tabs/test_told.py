"""What our sentences say is read back in either language; what people typed is left alone."""

from datetime import date, timedelta

import pytest

from sheets_crm.engine.ended import Ended
from sheets_crm.tabs import DrawContext, draw_tasks, read_marks
from sheets_crm.tabs.told import is_ended, told, without_notes
from sheets_crm.tasks import Mark, Task, Told, open_tasks
from sheets_crm.tasks.keys import task_key
from sheets_crm.words import say
from tests.tabs.grids import tab_grid
from tests.tasks.samples import TODAY, decision
from tests.tasks.test_next_step import offer, row

DAY = timedelta(days=1)
RU, EN = DrawContext("ru", "RUB", TODAY), DrawContext("en", "USD", TODAY)


def drawn(tasks, ctx=RU):
    tab = draw_tasks(tasks, ctx)
    return {column.id: column.values[0] for column in tab.tables[0].columns}


@pytest.mark.parametrize("ctx", [RU, EN])
@pytest.mark.parametrize("other", [RU, EN])
def test_the_tab_gives_back_the_mark_that_was_drawn(ctx, other):
    """A row that moved on reads back as the row that it became: so a second run has nothing to do, in any language."""
    (first,) = open_tasks([offer()], [row("недозвон", comment="x")], {}, TODAY)
    (mark,) = read_marks(tab_grid(draw_tasks([first], ctx)))
    assert (mark.key, mark.due, mark.outcome, mark.told.tries) == (first.key, first.due, "", (TODAY,))
    (second,) = open_tasks([offer()], [mark], {}, TODAY + DAY)
    (again,) = read_marks(tab_grid(draw_tasks([second], other)))
    assert (again.key, again.due, again.told) == (mark.key, mark.due, mark.told)


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_day_is_read_back(lang):
    days = (TODAY, TODAY + DAY, date(2027, 1, 31))
    lines = [
        "Written by nobody of ours", say("outcomes.needs.reason", lang), say("tasks.seen_since.sum", lang, date=TODAY, amount=5),
        say("outcomes.tries", lang, n=3, dates=days), say("outcomes.came_back", lang, date=days[1]),
    ]  # fmt: skip
    assert told("\n".join(lines)) == Told(tries=days, since=TODAY, back=days[1], rounds=((3, days),))
    because = say("tabs.tasks.no_longer_needed_because", lang, date=days[2], reason="a: b (c)")
    assert told(f"{because}\n{lines[3]}") == Told(tries=days, ended=days[2], rounds=((3, days),))
    assert is_ended(because)
    assert not is_ended(lines[0])


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_lines_of_several_reasons_are_told_apart(lang):
    lines = [
        say("outcomes.tries", lang, n=2, dates=(TODAY, TODAY + DAY)), say("outcomes.agreed", lang, date=TODAY),
        say("outcomes.tries_unknown", lang, n=4), say("outcomes.tries", lang, n=1, dates=(TODAY,)),
        say("outcomes.agreed", lang, date=TODAY + DAY),
    ]  # fmt: skip
    found = told("\n".join(lines))
    assert found.rounds == ((2, (TODAY, TODAY + DAY)), (4, ()), (1, (TODAY,)))
    assert found.agreed == (TODAY, TODAY + DAY)


@pytest.mark.parametrize(
    "text", ["", "Попыток", "Tries so far: many (soon).", "Была отложена до завтра, этот день наступил."]
)
def test_what_says_no_day_tells_none(text):
    assert told(text) == Told()


def test_a_task_of_ones_own_keeps_its_why_and_gets_our_word_beside_it():
    mark = Mark(
        "", own=True, status="snoozed", snooze_until="после\nпраздников", cells={"todo": "t", "why": "так надо"}, row=2
    )
    for _ in range(3):
        (task,) = open_tasks([], [mark], {}, TODAY)
        why = drawn([task])["why"]
        assert why.splitlines() == [
            "В «Отложить до» написано «после праздников», день не понятен: впишите дату, например 25.11.2026.", "так надо",
        ]  # fmt: skip
        (mark,) = read_marks(tab_grid(draw_tasks([task], RU)))
        assert mark.cells["why"] == "так надо"
    assert without_notes("one\ntwo") == "one\ntwo"


def test_the_words_of_a_row_that_is_no_longer_needed_stay_as_they_were_said():
    gone = decision()
    key = task_key(gone.rule, gone.subject, gone.occurrence)
    mark = Mark(key, comment="x", cells={"client": "Anna"}, told=Told(tries=(TODAY - DAY,)))
    (task,) = open_tasks([], [mark], {}, TODAY, ended={key: Ended("outcomes.ended.row_gone")})
    said = ["Больше не нужно с 05.11.2026: строки больше нет в таблице.", "Попыток связаться: 1 (04.11.2026)."]
    assert drawn([task])["why"].splitlines() == said
    (kept,) = read_marks(tab_grid(draw_tasks([task], RU)))
    (later,) = open_tasks([], [kept], {}, TODAY + 9 * DAY)
    assert (later.closed, drawn([later], EN)["why"].splitlines()) == (TODAY, said)


def test_a_row_that_wants_something_is_not_grey_though_it_says_done():
    tab = draw_tasks(open_tasks([offer()], [row("Отказ", status="done")], {}, TODAY), RU)
    grey = tab.conditions[0].formula
    assert 'LEFT($I2,13)="Не хватает да' not in grey
    assert 'NOT(OR(LEFT($I2,15)="Не хватает даты",LEFT($I2,25)="Не хватает причины отказа"))' in grey
    assert 'LEFT($I2,16)="No longer needed"' in grey
    assert isinstance(open_tasks([offer()], [row("Отказ", status="done")], {}, TODAY)[0], Task)
