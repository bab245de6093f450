"""What a chosen outcome means: the rule says it; words that the rule doesn't know are only recorded.

Where one row carries several reasons, the first reason that knows the words gives them their meaning for the whole row:
the manager made one call. Pure. Does not decide what follows (`next_step`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Outcome
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, Lang, say

Meaning = Literal["again", "on_date", "declined", "done", "retry", "nothing"]
_DONE = ("done", "paid")
_ESCALATED: dict[str, Meaning] = {"retry": "retry", "reached": "done", "give_up": "done"}


def meaning(text: str, decisions: Sequence[Decision], *, escalated: bool = False) -> Meaning:
    """What an outcome means on a row with these reasons. escalated: the row asks a head to decide."""
    wanted = fold(text)
    if not wanted:
        return "nothing"
    if escalated and wanted in _of_head():
        return _of_head()[wanted]
    found = next((one for decision in decisions if (one := outcome_of(text, decision.results))), None)
    if found is None:
        return "nothing"
    return "done" if found.then in _DONE else found.then  # type: ignore[return-value]  # mypy doesn't narrow `in`


def outcome_of(text: str, results: tuple[Outcome, ...]) -> Outcome | None:
    """The outcome that was chosen, whatever the language or the way of writing it; None for words of one's own."""
    return _names(results).get(fold(text)) if text else None


def head_choices(lang: Lang) -> tuple[str, ...]:
    """What a head may choose of a client who can't be reached."""
    return tuple(say(f"outcomes.escalated.{name}", lang) for name in _ESCALATED)


def head_choice(text: str, lang: Lang) -> tuple[str, Meaning] | None:
    """What a head chose, in a language, and what it means; None for other words."""
    meant = _of_head().get(fold(text))
    if meant is None:
        return None
    name = next(
        name for name in _ESCALATED for one in LANGS if fold(say(f"outcomes.escalated.{name}", one)) == fold(text)
    )
    return say(f"outcomes.escalated.{name}", lang), meant


@cache
def _names(results: tuple[Outcome, ...]) -> dict[str, Outcome]:
    """Folded words -> outcome; a rule's results are one object in all its decisions."""
    found: dict[str, Outcome] = {}
    for one in results:
        for name in (one.ru, one.en, *one.also, one.id):
            found.setdefault(fold(name), one)
    return found


@cache
def _of_head() -> dict[str, Meaning]:
    return {
        fold(say(f"outcomes.escalated.{name}", lang)): meant for name, meant in _ESCALATED.items() for lang in LANGS
    }
