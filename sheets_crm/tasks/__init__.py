"""Identity and life of a task: keys, due days, marks, outcomes, recurrence, merging of reasons.

Pure. Knows nothing of cells or of the state database.
"""

from sheets_crm.tasks.keys import base_key, is_key, keyed, own_key, split_keys, step_of, task_key
from sheets_crm.tasks.life import open_tasks
from sheets_crm.tasks.model import CLOSED, NO_LONGER_NEEDED, AgainSettings, Mark, Status, Task, TaskSettings, Told

__all__ = [
    "CLOSED",
    "NO_LONGER_NEEDED",
    "AgainSettings",
    "Mark",
    "Status",
    "Task",
    "TaskSettings",
    "Told",
    "base_key",
    "is_key",
    "keyed",
    "open_tasks",
    "own_key",
    "split_keys",
    "step_of",
    "task_key",
]
