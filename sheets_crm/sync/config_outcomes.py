"""`tasks.again` of crm.yaml: when to try again after an outcome that asks for it; and all that crm.yaml says to `tasks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sheets_crm.base.settings import Settings

if TYPE_CHECKING:
    from sheets_crm.sync.config import CrmConfig
    from sheets_crm.tasks import TaskSettings


class AgainSettings(Settings):
    """After an outcome such as "no answer"; a rule may say otherwise."""

    # days until the second try, the third ...; the last number repeats
    after_days: Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], Field(min_length=1, max_length=20)] = (
        1,
        2,
        4,
        7,
    )
    tries: int = Field(default=5, ge=1, le=20)  # so many without success, then a task for `to`
    to: Literal["head", "owner"] = "head"


def task_settings(config: CrmConfig) -> TaskSettings:
    """What crm.yaml says to the room of tasks."""
    from sheets_crm.tasks import AgainSettings as Again
    from sheets_crm.tasks import TaskSettings

    again = config.tasks.again
    return TaskSettings(
        keep_closed_days=config.tasks.keep_closed_days,
        merge_reasons=config.tasks.merge_reasons,
        managers=tuple(manager.name for manager in config.managers),
        again=Again(again.after_days, again.tries, again.to),
        roles=roles_of(config),
    )


def roles_of(config: CrmConfig) -> dict[str, str]:
    """Role -> the first manager who has it."""
    return {manager.role: manager.name for manager in reversed(config.managers) if manager.role != "manager"}
