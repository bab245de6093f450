"""A tab of ours taken out of the workbook again: our parts go, nothing of the user's does.

A tab stays where somebody added something to it, where the user's own sheets point at it, or where no other visible sheet
would be left. Source: ECMA-376 part 1, 18.2 (what counts sheets by their place).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sheets_crm.books.excel.added import cells_outside, drawn_area, points_at, reaches_beyond
from sheets_crm.books.excel.carry import OldTab, read_old
from sheets_crm.books.excel.chain import chain_sheets
from sheets_crm.books.excel.drawings import lost_things, read_drawing
from sheets_crm.books.excel.footprint import take_back
from sheets_crm.books.excel.graft import Graft
from sheets_crm.books.excel.package import Package
from sheets_crm.books.excel.workbook import MARKER, Sheet, Workbook
from sheets_crm.words import Phrase

Note = tuple[str, Mapping[str, object]]
GOES = "openbook.note.tab_removed"


@dataclass
class Removal:
    """Tabs taken out of one package. removed: tab id -> the name it had. notes: what to say of each."""

    graft: Graft
    path: Path  # of the file as it stands

    def __post_init__(self) -> None:
        self.removed: dict[str, str] = {}
        self.notes: list[Note] = []
        self.tidied = False
        self._going: list[Sheet] = []
        self._kept: Sequence[str] = ()

    @property
    def changed(self) -> bool:
        """Is there anything to write?"""
        return bool(self.removed) or self.tidied

    def take_out(self, tabs: Iterable[str], *, kept: Sequence[str] = (), even_added: bool = False) -> None:
        """Remove the tabs that are there and that may go.

        kept: tabs whose cells the caller keeps. even_added: also tabs that people put something on.
        """
        self._kept = kept
        marked = self.graft.workbook.marked()
        for tab in tabs:
            sheet = marked.get(tab.casefold())
            if sheet is None:
                continue
            key, values = self._reason(tab, sheet, even_added=even_added) or (GOES, {})
            self.notes.append((key, {"tab": sheet.name, **values}))
            if key == GOES:
                self.removed[tab] = sheet.name
                self._going.append(sheet)
        if self._going:
            self._remove()

    def tidy(self) -> None:
        """Where no tab of ours is left: take back what we left in the parts that all sheets share."""
        workbook = self.graft.workbook
        if not set(map(_id, workbook.marked().values())) - set(map(_id, self._going)):
            self.tidied = take_back(self.graft.package, workbook, self._going)

    def finish(self) -> None:
        """Hand the changed parts to the package."""
        if self.changed:
            self.graft.workbook.finish()

    def _reason(self, tab: str, sheet: Sheet, *, even_added: bool) -> Note | None:
        """Why a tab stays; None when it may go."""
        workbook, package = self.graft.workbook, self.graft.package
        others = [one for one in workbook.sheets if one is not sheet and one not in self._going]
        if not any(one.state == "visible" for one in others):
            return "openbook.note.tab_kept_last", {}
        old = read_old(package, sheet)
        if points_at(package, workbook, sheet, [table.name for table in old.tables if table.name]):
            return "openbook.note.tab_kept_formulas", {}
        things = () if even_added else self.added(tab, sheet, old, kept=tab in self._kept)
        return ("openbook.note.tab_kept_added", {"what": things}) if things else None

    def added(self, tab: str, sheet: Sheet, old: OldTab, *, kept: bool) -> tuple[Phrase, ...]:
        """What people put there. kept: cells don't count."""
        package = self.graft.package
        found = [Phrase("openbook.things.comments")] if old.comments else []
        if old.drawing and read_drawing(package, old.drawing, (), alike=True).theirs:
            found.append(Phrase("openbook.things.drawings"))
        found += [Phrase(f"openbook.things.{thing}") for thing in lost_things(old.rels)]
        area = drawn_area(self.graft.workbook.drawn(tab))
        if not kept and area and reaches_beyond(old, area) and (cells := cells_outside(self.path, sheet.name, area)):
            found.append(Phrase("openbook.things.cells", {"cells": cells}))
        return tuple(found)

    def _remove(self) -> None:
        workbook, package = self.graft.workbook, self.graft.package
        parts = [sheet.part for sheet in self._going if sheet.part]
        users = package.reach([""], blocked=parts)
        for part in package.reach(parts) - users - {""}:
            package.remove(part)
        chain = workbook.part_of_kind("calcChain")
        if chain and {sheet.sheet_id for sheet in self._going} & chain_sheets(package, chain):
            workbook.drop_rel(chain)
            package.remove(chain)
        workbook.remove_sheets(self._going)
        for tab in self.removed:
            workbook.forget(tab)


def wholly_ours(path: Path, package: Package, workbook: Workbook, kept: Sequence[str]) -> bool:
    """Is there nothing in a workbook but tabs of ours, as we drew them? Then the file may go as a whole."""
    marked = workbook.marked()
    ours = {_id(sheet) for sheet in marked.values()}
    names = [name for name in workbook.names if name.local is None and not name.name.casefold().startswith(MARKER)]
    if not ours or names or workbook.part_of_kind("vbaProject") or {_id(sheet) for sheet in workbook.sheets} != ours:
        return False
    removal = Removal(Graft(package, workbook), path)
    return not any(
        removal.added(tab, sheet, read_old(package, sheet), kept=tab in kept) for tab, sheet in marked.items()
    )


def _id(sheet: Sheet) -> str:
    return sheet.rel_id
