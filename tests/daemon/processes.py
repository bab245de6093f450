"""The daemon as its own process, over folders with a real workbook, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from sheets_crm.daemon import status
from sheets_crm.sync.state import StateFolder
from tests.promises.firm import configure, plain

ROOT = Path(__file__).resolve().parent.parent.parent
FAST = "schedule: {every_minutes: 30, hours: 00:00-24:00, quiet_seconds: 10}\n"
MINUTE_S = "2"  # a minute of the timetable lasts so many seconds here


def environment(**more):
    return os.environ | {"PYTHONPATH": str(ROOT), "SHEETS_CRM_MINUTE_S": MINUTE_S, "SHEETS_CRM_LANG": "en"} | more


def a_firm(folder, *, more=FAST):
    """A folder with a workbook and its configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    plain(folder / "book.xlsx")
    return configure(folder, "book.xlsx", more=more)


def begin(*configs, env=None, **options):
    """`sheets-crm run` on them."""
    words = [sys.executable, "-m", "sheets_crm", "run", *map(str, configs)]
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(words, env=env or environment(), **{**quiet, **options})


def state_of(folder):
    return StateFolder(folder / ".sheets-crm")


def shown(folder):
    return status.read(state_of(folder))


def wait_for(condition, seconds=60.0, step=0.05):
    """True as soon as the condition holds, False when it never does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(step)
    return bool(condition())


def settled(folder):
    """Nothing is owed and nothing runs."""
    now = shown(folder)
    return now.last and now.running is None and now.failing is None and now.backup


def stop(process, number=signal.SIGTERM, seconds=30.0):
    """Signal, and the exit code; what it said."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=seconds)
    return process.returncode, (said or b"").decode()


def kill(process, *configs):
    """The end of a test, whatever happened in it."""
    if process.poll() is None:
        process.kill()
    process.communicate()
    for pid in [pid for config in configs for pid in workers(config)]:
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            continue


def workers(config):
    """Processes of runs of a configuration that are on their way."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().decode("utf-8", "replace").split("\0")
        except OSError:
            continue
        if "sheets_crm.daemon.worker" in words and str(config) in words:
            found.append(int(place.parent.name))
    return found


def leftovers(folder):
    """Unfinished files anywhere in the folder."""
    return [path for path in folder.rglob("*") if path.name.endswith((".part", ".tmp"))]


def status_json(*configs):
    """(`sheets-crm status --json`, its exit code)."""
    done = subprocess.run(
        [sys.executable, "-m", "sheets_crm", "status", "--json", *map(str, configs)], env=environment(), capture_output=True, check=False
    )  # fmt: skip
    return json.loads(done.stdout), done.returncode
