"""What history remembers, what it forgives, and that it may be deleted any time."""

import errno
import sqlite3
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import create_engine, inspect

from sheets_crm.base.history import (
    History,
    Loss,
    MarkSeen,
    Run,
    TaskSeen,
    changes,
    looks_emptied,
    looks_rewritten,
)
from sheets_crm.base.history import migrations as steps
from sheets_crm.base.history.schema import METADATA
from sheets_crm.base.identity import identify
from sheets_crm.base.model import Base, Binding, BoundColumn, Layout
from sheets_crm.cards.model import Problem
from sheets_crm.errors import StateError
from sheets_crm.words import say

NOW = datetime(2026, 7, 22, 8, 0, tzinfo=UTC)
DAYS = [date(2026, 7, day) for day in range(20, 31)]


def frame(rows: list[dict], card: str = "client", previous: pl.DataFrame | None = None, **schema) -> pl.DataFrame:
    table = pl.DataFrame(rows, schema_overrides=schema)
    table = table.with_columns(_sheet=pl.lit("Клиенты"), _row=pl.int_range(2, table.height + 2, dtype=pl.UInt32))
    return table.with_columns(identify(table, card, previous))


def base(frames: dict, problems: tuple[Problem, ...] = ()) -> Base:
    layout = Layout(1, pl.Series([], dtype=pl.UInt32), {}, pl.Series([], dtype=pl.UInt32))
    columns = tuple(
        BoundColumn(card, name, index, name)
        for card, table in frames.items()
        for index, name in enumerate(name for name in table.columns if not name.startswith("_"))
    )
    return Base(frames, problems, {"Клиенты": Binding("Клиенты", tuple(frames), layout, columns)})


def run(day: int) -> Run:
    return Run(datetime(2026, 7, 20 + day, 6, tzinfo=UTC), DAYS[day], f"f{day}", "1.0", "anna@shop.ru")


IVAN = {"id": "1", "name": "Иван", "phone": "+71", "phones": ["+71"]}
ANNA = {"id": "2", "name": "Анна", "phone": "+72", "phones": ["+72"]}


def clients(*rows: dict) -> Base:
    return base({"client": frame(list(rows))})


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / ".sheets-crm"


# --- snapshots and changes ---------------------------------------------------------------------------------------------


def test_the_first_run_records_no_changes_and_keeps_the_base(folder):
    with History.open(folder) as history:
        assert history.previous("client") is None
        assert history.counts() == {}
        assert history.last_run() is None
        summary = history.record_run(run(0), clients(IVAN, ANNA))
    assert (summary.first, summary.changed, summary.added) == (True, 0, 0)
    with History.open(folder) as history:
        assert history.previous("client").equals(clients(IVAN, ANNA).frames["client"])
        assert history.counts() == {"client": 2}
        assert history.last_run() == run(0)
        assert history.table("field_changes").height == 0


def test_changes_say_where_when_and_what(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA))
        edited = IVAN | {"phone": "+79", "phones": ["+79", "+71"]}
        new = {"id": "3", "name": "Пётр", "phone": None, "phones": None}
        summary = history.record_run(run(2), clients(new, edited))
        assert (summary.first, summary.changed, summary.added, summary.removed) == (False, 1, 1, 1)
        rows = history.table("field_changes").drop("number", "card").rows()
    line = (2, 1, "2026-07-22", "anna@shop.ru")
    assert sorted(rows) == sorted(
        [
            (*line, "added", "id:3", "Клиенты", "A2", "", None, "Пётр", ""),
            (*line, "removed", "id:2", "Клиенты", "A3", "", "Анна", None, ""),
            (*line, "changed", "id:1", "Клиенты", "C3", "phone", "+71", "+79; +71", ""),
        ]
    )


