"""Questions about a base: why a task is there, where a text stands, all about one client, what a workbook seems to hold.

Answers are plain data for `--json`; how they read on a terminal is the command line's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from sheets_crm.base.bind import LEAST_CONFIDENCE
from sheets_crm.base.guess_book import guess_workbook
from sheets_crm.base.guess_model import SheetGuess
from sheets_crm.cards import fold, folded
from sheets_crm.cells import letter
from sheets_crm.errors import NotFound
from sheets_crm.sync.matching import one_client
from sheets_crm.sync.report import plain, problem_json, task_json
from sheets_crm.tasks.escalate import ESCALATION
from sheets_crm.tasks.model import Task
from sheets_crm.words import fill

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

GAP_DAYS = 30  # how far back a card tells of edits without a contact

# What a card is called by and searched in, best first.
_TITLES = ("name", "title", "client", "number", "id", "product", "service", "text")


def why(result: Result, wanted: str) -> list[dict[str, Any]]:
    """The tasks meant by a key, or by a part of the client's name: rule, condition, values, cell. NotFound when there is none."""
    by_key = [task for task in result.tasks if wanted in task.key.split()]
    meant = by_key or [task for task in result.tasks if task.decision and fold(wanted) in fold(task.decision.client)]
    if not meant:
        raise NotFound("sync.no_task", wanted=wanted)
    return [_explained(result, task) for task in meant]


def _explained(result: Result, task: Task) -> dict[str, Any]:
    told = task_json(task, result.lang)
    decision = task.decision
    if decision is None or decision.rule == ESCALATION:
        label = result.rule_label(ESCALATION) if decision else ""
        return {**told, "label": label, "condition": "", "values": {}, "params": {}, "param_labels": {}}
    rule, params = result.rule(decision.rule)
    values = {name: plain(value) for name, value in decision.values.items() if value not in (None, "")}
    return {
        **told,
        "label": result.rule_label(decision.rule),
        "condition": " ".join(rule.when.split()),
        "values": values,
        "params": {name: plain(value) for name, value in params.items()},
        "param_labels": {
            name: fill(getattr(param.label, result.lang), result.lang, {})
            for name, param in rule.params.items()
            if param.label is not None
        },
    }


def find(result: Result, wanted: str) -> list[dict[str, Any]]:
    """Cards with the text in any of their fields: card, title, field, value, sheet, cell. Phones match by digits too."""
    hits: list[dict[str, Any]] = []
    digits = "".join(char for char in wanted if char.isdigit())
    for kind, frame in result.base.frames.items():
        for name in _text_fields(frame):
            mask = _contains(frame[name], wanted)
            if name in ("phone", "phone2") and len(digits) >= 4:
                mask = mask | frame[name].str.contains(digits.lstrip("78"), literal=True).fill_null(value=False)
            hits += [_hit(result, kind, row, name) for row in frame.filter(mask).iter_rows(named=True)]
    return sorted(hits, key=lambda hit: (fold(str(hit["value"])) != fold(wanted), hit["card"] != "client"))


def _text_fields(frame: pl.DataFrame) -> list[str]:
    return [
        name
        for name, kind in frame.schema.items()
        if kind == pl.String and not name.startswith("_") and not name.endswith("_id")
    ]


def _contains(texts: pl.Series, wanted: str) -> pl.Series:
    return folded(texts).str.contains(fold(wanted), literal=True).fill_null(value=False)


def _hit(result: Result, kind: str, row: Mapping[str, Any], name: str) -> dict[str, Any]:
    column = next((c for c in result.base.bindings[row["_sheet"]].columns if (c.card, c.field) == (kind, name)), None)
    cell = f"{letter(column.index)}{row['_row']}" if column else str(row["_row"])
    return {
        "card": kind,
        "title": _title(row),
        "field": name,
        "value": row[name],
        "sheet": row["_sheet"],
        "row": row["_row"],
        "cell": cell,
    }


def _title(row: Mapping[str, Any]) -> str:
    return next((str(row[name]) for name in _TITLES if row.get(name)), "")


