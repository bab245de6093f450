"""A hand-over as people read it: on a terminal, or in a file (plain text, or Markdown). Every sentence comes from `words`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sheets_crm.words import Lang, say, show

if TYPE_CHECKING:
    from sheets_crm.sync.handover import Handed

_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_NAMED = ("amount", "outstanding", "due", "next_step", "next_step_date", "offer_date", "invoice_no", "place", "stage")


def handed(done: Handed) -> str:
    """What was done to crm.yaml, and the brief."""
    key = "undone" if done.asked.undo else "done"
    lines = [say(f"calendar.brief.{key if done.changed else 'unchanged'}", done.lang, config=done.path.name)]
    lines += [f"  - {entry}" for entry in done.entries]
    return "\n".join([*lines, "", brief(done)])


def brief(done: Handed, *, markdown: bool = False) -> str:
    """The brief alone."""
    lang, told, asked = done.lang, done.brief, done.asked
    title = say(
        "calendar.brief.title_until" if asked.until else "calendar.brief.title",
        lang,
        who=asked.who,
        to=asked.to,
        date=asked.until,
    )
    lines = [f"# {title}" if markdown else title]
    for number, client in enumerate(told["clients"], 1):
        lines += ["", *_client(client, number, done, markdown=markdown)]
    if told["tasks"]:
        own = [_task(one, lang, asked.who) for one in told["tasks"]]
        lines += ["", _head("own_tasks", lang, markdown=markdown), *_bullets(own, markdown=markdown)]
    if told["quiet"]:
        lines += ["", say("calendar.brief.quiet", lang, n=told["quiet"])]
    if not told["clients"] and not told["tasks"]:
        lines += ["", say("calendar.brief.nothing", lang)]
    return "\n".join(lines)


def _client(client: Mapping[str, Any], number: int, done: Handed, *, markdown: bool) -> list[str]:
    lang = done.lang
    place = f"{client['sheet']}!{client['row']}" if client["row"] else ""
    name = ", ".join(filter(None, (client["client"], client["contact"], place)))
    lines = [f"## {name}" if markdown else f"{number}. {name}"]
    known = {key: client[key] for key in ("remark", "terms", "last_contact", "last_purchase") if client[key]}
    lines += [
        _said(say(f"calendar.brief.{key}", lang, value=_day(value)), markdown=markdown) for key, value in known.items()
    ]
    told = {
        "tasks": [_task(one, lang, done.asked.who) for one in client["tasks"]],
        "open": [_line(one, lang) for one in client["open"]],
        "debts": [_line(one, lang) for one in client["debts"]],
        "touches": [_line(one, lang) for one in client["touches"]],
    }
    for key, found in told.items():
        if found:
            lines += [
                *([""] if markdown else []),
                _head(key, lang, markdown=markdown),
                *_bullets(found, markdown=markdown),
            ]
    return lines


def _said(text: str, *, markdown: bool) -> str:
    return f"\n{text}" if markdown else f"   {text}"


def _head(key: str, lang: Lang, *, markdown: bool) -> str:
    text = say(f"calendar.brief.{key}", lang)
    return f"**{text}**\n" if markdown else f"   {text}"


def _bullets(lines: Iterable[str], *, markdown: bool) -> list[str]:
    return [f"- {line}" if markdown else f"   - {line}" for line in lines]


def _task(task: Mapping[str, Any], lang: Lang, who: str) -> str:
    """One task; whose it is, where that is somebody else."""
    reasons = str(task.get("why") or "").rstrip(".")
    todo = ". ".join(filter(None, (str(task["todo"]), reasons))).replace(".\n", "; ").replace("\n", "; ")
    other = str(task.get("manager") or who)
    key = "task" if other == who else "task_of"
    return say(f"calendar.brief.{key}", lang, todo=todo, due=_day(task["due"]), manager=other)


def _line(row: Mapping[str, Any], lang: Lang) -> str:
    """The filled fields of a row, each with its name where the value alone wouldn't tell."""
    parts = []
    for name, value in row.items():
        shown = show(_day(value), lang)
        parts.append(say(f"calendar.brief.field.{name}", lang, value=shown) if name in _NAMED else shown)
    return ", ".join(parts)


def _day(value: object) -> object:
    """A day out of its ISO text; anything else as it is."""
    return date.fromisoformat(value) if isinstance(value, str) and _ISO.fullmatch(value) else value
