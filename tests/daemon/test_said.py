"""The daemon's commands as people meet them: what they say, in both languages, and with which exit code they leave."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sheets_crm.daemon import service, status
from sheets_crm.daemon.status import Failing, Status
from sheets_crm.sync.state import StateFolder
from tests.house.test_reference import differences, told_paths

NOW = datetime.now(UTC)


def put(desk, *, alive=True, **values):
    """A status file as a daemon leaves it; alive: its lock is held for the test."""
    state = StateFolder.beside(desk.config, "book.xlsx")
    ago = {"started": 600, "beat": 5, **values.pop("ago", {})}
    moments = {name: status.text(NOW - timedelta(seconds=seconds)) for name, seconds in ago.items()}
    status.write(state, Status(version="1", pid=77, **{**moments, **values}))
    (state.path / status.LOCK).touch()
    lock = state.lock(name=status.LOCK)
    if alive:
        lock.__enter__()
    return lock


LAST = {
    "at": "2026-11-20T06:00:00+00:00",
    "kind": "full",
    "seconds": 1.5,
    "written": 4,
    "clients": 900,
    "tasks": 12,
    "problems": 3,
}
FAILING = Failing("excel.missing", 11, True, "2026-11-20T06:00:00+00:00", 5, "Книги нет.", "No workbook.", None)


def test_nobody_has_ever_looked_after_it(desk):
    said = desk.run("status")
    assert said.code == 1
    assert "никто не следит" in said.out
    assert f"sheets-crm run {desk.config}" in said.out
    assert not (desk.folder / ".sheets-crm").exists(), "asking makes nothing"


def test_all_is_well(desk):
    lock = put(desk, last=LAST, next="2026-11-20T06:15:00+00:00")
    said = desk.run("status")
    english = desk.run("status", lang="en")
    lock.__exit__(None, None, None)
    assert said.code == english.code == 0
    assert "процесс 77" in said.out
    assert "20.11.2026, 09:00" in said.out, "in the workbook's own time zone"
    assert "Клиентов: 900, задач: 12, проблем в данных: 3" in said.out
    assert "Следующий запуск по расписанию: 20.11.2026, 09:15" in said.out
    assert "20 Nov 2026, 09:00" in english.out


def test_a_run_on_its_way_and_a_look_since(desk):
    lock = put(desk, last=LAST, running="2026-11-20T06:10:00+00:00", looked="2026-11-20T06:05:00+00:00")
    said = desk.run("status")
    lock.__exit__(None, None, None)
    assert "Сейчас идёт запуск, начат: 20.11.2026, 09:10." in said.out
    assert "ничего не изменилось, проверено: 20.11.2026, 09:05" in said.out


@pytest.mark.parametrize(
    ("again", "words"),
    [("2026-11-20T06:05:00+00:00", "Следующая попытка: 20.11.2026, 09:05"), (None, "не позже 20.11.2026, 09:15")],
)
def test_what_fails_is_said_with_what_to_do(desk, again, words):
    failing = Failing(**{**vars(FAILING), "again": again})
    lock = put(desk, last=LAST, failing=failing, next="2026-11-20T06:15:00+00:00")
    said = desk.run("status")
    lock.__exit__(None, None, None)
    assert said.code == 11
    assert "Не получается с 20.11.2026, 09:00, 5 попыток" in said.out
    assert "Книги нет." in said.out
    assert words in said.out


@pytest.mark.parametrize(
    ("options", "words", "code"),
    [
        ({"alive": False}, "оборвалась", 1),
        ({"alive": False, "ago": {"stopped": 60}}, "остановили", 1),
        ({"ago": {"beat": 3600}}, "не отзывается", 1),
        ({"ago": {"beat": -3600}}, "следит", 0),  # the clock was set back
        ({"alive": False, "failing": FAILING}, "оборвалась", 1),
    ],
)
def test_what_is_known_of_a_daemon_that_does_not_answer(desk, options, words, code):
    lock = put(desk, last=LAST, **options)
    said = desk.run("status")
    if options.get("alive", True):
        lock.__exit__(None, None, None)
    assert said.code == code
    assert words in said.out


def test_a_status_file_that_is_torn_or_of_another_version_is_none(desk):
    lock = put(desk, alive=False)
    file = desk.folder / ".sheets-crm" / "status.json"
    for content in (b"{", b"[]", b'{"pid": 5, "unheard": 1}', b'{"failing": {"key": "x"}}', b"\xff"):
        file.write_bytes(content)
        assert desk.run("status").code == 1
    del lock


def test_json_and_several_configurations(desk, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "crm.yaml").write_text("workbook: b.xlsx\n", "utf-8")
    lock = put(desk, last=LAST)
    said = desk.call("status", "--json", str(desk.config), str(other))
    quiet = desk.call("status", "--quiet", str(desk.config))
    lock.__exit__(None, None, None)
    found = json.loads(said.out)
    assert [one["state"] for one in found] == ["idle", "never"]
    assert found[0]["last"]["tasks"] == 12
    assert said.code == 1
    assert (quiet.code, quiet.out) == (0, "")


def test_the_page_of_json_says_what_is_printed(desk, root):
    full = {**LAST, "valid_clients": 890, "errors": 1}
    lock = put(desk, last=full, failing=FAILING)
    said = desk.call("status", "--json", str(desk.config))
    lock.__exit__(None, None, None)
    assert differences(told_paths(root, "status --json"), [json.loads(said.out)]) == (set(), set())
    found = service.Found("systemd", desk.config, installed=True, active=True, configs=["a"]).json()
    assert differences(told_paths(root, "service status --json"), [found]) == (set(), set())


def test_status_of_what_is_not_there(desk):
    said = desk.call("status", str(desk.folder / "nowhere"))
    assert said.code == 14
    assert said.out == ""


@pytest.mark.parametrize(
    ("schedule", "seen"),
    [("{hours: morning}", "morning"), ("{hours: 8:00-25:00}", "25:00"), ("{nightly: midnight}", "midnight"), ("{days: [monday, funday]}", "funday"),
     ("{every_minutes: -1}", "-1"), ("{weekly_backup: someday}", "sunday, off"), ("{every: 5}", "every_minutes")],
)  # fmt: skip
def test_a_timetable_written_wrong_is_told(desk, schedule, seen):
    desk.write(f"workbook: book.xlsx\nschedule: {schedule}\n")
    said = desk.run("sync")
    assert said.code == 14
    assert "line 2" in said.err
    assert seen in said.err


@pytest.mark.parametrize(
    "schedule",
    [
        "{hours: 8:00-20:00, nightly: 3:00}",
        "{hours: 08:00 – 24:00}",
        "{nightly: off, weekly_backup: off, every_minutes: 0}",
        "{days: []}",
    ],
)
def test_a_timetable_may_be_written_in_these_ways(desk, schedule):
    desk.write(f"workbook: book.xlsx\nschedule: {schedule}\n")
    assert desk.run("plan", "--quiet").code == 0


def test_the_service_is_shown_without_being_installed(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for system, sign in (("systemd", "ExecStart="), ("launchd", "<key>RunAtLoad</key>"), ("windows", "<LogonTrigger>")):
        said = desk.call("service", "install", "--print", "--system", system, str(desk.config))
        assert said.code == 0
        assert sign in said.out
        assert "$ " in said.out
    assert not (tmp_path / "home").exists()
    assert desk.call("service", "install", "--system", "cron").code == 2


def test_the_service_is_installed_told_and_removed(desk, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr(service, "_asked", lambda words: None)
    said = desk.call("service", "status", "--system", "systemd", "--lang", "ru")
    assert (said.code, "не установлена" in said.out) == (1, True)
    said = desk.call("service", "install", "--system", "systemd", "--lang", "ru", str(desk.config))
    assert said.code == 0
    assert "systemctl --user enable sheets-crm.service" in said.out
    assert "enable-linger" in said.out
    said = desk.call("service", "status", "--system", "systemd", "--json")
    assert said.code == 0
    assert json.loads(said.out)["configs"] == [str(desk.config.resolve())]
    said = desk.call("service", "remove", "--system", "systemd", "--lang", "ru")
    assert "Служба удалена" in said.out
    assert desk.call("service", "remove", "--system", "systemd").code == 0


def test_run_speaks_of_what_it_does(desk, monkeypatch):
    from sheets_crm.daemon.supervise import Daemon

    def life(self):
        hear = self.keepers[0]._hear
        hear(desk.config, "ru", "daemon.said.ran", workbook="book.xlsx", n=2, problems=1)
        hear(desk.config, "ru", "excel.missing", workbook="book.xlsx", folder="там")

    monkeypatch.setattr(Daemon, "run", life)
    said = desk.run("run")
    assert said.code == 0
    assert "Слежу за 1 книгой" in said.out
    assert "Книга «book.xlsx»: 2 задачи, проблем в данных: 1." in said.out
    assert "Остановлено" in said.out
    assert desk.run("run", "--quiet").out == ""
