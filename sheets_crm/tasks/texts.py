"""Texts of a task in a language: what to do, why, how, and where it comes from.

Pure. Knows nothing of tabs; the language is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from typing import TypeVar

from sheets_crm.engine.model import Decision
from sheets_crm.engine.texts import fields_of
from sheets_crm.tasks.model import Task
from sheets_crm.words import LANGS, Lang, fill, say

T = TypeVar("T")

_NUMBERS = (int, float, Decimal, date)


def todo_text(task: Task, lang: Lang) -> str:
    """What to do; one line a reason."""
    return _lines([filled(decision.todo, decision, lang) for decision in task.decisions])


def why_text(task: Task, lang: Lang) -> str:
    """Why, with the numbers; one line a reason. What is missing in the row stands above, what has happened so far below."""
    return noted(task, reasons_text(task.decisions, task.opened, lang), lang)


def noted(task: Task, reasons: str, lang: Lang) -> str:
    """Reasons with what is missing in the row above them, and what has happened so far below."""
    if not task.prompts and not task.notes:
        return reasons
    return _lines([*(note.told(lang) for note in task.prompts), reasons, *(note.told(lang) for note in task.notes)])


def reasons_text(decisions: Sequence[Decision], opened: date, lang: Lang) -> str:
    """The reasons; where none has a number of its own, also since when it is seen, and about what sum."""
    said = [filled(decision.why, decision, lang) for decision in decisions]
    if any(said) and not any(_has_number(decision, lang) for decision in decisions):
        amount = next((decision.amount for decision in decisions if decision.amount), None)
        key = "tasks.seen_since.sum" if amount else "tasks.seen_since.day"
        said.append(say(key, lang, date=opened, amount=amount))
    return _lines(said)


def _has_number(decision: Decision, lang: Lang) -> bool:
    template = in_language(decision.why, lang)
    told = template.values() if isinstance(template, Mapping) else [template]
    return any(
        isinstance(decision.values.get(name), _NUMBERS) and not isinstance(decision.values[name], bool)
        for sentence in told
        if sentence
        for name in _names(str(sentence))
    )


@cache
def _names(sentence: str) -> frozenset[str]:
    """The placeholders of a sentence; packs have few of them, tasks many."""
    return frozenset(fields_of(sentence))


def hint_text(task: Task, lang: Lang) -> str:
    """What the program says of the row, what to remember about the client, and the rules' advice; each line once."""
    said = [say(line.key, lang, **line.values) for line in task.said]
    hints = [*said, *(decision.hint for decision in task.decisions)]
    return _lines([*hints, *(filled(decision.advice, decision, lang) for decision in task.decisions)])


def checklist_lines(task: Task, lang: Lang) -> tuple[str, ...]:
    """Steps of all reasons, each once."""
    return _once([step for decision in task.decisions for step in in_language(decision.checklist, lang) or ()])


def outcome_choices(decisions: Sequence[Decision], lang: Lang) -> tuple[str, ...]:
    """Results that the rules of these decisions offer, each once."""
    return _once([choice for decision in decisions for choice in in_language(decision.outcomes, lang) or ()])


def outcome_place(decision: Decision, text: str) -> int | None:
    """Which of the rule's outcomes was chosen (0-based), whatever the language; None for words of one's own."""
    wanted = fold(text)
    for lang in LANGS:
        names = [fold(name) for name in decision.outcomes.get(lang, ())]
        if wanted in names:
            return names.index(wanted)
    return None


def source_text(decision: Decision) -> str:
    """Where the reason stands: sheet!cell."""
    return f"{decision.sheet}!{decision.cell}" if decision.cell else decision.sheet


def filled(texts: Mapping[str, object], decision: Decision, lang: Lang) -> str:
    """One text of a decision, its values filled in; "" when the rule says nothing."""
    template = in_language(texts, lang)
    return "" if template is None else fill(template, lang, decision.values)


def in_language(texts: Mapping[str, T], lang: Lang) -> T | None:
    """The text in a language; in another one where a pack speaks only that."""
    if lang in texts:
        return texts[lang]
    return next(iter(texts.values()), None)


@lru_cache(maxsize=1 << 16)  # the same names of managers and clients come again and again
def fold(text: str) -> str:
    """Text as names are compared: without case, runs of spaces, and the two dots over a Russian e."""
    return " ".join(text.casefold().replace("\u0451", "\u0435").split())


def _lines(texts: Sequence[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    return "\n".join(_once([text for text in texts if text]))


def _once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))
