"""Results of the commands as people read them in a terminal. Every sentence comes from `words`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sheets_crm.cli.text_history import past_lines
from sheets_crm.words import Lang, say, show, show_birthday

if TYPE_CHECKING:
    from sheets_crm.cards import Template
    from sheets_crm.sync.demo import Shown
    from sheets_crm.sync.doctor import Finding
    from sheets_crm.sync.run import Result

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
TOP = 15  # lines of a list on a terminal; --json has them all


def synced(result: Result) -> str:
    """What a sync found and wrote."""
    lines = [*found_lines(result)]
    if result.written:
        names = ", ".join(
            f"«{result.titles[tab]}»" if result.lang == "ru" else f"“{result.titles[tab]}”" for tab in result.written
        )
        lines.append(say("cli.written", result.lang, tabs=names, workbook=result.written_name))
    elif not result.removed:
        lines.append(say("cli.nothing_to_write", result.lang, workbook=result.written_name))
    if result.backup is not None:
        lines.append(say("cli.backed_up", result.lang, name=result.backup))
    return "\n".join(lines)


def found_lines(result: Result) -> list[str]:
    """Sheets, clients, tasks, problems, one line each, and what was guessed or left out."""
    lang, base = result.lang, result.base
    lines = [say("cli.book", lang, workbook=result.opened.called, day=result.today)]
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
    lines += [f"  {result.rule_label(rule)}: {n}" for rule, n in by_rule.most_common()]
    errors = sum(1 for problem in base.problems if problem.severity == "error")
    found = say("cli.problems", lang, n=len(base.problems), errors=errors) if base.problems else None
    lines.append(found or say("cli.no_problems", lang))
    lines += [say(key, lang, **values) for key, values in result.notes]
    return lines


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
    """One paragraph a task: what and why in plain words, then the rule, its settings and the cell."""
    return "\n\n".join("\n".join(_explained(task, lang)) for task in explained)


def _explained(task: Mapping[str, Any], lang: Lang) -> Iterable[str]:
    yield f"{task['client']}: {task['todo']}"
    if not task["rule"]:
        yield say("cli.why_own", lang, key=task["key"])
        return
    yield task["why"]
    yield say("cli.why_cell", lang, place=f"{task['sheet']}!{task['cell']}", key=task["key"])
    yield say("cli.why_rule", lang, label=task["label"], rule=task["rule"])
    yield say("cli.why_condition", lang, condition=task["condition"])
    for name, value in task["params"].items():
        label = task["param_labels"].get(name)
        yield "  " + say(
            "cli.why_param" if label else "cli.why_value", lang, name=name, label=label, value=_shown(value, lang)
        )
    numbers = {name: value for name, value in task["values"].items() if name not in task["params"]}
    for name, value in numbers.items():
        yield "  " + say("cli.why_value", lang, name=name, value=_shown(value, lang))


def found(cards: Sequence[Mapping[str, Any]], wanted: str, lang: Lang, template: Template) -> str:
    """One line a card."""
    if not cards:
        return say("cli.found_none", lang, wanted=wanted)
    lines = [_hit(hit, lang, template) for hit in cards[:TOP]]
    return "\n".join([*lines, *_more(len(cards), lang)])


def _hit(hit: Mapping[str, Any], lang: Lang, template: Template) -> str:
    kind = template.cards[hit["card"]].label.say(lang)
    field = (
        f" · {_label(template, hit['card'], hit['field'], lang)}: {hit['value']}"
        if hit["value"] != hit["title"]
        else ""
    )
    return f"{kind} · {hit['title']}{field} [{hit['sheet']}!{hit['cell']}]"


def card(shown: Mapping[str, Any], lang: Lang, template: Template) -> str:
    """All blocks of one client."""
    lines = [f"{shown['client']}  [{say('cli.place', lang, sheet=shown['sheet'], row=str(shown['row']))}]"]
    for block, rows in shown["blocks"].items():
        lines += ["", say(f"cli.block.{block}", lang)]
        if block in ("gaps", "timeline"):
            lines += [f"  {line}" for line in past_lines(block, rows, lang)]
            continue
        lines += [f"  {line}" for row in rows for line in _block_lines(block, row, lang, template)]
    return "\n".join(lines)


def _block_lines(block: str, row: Mapping[str, Any], lang: Lang, template: Template) -> Iterable[str]:
    if block == "tasks":
        yield say("cli.task_line", lang, todo=row["todo"], why=row["why"], due=_shown(row["due"], lang))
        return
    if block == "problems":
        yield f"{row['cell']}: {row['message']}"
        return
    if row.get("birthday"):
        row = {**row, "birthday": show_birthday(row["birthday"], row.get("birthday_year"), lang)}
    said = [
        f"{_name_of(block, name, lang, template)}: {_shown(value, lang)}"
        for name, value in row.items()
        if not name.startswith("_") and name != "birthday_year" and value not in (None, "", [])
    ]
    if "_place" in row:
        yield f"{'; '.join(said)} [{row['_place']}]"
    else:
        yield from said


def _name_of(block: str, name: str, lang: Lang, template: Template) -> str:
    """How people call a field of a block."""
    if block == "numbers":
        return say(f"cli.number.{name}", lang)
    return _label(template, "client" if block == "main" else block, name, lang)


def _label(template: Template, card: str, field: str, lang: Lang) -> str:
    """A field's label; its own name where the template has none."""
    fields = template.cards[card].fields if card in template.cards else {}
    return fields[field].label.say(lang) if field in fields else field


def _shown(value: object, lang: Lang) -> str:
    """A value as people write it; days come as ISO text."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        value = date.fromisoformat(value)
    if isinstance(value, list):
        value = tuple(value)
    return show(value, lang)


def guessed(proposed: Mapping[str, Any], lang: Lang, template: Template) -> str:
    """Sheet by sheet: what it holds, which column is what, how sure we are."""
    lines = []
    for sheet, binding in proposed["bindings"].items():
        cards = ", ".join(say(f"cli.card.{name}", lang) for name in binding["card"])
        lines.append(say("cli.guess_sheet", lang, sheet=sheet, cards=cards, row=binding["header_row"]))
        lines += [
            f"  {column}  {binding['headers'].get(column, '')} → {_guessed_label(template, binding, name, lang)} ({binding['confidence'][name]:.0%})"
            for name, column in binding["columns"].items()
        ]
    lines += [say("cli.guess_ignored", lang, sheet=sheet) for sheet in proposed["ignored"]]
    return "\n".join(lines) if lines else say("cli.guess_none", lang)


def _guessed_label(template: Template, binding: Mapping[str, Any], name: str, lang: Lang) -> str:
    """A guessed field's label, with its name as crm.yaml wants it."""
    card, _, field = name.rpartition(".")
    label = _label(template, card or binding["card"][0], field, lang)
    return label if label == name else f"{label}, {name}"


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


def packs_checked(results: Sequence[Any], lang: Lang) -> str:
    """One line a pack, then one a failed test."""
    lines = []
    for result in results:
        lines.append(say("cli.pack_ok" if result.passed else "cli.pack_failed", lang, pack=result.name, n=result.tests))
        lines += [f"  {failure}" for failure in result.failures]
    return "\n".join(lines)


def _more(total: int, lang: Lang) -> list[str]:
    return [say("cli.more", lang, n=total - TOP)] if total > TOP else []
