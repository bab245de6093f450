"""The state folder: whose it is, one run at a time, what the last run left, and a log without people in it."""

import errno
import json
import logging
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from sheets_crm import words
from sheets_crm.errors import StateError, WorkbookBusy
from sheets_crm.sync.state import LastRun, StateFolder, digest, stamp_of, unchanged

ROOT = str(Path(__file__).parents[2])
NOW = datetime(2026, 7, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def state(tmp_path) -> StateFolder:
    return StateFolder.beside(tmp_path / "crm.yaml", "Клиенты.xlsx")


def python(code: str, **more) -> subprocess.Popen:
    env = os.environ | {"PYTHONPATH": ROOT}
    return subprocess.Popen([sys.executable, "-c", code], env=env, text=True, stdout=subprocess.PIPE, **more)


def test_the_folder_is_private_and_kept_out_of_repositories(state, tmp_path):
    assert state.path == tmp_path / ".sheets-crm"
    assert (state.path / ".gitignore").read_text() == "*\n"
    others = 0o077 if sys.platform != "win32" else 0
    assert [path for path in [state.path, *state.path.iterdir()] if path.stat().st_mode & others] == []


def test_a_folder_left_open_is_closed(tmp_path):
    (tmp_path / ".sheets-crm").mkdir(mode=0o755)
    path = StateFolder.beside(tmp_path / "crm.yaml").path
    assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o700


def test_two_configurations_in_one_directory_do_not_share_a_state(tmp_path):
    first = StateFolder.beside(tmp_path / "crm.yaml", "Клиенты.xlsx")
    other = StateFolder.beside(tmp_path / "suppliers.yaml", "Поставщики.xlsx")
    assert other.path == first.path / "for-suppliers"
    assert StateFolder.beside(tmp_path / "suppliers.yaml", "Поставщики.xlsx").path == other.path
    assert StateFolder.beside(tmp_path / "crm.yaml", "Клиенты.xlsx").path == first.path


@pytest.mark.parametrize(("config", "workbook"), [("crm.yaml", "Новое имя.xlsx"), ("shop.yaml", "Клиенты.xlsx")])
def test_a_renamed_workbook_or_configuration_keeps_its_state(state, tmp_path, config, workbook):
    assert StateFolder.beside(tmp_path / config, workbook).path == state.path
    assert StateFolder.beside(tmp_path / config, workbook).path == state.path


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / ".sheets-crm").write_text("")
    with pytest.raises(StateError) as caught:
        StateFolder.beside(tmp_path / "crm.yaml")
    assert caught.value.key == "state.folder_denied"


@pytest.mark.parametrize("step", ["write_whole", "make_folder"])
def test_a_read_only_folder_is_told(tmp_path, monkeypatch, step):
    def denied(*_):
        raise PermissionError(13, "denied")

    monkeypatch.setattr(f"sheets_crm.sync.state.{step}", denied)
    with pytest.raises(StateError) as caught:
        StateFolder.beside(tmp_path / "crm.yaml")
    assert caught.value.key == "state.folder_denied"


# --- the stamp ----------------------------------------------------------------------------------------------------------

LAST = LastRun("f1", "c1", "r1", "1.0", "2026-07-22", {"prices.csv": "p1"}, {"tasks": 7})


def test_the_stamp_is_read_back(state):
    assert state.last_run() is None
    state.stamp(LAST, now=NOW)
    last = state.last_run()
    assert last == replace(LAST, finished="2026-07-22T08:00:00+00:00")
    assert unchanged(last, replace(LAST, counts={}))


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "f2"}, {"config": "c2"}, {"rules": "r2"}, {"program": "1.1"}, {"today": "2026-07-23"},
        {"sources": {}}, {"sources": {"prices.csv": "p2"}},
    ],
)  # fmt: skip
def test_anything_new_is_a_change(state, change):
    state.stamp(LAST, now=NOW)
    assert not unchanged(state.last_run(), replace(LAST, **change))


def test_without_a_stamp_everything_is_new(state):
    state.stamp(LAST, now=NOW)
    state.forget()
    assert not unchanged(state.last_run(), LAST)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"unknown": 1}', '{"fingerprint": "f1"}', "\ud800x"])
