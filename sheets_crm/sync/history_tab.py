"""The History tab of a run: the last events as they will be on record once the run is, so that nothing is left to write.

Imported only where the tab is on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from sheets_crm.base.history import Event, History, MarkSeen, Question, Run, TaskSeen
from sheets_crm.base.model import Base
from sheets_crm.books.tab import Tab
from sheets_crm.cells import letter
from sheets_crm.sync.history import teller
from sheets_crm.sync.intake import Opened
from sheets_crm.tabs import DrawContext
from sheets_crm.tabs.draw_history import HistoryLine, draw_history


def history_tab(
    ctx: DrawContext,
    opened: Opened,
    history: History | None,
    base: Base,
    *,
    run: Run,
    tasks: Sequence[TaskSeen],
    marks: Sequence[MarkSeen],
    reasons: Mapping[str, str] | None = None,
) -> Tab:
    """The tab. marks: of rows that this run adopts, not yet recorded. reasons: why tasks that are gone are over. Without a history: the tab with its sentence."""
    if history is None:
        return draw_history((), ctx)
    events = history.foreseen(run, base, tasks, marks, Question(last=opened.config.history.tab_rows), reasons=reasons)
    told = teller(opened, history, ctx.lang, dict(base.frames)).tell(events)
    rows = _rows_now(base, events)
    lines = []
    for one in told:
        event = one.event
        sheet, cell, there = _place(base, event, rows)
        lines.append(
            HistoryLine(
                date.fromisoformat(event.day),
                one.when,
                one.client,
                one.what,
                one.was,
                one.became,
                event.who,
                sheet,
                cell,
                there,
            )
        )
    return draw_history(lines, ctx)


def _rows_now(base: Base, events: Sequence[Event]) -> dict[tuple[str, str], tuple[str, int]]:
    """(card, identity) -> sheet and row where it stands now."""
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for card, frame in base.frames.items():
        wanted = sorted({event.identity for event in events if event.card == card and event.kind != "task"})
        part = frame.filter(pl.col("_id").is_in(wanted)).select("_id", "_sheet", "_row")
        found |= {(card, identity): (sheet, row) for identity, sheet, row in part.rows()}
    return found


def _place(base: Base, event: Event, rows: dict[tuple[str, str], tuple[str, int]]) -> tuple[str, str, bool]:
    """Sheet and cell: where it stands now, else where it stood (and can't be gone to)."""
    now = rows.get((event.card, event.identity)) if event.kind != "task" else None
    if now is None:
        return event.sheet, event.cell, False
    sheet, row = now
    bound = next((c for c in base.bindings[sheet].columns if (c.card, c.field) == (event.card, event.field)), None)
    return sheet, f"{letter(bound.index) if bound else 'A'}{row}", True
