"""Measures what a history costs: `python tools/bench_history.py [--rows 100000] [--runs 100] [--edits 200]`.

A big workbook is synced, lives through so many runs with so many edits each, and is synced again after one row changed.
Prints the size of the state, whole and by file, and the CPU seconds of that last run beside those of the second one.
All on one day, because another day brings other tasks. The runs in between are recorded straight into the history, as a sync would after reading and computing. Linux and macOS only.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
TODAY = date(2026, 3, 16)
TYPED = ("phone", "email", "city", "note", "amount", "stage", "next_step_date", "manager")
TAB = "tabs: {history: {}}\n"


def main() -> int:
    """Exit code 0; prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--edits", type=int, default=200, help="changes of cells that each run records")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measured(Path(folder), given.rows, given.runs, given.edits)
    for name, value in figures.items():
        print(f"{name}: {value}")
    return 0


def measured(folder: Path, rows: int, runs: int, edits: int) -> dict[str, str]:
    """Figure by name."""
    book, config = folder / "bench.xlsx", folder / "crm.yaml"
    subprocess.run([sys.executable, str(TOOLS / "bench_data.py"), str(rows), "20", str(book)], check=True)
    shutil.copy(TOOLS / "bench.crm.yaml", config)
    figures = {"cold sync, CPU s": f"{_sync(config):.2f}"}
    figures["one row changed, young history, CPU s"] = f"{_changed(book, config, rows // 2):.2f}"
    figures["state after two runs, MiB"] = _sizes(folder)
    figures |= _lived(config, runs - 3, edits)
    _changed(book, config, rows // 5)  # the first one finds the tab with other tasks: not what is measured here
    figures["one row changed, after those runs, CPU s"] = f"{_changed(book, config, rows // 3):.2f}"
    figures["state after all runs, MiB"] = _sizes(folder)
    with config.open("a", encoding="utf-8") as file:
        file.write(TAB)
    _sync(config)
    figures["one row changed, with the History tab, CPU s"] = f"{_changed(book, config, rows // 4):.2f}"
    figures["history, whole command, CPU s"] = f"{_command('history', '--config', str(config)):.2f}"
    figures["history of one client, CPU s"] = f"{_command('history', 'C-1', '--config', str(config), check=False):.2f}"
    return figures


def _lived(config: Path, runs: int, edits: int) -> dict[str, str]:
    """So many runs: each undoes the edits of the one before and makes others, the last only undoes."""
    from sheets_crm.base.history import History, Run
    from sheets_crm.sync import memory, run
    from sheets_crm.sync.state import StateFolder

    found = run.plan(str(config), today=TODAY)
    tasks = memory.tasks_seen(found.tasks, found.opened.lang)
    rng = np.random.default_rng(1)
    spent = []
    state = StateFolder.existing(config, found.opened.config.workbook)
    assert state is not None
    with History.open(state.path) as history:
        for number in range(runs):
            base = replace(found.base, frames=_edited(found.base.frames, rng, edits // 2 if number < runs - 1 else 0))
            shown = tasks if number % 2 else tasks[: max(len(tasks) - 20, 0)]
            began = time.process_time()
            moment = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC) + timedelta(minutes=10 * number)
            history.record_run(Run(moment, TODAY, f"f{number}", found.opened.path.name), base, shown)
            spent.append(time.process_time() - began)
    return {
        f"recording, first and last of {runs} runs, CPU s": f"{np.mean(spent[1:4]):.2f}, {np.mean(spent[-4:-1]):.2f}",
        "changes recorded a run": str(edits),
        "tasks": str(len(tasks)),
    }


def _edited(frames: Any, rng: np.random.Generator, edits: int) -> dict[str, pl.DataFrame]:
    """The frames with so many cells changed, over all of them."""
    found = {}
    for card, stands in frames.items():
        frame = stands
        columns = [name for name in TYPED if name in frame.columns]
        each = max(edits // len(frames) // max(len(columns), 1), 1) if edits else 0
        for name in columns:
            places = np.sort(rng.choice(frame.height, size=min(each, frame.height), replace=False))
            values = frame[name].gather(rng.choice(frame.height, size=len(places)))
            frame = frame.with_columns(frame[name].scatter(places, values))
        found[card] = frame
    return found


def _changed(book: Path, config: Path, row: int) -> float:
    sys.path.insert(0, str(TOOLS))
    import bench_zip

    changed = book.with_name("changed.xlsx")
    bench_zip.change_one_row(book, changed, row)
    changed.replace(book)
    return _sync(config)


def _sync(config: Path) -> float:
    return _command("sync", str(config), "--today", TODAY.isoformat(), "--quiet")


def _command(*words: str, check: bool = True) -> float:
    """CPU seconds of one command, as a process of its own."""
    with _cpu() as spent:
        command = [sys.executable, str(ROOT / "sync.py"), *words]
        subprocess.run(
            command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL if not check else None
        )
    return spent[0]


@contextmanager
def _cpu() -> Iterator[list[float]]:
    spent: list[float] = []
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    yield spent
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _sizes(folder: Path) -> str:
    state = folder / ".sheets-crm"
    parts = {
        "history.db": (state / "history.db").stat().st_size,
        "snapshots": sum(path.stat().st_size for path in (state / "snapshots").iterdir()),
    }
    return ", ".join(f"{name} {size / 2**20:.1f}" for name, size in parts.items())


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
