"""What every step needs to ask: values as they were typed, forms read back, a screen with its usual actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sheets_crm.errors import OwnerError
from sheets_crm.wizard.conversation import BACK
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Action, Block, Given, Screen, Sentence
from sheets_crm.words import Lang, say

NEXT = "next"


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


def told(error: OwnerError, lang: Lang) -> str:
    """The sentence of an error that the owner can mend."""
    return say(error.key, lang, **error.values)


def screen(
    part: str,
    title: str,
    blocks: Iterable[Block],
    lang: Lang,
    *,
    wrong: Mapping[str, str],
    intro: str = "",
    actions: Sequence[Action] = (),
    go_on: str = "setup.next",
    is_first: bool = False,
    refresh_s: int | None = None,
) -> Screen:
    """A screen with its primary action (go_on: its words; "": none) and Back; other actions stand between them."""
    errors = (Sentence(wrong[""], "error"),) if wrong.get("") else ()
    if wrong and not errors:
        errors = (Sentence(say("setup.see_below", lang, n=len(wrong)), "error"),)
    usual = (Action(NEXT, say(go_on, lang), primary=True),) if go_on else ()
    back = () if is_first else (Action(BACK, say("setup.back", lang)),)
    return Screen(
        part, title, tuple(blocks), (*usual, *actions, *back), intro=intro, errors=errors, refresh_s=refresh_s
    )