def test_sorting_is_no_change_and_an_equal_base_writes_no_snapshot(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA))
        before = {file.name for file in (folder / "snapshots").iterdir()}
        history.record_run(run(1), clients(IVAN, ANNA))
        assert {file.name for file in (folder / "snapshots").iterdir()} == before
        summary = history.record_run(run(2), clients(ANNA, IVAN))
        assert (summary.changed, summary.added, summary.removed) == (0, 0, 0)
        assert history.previous("client")["name"].to_list() == ["Анна", "Иван"]
        assert len(list((folder / "snapshots").iterdir())) == 1


def test_a_column_bound_later_is_not_a_thousand_changes(folder):
    with History.open(folder) as history:
        history.record_run(run(0), base({"client": frame([IVAN, ANNA]).drop("name")}))
        assert history.record_run(run(1), clients(IVAN, ANNA)).changed == 0


def test_values_are_kept_as_people_write_them():
    was = frame(
        [{"id": "1", "amount": Decimal(100), "on": date(2026, 1, 2), "share": 0.5, "ok": True, "client": "А"}],
        amount=pl.Decimal(38, 4),
    ).with_columns(client_id=pl.lit("x"))
    now = was.with_columns(
        amount=pl.lit(Decimal("1200.5"), pl.Decimal(38, 4)),
        on=pl.lit(None, pl.Date),
        share=pl.lit(20.0),
        ok=pl.lit(False),
        client_id=pl.lit("y"),
    )
    told = {field: (old, new) for field, old, new in changes(was, now).select("field", "old", "new").rows()}
    assert told == {
        "amount": ("100", "1200.5"),
        "on": ("2026-01-02", None),
        "share": ("0.5", "20"),
        "ok": ("true", "false"),
    }


def test_a_column_whose_type_changed_is_compared_as_text():
    was = frame([{"id": "1", "code": "12"}, {"id": "2", "code": "x"}])
    now = was.with_columns(code=pl.Series([12, 13]))
    assert changes(was, now).select("old", "new").rows() == [("x", "13")]


def test_a_card_that_is_not_bound_any_more_keeps_its_snapshot(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN))
        history.record_run(run(1), base({}))
        history.record_run(run(2), clients(IVAN | {"name": "Иван П."}))
        assert history.table("field_changes").height == 1


def test_an_empty_card_kind_is_remembered_as_empty(folder):
    nobody = base({"client": frame([IVAN]).clear()})
    with History.open(folder) as history:
        history.record_run(run(0), nobody)
        assert history.record_run(run(1), clients(IVAN)).added == 1
        assert history.record_run(run(2), nobody).removed == 1
    with History.open(folder) as history:
        assert history.previous("client").height == 0
        assert history.counts() == {"client": 0}


# --- stages -------------------------------------------------------------------------------------------------------------


def deals(*stages: tuple[str, str | None]) -> Base:
    rows = [{"id": key, "stage": stage, "amount": Decimal(5)} for key, stage in stages]
    return base({"deal": frame(rows, "deal", stage=pl.String)})


def test_stages_are_followed_from_run_to_run(folder):
    with History.open(folder) as history:
        history.record_run(run(0), deals(("1", "Новая"), ("2", None)))
        history.record_run(run(3), deals(("1", "Счёт"), ("2", "Новая"), ("3", "Новая")))
        history.record_run(run(4), deals(("1", "Счёт"), ("3", "Новая")))
        moves = history.table("stage_transitions").select(
            "identity", "stage_from", "stage_to", "after", "day", "amount"
        )
        assert moves.rows() == [
            ("id:1", "Новая", "Счёт", "2026-07-20", "2026-07-23", "5"),
            ("id:2", None, "Новая", "2026-07-20", "2026-07-23", "5"),
            ("id:3", None, "Новая", "2026-07-20", "2026-07-23", "5"),
            ("id:2", "Новая", None, "2026-07-23", "2026-07-24", None),
        ]


