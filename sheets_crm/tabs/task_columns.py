"""The columns of the tasks tab: which, in what order, whose, and what each is called in every language.

Both sides use it: drawing and reading back. Source: DESIGN, generated tabs.
Pure.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from sheets_crm.books.tab import Style
from sheets_crm.tabs import look
from sheets_crm.tasks.model import Status
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, Lang, say


class TaskColumn(NamedTuple):
    """A column: its stable id, width in characters, look, and whether managers write in it on every row."""

    id: str
    width: float
    style: Style
    manager: bool = False


COLUMNS = (
    TaskColumn("status", 12, look.TEXT, manager=True),
    TaskColumn("due", 12, look.CENTER),
    TaskColumn("time", 8, look.CENTER, manager=True),
    TaskColumn("priority", 11, look.TEXT),
    TaskColumn("manager", 14, look.WRAP),
    TaskColumn("client", 22, look.LINK),
    TaskColumn("contact", 19, look.WRAP),
    TaskColumn("todo", 32, look.WRAP),
    TaskColumn("why", 46, look.WRAP),
    TaskColumn("checklist", 62, look.WRAP),
    TaskColumn("hint", 40, look.WRAP),
    TaskColumn("outcome", 18, look.WRAP, manager=True),
    TaskColumn("reason", 20, look.WRAP, manager=True),
    TaskColumn("comment", 32, look.WRAP, manager=True),
    TaskColumn("snooze_until", 13, look.CENTER, manager=True),
    TaskColumn("repeat", 16, look.WRAP, manager=True),
    TaskColumn("rule", 20, look.WRAP),
    TaskColumn("source", 18, look.LINK),
    TaskColumn("key", 16, look.TEXT),
)
IDS = tuple(column.id for column in COLUMNS)
# People may type here: their own columns on every row, the due day of tasks of their own.
_STATUSES = frozenset(Status)
EDITABLE = frozenset({column.id for column in COLUMNS if column.manager} | {"due"})


@cache
def ids_by_label() -> dict[str, str]:
    """Folded header in any language -> column id."""
    return {fold(say(f"tabs.tasks.columns.{name}", lang)): name for lang in LANGS for name in IDS}


@cache
def labels(lang: Lang) -> frozenset[str]:
    """Folded headers of one language."""
    return frozenset(fold(say(f"tabs.tasks.columns.{name}", lang)) for name in IDS)


@cache
def statuses_by_label() -> dict[str, Status]:
    """Folded label or other word for it, in any language -> status."""
    found: dict[str, Status] = {}
    for lang in LANGS:
        for status in Status:
            words = [
                say(f"tabs.tasks.status.{status}", lang),
                *say(f"tabs.tasks.status_words.{status}", lang).split("|"),
            ]
            found |= {fold(word): status for word in words}
    return found


@cache
def priorities_by_label() -> dict[str, int]:
    """Folded label in any language -> 1, 2 or 3."""
    return {fold(say(f"tabs.tasks.priority.{level}", lang)): level for lang in LANGS for level in (1, 2, 3)}


@lru_cache(maxsize=1 << 10)  # asked for in every row
def status_label(status: str, lang: Lang) -> str:
    """A status as people read it; words of their own as typed."""
    return say(f"tabs.tasks.status.{status}", lang) if status in _STATUSES else status


@lru_cache(maxsize=1 << 10)
def priority_label(level: object, lang: Lang) -> str:
    """A priority as people read it."""
    return say(f"tabs.tasks.priority.{level}", lang) if level in (1, 2, 3) else str(level)
