"""Measures the program beside its floor and beside openpyxl, and writes docs/performance.md: `make bench`.

Everything runs as a process of its own, one after another, in turns, so that a busy machine is busy for all; ratios count, not seconds.
CPU seconds are user + system of the process and all its children; memory is the peak that the system saw. Linux and macOS only.
"""

from __future__ import annotations

import argparse
import compileall
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
DATA = ROOT / "build" / "bench"
TODAY = "2026-03-16"
SIZES = {"1k": (1_000, 20), "100k": (100_000, 20), "1m": (1_000_000, 10)}
TARGETS = {"cold": 2.5, "unchanged": 0.3, "running": 0.05, "changed": 2.0}
TARGET_OPENPYXL = 12
TASKS_HEADER, DONE = (
    "\u0421\u0442\u0430\u0442\u0443\u0441",
    "\u0421\u0434\u0435\u043b\u0430\u043d\u0430",
)  # the tab's first header, and what a manager chooses below it
METHOD = (
    "Whole processes, run in turns, medians of {repeat} (openpyxl: one run). CPU is user + system of the process and its "
    "children; memory is the worst peak. The floor is what nobody can do without: python-calamine reads every cell of the "
    "same file, and the members of the file are copied without inflating them. Ratios are to the floor as a whole process, "
    "for the running process to the floor's work without the start of the interpreter."
)
NAMES = {
    "floor": "floor: calamine reads every cell, members copied raw",
    "cold": "sync, cold: no state, tabs written for the first time",
    "unchanged": "sync again, nothing changed, whole command",
    "running": "sync again, nothing changed, in a running process",
    "changed": "sync again, one row changed",
    "marked": "sync again, one task marked done",
    "openpyxl": "openpyxl load, a pydantic model a row, a Tasks sheet, save",
}


@dataclass
class Usage:
    """What one process used."""

    cpu: float
    peak_mb: float
    wall: float
    said: dict[str, float] = field(default_factory=dict)


@dataclass
class Result:
    """All runs over one size."""

    size: str
    file_mb: float
    start: float  # CPU seconds of an interpreter that does nothing
    runs: dict[str, list[Usage]] = field(default_factory=dict)

    def cpu(self, what: str) -> float:
        """Median CPU seconds; of the work alone where only that was measured."""
        return statistics.median(usage.said["cpu"] if what == "running" else usage.cpu for usage in self.runs[what])

    def peak(self, what: str) -> float:
        """The worst peak of memory, MiB."""
        return max(usage.peak_mb for usage in self.runs[what])

    def ratio(self, what: str) -> float:
        """Median CPU over the floor's, both as whole processes; the running process over the floor's work alone."""
        alone = statistics.median(usage.said["cpu"] for usage in self.runs["floor"])
        return self.cpu(what) / (alone if what == "running" else self.cpu("floor"))


def main() -> int:
    """0 when every run did what it should; 1 when a run failed or an unchanged workbook was written."""
    given = _arguments()
    DATA.mkdir(parents=True, exist_ok=True)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a program that is installed is compiled once, not at each start
    compileall.compile_dir(ROOT / "sheets_crm", quiet=1)
    results = [measure_size(size, given.repeat, with_openpyxl=not given.no_openpyxl) for size in given.sizes]
    text = report(results, given.repeat) + (_history() + _google() if "100k" in given.sizes else "") + _pages()
    print(text)
    if not given.quick:
        (ROOT / "docs" / "performance.md").write_text(text, "utf-8")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1k,100k,1m", type=lambda text: text.split(","), help="of 1k,100k,1m")
    parser.add_argument("--repeat", default=3, type=int, help="runs of each; medians are shown (openpyxl runs once)")
    parser.add_argument("--quick", action="store_true", help="the small size once; docs/performance.md stays as it is")
    parser.add_argument("--no-openpyxl", action="store_true")
    given = parser.parse_args()
    if given.quick:
        given.sizes, given.repeat = ["1k"], 1
    unknown = set(given.sizes) - set(SIZES)
    if unknown:
        parser.error(f"unknown sizes: {', '.join(sorted(unknown))}")
    return given


def measure_size(size: str, repeat: int, *, with_openpyxl: bool) -> Result:
    """Everything over one size, in turns."""
    rows, columns = SIZES[size]
    book = DATA / f"{size}.xlsx"
    run([sys.executable, str(TOOLS / "bench_data.py"), str(rows), str(columns), str(book)])
    result = Result(size, book.stat().st_size / 2**20, min(run([sys.executable, "-c", "pass"]).cpu for _ in range(5)))
    for turn in range(1, repeat + 1):
        with tempfile.TemporaryDirectory(dir=DATA) as folder:
            for what, usage in _turn(book, Path(folder), rows):
                result.runs.setdefault(what, []).append(usage)
                _tell(size, turn, what, usage)
    if with_openpyxl and size != "1m":
        with tempfile.TemporaryDirectory(dir=DATA) as folder:
            usage = child("openpyxl", str(book), str(Path(folder) / "saved.xlsx"), TODAY)
            result.runs["openpyxl"] = [usage]
            _tell(size, 1, "openpyxl", usage)
    return result


