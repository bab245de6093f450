"""Sets up `.venv` from the pinned, hashed requirements and runs one of the project's jobs in it: `python tools/do.py demo`.

Needs nothing but the standard library; make calls it, and so does Windows without make. It installs nothing outside `.venv`.
Its sentences stand in sheets_crm/words/*/house.yaml, one flat line each, because there is no YAML reader yet when it starts.
"""

from __future__ import annotations

import hashlib
import locale
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
OLDEST = (3, 11)
FAST = "not slow and not corpus"

# job -> (needs the developers' tools, commands; each starts with a program of the environment)
JOBS = {
    "run": (False, []),
    "dev": (True, []),
    "demo": (False, [["sheets-crm", "demo"]]),
    "demo-google": (True, [["python", "tools/demo_google.py"]]),
    "check": (
        True,
        [
            ["ruff", "format", "--check", "--quiet", "."],
            ["ruff", "check", "--quiet", "."],
            ["mypy"],
            ["lint-imports"],
            ["pytest", "-n", "auto", "-m", FAST],
        ],
    ),
    "test": (True, [["pytest", "-n", "auto"]]),
    "wheel": (False, [["python", "-m", "hatchling", "build", "-d", "dist"]]),
    "bench": (True, [["python", "tools/bench.py"]]),
}


class Stop(Exception):
    """Nothing more can be done here; carries the key of the sentence that says why."""


def main(arguments: list[str]) -> int:
    """Exit code of the job; 2 for an unknown one."""
    job, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if job not in JOBS:
        print(say("usage", jobs=", ".join(JOBS)), file=sys.stderr)
        return 2
    developer, commands = JOBS[job]
    try:
        set_up(developer=developer)
    except Stop as stop:
        print(say(*stop.args[:1], **dict(*stop.args[1:])), file=sys.stderr)
        return 1
    for number, command in enumerate(commands, 1):
        extra = rest if number == len(commands) else []
        code = subprocess.call([str(program(command[0])), *command[1:], *extra], cwd=ROOT)
        if code:
            return code
    return 0


def set_up(*, developer: bool) -> None:
    """`.venv` holds what the requirements file says and the project itself. Quick when it already does."""
    wanted = ROOT / ("requirements-dev.txt" if developer else "requirements.txt")
    stamp = VENV / f"{wanted.stem}.stamp"
    state = hashlib.sha256(wanted.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    alive = works(program("python"))
    if alive and stamp.exists() and stamp.read_text("ascii") == state:
        return
    print(say("setting_up", file=wanted.name), flush=True)
    if not alive:
        create()
    pip("no_install", "--require-hashes", "-r", str(wanted))
    pip("no_project", "--no-deps", "--no-build-isolation", "-e", str(ROOT))
    compiled = [str(program("python")), "-m", "compileall", "-q", "sheets_crm"]
    subprocess.call(compiled, cwd=ROOT)  # pip leaves it undone here; undone, each start may compile all modules again
    stamp.write_text(state, "ascii")


def create() -> None:
    """A fresh `.venv` of a Python that is new enough; with uv where the system's own venv is not complete."""
    python = new_enough()
    made = subprocess.call([python, "-m", "venv", "--clear", str(VENV)], stdout=subprocess.DEVNULL) == 0
    uv = shutil.which("uv")
    if not made and uv:
        made = subprocess.call([uv, "venv", "--quiet", "--clear", "--seed", "--python", python, str(VENV)]) == 0
    if not made:
        raise Stop("no_venv", {"python": python})


def new_enough() -> str:
    """Path of a Python not older than 3.11: this one, or another on the PATH."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and works(Path(found)):
            return found
    raise Stop("old_python", {"seen": ".".join(map(str, sys.version_info[:3]))})


def works(python: Path) -> bool:
    """Can this interpreter be started, and is it new enough?"""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.call([str(python), "-c", check], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def pip(or_say: str, *arguments: str) -> None:
    """Install into `.venv`, or stop with that sentence."""
    command = [str(program("python")), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    if subprocess.call(command, cwd=ROOT):
        raise Stop(or_say, {"command": " ".join(command[1:])})


def program(name: str) -> Path:
    """Where a program of the environment is, on this system."""
    return VENV / "Scripts" / f"{name}.exe" if os.name == "nt" else VENV / "bin" / name


def say(key: str, **values: str) -> str:
    """The sentence in the language of this machine."""
    language = os.environ.get("SHEETS_CRM_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG")
    language = (language or locale.getlocale()[0] or "").lower()
    path = ROOT / "sheets_crm" / "words" / ("ru" if language.startswith("ru") else "en") / "house.yaml"
    texts = dict(re.findall(r'^(\w+): "(.*)"$', path.read_text("utf-8"), flags=re.MULTILINE))
    return str(texts[key].format(**values))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
