"""Results of the commands as people read them in a terminal. Every sentence comes from `words`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sheets_crm.words import Lang, say, show

if TYPE_CHECKING:
    from sheets_crm.sync.copies import Restored
    from sheets_crm.sync.demo import Shown
    from sheets_crm.sync.doctor import Finding
    from sheets_crm.sync.run import Result

TOP = 15  # lines of a list on a terminal; --json has them all


def synced(result: Result) -> str:
    """What a sync found and wrote."""
    lines = [*found_lines(result)]
    if result.written:
        names = ", ".join(
            f"«{result.titles[tab]}»" if result.lang == "ru" else f"“{result.titles[tab]}”" for tab in result.written
        )
        lines.append(say("cli.written", result.lang, tabs=names, workbook=result.workbook.name))
        if result.backup is not None:
            lines.append(say("cli.backed_up", result.lang, name=result.backup))
    else:
        lines.append(say("cli.nothing_to_write", result.lang, workbook=result.workbook.name))
    return "\n".join(lines)


def found_lines(result: Result) -> list[str]:
    """Sheets, clients, tasks, problems, one line each, and what was guessed or left out."""
    lang, base = result.lang, result.base
    lines = [say("cli.book", lang, workbook=result.workbook.name, day=result.today)]
    for sheet, binding in base.bindings.items():
        cards = ", ".join(say(f"cli.card.{card}", lang) for card in binding.cards)
        lines.append(
            "  "
            + say(
                "cli.sheet",
                lang,
                sheet=sheet,
                cards=cards,
                n=len(binding.layout.rows),
                columns=len({c.index for c in binding.columns}),
            )
        )
    clients = base.frame("client")
    if clients is not None:
        lines.append(say("cli.clients", lang, n=len(clients), valid=base.valid_clients))
    lines.append(say("cli.tasks", lang, n=len(result.open_tasks)))
    by_rule = Counter(task.decision.rule for task in result.open_tasks if task.decision)
    lines += [
        f"  {say(f'cli.rule.{rule}', lang) if knows_rule(rule, lang) else rule}: {n}"
        for rule, n in by_rule.most_common()
    ]
    errors = sum(1 for problem in base.problems if problem.severity == "error")
    lines.append(say("cli.problems", lang, n=len(base.problems), errors=errors))
    lines += [say(key, lang, **values) for key, values in result.notes]
    return lines


def knows_rule(rule: str, lang: Lang) -> bool:
    """Has the rule a short name among our words? (Rules of the owner's own packs go by their id.)"""
    from sheets_crm.words import knows

    return knows(f"cli.rule.{rule}", lang)


def planned(result: Result) -> str:
    """What a sync would write, with the first tasks and their reasons."""
    lines = found_lines(result)
    tasks = result.plan_json()["tasks"]
    if tasks:
        lines.append("")
        lines += [
            f"· {task['client']}: {task['todo']} — {task['why']} [{task['sheet']}!{task['cell']}]"
            for task in tasks[:TOP]
        ]
        lines += _more(len(tasks), result.lang)
    lines.append(say("cli.plan_only", result.lang))
    return "\n".join(lines)


def checked(result: Result) -> str:
    """The problems, cell by cell."""
    problems = result.plan_json()["problems"]
    if not problems:
        return say("cli.no_problems", result.lang)
    lines = [f"{p['sheet']}!{p['cell']}: {p['message']}" for p in problems]
    errors = sum(1 for p in problems if p["severity"] == "error")
    return "\n".join([*lines, say("cli.problems", result.lang, n=len(problems), errors=errors)])


def why(explained: Sequence[Mapping[str, Any]], lang: Lang) -> str:
    """One paragraph a task."""
    return "\n\n".join(
        "\n".join(
            [
                f"{task['client']}: {task['todo']}",
                task["why"],
                say("cli.why_rule", lang, rule=task["rule"], condition=task["condition"]),
                say("cli.why_cell", lang, place=f"{task['sheet']}!{task['cell']}", key=task["key"]),
                *(f"  {name} = {show(value, lang)}" for name, value in task["values"].items()),
            ]
        )
        for task in explained
    )


def found(cards: Sequence[Mapping[str, Any]], wanted: str, lang: Lang) -> str:
    """One line a card."""
    if not cards:
        return say("cli.found_none", lang, wanted=wanted)
    lines = [_hit(hit, lang) for hit in cards[:TOP]]
    return "\n".join([*lines, *_more(len(cards), lang)])


def _hit(hit: Mapping[str, Any], lang: Lang) -> str:
    kind = say(f"cli.card.{hit['card']}", lang)
    return f"{kind} · {hit['title']} · {hit['field']}: {hit['value']} [{hit['sheet']}!{hit['cell']}]"


def card(shown: Mapping[str, Any], lang: Lang) -> str:
    """All blocks of one client."""
    lines = [f"{shown['client']}  [{shown['sheet']}!{shown['row']}]"]
    for block, rows in shown["blocks"].items():
        lines.append("")
        lines.append(say(f"cli.block.{block}", lang))
        lines += [f"  {line}" for row in rows for line in _block_lines(row, lang)]
    return "\n".join(lines)


def _block_lines(row: Mapping[str, Any], lang: Lang) -> Iterable[str]:
    place = f" [{row['_place']}]" if "_place" in row else ""
    values = [
        (name, show(value, lang))
        for name, value in row.items()
        if not name.startswith("_") and value not in (None, "", [])
    ]
    if place:
        yield "; ".join(f"{name}: {value}" for name, value in values) + place
    else:
        yield from (f"{name}: {value}" for name, value in values)


def guessed(proposed: Mapping[str, Any], lang: Lang) -> str:
    """Sheet by sheet: what it holds, which column is what, how sure we are."""
    lines = []
    for sheet, binding in proposed["bindings"].items():
        cards = ", ".join(say(f"cli.card.{name}", lang) for name in binding["card"])
        lines.append(say("cli.guess_sheet", lang, sheet=sheet, cards=cards, row=binding["header_row"]))
        lines += [
            f"  {column}  {binding['headers'].get(column, '')} → {name} ({binding['confidence'][name]:.0%})"
            for name, column in binding["columns"].items()
        ]
    lines += [say("cli.guess_ignored", lang, sheet=sheet) for sheet in proposed["ignored"]]
    return "\n".join(lines) if lines else say("cli.guess_none", lang)


def demo(shown: Shown, lang: Lang) -> str:
    """What the demo found and where to look."""
    return "\n".join(
        [
            *found_lines(shown.result),
            "",
            say("cli.demo_look", lang, path=str(shown.workbook)),
            say("cli.demo_next", lang, config=str(shown.config)),
        ]
    )


def findings(found_: Sequence[Finding], lang: Lang) -> str:
    """One line a finding."""
    marks = {"ok": "✓", "warning": "!", "error": "✗"}
    return "\n".join(f"{marks[finding.level]} {finding.sentence(lang)}" for finding in found_)


def backups(copies: Sequence[Any], lang: Lang) -> str:
    """One line a copy."""
    if not copies:
        return say("cli.backups_none", lang)
    return "\n".join(f"{copy.name}  {copy.made:%Y-%m-%d %H:%M} UTC  {copy.size:,} B" for copy in copies)


def restored(done: Restored, lang: Lang) -> str:
    """Where the copy stands now, and where what stood there went."""
    if done.saved is None:
        return say("cli.restored_to", lang, name=done.name, path=str(done.path))
    return say("cli.restored", lang, name=done.name, path=str(done.path), saved=done.saved)


def packs_checked(results: Sequence[Any], lang: Lang) -> str:
    """One line a pack, then one a failed test."""
    lines = []
    for result in results:
        lines.append(say("cli.pack_ok" if result.passed else "cli.pack_failed", lang, pack=result.name, n=result.tests))
        lines += [f"  {failure}" for failure in result.failures]
    return "\n".join(lines)


def _more(total: int, lang: Lang) -> list[str]:
    return [say("cli.more", lang, n=total - TOP)] if total > TOP else []
