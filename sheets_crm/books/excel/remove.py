"""A tab of ours taken out of the workbook again: our parts go, nothing of the user's does.

A tab stays where somebody added something to it, where the user's own sheets point at it, or where no other visible sheet
would be left. Source: ECMA-376 part 1, 18.2 (what counts sheets by their place).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sheets_crm.books.excel.added import cells_outside, drawn_area, points_at, reaches_beyond
from sheets_crm.books.excel.carry import OldTab, read_old
from sheets_crm.books.excel.drawings import lost_things, read_drawing
from sheets_crm.books.excel.graft import Graft, chain_sheets
from sheets_crm.books.excel.workbook import Sheet
from sheets_crm.words import Phrase

Note = tuple[str, Mapping[str, object]]


@dataclass
class Removal:
    """Tabs taken out of one package. removed: tab id -> the name it had. notes: what to say of each."""

    graft: Graft
    path: Path  # of the file as it stands

    def __post_init__(self) -> None:
        self.removed: dict[str, str] = {}
        self.notes: list[Note] = []

    def take_out(self, tabs: Iterable[str]) -> None:
        """Remove the tabs that are there and that may go."""
        marked = self.graft.workbook.marked()
        for tab in tabs:
            sheet = marked.get(tab.casefold())
            if sheet is None:
                continue
            key, values = self._reason(tab, sheet) or ("openbook.note.tab_removed", {})
            self.notes.append((key, {"tab": sheet.name, **values}))
            if key == "openbook.note.tab_removed":
                self._remove(tab, sheet)
        if self.removed:
            self.graft.workbook.finish()

    def _reason(self, tab: str, sheet: Sheet) -> Note | None:
        """Why a tab stays; None when it may go."""
        workbook, package = self.graft.workbook, self.graft.package
        if not any(one.state == "visible" for one in workbook.sheets if one is not sheet):
            return "openbook.note.tab_kept_last", {}
        old = read_old(package, sheet)
        if points_at(package, workbook, sheet, [table.name for table in old.tables if table.name]):
            return "openbook.note.tab_kept_formulas", {}
        things = self._added(tab, sheet, old)
        return ("openbook.note.tab_kept_added", {"what": things}) if things else None

    def _added(self, tab: str, sheet: Sheet, old: OldTab) -> tuple[Phrase, ...]:
        """What people put there."""
        package = self.graft.package
        found = [Phrase("openbook.things.comments")] if old.comments else []
        if old.drawing and read_drawing(package, old.drawing, ()).theirs:
            found.append(Phrase("openbook.things.drawings"))
        found += [Phrase(f"openbook.things.{thing}") for thing in lost_things(old.rels)]
        area = drawn_area(self.graft.workbook.drawn(tab))
        if area and reaches_beyond(old, area) and (cells := cells_outside(self.path, sheet.name, area)):
            found.append(Phrase("openbook.things.cells", {"cells": cells}))
        return tuple(found)

    def _remove(self, tab: str, sheet: Sheet) -> None:
        workbook, package = self.graft.workbook, self.graft.package
        assert sheet.part is not None
        users = package.reach([""], blocked=[sheet.part])
        for part in package.reach([sheet.part]) - users - {""}:
            package.remove(part)
        chain = workbook.part_of_kind("calcChain")
        if chain and sheet.sheet_id in chain_sheets(package, chain):
            workbook.drop_rel(chain)
            package.remove(chain)
        workbook.remove_sheet(sheet)
        workbook.forget(tab)
        self.removed[tab] = sheet.name
