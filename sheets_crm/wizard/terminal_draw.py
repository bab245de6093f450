"""A screen as plain text for a terminal: what is shown, and the numbered list of what may be changed or pressed.

Pure: text out, nothing asked. Colours are left to the terminal's own; nothing depends on them.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from unicodedata import east_asian_width

from sheets_crm.wizard.conversation import BACK
from sheets_crm.wizard.shapes import (
    Action,
    Bars,
    Block,
    Cell,
    Facts,
    Field,
    Fields,
    Place,
    Progress,
    Screen,
    Sentence,
    Table,
)
from sheets_crm.words import Lang, say

WIDEST = 100
_MARKS = {"plain": "", "good": "+ ", "warning": "! ", "error": "!! "}
_BAR = 24
_SHOWN_ROWS = 40


def drawn(screen: Screen, lang: Lang, *, width: int = 80) -> str:
    """The whole screen. Fields carry the numbers under which they are changed, from 1 in the order of `screen.fields`."""
    width = min(width, WIDEST)
    numbers = {field.name: number for number, field in enumerate(screen.fields, 1)}
    parts = [_heading(screen, width)]
    if screen.intro:
        parts.append(_wrapped(screen.intro, width))
    parts += [_sentence(one, width) for one in screen.errors]
    parts += [_block(block, numbers, lang, width) for block in screen.blocks]
    return "\n\n".join(part for part in parts if part)


def pressable(screen: Screen) -> tuple[Action, ...]:
    """All that can be pressed, those in tables included, without the one that Enter presses and the way back, which is 0."""
    in_tables = [
        cell.action
        for block in screen.blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
        if isinstance(cell, Cell) and cell.action is not None
    ]
    return tuple(one for one in (*in_tables, *screen.actions) if not one.primary and one.name != BACK)


def primary(screen: Screen) -> Action | None:
    """What Enter presses; None where a screen only tells."""
    return next((one for one in screen.actions if one.primary), None)


def shown_value(field: Field, lang: Lang) -> str:
    """A field's value as people read it."""
    if field.kind == "secret":
        return "•" * 6 if field.value else say("terminal.blank", lang)
    if field.kind == "check":
        return say("terminal.checked" if field.value else "terminal.unchecked", lang)
    labels = {choice.value: choice.label for choice in field.choices}
    if field.kind == "many":
        return ", ".join(labels.get(value, value) for value in field.values) or say("terminal.blank", lang)
    value = labels.get(field.value, field.value)
    return f"{value} {field.unit}".strip() if value else say("terminal.blank", lang)


def _heading(screen: Screen, width: int) -> str:
    here = _where(screen.places)
    title = f"{here}  {screen.title}" if here else screen.title
    return f"{title}\n{'=' * min(width, _wide(title))}"


def _where(places: Sequence[Place]) -> str:
    steps = list(dict.fromkeys(place.id.split("/", 1)[0] for place in places))
    here = next((place.id.split("/", 1)[0] for place in places if place.is_here), None)
    return f"[{steps.index(here) + 1}/{len(steps)}]" if here is not None and len(steps) > 1 else ""


def _block(block: Block, numbers: dict[str, int], lang: Lang, width: int) -> str:
    if isinstance(block, Sentence):
        return _sentence(block, width)
    if isinstance(block, Table):
        return _table(block, lang, width)
    if isinstance(block, Bars):
        return _bars(block, width)
    if isinstance(block, Facts):
        return _facts(block, width)
    if isinstance(block, Fields):
        return _fields(block, numbers, lang, width)
    return _progress(block, lang) if isinstance(block, Progress) else ""  # nothing is looked for in a terminal


def _sentence(sentence: Sentence, width: int) -> str:
    mark = _MARKS[sentence.tone]
    return _wrapped(mark + sentence.text, width, rest=" " * len(mark))


