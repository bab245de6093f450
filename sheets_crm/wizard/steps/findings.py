"""What a plan found, as blocks of a screen: tasks, funnel, money, problems, doubles, the forgotten, and what would be written.

Counts nothing that `plan` has not counted. Knows no step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sheets_crm.analytics.model import Funnel, StageRow
from sheets_crm.cards.problems import title as problem_title
from sheets_crm.sync.config import CONFIG_NAME
from sheets_crm.sync.state import NAME
from sheets_crm.tabs.look import money_text
from sheets_crm.tasks import Task
from sheets_crm.tasks.order import client_of, manager_of
from sheets_crm.tasks.texts import todo_text, why_text
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.shapes import Bar, Bars, Block, Cell, Facts, Sentence, Table, Tone
from sheets_crm.words import Lang, number, say, show

if TYPE_CHECKING:
    from sheets_crm.cards.model import Problem
    from sheets_crm.sync.run import Result

_TASKS = 5  # first ones of each manager
_MANAGERS = 12
_OPEN = 3  # tables of the managers with the most; those of the others are folded
_CELLS = 3  # worst cells of a kind of problem
_ROWS = 5
_LONG = 160  # signs of a sentence in a table
REACTIVATION = "reactivation"
_KEY = "setup_run.preview"


def blocks(result: Result, draft: Draft, lang: Lang) -> list[Block]:
    """All of it, the most important first."""
    if not result.base.bindings:
        return [Sentence(say(f"{_KEY}.no_sheets", lang), "warning"), *_notes(result, lang)]
    return [
        _overview(result, lang),
        *_tasks(result, lang),
        *_funnels(result, lang),
        *_money(result, lang),
        *_problems(result, lang),
        *_doubles(result, lang),
        *_forgotten(result, lang),
        *_notes(result, lang),
        *_written(result, draft, lang),
    ]


def _money_of(result: Result, amount: Decimal, lang: Lang) -> str:
    return money_text(amount, result.opened.config.home_currency, lang)


def _overview(result: Result, lang: Lang) -> Facts:
    counts = result.counts()
    today, later = _by_day(result)
    errors = counts["errors"]
    pairs = [(say(f"{_KEY}.day", lang), show(result.today, lang))]
    if result.base.frame("client") is not None:
        clients = say(f"{_KEY}.valid", lang, n=counts["clients"], valid=counts["valid_clients"])
        pairs.append((say(f"{_KEY}.clients", lang), clients))
    for card in ("lead", "deal", "order", "payment", "visit"):
        frame = result.base.frame(card)
        if frame is not None and len(frame):
            pairs.append((say(f"{_KEY}.cards.{card}", lang), show(len(frame), lang)))
    pairs.append((say(f"{_KEY}.tasks_today", lang), show(len(today), lang)))
    if later:
        pairs.append((say(f"{_KEY}.tasks_later", lang), show(len(later), lang)))
    pairs.append((say(f"{_KEY}.problems_all", lang), say(f"{_KEY}.of_them", lang, n=counts["problems"], errors=errors)))
    return Facts(say(f"{_KEY}.overview", lang), tuple(pairs))


# --- tasks ------------------------------------------------------------------------------------------------------------------


def _by_day(result: Result) -> tuple[list[Task], list[Task]]:
    """Open tasks of today (and those that are late), and those of later days."""
    open_ = result.open_tasks
    return [task for task in open_ if task.day <= result.today], [task for task in open_ if task.day > result.today]


def _tasks(result: Result, lang: Lang) -> Iterable[Block]:
    today, _ = _by_day(result)
    if not today:
        key = "no_tasks" if any(result.settings.is_on(r) for p in result.packs for r in p.rules) else "no_rules"
        yield Sentence(say(f"{_KEY}.{key}", lang), "warning")
        return
    managers: dict[str, list[Task]] = {}
    for task in today:
        managers.setdefault(manager_of(task), []).append(task)
    most = sorted(managers.items(), key=lambda one: -len(one[1]))[:_MANAGERS]
    for place, (name, theirs) in enumerate(most):
        yield _tasks_of(name, theirs, lang, is_open=place < _OPEN)
    rest = len(managers) - _MANAGERS
    if rest > 0:
        yield Sentence(say(f"{_KEY}.more_managers", lang, n=rest))


def _tasks_of(name: str, tasks: Sequence[Task], lang: Lang, *, is_open: bool) -> Table:
    count = len(tasks)
    title = say(f"{_KEY}.tasks_of" if name else f"{_KEY}.tasks_of_nobody", lang, manager=name, n=count)
    headers = ("client", "todo", "why", "contact")
    rows = [
        (
            client_of(task), _brief(todo_text(task, lang)), _brief(why_text(task, lang)),
            task.decision.contact if task.decision else "",
        )
        for task in tasks[:_TASKS]
    ]  # fmt: skip
    heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in headers)
    return Table(title, heads, tuple(rows), note=_more(count, lang), is_open=is_open)


def _more(count: int, lang: Lang, shown: int = _TASKS) -> str:
    return say(f"{_KEY}.more", lang, n=count - shown) if count > shown else ""


def _brief(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONG else line[: _LONG - 1].rstrip() + "\u2026"


# --- funnel and money -------------------------------------------------------------------------------------------------------


def _funnels(result: Result, lang: Lang) -> Iterable[Block]:
    drawn = [one for one in result.numbers.funnels if any(stage.count for stage in one.stages)]
    if not drawn:
        yield Sentence(say(f"{_KEY}.no_funnel", lang))
    for funnel in drawn:
        yield _funnel(result, funnel, lang)


def _funnel(result: Result, funnel: Funnel, lang: Lang) -> Bars:
    most = max(stage.count for stage in funnel.stages)
    stages = sorted(funnel.stages, key=lambda stage: stage.kind == "lost")
    bars = tuple(
        Bar(stage.stage, _stage_text(result, stage, lang), stage.count / most, _tone(stage)) for stage in stages
    )
    notes = [say(f"{_KEY}.unknown_stage", lang, n=funnel.unknown)] if funnel.unknown else []
    if funnel.stuck:
        amount = sum((deal.amount or Decimal(0) for deal in funnel.stuck), Decimal(0))
        notes.append(say(f"{_KEY}.stuck", lang, n=len(funnel.stuck), money=_money_of(result, amount, lang)))
    title = say("tabs.funnel.heading", lang, name=funnel.label or funnel.name)
    return Bars(title, bars, note=" ".join(notes))


def _stage_text(result: Result, stage: StageRow, lang: Lang) -> str:
    parts = [show(stage.count, lang)]
    if stage.amount:
        parts.append(_money_of(result, stage.amount, lang))
    if stage.from_previous is not None and stage.kind != "lost" and stage.count:
        share = number(Decimal(round(stage.from_previous * 100)), lang)
        parts.append(say(f"{_KEY}.reached", lang, share=share))
    return " \u00b7 ".join(parts)


def _tone(stage: StageRow) -> Tone:
    return {"won": "good", "lost": "warning"}.get(stage.kind, "plain")  # type: ignore[return-value]


def _money(result: Result, lang: Lang) -> Iterable[Block]:
    """What waits for an answer or for payment; of all funnels together."""
    stakes: dict[str, tuple[int, Decimal]] = {}
    for funnel in result.numbers.funnels:
        for key, (count, amount) in funnel.at_stake.items():
            before = stakes.get(key, (0, Decimal(0)))
            stakes[key] = (before[0] + count, before[1] + amount)
    rows = [
        (say(f"tabs.funnel.stake.{key}", lang), show(count, lang), _money_of(result, amount, lang))
        for key, (count, amount) in stakes.items()
        if count
    ]
    if rows:
        heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in ("stake", "count", "amount"))
        yield Table(say("tabs.funnel.at_stake", lang), heads, tuple(rows), numeric=(1, 2))


# --- problems, doubles, the forgotten ----------------------------------------------------------------------------------------


def _problems(result: Result, lang: Lang) -> Iterable[Block]:
    problems = result.base.problems
    if not problems:
        yield Sentence(say(f"{_KEY}.no_problems", lang), "good")
        return
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        kinds.setdefault(problem.kind, []).append(problem)
    order = sorted(kinds.values(), key=lambda found: -len(found))
    errors = [found for found in order if found[0].severity == "error"]
    warnings = [found for found in order if found[0].severity != "error"]
    if errors:
        yield _kinds("problems", errors, lang, is_open=True)
    if warnings:
        yield _kinds("warnings", warnings, lang, is_open=not errors)


def _kinds(key: str, kinds: Sequence[Sequence[Problem]], lang: Lang, *, is_open: bool) -> Table:
    """A line for each kind: how often, and the first cells."""
    rows = tuple(
        (
            Cell(problem_title(found[0].kind, lang), tone="error" if found[0].severity == "error" else "warning"),
            show(len(found), lang), _cells(found, lang),
        )
        for found in kinds
    )  # fmt: skip
    heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in ("problem", "count", "cells"))
    title = say(f"{_KEY}.{key}", lang, n=sum(map(len, kinds)))
    return Table(title, heads, rows, numeric=(1,), note=say(f"{_KEY}.{key}_note", lang), is_open=is_open)


def _cells(found: Sequence[Problem], lang: Lang) -> str:
    """The first cells and what we saw in them; the same thing seen again says nothing new."""
    unlike = list({(problem.sheet, problem.seen): problem for problem in reversed(found)}.values())[::-1]
    chosen = unlike[:_CELLS] if len(unlike) >= _CELLS else list(found[:_CELLS])
    key = f"{_KEY}.cell"
    return "; ".join(
        say(key, lang, place=f"{one.sheet}!{one.cell}", seen=_brief(one.seen))
        if one.seen
        else f"{one.sheet}!{one.cell}"
        for one in chosen
    )


def _doubles(result: Result, lang: Lang) -> Iterable[Block]:
    groups = result.base.duplicates
    frame = result.base.frame("client")
    if not groups or frame is None:
        return
    names = _names(frame, {place for group in groups[:_ROWS] for place in group})
    rows = [
        (
            ", ".join(dict.fromkeys(names.get(place, "") or "?" for place in group)),
            "; ".join(say("cli.place", lang, sheet=sheet, row=str(row)) for sheet, row in group[:4]),
        )
        for group in groups[:_ROWS]
    ]  # fmt: skip
    heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in ("client", "where"))
    title = say(f"{_KEY}.doubles", lang, n=len(groups))
    note = " ".join(filter(None, (say(f"{_KEY}.doubles_note", lang), _more(len(groups), lang, _ROWS))))
    yield Table(title, heads, tuple(rows), note=note)


def _names(frame: pl.DataFrame, places: set[tuple[str, int]]) -> dict[tuple[str, int], str]:
    if "name" not in frame.columns:
        return {}
    rows = frame.filter(pl.col("_row").is_in([row for _, row in places])).select("_sheet", "_row", "name")
    return {(sheet, row): name or "" for sheet, row, name in rows.iter_rows() if (sheet, row) in places}


def _forgotten(result: Result, lang: Lang) -> Iterable[Block]:
    """Who bought and has not come for long; who can't be reached at all."""
    clients = result.numbers.clients
    if "id" not in clients.columns:  # no sheet has clients on it
        return
    ids = {
        task.decision.client_id for task in result.open_tasks if task.decision and task.decision.rule == REACTIVATION
    }
    silent = clients.filter(pl.col("id").is_in(sorted(ids))).sort("revenue", descending=True, nulls_last=True)
    if len(silent):
        rows = [
            (
                row["name"] or "?", show(row["last_purchase"], lang),
                show((result.today - row["last_purchase"]).days if row["last_purchase"] else None, lang),
                _money_of(result, row["revenue"], lang) if row["revenue"] else "",
            )
            for row in silent.head(_ROWS).iter_rows(named=True)
        ]  # fmt: skip
        heads = tuple(say(f"{_KEY}.head.{one}", lang) for one in ("client", "last", "silent", "revenue"))
        title = say(f"{_KEY}.forgotten", lang, n=len(silent))
        yield Table(title, heads, tuple(rows), numeric=(2, 3), note=_more(len(silent), lang, _ROWS))
    ways = [pl.col(way).fill_null("") == "" for way in ("phone", "email") if way in clients.columns]
    unreachable = len(clients.filter(pl.all_horizontal(ways))) if ways else 0
    if unreachable and unreachable < len(clients):  # else the workbook has no such columns: no news
        yield Sentence(say(f"{_KEY}.unreachable", lang, n=unreachable), "warning")


