"""Old history made small: what goes, what is kept of it, and what is never touched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from sheets_crm.base.history import History, MarkSeen, Question, Run, TaskSeen
from sheets_crm.base.history.schema import FIELD_CHANGES, RUNS
from tests.base.test_history import ANNA, IVAN, clients, deals

START = date(2023, 1, 2)


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / ".sheets-crm"


def at(day: date, hour: int = 6) -> Run:
    return Run(datetime(day.year, day.month, day.day, hour, tzinfo=UTC), day, "f", "1.0")


def quiet_days(history: History, first: date, count: int) -> None:
    """So many days with a run in which nothing happens."""
    for number in range(count):
        history.record_run(at(first + timedelta(days=number)), clients(IVAN, ANNA))


def changed(history: History) -> list[tuple]:
    table = history.table("field_changes")
    return table.select("field", "old", "new", "since", "run").rows()


def named(name: str, **more):
    return clients(IVAN | {"name": name, **more}, ANNA)


def test_edits_of_a_month_long_ago_become_one_a_cell(folder):
    with History.open(folder, keep_days=100) as history:
        history.record_run(at(START), clients(IVAN, ANNA))
        for number, name in enumerate("абв"):
            history.record_run(at(START + timedelta(days=1 + number)), named(name, phone="+7", phones=["+7"]))
        history.record_run(at(START + timedelta(days=5)), named("в"))  # the phone is what it was
        history.record_run(at(START + timedelta(days=40)), named("г"))  # in another month
        history.record_run(at(START + timedelta(days=41)), clients(IVAN | {"name": "г"}))
        assert len(changed(history)) == 7
        recent = START + timedelta(days=200)
        for number in range(31):
            history.record_run(at(recent + timedelta(days=number)), named("г"))
        told = changed(history)
        assert told[0] == (
            "name",
            "Иван",
            "в",
            1,
            4,
        )  # from the first to the last, seen between the first run and the last
        assert ("name", "в", "г", 5, 6) in told
        assert not any(field == "phone" for field, *_ in told)  # what came back to where it was is no change
        assert [kind for kind in history.table("field_changes")["kind"] if kind != "changed"] == ["removed", "added"]
        events = history.events(Question())
        assert all(event.seen for event in events)  # the runs between which it happened are still known
        assert all(event.after for event in events)


def test_nothing_is_old_before_there_were_thirty_days_with_runs(folder):
    with History.open(folder, keep_days=31) as history:
        history.record_run(at(START), clients(IVAN, ANNA))
        for number, name in enumerate("абвг"):
            history.record_run(at(START + timedelta(days=1 + number)), named(name))
        for jump in (3_000, 30_000):  # a clock that went mad, twice
            history.record_run(at(START + timedelta(days=jump)), named("г"))
        assert len(changed(history)) == 4
        quiet_days(history, START + timedelta(days=6), 20)
        names = [new for field, _, new, _, _ in changed(history) if field == "name"]
        assert names == ["а", "б", "в", "г", "Иван"]


def test_the_work_is_done_once_a_day(folder):
    with History.open(folder, keep_days=31) as history:
        history.record_run(at(START), clients(IVAN, ANNA))
        for number, name in enumerate("аб"):
            history.record_run(at(START + timedelta(days=number)), named(name))
        quiet_days(history, START + timedelta(days=90), 30)
        last = START + timedelta(days=119)
        left = history.table("field_changes").height
        for hour in range(7, 10):
            history.record_run(at(last, hour), clients(IVAN, ANNA))
        assert history.table("field_changes").height == left
        assert history.table("runs").filter(history.table("runs")["today"] == last.isoformat()).height == 4


def test_quiet_runs_become_one_a_day_then_one_a_month(folder):
    with History.open(folder, keep_days=60) as history:
        for number in range(130):
            for hour in (6, 12):
                history.record_run(at(START + timedelta(days=number), hour), clients(IVAN, ANNA))
        runs = history.table("runs")
    by_month = (
        runs.with_columns(month=runs["today"].str.slice(0, 7))
        .group_by("month", maintain_order=True)
        .len()["len"]
        .to_list()
    )
    assert by_month[:2] == [2, 1]  # the first run is that of the snapshot, which is never written anew
    days = runs.filter(runs["today"] > "2023-03-20")
    assert days.filter(days["today"] < "2023-04-12")["today"].is_unique().all()
    assert days.filter(days["today"] > "2023-04-12").height == 2 * 29  # the last thirty days stay as they were
    assert set(runs["started"].str.slice(11, 2).filter((runs["run"] > 1) & (runs["today"] < "2023-04-12"))) == {"12"}


def test_tasks_closed_long_ago_become_numbers(folder):
    old = [
        TaskSeen(f"k{n}", "offer", START, manager="Ольга", status="done" if n < 3 else "new", closed_reason="" if n < 3 else "no_longer_needed")
        for n in range(5)
    ]  # fmt: skip
    with History.open(folder, keep_days=60) as history:
        history.record_run(
            at(START), clients(IVAN, ANNA), [TaskSeen(one.key, "offer", START, manager="Ольга") for one in old]
        )
        marks = [MarkSeen(f"k{n}", {"status": "done", "outcome": "Думают" if n else "Купил"}) for n in range(3)]
        history.record_marks(marks, today=START, now=at(START).started)
        history.record_run(at(START + timedelta(days=1)), clients(IVAN, ANNA), old)
        keep = [old[0], TaskSeen("open", "offer", START)]
        for number in range(31):
            history.record_run(at(START + timedelta(days=90 + number)), clients(IVAN, ANNA), keep)
        assert history.table("tasks")["key"].to_list() == ["k0", "open"]  # what the tab shows stays, and what is open
        assert history.last_marks(["k0"]) == {"k0": {"status": "done", "outcome": "Купил"}}
        assert set(history.table("task_events")["key"]) == {"k0"}
        assert set(history.table("task_moves")["key"]) <= {"k0", "open"}
        assert history.table("task_results").rows() == [
            ("2023-01", "offer", "Ольга", "done", "Думают", 2),
            ("2023-01", "offer", "Ольга", "gone", "", 2),
        ]


def test_moves_between_stages_stay_for_good(folder):
    with History.open(folder, keep_days=31) as history:
        for number, stage in enumerate(["А", "Б", "А", "Б"]):
            history.record_run(at(START + timedelta(days=number)), deals(("1", stage)))
        for number in range(40):
            history.record_run(at(START + timedelta(days=90 + number)), deals(("1", "Б")))
        assert history.table("stage_transitions").height == 3
        assert all(event.after and event.seen for event in history.events(Question(kinds=("stage",))))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 100), st.sampled_from("ab"), st.sampled_from(["x", "y", "z"])), max_size=40))
def test_folding_keeps_where_each_month_began_and_ended(tmp_path_factory, edits):
    """Whatever was typed when: reading the folded changes of a cell month by month gives the values that stood there."""
    edits = sorted(edits, key=lambda edit: edit[0])
    folder = tmp_path_factory.mktemp("state")
    now: dict[str, str] = {}
    rows, ends = [], {}
    for number, (day, cell, new) in enumerate(edits, 1):
        on = (START + timedelta(days=day)).isoformat()
        if now.get(cell, "") != new:
            rows.append(_row(number, on, cell, now.get(cell, ""), new))
        now[cell] = ends[cell, on[:7]] = new
    with History.open(folder, keep_days=31) as history:
        days = [START + timedelta(days=300 + n % 31) for n in range(1, 50)]
        same = {"started": "", "fingerprint": "", "program": "", "who": ""}
        runs = [{"run": n, "today": day.isoformat(), **same} for n, day in enumerate(days, 1)]
        history.ask(lambda c: c.execute(insert(RUNS), runs))
        if rows:
            history.ask(lambda c: c.execute(insert(FIELD_CHANGES), rows))
        history.record_run(at(START + timedelta(days=331)), clients(IVAN, ANNA))
        table = history.table("field_changes")
    seen: dict[str, str] = {}
    for row in table.sort("run", "number").iter_rows(named=True):
        assert row["old"] != row["new"]
        assert seen.get(row["identity"], "") == row["old"]
        seen[row["identity"]] = row["new"]
    assert {cell: value for cell, value in now.items() if value} == {**dict.fromkeys(now, ""), **seen}
    months = table.select("identity", table["day"].str.slice(0, 7))
    assert months.is_unique().all()


def _row(number: int, day: str, cell: str, old: str, new: str) -> dict:
    return {
        "run": number, "number": 0, "since": number - 1, "day": day, "who": "", "kind": "changed", "card": "client", "identity": cell,
        "sheet": "S", "cell": "A1", "field": "name", "old": old, "new": new, "client": "",
    }  # fmt: skip
