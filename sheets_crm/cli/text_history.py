"""History as people read it in a terminal. Every sentence comes from `words`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sheets_crm.words import Lang, say

if TYPE_CHECKING:
    from sheets_crm.sync.gaps import Gaps
    from sheets_crm.sync.history import Found
    from sheets_crm.sync.telling import Told

MOMENTS = 30  # lines of a timeline on a terminal; --json has more


def history(found: Found) -> str:
    """One line an event; a sentence where there are none."""
    lang = found.lang
    notes = [say(key, lang, **values) for key, values in found.notes]
    if not found.begun:
        return "\n".join(notes) or say("history.none", lang)
    if not found.told:
        return "\n".join([*notes, say("history.nothing", lang)])
    head = say("history.of_client", lang, client=found.client) if found.client else say("history.heading", lang)
    lines = [_line(one, one_client=bool(found.client)) for one in found.told]
    more = [say("history.more", lang, n=len(found.told) * 4)] if found.more else []
    return "\n".join([*notes, head, *lines, *more])


def _line(told: Told, *, one_client: bool) -> str:
    event = told.event
    who = f" · {event.who}" if event.who else ""
    whose = f"{told.client} · " if told.client and not one_client else ""
    place = f" [{event.sheet}!{event.cell}]" if event.sheet and event.cell else ""
    return f"{told.when}{who} · {whose}{told.text}{place}"


def gaps(found: Gaps) -> str:
    """One line a card that was changed without a contact."""
    lang = found.lang
    if not found.begun:
        return say("history.none", lang)
    if not found.comparable:
        return say("history.gaps.unbound", lang)
    if not found.rows:
        return say("history.gaps.none", lang)
    lines = [
        say("history.gaps.line", lang, client=row.client, when=row.when, what=", ".join(row.what)) for row in found.rows
    ]
    return "\n".join([say("history.gaps.heading", lang), *lines])


def past_lines(block: str, rows: Sequence[Mapping[str, Any]], lang: Lang) -> list[str]:
    """The blocks of `card` that tell of the past: edits without a contact, and the timeline."""
    if block == "gaps":
        return [f"{row['when']} · {', '.join(row['what'])}" for row in rows[:MOMENTS]]
    lines = [
        f"{row['when']} · {row['text']}" + (f" [{row['place']}]" if row["place"] else "") for row in rows[:MOMENTS]
    ]
    return [*lines, *([say("cli.more", lang, n=len(rows) - MOMENTS)] if len(rows) > MOMENTS else [])]