def _turn(book: Path, folder: Path, rows: int) -> list[tuple[str, Usage]]:
    """The floor, then a workbook's first four runs."""
    target = folder / "bench.xlsx"
    config = folder / "crm.yaml"
    shutil.copy(book, target)
    shutil.copy(TOOLS / ("bench10.crm.yaml" if rows == SIZES["1m"][0] else "bench.crm.yaml"), config)
    sync = [sys.executable, str(ROOT / "sync.py"), "sync", str(config), "--today", TODAY, "--quiet"]
    done = [("floor", child("floor", str(book), str(folder / "copy.xlsx"))), ("cold", run(sync))]
    before = _state(target)
    if before[0] == _state(book)[0]:
        raise SystemExit("the cold sync wrote nothing: there is nothing to measure")
    done.append(("unchanged", run(sync)))
    done.append(("running", child("resync", str(config), TODAY)))
    if _state(target) != before:
        raise SystemExit("an unchanged workbook was written")
    _edited(target, f"change_one_row(source, target, {rows // 2})")
    done.append(("changed", run(sync)))
    _edited(target, f"mark_one_task(source, target, {TASKS_HEADER!r}, {DONE!r})")
    done.append(("marked", run(sync)))
    return done


def _edited(book: Path, call: str) -> None:
    """One of bench_zip's edits, made in a process of its own: this one must stay small."""
    copy = book.with_name("edited.xlsx")
    code = f"from pathlib import Path; from bench_zip import *; source, target = Path({str(book)!r}), Path({str(copy)!r}); {call}"
    run([sys.executable, "-c", code], cwd=TOOLS)
    copy.replace(book)


def _state(book: Path) -> tuple[str, int]:
    """Content and time stamp. Read in pieces: this process must stay small."""
    with book.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest(), book.stat().st_mtime_ns


def _tell(size: str, turn: int, what: str, usage: Usage) -> None:
    seconds = usage.said["cpu"] if what == "running" else usage.cpu
    print(f"{size} {turn} {what}: {seconds:.2f} s CPU, {usage.wall:.2f} s, {usage.peak_mb:.0f} MiB", file=sys.stderr)


def child(what: str, *arguments: str) -> Usage:
    """One of tools/bench_child.py's jobs."""
    return run([sys.executable, str(TOOLS / "bench_child.py"), what, *arguments], listen=True)


def run(command: list[str], *, cwd: Path = ROOT, listen: bool = False) -> Usage:
    """What the process used. Stops the whole bench when it fails. This process stays small: a child's peak starts at its parent's."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=cwd, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{err.read().decode()[-2000:]}")
        said = json.loads(out.read().splitlines()[-1]) if listen else {}
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return Usage(used.ru_utime + used.ru_stime, used.ru_maxrss / unit, wall, said)


# --- the page


def report(results: list[Result], repeat: int) -> str:
    """docs/performance.md."""
    parts = [
        "# Performance",
        "",
        "Written by `make bench`; numbers by hand have no place here. " + machine(),
        "",
        METHOD.format(repeat=repeat),
    ]
    for result in results:
        parts += ["", *_table(result)]
    return "\n".join(parts) + "\n"


def _google() -> str:
    """What the same base costs in a Google spreadsheet, as tools/bench_google.py measures it: its section."""
    command = [sys.executable, str(TOOLS / "bench_google.py")]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _history() -> str:
    """What a hundred runs leave behind, as tools/bench_history.py measures it."""
    told = subprocess.run([sys.executable, str(TOOLS / "bench_history.py")], check=True, capture_output=True, text=True)
    rows = [line.partition(": ") for line in told.stdout.splitlines()]
    lines = [
        "",
        "## A history of 100 runs with 200 edits each, 100,000 rows x 20 columns",
        "",
        "| what | figure |",
        "|---|---|",
    ]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, _, value in rows)]) + "\n"


def _pages() -> str:
    """How soon and how big the pages in a browser are, as tools/bench_pages.py measures it."""
    told = subprocess.run([sys.executable, str(TOOLS / "bench_pages.py")], check=False, capture_output=True, text=True)
    rows = [line.partition(": ") for line in told.stdout.splitlines()]
    lines = ["", "## Pages in a browser, over the demo workbook", "", "| what | figure |", "|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, _, value in rows)]) + "\n"


def _table(result: Result) -> list[str]:
    rows, columns = SIZES[result.size]
    alone = statistics.median(usage.said["cpu"] for usage in result.runs["floor"])
    lines = [
        f"## {rows:,} rows x {columns} columns ({result.file_mb:.1f} MiB)",
        "",
        "| what | CPU, s | to the floor | target | clock, s | peak, MiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for what, name in NAMES.items():
        if what not in result.runs:
            continue
        target = f"<= {TARGETS[what]}" if what in TARGETS and result.size == "100k" else ""
        clock = "" if what == "running" else f"{statistics.median(usage.wall for usage in result.runs[what]):.2f}"
        lines.append(
            f"| {name} | {result.cpu(what):.3f} | {result.ratio(what):.2f} | {target} | {clock} | {result.peak(what):.0f} |"
        )
    lines += ["", f"The floor without the start of the interpreter ({result.start:.3f} s): {alone:.3f} s."]
    if "openpyxl" in result.runs:
        times = result.cpu("openpyxl") / result.cpu("cold")
        lines.append(
            f"A cold sync takes {times:.1f} times less CPU than the openpyxl way (target at 100,000 rows: {TARGET_OPENPYXL})."
        )
    elif result.size == "1m":
        lines.append("The openpyxl way is not run at this size: it needs many minutes and several GiB.")
    return lines


def machine() -> str:
    """The machine and the versions, in a sentence."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    libraries = ", ".join(f"{name} {version(name)}" for name in ("python-calamine", "polars", "openpyxl", "pydantic"))
    return (
        f"Machine: {model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {libraries}. Load when it ended: {os.getloadavg()[1]:.1f} (of {os.cpu_count()}; "
        "more means that others shared the machine, which makes ratios worse)."
    )


if __name__ == "__main__":
    sys.exit(main())
