"""The daemon over a long and bad day: killed again and again, a full disk, a folder that can't be written.

In CI a bounded form; `SHEETS_CRM_SOAK=100` asks for so many kills. What was measured: docs/reliability.md.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.daemon.processes import begin, environment, kill, leftovers, settled, shown, wait_for, workers
from tests.daemon.soaking import Shop

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and /proc are needed")]

ROUNDS = int(os.environ.get("SHEETS_CRM_SOAK") or 0)
SHORT_ROUNDS, SHORT_S = 12, 45.0
SEED = int(os.environ.get("SHEETS_CRM_SOAK_SEED") or 20261122)


def start(shop):
    return begin(shop.config, env=environment(SHEETS_CRM_MINUTE_S="0.5"), stdout=subprocess.DEVNULL)


def done(shop):
    """Is everything that people saved dealt with?"""
    from sheets_crm.sync.quick import nothing_changed

    return settled(shop.folder) and nothing_changed(str(shop.config), today=None) is not None


def strike(rng, daemon, config):
    """kill -9 the daemon, its run, or both; says whom, and whether it was in the middle of a run."""
    running = workers(config)
    whom = rng.choice(("daemon", "run", "both") if running else ("daemon",))
    if whom != "run":
        daemon.kill()
        daemon.wait()
    for pid in running if whom != "daemon" else ():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return whom, bool(running)


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path / "магазин с пробелом", SEED)
    yield made
    for pid in workers(made.config):
        os.kill(pid, signal.SIGKILL)


def test_nothing_is_lost_or_doubled_however_often_it_is_killed(shop):
    rng, strikes, began = random.Random(SEED + 1), Counter(), time.monotonic()
    daemon = start(shop)
    try:
        assert wait_for(lambda: done(shop), 60)
        kills = 0
        while kills < (ROUNDS or SHORT_ROUNDS) and (ROUNDS or time.monotonic() - began < SHORT_S):
            shop.work()
            if rng.random() < 0.8:
                wait_for(lambda: workers(shop.config), 5)
            time.sleep(rng.uniform(0, 1.6))
            whom, running = strike(rng, daemon, shop.config)
            strikes[whom, "in a run" if running else "between runs"] += 1
            kills += 1
            if daemon.poll() is not None:
                daemon = start(shop)
        lived = time.monotonic() - began
        assert wait_for(lambda: done(shop), 90), shown(shop.folder)
        assert stop_quietly(daemon) == 0
    finally:
        kill(daemon, shop.config)
    found = shop.judged()
    assert kills >= (ROUNDS or 4)
    told = {" ".join(key): count for key, count in sorted(strikes.items())}
    note({"kills": kills, **told, **found, "seconds": round(lived), "seed": SEED})


def stop_quietly(daemon):
    daemon.send_signal(signal.SIGTERM)
    return daemon.wait(30)


def note(figures):
    """Left for docs/reliability.md where somebody asks for it."""
    target = os.environ.get("SHEETS_CRM_SOAK_OUT")
    if target:
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures, ensure_ascii=False) + "\n")


# --- a disk without room, a folder without rights ---------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own; None where this user may not mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    own = may_mount() and mounted("-t", "tmpfs", "-o", "size=4m", "tmpfs", place)
    yield place if own else None
    if own:
        subprocess.run(["umount", "-l", place], check=True)


def fill(folder):
    """Until not a byte more fits."""
    with (folder / "filler").open("wb", buffering=0) as file:
        for size in (65536, 512, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def test_a_full_disk_is_waited_out(disk, tmp_path):
    """On a disk of its own where that may be had; else every file longer than a little is refused."""
    import resource

    shop = Shop((disk or tmp_path) / "firm", SEED)
    daemon = start(shop)
    try:
        assert wait_for(lambda: done(shop), 60)
        if disk is None:
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        shop.work()
        book = shop.path.read_bytes()
        if disk is not None:
            fill(disk)
        a_run_has_failed(shop)
        assert daemon.poll() is None, "it lives on"
        assert shop.path.read_bytes() == book, "the workbook stands as it was saved"
        if disk is None:
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            (disk / "filler").unlink()
        assert wait_for(lambda: done(shop), 60), shown(shop.folder)
        assert stop_quietly(daemon) == 0
    finally:
        kill(daemon, shop.config)
    assert leftovers(shop.folder) == []
    assert " over " in log(shop), "it did fail meanwhile"
    shop.judged()


def test_a_folder_that_can_not_be_written_is_waited_out(tmp_path):
    """Made read-only over its head: by a mount where we are root, else by its rights."""
    shop = Shop(tmp_path / "firm", SEED)
    daemon = start(shop)
    locked = Locked(shop.folder)
    try:
        assert wait_for(lambda: done(shop), 60)
        shop.work()
        book = shop.path.read_bytes()
        with locked:
            a_run_has_failed(shop)
            assert daemon.poll() is None, "it lives on"
            assert shop.path.read_bytes() == book
        assert wait_for(lambda: done(shop), 60), shown(shop.folder)
        assert stop_quietly(daemon) == 0
    finally:
        kill(daemon, shop.config)
    assert " over " in log(shop), "it did fail meanwhile"
    shop.judged()


def log(shop):
    return (shop.folder / ".sheets-crm" / "logs" / "daemon.log").read_text("utf-8")


class Locked:
    """The folder takes no new file, while this lasts."""

    def __init__(self, folder):
        self.folder, self.mounted = folder, False

    def __enter__(self):
        here = self.folder
        self.mounted = may_mount() and mounted("--bind", here, here) and mounted("-o", "remount,ro,bind", here)
        if not self.mounted:
            self._rights(0o555, 0o555)
        try:
            (here / "probe").touch()
        except OSError:
            return
        self.__exit__()
        pytest.skip("this user may write anywhere, and may not mount")

    def __exit__(self, *_):
        if self.mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)
        else:
            self._rights(0o755, 0o700)

    def _rights(self, folder, state):
        self.folder.chmod(folder)
        (self.folder / ".sheets-crm").chmod(state)


def may_mount():
    return os.geteuid() == 0


def mounted(*words):
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


def a_run_has_failed(shop):
    """A run has begun and ended; that it failed, the log says later."""
    assert wait_for(lambda: workers(shop.config), 30)
    assert wait_for(lambda: not workers(shop.config), 60)


def test_a_state_folder_that_is_lost_while_it_runs_costs_nothing(shop):
    daemon = start(shop)
    try:
        assert wait_for(lambda: done(shop), 60)
        shop.work()
        assert wait_for(lambda: done(shop), 60)
        shutil.rmtree(shop.folder / ".sheets-crm")
        assert wait_for(lambda: done(shop), 60)
        shop.work()
        assert wait_for(lambda: done(shop), 60)
        assert stop_quietly(daemon) == 0
    finally:
        kill(daemon, shop.config)
    shop.judged()
