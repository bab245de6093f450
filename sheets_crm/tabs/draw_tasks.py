"""The tasks tab drawn: one row a task, managers' columns beside ours.

Pure. What a task is and how rows are ordered is decided in `tasks`; reading back is `read_tasks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

import polars as pl

from sheets_crm.books.tab import Condition, Range, Style, Tab, TabColumn, Table, View
from sheets_crm.cells import letter
from sheets_crm.engine.model import Decision
from sheets_crm.tabs import look
from sheets_crm.tabs.context import DrawContext
from sheets_crm.tabs.task_columns import COLUMNS, EDITABLE, IDS, TaskColumn, priority_label, status_label
from sheets_crm.tabs.told import is_ended
from sheets_crm.tabs.typed import plain_text
from sheets_crm.tasks.keys import note_key
from sheets_crm.tasks.model import CLOSED, Task
from sheets_crm.tasks.order import client_of, manager_of, priority_of
from sheets_crm.tasks.texts import checklist_lines, hint_text, noted, outcome_choices, source_text, todo_text, why_text
from sheets_crm.words import LANGS, say

TASKS = "tasks"
_DATES = ("due", "snooze_until")
_LINKED = ("client", "source")
_CHOICES_LENGTH = 255  # a list typed into a drop-down holds no more characters, commas included
_LONGEST = 32_000  # a cell holds 32,767 characters
_EXTRA_WIDTH = 18.0
_MOST_VIEWS = 30

Row = Mapping[str, object]


def draw_tasks(tasks: Sequence[Task], ctx: DrawContext) -> Tab:
    """The tab of these tasks, in their order; without tasks, a sentence that says why there are none."""
    rows = [_row(task, ctx) for task in tasks] or [_sentence_row(ctx)]
    ours = tuple(_column(column, rows, tasks, ctx) for column in COLUMNS)
    extra = _extra_columns(tasks, ctx)
    own = tuple(row for row, task in enumerate(tasks) if task.mark.own and not task.decisions)
    return Tab(
        id=TASKS,
        title=ctx.title(TASKS),
        tables=(Table("crm_tasks", ours + extra, header=look.HEADER, open_rows=own),),
        freeze=(1, IDS.index("client") + 1),
        heights={0: 32.0} | look.row_heights(ours + extra, 1),
        conditions=_conditions(len(rows), len(ours + extra), ctx),
        views=_views(ctx),
        color="F2B705",
    )


def _views(ctx: DrawContext) -> tuple[View, ...]:
    """Each manager's own rows, where there are several managers."""
    names = list({name.casefold(): name for name in ctx.manager_names}.values())[:_MOST_VIEWS]
    if len(names) < 2:
        return ()
    return tuple(View(say("tabs.tasks.view", ctx.lang, manager=name), "manager", name) for name in names)


def _row(task: Task, ctx: DrawContext) -> Row:
    """One task by column id: the manager's columns from the mark, the rest computed or, for one's own, as typed."""
    mark = task.mark
    row: dict[str, object] = {
        "status": status_label(mark.status, ctx.lang),
        "due": mark.due if isinstance(mark.due, str) else task.due,
        "time": mark.time,
        "outcome": mark.outcome,
        "reason": mark.reason,
        "comment": mark.comment,
        "snooze_until": mark.snooze_until,
        "repeat": mark.repeat,
        "key": task.key,
    }
    row.update(_computed(task, ctx) if task.decisions else _typed(task, ctx))
    return row


def _computed(task: Task, ctx: DrawContext) -> Row:
    first = task.decisions[0]
    rules = dict.fromkeys(ctx.rules.get(decision.rule, decision.rule) for decision in task.decisions)
    return {
        "priority": priority_label(priority_of(task), ctx.lang),
        "manager": manager_of(task),
        "client": client_of(task),
        "contact": next((decision.contact for decision in task.decisions if decision.contact), ""),
        "todo": todo_text(task, ctx.lang),
        "why": why_text(task, ctx.lang),
        "checklist": _boxed(checklist_lines(task, ctx.lang)),
        "hint": hint_text(task, ctx.lang),
        "rule": ", ".join(rules),
        "source": source_text(first),
        "client_link": look.place(first.sheet, f"A{first.row}") if first.card else None,
        "source_link": look.place(first.sheet, first.cell or f"A{first.row}") if first.sheet else None,
    }


@lru_cache(maxsize=1 << 10)  # a rule's is the same in all its rows
def _boxed(steps: tuple[str, ...]) -> str:
    """Steps to be ticked off, one a line."""
    return "\n".join(f"\u2610 {step}" for step in steps)


