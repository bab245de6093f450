"""The daemon as a process: it runs, it is told to stop, it is killed, its listeners misbehave."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sheets_crm.daemon.clock import Clock
from sheets_crm.daemon.outcome import Fault, Kind, Outcome, packed, unpacked
from sheets_crm.daemon.runner import Processes, end, spawn
from sheets_crm.daemon.supervise import GRACE_S
from sheets_crm.daemon.teller import Teller
from sheets_crm.daemon.worker import STOPPED
from sheets_crm.errors import OwnerError, WorkbookBusy
from sheets_crm.words import Phrase
from tests.books.untouched import Parts
from tests.daemon.processes import (
    FAST,
    a_firm,
    begin,
    environment,
    kill,
    leftovers,
    settled,
    shown,
    state_of,
    status_json,
    stop,
    wait_for,
    workers,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are not Windows' own")
HERE = "tests.daemon.listening"


@pytest.fixture
def daemon(tmp_path):
    """Begins daemons, and ends them after the test."""
    begun = []

    def make(*folders, **options):
        begun.append((begin(*folders, **options), [folder / "crm.yaml" for folder in folders]))
        return begun[-1][0]

    yield make
    for process, configs in begun:
        kill(process, *configs)


# --- one run --------------------------------------------------------------------------------------------------------


def run_once(kind, config, **options):
    wake = threading.Event()
    child = Processes(Clock(), **options).start(kind, config, longest_s=60, wake=wake)
    assert wake.wait(60)
    assert wait_for(lambda: child.outcome() is not None, 5)
    return child.outcome()


@pytest.mark.slow
def test_a_run_says_what_it_found(tmp_path):
    folder = a_firm(tmp_path / "с пробелом и кириллицей")
    outcome = run_once(Kind.FULL, folder / "crm.yaml", with_results=True)
    assert (outcome.error, outcome.written) == (None, 4)
    assert outcome.counts["clients"] == 5
    assert len(pickle.loads(outcome.result).open_tasks) == outcome.counts["tasks"]
    assert run_once(Kind.BACKUP, folder / "crm.yaml").error is None
    assert list((folder / ".sheets-crm" / "backups").glob("*.xlsx"))


@pytest.mark.slow
def test_a_run_that_can_not_go_on_says_why(tmp_path):
    folder = a_firm(tmp_path / "firm")
    (folder / "book.xlsx").unlink()
    error = run_once(Kind.LOOK, folder / "crm.yaml").error
    assert isinstance(error, OwnerError)
    assert error.key == "excel.missing"
    assert error.transient


@pytest.mark.slow
def test_a_run_that_is_killed_is_a_fault(tmp_path):
    folder = a_firm(tmp_path / "firm")
    wake = threading.Event()
    child = Processes(Clock()).start(Kind.FULL, folder / "crm.yaml", longest_s=60, wake=wake)
    time.sleep(0.3)
    os.kill(child.pid, signal.SIGKILL)
    assert wake.wait(10)
    assert wait_for(lambda: child.outcome() is not None, 5)
    assert isinstance(child.outcome().error, Fault)
    assert "-9" in child.outcome().error.place


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [0.3, 1.0, 1.3, 1.6])
def test_a_run_that_is_asked_to_stop_leaves_nothing_unfinished(tmp_path, after_s):
    folder = a_firm(tmp_path / "firm")
    process = spawn("sheets_crm.daemon.worker", ["full", str(folder / "crm.yaml"), "60"], subprocess.DEVNULL)
    time.sleep(after_s)
    process.terminate()
    said, _ = process.communicate(timeout=10)
    assert process.returncode in {0, STOPPED, -signal.SIGTERM}  # done, abandoned, or not yet begun
    assert leftovers(folder) == []
    if process.returncode == 0:
        assert unpacked(said).error is None
    Parts(folder / "book.xlsx")  # whole, whether the write had been done or not
    with state_of(folder).lock() if (folder / ".sheets-crm").exists() else threading.Lock():
        pass


def test_runs_at_once_are_few_and_a_hanging_one_takes_no_place(tmp_path, monkeypatch):
    class Slow(Clock):
        moment = 0.0

        def steady(self):
            return self.moment

    monkeypatch.setattr("sheets_crm.daemon.runner.spawn", lambda module, words, stdin: subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], stdout=subprocess.PIPE))  # fmt: skip
    clock = Slow()
    runner = Processes(clock, at_once=1)
    first = runner.start(Kind.LOOK, tmp_path, longest_s=60, wake=threading.Event())
    assert runner.start(Kind.LOOK, tmp_path, longest_s=60, wake=threading.Event()) is None
    clock.moment = 61
    second = runner.start(Kind.LOOK, tmp_path, longest_s=60, wake=threading.Event())
    assert second is not None
    for one in (first, second):
        end(one._process)
        one._thread.join()


def test_an_outcome_crosses_the_pipe_with_its_error():
    error = WorkbookBusy("excel.open_by", workbook="b.xlsx", who="Анна", card=Phrase("cli.card.client"))
    back = unpacked(packed(Outcome(Kind.LOOK, error))).error
    assert type(back) is WorkbookBusy
    assert (back.key, back.values) == (error.key, error.values)
    odd = unpacked(packed(Outcome(Kind.LOOK, OwnerError("x.y", what=threading.Lock())))).error
    assert odd.key == "x.y"
    fault = unpacked(packed(Outcome(Kind.LOOK, Fault("daemon.fault", place="here")))).error
    assert (fault.key, fault.place) == ("daemon.fault", "here")
    assert unpacked(b"torn") is None
    assert unpacked(b"") is None
    assert unpacked(pickle.dumps("something else")) is None


# --- listeners ------------------------------------------------------------------------------------------------------


@pytest.fixture
def told(tmp_path, monkeypatch):
    heard = tmp_path / "heard.txt"
    monkeypatch.setenv("LISTENING", str(heard))
    return lambda: heard.read_text("utf-8").split("\n")[:-1] if heard.exists() else []


def now():
    return datetime.now(UTC)


def test_listeners_hear_what_happens_in_order(told, tmp_path):
    troubles = []
    teller = Teller([f"{HERE}:Loud"], troubles.append)
    teller.tick(tmp_path / "crm.yaml", now())
    teller.failed(tmp_path / "crm.yaml", WorkbookBusy("excel.open_by"), now())
    teller.close([tmp_path / "crm.yaml"], now(), "asked", wait_s=20)
    assert told() == ["tick crm.yaml", "failed crm.yaml excel.open_by", "stopped 1 asked"]
    assert troubles == []


@pytest.mark.parametrize("bad", ["Raising", "Missing"])
def test_a_listener_that_raises_hurts_no_other(told, tmp_path, bad):
    troubles = []
    teller = Teller([f"{HERE}:{bad}", f"{HERE}:Loud"], troubles.append)
    for _ in range(3):
        teller.failed(tmp_path / "crm.yaml", WorkbookBusy("excel.open_by"), now())
    teller.close([], now(), "asked", wait_s=20)
    assert told() == ["failed crm.yaml excel.open_by"] * 3 + ["stopped 0 asked"]
    assert len([one for one in troubles if "failed" in one or "Missing" in one]) == 1, "told once"
    assert not [one for one in troubles if "Vera" in one or "916" in one]


@pytest.mark.slow
@pytest.mark.parametrize("bad", ["Hanging", "Dying"])
def test_a_listener_that_hangs_or_dies_holds_up_nobody(told, tmp_path, bad):
    troubles = []
    teller = Teller([f"{HERE}:{bad}"], troubles.append, call_s=2)
    began = time.monotonic()
    teller.tick(tmp_path / "crm.yaml", now())
    teller.failed(tmp_path / "crm.yaml", WorkbookBusy("excel.open_by"), now())
    assert time.monotonic() - began < 0.5, "whoever tells does not wait"
    assert wait_for(lambda: told() == ["failed crm.yaml excel.open_by"], 20)
    teller.close([], now(), "asked", wait_s=20)
    assert len(troubles) == 1


# --- the daemon -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_it_keeps_several_workbooks_and_a_bad_one_holds_up_no_other(tmp_path, daemon, told):
    good, bad, late = a_firm(tmp_path / "good"), a_firm(tmp_path / "bad"), a_firm(tmp_path / "late")
    (bad / "crm.yaml").write_text("workbook: book.xlsx\nschedul: {}\n", "utf-8")
    (late / "book.xlsx").rename(tmp_path / "away.xlsx")
    process = daemon(good, bad, late)
    assert wait_for(lambda: settled(good))
    assert wait_for(lambda: shown(bad).failing and shown(late).failing)
    found, code = status_json(good, bad, late)
    assert [one["failing"] and one["failing"]["code"] for one in found] == [None, 14, 11]
    assert found[0]["state"] == "idle"
    assert code == 14
    assert "schedule" in found[1]["failing"]["en"]
    (tmp_path / "away.xlsx").rename(late / "book.xlsx")
    (bad / "crm.yaml").write_bytes((good / "crm.yaml").read_bytes())
    assert wait_for(lambda: settled(late) and settled(bad))
    code, said = stop(process)
    assert code == 0
    assert "Остановлено" in said
    assert "Traceback" not in said
    found, code = status_json(good, bad, late)
    assert [one["state"] for one in found] == ["stopped"] * 3
    assert code == 1


@pytest.mark.slow
def test_a_saved_workbook_runs_and_our_own_write_does_not(tmp_path, daemon):
    folder = a_firm(tmp_path / "firm")
    daemon(folder)
    assert wait_for(lambda: settled(folder))
    assert wait_for(lambda: shown(folder).looked, 10), "our own write is looked at"
    first = shown(folder).last["at"]
    from tests.promises.firm import DEALS, plain

    plain(tmp_path / "next.xlsx", deals=DEALS[:-1])
    (tmp_path / "next.xlsx").replace(folder / "book.xlsx")
    assert wait_for(lambda: shown(folder).last["at"] != first and settled(folder))
    second = shown(folder).last
    assert second["written"] == 4
    time.sleep(2)
    assert shown(folder).last == second


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_it_stops_in_the_middle_of_a_run(tmp_path, daemon, name):
    folder = a_firm(tmp_path / "firm")
    process = daemon(folder)
    assert wait_for(lambda: workers(folder / "crm.yaml"), 20)
    time.sleep(0.5)
    began = time.monotonic()
    code, _ = stop(process, getattr(signal, name))
    assert code == 0
    assert time.monotonic() - began < 20
    assert workers(folder / "crm.yaml") == []
    assert leftovers(folder) == []
    with state_of(folder).lock(), state_of(folder).lock(name="daemon.lock"):
        pass


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(tmp_path, daemon):
    """Long before the run's own time to finish; the quickest of three counts, because the machine may be busy."""
    for turn in range(3):
        folder = a_firm(tmp_path / f"firm{turn}")
        process = daemon(folder)
        assert wait_for(lambda: workers(folder / "crm.yaml"), 20)  # noqa: B023 - asked at once
        os.kill(workers(folder / "crm.yaml")[0], signal.SIGSTOP)  # a run that does not come to an end
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert process.poll() is None
        began = time.monotonic()
        code, _ = stop(process)
        took = time.monotonic() - began
        assert code == 0
        assert wait_for(lambda: workers(folder / "crm.yaml") == [], 20)  # noqa: B023 - asked at once
        if took < GRACE_S / 2:
            return
    pytest.fail(f"it took {took:.1f} s")


