"""Each generated tab drawn to a backend-neutral `Tab`, and marks read back, side by side.

Pure. Knows nothing of files; writing is `books`.
"""

from sheets_crm.tabs.clients import draw_clients
from sheets_crm.tabs.context import DrawContext
from sheets_crm.tabs.draw_tasks import draw_tasks
from sheets_crm.tabs.funnel import draw_funnel
from sheets_crm.tabs.problems import draw_problems
from sheets_crm.tabs.read_tasks import TasksTab, read_marks, read_tasks_tab

__all__ = [
    "DrawContext",
    "TasksTab",
    "draw_clients",
    "draw_funnel",
    "draw_problems",
    "draw_tasks",
    "read_marks",
    "read_tasks_tab",
]
