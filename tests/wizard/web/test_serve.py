"""The server of one sitting: where it can be reached, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sheets_crm.wizard.web import serve as serving
from tests.wizard.web.running import Running, reachable

PROGRAM = """
import sys, time
from pathlib import Path
from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.serve import serve
from tests.wizard.web.gallery import conversation
serve(lambda door: app(lambda: conversation(Path(sys.argv[1]))[0], door=door),
      on_ready=lambda address: print(address, flush=True), open_browser=False, idle_s=float(sys.argv[2]))
print("ended")
"""


@pytest.fixture
def running(tmp_path):
    made = Running(tmp_path / "drafts")
    yield made
    if made.thread.is_alive():
        made.stop()


def other_addresses() -> set[str]:
    """Those of this machine that are not its own loop; the far end of the loop too, which is another address."""
    found = {"127.0.0.2"} if sys.platform == "linux" else set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # sends nothing: asks which interface it would be
        try:
            probe.connect(("192.0.2.1", 9))
            found.add(probe.getsockname()[0])
        except OSError:
            pass
    found |= {str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None)}
    return {one for one in found if one != "127.0.0.1" and not one.startswith("fe80")} | {"::1"}


def test_it_is_reached_from_this_computer_alone(running):
    assert reachable("127.0.0.1", running.port)
    for address in other_addresses():
        try:
            assert not reachable(address, running.port), address
        except OSError:
            continue  # this machine has no such family of addresses at all


def test_each_sitting_has_its_own_port_and_secrets(running, tmp_path):
    other = Running(tmp_path / "other")
    try:
        assert other.port != running.port
        secrets = [getattr(one.door, name) for one in (running, other) for name in ("token", "cookie", "csrf")]
        assert len(set(secrets)) == 6
        assert min(map(len, secrets)) >= 43  # 32 random bytes
        assert parse_qs(urlsplit(running.address).query)["t"] == [running.door.token]
        with httpx.Client() as client:
            client.get(running.address)
            assert client.get(f"http://127.0.0.1:{running.port}/s/book").status_code == 200
            assert client.get(f"http://127.0.0.1:{other.port}/s/book").status_code == 403
    finally:
        other.stop()


def test_it_says_nothing_of_itself(running):
    with httpx.Client() as client:
        headers = client.get(running.address).headers
    assert "server" not in headers
    assert "x-powered-by" not in headers


@pytest.mark.slow
def test_it_ends_when_the_owner_closes_it(running):
    with httpx.Client(follow_redirects=True) as client:
        client.get(running.address)
        ours = {"Origin": f"http://127.0.0.1:{running.port}"}
        sent = {"_csrf": running.door.csrf, "_action": "_leave"}
        answer = client.post(f"http://127.0.0.1:{running.port}/s/book", data=sent, headers=ours)
        assert answer.url.path == "/closed"
        assert client.get(f"http://127.0.0.1:{running.port}/static/style.css").status_code == 200
    assert running.has_ended()


def test_it_ends_when_nobody_is_there(tmp_path):
    began = time.monotonic()
    running = Running(tmp_path / "drafts", idle_s=0.5)
    assert running.has_ended()
    assert time.monotonic() - began >= 0.5


@pytest.mark.slow
def test_ctrl_c_ends_it_calmly(tmp_path, root):
    process = started(tmp_path, root)
    process.stdout.readline()
    process.send_signal(signal.SIGINT if os.name != "nt" else signal.CTRL_C_EVENT)
    out, err = process.communicate(timeout=15)
    assert (process.returncode, out.strip(), err) == (0, "ended", "")


@pytest.mark.slow
def test_the_first_page_is_there_in_two_seconds(tmp_path, root):
    """Counted in the process's own seconds where the system tells them: what other programs do meanwhile is not ours."""
    assert min(seconds_to_first_page(tmp_path, root) for _ in range(2)) < 2.0


def seconds_to_first_page(folder, root) -> float:
    began = cpu_of_children_s()
    process = started(folder, root)
    try:
        with httpx.Client(follow_redirects=True) as client:
            address = process.stdout.readline().strip()
            client.get(address)
            assert "_csrf" in client.get(address.partition("?")[0]).text
    finally:
        process.kill()
        process.communicate()
    return cpu_of_children_s() - began


def cpu_of_children_s() -> float:
    if os.name == "nt":
        return time.monotonic()
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def started(folder, root) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), "60"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [("linux", {}, False), ("linux", {"DISPLAY": ":0"}, True), ("linux", {"WAYLAND_DISPLAY": "w"}, True), ("win32", {}, True), ("darwin", {}, True)],
)  # fmt: skip
def test_a_text_browser_never_takes_the_terminal(monkeypatch, platform, environ, expected):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert serving.has_desktop() is expected
