"""What the setup conversation needs of this machine: the owner's folders, where drafts lie, and what only the daemon can do."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread

import platformdirs

from sheets_crm.wizard.step import Autostart, Messenger, World


class Service(Autostart):
    """The daemon's service, as the wizard offers it: for this workbook beside those that it already looks after."""

    def planned(self, config: Path) -> str:
        """The files that would be written, and the commands that would follow."""
        from sheets_crm.daemon import service

        plan = service.planned(service.this_system(), _all(config))
        return "; ".join([*map(str, plan.files), *map(shlex.join, plan.begin)])

    def install(self, config: Path) -> Sequence[str]:
        """Install it: the commands that the system would not take from here. OwnerError when a file can't be written."""
        from sheets_crm.cli.text_daemon import typed
        from sheets_crm.daemon import service

        done = service.install(service.planned(service.this_system(), _all(config)))
        return [typed(words) for words in done.left]


def _all(config: Path) -> Sequence[Path]:
    """The workbooks that the service looks after already and that are still there, and this one."""
    from sheets_crm.daemon import service

    before = [Path(path) for path in service.status(service.this_system()).configs]
    here = config.resolve()
    return [*(path for path in before if path.resolve() != here and path.exists()), here]


class Notices(Messenger):
    """The daemon's messages, for a try."""

    def is_address(self, url: str) -> bool:
        """Is that the address of a service, by how it is written?"""
        from sheets_crm.daemon.notices.post import is_address

        return is_address(url)

    def send(self, url: str, title: str, body: str) -> str | None:
        """Send it now; None where it was taken, else what the service said."""
        from sheets_crm.daemon.notices.post import Answer, ApprisePost

        sent = ApprisePost().send(url, title, body)
        return None if sent.answer is Answer.SENT else sent.said


def world(*, run_later: bool, here: Path | None = None) -> World:
    """This machine. run_later: long work goes on beside the conversation. here: where relative paths start."""
    return World(
        home=Path.home(),
        drafts=Path(platformdirs.user_state_dir("sheets-crm", appauthor=False)) / "setup",
        environ=os.environ,
        here=here,
        autostart=Service(),
        messenger=Notices(),
        run_later=_beside if run_later else None,
    )


def _beside(work: Callable[[], None]) -> None:
    Thread(target=work, name="setup", daemon=True).start()
