"""`plan` on the real workbook with the settings answered so far, before there is any crm.yaml. Writes nothing anywhere.

What takes long runs beside the conversation; what was reckoned is kept while the workbook and the settings stay the same.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sheets_crm.errors import OwnerError
from sheets_crm.sync.yaml_emit import canonical
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.step import World
from sheets_crm.wizard.yaml_writer import settings_of, text_there, wanted, written

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened
    from sheets_crm.sync.run import Result

_KEPT = 3  # results of a large workbook are large
REFRESH_S = 1  # how often a screen looks again while it waits
_LATER = frozenset(
    {"schedule", "notifications", "calendar_feed", "backups", "language"}
)  # say nothing of what is found


@dataclass(frozen=True)
class Trial:
    """One plan: under way (neither result nor error), done, or not possible."""

    result: Result | None = None
    error: OwnerError | None = None

    @property
    def is_running(self) -> bool:
        """Is it still being reckoned?"""
        return self.result is None and self.error is None


class Trials:
    """Plans by workbook and settings. today: None for the day it is in the workbook's time zone."""

    def __init__(self, world: World, today: date | None = None) -> None:
        self._later = world.run_later
        self._today = today
        self._known: OrderedDict[str, Trial] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, draft: Draft, without: Collection[str] = ()) -> Trial:
        """The plan of a draft, begun where it is not known yet. without: sections of the settings that are left out."""
        try:
            key, opened = self._meant(draft, without)
        except OwnerError as error:
            return Trial(error=error)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
            self._known[key] = Trial()
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        work = self._work(key, opened)
        if self._later is None:
            work()
        else:
            self._later(work)
        with self._lock:
            return self._known.get(key, Trial())

    def known(self, draft: Draft) -> Result | None:
        """The plan of a draft where it has been reckoned already; nothing is begun."""
        try:
            key, _ = self._meant(draft, ())
        except OwnerError:
            return None
        with self._lock:
            return self._known.get(key, Trial()).result

    def look_again(self) -> None:
        """Forget what was reckoned; what is under way goes on."""
        with self._lock:
            for key in [key for key, trial in self._known.items() if not trial.is_running]:
                del self._known[key]

    def _meant(self, draft: Draft, without: Collection[str]) -> tuple[str, Opened]:
        from sheets_crm.sync.intake import open_text

        before = text_there(draft.config)
        said = {key: value for key, value in wanted(draft, before).items() if key not in without}
        opened = open_text(written(None, said, draft.language), Path(draft.config))
        told = canonical({key: value for key, value in said.items() if key not in _LATER})
        state = _stamp(opened.workbook) if opened.google is None else "google"
        return json.dumps([state, told, str(draft.config)]), opened

    def _work(self, key: str, opened: Opened) -> Callable[[], None]:
        def work() -> None:
            from sheets_crm.sync.run import plan

            trial = Trial(error=OwnerError("setup_run.stop.our_fault"))  # unless: the screen must not wait for ever
            try:
                trial = Trial(plan(opened, today=self._today))
            except OwnerError as error:
                trial = Trial(error=error)
            finally:
                with self._lock:
                    if key in self._known:
                        self._known[key] = trial

        return work


def _stamp(path: Path) -> str:
    """Changes whenever the file does."""
    try:
        told = path.stat()
    except OSError:
        return "missing"
    return f"{told.st_mtime_ns}:{told.st_size}:{told.st_ino}"


def existing_settings(draft: Draft) -> dict[str, object]:
    """What the crm.yaml that is there says; {} where there is none."""
    text = text_there(draft.config)
    return settings_of(text) if text is not None and text.strip("\ufeff \r\n") else {}