def _notes(result: Result, lang: Lang) -> Iterable[Block]:
    told = list(dict.fromkeys(say(key, lang, **values) for key, values in result.notes))
    if told:
        yield Table(
            say(f"{_KEY}.notes", lang), (say(f"{_KEY}.head.note", lang),), tuple((one,) for one in told), is_open=False
        )


# --- what would be written ---------------------------------------------------------------------------------------------------


def _written(result: Result, draft: Draft, lang: Lang) -> Iterable[Block]:
    config = Path(draft.config)
    tabs = ", ".join(tab.title for tab in result.tabs)
    file = result.opened.address if result.opened.google else str(result.written_file)
    state = config.parent / NAME
    pairs = [
        (say(f"{_KEY}.file", lang), file),
        (say(f"{_KEY}.tabs", lang), tabs),
        (say(f"{_KEY}.yours", lang), say(f"{_KEY}.untouched", lang)),
        (say(f"{_KEY}.copies", lang), str(state / "backups")),
        (say(f"{_KEY}.settings", lang), str(config if config.name else config / CONFIG_NAME)),
        (say(f"{_KEY}.state", lang), str(state)),
    ]
    yield Facts(say(f"{_KEY}.written", lang), tuple(pairs))
    yield Sentence(say(f"{_KEY}.nothing_yet", lang), "good")
