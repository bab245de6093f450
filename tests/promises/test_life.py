"""Promises 1 to 3 over a task's whole life: outcomes, repeats, absences, settings, two runs at once, a lost memory, the clock.

SHEETS_CRM_LONG=600 plays each test of a whole life for so many seconds (`lives`).
"""

from __future__ import annotations

import re

import pytest

from tests.promises.life import NEXT, OFFER, OVERDUE, Life
from tests.promises.lives import played
from tests.promises.worlds import FileWorld


class LifeFile(Life):
    """The same on a real file."""

    world_of = FileWorld


def test_a_whole_life():
    played(Life, examples=6, steps=14)


def test_a_whole_life_in_a_file():
    played(LifeFile, examples=2, steps=10)


@pytest.fixture(params=[Life, LifeFile])
def firm(request):
    """A firm that has been synced once, its moves to be made one by one."""
    firm = request.param()
    firm.open_shop(days=[25, 13, 19, 21, 4, 8], change="funnel_off")
    yield firm
    firm.teardown()


def row_of(firm, label, client="Анна Белова"):
    """The number by which a machine's move picks the row of a rule."""
    head, rows = firm._tab()
    client_at, rule_at = head.index("Клиент"), head.index("Правило")
    return next(
        n for n, row in enumerate(rows) if row[client_at] == client and label in (row[rule_at] or "").split(", ")
    )


def called(firm, label):
    """Nobody answers, and nothing but the step remains in the row."""
    firm._act(row_of(firm, label), "again")
    firm.sync()
    firm.erase_mark(number=len(firm._standing(own=False)) - 1)
    firm.sync()


def test_a_copied_row_enters_history_once(firm):
    """Its key is another row's: what it says is not said of that task, in no run, though the workbook can't be written."""
    firm._act(row_of(firm, OFFER), status="В работе")
    firm.copy_row(number=row_of(firm, OFFER), anew=True, where="before the write")
    firm.sync()


def test_a_row_that_counts_tries_does_not_wait_for_the_cap(firm):
    """Nothing but the row knows of them once the state is lost."""
    called(firm, NEXT)
    firm.turn("cap")
    firm.sync()
    firm.lose_state(old=False)
    firm.sync()
    firm.turn("cap")
    firm.sync()


def test_a_tab_that_counts_tries_stays_when_it_is_switched_off(firm):
    called(firm, NEXT)
    firm.turn("tasks_off")
    firm.sync()
    assert firm.world.tab() is not None
    firm.lose_state(old=False)
    firm.turn("tasks_off")
    firm.sync()


def test_each_reason_of_a_row_keeps_its_own_tries(firm):
    called(firm, OFFER)
    firm.time_passes(days=1, morning=True)
    called(firm, OFFER)
    called(firm, OVERDUE)
    firm.turn("merge")
    for days in (10, 3):
        firm.time_passes(days=days, morning=True)
    why = joined_why(firm)
    assert "Попыток связаться: 2 (02.11.2026, 03.11.2026)" in why
    assert "Попыток связаться: 1 (03.11.2026)" in why


def test_each_reason_of_a_row_keeps_the_day_agreed_on(firm):
    firm._act(row_of(firm, OFFER), "on_date", dated=True)
    firm.sync()
    firm.erase_mark(number=0)
    firm.sync()
    (agreed,) = re.findall(r"Договорились на [\d.]+\d", joined_why(firm))
    firm.turn("merge")
    for days in (31, 3):
        firm.time_passes(days=days, morning=True)
    assert agreed in joined_why(firm)
    assert "Нет следующего шага" in joined_rules(firm, OFFER)


def joined_why(firm):
    head, rows = firm._tab()
    return "\n".join(row[head.index("Почему")] or "" for row in rows)


def joined_rules(firm, label):
    head, rows = firm._tab()
    return rows[row_of(firm, label)][head.index("Правило")]


def test_a_task_of_the_past_that_was_deleted_does_not_repeat(firm):
    """The one that came after it stands there."""
    firm.write_by_hand(same=False, repeat="каждый день")
    firm.sync()
    for _ in range(2):
        firm.finish_by_hand(number=0)
        firm.time_passes(days=1, morning=True)
    head, rows = firm._tab()
    done = [row for row in rows if row[head.index("Статус")] == "Сделана"]
    rows.remove(max(done, key=lambda row: row[head.index("Срок")]))
    firm.hand[done[0][head.index("Что сделать")]] -= 1
    firm._put_tab(head, rows)
    firm.sync()


def test_a_copy_of_a_row_that_somebody_stands_in_for_goes_back_with_it(firm):
    """The copy is a task of one's own: what it says of the absence is ours all the same."""
    firm.turn("away")
    firm.sync()
    firm.copy_row(number=row_of(firm, OFFER), anew=True, where=None)
    firm.turn("away")
    firm.sync()
    head, rows = firm._tab()
    (manager,) = {row[head.index("Менеджер")] for row in rows if row[head.index("Клиент")] == "Анна Белова"}
    assert manager == "Ольга"


def test_what_happened_to_a_row_where_the_tabs_stood_meanwhile_is_not_undone():
    """A row wiped, one deleted and one that moved on in the companion; then the tabs come back into the base."""
    firm = LifeFile()
    firm.open_shop(days=[25, 13, 19, 21, 4, 8], change="funnel_off")
    firm._act(row_of(firm, OFFER), "words", status="В работе")
    firm._act(row_of(firm, NEXT), status="В работе")
    firm._act(row_of(firm, OVERDUE), status="Сделана")
    firm.write_by_hand(same=False)
    firm.sync()
    firm.turn("companion")
    firm.sync()
    firm.erase_mark(number=0)
    firm._act(row_of(firm, NEXT), "again")
    head, rows = firm._tab()
    own = next(n for n, row in enumerate(rows) if row[head.index("Что сделать")] in firm.hand)
    firm.delete_row(number=own)
    firm.sync()
    firm.turn("companion")
    firm.sync()
    firm.turn("companion")
    firm.sync()
    firm.teardown()