def test_time_in_stage_counts_this_run_too(folder):
    with History.open(folder) as history:
        history.record_run(run(0), deals(("1", "Новая"), ("2", "Новая")))
        now = deals(("2", "Новая"), ("1", "Счёт"), ("3", "Счёт")).frames["deal"]
        since = history.entered_stage("deal", now, DAYS[5])
        assert since.select("_id", "entered", "after").rows() == [
            ("id:2", None, None),
            ("id:1", DAYS[5], DAYS[0]),
            ("id:3", DAYS[5], DAYS[0]),
        ]


def test_a_stage_left_and_entered_again_counts_from_the_return(folder):
    with History.open(folder) as history:
        for day, stage in enumerate(["А", "Б", "А"]):
            history.record_run(run(day), deals(("1", stage)))
        now = deals(("1", "А")).frames["deal"]
        assert history.entered_stage("deal", now, DAYS[5])["entered"].to_list() == [DAYS[2]]


# --- tasks and marks ----------------------------------------------------------------------------------------------------


def task(key: str, day: int = 0, **more) -> TaskSeen:
    return TaskSeen(key, "offer_followup", DAYS[day], **more)


def test_a_mark_is_recorded_once_and_a_value_that_comes_back_again(folder):
    done, new = MarkSeen("k", {"status": "done", "comment": ""}, "Анна"), MarkSeen("k", {"status": "new"})
    with History.open(folder) as history:
        assert history.record_marks([MarkSeen("k", {"status": "new", "comment": ""})], today=DAYS[0], now=NOW) == 0
        assert history.record_marks([done], today=DAYS[0], now=NOW) == 1
        assert history.record_marks([done, done], today=DAYS[1], now=NOW) == 0
        assert history.record_marks([new], today=DAYS[1], now=NOW) == 1
    with History.open(folder) as history:
        assert history.record_marks([done], today=DAYS[2], now=NOW) == 1
        assert history.last_marks(["k", "other"]) == {"k": {"status": "done"}}
        told = history.table("task_events").select("number", "old", "new", "who", "day").rows()
    assert told == [
        (1, "new", "done", "Анна", "2026-07-20"),
        (2, "done", "new", "", "2026-07-21"),
        (3, "new", "done", "Анна", "2026-07-22"),
    ]


def test_tasks_are_opened_once_and_closed_when_done_or_gone(folder):
    with History.open(folder) as history:
        first = history.record_run(run(0), clients(IVAN), [task("a"), task("b"), task("c")])
        assert (first.tasks_opened, first.tasks_closed) == (3, 0)
        second = history.record_run(run(1), clients(IVAN), [task("a", 1), task("b", 1, status="done")])
        assert (second.tasks_opened, second.tasks_closed) == (0, 2)
        assert history.opened(["a", "b", "x"]) == {"a": DAYS[0], "b": DAYS[0]}
        third = history.record_run(run(2), clients(IVAN), [task("a", 2), task("c", 2), task("d", 2)])
        assert (third.tasks_opened, third.tasks_closed) == (1, 0)
        rows = history.table("tasks").select("key", "opened", "closed", "closed_reason", "status").rows()
    assert rows == [
        ("a", "2026-07-20", None, "", "new"),
        ("b", "2026-07-20", "2026-07-21", "", "done"),
        ("c", "2026-07-20", None, "", "new"),
        ("d", "2026-07-22", None, "", "new"),
    ]


def test_thousands_of_tasks_and_marks_fit(folder):
    keys = [f"k{n}" for n in range(2500)]
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN), [task(key) for key in keys])
        assert len(history.opened(keys)) == 2500
        marks = [MarkSeen(key, {"status": "done"}) for key in keys]
        assert history.record_marks(marks, today=DAYS[1], now=NOW) == 2500
        assert history.record_run(run(1), clients(IVAN)).tasks_closed == 2500


# --- problems -----------------------------------------------------------------------------------------------------------