def _typed(task: Task, ctx: DrawContext) -> Row:
    """Columns of a task without a rule: as they stood on the tab."""
    cells = {name: plain_text(value, ctx.lang) for name, value in task.mark.cells.items()}
    row: dict[str, object] = {name: cells.get(name, "") for name in IDS if not _is_managers(name)}
    row["priority"] = priority_label(task.mark.cells.get("priority", ""), ctx.lang)
    if task.doer:
        row["manager"] = task.doer
    if task.said:
        row["hint"] = "\n".join(filter(None, (hint_text(task, ctx.lang), str(row["hint"]))))
    row["why"] = _ended_why(task, ctx) if task.closed_reason else noted(task, str(row["why"]), ctx.lang)
    return row


def _ended_why(task: Task, ctx: DrawContext) -> str:
    """That the task is no longer needed, and why. Once said it stays as it is; the days of tries stay below it."""
    stood = str(task.mark.cells.get("why", ""))
    if is_ended(stood):
        return stood
    if task.ended is not None:
        reason = task.ended.told(ctx.lang)
        said = say("tabs.tasks.no_longer_needed_because", ctx.lang, reason=reason, date=task.closed)
    else:
        said = say("tabs.tasks.no_longer_needed_since", ctx.lang, date=task.closed)
    tries = task.mark.told.tries
    return f"{said}\n{say('outcomes.tries', ctx.lang, n=len(tries), dates=tries)}" if tries else said


def _is_managers(column: str) -> bool:
    return column in EDITABLE or column == "key"


def _sentence_row(ctx: DrawContext) -> Row:
    sentence = ctx.why_empty(TASKS, "tabs.empty.no_tasks")
    return {"todo": sentence, "key": note_key(sentence)}


def _column(column: TaskColumn, rows: Sequence[Row], tasks: Sequence[Task], ctx: DrawContext) -> TabColumn:
    values = [row.get(column.id) for row in rows]
    style = column.style
    if column.id in _DATES:
        series = _dates(column.id, values)
        style = replace(style, format=look.date_format(ctx.lang))
    else:
        series = pl.Series(column.id, [_text(value, ctx) for value in values], pl.String)
    links = [row.get(f"{column.id}_link") for row in rows] if column.id in _LINKED else []
    return TabColumn(
        id=column.id,
        title=ctx.label(TASKS, column.id),
        values=series,
        width=column.width,
        style=replace(style, fill=look.MANAGER_FILL) if column.manager else style,
        header=look.MANAGER_HEADER if column.manager else look.HEADER,
        links=pl.Series(column.id, links, pl.String) if any(links) and len(links) <= look.MOST_LINKS // 2 else None,
        choices=_choices(column.id, tasks, ctx),
        manager=column.id in EDITABLE,
        hidden=column.id == "key",
        note=say(f"tabs.tasks.notes.{column.id}", ctx.lang),
    )


def _dates(name: str, values: Sequence[object]) -> pl.Series:
    """Days as days. Where somebody typed words instead of one, all as text, days in figures that are read back alike."""
    if all(value is None or isinstance(value, date) for value in values):
        return pl.Series(name, values, pl.Date)
    texts = [value.isoformat() if isinstance(value, date) else value for value in values]
    return pl.Series(name, texts, pl.String)


def _text(value: object, ctx: DrawContext) -> str | None:
    """Text of a cell; None leaves it empty."""
    if value is None:
        return None
    text = value if type(value) is str else plain_text(value, ctx.lang)
    return text[:_LONGEST] or None


def _choices(column: str, tasks: Sequence[Task], ctx: DrawContext) -> tuple[str, ...]:
    if column == "status":
        statuses = ("new", "in_progress", "done", "snoozed", "cancelled")
        return tuple(status_label(status, ctx.lang) for status in statuses)
    if column == "priority":
        return tuple(priority_label(level, ctx.lang) for level in (1, 2, 3))
    if column == "manager":
        return _that_fit(ctx.manager_names)
    if column == "repeat":
        return tuple(say("tabs.tasks.repeats", ctx.lang).split("|"))
    if column == "outcome":
        return _that_fit(outcome_choices(_by_rule(tasks, ctx), ctx.lang))
    return ()


def _by_rule(tasks: Sequence[Task], ctx: DrawContext) -> list[Decision]:
    """The tasks' decisions in the order of their rules: a list must not be another one because a task was done."""
    places = {rule: place for place, rule in enumerate(ctx.rules)}
    decisions = (decision for task in tasks for decision in task.decisions)
    return sorted(decisions, key=lambda one: (places.get(one.rule, len(places)), one.rule))


