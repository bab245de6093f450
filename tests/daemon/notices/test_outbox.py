"""Messages on their way: tried again with growing gaps, given up in time, not doubled and not lost by a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sheets_crm.daemon.notices.outbox import GAPS, KEPT, MOST, Courier, put
from sheets_crm.daemon.notices.post import Answer
from sheets_crm.daemon.notices.record import Item, Notebook
from sheets_crm.sync.secrets import set_secret
from sheets_crm.sync.state import StateFolder
from tests.daemon.notices.firm import PERSONAL, Remembers

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REFUSED, HUNG, SENT = Answer.REFUSED, Answer.HUNG, Answer.SENT


@pytest.fixture
def notebook(tmp_path):
    state = StateFolder(tmp_path / ".sheets-crm")
    state.make()
    set_secret(state, "anna", "json://127.0.0.1:1/anna")
    return Notebook(state)


def item(**changes):
    values = {
        "address": "anna",
        "kind": "lead",
        "title": "t",
        "body": "b",
        "made": NOW,
        "due": NOW,
        "until": NOW + KEPT,
    }
    return Item(**(values | changes))


def waiting(notebook, *items):
    with notebook.change() as record:
        for one in items:
            put(record, one)


def deliver(notebook, post, now, courier=None):
    return (courier or Courier(post)).deliver(notebook, now, lambda moment: moment)


def test_a_message_is_sent_once(notebook):
    post = Remembers()
    waiting(notebook, item())
    assert deliver(notebook, post, NOW) == 1
    assert deliver(notebook, post, NOW + timedelta(hours=1)) == 0
    assert len(post.given) == 1


def test_refused_it_is_tried_again_with_growing_gaps_and_given_up_after_a_day(notebook, log):
    post = Remembers(*[REFUSED] * 100)
    waiting(notebook, item(body="Гущина"))
    tries, now = [], NOW
    while notebook.read().outbox:
        before = len(post.answers)
        deliver(notebook, post, now)
        if len(post.answers) < before:
            tries.append(now)
        now += timedelta(minutes=1)
    gaps = [after - before for before, after in pairwise(tries)]
    assert gaps[:5] == list(GAPS)
    assert set(gaps[5:]) == {GAPS[-1]}
    assert tries[-1] <= NOW + KEPT < now
    assert post.given == []
    assert "given up" in log()
    assert [word for word in PERSONAL if word in log()] == []


def test_one_address_that_refuses_does_not_hold_back_another(notebook):
    set_secret(notebook.state, "boss", "json://127.0.0.1:1/boss")
    post = Remembers(REFUSED)
    waiting(notebook, item(), item(address="boss"))
    assert deliver(notebook, post, NOW) == 1
    assert [one.address for one in notebook.read().outbox] == ["anna"]


@pytest.mark.parametrize(("kind", "again"), [("digest", 0), ("lead", 1), ("alarm", 1), ("reminder", 1)])
def test_when_a_service_hangs_only_a_digest_is_not_risked_twice(notebook, kind, again):
    post = Remembers(HUNG)
    waiting(notebook, item(kind=kind))
    deliver(notebook, post, NOW)
    assert deliver(notebook, post, NOW + timedelta(minutes=2)) == again


@pytest.mark.parametrize(("kind", "again"), [("digest", 0), ("lead", 1)])
def test_a_crash_while_sending(notebook, kind, again):
    class Dies(Remembers):
        def send(self, url, title, body):
            raise SystemExit

    waiting(notebook, item(kind=kind))
    with pytest.raises(SystemExit):
        deliver(notebook, Dies(), NOW)
    post = Remembers()
    assert deliver(notebook, post, NOW + timedelta(minutes=1)) == 0  # somebody else may be at it still
    assert deliver(notebook, post, NOW + timedelta(minutes=6)) == again
    assert notebook.read().outbox == []


def test_what_another_process_is_sending_is_left_alone(notebook):
    class Slow(Remembers):
        def send(self, url, title, body):
            assert deliver(notebook, other, NOW + timedelta(seconds=20)) == 0
            return super().send(url, title, body)

    other, post = Remembers(), Slow()
    waiting(notebook, item())
    assert deliver(notebook, post, NOW) == 1
    assert (len(post.given), other.given) == (1, [])


def test_a_digest_that_waited_until_evening_is_dropped(notebook):
    post = Remembers(REFUSED)
    waiting(notebook, item(kind="digest", until=NOW + timedelta(hours=2)))
    deliver(notebook, post, NOW)
    assert deliver(notebook, post, NOW + timedelta(hours=3)) == 0
    assert notebook.read().outbox == []


def test_an_address_that_is_not_set_is_waited_for(notebook):
    post = Remembers()
    waiting(notebook, item(address="later"))
    assert deliver(notebook, post, NOW) == 0
    set_secret(notebook.state, "later", "json://127.0.0.1:1/later")
    assert deliver(notebook, post, NOW + timedelta(minutes=1)) == 1


def test_a_second_try_minds_the_quiet_hours(notebook):
    post = Remembers(REFUSED)
    morning = NOW + timedelta(hours=10)
    waiting(notebook, item())
    Courier(post).deliver(notebook, NOW, lambda _: morning)
    assert notebook.read().outbox[0].due == morning


def test_a_clock_that_was_wrong_holds_nothing_back(notebook):
    waiting(notebook, item(due=NOW + timedelta(days=400), until=NOW + timedelta(days=401)))
    assert deliver(notebook, Remembers(), NOW) == 1


def test_the_outbox_has_an_end(notebook):
    waiting(notebook, *(item(kind="alarm", title=str(n)) for n in range(MOST + 20)))
    kept = notebook.read().outbox
    assert (len(kept), kept[0].title) == (MOST, "20")


def test_two_threads_put_in_and_none_is_lost(notebook):
    from threading import Thread

    def work(name):
        for n in range(15):
            waiting(notebook, item(kind="alarm", title=f"{name}{n}"))

    threads = [Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.title for one in notebook.read().outbox}) == 30
