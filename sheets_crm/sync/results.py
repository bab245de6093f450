"""`sheets-crm results`: what came of tasks in a period, from the history of one workbook. Reads no workbook, writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sheets_crm.base.history import History
from sheets_crm.engine.settings import rules_by_id
from sheets_crm.sync.intake import open_config
from sheets_crm.sync.memory import history
from sheets_crm.sync.packs import packs_of
from sheets_crm.sync.state import StateFolder
from sheets_crm.tasks.results import OUTCOME, REASON, Count, Event, Results, Whose, counted
from sheets_crm.words import Lang, fill


@dataclass(frozen=True)
class Period:
    """Results of a period. since: None for all that is known. remembers: is there a history at all? labels: rule -> its name."""

    since: date | None
    until: date
    found: Results
    labels: Mapping[str, str]
    remembers: bool
    lang: Lang

    def json(self) -> dict[str, Any]:
        """The object of `results --json`."""
        return {
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat(),
            "total": self.found.total,
            "outcomes": [self._json(one, "outcome") for one in self.found.outcomes],
            "refusals": [self._json(one, "reason") for one in self.found.refusals],
        }

    def _json(self, one: Count, name: str) -> dict[str, Any]:
        told = {"rule": one.rule, "label": self.labels.get(one.rule, one.rule), "manager": one.manager, name: one.text}
        return {**told, **({"then": one.meaning} if name == "outcome" else {}), "count": one.count}


def results(
    config: str | None,
    *,
    since: date | None = None,
    today: date | None = None,
    lang: Lang | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Period:
    """Outcomes from a day on (all of them without one) until today, and the reasons of refusals."""
    opened = open_config(config)
    on_language(opened.lang)
    spoken = lang or opened.lang
    until = today or opened.config.today(datetime.now(UTC))
    rules = rules_by_id(packs_of(opened))
    labels = {name: fill(getattr(rule.label, spoken), spoken, {}) for name, rule in rules.items()}
    state = StateFolder.existing(opened.path, opened.config.workbook)
    with history(state) as memory:
        events, tasks = _recorded(memory) if memory else ([], {})
    known = {name: rule.results for name, rule in rules.items()}
    found = counted(events, tasks, known, lambda day: (since is None or since <= day) and day <= until, spoken)
    return Period(since, until, found, labels, state is not None, spoken)


def _recorded(memory: History) -> tuple[list[Event], dict[str, Whose]]:
    table = memory.table("task_events")
    table = table.filter(table["what"].is_in([OUTCOME, REASON]))
    events = [
        Event(key, what, number, value, date.fromisoformat(day))
        for key, what, number, value, day in table.select("key", "what", "number", "new", "day").iter_rows()
    ]
    tasks = memory.table("tasks").select("key", "rule", "manager")
    return events, {key: Whose(rule, manager) for key, rule, manager in tasks.iter_rows()}
