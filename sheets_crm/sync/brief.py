"""A hand-over brief: what a colleague must know to go on with somebody's clients. Plain data; touches nothing.

For each client: what is open, what is to be done, debts, the last touches, special terms and the pinned remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from sheets_crm.cards import fold
from sheets_crm.sync.report import plain, task_json
from sheets_crm.tasks.model import Task
from sheets_crm.tasks.order import client_of, manager_of

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

_LAST = 3  # touches told of each client
_PIN = "!"
_OPEN_FIELDS = (
    "title",
    "stage",
    "amount",
    "outstanding",
    "due",
    "next_step",
    "next_step_date",
    "offer_date",
    "invoice_no",
)
_TOUCH_FIELDS = ("date", "kind", "service", "result", "text", "next_step", "next_step_date")


def clients_of(result: Result, manager: str) -> list[str]:
    """Identities of the clients that are somebody's: by the client's row, an open lead or deal, or an open task."""
    found: dict[str, None] = {}
    for card in ("client", "lead", "deal"):
        facts = result.numbers.facts.get(card)
        if facts is None:
            continue
        frame = facts.frame.select("client_id", "manager", *({"stage_kind"} & set(facts.frame.columns)))
        mine = frame.filter(pl.col("manager").fill_null("").map_elements(fold, return_dtype=pl.String) == fold(manager))
        if card != "client":
            mine = mine.filter(pl.col("stage_kind") == "open")
        found |= dict.fromkeys(mine["client_id"].drop_nulls().to_list())
    found |= dict.fromkeys(
        task.decision.client_id
        for task in result.open_tasks
        if task.decision and task.decision.client_id and fold(manager_of(task)) == fold(manager)
    )
    return list(found)


def brief(result: Result, clients: Iterable[str], manager: str) -> dict[str, Any]:
    """What is known of these clients: those with something open first; `quiet` counts those without."""
    wanted = dict.fromkeys(clients)
    facts = result.numbers.facts.get("client")
    rows = {} if facts is None else {row["id"]: row for row in _rows(facts.frame, wanted, "id")}
    linked = {card: _by_client(result, card, wanted) for card in ("lead", "deal", "visit", "interaction")}
    tasks = _tasks(result, {identity: str(row.get("client") or "") for identity, row in rows.items()}, wanted)
    told = [
        _client(
            rows.get(one, {}), {card: found.get(one, []) for card, found in linked.items()}, tasks.get(one, []), result
        )
        for one in wanted
    ]
    busy = [one for one in told if one["tasks"] or one["open"] or one["debts"]]
    own = [
        task_json(task, result.lang) for task in result.open_tasks
        if task.decision is None and not client_of(task) and fold(manager_of(task)) == fold(manager)
    ]  # fmt: skip
    return {
        "clients": sorted(busy, key=lambda one: fold(one["client"])),
        "quiet": len(told) - len(busy),
        "tasks": [{"todo": one["todo"], "due": one["due"]} for one in own],
    }


def _rows(frame: pl.DataFrame, wanted: Iterable[str], column: str) -> Iterable[dict[str, Any]]:
    return frame.filter(pl.col(column).is_in(list(wanted))).iter_rows(named=True)


def _by_client(result: Result, card: str, wanted: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    facts = result.numbers.facts.get(card)
    found: dict[str, list[dict[str, Any]]] = {}
    if facts is not None and "client_id" in facts.frame.columns:
        for row in _rows(facts.frame, wanted, "client_id"):
            found.setdefault(row["client_id"], []).append(row)
    return found


def _tasks(result: Result, names: Mapping[str, str], wanted: Iterable[str]) -> dict[str, list[Task]]:
    """Open tasks by client; one of somebody's own is known by the client's name."""
    found: dict[str, list[Task]] = {one: [] for one in wanted}
    by_name = {fold(name): identity for identity, name in names.items() if name}
    for task in result.open_tasks:
        client = task.decision.client_id if task.decision else by_name.get(fold(client_of(task)), "")
        if client in found:
            found[client].append(task)
    return found


def _client(
    row: Mapping[str, Any], linked: Mapping[str, list[dict[str, Any]]], tasks: list[Task], result: Result
) -> dict[str, Any]:
    note = str(row.get("note") or "").strip()
    deals = [*linked["lead"], *linked["deal"]]
    owed = [one for one in (*linked["deal"], *linked["visit"]) if _owed(one)]
    touches = sorted(
        (one for one in (*linked["interaction"], *linked["visit"]) if one.get("date") and one["date"] <= result.today),
        key=lambda one: one["date"], reverse=True,
    )  # fmt: skip
    told = [task_json(task, result.lang) for task in tasks]
    return {
        "client": str(row.get("client") or ""), "contact": str(row.get("contact") or ""),
        "sheet": str(row.get("sheet") or ""), "row": row.get("row"),
        "remark": note.removeprefix(_PIN).strip() if note.startswith(_PIN) else "",
        "terms": str(row.get("special_terms") or "").strip(),
        "last_contact": plain(row.get("last_contact_date")), "last_purchase": plain(row.get("last_purchase")),
        "tasks": [{name: one[name] for name in ("todo", "why", "due", "manager")} for one in told],
        "open": [_fields(one, _OPEN_FIELDS) for one in deals if one.get("stage_kind") == "open"],
        "debts": [_fields(one, ("outstanding", "due", "invoice_no", "title")) for one in owed],
        "touches": [_fields(one, _TOUCH_FIELDS) for one in touches[:_LAST]],
    }  # fmt: skip


def _owed(row: Mapping[str, Any]) -> bool:
    """Is money owed for it? As the numbers reckon debts (analytics.facts.receivable)."""
    billed = row.get("invoice_date") is not None or row.get("due") is not None
    sums = (row.get("amount") or 0) > 0 and (row.get("outstanding") or 0) > 0
    return billed and sums and bool(row.get("payable"))


def _fields(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The fields that are filled, as JSON has them, and where the row stands."""
    told = {name: plain(row[name]) for name in names if row.get(name) not in (None, "")}
    return {**told, "place": f"{row['sheet']}!{row['row']}"}
