"""Rows of the tab that no rule stands behind: typed by hand, copied, or with a key that is not ours.

Nothing that a person typed is dropped: such a row becomes a task of one's own.
Pure. Knows nothing of rules' conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from sheets_crm.tasks.clock import find_time
from sheets_crm.tasks.keys import is_own, next_key, own_key
from sheets_crm.tasks.model import CLOSED, Mark, Status, Task
from sheets_crm.tasks.repeat import kept, next_day, read_repeat
from sheets_crm.tasks.sharing import Sharing

# Equal words typed again later than this are a new task; sooner, it is the same row seen again after a crash.
_SAME_ROW_DAYS = 7
_MOST_DELETED = 60  # tasks of one series, deleted between two that still stand there
_MANAGERS_OWN = ("status", "due", "outcome", "reason", "comment", "snooze_until", "key")


def adopted(marks: Iterable[Mark], taken: set[str], known: Mapping[str, date], today: date) -> list[Mark]:
    """Rows without a key of their own, each with a new one, made from what was typed and nothing else.

    Reading the same rows again gives the same keys: a crash before the tab was written doubles nothing.
    taken: keys that stand on the tab already; the new ones are added to it.
    """
    found = []
    for mark in marks:
        number = 0
        content = _content(mark)
        key = own_key(content)
        while key in taken or today - known.get(key, today) > timedelta(days=_SAME_ROW_DAYS):
            number += 1
            key = own_key(content, number)
        taken.add(key)
        found.append(replace(mark, key=key, own=True))
    return found


def own_task(mark: Mark, opened: date, today: date, closed: Mapping[str, date]) -> Task:
    """A task of one's own: due when the manager said, else the day it first appeared."""
    due = mark.due if isinstance(mark.due, date) else opened
    shut = closed.get(mark.key, today) if mark.status in CLOSED else None
    return Task(mark.key, None, mark, min(opened, due), due=due, closed=shut)


def repeated(marks: Iterable[Mark], taken: set[str], today: date, sharing: Sharing | None = None) -> list[Mark]:
    """What follows tasks of one's own that are done and repeat: the same task on its next day, unmarked."""
    sharing = sharing or Sharing()
    found = []
    for mark in marks:
        rhythm = read_repeat(mark.repeat)
        if mark.status != Status.DONE or rhythm is None or not is_own(mark.key):
            continue
        key = next_key(mark.key)
        start = mark.due if isinstance(mark.due, date) else today
        day = next_day(rhythm, start, today, sharing.calendar)
        if day is None or _goes_on(key, taken):
            continue
        taken.add(key)
        cells = {name: value for name, value in mark.cells.items() if name not in _MANAGERS_OWN}
        due = sharing.calendar.on_or_after(day) if sharing.due_on_working_days else day
        text = kept(mark.repeat, rhythm, start, day, due)
        found.append(Mark(key, due=due, time=mark.time, repeat=text, own=True, cells=cells))
    return found


def _goes_on(key: str, taken: set[str]) -> bool:
    """Does the task of that key stand on the tab, or one that came after it? (Somebody may have deleted what is done.)"""
    for _ in range(_MOST_DELETED):
        if key in taken:
            return True
        key = next_key(key)
    return False


def timed(mark: Mark) -> Mark:
    """A row typed by hand with the hour that its words name, where the Time cell is empty.

    Asked once, when the row gets its key: from then on the Time cell is its manager's, who may empty it.
    """
    if mark.time is not None:
        return mark
    texts = (str(mark.cells.get("todo") or ""), mark.comment, mark.repeat)
    return replace(mark, time=next((hour for text in texts if (hour := find_time(text))), None))


def _content(mark: Mark) -> tuple[str, ...]:
    cells = sorted(
        (name, str(value)) for name, value in mark.cells.items() if name != "key" and value not in ("", None)
    )
    extra = sorted((name, str(value)) for name, value in mark.extra.items() if value not in ("", None))
    typed = tuple(str(value) for value in (mark.typed[:-1], mark.due))
    return tuple(text for pair in (*cells, *extra) for text in pair) + typed
