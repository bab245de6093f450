"""Does a write fit into what a spreadsheet holds? Reckoned before anything is sent. Pure."""

from __future__ import annotations

from sheets_crm.books.google.job import Job
from sheets_crm.books.google.seen import Seen
from sheets_crm.errors import WorkbookUnreadable

MOST_CELLS = 10_000_000  # of all grids together, empty cells too
MOST_COLUMNS = 18_278


def refuse_too_large(job: Job, seen: Seen, title: str) -> None:
    """WorkbookUnreadable: at some moment of the write the spreadsheet would hold more cells than Google allows."""
    cells = sum(sheet.rows * sheet.columns for sheet in seen.shape.sheets)
    wide = 0
    for tab in job.tabs:
        rows, columns = tab.size or tab.grid
        cells += rows * columns - tab.grid[0] * tab.grid[1]
        wide = max(wide, columns)
    cells += sum(_area(copy.size) for copy in job.copied.values())
    cells += sum(tab.plan.spare_cells for tab in job.tabs if tab.plan is not None)
    if cells > MOST_CELLS or wide > MOST_COLUMNS:
        said = {"workbook": title, "cells": cells, "most": MOST_CELLS}
        raise WorkbookUnreadable("google.stop.too_large", **said)


def _area(size: tuple[int, int]) -> int:
    return size[0] * size[1]
