"""A task of Windows' scheduler: begins at log-on without a window, and is begun again should it be gone.

The scheduler's own restart only covers a task that could not be begun, so the trigger repeats every five minutes and does
nothing where the task runs. Source: the Task Scheduler schema (MS-TSCH 2.5), schtasks /create /xml.
"""

from __future__ import annotations

import ntpath
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, unescape

if TYPE_CHECKING:
    from sheets_crm.daemon.service import Place

NAME = "sheets-crm"
ENCODING = "utf-16"
_TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>sheets-crm looks after workbooks</Description>
    <URI>\\sheets-crm</URI>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <Repetition>
        <Interval>PT5M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"""
_RUN = ["-m", "sheets_crm", "run", "--quiet"]


def path(place: Place) -> Path:
    """Where the task's description stands; the scheduler keeps a copy of its own."""
    return place.local / "sheets-crm" / "task.xml"


def text(place: Place, configs: Sequence[str]) -> str:
    """The task. Where the program is not installed, it begins in the program's folder: a task has no environment of its own."""
    arguments = subprocess.list2cmdline([*_RUN, *configs])
    return _TASK.format(
        user=escape(place.user), command=escape(_without_window(place.python)), arguments=escape(arguments),
        folder=escape(place.program or str(place.home)),
    )  # fmt: skip


def _without_window(python: str) -> str:
    """pythonw.exe beside python.exe: the same, without a black window."""
    folder, name = ntpath.split(python)
    return ntpath.join(folder, re.sub(r"(?i)^python(\d*(?:\.\d+)?)(\.exe)?$", r"pythonw\1.exe", name))


def configs(content: str) -> Iterable[str]:
    """The configurations that a task names."""
    found = re.search(r"<Arguments>(.*?)</Arguments>", content, flags=re.DOTALL)
    words = split(unescape(found[1])) if found else []
    return words[words.index("run") + 2 :] if "run" in words else ()


def split(line: str) -> list[str]:
    """The words of a command line as Windows programs part them: the way back from `subprocess.list2cmdline`."""
    words: list[str] = []
    word, begun, quoted, at = "", False, False, 0
    while at < len(line):
        sign = line[at]
        slashes = len(line[at:]) - len(line[at:].lstrip("\\"))
        if slashes:
            at += slashes
            before_quote = line[at : at + 1] == '"'
            word, begun = word + "\\" * (slashes // 2 if before_quote else slashes), True
            if before_quote and slashes % 2:
                word, at = word + '"', at + 1
            continue
        at += 1
        if sign == '"':
            begun, quoted = True, not quoted
        elif sign in " \t" and not quoted:
            words += [word] if begun else []
            word, begun = "", False
        else:
            word, begun = word + sign, True
    return words + ([word] if begun else [])


def begin(_place: Place, file: Path) -> list[tuple[str, ...]]:
    """Commands that begin it, now and at every log-on."""
    return [("schtasks", "/Create", "/TN", NAME, "/XML", str(file), "/F"), ("schtasks", "/Run", "/TN", NAME)]


def end(_place: Place, _path: Path) -> list[tuple[str, ...]]:
    """Commands that stop it and forget it."""
    return [("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/TN", NAME, "/F")]


def forget() -> list[tuple[str, ...]]:
    """Commands for after its file is gone."""
    return []


def ask(_place: Place) -> tuple[str, ...]:
    """The command that says whether it runs."""
    return ("schtasks", "/Query", "/TN", NAME, "/XML")


def is_active(code: int, _said: str) -> bool | None:
    """Is it known to the scheduler? Whether it runs is said in the system's language only: `sheets-crm status` knows."""
    return None if code == 0 else False
