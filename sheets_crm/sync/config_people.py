"""People and load in crm.yaml: absences, hand-overs, a cap on touches, word to the head; and what tasks need to know of it.

Touches no workbook.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from sheets_crm.base.misnamed import misnamed
from sheets_crm.base.people import spellings
from sheets_crm.base.settings import Settings, Text
from sheets_crm.cards import fold
from sheets_crm.cards.yamlmodel import wrong
from sheets_crm.engine import Pack
from sheets_crm.errors import ConfigError
from sheets_crm.sync.config_calendar import Day
from sheets_crm.tasks.sharing import Cap, Escalation, HandOver, Sharing
from sheets_crm.workdays import Calendar

if TYPE_CHECKING:
    from sheets_crm.sync.config import CrmConfig

ROLES = ("head", "owner")  # who hears of what is late, and stands in where nobody is named, in this order


class Absence(Settings):
    """Days on which somebody is away, both included, and who does their tasks then: the head where nobody is named."""

    since: Day = Field(alias="from")
    to: Day | None = None
    to_whom: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to is not None and self.to < self.since:
            raise wrong("calendar.errors.away_backwards", first=self.since.isoformat(), last=self.to.isoformat())
        return self


class HandedOver(Settings):
    """Tasks that are another's now: of one client, or all of somebody's; for good, or until a day."""

    who: Text = Field(alias="from")
    to: Text
    client: Text | None = None
    until: Day | None = None


class TouchCap(Settings):
    """At most `count` touches of a client in `days` days."""

    count: int = Field(ge=1, le=100)
    days: int = Field(ge=1, le=366)


def _listed(value: object) -> object:
    return value if isinstance(value, (list, tuple)) or value is None else [value]


Absences = Annotated[tuple[Absence, ...], BeforeValidator(_listed)]


def roles_of(managers: Sequence[object]) -> dict[str, str]:
    """Role -> the first manager who has it."""
    return {one.role: one.name for one in reversed(managers) if one.role != "manager"}  # type: ignore[attr-defined]


def sharing_of(config: CrmConfig, packs: Iterable[Pack], calendar: Calendar) -> Sharing:
    """What tasks need to know of people, days and load."""
    names = spellings((one.name, one.aliases) for one in config.managers)
    tasks, heads = config.tasks, _heads(config)
    cap = tasks.max_touches
    return Sharing(
        calendar=calendar,
        hand_overs=tuple(_hand_overs(config, names)),
        names=names,
        cap=Cap(cap.count, cap.days) if cap else None,
        touch={rule.id: rule.touch for pack in packs for rule in pack.rules},
        escalation=None
        if tasks.escalate_after_days is None
        else Escalation(tasks.escalate_after_days, heads, tasks.escalate_every, tasks.escalate_in_working_days),
        due_on_working_days=tasks.due_on_working_days,
    )


def _heads(config: CrmConfig) -> tuple[str, ...]:
    roles = roles_of(config.managers)
    return tuple(roles[role] for role in ROLES if role in roles)


def _hand_overs(config: CrmConfig, names: Mapping[str, str]) -> Iterable[HandOver]:
    for manager in config.managers:
        for away in manager.away:
            to = away.to_whom or next((head for head in _heads(config) if head != manager.name), None)
            if to is not None:
                yield HandOver(manager.name, _name(to, names), away.since, away.to, away=True)
    for one in config.hand_over:
        yield HandOver(_name(one.who, names), _name(one.to, names), until=one.until, client=one.client or "")


def _name(typed: str, names: Mapping[str, str]) -> str:
    return names.get(fold(typed), typed)


def check_people(config: CrmConfig) -> None:
    """ConfigError with `keys` for a name that is nobody's, somebody who stands in for themselves, a head who isn't there."""
    names = spellings((one.name, one.aliases) for one in config.managers)
    known = [one.name for one in config.managers]
    for place, manager in enumerate(config.managers):
        for number, away in enumerate(manager.away):
            at = ("managers", place, "away", number, "to_whom")
            _check(away.to_whom, manager.name, names, known, at)
    for place, one in enumerate(config.hand_over):
        _check(one.to, one.who, names, known, ("hand_over", place, "to"))
    if config.tasks.escalate_after_days is not None and not _heads(config):
        raise ConfigError("calendar.errors.no_head", keys=("tasks", "escalate_after_days"))


def _check(
    to: str | None, who: str, names: Mapping[str, str], known: Sequence[str], keys: tuple[str | int, ...]
) -> None:
    if to is None:
        return
    if known and fold(to) not in names:
        raise misnamed("calendar.errors.nobody", to, known, keys)  # type: ignore[arg-type]
    if fold(_name(to, names)) == fold(_name(who, names)):
        raise ConfigError("calendar.errors.oneself", seen=to, keys=keys)


def ends(one: HandedOver, today: date) -> bool:
    """Is that hand-over a thing of the past?"""
    return one.until is not None and one.until < today
