"""Rules that come again every so often: while the task of an earlier turn is open, it goes on and no new one is opened.

Pure. What is open is read from the tab alone, so it is the same when the state database is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import base_key, split_keys, task_key
from sheets_crm.tasks.model import CLOSED, Mark


def carried(
    decisions: Iterable[Decision], marks: Sequence[Mark], closed: Mapping[str, date], today: date
) -> list[Decision]:
    """Decisions; one that comes again keeps the occurrence of the turn whose task still stands there open.

    So does one whose earlier task was closed late, within the turn of today: it was done for this turn.
    """
    decisions = list(decisions)
    if not any(decision.earlier for decision in decisions):
        return decisions
    rows: dict[str, Mark] = {}
    for mark in reversed(marks):
        rows |= dict.fromkeys(map(base_key, split_keys(mark.key)), mark)
    return [_carried(decision, rows, closed, today) if decision.earlier else decision for decision in decisions]


def _carried(decision: Decision, rows: Mapping[str, Mark], closed: Mapping[str, date], today: date) -> Decision:
    if task_key(decision.rule, decision.subject, decision.occurrence) in rows:
        return decision
    for occurrence in decision.earlier:
        key = task_key(decision.rule, decision.subject, occurrence)
        if (mark := rows.get(key)) is None:
            continue
        shut = max(
            (closed[one] for one in split_keys(mark.key) if base_key(one) == key and one in closed), default=today
        )
        late = decision.turn is not None and shut >= decision.turn
        return replace(decision, occurrence=occurrence) if mark.status not in CLOSED or late else decision
    return decision
