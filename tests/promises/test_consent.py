"""Promise 9: no marketing task for a client who refused: either policy, a stop-list mark, and however "no" is written."""

from __future__ import annotations

from datetime import date

import pytest

from sheets_crm.sync import run
from tests.promises.firm import CLIENTS, DEALS, TODAY, configure, plain

MARKETING = {"birthday", "reactivation"}
NO = ["нет", "Нет", "НЕТ ", "no", "No", "false", "-нет-"[1:4], "0", 0, False, "n", "отказ", "не согласен", "против"]
YES = ["да", "Да", "yes", "true", "+", "✓", True, 1]
MARK = ["да", "yes", "x", "+", "✓", True, 1, "стоп"]


def invited(folder, consent, stop, *, policy):
    """Rules that would market to a client with these two cells: one whose birthday is near and who is silent for long."""
    row = ["Вера", "+7 916 123-45-67", None, date(1980, 11, 23), consent, stop, date(2025, 1, 1), "Ольга"]
    book = plain(folder / "firm.xlsx", [CLIENTS[0], row], [DEALS[0]])
    configure(folder, book.name, consent=policy)
    result = run.sync(str(folder), today=TODAY)
    return {task.decision.rule for task in result.tasks} & MARKETING


@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
@pytest.mark.parametrize("no", NO, ids=repr)
def test_no_means_no(no, policy, tmp_path):
    assert invited(tmp_path, no, None, policy=policy) == set()


@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
@pytest.mark.parametrize("mark", MARK, ids=repr)
def test_a_stop_mark_blocks_whatever_the_consent_says(mark, policy, tmp_path):
    assert invited(tmp_path, "да", mark, policy=policy) == set()


@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
@pytest.mark.parametrize("yes", YES, ids=repr)
def test_yes_means_yes(yes, policy, tmp_path):
    """So that the tests above can fail: the same client is invited when they agree."""
    assert invited(tmp_path, yes, None, policy=policy) == MARKETING


def test_silence_is_what_the_owner_says_it_is(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "in").mkdir()
    assert invited(tmp_path / "out", None, None, policy="opt_out") == MARKETING
    assert invited(tmp_path / "in", None, None, policy="opt_in") == set()


def test_an_answer_that_nobody_can_read_is_told_and_is_not_a_yes(tmp_path):
    """Where only a yes allows, it does not; where only a no forbids, it is a problem on the owner's tab."""
    for policy in ("opt_in", "opt_out"):
        (tmp_path / policy).mkdir()
    assert invited(tmp_path / "opt_in", "спросить у мужа", None, policy="opt_in") == set()
    invited(tmp_path / "opt_out", "спросить у мужа", None, policy="opt_out")
    problems = run.plan(str(tmp_path / "opt_out"), today=TODAY).base.problems
    assert [(p.kind, p.cell) for p in problems if p.field == "mailing_consent"] == [("unknown_value", "E2")]


@pytest.mark.parametrize("policy", ["opt_out", "opt_in"])
def test_a_refusal_reaches_a_task_that_stands_there_already(policy, tmp_path):
    assert invited(tmp_path, "да", None, policy=policy) == MARKETING
    assert invited(tmp_path, "нет", None, policy=policy) == set()


def test_a_refusal_stops_no_other_work(tmp_path):
    """A refusal of advertising is not a refusal to be called about one's own invoice."""
    book = plain(tmp_path / "firm.xlsx")
    configure(tmp_path, book.name)
    result = run.sync(str(tmp_path), today=TODAY)
    mine = {(task.decision.client, task.decision.rule) for task in result.tasks}
    assert ("Jane Doe", "lost_no_reason") in mine
    assert not {(name, rule) for name, rule in mine if name in {"Jane Doe", "Стоп Лист"} and rule in MARKETING}
