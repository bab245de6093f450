"""What `copy` says, and its JSON. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sheets_crm.books.copying.model import SheetCopied
from sheets_crm.sync.moving import Moved
from sheets_crm.words import Lang, say

_SHOWN = 8  # addresses of cells named in a sentence


def copied(done: Moved, old: str) -> str:
    """What was copied, what could not be, what to do next."""
    lang = done.lang
    head = "copy.done" if done.result else "copy.plan"
    lines = [say(head, lang, origin=done.origin, target=done.target)]
    for one in done.sheets:
        numbers = {"rows": one.sheet.height, "columns": one.sheet.width, "formulas": one.formulas}
        lines.append(say("copy.sheet", lang, sheet=one.sheet.name, **numbers))
    lines += [_as_values(one, lang) for one in done.sheets if one.as_values]
    lines += _lost(done)
    if done.companion:
        lines.append(say("copy.companion", lang))
    if done.result is not None:
        lines.append(say("copy.tasks", lang, n=len(done.result.open_tasks)))
        lines += [say(key, lang, **values) for key, values in done.result.notes if key.startswith("google.")]
        lines.append(say("copy.next", lang, config=done.config.name, old=old))
    return "\n".join(lines)


def _as_values(one: SheetCopied, lang: Lang) -> str:
    shown, rest = ", ".join(one.as_values[:_SHOWN]), len(one.as_values) - _SHOWN
    cells = say("copy.more", lang, cells=shown, n=rest) if rest > 0 else shown
    return say("copy.as_values", lang, n=len(one.as_values), sheet=one.sheet.name, cells=cells)


def _lost(done: Moved) -> Iterator[str]:
    lang = done.lang
    lines = [say("copy.lost_book", lang, what=what) for what in _told(done.lost, lang)]
    for one in done.sheets:
        lines += [say("copy.lost_line", lang, sheet=one.sheet.name, what=what) for what in _told(one.lost, lang)]
    if lines:
        yield say("copy.lost_head", lang)
        yield from lines
    yield say("copy.looks_note", lang)


def _told(lost: Mapping[str, int], lang: Lang) -> list[str]:
    return [say(f"copy.lost.{kind}", lang, n=n) for kind, n in lost.items() if n]


def copied_json(done: Moved) -> dict[str, Any]:
    """The object of `copy --json`."""
    sheets = [
        {
            "name": one.sheet.name, "rows": one.sheet.height, "columns": one.sheet.width, "cells": one.cells,
            "formulas": one.formulas, "formulas_as_values": one.as_values, "not_carried": {k: n for k, n in one.lost.items() if n},
        }
        for one in done.sheets
    ]  # fmt: skip
    return {
        "copied": done.result is not None, "from": done.origin, "to": done.target, "config": str(done.config),
        "sheets": sheets, "not_carried": dict(done.lost), "run": done.result.summary_json() if done.result else None,
    }  # fmt: skip