def card(result: Result, wanted: str) -> dict[str, Any]:
    """All about one client: its fields, numbers, and every card, task and problem that is linked to it, what happened to it. NotFound when none or several match."""
    facts = result.numbers.facts.get("client")
    if facts is None:
        raise NotFound("sync.no_clients")
    row = one_client(facts.frame, wanted)
    fields = result.base.frames["client"].columns
    main = {name: plain(row[name]) for name in row if name in fields and not name.startswith("_") and name != "phones"}
    main = {
        "id" if name == "number" else name: value
        for name, value in ({"number": row["number"]} | main).items()
        if name != "id"
    }
    numbers = {
        name: plain(row[name])
        for name in (
            "purchases",
            "revenue",
            "average",
            "interval",
            "last_purchase",
            "next_purchase",
            "abc",
            "debt",
            "open_deals",
        )
    }
    blocks: dict[str, list[dict[str, Any]]] = {"main": [main], "numbers": [numbers]}
    for kind, frame in result.base.frames.items():
        if kind != "client" and "client_id" in frame.columns:
            mine = frame.filter(pl.col("client_id") == row["id"])
            blocks[kind] = [_linked(linked) for linked in mine.iter_rows(named=True)]
    tasks = [task for task in result.open_tasks if task.decision and task.decision.client_id == row["id"]]
    blocks["tasks"] = [
        {"todo": told["todo"], "why": told["why"], "due": told["due"]}
        for told in (task_json(task, result.lang) for task in tasks)
    ]
    here = [p for p in result.base.problems if (p.sheet, p.row) == (row["sheet"], row["row"])]
    blocks["problems"] = [{"cell": p.cell, "message": problem_json(p, result.lang)["message"]} for p in here]
    blocks["gaps"], blocks["timeline"] = _past(result, row["id"], row["client"] or "")
    return {
        "client": row["client"] or "",
        "sheet": row["sheet"],
        "row": row["row"],
        "blocks": {name: rows for name, rows in blocks.items() if rows},
    }


def _past(result: Result, client_id: str, called: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Edits without a contact, and the client's timeline."""
    from sheets_crm.sync import gaps, memory
    from sheets_crm.sync.state import StateFolder
    from sheets_crm.sync.timeline import timeline

    opened = result.opened
    missing: list[dict[str, Any]] = []
    with memory.history(StateFolder.existing(opened.path, opened.config.workbook)) as past:
        if past is not None:
            found = gaps.of_client(
                opened, past, result.base.frames, client_id, today=result.today, days=GAP_DAYS, lang=result.lang
            )
            missing = [gap.json() for gap in found.rows]
    return missing, timeline(result, client_id, called)


def _linked(row: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        name: plain(value)
        for name, value in row.items()
        if not name.startswith("_") and not name.endswith("_id") and name != "client"
    }
    return {**shown, "_place": f"{row['_sheet']}!{row['_row']}"}


def guess(path: Path, *, country: str) -> dict[str, Any]:
    """Which sheet holds what, and which column is which field, with confidences; needs no configuration."""
    from sheets_crm.sync.intake import all_grids

    grids = all_grids(path)
    guesses = guess_workbook(grids, country=country)
    bindings = {
        sheet: _guess_json(found) for sheet, found in guesses.items() if found.cards and found.layout is not None
    }
    return {"workbook": str(path), "bindings": bindings, "ignored": [sheet for sheet in grids if sheet not in bindings]}


def _guess_json(found: SheetGuess) -> dict[str, Any]:
    sure = [column for column in found.columns if column.confidence >= LEAST_CONFIDENCE]
    first = found.cards[0]
    names = {id(column): column.field if column.card == first else f"{column.card}.{column.field}" for column in sure}
    assert found.layout is not None
    return {
        "card": list(found.cards),
        "header_row": found.layout.header_row,
        "columns": {names[id(column)]: letter(column.index) for column in sure},
        "confidence": {names[id(column)]: round(column.confidence, 2) for column in sure},
        "headers": {letter(column.index): column.header for column in sure},
        "unbound": {letter(index): header for index, header in _unbound(found, sure).items()},
    }


def _unbound(found: SheetGuess, sure: Sequence[Any]) -> dict[int, str]:
    taken = {column.index for column in sure}
    weak = {column.index: column.header for column in found.columns if column.index not in taken}
    return dict(sorted({**dict(found.unbound), **weak}.items()))
