"""The daemon's news and reports as people read them in a terminal. Every sentence comes from `words`."""

from __future__ import annotations

import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sheets_crm.cli.voice import Voice
from sheets_crm.daemon.outcome import name_of
from sheets_crm.daemon.settings import watched
from sheets_crm.daemon.status import moment
from sheets_crm.errors import OwnerError
from sheets_crm.sync.config import config_path
from sheets_crm.words import Lang, knows, say, show

if TYPE_CHECKING:
    from sheets_crm.daemon.report import Report
    from sheets_crm.daemon.service import Done, Found, Planned
    from sheets_crm.daemon.supervise import Daemon


def present(given: Sequence[str] | None, voice: Voice) -> list[Path]:
    """The configurations meant. ConfigError where not one of them is there; those that are missing now may come later."""
    paths, missing = [], []
    for one in given or (None,):
        try:
            paths.append(config_path(one))
        except OwnerError as error:
            missing.append(error)
            paths.append(Path(one or "."))
    if len(missing) == len(paths):
        raise missing[0]
    for path in paths:
        try:
            voice.hear(watched(path.resolve()).lang)
        except OwnerError:
            continue
    return paths


class Speaker:
    """Says what happens as it happens, one line each; called from several threads."""

    def __init__(self, voice: Voice, *, several: bool = False) -> None:
        self._voice, self._several, self._guard = voice, several, threading.Lock()

    def __call__(self, config: Path, lang: str, key: str, **values: object) -> None:
        """One line. Failures carry the keys of their own sentences."""
        del lang
        sentence = say(key, self._voice.lang, config=str(config), **values) if knows(key) else key
        with self._guard:
            name = f"[{name_of(config)}] " if self._several else ""
            print(f"{datetime.now().astimezone():%H:%M:%S} {name}{sentence}", flush=True)


def started(daemon: Daemon, lang: Lang) -> str:
    """What `run` says first."""
    return say("daemon.said.started", lang, n=len(daemon.keepers))


def ended(lang: Lang) -> str:
    """What `run` says last."""
    return say("daemon.said.stopped", lang)


def reported(report: Report, lang: Lang) -> str:
    """The lines of one workbook's status."""
    seen, zone = report.status, report.zone
    values: dict[str, Any] = {
        "workbook": report.called(lang), "config": str(report.config), "pid": str(seen.pid or ""),
        "since": _at(seen.started, lang, zone), "beat": _at(seen.beat, lang, zone), "stopped": _at(seen.stopped, lang, zone),
    }  # fmt: skip
    state = "idle" if report.state in {"running", "failing"} else report.state
    lines = [say(f"daemon.state.{state}", lang, **values)]
    if seen.last:
        counts = {name: seen.last.get(name, 0) for name in ("clients", "tasks", "problems")}
        lines.append(say("daemon.status.last", lang, at=_at(seen.last.get("at"), lang, zone), **counts))
    if report.state in {"idle", "running", "failing"}:
        lines += _going_on(report, lang)
    if report.paused is not None:
        lines.append(say("google.paused", lang, clock=f"{report.paused.astimezone(report.zone):%H:%M:%S}"))
    if seen.failing is not None and report.exit_code:
        lines += _failing(report, lang)
    return "\n".join(lines)


def _going_on(report: Report, lang: Lang) -> list[str]:
    seen, zone = report.status, report.zone
    lines = []
    looked, last = moment(seen.looked), moment(seen.last.get("at")) if seen.last else None
    if looked and last and looked > last and not seen.failing:
        lines.append(say("daemon.status.looked", lang, at=_at(seen.looked, lang, zone)))
    if seen.running:
        lines.append(say("daemon.status.running", lang, at=_at(seen.running, lang, zone)))
    elif seen.next and not seen.failing:
        lines.append(say("daemon.status.next", lang, at=_at(seen.next, lang, zone)))
    return lines


def _failing(report: Report, lang: Lang) -> list[str]:
    failing = report.status.failing
    assert failing is not None
    since = _at(failing.since, lang, report.zone)
    lines = [say("daemon.status.failing", lang, since=since, n=failing.times), getattr(failing, lang)]
    if failing.again:
        lines.append(say("daemon.status.again", lang, at=_at(failing.again, lang, report.zone)))
    elif report.status.next:
        lines.append(say("daemon.status.waits", lang, at=_at(report.status.next, lang, report.zone)))
    return lines


def _at(written: str | None, lang: Lang, zone: ZoneInfo | None) -> str:
    """A moment as people write it, in the workbook's time zone."""
    found = moment(written)
    if found is None:
        return "-"
    here = found.astimezone(zone)
    return f"{show(here, lang)}, {here:%H:%M}"


def planned(plan: Planned) -> str:
    """What would be written where, and which commands would follow: all of it as it is, for those who do it by hand."""
    lines = []
    for path, content in plan.files.items():
        lines += [f"# {path}", content.rstrip(), ""]
    return "\n".join([*lines, *(f"$ {typed(words)}" for words in plan.begin)])


def typed(words: Sequence[str]) -> str:
    """A command as it is typed in a terminal."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" or words[0] == "schtasks" else shlex.join(words)


def installed(done: Done, lang: Lang) -> str:
    """What was installed, and what is left to do."""
    paths = ", ".join(str(path) for path in done.paths)
    lines = [say("daemon.service.written", lang, paths=paths)]
    if done.left:
        lines.append(say("daemon.service.left", lang))
        lines += [f"  {typed(words)}" for words in done.left]
    else:
        lines.append(say("daemon.service.runs", lang))
    if done.system == "systemd":
        lines.append(say("daemon.service.linger", lang, user=done.user))
    return "\n".join(lines)


def removed(done: Done, lang: Lang) -> str:
    """What was removed, and what is left to do."""
    if not done.paths:
        return say("daemon.service.none", lang)
    paths = ", ".join(str(path) for path in done.paths)
    lines = [say("daemon.service.removed", lang, paths=paths)]
    if done.left:
        lines.append(say("daemon.service.left", lang))
        lines += [f"  {typed(words)}" for words in done.left]
    return "\n".join(lines)


def service(found: Found, lang: Lang) -> str:
    """Is it installed, does it run, for which workbooks."""
    if not found.installed:
        return say("daemon.service.none", lang)
    key = {True: "active", False: "inactive", None: "unknown"}[found.active]
    lines = [say(f"daemon.service.{key}", lang, path=str(found.path))]
    lines += [f"  {config}" for config in found.configs]
    return "\n".join(lines)
