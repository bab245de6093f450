"""The problems tab drawn: dirt in the user's data, cell by cell, with what to do about it.

Errors first. A base with very many problems gets a fair share of each kind, and a sentence about the rest.
Pure. Finds nothing (base, cards); the sentences stand in words under `problems.<kind>.what` and `.do`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from sheets_crm.books.tab import Cell, Condition, Range, Style, Tab, TabColumn, Table
from sheets_crm.cards.model import Problem
from sheets_crm.cells import letter
from sheets_crm.tabs import look
from sheets_crm.tabs.context import DrawContext
from sheets_crm.words import knows, say

PROBLEMS = "problems"
MOST_ROWS = 5_000
_WIDTHS = {"sheet": 16, "cell": 9, "seen": 26, "what": 44, "do": 44, "suggestion": 20, "kind": 24, "severity": 16}
_LONGEST_SEEN = 500

# What tells one problem from another over runs: sheet, cell, kind.
Spot = tuple[str, str, str]


def draw_problems(problems: Sequence[Problem], ctx: DrawContext, first_seen: Mapping[Spot, date] | None = None) -> Tab:
    """The tab of these problems; without any, a sentence that says that all is well.

    first_seen: (sheet, cell, kind) -> the day it was first met; without it the column is left out.
    """
    if not problems:
        cell = Cell(0, 0, ctx.why_empty(PROBLEMS, "tabs.empty.no_problems"), look.SENTENCE)
        return Tab(PROBLEMS, ctx.title(PROBLEMS), cells=(cell,), widths=(60.0,), color="C0392B")
    shown = _shown(problems)
    table = Table("crm_problems", _columns(shown, ctx, first_seen), header=look.HEADER)
    severity = next(place for place, column in enumerate(table.columns) if column.id == "severity")
    error = say("tabs.problems.severity.error", ctx.lang)
    return Tab(
        id=PROBLEMS,
        title=ctx.title(PROBLEMS),
        tables=(table,),
        cells=_rest(problems, shown, table.height + 2, ctx),
        freeze=(1, 2),
        heights={0: 32.0} | look.row_heights(table.columns, 1),
        conditions=(
            Condition(
                Range(1, severity, table.height, severity),
                f'${letter(severity)}2="{error}"',
                Style(color="9C0006", bold=True),
            ),
        ),
        color="C0392B",
    )


def _shown(problems: Sequence[Problem]) -> list[Problem]:
    """Errors before warnings, each in the order met; where there are too many, as many of each kind as is fair."""
    ordered = sorted(problems, key=lambda problem: problem.severity != "error")
    if len(ordered) <= MOST_ROWS:
        return ordered
    left = _fair_shares(Counter(problem.kind for problem in ordered))
    kept = []
    for problem in ordered:
        if left[problem.kind]:
            left[problem.kind] -= 1
            kept.append(problem)
    return kept


def _fair_shares(counts: Mapping[str, int]) -> dict[str, int]:
    """How many of each kind are shown: small kinds whole, the others alike."""
    shares: dict[str, int] = {}
    room = MOST_ROWS
    for done, (kind, count) in enumerate(sorted(counts.items(), key=lambda item: (item[1], item[0]))):
        shares[kind] = min(count, room // (len(counts) - done))
        room -= shares[kind]
    return shares


def _rest(problems: Sequence[Problem], shown: Sequence[Problem], row: int, ctx: DrawContext) -> tuple[Cell, ...]:
    """What did not fit, a sentence a kind, below the table."""
    hidden = Counter(problem.kind for problem in problems)
    hidden.subtract(problem.kind for problem in shown)
    examples = {problem.kind: problem for problem in problems}
    lines = [
        say("tabs.problems.more", ctx.lang, n=count, what=_general(examples[kind], ctx))
        for kind, count in hidden.most_common()
        if count > 0
    ]
    return tuple(Cell(row + place, 0, line, look.SENTENCE) for place, line in enumerate(lines))


def _columns(
    problems: Sequence[Problem], ctx: DrawContext, first_seen: Mapping[Spot, date] | None
) -> tuple[TabColumn, ...]:
    texts: dict[str, list[str | None]] = {
        "sheet": [problem.sheet for problem in problems],
        "cell": [problem.cell or None for problem in problems],
        "seen": [problem.seen[:_LONGEST_SEEN] or None for problem in problems],
        "what": [_sentence(problem, "what", ctx) for problem in problems],
        "do": [_sentence(problem, "do", ctx) for problem in problems],
        "suggestion": [problem.suggestion for problem in problems],
        "kind": [_general(problem, ctx) for problem in problems],
        "severity": [say(f"tabs.problems.severity.{problem.severity}", ctx.lang) for problem in problems],
    }
    links = pl.Series("cell", [_link(problem) for problem in problems], pl.String)
    columns = [
        TabColumn(
            id=name,
            title=ctx.label(PROBLEMS, name),
            values=pl.Series(name, values, pl.String),
            width=float(_WIDTHS[name]),
            style=look.LINK if name == "cell" else look.WRAP,
            links=links if name == "cell" else None,
        )
        for name, values in texts.items()
        if name != "suggestion" or any(values)
    ]
    if first_seen is not None:
        days = [first_seen.get((problem.sheet, problem.cell, problem.kind), ctx.today) for problem in problems]
        style = Style(valign="top", align="center", format=look.date_format(ctx.lang))
        series = pl.Series("first_seen", days, pl.Date)
        columns.append(TabColumn("first_seen", ctx.label(PROBLEMS, "first_seen"), series, 13.0, style))
    return tuple(columns)


def _sentence(problem: Problem, part: str, ctx: DrawContext) -> str | None:
    """One part of the problem's sentence; None when words know none."""
    key = _key(problem.kind, part, ctx)
    if key is None:
        return None
    named = {"field": problem.field, "suggestion": problem.suggestion or ""} | problem.values | {"seen": problem.seen}
    return say(key, ctx.lang, **named)


def _general(problem: Problem, ctx: DrawContext) -> str:
    """The kind of problem in words, for filtering; its stable code where words know no name for it."""
    key = _key(problem.kind, "title", ctx)
    return say(key, ctx.lang) if key else problem.kind


def _key(kind: str, part: str, ctx: DrawContext) -> str | None:
    """Where the words for a kind stand; those of an unknown kind (a pack may bring its own) where it has none."""
    keys = (f"problems.{kind}.{part}", f"problems.unknown.{part}")
    return next((key for key in keys if knows(key, ctx.lang)), None)


def _link(problem: Problem) -> str | None:
    """The cell; the row's first one where the problem names no cell; nothing where it names no sheet."""
    return look.place(problem.sheet, problem.cell or f"A{max(problem.row, 1)}") if problem.sheet else None
