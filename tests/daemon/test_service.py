"""The service on three systems: what is written, what is typed, and that paths with anything in them survive the way."""

from __future__ import annotations

import plistlib
import shutil
import stat
import subprocess
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sheets_crm.daemon import service
from sheets_crm.daemon.service import launchd, systemd, windows
from sheets_crm.errors import OwnerError

ODD = ["/home/u/Моя фирма/crm.yaml", '/srv/50% "скидка" $HOME/crm.yaml', "/srv/back\\slash & <tag>/a'b/crm.yaml"]
NS = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return service.Place(tmp_path / "дом с пробелом", "u", 501, "/opt/py 3/bin/python", None, tmp_path / "Local")


@pytest.fixture
def asked(monkeypatch):
    """The system's own programs: every command that was carried out, and their answers."""
    calls, answers = [], {}

    def answer(words):
        calls.append(words)
        return answers.get(words[:3], (0, "active\n"))

    monkeypatch.setattr(service, "_asked", answer)
    return calls, answers


def only(plan):
    ((path, content),) = plan.files.items()
    return path, content


# --- systemd --------------------------------------------------------------------------------------------------------


def test_a_unit_names_every_configuration_as_systemd_reads_it(place):
    text = systemd.text(place, ODD)
    assert list(systemd.configs(text)) == ODD
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    assert line.startswith(
        'ExecStart="/opt/py 3/bin/python" "-P" "-m" "sheets_crm" "run" "--quiet" "/home/u/Моя фирма/crm.yaml"'
    )
    assert '"/srv/50%% \\"скидка\\" $$HOME/crm.yaml"' in line
    for setting in ("Restart=on-failure", "WantedBy=default.target", "NoNewPrivileges=yes", "KillMode=mixed"):
        assert setting in text.splitlines()
    for forbidden in (
        "ProtectHome",
        "ProtectSystem",
        "PrivateTmp",
        "PrivateUsers",
    ):  # they may hide the workbook's folder
        assert forbidden not in text


def test_systemd_itself_finds_nothing_wrong(tmp_path, place):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd here")
    here = service.Place(tmp_path, "u", 501, shutil.which("python3"), "/opt/of ours", tmp_path)
    unit = tmp_path / "sheets-crm.service"
    unit.write_text(systemd.text(here, ODD), "utf-8")
    done = subprocess.run([analyze, "verify", "--user", "--man=no", unit], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "sheets-crm" in line]
    assert ours == []


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1), min_size=1))
def test_no_name_breaks_a_unit(names):
    here = service.Place(Path("/h"), "u", 1, "/p", None, Path("/l"))
    assert list(systemd.configs(systemd.text(here, names))) == names


# --- launchd --------------------------------------------------------------------------------------------------------


def test_an_agent_is_a_property_list_with_what_launchd_wants(place):
    text = launchd.text(place, ODD)
    agent = plistlib.loads(text.encode())
    assert agent["Label"] == "sheets-crm.run"
    assert agent["ProgramArguments"] == ["/opt/py 3/bin/python", "-P", "-m", "sheets_crm", "run", "--quiet", *ODD]
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert list(launchd.configs(text)) == ODD
    assert launchd.path(place) == place.home / "Library" / "LaunchAgents" / "sheets-crm.run.plist"
    assert launchd.begin(place, Path("/x"))[0][:3] == ("launchctl", "bootstrap", "gui/501")


# --- Windows --------------------------------------------------------------------------------------------------------


def test_a_task_follows_the_schedulers_schema(place):
    python = "C:\\Program Files\\Python\\python.exe"
    here = service.Place(place.home, "FIRMA\\Ольга & Ко", 0, python, None, place.local)
    names = ["C:\\Моя фирма\\crm.yaml", 'C:\\a "b"\\', "D:\\<x>&y\\crm.yaml"]
    task = etree.fromstring(windows.text(here, names).encode("utf-16"))
    assert etree.QName(task).namespace == NS["t"]
    assert [etree.QName(part).localname for part in task] == [
        "RegistrationInfo",
        "Triggers",
        "Principals",
        "Settings",
        "Actions",
    ]
    trigger = task.find("t:Triggers/t:LogonTrigger", NS)
    assert [etree.QName(part).localname for part in trigger] == [
        "Enabled",
        "Repetition",
        "UserId",
    ]  # the schema's order
    assert task.findtext("t:Principals/t:Principal/t:UserId", None, NS) == "FIRMA\\Ольга & Ко"
    assert task.find("t:Actions", NS).get("Context") == task.find("t:Principals/t:Principal", NS).get("id")
    settings = {etree.QName(part).localname: part.text for part in task.find("t:Settings", NS)}
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert settings["DisallowStartIfOnBatteries"] == "false"
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    count = int(task.findtext("t:Settings/t:RestartOnFailure/t:Count", None, NS))
    assert 1 <= count <= 255, "the schema's unsignedByte"
    action = task.find("t:Actions/t:Exec", NS)
    assert [etree.QName(part).localname for part in action] == ["Command", "Arguments", "WorkingDirectory"]
    assert PureWindowsPath(action.findtext("t:Command", None, NS)) == PureWindowsPath(
        "C:\\Program Files\\Python\\pythonw.exe"
    )
    assert windows.split(action.findtext("t:Arguments", None, NS)) == ["-m", "sheets_crm", "run", "--quiet", *names]
    assert list(windows.configs(windows.text(here, names))) == names