def test_a_stamp_that_cannot_be_read_is_none(state, text):
    state.stamp(LAST, now=NOW)
    (state.path / "last-run.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    assert state.last_run() is None


def test_a_crash_while_stamping_leaves_the_old_stamp(state, monkeypatch):
    state.stamp(LAST, now=NOW)

    def crash(*_):
        raise KeyboardInterrupt

    for step in ("flush", "Path.replace"):
        monkeypatch.setattr(f"sheets_crm.disk.{step}", crash)
        with pytest.raises(KeyboardInterrupt):
            state.stamp(replace(LAST, fingerprint="f2"), now=NOW)
        monkeypatch.undo()
        assert state.last_run().fingerprint == "f1"
    assert not list(state.path.glob("*.part"))


def test_digests_see_names_contents_and_absence(tmp_path):
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text("x")
    two.write_text("y")
    whole = digest([one, two])
    assert digest([two, one]) == whole
    two.write_text("z")
    assert digest([one, two]) != whole
    assert digest([one]) != digest([one, tmp_path / "gone.yaml"])
    stamp = stamp_of(fingerprint="f", config=one, rules=[two], program="1", today=date(2026, 7, 22))
    assert (stamp.config, stamp.today) == (digest([one]), "2026-07-22")


def test_nothing_heavy_is_imported():
    code = (
        "import sys, sheets_crm.sync.state;"
        "print([m for m in ('polars', 'sqlalchemy', 'yaml', 'numpy', 'logging.handlers') if m in sys.modules])"
    )
    assert python(code).communicate(timeout=60)[0].strip() == "[]"


# --- the lock -----------------------------------------------------------------------------------------------------------

HOLD = """
import sys, time
from pathlib import Path
from sheets_crm.sync.state import StateFolder
with StateFolder(Path(sys.argv[1] if len(sys.argv) > 1 else {path!r})).lock():
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_one_run_at_a_time_over_processes(state):
    other = python(HOLD.format(path=str(state.path)), stdin=subprocess.PIPE)
    assert other.stdout.readline() == "held\n"
    with pytest.raises(WorkbookBusy) as caught, state.lock():
        pass
    assert caught.value.key == "state.another_run"
    other.communicate("\n", timeout=30)
    with state.lock():
        pass


def test_a_run_that_was_killed_leaves_no_lock(state):
    other = python(HOLD.format(path=str(state.path)), stdin=subprocess.PIPE)
    assert other.stdout.readline() == "held\n"
    other.kill()
    other.communicate(timeout=30)
    with state.lock(wait_s=5):
        pass


def test_a_run_may_wait_for_another(state):
    other = python(HOLD.format(path=str(state.path)), stdin=subprocess.PIPE)
    assert other.stdout.readline() == "held\n"
    started = time.monotonic()
    with pytest.raises(WorkbookBusy), state.lock(wait_s=0.2):
        pass
    assert time.monotonic() - started >= 0.2
    other.stdin.write("\n")
    other.stdin.flush()
    with state.lock(wait_s=30):
        pass
    other.communicate(timeout=30)


def test_the_lock_is_let_go_after_an_error(state):
    with pytest.raises(ZeroDivisionError), state.lock():
        raise ZeroDivisionError
    with state.lock(), pytest.raises(WorkbookBusy), state.lock():
        pass
    with state.lock():
        pass


def test_a_disk_without_locks_is_told(state, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("sheets_crm.sync.state._acquire", refuse)
    with pytest.raises(StateError) as caught, state.lock():
        pass
    assert caught.value.key == "state.no_locks"


# --- the log ------------------------------------------------------------------------------------------------------------


def files_of(logger: logging.Logger) -> list[RotatingFileHandler]:
    return [handler for handler in logger.handlers if isinstance(handler, RotatingFileHandler)]


@pytest.fixture
def log(state):
    logger = state.log("sheets_crm.test_state")
    yield logger
    for handler in files_of(logger):
        logger.removeHandler(handler)
        handler.close()


def text_of(state: StateFolder) -> str:
    return "".join(path.read_text("utf-8") for path in state.logs.iterdir())


def fail():
    try:
        int("Ivan Petrov +79161112233")
    except ValueError as cause:
        raise RuntimeError("cell says Ivan") from cause


def test_the_log_knows_nobody(state, log):
    log.info("client %r, phone %s, mail %s", "Ivan Petrov", "+7 916 111-22-33", "ivan@mail.ru")
    log.info("Иванов Пётр, ООО «Ромашка» 12 rows in 0.5 s")
    try:
        fail()
    except RuntimeError:
        log.exception("run failed")
    text = text_of(state)
    for person in ("Ivan", "Petrov", "916", "mail.ru", "Иванов", "Пётр", "Ромашка"):
        assert person not in text
    assert "12 rows in 0.5 s" in text
    assert "builtins.RuntimeError" in text
    assert "builtins.ValueError" in text
    assert "test_state.py:" in text
    assert text.startswith("20")


def test_the_log_is_private_and_turns_over(state, log, monkeypatch):
    assert state.log("sheets_crm.test_state") is log
    (handler,) = files_of(log)
    handler.maxBytes = 500
    for number in range(100):
        log.info("line %s", number)
    files = sorted(path.name for path in state.logs.iterdir())
    assert len(files) == 6
    assert "line 99" in (state.logs / "sheets-crm.log").read_text()
    others = 0o077 if sys.platform != "win32" else 0
    assert [path for path in [state.logs, *state.logs.iterdir()] if path.stat().st_mode & others] == []


def test_another_workbook_in_the_same_process_gets_its_own_log(state, log, tmp_path):
    (tmp_path / "other").mkdir()
    other = StateFolder.beside(tmp_path / "other" / "crm.yaml")
    other.log("sheets_crm.test_state").info("over there")
    logging.getLogger("sheets_crm.test_state").info("again")
    assert "over there" not in text_of(state)
    assert "again" in text_of(other)


# --- words --------------------------------------------------------------------------------------------------------------


def test_every_sentence_stands_in_both_languages_with_the_same_values():
    import string

    def holes(lang):
        texts = words.catalogue(lang)["state"]
        return {key: {hole for _, hole, *_ in string.Formatter().parse(text) if hole} for key, text in texts.items()}

    assert holes("ru") == holes("en")


def test_every_key_that_the_code_raises_has_a_sentence():
    import re

    rooms = [Path(ROOT, "sheets_crm", room) for room in ("sync", "base/history")]
    files = [file for room in rooms for file in room.rglob("*.py")]
    raised = {key for file in files for key in re.findall(r"\"(state\.[a-z_]+)\"", file.read_text("utf-8"))}
    assert len(raised) > 12
    assert [key for key in sorted(raised) for lang in words.LANGS if not words.knows(key, lang)] == []


def test_the_belonging_is_plain_text(state):
    assert json.loads((state.path / "belongs.json").read_text("utf-8"))["workbook"] == "Клиенты.xlsx"
