"""What a run found, as plain data: the object that `plan --json` and `check --json` print.

The shape is a contract: docs/reference/json.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sheets_crm.analytics.model import Ageing, Funnel, Numbers
from sheets_crm.base.model import Base, Binding
from sheets_crm.cards.model import Problem
from sheets_crm.cards.problems import message
from sheets_crm.cells import letter
from sheets_crm.engine.model import Decision
from sheets_crm.tasks.model import Task
from sheets_crm.tasks.order import manager_of
from sheets_crm.tasks.texts import noted, reasons_text
from sheets_crm.words import Lang, fill, say


def plain(value: Any) -> Any:
    """A value as JSON has it: dates as ISO text, sums as numbers."""
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def task_json(task: Task, lang: Lang) -> dict[str, Any]:
    """One open task."""
    decision = task.decision
    if decision is None:
        cells = task.mark.cells
        return {
            "key": task.key, "rule": "", "sheet": "", "row": None, "cell": "", "client": str(cells.get("client") or ""),
            "manager": manager_of(task), "due": plain(task.opened), "priority": None,
            "todo": str(cells.get("todo") or ""), "why": "", "amount": None,
        }  # fmt: skip
    why = noted(task, reasons_text([decision], task.opened, lang), lang)
    return {"key": task.key, **decision_json(decision, lang), "why": why, "due": plain(task_due(task))}


def task_due(task: Task) -> date:
    """The day a task is due: that of the step it has come to, else its rule's day when that lies ahead of its opening."""
    if task.step is not None and task.due is not None:
        return task.due
    return max(task.opened, task.due or task.opened) if task.decision else task.opened


def decision_json(decision: Decision, lang: Lang) -> dict[str, Any]:
    """A decision in the words of one language."""
    return {
        "rule": decision.rule, "sheet": decision.sheet, "row": decision.row, "cell": decision.cell, "client": decision.client,
        "manager": decision.manager, "due": plain(decision.due), "priority": decision.priority,
        "todo": fill(decision.todo[lang], lang, decision.values), "why": fill(decision.why[lang], lang, decision.values),
        "amount": plain(decision.amount),
    }  # fmt: skip


def problem_json(problem: Problem, lang: Lang) -> dict[str, Any]:
    """One problem with its sentence."""
    return {
        "sheet": problem.sheet, "cell": problem.cell, "kind": problem.kind, "severity": problem.severity,
        "message": message(problem, lang), "suggestion": problem.suggestion,
    }  # fmt: skip


def funnel_json(funnel: Funnel) -> dict[str, Any]:
    """Stock by stage."""
    return {
        "counts": {row.stage: row.count for row in funnel.stages},
        "amounts": {row.stage: plain(row.amount) for row in funnel.stages},
    }


def abc_json(numbers: Numbers) -> dict[str, Any]:
    """ABC classes: counts ("none" for clients without revenue) and the clients that have one, best first."""
    if numbers.clients.is_empty():
        return {"counts": {"A": 0, "B": 0, "C": 0, "none": 0}, "clients": []}
    ranked = numbers.clients.filter(numbers.clients["abc"].is_not_null()).sort(
        "revenue", descending=True, maintain_order=True
    )
    counts = {name: int((numbers.clients["abc"] == name).sum()) for name in "ABC"}
    return {
        "counts": {**counts, "none": int(numbers.clients["abc"].null_count())},
        "clients": [
            {"sheet": sheet, "row": row, "class": abc, "revenue": plain(revenue)}
            for sheet, row, abc, revenue in ranked.select("sheet", "row", "abc", "revenue").iter_rows()
        ],
    }


def ageing_json(ageing: Ageing) -> dict[str, Any]:
    """Debt by age."""
    return {bucket: {"count": count, "sum": plain(total)} for bucket, (count, total) in ageing.buckets.items()}


def binding_json(binding: Binding) -> dict[str, Any]:
    """Where a sheet's table is, and which column is which field: a field of the sheet's first card without its card's name."""
    columns: dict[str, str] = {}
    for column in binding.columns:
        name = (
            column.field
            if column.card == binding.cards[0] or column.field not in columns
            else f"{column.card}.{column.field}"
        )
        if columns.get(name) != letter(column.index):
            columns[name if name not in columns else f"{column.card}.{column.field}"] = letter(column.index)
    return {"header_row": binding.layout.header_row, "card": list(binding.cards), "columns": columns}


def duplicates_json(base: Base) -> list[dict[str, Any]]:
    """Groups of rows that look like one client; a group over several sheets has an entry a sheet."""
    groups: list[dict[str, Any]] = []
    for group in base.duplicates:
        rows: dict[str, list[int]] = {}
        for sheet, row in group:
            rows.setdefault(sheet, []).append(row)
        groups += [{"sheet": sheet, "rows": found} for sheet, found in rows.items()]
    return groups


def notes_json(notes: Sequence[tuple[str, Mapping[str, object]]], lang: Lang) -> list[str]:
    """What was guessed, found again or left out, as sentences."""
    return [say(key, lang, **values) for key, values in notes]


def plan_json(
    base: Base, numbers: Numbers, tasks: Sequence[Task], lang: Lang, *, written: bool, more: Mapping[str, Any]
) -> dict[str, Any]:
    """The whole object of `plan --json`."""
    return {
        "today": plain(numbers.today),
        "tasks": [task_json(task, lang) for task in tasks if not task.closed_reason],
        "problems": [problem_json(problem, lang) for problem in base.problems],
        "valid_clients": base.valid_clients,
        "funnels": {funnel.name: funnel_json(funnel) for funnel in numbers.funnels},
        "abc": abc_json(numbers),
        "ageing": ageing_json(numbers.ageing),
        "duplicate_groups": duplicates_json(base),
        "bindings": {sheet: binding_json(binding) for sheet, binding in base.bindings.items()},
        "written": written,
        **more,
    }
