"""What each rule would do with the workbook today, and what it lacks to speak of it, by a plan. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheets_crm.cards import Template
from sheets_crm.engine import Rule
from sheets_crm.tasks.order import client_of
from sheets_crm.tasks.texts import why_text
from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result
    from sheets_crm.tasks import Task

_KEY = "setup_run.rules"


@dataclass(frozen=True, eq=False)
class Tried:
    """A plan, asked about its rules. counts: rule -> tasks of today; of a rule that is off, those it would make."""

    result: Result
    counts: Mapping[str, int]
    first: Mapping[str, Task]

    def count(self, rule: str) -> int:
        """Tasks that it makes, or would make."""
        return self.counts.get(rule, 0)

    def example(self, rule: str, lang: Lang) -> str:
        """Whom one of its tasks is about, and why; "" where it makes none."""
        task = self.first.get(rule)
        if task is None:
            return ""
        why = " ".join(why_text(task, lang).split("\n", 1)[0].split())
        return f"{client_of(task)}: {why}" if client_of(task) else why

    def lacks(self, rule: Rule, template: Template, lang: Lang) -> str:
        """What the workbook would need for the rule to speak, in a sentence; "" where it lacks nothing."""
        facts = self.result.numbers.facts
        bound = {card: list(facts[card].bound.values()) for card in rule.card if card in facts}
        present = {card: sheets for card, sheets in bound.items() if sheets}
        if not present:
            cards = ", ".join(say(f"cli.card.{card}", lang) for card in rule.card)
            return say(f"{_KEY}.lacks_card", lang, cards=cards)
        missing: list[str] = []
        for card, sheets in present.items():
            needed = rule.needed(card)
            nearest = min(sheets, key=lambda known: len(needed - known))
            if not needed - nearest:
                return ""
            missing = missing or [_label(template, card, name, lang) for name in sorted(needed - nearest)]
        return say(f"{_KEY}.lacks", lang, n=len(missing), columns=", ".join(missing))


def tried(result: Result) -> Tried:
    """What came of each rule."""
    counts: Counter[str] = Counter()
    first: dict[str, Task] = {}
    for task in result.open_tasks:
        for decision in task.decisions:
            counts[decision.rule] += 1
        if task.decision is not None:
            first.setdefault(task.decision.rule, task)
    return Tried(result, dict(counts) | _of_those_off(result), first)


def _of_those_off(result: Result) -> dict[str, int]:
    """What the rules that are off would say, were they all on."""
    from sheets_crm.engine import RuleSettings, decide
    from sheets_crm.engine.settings import RuleSetting
    from sheets_crm.sync.config_calendar import calendar_of
    from sheets_crm.sync.config_people import roles_of

    off = [rule for pack in result.packs for rule in pack.rules if not result.settings.is_on(rule)]
    if not off:
        return {}
    config = result.opened.config
    on = {rule.id: result.settings.rules.get(rule.id, RuleSetting()).model_copy(update={"on": True}) for rule in off}
    settings = RuleSettings(rules={**result.settings.rules, **on})
    calendar = calendar_of(config.calendar, config.country, result.today)
    roles = roles_of(config.managers)
    found = decide(result.numbers.facts, result.packs, settings, result.today, roles=roles, calendar=calendar)
    counts = Counter(decision.rule for decision in found)
    return {rule.id: counts.get(rule.id, 0) for rule in off}


def _label(template: Template, card: str, field: str, lang: Lang) -> str:
    fields = template.cards[card].fields if card in template.cards else {}
    return fields[field].label.say(lang) if field in fields else field
