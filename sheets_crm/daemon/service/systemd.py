"""A unit for systemd's user manager: begins at log-on (or at start-up with lingering), again after a failure.

Only such limits as need no user namespace: a namespace would hide or forbid workbooks on shares and mounted drives, and on
many systems a user may not make one. Source: systemd.exec(5), systemd.service(5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sheets_crm.daemon.service import Place

NAME = "sheets-crm.service"
ENCODING = "utf-8"
_UNIT = """\
# Made by: sheets-crm service install
[Unit]
Description=sheets-crm looks after workbooks
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
{environment}WorkingDirectory={home}
Restart=on-failure
RestartSec=30
KillMode=mixed
TimeoutStopSec=30
UMask=0077
Nice=5
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native

[Install]
WantedBy=default.target
"""


def path(place: Place) -> Path:
    """Where the unit stands."""
    stated = os.environ.get("XDG_CONFIG_HOME")
    base = Path(stated) if stated and Path(stated).is_absolute() else place.home / ".config"
    return base / "systemd" / "user" / NAME


def text(place: Place, configs: Sequence[str]) -> str:
    """The unit."""
    command = " ".join(quoted(word) for word in (place.python, "-P", "-m", "sheets_crm", "run", "--quiet", *configs))
    environment = f"Environment={quoted(f'PYTHONPATH={place.program}', command=False)}\n" if place.program else ""
    return _UNIT.format(command=command, environment=environment, home=str(place.home).replace("%", "%%"))


def quoted(word: str, *, command: bool = True) -> str:
    """A word as systemd reads it back: in quotes, its specifiers and (in commands) variables defused."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{plain.replace("$", "$$") if command else plain}"'


def configs(content: str) -> Iterable[str]:
    """The configurations that a unit names."""
    line = next((line for line in content.splitlines() if line.startswith("ExecStart=")), "")
    words = [
        re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$")
        for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line)
    ]
    return words[words.index("run") + 2 :] if "run" in words else ()


def begin(_place: Place, _path: Path) -> list[tuple[str, ...]]:
    """Commands that begin it, now and from now on; one that runs already is begun anew with its new words."""
    manager = ("systemctl", "--user")
    return [(*manager, "daemon-reload"), (*manager, "enable", NAME), (*manager, "restart", NAME)]


def end(_place: Place, _path: Path) -> list[tuple[str, ...]]:
    """Commands that stop it before its file goes."""
    return [("systemctl", "--user", "disable", "--now", NAME)]


def forget() -> list[tuple[str, ...]]:
    """Commands for after its file is gone."""
    return [("systemctl", "--user", "daemon-reload")]


def ask(_place: Place) -> tuple[str, ...]:
    """The command that says whether it runs."""
    return ("systemctl", "--user", "is-active", NAME)


def is_active(code: int, said: str) -> bool | None:
    """Does it run? None where the manager itself can't be reached."""
    return code == 0 if said.strip() else None
