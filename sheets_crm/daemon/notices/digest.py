"""The morning digest of one address, in words: the day of its managers, and for the owner everybody's day and what failed.

Pure. Knows nothing of when it is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sheets_crm.daemon.notices.record import Failing, Load, Material, Top
from sheets_crm.words import Lang, say

_KINDS = 8  # lines about kinds of tasks


@dataclass(frozen=True)
class Reader:
    """Who reads it. managers: whose days, None for everybody's. owner: also told of the team, of failures and of problems."""

    managers: Sequence[str] | None
    owner: bool


@dataclass(frozen=True)
class Day:
    """What there is to tell. book: what the workbook is called. personal: may clients be named?"""

    material: Material
    today: date
    book: str
    lang: Lang
    personal: bool
    failing: Failing | None = None
    failures: int = 0


def digest(reader: Reader, day: Day) -> tuple[str, str] | None:
    """Title and text; None where there is nothing to tell (a manager without tasks; the owner is always told)."""
    loads = {load.manager: load for load in day.material.loads}
    names = list(loads) if reader.managers is None else reader.managers
    own = [loads[name] for name in names if name in loads]
    if not own and not reader.owner:
        return None
    several = len(own) > 1 or (reader.owner and reader.managers is not None)
    parts = [_manager(load, day, named=several) for load in own]
    if reader.owner:
        parts.append(_owner(day, team=reader.managers is not None or len(own) > 1))
    if own and day.material.tab:
        parts.append(say("notices.digest.open_tab", day.lang, tab=day.material.tab))
    if day.material.day != day.today:
        parts.insert(0, say("notices.digest.as_of", day.lang, date=day.material.day))
    return say("notices.digest.title", day.lang, date=day.today, book=day.book), "\n\n".join(
        part for part in parts if part
    )


def without_names(day: Day) -> Day:
    """The same without a client's name, whatever the material holds."""
    loads = [load.model_copy(update={"top": []}) for load in day.material.loads]
    return replace(day, personal=False, material=day.material.model_copy(update={"loads": loads}))


def _manager(load: Load, day: Day, *, named: bool) -> str:
    lang = day.lang
    lines = [f"{load.manager}"] if named and load.manager else []
    lines += [say("notices.digest.today", lang, n=load.today)] if load.today or not load.overdue else []
    lines += [say("notices.digest.overdue", lang, n=load.overdue)] if load.overdue else []
    lines += [say("notices.digest.times", lang, times=", ".join(load.times))] if load.times else []
    lines += [say("notices.digest.amount", lang, amount=load.amount)] if load.amount else []
    if day.personal and load.top:
        lines += [f"{number}. {_top(top, day)}" for number, top in enumerate(load.top, 1)]
        left = load.today + load.overdue - len(load.top)
        lines += [say("notices.digest.more", lang, n=left)] if left > 0 else []
        return "\n".join(lines)
    lines += [f"\u2022 {kind} \u2014 {n}" for kind, n in load.kinds[:_KINDS]]
    left = sum(n for _, n in load.kinds[_KINDS:])
    return "\n".join([*lines, *([say("notices.digest.more", lang, n=left)] if left else [])])


def _top(top: Top, day: Day) -> str:
    hour = f"{top.time} " if top.time else ""
    who = ", ".join(part for part in (top.client, top.contact) if part)
    what = top.todo or top.kind
    late = top.due < day.today
    due = say("notices.digest.since", day.lang, date=top.due) if late else ""
    told = "; ".join(part for part in (top.amount, due) if part)
    line = f"{hour}{who}: {what}" if who else f"{hour}{what}"
    return f"{line} ({told})" if told else line


def _owner(day: Day, *, team: bool) -> str:
    lang = day.lang
    lines = [say("notices.digest.team", lang)] if team else []
    for load in day.material.loads if team else ():
        name = load.manager or say("notices.digest.nobodys", lang)
        lines.append(say("notices.digest.of_manager", lang, manager=name, today=load.today, overdue=load.overdue))
    if not day.material.loads:
        lines = [say("notices.digest.no_tasks", lang)]
    if day.material.problems:
        told = {"n": day.material.problems, "errors": day.material.errors, "tab": day.material.problems_tab}
        lines.append(
            say(
                "notices.digest.problems" if day.material.problems_tab else "notices.digest.problems_bare", lang, **told
            )
        )
    if day.failing is not None and day.failing.told:
        lines.append(say("notices.digest.failing", lang, n=day.failing.count))
    elif day.failures:
        lines.append(say("notices.digest.failed", lang, n=day.failures))
    return "\n".join(lines)