def test_a_problem_keeps_its_first_day_when_its_row_moves(folder):
    def bad(row: int, seen: str = "12-34") -> Problem:
        return Problem("Клиенты", f"C{row}", row, "bad_phone", seen, card="client", field="phone")

    def on_sheet(row: int) -> Problem:
        return Problem("Прочее", f"A{row}", row, "bad_date", "?")

    with History.open(folder) as history:
        start = Base(clients(IVAN, ANNA).frames, (bad(2), on_sheet(9)), {})
        assert history.first_seen(start, DAYS[0]) == (DAYS[0], DAYS[0])
        history.record_run(run(0), start)
        moved = Base(clients(ANNA, IVAN).frames, (bad(3), bad(2), on_sheet(10)), {})
        assert history.first_seen(moved, DAYS[4]) == (DAYS[0], DAYS[4], DAYS[0])
        history.record_run(run(4), moved)
        history.record_run(run(5), Base(moved.frames, (bad(2),), {}))
        assert history.first_seen(moved, DAYS[6]) == (DAYS[6], DAYS[4], DAYS[6])


# --- alarms -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("was", "now", "loss"),
    [
        ({"client": 20}, {"client": 10}, None),
        ({"client": 20}, {"client": 9}, Loss("client", 20, 9)),
        ({"client": 19}, {"client": 1}, None),
        ({"client": 3}, {"client": 0}, Loss("client", 3, 0)),
        ({"client": 0}, {"client": 0}, None),
        ({"client": 500}, {}, None),
        ({}, {"client": 0}, None),
        ({"client": 100, "deal": 100}, {"client": 40, "deal": 30}, Loss("deal", 100, 30)),
        ({"client": 100}, {"client": 300}, None),
    ],
)
def test_a_base_that_lost_most_of_its_rows_is_noticed(was, now, loss):
    assert looks_emptied(was, now) == loss


def test_a_column_sorted_apart_from_its_neighbours_is_noticed():
    was = frame([{"name": f"Имя {n:02}", "phone": f"+7{n:02}"} for n in range(30)])
    apart = was.select("name", pl.col("phone").reverse(), "_sheet", "_row")
    now = apart.with_columns(identify(apart, "client", was))
    assert looks_rewritten("client", was, now).rows == 30
    assert looks_rewritten("client", was, was) is None
    assert looks_rewritten("client", None, was) is None
    assert looks_rewritten("client", was.head(19), now.head(19)) is None
    some = was.with_columns(phone=pl.when(pl.int_range(pl.len()) < 15).then(pl.lit("+7")).otherwise("phone"))
    assert looks_rewritten("client", was, some) is None


# --- crashes, damage, loss ----------------------------------------------------------------------------------------------


