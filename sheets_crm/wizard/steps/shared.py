"""What the later steps have in common: values as typed, screens with their usual actions, a plan that is waited for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.conversation import BACK
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Action, Block, Given, Progress, Screen, Sentence
from sheets_crm.wizard.trial import REFRESH_S, Trial
from sheets_crm.words import Lang, say

NEXT = "next"
AGAIN = "again"  # look at the workbook anew

_EMAIL = re.compile(r"[^\s@<>(),;:]+@[^\s@<>(),;:.]+(\.[^\s@<>(),;:.]+)+")


class OneScreen:
    """The part of a step that is alike for all steps of one screen. key: of its words, which have a `title`."""

    id: str
    key: str

    def parts(self, draft: Draft) -> Sequence[str]:  # noqa: ARG002 - a step's parts may depend on the draft, these don't
        """One screen."""
        return (self.id,)

    def title(self, part: str, draft: Draft, lang: Lang) -> str:  # noqa: ARG002 - likewise
        """As it stands in the navigation."""
        return say(f"{self.key}.title", lang)


class Typed:
    """What stands in a screen's fields: as typed, where the answer was not accepted or left by Back; else as it holds."""

    def __init__(self, draft: Draft, part: str, wrong: Mapping[str, str]) -> None:
        self._typed = draft.given.get(part)
        self._wrong = wrong

    def value(self, name: str, holds: str = "") -> str:
        """Of a field with one value."""
        typed = self._typed.get(name) if self._typed is not None else None
        return typed[-1] if typed else holds

    def values(self, name: str, holds: Iterable[str] = ()) -> tuple[str, ...]:
        """Of a field with several: forms leave it out where none is chosen."""
        return tuple(holds) if self._typed is None else tuple(self._typed.get(name, ()))

    def check(self, name: str, *, holds: bool) -> str:
        """Of a check: forms leave out one that is not set."""
        if self._typed is None:
            return "yes" if holds else ""
        return "yes" if any(self._typed.get(name, ())) else ""

    def error(self, name: str) -> str:
        """What is wrong with it; "" where nothing is."""
        return self._wrong.get(name, "")


def typed(given: Given, name: str) -> str:
    """The one value of a field, without spaces around; "" where there is none."""
    return (list(given.get(name) or ("",)))[-1].strip()


def is_set(given: Given, name: str) -> bool:
    """Is a check set?"""
    return any(one.strip() for one in given.get(name, ()))


def told(error: OwnerError, lang: Lang) -> str:
    """The sentence of an error that the owner can mend."""
    return say(error.key, lang, **error.values)


def is_email(text: str) -> bool:
    """Does it look like an address of e-mail?"""
    return _EMAIL.fullmatch(text) is not None


def set_or_drop(settings: Mapping[str, object], **sections: object) -> dict[str, object]:
    """Settings with these sections; one that is None is taken away."""
    merged = {**settings, **sections}
    return {key: value for key, value in merged.items() if value is not None}


def screen(
    part: str,
    title: str,
    blocks: Iterable[Block],
    lang: Lang,
    *,
    wrong: Mapping[str, str],
    intro: str = "",
    actions: Sequence[Action] = (),
    go_on: str = "setup_run.next",
    refresh_s: int | None = None,
) -> Screen:
    """A screen with its primary action (go_on: its words; "": none) and Back; other actions stand between them."""
    errors = (Sentence(wrong[""], "error"),) if wrong.get("") else ()
    if wrong and not errors:
        errors = (Sentence(say("setup_run.see_below", lang, n=len(wrong)), "error"),)
    first = (Action(NEXT, say(go_on, lang), primary=True),) if go_on else ()
    back = Action(BACK, say("setup_run.back", lang))
    return Screen(part, title, tuple(blocks), (*first, *actions, back), intro=intro, errors=errors, refresh_s=refresh_s)


def waited_for(
    part: str, title: str, trial: Trial, lang: Lang, *, wrong: Mapping[str, str], intro: str = ""
) -> Screen | None:
    """The screen while a plan is reckoned, or of one that is not possible; None where it is done."""
    if trial.is_running:
        blocks: list[Block] = [Progress(say("setup_run.reading", lang))]
        return screen(part, title, blocks, lang, wrong={}, intro=intro, go_on="", refresh_s=REFRESH_S)
    if trial.error is not None:
        blocks = [Sentence(told(trial.error, lang), "error"), Sentence(say("setup_run.mend", lang))]
        again = Action(AGAIN, say("setup_run.again", lang))
        return screen(part, title, blocks, lang, wrong=wrong, actions=(again,), go_on="")
    return None
