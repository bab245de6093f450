"""Reminders of tasks with an hour: which are due now, and how they read.

Pure. Knows nothing of where tasks come from.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sheets_crm.daemon.notices.material import LATE
from sheets_crm.daemon.notices.record import Coming
from sheets_crm.words import Lang, say


def due(
    coming: Iterable[Coming], reminded: Mapping[str, date], now: datetime, minutes: int | None
) -> list[tuple[str, Coming]]:
    """(its id, task) of the tasks to remind of now, each once: moved to another hour, it is another reminder."""
    if minutes is None:
        return []
    ahead = timedelta(minutes=minutes)
    known = ((reminder_id(one), one) for one in coming)
    return [(name, one) for name, one in known if name not in reminded and one.at - ahead <= now <= one.at + LATE]


def reminder_id(one: Coming) -> str:
    """What tells this reminder from any other: the task and its moment."""
    return f"{one.key}@{one.at.isoformat()}"


def text(
    one: Coming, now: datetime, *, zone: ZoneInfo, book: str, tab: str, lang: Lang, personal: bool
) -> tuple[str, str]:
    """Title and text of one reminder."""
    left = math.ceil((one.at - now) / timedelta(minutes=1))
    hour = f"{one.at.astimezone(zone):%H:%M}"
    title = say("notices.reminder.title", lang, time=hour, book=book)
    when = say("notices.reminder.ahead" if left > 0 else "notices.reminder.now", lang, n=left, time=hour)
    if personal and (one.client or one.todo):
        who = ", ".join(part for part in (one.client, one.contact) if part)
        return title, "\n".join(part for part in (when, who, one.todo or one.kind) if part)
    place = say("notices.reminder.row", lang, kind=one.kind, tab=tab, row=str(one.row)) if tab and one.row else one.kind
    return title, f"{when}\n{place}"
