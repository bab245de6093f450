"""A launchd agent of the user: begins at log-on, again after a failure. Source: launchd.plist(5), launchctl(1)."""

from __future__ import annotations

import plistlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheets_crm.daemon.service import Place

LABEL = "sheets-crm.run"
ENCODING = "utf-8"


def path(place: Place) -> Path:
    """Where the agent stands."""
    return place.home / "Library" / "LaunchAgents" / f"{LABEL}.plist"


def text(place: Place, configs: Sequence[str]) -> str:
    """The agent."""
    agent: dict[str, Any] = {
        "Label": LABEL,
        "ProgramArguments": [place.python, "-P", "-m", "sheets_crm", "run", "--quiet", *configs],
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 30,
        "ExitTimeOut": 30,
        "ProcessType": "Background",
        "WorkingDirectory": str(place.home),
        "Umask": 0o077,
    }
    if place.program:
        agent["EnvironmentVariables"] = {"PYTHONPATH": place.program}
    return plistlib.dumps(agent).decode()


def configs(content: str) -> Iterable[str]:
    """The configurations that an agent names."""
    try:
        words = [str(word) for word in plistlib.loads(content.encode()).get("ProgramArguments", ())]
    except (plistlib.InvalidFileException, ValueError, AttributeError):
        return ()
    return words[words.index("run") + 2 :] if "run" in words else ()


def begin(place: Place, file: Path) -> list[tuple[str, ...]]:
    """Commands that begin it, now and at every log-on."""
    return [("launchctl", "bootstrap", f"gui/{place.uid}", str(file))]


def end(place: Place, _path: Path) -> list[tuple[str, ...]]:
    """Commands that stop it before its file goes."""
    return [("launchctl", "bootout", f"gui/{place.uid}/{LABEL}")]


def forget() -> list[tuple[str, ...]]:
    """Commands for after its file is gone."""
    return []


def ask(place: Place) -> tuple[str, ...]:
    """The command that says whether it runs."""
    return ("launchctl", "print", f"gui/{place.uid}/{LABEL}")


def is_active(code: int, said: str) -> bool | None:
    """Does it run?"""
    return code == 0 and "state = running" in said
