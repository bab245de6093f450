"""Lines of ours in rows that are a person's, read back: a task of one's own keeps what was typed, and only that.

In such a row the Hint and Manager columns hold what people typed. What the program adds there (who stands in for whom, a
repeat that is not understood) is known by its words in either language, and taken away before the row is looked at.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from sheets_crm.tasks.model import Mark
from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, room

_LINES = ("stands_in_until", "stands_in", "repeat_unclear", "repeat_of_rule")
_PLACE = re.compile(r"\\\{(\w+)\\\}")


def read_back(mark: Mark) -> Mark:
    """The mark without our lines; its manager is the first one again, unless somebody chose another meanwhile."""
    hint = mark.cells.get("hint")
    if not mark.own or not isinstance(hint, str) or not any(ours(line) for line in hint.splitlines()):
        return mark
    cells: dict[str, object] = dict(mark.cells)
    kept = []
    for line in hint.splitlines():
        told = ours(line)
        if told is None:
            kept.append(line)
        elif "to" in told and fold(str(cells.get("manager") or "")) in ("", fold(told["to"])):
            cells["manager"] = told["manager"]
    text = "\n".join(kept).strip()
    cells = {name: value for name, value in cells.items() if name != "hint"} | ({"hint": text} if text else {})
    return replace(mark, cells=cells)


def ours(line: str) -> Mapping[str, str] | None:
    """The values of a line that the program wrote; None for any other line."""
    for pattern in _patterns():
        if found := pattern.fullmatch(line.strip()):
            return found.groupdict()
    return None


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    templates = [room(lang, "calendar")["said"][name] for name in _LINES for lang in LANGS]
    return tuple(re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(template))) for template in templates)
