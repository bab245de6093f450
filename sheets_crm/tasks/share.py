"""Whose task it is today: absences and hand-overs. Keys and marks don't change, so everything comes back afterwards.

Pure. The user's sheets still name the first manager; a row that somebody else does says instead of whom, and until when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sheets_crm.engine.model import Decision
from sheets_crm.tasks.keys import base_key
from sheets_crm.tasks.model import Status, Task
from sheets_crm.tasks.repeat import read_repeat, says_nothing
from sheets_crm.tasks.sharing import HandOver, Sharing
from sheets_crm.tasks.texts import fold
from sheets_crm.words import Phrase


def doer(name: str, clients: Iterable[str], sharing: Sharing, today: date) -> tuple[str, Phrase | None]:
    """Who does a person's tasks about a client today, and what the row says then: the name as typed, so that it comes back so.

    clients: names and ids that the client is known by.

    A hand-over of that client goes before one of all, a later one before an earlier, any hand-over before an absence. It goes
    on from the substitute to theirs; where that would lead back, it stops at the last one who is not away, else where it began.
    """
    own = sharing.names.get(fold(name), name)
    known = {fold(client) for client in clients if client}
    holding = [one for one in sharing.hand_overs if _holds(one, known, today)]
    seen, now, until = {fold(own)}, own, None
    while (found := _next(now, holding)) is not None:
        if fold(found.to) in seen:
            return own, None
        seen.add(fold(found.to))
        now = found.to
        until = min((day for day in (until, found.until) if day), default=None)
    if now == own:
        return name, None
    key = "calendar.said.stands_in_until" if until else "calendar.said.stands_in"
    return now, Phrase(key, {"manager": name.strip(), "to": now, **({"date": until} if until else {})})


def _holds(one: HandOver, known: set[str], today: date) -> bool:
    in_time = (one.since is None or one.since <= today) and (one.until is None or today <= one.until)
    return in_time and (not one.client or fold(one.client) in known)


def _next(name: str, holding: Iterable[HandOver]) -> HandOver | None:
    mine = [
        (bool(one.client), not one.away, place, one) for place, one in enumerate(holding) if fold(one.who) == fold(name)
    ]
    return max(mine, key=lambda one: one[:3])[3] if mine else None


def handed(
    live: Mapping[str, Decision], sharing: Sharing, today: date
) -> tuple[dict[str, Decision], dict[str, Phrase]]:
    """Decisions by key with whoever does them today as their manager; and by key, what the rows of the others say."""
    if not sharing.hand_overs:
        return dict(live), {}
    found: dict[tuple[str, ...], tuple[str, Phrase | None]] = {}
    decisions: dict[str, Decision] = {}
    said: dict[str, Phrase] = {}
    for key, decision in live.items():
        about = (decision.manager, decision.client, decision.client_id)
        if about not in found:
            found[about] = doer(decision.manager, (decision.client, *_ids(decision.client_id)), sharing, today)
        now, phrase = found[about]
        decisions[key] = decision if phrase is None else replace(decision, manager=now)
        if phrase is not None:
            said[key] = phrase
    return decisions, said


def _ids(identity: str) -> tuple[str, str]:
    """A client's identity, and the number in it that people know (id:K-7)."""
    return identity, identity.removeprefix("id:")


def arranged(tasks: Iterable[Task], said: Mapping[str, Phrase], sharing: Sharing, today: date) -> list[Task]:
    """Tasks with what their rows say of people and repeats, those of one's own handed over too, and days moved off days off."""
    if sharing.hand_overs or sharing.due_on_working_days:
        return [_moved(_told(_arranged(task, said, sharing, today)), sharing) for task in tasks]
    return [_told(task) if task.mark.repeat else task for task in tasks]


def _arranged(task: Task, said: Mapping[str, Phrase], sharing: Sharing, today: date) -> Task:
    if task.decision is not None:
        lines = [said[base] for key in task.key.split() if (base := base_key(key)) in said]
        return _saying(task, *lines) if lines else task
    if task.closed_reason or not task.is_open or not sharing.hand_overs:
        return task
    cells = task.mark.cells
    now, line = doer(str(cells.get("manager") or ""), (str(cells.get("client") or ""),), sharing, today)
    return _saying(replace(task, doer=now), line) if line else task


def _told(task: Task) -> Task:
    """A repeat that does nothing is said to do nothing."""
    text = task.mark.repeat
    if not text or says_nothing(text) or task.closed_reason or task.mark.status == Status.CANCELLED:
        return task
    if task.decision is not None:
        return _saying(task, Phrase("calendar.said.repeat_of_rule", {"text": text}))
    return task if read_repeat(text) else _saying(task, Phrase("calendar.said.repeat_unclear", {"text": text}))


def _saying(task: Task, *lines: Phrase) -> Task:
    new = [line for place, line in enumerate(lines) if line not in lines[:place]]
    return replace(task, said=(*task.said, *new))


def _moved(task: Task, sharing: Sharing) -> Task:
    """Due on the next working day, where the day is a rule's or the program's and not one that somebody typed."""
    if not sharing.due_on_working_days or not task.is_open or task.due is None:
        return task
    dated = task.step is None and any(decision.dated for decision in task.decisions)
    ours = task.mark.due is None or dated or (task.decision is not None and task.due == task.opened)
    return replace(task, due=sharing.calendar.on_or_after(task.due)) if ours else task