@pytest.mark.slow
def test_one_that_was_killed_is_known_to_be_dead_and_the_next_one_begins_clean(tmp_path, daemon):
    folder = a_firm(tmp_path / "firm")
    process = daemon(folder)
    assert wait_for(lambda: settled(folder))
    assert status_json(folder)[1] == 0
    process.kill()
    process.wait()
    found, code = status_json(folder)
    assert (found[0]["state"], code) == ("dead", 1)
    (folder / ".sheets-crm" / "status.json.1.part").write_bytes(b"torn")
    daemon(folder)
    assert wait_for(lambda: status_json(folder)[1] == 0)
    assert leftovers(folder) == []


@pytest.mark.slow
def test_two_of_them_on_one_workbook_take_turns(tmp_path, daemon):
    folder = a_firm(tmp_path / "firm")
    first = daemon(folder)
    assert wait_for(lambda: settled(folder))
    second = daemon(folder, env=environment(SHEETS_CRM_MINUTE_S="1"))
    time.sleep(4)
    assert second.poll() is None
    assert shown(folder).pid == first.pid
    assert stop(first)[0] == 0
    assert wait_for(lambda: shown(folder).pid == second.pid, 15)
    code, said = stop(second)
    assert code == 0
    assert str(first.pid) in said


@pytest.mark.slow
def test_an_edited_configuration_is_taken_up_while_it_runs(tmp_path, daemon):
    folder = a_firm(
        tmp_path / "firm", more="schedule: {every_minutes: 0, nightly: off, weekly_backup: off, quiet_seconds: 5}\n"
    )
    daemon(folder)
    assert wait_for(lambda: shown(folder).last and not shown(folder).next)
    text = (folder / "crm.yaml").read_text("utf-8")
    (folder / "crm.yaml").write_text(text[: text.index("schedule")] + FAST, "utf-8")
    assert wait_for(lambda: shown(folder).next)


def test_it_says_that_there_is_no_configuration(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "sheets_crm", "run", str(tmp_path / "nowhere")], env=environment(), capture_output=True, check=False
    )  # fmt: skip
    assert done.returncode == 14
    assert b"Traceback" not in done.stderr


def test_the_daemon_loads_nothing_that_reckons():
    code = "import sys, sheets_crm.daemon.supervise; print([m for m in ('sqlalchemy', 'numpy', 'lxml', 'scipy', 'apprise') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == b"[]"
