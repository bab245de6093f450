"""The program as a process of its own: it leaves quickly, and nothing is lost on the way out."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STAND_IN = """
import atexit, logging.handlers, sys, threading, time
import sheets_crm.cli.process as process

class Mourned:
    def __del__(self):
        print("taken apart", file=sys.stderr, flush=True)

mourned = Mourned()

def main():
{body}

process.main = main
process.program()
"""


def ran(*words: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, check=False, **more)


def stood_in(body: str, *args: str) -> subprocess.CompletedProcess[str]:
    """The process with another body than the program's: what it said and left with."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return ran("-c", STAND_IN.format(body=lines), *args)


@pytest.mark.parametrize(("code", "left"), [("0", 0), ("7", 7), ("130", 130), ("None", 0)])
def test_the_exit_code_is_the_programs(code, left):
    assert stood_in(f"raise SystemExit({code})").returncode == left


def test_what_was_said_is_said_and_the_process_is_not_taken_apart():
    done = stood_in("sys.stdout.write('no line end'); sys.stderr.write('aside')\nraise SystemExit(3)")
    assert (done.returncode, done.stdout, done.stderr) == (3, "no line end", "aside")


def test_functions_kept_for_the_end_run_once_and_may_speak():
    done = stood_in("atexit.register(print, 'last words')\nraise SystemExit(0)")
    assert (done.stdout, done.stderr) == ("last words\n", "")


def test_a_log_kept_in_memory_reaches_its_file(tmp_path):
    log = tmp_path / "log.txt"
    done = stood_in(
        "file = logging.FileHandler(sys.argv[1])\n"
        "logging.getLogger().addHandler(logging.handlers.MemoryHandler(99, target=file))\n"
        "logging.warning('seen')\nraise SystemExit(0)",
        str(log),
    )
    assert done.returncode == 0
    assert log.read_text() == "seen\n"


def test_a_thread_at_work_is_waited_for():
    done = stood_in(
        "def late():\n    time.sleep(0.2)\n    print('done')\nthreading.Thread(target=late).start()\nraise SystemExit(5)"
    )
    assert (done.returncode, done.stdout) == (5, "done\n")


def test_an_error_that_is_no_exit_goes_the_ordinary_way():
    done = stood_in("raise RuntimeError('ours')")
    assert done.returncode == 1
    assert "RuntimeError: ours" in done.stderr


@pytest.mark.parametrize("entry", [("-m", "sheets_crm"), ("sync.py",)])
def test_a_mistyped_command_through_each_door(entry):
    done = ran(*entry, "no-such-command")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no-such-command" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe breaks otherwise there")
def test_a_reader_who_has_seen_enough():
    with subprocess.Popen(
        [sys.executable, "-m", "sheets_crm", "--help"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:  # fmt: skip
        assert program.stdout
        assert program.stderr
        program.stdout.close()
        assert program.stderr.read() == ""
        assert program.wait(20) in {0, 1}  # where it noticed: at the last flush, or, by click, when it printed


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_ctrl_c():
    waits = (
        "import sheets_crm.cli.process as process, sheets_crm.cli.app as app, time\n"
        "def wait(**_):\n    print('ready', flush=True); time.sleep(20)\napp.app = wait\nprocess.program()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", waits, "sync", "--lang", "en"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:  # fmt: skip
        assert program.stdout
        assert program.stderr
        assert program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGINT)
        assert "Stopped" in program.stderr.read()
        assert program.wait(20) == 130
