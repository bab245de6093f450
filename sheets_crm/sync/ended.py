"""Why tasks of earlier runs are no longer needed: asked of the engine for those whose reason is gone since.

A task is known by what history recorded of it; without a history, by its row in the tab: the rule's name, the cell it
points to, the client. Writes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.cards.schema import Template
from sheets_crm.engine import Decision, Pack, Rule, RuleSettings
from sheets_crm.engine.ended import Asked, Ended, Labels, why_ended
from sheets_crm.engine.settings import rules_by_id
from sheets_crm.sync.memory import Past
from sheets_crm.tabs.told import is_ended
from sheets_crm.tasks import Mark, base_key, keyed, split_keys
from sheets_crm.tasks.escalate import ESCALATION
from sheets_crm.tasks.keys import is_own
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, Lang, fill
from sheets_crm.workdays import Calendar

NEXT_STEP = "next_step"  # why a task at one step is over: it stands at the next one
_PLACE = re.compile(r"(?P<sheet>.+)![A-Z]{1,3}(?P<row>\d{1,7})")


@dataclass(frozen=True)
class Endings:
    """Base key -> why the task is no longer needed; of rows in the tab and of tasks that history still holds open."""

    why: Mapping[str, Ended]
    gone: tuple[str, ...] = ()  # keys open in history whose reason no longer holds, or that stand at a later step

    def reasons(self, lang: Lang, shown: Iterable[str]) -> dict[str, str]:
        """Key -> the reason as history keeps it, of tasks that are not shown any more."""
        alive = {base_key(key) for key in shown}
        found = {key: NEXT_STEP for key in self.gone if base_key(key) in alive}
        return found | {key: self.why[base].told(lang) for key in self.gone if (base := base_key(key)) in self.why}


def endings(
    past: Past,
    marks: Sequence[Mark],
    decisions: Sequence[Decision],
    rules: tuple[Sequence[Pack], RuleSettings],
    *,
    facts: Mapping[str, Facts],
    template: Template,
    today: date,
    calendar: Calendar | None = None,
) -> Endings:
    """Why each task is over that stood in the tab or in history and that no rule asks for any more."""
    live = keyed(decisions)
    gone = [key for key in past.open_keys() if not is_own(key)]
    rows = {
        key: mark for mark in marks for key in split_keys(mark.key) if not is_own(key) and base_key(key) not in live
    }
    unsaid = {key for key, mark in rows.items() if mark.touched and not is_ended(str(mark.cells.get("why", "")))}
    over = list(dict.fromkeys([*(key for key in gone if base_key(key) not in live), *unsaid]))
    if not over:
        return Endings({}, tuple(gone))
    packs, settings = rules
    known = past.tasks(over)
    names = _rules_by_name(packs)
    asked: dict[str, Asked] = {}
    for key in over:
        seen = known.get(key)
        if seen is not None and seen.rule == ESCALATION:
            continue  # a word to the head: it is over when nothing is overdue any more
        if seen is not None and seen.rule:
            asked[base_key(key)] = Asked(seen.rule, seen.card, seen.subject)
        elif key in rows:
            asked[base_key(key)] = _by_its_row(rows[key], names, facts)
    why = why_ended(
        asked, facts, packs, settings, decisions=decisions, today=today, labels=labels_of(template), calendar=calendar
    )
    return Endings(why, tuple(gone))


def labels_of(template: Template) -> Labels:
    """What people call each field, in both languages."""
    return {
        (card, name): {lang: field.label.say(lang) for lang in LANGS}
        for card, schema in template.cards.items()
        for name, field in schema.fields.items()
    }


def _rules_by_name(packs: Sequence[Pack]) -> dict[str, Rule]:
    return {
        fold(fill(getattr(rule.label, lang), lang, {})): rule for rule in rules_by_id(packs).values() for lang in LANGS
    }


def _by_its_row(mark: Mark, names: Mapping[str, Rule], facts: Mapping[str, Facts]) -> Asked:
    """Which rule and card a row of the tab speaks of, by what stands in it; blank where it can't be told for certain."""
    rule = names.get(fold(str(mark.cells.get("rule", ""))))
    place = _PLACE.fullmatch(str(mark.cells.get("source", "")))
    client = fold(str(mark.cells.get("client", "")))
    if rule is None or place is None:
        return Asked(rule.id if rule else "")
    for card in rule.card:
        frame = facts[card].frame if card in facts else pl.DataFrame()
        if {"id", "sheet", "row", "client"} <= set(frame.columns):
            here = frame.filter((pl.col("sheet") == place["sheet"]) & (pl.col("row") == int(place["row"])))
            for row in here.select("id", "client").iter_rows(named=True):
                if fold(str(row["client"] or "")) == client:
                    return Asked(rule.id, card, str(row["id"]))
    return Asked(rule.id)