def test_state_may_be_deleted_any_time(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task("a")])
        history.record_marks([MarkSeen("a", {"status": "done"})], today=DAYS[0], now=NOW)
        for file in sorted(folder.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        folder.rmdir()
    with History.open(folder) as history:
        assert history.previous("client") is None
        assert history.record_marks([MarkSeen("a", {"status": "done"})], today=DAYS[1], now=NOW) == 1
        assert history.record_run(run(1), clients(IVAN, ANNA), [task("a", 1)]).first


def test_the_database_may_vanish_between_two_calls(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN))
        (folder / "history.db").unlink()
        assert history.opened(["a"]) == {}
        history.record_run(run(1), clients(IVAN))


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "torn", "middle"])
def test_a_damaged_database_is_put_aside_and_begun_anew(folder, damage):
    path = folder / "history.db"
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task(f"k{n}") for n in range(300)])
        before = history.previous("client")
    data = path.read_bytes()
    if damage == "torn":
        with sqlite3.connect(path) as database:
            database.execute("DROP TABLE tasks")
        database.close()
    else:
        path.write_bytes(
            {
                "garbage": b"not a database at all" * 500,
                "truncated": data[: len(data) // 3],
                "empty": b"",
                "middle": data[:4096] + b"\xff" * (len(data) - 4096),
            }[damage]
        )
    with History.open(folder) as history:
        summary = history.record_run(run(1), clients(IVAN | {"name": "Ваня"}, ANNA), [task("k1", 1)])
        assert summary.run > 1
        assert history.previous("client")["name"].to_list() == ["Ваня", "Анна"]
        if damage != "empty":
            assert [key for key, _ in history.notes] == ["state.database_moved"]
            assert list(folder.glob("history.damaged-*.db"))
    assert before["_id"].to_list() == ["id:1", "id:2"]
    with History.open(folder) as history:
        assert history.record_run(run(2), clients(IVAN, ANNA)).changed == 1
        assert history.notes == ()


def test_identity_survives_the_loss_of_the_database_alone(folder):
    nameless = {"name": "Иван", "phone": "+71", "phones": ["+71"]}
    with History.open(folder) as history:
        history.record_run(run(0), base({"client": frame([nameless])}))
    (folder / "history.db").unlink()
    with History.open(folder) as history:
        assert history.previous("client")["_id"].to_list() == ["phone:+71"]
        assert history.counts() == {"client": 1}


@pytest.mark.parametrize("how", ["gone", "damaged", "other"])
def test_a_lost_snapshot_is_a_note_and_a_fresh_start(folder, how):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA))
    (file,) = (folder / "snapshots").iterdir()
    if how == "gone":
        file.unlink()
    elif how == "damaged":
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        file.write_bytes(bytes(data))
    else:
        frame([ANNA]).write_parquet(file)
    with History.open(folder) as history:
        assert history.previous("client") is None
        ((key, values),) = history.notes
        assert (key, say(key, "en", **values)) == ("state.snapshot_lost", say(key, "en", card="clients"))
        assert history.counts() == {"client": 2}
        assert history.record_run(run(1), clients(IVAN)).changed == 0
        assert history.previous("client").height == 1
    with History.open(folder) as history:
        assert history.previous("client").height == 1


def test_an_old_state_folder_put_back_is_only_old(folder, tmp_path):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA))
        old = (folder / "history.db").read_bytes()
        history.record_run(run(1), clients(IVAN))
    (folder / "history.db").write_bytes(old)
    with History.open(folder) as history:
        assert history.previous("client").height == 1  # the file it names was replaced since: the newer one speaks
        assert [key for key, _ in history.notes] == ["history.put_back"]
        summary = history.record_run(run(2), clients(IVAN))
        assert (summary.run, summary.removed) == (3, 0)  # never the number of a file that exists
        assert history.previous("client").height == 1


class Crash(Exception):
    pass


STEPS = [
    "sheets_crm.base.history.snapshots.write_whole",
    "sheets_crm.base.history.recording._located",
    "sheets_crm.base.history.stages.record_stages",
    "sheets_crm.base.history.problems.record",
    "sheets_crm.base.history.events.record_tasks",
    "sheets_crm.base.history.snapshots.Snapshots.keep_only",
    "sheets_crm.disk.flush_folder",
    "sheets_crm.disk.flush",
]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(folder, monkeypatch, step, late):
    import pkgutil

    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN, ANNA), [task("a")])
    real = pkgutil.resolve_name(step)

    def crash(*args, **kwargs):
        if late:
            real(*args, **kwargs)
        raise Crash

    edited = clients(IVAN | {"name": "Ваня"}, ANNA)
    monkeypatch.setattr(step, crash)
    with History.open(folder) as history, pytest.raises(Crash):
        history.record_run(run(1), edited, [task("a"), task("b", 1)])
    monkeypatch.undo()
    with History.open(folder) as history:
        assert history.notes == ()
        assert history.previous("client") is not None
        history.record_run(run(1), edited, [task("a"), task("b", 1)])
        told = history.table("field_changes").select("identity", "field", "old", "new").rows()
        assert told == [("id:1", "name", "Иван", "Ваня")]
        assert history.opened(["a", "b"]) == {"a": DAYS[0], "b": DAYS[1]}
        assert history.notes == ()
    assert not list(folder.rglob("*.part"))
    assert len(list((folder / "snapshots").iterdir())) == 1


