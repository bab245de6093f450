"""One field asked in a terminal, by its kind. Checks nothing: what is wrong with a value, the step says."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheets_crm.wizard.shapes import Choice, Field
from sheets_crm.wizard.terminal_draw import shown_value
from sheets_crm.words import Lang, say

_LONG_LIST = 12  # from so many choices on, some letters may be typed to look for one


@dataclass
class Terminal:
    """Where lines are typed and shown. secret: reads a line that is not shown. width: in signs."""

    read: Callable[[str], str]
    secret: Callable[[str], str]
    show: Callable[[str], None]
    width: Callable[[], int] = lambda: 80
    wait: Callable[[float], None] = time.sleep


def asked(field: Field, terminal: Terminal, lang: Lang) -> tuple[str, ...] | None:
    """The field's new values; None where it stays as it is. A check changes to its other side without a question."""
    if field.kind == "check":
        return ("",) if field.value else ("yes",)
    for about in (*field.samples, field.why, field.help):
        if about:
            terminal.show(f"  {about}")
    if field.kind == "many":
        return _picked(field, terminal, lang, several=True)
    if field.kind in {"choice", "radio"}:
        return _picked(field, terminal, lang, several=False)
    if field.kind == "lines":
        return _lines(field, terminal, lang)
    if field.kind == "secret":
        line = terminal.secret(f"{field.label}: ").strip()
        return (line,) if line else None
    return _line(field, terminal, lang)


def _line(field: Field, terminal: Terminal, lang: Lang) -> tuple[str, ...] | None:
    """A line typed; "-" empties what may be empty."""
    hint = say("terminal.now", lang, value=shown_value(field, lang))
    line = terminal.read(f"{field.label} ({hint}): ").strip()
    if line == "-" and not field.required:
        return ("",)
    return (line,) if line else None


def _lines(field: Field, terminal: Terminal, lang: Lang) -> tuple[str, ...] | None:
    terminal.show(say("terminal.lines", lang, label=field.label))
    lines = []
    while line := terminal.read("  ").rstrip():
        lines.append(line)
    return ("\n".join(lines),) if lines else None


def _picked(field: Field, terminal: Terminal, lang: Lang, *, several: bool) -> tuple[str, ...] | None:
    """Choices by their numbers, or by letters of their label."""
    ask = say("terminal.choose_many" if several else "terminal.choose", lang)
    ask += say("terminal.look_for", lang) if len(field.choices) >= _LONG_LIST else ""
    shown: Sequence[Choice] = field.choices
    while True:
        terminal.show(_listed(shown))
        line = terminal.read(f"{ask}: ").strip()
        if not line:
            return None
        if several and line == "-":
            return ()
        if (values := _by_number(line, shown, several=several)) is not None:
            return values
        found = [one for one in field.choices if line.casefold() in f"{one.label} {one.value}".casefold()]
        if len(found) == 1:
            return (found[0].value,)
        if not found:
            terminal.show(say("terminal.not_among", lang, seen=line))
        shown = found or field.choices


def _listed(choices: Sequence[Choice]) -> str:
    lines, group = [], ""
    for number, choice in enumerate(choices, 1):
        if choice.group != group:
            group = choice.group
            lines.append(f"  {group}:")
        lines.append(f"  {number:>3}) {choice.label}{f' ({choice.note})' if choice.note else ''}")
    return "\n".join(lines)


def _by_number(line: str, choices: Sequence[Choice], *, several: bool) -> tuple[str, ...] | None:
    parts = [part.strip() for part in line.split(",")]
    fits = all(part.isdecimal() and 1 <= int(part) <= len(choices) for part in parts)
    if not fits or (len(parts) > 1 and not several):
        return None
    return tuple(dict.fromkeys(choices[int(part) - 1].value for part in parts))
