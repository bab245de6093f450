"""A manager leaves: what is theirs, what is at stake, what changed lately, and what to do in which order.

Looks only; changes nothing. Source: practice of firms whose leaving manager took the base along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from sheets_crm.base.history import History
from sheets_crm.cards import fold
from sheets_crm.cells import letter
from sheets_crm.errors import OwnerError
from sheets_crm.sync.export_tasks import exports, managers_met, named
from sheets_crm.sync.report import plain, task_json
from sheets_crm.sync.run import Result, plan
from sheets_crm.sync.state import StateFolder
from sheets_crm.tasks import Task
from sheets_crm.tasks.order import manager_of
from sheets_crm.words import Lang, Phrase, say

LATELY = 30  # days of changes to look through
_WAYS = ("phone", "phone2", "email", "messenger")  # by which a client is reached

Step = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Client:
    """A client of theirs. unreachable: there is no telephone and no e-mail in the base."""

    name: str
    sheet: str
    row: int
    revenue: Decimal
    debt: Decimal
    abc: str
    unreachable: bool


@dataclass(frozen=True)
class Deal:
    """An open deal or lead of theirs. next_step: the day written down, None where there is none."""

    client: str
    title: str
    stage: str
    amount: Decimal
    sheet: str
    row: int
    next_step: date | None


@dataclass(frozen=True)
class Change:
    """Changes of one field on rows of theirs within the last weeks. Who made them is not known."""

    card: str
    field: str
    count: int
    last: date


@dataclass(frozen=True)
class Leaving:
    """All of it. rows: sheet and column -> rows that name them. similar: other spellings in the base that may be theirs.

    changes: None where there is no history to tell. exported: how many times their tasks were exported. others: who stays.
    """

    manager: str
    result: Result
    clients: tuple[Client, ...]
    deals: tuple[Deal, ...]
    tasks: tuple[Task, ...]
    rows: Mapping[tuple[str, str], int]
    similar: tuple[str, ...]
    changes: tuple[Change, ...] | None
    exported: int
    others: tuple[str, ...]

    @property
    def overdue(self) -> int:
        """How many of the open tasks are past their day."""
        return sum(1 for task in self.tasks if task.day < self.result.today)

    @property
    def deals_sum(self) -> Decimal:
        """Sum of the open deals."""
        return sum((deal.amount for deal in self.deals), Decimal(0))

    @property
    def debt(self) -> Decimal:
        """What their clients owe."""
        return sum((client.debt for client in self.clients), Decimal(0))

    @property
    def revenue(self) -> Decimal:
        """What their clients have bought for so far."""
        return sum((client.revenue for client in self.clients), Decimal(0))

    def steps(self) -> list[Step]:
        """What to do, in this order: words keys and their values."""
        return list(_steps(self))

    def json(self, lang: Lang) -> dict[str, Any]:
        """The object of `doctor --leaving --json`."""
        return {
            "manager": self.manager, "today": self.result.today.isoformat(),
            "clients": [
                {
                    "name": one.name, "sheet": one.sheet, "row": one.row, "revenue": plain(one.revenue), "debt": plain(one.debt),
                    "abc": one.abc or None, "unreachable": one.unreachable,
                }
                for one in self.clients
            ],
            "deals": [
                {
                    "client": one.client, "title": one.title, "stage": one.stage, "amount": plain(one.amount), "sheet": one.sheet,
                    "row": one.row, "next_step": plain(one.next_step),
                }
                for one in self.deals
            ],
            "tasks": [task_json(task, lang) for task in self.tasks], "overdue": self.overdue,
            "money": {"deals": plain(self.deals_sum), "debt": plain(self.debt), "revenue": plain(self.revenue)},
            "rows": [{"sheet": sheet, "column": column, "rows": n} for (sheet, column), n in self.rows.items()],
            "similar": list(self.similar),
            "changes": None if self.changes is None else [
                {"card": one.card, "field": one.field, "count": one.count, "last": one.last.isoformat()} for one in self.changes
            ],
            "exported": self.exported, "others": list(self.others),
            "steps": [say(key, lang, **values) for key, values in self.steps()],
        }  # fmt: skip


def leaving(
    config: str | None,
    manager: str,
    *,
    today: date | None = None,
    on_language: Callable[[Lang], object] = lambda _: None,
) -> Leaving:
    """The checklist of a manager who leaves. NotFound: nobody of that name. Other errors as `plan` has them."""
    result = plan(config, today=today, on_language=on_language)
    name = named(result, manager)
    state = StateFolder.existing(result.opened.path, result.opened.config.workbook)
    met = [*(one.name for one in result.opened.config.managers), *managers_met(result)]
    others = tuple(one for one in dict.fromkeys(met) if fold(one) != fold(name))
    noted = [one for one in exports(state) if fold(str(one.get("manager", ""))) == fold(name)]
    return Leaving(
        name, result, _clients(result, name), tuple(_deals(result, name)), _tasks(result, name), _rows(result, name),
        tuple(one for one in others if _alike(one, name)), _changes(result, state, name), len(noted),
        tuple(one for one in others if not _alike(one, name)),
    )  # fmt: skip


def _theirs(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows that name them."""
    if "manager" not in frame.columns:
        return frame.clear()
    wanted = [one for one in frame["manager"].drop_nulls().unique().to_list() if fold(str(one)) == fold(name)]
    return frame.filter(pl.col("manager").is_in(wanted))


