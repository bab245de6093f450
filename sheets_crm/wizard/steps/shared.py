"""What the later steps have in common beside what every step has (`asked`): one screen, e-mail, a plan that is waited for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Action, Block, Given, Progress, Screen, Sentence
from sheets_crm.wizard.steps.asked import screen, told
from sheets_crm.wizard.trial import REFRESH_S, Trial
from sheets_crm.words import Lang, say

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


def is_set(given: Given, name: str) -> bool:
    """Is a check set?"""
    return any(one.strip() for one in given.get(name, ()))


def is_email(text: str) -> bool:
    """Does it look like an address of e-mail?"""
    return _EMAIL.fullmatch(text) is not None


def set_or_drop(settings: Mapping[str, object], **sections: object) -> dict[str, object]:
    """Settings with these sections; one that is None is taken away."""
    merged = {**settings, **sections}
    return {key: value for key, value in merged.items() if value is not None}


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
