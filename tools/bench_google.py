"""What a run on a Google spreadsheet costs: calls, bytes both ways and CPU of our own process, over 100,000 rows x 20 columns.

`python tools/bench_google.py [--rows N]` prints the section of docs/performance.md; `make bench` puts it there. The spreadsheet
stands in the tests' emulator, a process of its own, so that only our side is counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
ROWS, COLUMNS = 100_000, 20
TODAY = "2026-03-16"
STAGE = 4  # column of the stage in the base
STATUS, DONE = (
    "\u0421\u0442\u0430\u0442\u0443\u0441",
    "\u0421\u0434\u0435\u043b\u0430\u043d\u0430",
)  # as in tools/bench.py
RUNS = (
    ("cold", "cold: no state, tabs written for the first time"),
    ("unchanged", "again, nothing changed"),
    ("changed", "again, one row changed"),
    ("marked", "again, one task marked done"),
    ("added", "again, one row added at the end"),
    ("deleted", "again, one row deleted from the middle"),
)
SETTINGS = """
google:
  credentials: key.json
  endpoint: {url}
  per_minute: {{reads: 0, writes: 0}}
  timeouts: {{read: 3000}}
  retries: {{total: 3000}}
"""


@dataclass
class Cost:
    """One run: CPU and clock in seconds, peak in MiB, and what it told of its calls."""

    cpu: float
    wall: float
    peak: float
    told: dict[str, Any]


def main() -> int:
    """0 when every run did what it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default=ROWS, type=int)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        print(section(rows, measured(Path(folder), rows)))
    return 0


def measured(folder: Path, rows: int) -> dict[str, Cost]:
    """The runs over a base of so many rows."""
    base = folder / "base.xlsx"
    subprocess.run([sys.executable, str(TOOLS / "bench_data.py"), str(rows), str(COLUMNS), str(base)], check=True)
    with _Server(base, folder / "key.json") as server:
        config = folder / "crm.yaml"
        text = (TOOLS / "bench.crm.yaml").read_text("utf-8").replace("workbook: bench.xlsx", f"workbook: {server.book}")
        config.write_text(text + SETTINGS.format(url=server.url), "utf-8")
        found = {"cold": _run(config), "unchanged": _run(config)}
        if found["unchanged"].told["google"]["writes"]:
            raise SystemExit("an unchanged spreadsheet was written")
        for what, name in (("change", "changed"), ("mark", "marked"), ("add", "added"), ("delete", "deleted")):
            server.say(what)
            found[name] = _run(config)
    return found


class _Server:
    """The emulator in a process of its own, with hands to change a row and to mark a task."""

    def __init__(self, base: Path, key: Path) -> None:
        command = [sys.executable, str(TOOLS / "bench_google.py"), "--serve", str(base), str(key)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url, self.book = self._line().split()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the emulator did not start")
        return line.strip()

    def say(self, what: str) -> None:
        """Have somebody do it."""
        assert self._process.stdin is not None
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        if self._line() != "done":
            raise SystemExit(f"nobody could do it: {what}")


def serve(base: str, key: str) -> None:
    """The other process: an emulator with the base, told what to do line by line."""
    sys.path.insert(0, str(ROOT))
    from tests.google.emulator import Emulator

    with Emulator() as google:
        google.service.self_check = False
        book = google.add_book(Path(base))
        google.key_file(Path(key))
        print(google.url, book, flush=True)
        person = google.person(book)
        for line in sys.stdin:
            _HANDS[line.strip()](person, [sheet.title for sheet in person.document.sheets])
            print("done", flush=True)


def _change(person: Any, titles: list[str]) -> None:
    """The stage of a client half way down: that of the one above, or of another."""
    rows = person.rows(titles[0])
    middle = len(rows) // 2
    other = next(row[STAGE] for row in rows[middle:] if row[STAGE] != rows[middle][STAGE])
    person.type(titles[0], middle + 1, STAGE, other)


def _mark(person: Any, titles: list[str]) -> None:
    """The first task is done."""
    person.type(next(title for title in titles if person.rows(title)[0][0] == STATUS), 2, 0, DONE)


def _add(person: Any, titles: list[str]) -> None:
    """One more client below the last, who is like one in the middle but for the number, the name and the phone."""
    rows = person.rows(titles[0])
    last = len(rows)
    new = [last, f"{rows[-1][1]} junior", "+79990000000", *rows[last // 2][3:]]
    if last + 1 > person.sheet(titles[0]).row_count:
        length = {"sheetId": person.sheet(titles[0]).id, "dimension": "ROWS", "length": 10}
        person.do({"appendDimension": length})
    for column, value in enumerate(new):
        person.type(titles[0], last + 1, column, value)


def _delete(person: Any, titles: list[str]) -> None:
    """The row of a client half way down: those below move up."""
    person.delete_rows(titles[0], len(person.rows(titles[0])) // 2)


_HANDS = {"change": _change, "mark": _mark, "add": _add, "delete": _delete}


def _run(config: Path) -> Cost:
    command = [sys.executable, str(ROOT / "sync.py"), "sync", str(config), "--today", TODAY, "--json"]
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{err.read().decode()[-2000:]}")
        told = json.loads(out.read())
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 2**10, told)


def section(rows: int, found: dict[str, Cost]) -> str:
    """The section of docs/performance.md."""
    lines = [
        "",
        f"## Google: {rows:,} rows x {COLUMNS} columns, on the tests' emulator",
        "",
        "Bytes are those of bodies as they cross the wire (answers packed by gzip). CPU is of our process alone.",
        "",
        "| what | reads | writes | MiB down | MiB up | CPU, s | clock, s | peak, MiB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for what, name in RUNS:
        cost = found[what]
        told = cost.told["google"]
        down, up = told["bytes_in"] / 2**20, told["bytes_out"] / 2**20
        lines.append(
            f"| {name} | {told['reads']} | {told['writes']} | {down:.2f} | {up:.2f} | {cost.cpu:.2f} | {cost.wall:.1f} | {cost.peak:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:4])
    else:
        sys.exit(main())
