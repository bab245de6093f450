"""How `results` reads on a terminal: rule by rule, manager by manager; then the reasons of refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sheets_crm.sync.results import Period
from sheets_crm.tasks.results import Count
from sheets_crm.words import Lang, say


def told(period: Period) -> str:
    """The results of a period as text."""
    lang, found = period.lang, period.found
    if not period.remembers:
        return say("outcomes.results.no_state", lang)
    if not found.outcomes:
        return say("outcomes.results.none", lang)
    name = "title" if period.since else "all_time"
    lines = [say(f"outcomes.results.{name}", lang, n=found.total, since=period.since, until=period.until)]
    lines += _by_rule(found.outcomes, period)
    if found.refusals:
        lines += ["", say("outcomes.results.reasons", lang), *_by_rule(found.refusals, period)]
    return "\n".join(lines)


def _by_rule(counts: Sequence[Count], period: Period) -> Iterator[str]:
    for rule, of_rule in groupby(counts, key=lambda one: one.rule):
        yield ""
        yield period.labels.get(rule, rule) or say("outcomes.results.own", period.lang)
        for manager, of_manager in groupby(of_rule, key=lambda one: one.manager):
            told_counts = ", ".join(_count(one, period.lang) for one in of_manager)
            yield f"  {manager or say('outcomes.results.nobody', period.lang)}: {told_counts}"


def _count(one: Count, lang: Lang) -> str:
    text = one.text or say("outcomes.results.no_reason", lang)
    return f"{text} {one.count}"
