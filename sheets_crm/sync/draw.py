"""All tabs of a run, drawn in the workbook's language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from sheets_crm.analytics.model import Numbers
from sheets_crm.base.model import Base
from sheets_crm.books.tab import Tab
from sheets_crm.sync.config import CrmConfig
from sheets_crm.tabs import DrawContext, draw_clients, draw_funnel, draw_problems, draw_tasks
from sheets_crm.tasks.model import Task

Note = tuple[str, Mapping[str, object]]


def draw(
    config: CrmConfig,
    base: Base,
    numbers: Numbers,
    tasks: Sequence[Task],
    *,
    first_seen: Sequence[date],
    extra: tuple[str, ...],
    rules: Mapping[str, str],
    journal: Callable[[DrawContext], Tab] | None = None,
) -> tuple[Tab, ...]:
    """The tabs that are on, in their order. Clients is drawn only where there are clients, History where it is asked for.

    journal: draws the History tab.
    """
    ctx = DrawContext(
        lang=config.language,
        currency=config.home_currency,
        today=numbers.today,
        titles={tab: settings.name for tab, settings in config.tabs.items() if settings.name},
        manager_names=tuple(manager.name for manager in config.managers),
        notes=_why_empty(base),
        rules=rules,
        extra=extra,
    )
    days = {(p.sheet, p.cell, p.kind): day for p, day in zip(base.problems, first_seen, strict=False)}
    open_tasks = Counter(task.decision.client_id for task in tasks if task.decision and task.is_open)
    tabs: dict[str, Callable[[], Tab]] = {
        "tasks": lambda: draw_tasks(tasks, ctx),
        "funnel": lambda: draw_funnel(numbers.funnels, ctx),
        "clients": lambda: draw_clients(numbers.clients, ctx, open_tasks),
        "problems": lambda: draw_problems(base.problems, ctx, days or None),
    }
    if journal is not None and "history" in config.tabs:
        tabs["history"] = lambda: journal(ctx)
    off = {tab for tab, settings in config.tabs.items() if not settings.on}
    if numbers.clients.is_empty():
        off.add("clients")
    return tuple(make() for tab, make in tabs.items() if tab not in off)


def switched_off(
    config: CrmConfig, titles: Mapping[str, str], *, marked: bool
) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """Standing tabs that the owner switched off, and notes on those that stay because marks stand on them.

    titles: of our tabs as they stand. marked: does the tasks tab hold marks?
    """
    off = [tab for tab, settings in config.tabs.items() if not settings.on and tab in titles]
    kept = [tab for tab in off if tab == "tasks" and marked]
    notes = tuple(("openbook.note.tab_kept_marks", {"tab": titles[tab].rpartition("]")[2]}) for tab in kept)
    return tuple(tab for tab in off if tab not in kept), notes


def _why_empty(base: Base) -> dict[str, Note]:
    """What an empty tab should say, where it is empty because nothing is bound or the sheets are empty."""
    if not base.bindings:
        return dict.fromkeys(("tasks", "funnel", "problems"), ("tabs.empty.no_sheet", {}))
    if not any(len(frame) for frame in base.frames.values()):
        return dict.fromkeys(("tasks", "funnel", "problems"), ("tabs.empty.sheets_empty", {}))
    return {}
