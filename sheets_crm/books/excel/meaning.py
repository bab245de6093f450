"""A write judged before it is made: does it say anything new, and what of people's would it lose?

Values are read only where all else is equal, small tabs first: a task that changed is seen long before. A tab of very many
cells is rather written again: measured at two million cells, reading takes 6 s and writing 1.1 s more than nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sheets_crm.books.excel.added import cells_outside, drawn_area, reaches_beyond
from sheets_crm.books.excel.dialect import MAX_COLUMNS, MAX_ROWS
from sheets_crm.books.excel.graft import Drawn, Graft
from sheets_crm.books.excel.same import has_all_kinds, stands
from sheets_crm.errors import WorkbookUnreadable
from sheets_crm.words import Phrase

_SMALL = 5_000  # rows
_MOST_CELLS = 500_000
Note = tuple[str, Mapping[str, object]]


def is_same(graft: Graft, path: Path) -> bool:
    """Would every tab that is about to be written say what stands in the file already? path: of the file as it stands."""
    if not graft.written or set(graft.written) != set(graft.drawn):
        return False
    drawn = list(graft.drawn.values())
    if any(one.before != f"{one.look} {one.area}" for one in drawn):  # fewer rows than stand there are not the same
        return False
    try:
        return _all_stand(graft, drawn, path)
    except WorkbookUnreadable:  # a sheet of ours that is damaged is drawn again
        return False


def _all_stand(graft: Graft, drawn: list[Drawn], path: Path) -> bool:
    if sum(_cells(one) for one in drawn) > _MOST_CELLS:
        return False
    if not all(has_all_kinds(one.layout.tab, graft.package.read(one.layout.part)) for one in drawn):
        return False
    small = [one for one in drawn if _height(one) < _SMALL]
    large = [one for one in drawn if _height(one) >= _SMALL]
    return _stand(small, path) and _stand(large, path)


def _cells(one: Drawn) -> int:
    return sum(table.height * len(table.columns) for table in one.layout.tab.tables)


def _height(one: Drawn) -> int:
    return sum(table.height for table in one.layout.tab.tables)


def _stand(drawn: list[Drawn], path: Path) -> bool:
    from sheets_crm.books.excel.reader import read_sheets

    grids = read_sheets(path, [one.layout.name for one in drawn]) if drawn else {}
    return all(stands(one.layout, grids[one.layout.name]) for one in drawn)


def lost_notes(graft: Graft, path: Path) -> list[Note]:
    """What people put on our tabs and the write can't keep, a note for each tab."""
    found: list[Note] = []
    for one in graft.drawn.values():
        things = [Phrase(f"openbook.things.{thing}") for thing in one.lost]
        before, now = drawn_area(one.before), drawn_area(f" {one.area}")
        if before and now and reaches_beyond(one.old, before):
            # what people add below or beside columns of theirs is read back and drawn again, wherever it then stands
            read = any(column.manager for table in one.layout.tab.tables for column in table.columns)
            before = (*before[:2], MAX_ROWS, MAX_COLUMNS) if read else before
            cells = cells_outside(path, one.layout.name, before, now)
            things += [Phrase("openbook.things.cells", {"cells": cells})] if cells else []
        if things:
            found.append(("openbook.note.dropped", {"tab": one.layout.name, "what": tuple(things)}))
    return found
