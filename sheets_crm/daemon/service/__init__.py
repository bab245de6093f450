"""The daemon as a service that the system begins: systemd's user manager, launchd, Windows' task scheduler.

What is written and which commands follow is planned as text first, so that it can be shown and tested anywhere.
One service a user, for all the workbooks named at its installation. Nothing here needs an administrator.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sheets_crm.daemon.runner import program_home
from sheets_crm.daemon.service import launchd, systemd, windows
from sheets_crm.disk import write_whole
from sheets_crm.errors import OwnerError

SYSTEMS = ("systemd", "launchd", "windows")
_MAKERS = {"systemd": systemd, "launchd": launchd, "windows": windows}
_PATIENCE_S = 30

Command = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """The user and the machine it is for. python: the interpreter. program: its package's folder, where it is not installed."""

    home: Path
    user: str
    uid: int
    python: str
    program: str | None
    local: Path  # where programs keep their own files

    @classmethod
    def here(cls) -> Place:
        """This user on this machine."""
        home = Path.home()
        user = getpass.getuser()
        domain = os.environ.get("USERDOMAIN")
        uid = os.getuid() if sys.platform != "win32" else 0
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return cls(home, f"{domain}\\{user}" if domain else user, uid, sys.executable, program_home(), local)


@dataclass(frozen=True)
class Planned:
    """files: path -> text. begin: commands that make the system use them. encoding: of the files."""

    system: str
    user: str
    files: Mapping[Path, str]
    begin: Sequence[Command]
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Done:
    """What was written or removed. left: commands that could not be carried out here; empty where the system has done them."""

    system: str
    user: str
    paths: Sequence[Path]
    left: Sequence[Command] = ()


@dataclass(frozen=True)
class Found:
    """The service as it stands. active: does it run; None where the system can't be asked."""

    system: str
    path: Path
    installed: bool
    active: bool | None = None
    configs: Sequence[str] = field(default_factory=tuple)

    @property
    def fine(self) -> bool:
        """Installed, and not known to stand still."""
        return self.installed and self.active is not False

    def json(self) -> dict[str, Any]:
        """The object of `service status --json`."""
        return {
            "system": self.system, "path": str(self.path), "installed": self.installed, "active": self.active,
            "configs": list(self.configs),
        }  # fmt: skip


def this_system() -> str:
    """The one that this machine has."""
    return {"darwin": "launchd", "win32": "windows"}.get(sys.platform, "systemd")


def planned(system: str, configs: Sequence[Path], place: Place | None = None) -> Planned:
    """What installing would do. configs: made absolute, since a service begins nowhere in particular."""
    place = place or Place.here()
    maker = _MAKERS[system]
    paths = [str(path.resolve()) for path in configs]
    path = maker.path(place)
    return Planned(system, place.user, {path: maker.text(place, paths)}, maker.begin(place, path), maker.ENCODING)


def install(plan: Planned) -> Done:
    """Write the files, carry out the commands. OwnerError: a file can't be written.

    Where the system's own program is not here, or answers with an error, what remains to be typed is handed back.
    """
    for path, content in plan.files.items():
        if path.exists():  # the one that runs now has the old words
            _asked(_MAKERS[plan.system].end(Place.here(), path)[0])
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content.encode(plan.encoding))
        except OSError as error:
            raise OwnerError("daemon.errors.service_not_written", path=str(path)) from error
    return Done(plan.system, plan.user, tuple(plan.files), _carried_out(plan.begin))


def remove(system: str, place: Place | None = None) -> Done:
    """Stop the service, remove its file. Nothing to do where there is none."""
    place = place or Place.here()
    maker = _MAKERS[system]
    path = maker.path(place)
    if not path.exists():
        return Done(system, place.user, ())
    left = _carried_out(maker.end(place, path))
    try:
        path.unlink()
    except OSError as error:
        raise OwnerError("daemon.errors.service_not_removed", path=str(path)) from error
    return Done(system, place.user, (path,), (*left, *_carried_out(maker.forget())))


def status(system: str, place: Place | None = None) -> Found:
    """Is it installed, does it run, for which configurations."""
    place = place or Place.here()
    maker = _MAKERS[system]
    path = maker.path(place)
    try:
        content = path.read_bytes().decode(maker.ENCODING)
    except (OSError, UnicodeDecodeError):
        return Found(system, path, installed=False)
    answer = _asked(maker.ask(place))
    active = None if answer is None else maker.is_active(*answer)
    return Found(system, path, installed=True, active=active, configs=tuple(maker.configs(content)))


def _carried_out(commands: Sequence[Command]) -> Sequence[Command]:
    """The commands from the first that failed on."""
    for number, words in enumerate(commands):
        answer = _asked(words)
        if answer is None or answer[0] != 0:
            return tuple(commands[number:])
    return ()


def _asked(words: Command) -> tuple[int, str] | None:
    """Exit code and what was said; None where the program is not here, or does not answer."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=_PATIENCE_S, check=False)  # noqa: S603 - our own words
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode, done.stdout.decode(errors="replace")
