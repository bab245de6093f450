"""The database and the snapshots put back from copies of different days: every table, older and newer than the other."""

import shutil
from pathlib import Path

import pytest

from sheets_crm.base.history import History, MarkSeen, Question
from tests.base.test_history import ANNA, DAYS, IVAN, NOW, base, clients, deals, frame, run, task

NAMELESS = {"name": "Иван", "phone": "+71", "phones": ["+71"], "city": "Омск"}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / ".sheets-crm"


def kept(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def put_back(folder: Path, files: dict[str, bytes], *, only: str = "") -> None:
    """Files of an earlier day take the place of today's; `only`: these, and the others stay as they are."""
    if not only:
        shutil.rmtree(folder)
    elif only == "snapshots":
        shutil.rmtree(folder / "snapshots")
    for name, data in files.items():
        if name.startswith(only):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def recorded(folder, day, found, tasks=()):
    """One run as sync does it: identities are carried over from what history remembers."""
    with History.open(folder) as history:
        previous = history.previous("client")
        rows = [{name: row[name] for name in NAMELESS} for row in found]
        history.record_run(run(day), base({"client": frame(rows, previous=previous)}), tasks)
        return history.previous("client")["_id"].to_list()


def edits(folder):
    with History.look(folder) as history:
        table = history.table("field_changes")
        return table.filter(table["kind"] == "changed").select("field", "old", "new", "since", "run").rows()


@pytest.fixture
def three_days(folder):
    """Three runs; what the folder held after each. The phone was edited on the second, the name on the third."""
    states = []
    for day, row in enumerate(
        [
            NAMELESS,
            NAMELESS | {"phone": "+79", "phones": ["+79"]},
            NAMELESS | {"phone": "+79", "phones": ["+79"], "name": "Ваня"},
        ]
    ):
        recorded(folder, day, [row], [task("a")])
        states.append(kept(folder))
    return states


LATER = NAMELESS | {"phone": "+79", "phones": ["+79"], "name": "Ваня", "city": "Томск"}


@pytest.mark.parametrize("old", [0, 1])
def test_a_database_older_than_the_snapshots_keeps_who_is_who(folder, three_days, old):
    put_back(folder, three_days[old], only="history.db")
    assert recorded(folder, 4, [LATER], [task("a", 4)]) == ["phone:+71"]  # the newest snapshot knows
    with History.look(folder) as history:
        runs = history.table("runs")["run"].to_list()
        assert runs == [*range(1, old + 2), 4]  # no number is given twice
    assert edits(folder)[-1] == ("city", "Омск", "Томск", old + 1, 4)  # between the last run on record and this one
    assert recorded(folder, 5, [LATER], [task("a", 4)]) == ["phone:+71"]
    assert len(edits(folder)) == old + 1


def test_a_database_older_than_the_snapshots_says_so(folder, three_days):
    put_back(folder, three_days[0], only="history.db")
    with History.open(folder) as history:
        history.previous("client")
        assert [key for key, _ in history.notes] == ["history.put_back"]


@pytest.mark.parametrize("old", [0, 1])
def test_snapshots_older_than_the_database_record_nothing_twice(folder, three_days, old):
    before = edits(folder)
    put_back(folder, three_days[old], only="snapshots")
    with History.open(folder) as history:
        assert history.previous("client") is not None
        assert [key for key, _ in history.notes] == ["state.snapshot_lost"]
    named = recorded(folder, 4, [LATER])
    assert edits(folder) == before  # what is on record already is not told again
    assert named == (["phone:+79"] if old == 0 else ["phone:+71"])  # as much as an old snapshot can know
    recorded(folder, 5, [LATER | {"city": "Тверь"}])
    assert edits(folder) == [*before, ("city", "Томск", "Тверь", 4, 5)]


def test_a_whole_folder_put_back_tells_the_longer_span(folder, three_days):
    put_back(folder, three_days[1])
    with History.open(folder) as history:
        assert history.previous("client") is not None
        assert history.notes == ()
    assert recorded(folder, 6, [LATER]) == ["phone:+71"]
    assert edits(folder)[-2:] == [("name", "Иван", "Ваня", 2, 3), ("city", "Омск", "Томск", 2, 3)]


def test_a_client_whose_every_key_changed_since_an_old_copy_is_a_new_one(folder, three_days):
    """What an old copy can't know: docs/explain/identity.md says so."""
    put_back(folder, three_days[0])
    assert recorded(folder, 6, [LATER]) == ["phone:+79"]
    with History.look(folder) as history:
        assert history.table("field_changes")["kind"].sort().to_list() == ["added", "removed"]


def test_an_old_folder_copied_over_the_new_one_keeps_who_is_who(folder, three_days):
    for name, data in three_days[0].items():
        (folder / name).write_bytes(data)  # nothing is removed: old and new snapshots lie side by side
    assert recorded(folder, 4, [LATER]) == ["phone:+71"]
    assert {(field, since) for field, _, _, since, _ in edits(folder)} == {("phone", 1), ("name", 1), ("city", 1)}
    assert len(list((folder / "snapshots").iterdir())) == 1


def test_without_a_database_the_newest_snapshot_speaks(folder, three_days):
    (folder / "history.db").unlink()
    assert recorded(folder, 4, [LATER]) == ["phone:+71"]
    assert edits(folder) == [("city", "Омск", "Томск", 0, 4)]


@pytest.mark.parametrize("what", ["history.db", ""])
def test_marks_of_an_old_copy_are_caught_up_with_once(folder, what):
    done = [MarkSeen("a", {"status": "done", "comment": "да"})]
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task("a")])
    old = kept(folder)
    with History.open(folder) as history:
        history.record_marks(done, today=DAYS[1], now=NOW)
        history.record_run(run(1), clients(IVAN, ANNA), [task("a", status="done")])
    put_back(folder, old, only=what)
    for day in (2, 3):
        with History.open(folder) as history:
            assert history.record_marks(done, today=DAYS[day], now=NOW) == (2 if day == 2 else 0)
            history.record_run(run(day), clients(IVAN, ANNA), [task("a", status="done")])
    with History.look(folder) as history:
        assert history.table("tasks").select("key", "opened", "closed", "status").rows() == [
            ("a", "2026-07-20", "2026-07-22", "done")
        ]
        moves = history.table("task_moves").select("state_from", "state_to", "since").rows()
        assert moves == [("open", "done", 1)]