@pytest.mark.parametrize(("python", "silent"), [("C:\\p\\python.exe", "pythonw.exe"), ("C:\\p\\python3.11.exe", "pythonw3.11.exe"), ("C:\\p\\pythonw.exe", "pythonw.exe"), ("C:\\p\\pypy.exe", "pypy.exe")])  # fmt: skip
def test_no_black_window(python, silent):
    assert windows._without_window(python) == f"C:\\p\\{silent}"


@given(st.lists(st.text(st.sampled_from('ab \\"я\t&'), max_size=8), max_size=5))
def test_command_lines_are_read_as_windows_reads_them(words):
    assert windows.split(subprocess.list2cmdline(words)) == words


# --- on any of them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", service.SYSTEMS)
def test_installed_and_removed_again(system, place, tmp_path, asked, monkeypatch):
    calls, _ = asked
    monkeypatch.setattr(service.Place, "here", classmethod(lambda cls: place))
    config = tmp_path / "Моя фирма" / "crm.yaml"
    plan = service.planned(system, [config], place)
    path, content = only(plan)
    assert not path.exists()
    done = service.install(plan)
    assert done.left == ()
    assert calls == list(plan.begin)
    assert path.read_bytes().decode(plan.encoding) == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = service.status(system, place)
    assert found.installed
    assert list(found.configs) == [str(config)]
    again = service.install(service.planned(system, [tmp_path / "other.yaml"], place))
    assert again.left == ()
    assert list(service.status(system, place).configs) == [str(tmp_path / "other.yaml")]
    removed = service.remove(system, place)
    assert (list(removed.paths), list(removed.left)) == ([path], [])
    assert not path.exists()
    assert service.remove(system, place).paths == ()
    assert not service.status(system, place).installed


@pytest.mark.parametrize("system", service.SYSTEMS)
def test_where_the_system_does_not_answer_one_is_told_what_to_type(system, place, tmp_path, monkeypatch):
    monkeypatch.setattr(service, "_asked", lambda words: None)
    monkeypatch.setattr(service.Place, "here", classmethod(lambda cls: place))
    plan = service.planned(system, [tmp_path / "crm.yaml"], place)
    assert list(service.install(plan).left) == list(plan.begin)
    assert service.status(system, place).active is None or system == "windows"
    assert service.remove(system, place).left


def test_what_a_command_refuses_is_left_with_all_after_it(place, asked):
    calls, answers = asked
    answers[("systemctl", "--user", "enable")] = (1, "")
    done = service.install(service.planned("systemd", [Path("crm.yaml")], place))
    assert [words[2] for words in done.left] == ["enable", "restart"]
    assert len(calls) == 2


def test_a_place_that_can_not_be_written_is_told(place):
    place.home.write_bytes(b"a file where the home folder should be")
    with pytest.raises(OwnerError, match="service_not_written"):
        service.install(service.planned("systemd", [Path("crm.yaml")], place))


def test_relative_configurations_become_absolute(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, content = only(service.planned("systemd", [Path("crm.yaml")], place))
    assert list(systemd.configs(content)) == [str(tmp_path / "crm.yaml")]


def test_a_program_that_is_not_installed_is_found_again(place):
    away = service.Place(place.home, "u", 1, "/usr/bin/python3", '/opt/my "100%" program', place.local)
    assert 'Environment="PYTHONPATH=/opt/my \\"100%%\\" program"' in systemd.text(away, ODD)
    assert plistlib.loads(launchd.text(away, ODD).encode())["EnvironmentVariables"] == {
        "PYTHONPATH": '/opt/my "100%" program'
    }
    assert "<WorkingDirectory>/opt/my " in windows.text(away, ODD)
