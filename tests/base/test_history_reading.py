"""Looking at a history writes nothing: not in a folder that may not be written, not to mend, not to bring up to date."""

import shutil
import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from sheets_crm.base.history import History, MarkSeen, Question
from sheets_crm.base.history import migrations as steps
from sheets_crm.errors import StateError
from tests.base.test_history import ANNA, DAYS, IVAN, clients, run, task


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / ".sheets-crm"


def pictured(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its content and time stamp."""
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def begun(folder: Path) -> None:
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task("a")])
        history.record_run(run(2), clients(IVAN | {"name": "Ваня"}, ANNA), [task("a")])


def test_a_folder_that_is_not_there_is_not_made(folder):
    with History.look(folder) as history:
        assert history.previous("client") is None
        assert history.counts() == {}
        assert history.last_run() is None
        assert history.events(Question()) == []
        assert history.notes == ()
    assert not folder.exists()


def test_looking_sees_what_writing_left_and_leaves_no_trace(folder):
    begun(folder)
    before = pictured(folder)
    with History.look(folder) as history:
        assert history.previous("client")["name"].to_list() == ["Ваня", "Анна"]
        assert history.counts() == {"client": 2}
        assert history.opened(["a"]) == {"a": DAYS[0]}
        assert [event.new for event in history.events(Question())] == ["Ваня"]
        told = history.foreseen(
            run(3), clients(IVAN), [task("b", 3)], [MarkSeen("a", {"status": "done"})], Question(last=9)
        )
        assert {event.what for event in told} == {"changed", "removed", "opened", "closed", "marked"}
        assert [event.new for event in history.events(Question())] == ["Ваня"]  # tried out, not kept
    assert pictured(folder) == before


@pytest.mark.parametrize("past", range(1, steps.newest()))
def test_a_history_of_an_older_program_is_read_and_stays_as_it_is(folder, past):
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'history.db'}")
    with engine.begin() as connection:
        steps.migrate(connection, until=past)
        connection.exec_driver_sql(
            "INSERT INTO runs VALUES (1, '2026-07-20T06:00:00+00:00', '2026-07-20', 'f', '1', '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO runs VALUES (2, '2026-07-22T06:00:00+00:00', '2026-07-22', 'f', '1', '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO stage_transitions (run, number, card, identity, stage_from, stage_to, after, day, amount)"
            " VALUES (2, 0, 'deal', 'id:1', 'A', 'B', '2026-07-20', '2026-07-22', NULL)"
        )
    engine.dispose()
    before = pictured(folder)
    with History.look(folder) as history:
        (event,) = history.events(Question())
        assert (event.what, event.old, event.new) == ("moved", "A", "B")
        assert (event.after[:10], event.seen[:10]) == (
            "2026-07-20",
            "2026-07-22",
        )  # the step filled in between which runs
    assert pictured(folder) == before
    with History.open(folder) as history:
        assert history.events(Question()) == [event]


@pytest.mark.parametrize("damage", [b"not a database" * 900, b""])
def test_a_damaged_history_reads_as_none_and_is_left_to_the_next_run(folder, damage):
    begun(folder)
    (folder / "history.db").write_bytes(damage)
    before = pictured(folder)
    with History.look(folder) as history:
        assert history.last_run() is None
        assert history.previous("client")["name"].to_list() == ["Ваня", "Анна"]  # the snapshots are whole
        assert [key for key, _ in history.notes] == (["history.damaged"] if damage else [])
    assert pictured(folder) == before


def test_a_newer_history_is_refused(folder):
    begun(folder)
    with sqlite3.connect(folder / "history.db") as database:
        database.execute("INSERT INTO schema_version VALUES (999)")
    database.close()
    before = pictured(folder)
    with History.look(folder) as history, pytest.raises(StateError) as caught:
        history.last_run()
    assert caught.value.key == "state.newer"
    assert pictured(folder) == before


def test_a_write_that_was_cut_off_is_seen_as_it_will_be_when_it_is_taken_back(folder, tmp_path):
    begun(folder)
    path = folder / "history.db"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA cache_size = 1")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO keeping VALUES (?, ?)", [(f"n{n}", "x" * 900) for n in range(400)])
    torn = tmp_path / "torn"
    shutil.copytree(folder, torn)  # as the disk stands when the process dies here
    database.execute("ROLLBACK")
    database.close()
    journal = torn / "history.db-journal"
    assert journal.stat().st_size > 0
    before = pictured(torn)
    with History.look(torn) as history:
        assert history.last_run() == run(2)
        assert (
            history.ask(lambda c: c.exec_driver_sql("SELECT COUNT(*) FROM keeping WHERE name LIKE 'n%'").scalar()) == 0
        )
    assert pictured(torn) == before


def test_a_writer_and_a_reader_do_not_hinder_one_another(folder):
    begun(folder)
    with History.look(folder) as reader, History.open(folder) as writer:
        assert reader.counts() == {"client": 2}
        writer.record_run(run(3), clients(IVAN))
        assert reader.counts() == {"client": 1}
        assert reader.last_run().started == datetime(2026, 7, 23, 6, tzinfo=UTC)
        assert reader.last_run().today == date(2026, 7, 23)
