"""What came of tasks: outcomes counted by rule, manager and outcome, and why clients refused.

Each step of a task counts once, with the outcome that was chosen last; one that was taken back counts nowhere. A row that
carried several reasons counts for each rule of them. Pure: history hands over plain values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sheets_crm.engine.pack import Outcome
from sheets_crm.tasks.keys import base_key
from sheets_crm.tasks.outcomes import head_choice, outcome_of
from sheets_crm.tasks.texts import fold
from sheets_crm.words import Lang

OUTCOME, REASON = "outcome", "reason"  # columns whose events are looked at


@dataclass(frozen=True)
class Event:
    """A recorded change of one column of one task row."""

    key: str
    what: str
    number: int
    value: str
    day: date


@dataclass(frozen=True)
class Whose:
    """A recorded task: its rule ("" for one's own) and its manager."""

    rule: str
    manager: str


@dataclass(frozen=True)
class Count:
    """How often one thing was said. text: the outcome, or the reason of a refusal ("" where none was given)."""

    rule: str
    manager: str
    text: str
    meaning: str  # of the outcome: again, on_date, declined, done, paid, retry, nothing
    count: int


@dataclass(frozen=True)
class Results:
    """Outcomes and refusals of a period, most frequent first within a rule and manager."""

    outcomes: tuple[Count, ...]
    refusals: tuple[Count, ...]

    @property
    def total(self) -> int:
        """How many outcomes there are."""
        return sum(one.count for one in self.outcomes)


def counted(
    events: Iterable[Event],
    tasks: Mapping[str, Whose],
    results: Mapping[str, tuple[Outcome, ...]],
    within: Callable[[date], bool],
    lang: Lang,
) -> Results:
    """Results of the days that are `within`. results: rule -> its outcomes; one that a rule doesn't know counts as typed."""
    last: dict[tuple[str, str], Event] = {}
    for event in events:
        place = (event.key, event.what)
        if place not in last or event.number > last[place].number:
            last[place] = event
    said: Counter[tuple[str, str, str, str]] = Counter()
    refused: Counter[tuple[str, str, str, str]] = Counter()
    spelled: dict[str, str] = {}
    for (key, what), event in last.items():
        if what != OUTCOME or not event.value.strip() or not within(event.day):
            continue
        whose = tasks.get(key) or tasks.get(base_key(key)) or Whose("", "")
        text, meaning = _read(event.value, results.get(whose.rule, ()), lang)
        text = spelled.setdefault(fold(text), text)
        said[whose.rule, whose.manager, text, meaning] += 1
        if meaning == "declined":
            why = last.get((base_key(key), REASON))
            reason = why.value.strip() if why else ""
            refused[whose.rule, whose.manager, spelled.setdefault(fold(reason), reason), meaning] += 1
    order = list(results)
    return Results(_listed(said, order), _listed(refused, order))


def _read(text: str, results: tuple[Outcome, ...], lang: Lang) -> tuple[str, str]:
    """An outcome in one language, and what it means; words that nobody knows as they were typed."""
    found = outcome_of(text, results)
    if found is not None:
        return getattr(found, lang), found.then
    return head_choice(text, lang) or (text.strip(), "nothing")


def _listed(counts: Counter[tuple[str, str, str, str]], order: list[str]) -> tuple[Count, ...]:
    """By rule in the order of the packs (one's own last), then by manager, then the most frequent first."""
    places = {rule: place for place, rule in enumerate(order)}
    found = [Count(*names, number) for names, number in counts.items()]
    return tuple(
        sorted(
            found,
            key=lambda one: (
                places.get(one.rule, len(places)), one.rule == "", one.rule, fold(one.manager), -one.count, one.text,
            ),
        )
    )  # fmt: skip