def _table(table: Table, lang: Lang, width: int) -> str:
    lines = [_under(table.title)] if table.title else []
    if not table.rows:
        return "\n".join([*lines, table.empty])
    shown = table.rows[:_SHOWN_ROWS]
    texts = [[cell.text if isinstance(cell, Cell) else cell for cell in row] for row in shown]
    lines += _aligned([list(table.headers), *texts], width, right=table.numeric)
    if len(table.rows) > len(shown):
        lines.append(say("terminal.more", lang, n=len(table.rows) - len(shown)))
    return "\n".join([*lines, *([_wrapped(table.note, width)] if table.note else [])])


def _bars(bars: Bars, width: int) -> str:
    lines = [_under(bars.title)] if bars.title else []
    room = min(max((_wide(bar.label) for bar in bars.bars), default=0), width // 3)
    for bar in bars.bars:
        filled = round(_BAR * max(0.0, min(1.0, bar.share)))
        lines.append(f"{_fit(bar.label, room)} {'█' * filled}{'·' * (_BAR - filled)} {bar.text}")
    return "\n".join([*lines, *([_wrapped(bars.note, width)] if bars.note else [])])


def _facts(facts: Facts, width: int) -> str:
    lines = [_under(facts.title)] if facts.title else []
    for name, value in facts.pairs:
        text = value.text if isinstance(value, Cell) else value
        lines.append(_wrapped(f"{name}: {text}", width, rest="  "))
    return "\n".join(lines)


def _fields(block: Fields, numbers: dict[str, int], lang: Lang, width: int) -> str:
    lines = [_under(block.title)] if block.title else []
    if block.intro:
        lines.append(_wrapped(block.intro, width))
    if block.layout == "table":
        lines += _field_rows(block, numbers, lang, width)
    for field in block.fields if block.layout == "list" else ():
        lines.append(
            _wrapped(f"{numbers[field.name]:>3}. {field.label}: {shown_value(field, lang)}", width, rest=" " * 5)
        )
        lines += [_wrapped(f"     {text}", width, rest=" " * 5) for text in (field.why, field.help) if text]
    for field in block.fields:
        if field.error:
            lines.append(_wrapped(f"!! {numbers[field.name]}. {field.label}: {field.error}", width, rest=" " * 5))
    return "\n".join(lines)


def _field_rows(block: Fields, numbers: dict[str, int], lang: Lang, width: int) -> list[str]:
    """Number, label, samples, value, how sure and why."""
    rows = []
    for field in block.fields:
        sure = "" if field.confidence is None else f"{round(100 * field.confidence)} %"
        about = ", ".join(part for part in (sure, field.why) if part)
        rows.append([f"{numbers[field.name]}.", field.label, "; ".join(field.samples), shown_value(field, lang), about])
    heads = ["", *block.headers][:5]
    head = [heads + [""] * (5 - len(heads))] if block.headers else []
    return _aligned([*head, *rows], width, right=(0,))


def _progress(progress: Progress, lang: Lang) -> str:
    if not progress.total:
        return f"… {progress.text}"
    return say("terminal.progress", lang, text=progress.text, done=progress.done, total=progress.total)


def _under(title: str) -> str:
    return f"{title}\n{'-' * _wide(title)}"


def _wrapped(text: str, width: int, rest: str = "") -> str:
    lines = [
        textwrap.fill(line, width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def _aligned(rows: Sequence[Sequence[str]], width: int, right: Sequence[int] = ()) -> list[str]:
    """Columns side by side; where they are too wide for the terminal, the widest ones are cut."""
    flat = [[" ".join(cell.split()) for cell in row] for row in rows]
    widths = [max(_wide(row[index]) for row in flat) for index in range(len(flat[0]))]
    while sum(widths) + 2 * len(widths) > width and max(widths) > 6:
        widths[widths.index(max(widths))] -= 1
    lines = []
    for row in flat:
        cells = [
            _fit(cell, room, right=index in right) for index, (cell, room) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def _fit(text: str, room: int, *, right: bool = False) -> str:
    if _wide(text) > room:
        while text and _wide(text) > room - 1:
            text = text[:-1]
        text += "…"
    space = " " * (room - _wide(text))
    return space + text if right else text + space


def _wide(text: str) -> int:
    """Places that a text takes in a terminal."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