def _clients(result: Result, name: str) -> tuple[Client, ...]:
    facts = result.numbers.facts.get("client")
    if facts is None:
        return ()
    found = [
        Client(
            str(row["client"] or ""), row["sheet"], row["row"], _money(row.get("revenue")), _money(row.get("debt")),
            row.get("abc") or "", not any(row.get(way) for way in _WAYS),
        )
        for row in _theirs(facts.frame, name).iter_rows(named=True)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.revenue, -one.debt, fold(one.name))))


def _deals(result: Result, name: str) -> list[Deal]:
    found = []
    for card in ("deal", "lead"):
        facts = result.numbers.facts.get(card)
        if facts is None or "stage_kind" not in facts.frame.columns:
            continue
        rows = _theirs(facts.frame, name).filter(pl.col("stage_kind") == "open")
        found += [
            Deal(
                str(row.get("client") or ""), str(row.get("title") or row.get("number") or ""), str(row.get("stage") or ""),
                _money(row.get("amount")), row["sheet"], row["row"], row.get("next_step_date"),
            )
            for row in rows.iter_rows(named=True)
        ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.amount, fold(one.client)))


def _tasks(result: Result, name: str) -> tuple[Task, ...]:
    return tuple(task for task in result.open_tasks if fold(manager_of(task)) == fold(name))


def _rows(result: Result, name: str) -> dict[tuple[str, str], int]:
    """Where the base names them: (sheet, column) -> rows."""
    found: Counter[tuple[str, str]] = Counter()
    for card, frame in result.base.frames.items():
        for sheet, rows in _theirs(frame, name).group_by("_sheet").len().iter_rows():
            binding = result.base.bindings.get(sheet)
            columns = [one for one in binding.columns if (one.card, one.field) == (card, "manager")] if binding else []
            if columns:
                found[sheet, letter(columns[0].index)] += rows
    return dict(sorted(found.items()))


def _alike(one: str, name: str) -> bool:
    """May this be another spelling of the name: a part of it, or the same words in another order?"""
    some, words = set(fold(one).split()), set(fold(name).split())
    return bool(some and words) and (some <= words or words <= some)


def _changes(result: Result, state: StateFolder | None, name: str) -> tuple[Change, ...] | None:
    """Changes on rows of theirs within the last weeks, as far as runs have seen them."""
    if state is None or not (state.path / "history.db").exists():
        return None
    try:
        with History.open(state.path) as history:
            log = history.table("field_changes")
    except OwnerError:
        return None
    since = (result.today - timedelta(days=LATELY)).isoformat()
    theirs = pl.DataFrame(
        [(card, one) for card, frame in result.base.frames.items() for one in _theirs(frame, name)["_id"].to_list()],
        schema={"card": pl.String, "identity": pl.String}, orient="row",
    )  # fmt: skip
    found = log.filter(pl.col("day") >= since).join(theirs, on=["card", "identity"], how="semi")
    counted = found.group_by("card", "field").agg(n=pl.len(), last=pl.col("day").max())
    rows = counted.sort(["n", "card", "field"], descending=[True, False, False])
    return tuple(Change(card, field, n, date.fromisoformat(last)) for card, field, n, last in rows.iter_rows())


def _steps(found: Leaving) -> Iterator[Step]:
    opened = found.result.opened
    config = _argument(opened.path)
    to = _quoted(found.others[0]) if len(found.others) == 1 else Phrase("leaving.someone")
    name = _quoted(found.manager)
    yield "leaving.steps.backup", {"config": config}
    yield "leaving.steps.access", {"workbook": opened.called}
    unreachable = sum(1 for one in found.clients if one.unreachable)
    if unreachable:
        yield "leaving.steps.contacts", {"n": unreachable}
    if found.tasks:
        yield "leaving.steps.tasks", {"n": len(found.tasks), "manager": name, "to": to, "config": config}
    if found.rows:
        places = tuple(f"{sheet}!{column} ({n})" for (sheet, column), n in found.rows.items())
        yield "leaving.steps.rows", {"places": places, "manager": found.manager}
    best = [one.name for one in found.clients if one.abc == "A"][:5] or [one.name for one in found.clients][:3]
    if best:
        yield "leaving.steps.call", {"names": tuple(best)}
    if any(fold(one.name) == fold(found.manager) for one in opened.config.managers):
        yield "leaving.steps.config", {"manager": found.manager, "path": str(opened.path)}
    if opened.config.backups.folder is not None:
        yield "leaving.steps.folder", {"folder": str(opened.beside(opened.config.backups.folder).resolve())}
    yield "leaving.steps.watch", {"config": config}


def _argument(path: Path) -> str:
    """The configuration as an argument; nothing where it is the one that is taken by itself."""
    return "" if str(path) == "crm.yaml" else f" {_quoted(str(path))}"


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


def _money(value: object) -> Decimal:
    return Decimal(str(value)) if value is not None else Decimal(0)
