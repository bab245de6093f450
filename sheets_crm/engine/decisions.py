"""Rows on which a rule fired, made into decisions: addresses, people, money at stake, what is pinned to the client.

Does not decide whether a rule fires. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.cycle import MOST, Turn, turn_of
from sheets_crm.engine.model import Decision
from sheets_crm.engine.pack import Lists, Role, Texts
from sheets_crm.engine.ready import Ready
from sheets_crm.engine.settings import RuleSettings
from sheets_crm.engine.texts import hint_names

_CENT = Decimal("0.01")
_PIN = "!"
_NORMAL = 2
UNDATED = "today"  # `due` of a rule whose task is due when it appears
_JOINED = " | "  # between the parts of an occurrence


class Pinned:
    """What must not be forgotten about a client: agreed terms, and a note that starts with an exclamation mark."""

    def __init__(self, clients: Facts | None) -> None:
        self._clients = clients

    def hint(self, row: Mapping[str, object]) -> str:
        """Lines to stand in every task of the row: its own first, then its client's; each once."""
        said = [(_text(row.get("note")), _text(row.get("special_terms")))]
        if self._by_client and (known := self._by_client.get(_text(row.get("client_id")))):
            said.append(known)
        lines = [pinned for note, terms in said for pinned in (_pin(note), terms) if pinned]
        return "\n".join(dict.fromkeys(lines)) if lines else ""

    @cached_property
    def _by_client(self) -> dict[str, tuple[str, str]]:
        frame = self._clients.frame if self._clients else pl.DataFrame()
        if not {"id", "note", "special_terms"} & set(frame.columns) or "id" not in frame.columns:
            return {}
        columns = [
            (pl.col(name) if name in frame.columns else pl.lit(None, dtype=pl.String))
            .cast(pl.String)
            .fill_null("")
            .alias(name)
            for name in ("id", "note", "special_terms")
        ]
        said = frame.select(columns).filter(
            pl.col("note").str.strip_chars().str.starts_with(_PIN) | (pl.col("special_terms").str.strip_chars() != "")
        )
        return {client: (note, terms.strip()) for client, note, terms in reversed(said.rows())}


class Maker:
    """Makes the decisions of one run."""

    def __init__(self, today: date, settings: RuleSettings, roles: Mapping[str, str], pinned: Pinned) -> None:
        self._today, self._settings, self._roles, self._pinned = today, settings, roles, pinned

    def decisions(self, rule: Ready, facts: Facts, rows: pl.DataFrame) -> Iterator[Decision]:
        """One decision a row, in the order of rows."""
        todo, why = map(_both, rule.rule.said(rule.card))
        hint, asked = _both(rule.rule.hint), hint_names(rule.rule)
        checklist, outcomes = _lists(rule.rule.checklist), _lists(rule.rule.choices)
        dated, results = rule.rule.due.strip() != UNDATED, rule.rule.results
        shown = [(name, f"value:{name}") for name in rule.values]
        letters: dict[str, str] = {}
        for row in rows.iter_rows(named=True):
            sheet = _text(row["sheet"])
            number = int(row["row"] or 0)
            letter = letters.get(sheet) or letters.setdefault(sheet, _letter(rule, facts, sheet))
            turn = _turn(rule, row, self._today)
            if rule.rule.every is not None and turn is None:
                continue
            values = {**rule.constants, **{name: _shown(row[column]) for name, column in shown}}
            yield Decision(
                rule=rule.rule.id,
                card=rule.card,
                subject=_text(row["id"]),
                occurrence=_occurrence(rule, row, turn.began if turn else None),
                sheet=sheet,
                row=number,
                cell=f"{letter}{number}",
                client=_text(row["client"]),
                manager=self._manager(rule, row),
                contact=_text(row["contact"]),
                due=row["part:due"] or self._today,
                priority=_priority(rule, row),
                amount=_money(row.get("part:amount")),
                todo=todo,
                why=why,
                checklist=checklist,
                outcomes=outcomes,
                values=values,
                hint=self._pinned.hint(row),
                client_id=_text(row["client_id"]),
                advice={} if any(values.get(name) is None for name in asked) else hint,
                dated=dated and row["part:due"] is not None,
                results=results,
                again=rule.rule.again,
                turn=turn.began if turn else None,
                earlier=tuple(_occurrence(rule, row, day) for day in turn.earlier) if turn else (),
            )

    def _manager(self, rule: Ready, row: Mapping[str, object]) -> str:
        """The owner's word first, then the rule's; the row's manager where neither names anybody."""
        said = self._settings.of(rule.rule).assignee
        if said:
            return self._roles.get(said, said)
        assignee = rule.rule.assignee
        named = self._roles.get(assignee.role, "") if isinstance(assignee, Role) else _text(row.get("part:assignee"))
        return named or _text(row["manager"])


def _turn(rule: Ready, row: Mapping[str, object], today: date) -> Turn | None:
    """Where the card is in the rhythm of its rule; None where there is no rhythm or it is blank."""
    every = rule.rule.every
    if every is None:
        return None
    count = row.get("part:every") if isinstance(every.n, str) else every.n
    if not isinstance(count, (int, float)) or not 1 <= count <= MOST:
        return None
    return turn_of(every.unit, int(count), today, _text(row["id"]) if every.spread else "")


def _occurrence(rule: Ready, row: Mapping[str, object], began: date | None) -> str:
    parts = [_text(row[f"occurrence:{index}"]) for index in range(len(rule.occurrence))]
    return _JOINED.join([*parts, *([began.isoformat()] if began else [])])


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _pin(note: str) -> str:
    return note.removeprefix(_PIN).strip() if note.startswith(_PIN) else ""


def _letter(rule: Ready, facts: Facts, sheet: str) -> str:
    """Column of the first of the rule's cells that the sheet has; else of what the rule needs; else A."""
    letters = facts.cells.get(sheet, {})
    wanted = [*rule.rule.cell, *sorted(rule.rule.needed(rule.card))]
    return next((letters[name] for name in wanted if name in letters), "A")


def _priority(rule: Ready, row: Mapping[str, object]) -> int:
    if isinstance(rule.rule.priority, int):
        return rule.rule.priority
    said = row.get("part:priority")
    return min(3, max(1, int(said))) if isinstance(said, float) else _NORMAL


def _money(value: object) -> Decimal | None:
    """An amount with two decimals where two are enough, else with all four."""
    if isinstance(value, float):
        value = Decimal(str(value))
    if not isinstance(value, Decimal):
        return None
    cents = value.quantize(_CENT)
    return cents if cents == value else value


def _shown(value: object) -> object:
    """Whole numbers as int, so that they choose plural forms and are written without a fraction."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, 4)
    return _money(value) if isinstance(value, Decimal) else value


def _both(texts: Texts | None) -> dict[str, object]:
    return {"ru": texts.ru, "en": texts.en} if texts else {}


def _lists(lists: Lists) -> dict[str, tuple[str, ...]]:
    return {"ru": lists.ru, "en": lists.en}