def test_a_task_that_an_old_copy_holds_open_and_that_is_gone_is_closed_once(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN), [task("a"), task("b")])
        old = kept(folder)
        history.record_run(run(1), clients(IVAN), [task("b")])
    put_back(folder, old, only="history.db")
    with History.open(folder) as history:
        assert history.record_run(run(2), clients(IVAN), [task("b")]).tasks_closed == 1
        assert history.record_run(run(3), clients(IVAN), [task("b")]).tasks_closed == 0


def test_a_newer_database_meets_an_older_workbook(folder):
    """The workbook came back from a backup: what its rows say now is what counts, and it is one more event."""
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task("a")])
        history.record_marks([MarkSeen("a", {"status": "done"})], today=DAYS[1], now=NOW)
        history.record_run(run(1), clients(IVAN), [task("a", status="done")])
        assert history.record_marks([MarkSeen("a", {"status": "new"})], today=DAYS[2], now=NOW) == 1
        history.record_run(run(2), clients(IVAN, ANNA), [task("a")])
        told = [(one.kind, one.what) for one in history.events(Question())]
    marks = [("task", "marked")] * 2
    assert sorted(told) == sorted(
        [*marks, ("task", "closed"), ("change", "removed"), ("task", "reopened"), ("change", "added")]
    )


def test_stages_between_an_old_copy_and_newer_snapshots_are_not_missing(folder):
    with History.open(folder) as history:
        history.record_run(run(0), deals(("1", "Новая"), ("2", "Новая")))
        history.record_run(run(1), deals(("1", "Счёт"), ("2", "Новая")))
    old = kept(folder)
    with History.open(folder) as history:
        history.record_run(run(3), deals(("1", "Договор"), ("2", "Новая")))
    put_back(folder, old, only="history.db")
    now = deals(("1", "Договор"), ("2", "Новая"))
    with History.open(folder) as history:
        since = history.entered_stage("deal", now.frames["deal"], DAYS[5]).select("entered", "after").rows()
        assert since == [(DAYS[5], DAYS[1]), (None, None)]
        history.record_run(run(5), now)
        again = history.entered_stage("deal", now.frames["deal"], DAYS[6]).select("entered", "after").rows()
        assert again == since  # this run and the next say the same
        moves = history.table("stage_transitions").select("stage_from", "stage_to", "after", "day").rows()
    assert moves[-1] == ("Счёт", "Договор", "2026-07-21", "2026-07-25")


def test_problems_of_an_old_copy_are_only_old(folder):
    from sheets_crm.base.model import Base
    from sheets_crm.cards.model import Problem

    bad = [Problem("Клиенты", f"C{row}", row, "bad_phone", "12-34", card="client", field="phone") for row in (2, 3)]
    frames = clients(IVAN, ANNA).frames
    with History.open(folder) as history:
        history.record_run(run(0), Base(frames, (bad[0],), {}))
        old = kept(folder)
        history.record_run(run(1), Base(frames, (bad[1],), {}))
    put_back(folder, old, only="history.db")
    with History.open(folder) as history:
        assert history.first_seen(Base(frames, tuple(bad), {}), DAYS[3]) == (DAYS[0], DAYS[3])


def test_a_card_kind_first_met_by_a_run_that_died_is_met_again(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN))
        history._snapshots.write("deal", 2, deals(("1", "Новая")).frames["deal"])  # written, and then the process died
    with History.open(folder) as history:
        history.record_run(run(1), base({**clients(IVAN).frames, **deals(("1", "Счёт")).frames}))
        moves = history.table("stage_transitions").select("stage_from", "stage_to").rows()
    assert moves == [("Новая", "Счёт")]