def _that_fit(choices: Sequence[str]) -> tuple[str, ...]:
    """As many of the choices as a drop-down holds in itself; one that it could not show as it is, is left out.

    A longer list would need helper cells beside the table, and what stands beside the table is people's.
    """
    found: list[str] = []
    left = _CHOICES_LENGTH + 1
    for choice in choices:
        size = len(choice.encode("utf-16-le")) // 2 + 1
        plain = choice and choice == choice.strip() and not any(char in choice for char in ',"\n\r')
        if plain and not choice.startswith("=") and size <= left:
            found.append(choice)
            left -= size
    return tuple(dict.fromkeys(found))


def _extra_columns(tasks: Sequence[Task], ctx: DrawContext) -> tuple[TabColumn, ...]:
    """People's own columns after ours, in their order, with the values that stood in each row."""
    names = tuple(dict.fromkeys((*ctx.extra, *(name for task in tasks for name in task.mark.extra))))
    taken = {ctx.label(TASKS, name) for name in IDS}
    columns = []
    for name, title in zip(names, look.unique(list(names), taken), strict=True):
        values = [task.mark.extra.get(name) for task in tasks] or [None]
        series, style = _people_values(title, values, ctx)
        columns.append(
            TabColumn(f"extra:{title}", title, series, _EXTRA_WIDTH, style, look.MANAGER_HEADER, manager=True)
        )
    return tuple(columns)


def _people_values(title: str, values: Sequence[object], ctx: DrawContext) -> tuple[pl.Series, Style]:
    """Values of one kind as that kind; mixed ones as text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {float}:
        return pl.Series(title, values, pl.Float64), look.TEXT
    if kinds == {date}:
        return pl.Series(title, values, pl.Date), replace(look.TEXT, format=look.date_format(ctx.lang))
    if kinds == {bool}:
        return pl.Series(title, values, pl.Boolean), look.TEXT
    texts = [None if value is None else plain_text(value, ctx.lang) for value in values]
    return pl.Series(title, texts, pl.String), look.WRAP


def _conditions(height: int, width: int, ctx: DrawContext) -> tuple[Condition, ...]:
    """Grey for what is closed or no longer needed, then red for overdue, then amber for today. Live in the workbook."""
    column = {name: f"${letter(place)}2" for place, name in enumerate(IDS)}
    closed_labels = dict.fromkeys(status_label(status, lang) for lang in ("ru", "en") for status in sorted(CLOSED))
    gone = _begins(column["why"], [say("tabs.tasks.no_longer_needed", lang) for lang in LANGS])
    wanting = [say(f"outcomes.needs.{name}", ctx.lang).partition(":")[0] for name in ("date", "reason")]
    closed = ",".join(f"{column['status']}={_quoted(label)}" for label in closed_labels)
    closed = f"OR({gone},AND(OR({closed}),NOT(OR({_begins(column['why'], wanting)}))))"
    due, until = _day_formula(column["due"]), _day_formula(column["snooze_until"])
    day = f"IF({until}>0,{until},{due})"
    late = f"OR({day}<TODAY(),AND({day}=TODAY(),{_hour_formula(column['time'])}<NOW()-TODAY()))"
    left, due_place = Range(1, 0, height, IDS.index("client")), IDS.index("due")
    due_cells = Range(1, due_place, height, due_place)
    return (
        Condition(Range(1, 0, height, width - 1), closed, look.CLOSED, stop=True),
        Condition(left, f"AND(NOT({closed}),{day}>0,{late})", look.OVERDUE),
        Condition(due_cells, f"AND(NOT({closed}),{day}=TODAY())", look.TODAY),
    )


def _begins(cell: str, beginnings: Sequence[str]) -> str:
    """Conditions, one a beginning: does the cell's text begin so?"""
    return ",".join(f"LEFT({cell},{len(text)})={_quoted(text)}" for text in beginnings)


def _day_formula(cell: str) -> str:
    """The day in a cell as a number; 0 for a blank cell and for words."""
    return f'IF(ISNUMBER({cell}),{cell},IFERROR(DATEVALUE({cell}&""),0))'


def _hour_formula(cell: str) -> str:
    """The hour in a cell as a part of a day; a whole day, which never passes today, for a blank cell and for words."""
    return f'IFERROR(TIMEVALUE({cell}&""),1)'


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
