"""A workbook whose list of sheets is locked: told before all else is asked, and what to do about it.

Where the tabs go to a workbook of their own the lock is in nobody's way. Never takes the lock off itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.reading import Reader, is_google
from sheets_crm.wizard.shapes import Choice, Field, Fields, Given, Screen, Sentence
from sheets_crm.wizard.step import Answered
from sheets_crm.wizard.steps.asked import Typed, screen, typed
from sheets_crm.words import Lang, say

PART = "workbook/locked"
_SETTING = "protected_structure"
_WAYS: Mapping[str, Mapping[str, object]] = {
    "take_off": {},
    "write": {_SETTING: "write"},
    "companion": {"companion": True},
}


class LockedPart:
    """Take the lock off and have it looked at again, or leave it: the program adds its tabs all the same, or beside the workbook."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def is_needed(self, draft: Draft) -> bool:
        """Is the draft's workbook locked, and are the tabs to stand in it?"""
        if not draft.workbook or is_google(draft.workbook) or draft.settings.get("companion"):
            return False
        try:
            return self._reader.remembered(draft, PART, lambda: _is_locked(Path(draft.workbook)))
        except OwnerError:
            return False  # what is wrong with the file is told where it is read

    def title(self, lang: Lang) -> str:
        """See `Part`."""
        return say("setup.locked.title", lang)

    def screen(self, part: str, draft: Draft, wrong: Mapping[str, str], lang: Lang) -> Screen:
        """See `Part`."""
        asked = Typed(draft, part, wrong)
        holds = "write" if draft.settings.get(_SETTING) == "write" else "take_off"
        ways = tuple(Choice(way, say(f"setup.locked.ways.{way}", lang)) for way in _WAYS)
        told = Sentence(say("setup.locked.told", lang, workbook=Path(draft.workbook).name), "warning")
        which = Field(
            "lock", say("setup.locked.which", lang), "radio", asked.value("lock", holds), choices=ways, required=True,
            error=asked.error("lock"),
        )  # fmt: skip
        return screen(part, self.title(lang), (told, Fields("", (which,))), lang, wrong=wrong)

    def answer(self, draft: Draft, given: Given, action: str, lang: Lang) -> Answered:
        """See `Part`."""
        del action
        settings = {name: value for name, value in draft.settings.items() if name != _SETTING}
        meant = _WAYS.get(typed(given, "lock"))
        if meant:
            return Answered(draft.model_copy(update={"settings": {**settings, **meant}}))
        self._reader.look_again()
        if self.is_needed(draft):
            return Answered(draft, {"lock": say("setup.locked.still", lang, workbook=Path(draft.workbook).name)})
        return Answered(draft.model_copy(update={"settings": settings}))


def _is_locked(path: Path) -> bool:
    from sheets_crm.books.excel.book import ExcelBook

    return ExcelBook(path).is_locked()