def test_a_full_disk_is_told_and_leaves_the_last_run(folder, monkeypatch):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN))

        def full(*_):
            raise OSError(errno.ENOSPC, "no space")

        monkeypatch.setattr("sheets_crm.base.history.snapshots.write_whole", full)
        with pytest.raises(StateError) as caught:
            history.record_run(run(1), clients(ANNA))
        assert caught.value.key == "state.disk_full"
    with History.open(folder) as history:
        assert history.previous("client")["name"].to_list() == ["Иван"]


def test_a_folder_that_is_a_file_is_told(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(StateError) as caught:
        History.open(tmp_path / "x" / ".sheets-crm")
    assert caught.value.key == "state.folder_denied"


def test_a_database_that_cannot_be_opened_is_told(folder):
    (folder / "history.db").mkdir(parents=True)
    with pytest.raises(StateError) as caught:
        History.open(folder)
    assert caught.value.key == "state.folder_denied"


def test_a_busy_database_is_told(folder, monkeypatch):
    monkeypatch.setattr("sheets_crm.base.history.database._WAIT_S", 0.05)
    History.open(folder).close()
    other = sqlite3.connect(folder / "history.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StateError) as caught:
        History.open(folder)
    other.close()
    assert caught.value.key == "state.database_busy"


def test_files_are_for_their_owner_alone(folder):
    with History.open(folder) as history:
        history.record_run(run(0), clients(IVAN))
    others = 0o077 if sys.platform != "win32" else 0  # Windows has no such modes
    assert [path for path in [folder, *folder.rglob("*")] if path.stat().st_mode & others] == []


# --- migrations ---------------------------------------------------------------------------------------------------------


def shape(path: Path) -> dict:
    engine = create_engine(f"sqlite:///{path}")
    look = inspect(engine)
    found = {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
            look.get_pk_constraint(table)["constrained_columns"],
            sorted((index["name"], tuple(index["column_names"])) for index in look.get_indexes(table)),
        )
        for table in look.get_table_names()
    }
    engine.dispose()
    return found


def test_all_migrations_make_the_schema_that_the_code_speaks_of(folder, tmp_path):
    History.open(folder).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'other.db'}")
    METADATA.create_all(engine)
    engine.dispose()
    assert shape(folder / "history.db") == shape(tmp_path / "other.db")


def test_migrations_are_numbered_without_gaps():
    assert list(steps.steps()) == list(range(1, steps.newest() + 1))


@pytest.mark.parametrize("past", range(steps.newest()))
def test_every_past_version_is_brought_up(folder, past):
    folder.mkdir()
    engine = create_engine(f"sqlite:///{folder / 'history.db'}")
    with engine.begin() as connection:
        steps.migrate(connection, until=past) if past else None
    engine.dispose()
    with History.open(folder) as history:
        assert history.record_run(run(0), clients(IVAN), [task("a")]).tasks_opened == 1
    assert (folder / f"history.db.v{past}").exists() == (past > 0)


def test_a_migration_that_fails_leaves_the_old_version(folder, monkeypatch):
    History.open(folder).close()
    broken = steps.steps() | {steps.newest() + 1: "CREATE TABLE half (x TEXT); CREATE TABLE tasks (x TEXT);"}
    before = shape(folder / "history.db")
    monkeypatch.setattr(steps, "steps", lambda: broken)
    with pytest.raises(Exception, match="already exists"):
        History.open(folder)
    monkeypatch.undo()
    assert shape(folder / "history.db") == before
    assert (folder / f"history.db.v{steps.newest()}").exists()
    History.open(folder).close()


def test_a_database_of_a_newer_program_is_left_alone(folder):
    History.open(folder).close()
    with sqlite3.connect(folder / "history.db") as database:
        database.execute("INSERT INTO schema_version VALUES (999)")
    database.close()
    data = (folder / "history.db").read_bytes()
    for _ in range(2):
        with pytest.raises(StateError) as caught:
            History.open(folder)
        assert caught.value.key == "state.newer"
    assert (folder / "history.db").read_bytes() == data
