"""What is wrong in the sheets: how much of each kind and on each sheet, then cell by cell with what to do. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sheets_crm.cards.model import Problem, severity
from sheets_crm.cards.problems import title, what_and_do
from sheets_crm.wizard.pages import parts
from sheets_crm.wizard.pages.desk import Seen
from sheets_crm.wizard.pages.parts import Asked
from sheets_crm.wizard.shapes import Block, Cell, Choice, Field, Screen, Search, Sentence, Table
from sheets_crm.wizard.web.ports import href
from sheets_crm.words import say

PATH = "problems"


def screen(asked: Asked) -> Screen:
    """All problems, or those of a `kind` or a `sheet` (its code)."""
    return parts.over_base(asked, PATH, asked.say("problems.title"), lambda seen: _blocks(asked, seen))


def _blocks(asked: Asked, seen: Seen) -> Sequence[Block]:
    problems = seen.result.base.problems
    if not problems:
        return (Sentence(say("tabs.empty.no_problems", asked.lang, today=seen.result.today), "good"),)
    kind, sheet = asked.query.get("kind", ""), asked.query.get("sheet", "")
    sheets = {name: seen.code(name) for name in dict.fromkeys(one.sheet for one in problems)}
    shown = [one for one in problems if (not kind or one.kind == kind) and (not sheet or sheets[one.sheet] == sheet)]
    part, which = parts.cut(shown, asked.page)
    return (
        _by_kind(asked, problems),
        *_by_sheet(asked, problems, sheets),
        _filter(asked, problems, sheets),
        _cells(asked, part, which),
        *parts.turning(asked, PATH, which),
    )


def _by_kind(asked: Asked, problems: Sequence[Problem]) -> Table:
    """Errors before warnings, the most frequent first."""
    counts = Counter(one.kind for one in problems)
    kinds = sorted(counts, key=lambda kind: (severity(kind) != "error", -counts[kind]))
    rows = tuple(
        (
            Cell(title(kind, asked.lang), parts.with_query(PATH, {**asked.query, "kind": kind, "page": ""})),
            Cell(asked.say(f"problems.{severity(kind)}"), tone="error" if severity(kind) == "error" else "warning"),
            parts.shown(counts[kind], asked.lang),
        )
        for kind in kinds
    )
    headers = (asked.say("problems.kind"), asked.say("problems.severity"), asked.say("problems.count"))
    return Table(asked.say("problems.by_kind"), headers, rows, numeric=(2,))


def _by_sheet(asked: Asked, problems: Sequence[Problem], sheets: dict[str, str]) -> tuple[Table, ...]:
    if len(sheets) < 2:
        return ()
    counts = Counter(one.sheet for one in problems)
    rows = tuple(
        (
            Cell(name, parts.with_query(PATH, {**asked.query, "sheet": code, "page": ""})),
            parts.shown(counts[name], asked.lang),
        )
        for name, code in sheets.items()
    )
    headers = (asked.say("problems.sheet"), asked.say("problems.count"))
    return (Table(asked.say("problems.by_sheet"), headers, rows, numeric=(1,)),)


def _filter(asked: Asked, problems: Sequence[Problem], sheets: Mapping[str, str]) -> Search:
    """Which cells to show: of all kinds and sheets, or of one."""
    kinds = sorted({one.kind for one in problems}, key=lambda kind: title(kind, asked.lang))
    of_kind = (Choice("", asked.say("problems.every_kind")), *(Choice(kind, title(kind, asked.lang)) for kind in kinds))
    of_sheet = (Choice("", asked.say("problems.every_sheet")), *(Choice(code, name) for name, code in sheets.items()))
    fields = (
        Field("kind", asked.say("problems.kind"), "choice", asked.query.get("kind", ""), choices=of_kind),
        Field("sheet", asked.say("problems.sheet"), "choice", asked.query.get("sheet", ""), choices=of_sheet),
    )
    return Search(fields if len(sheets) > 1 else fields[:1], asked.say("problems.show"), href(PATH))


def _cells(asked: Asked, part: Sequence[Problem], which: parts.Cut) -> Table:
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (
            Cell(f"{one.sheet}!{one.cell}", tone="error" if one.severity == "error" else "warning"),
            *(parts.short(half) for half in what_and_do(one, asked.lang)),
        )
        for one in part
    )
    headers = (asked.say("problems.cell"), asked.say("problems.what"), asked.say("problems.do"))
    return Table(
        _heading(asked), headers, rows, note=parts.cut_note(asked, which), empty=asked.say("problems.none_such")
    )


def _heading(asked: Asked) -> str:
    kind = asked.query.get("kind", "")
    return asked.say("problems.cells_of", kind=title(kind, asked.lang)) if kind else asked.say("problems.cells")
