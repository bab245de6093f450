"""All that crm.yaml says to the room of tasks, in that room's own terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheets_crm.sync.config_people import roles_of
from sheets_crm.tasks import AgainSettings, TaskSettings

if TYPE_CHECKING:
    from sheets_crm.sync.config import CrmConfig
    from sheets_crm.tasks.sharing import Sharing


def task_settings(config: CrmConfig, sharing: Sharing) -> TaskSettings:
    """What crm.yaml says to the room of tasks."""
    again = config.tasks.again
    return TaskSettings(
        keep_closed_days=config.tasks.keep_closed_days,
        merge_reasons=config.tasks.merge_reasons,
        managers=tuple(manager.name for manager in config.managers),
        again=AgainSettings(again.after_days, again.tries, again.to),
        roles=roles_of(config.managers),
        sharing=sharing,
    )
