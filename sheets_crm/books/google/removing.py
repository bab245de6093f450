"""Which tabs of ours may leave a spreadsheet, and why one stays: it is the last to be seen, formulas point at it, people added to it.

Reads what was seen; makes no call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sheets_crm.books.google.seen import Seen
from sheets_crm.books.google.shape import Mark, SheetShape
from sheets_crm.words import Phrase


def going(
    tabs: Iterable[str], seen: Seen, kept: Sequence[str]
) -> tuple[list[SheetShape], list[tuple[str, Mapping[str, object]]]]:
    """Tabs of ours that may go; what is to be said of each. kept: those that may though people added cells."""
    found: list[SheetShape] = []
    notes: list[tuple[str, Mapping[str, object]]] = []
    for tab in tabs:
        sheet = seen.tab(tab)
        if sheet is None or sheet.mark is None:
            continue
        key, values = _kept_for(sheet, sheet.mark, seen, found)
        if tab in kept and key == "openbook.note.tab_kept_added":
            key, values = "openbook.note.tab_removed", {}
        notes.append((key, {"tab": sheet.title, **values}))
        if key == "openbook.note.tab_removed":
            found.append(sheet)
    return found, notes


def _kept_for(
    sheet: SheetShape, mark: Mark, seen: Seen, going: Sequence[SheetShape]
) -> tuple[str, Mapping[str, object]]:
    others = [one for one in seen.sheets if one is not sheet and one not in going and not one.hidden]
    if not others:
        return "openbook.note.tab_kept_last", {}
    quoted = sheet.title.replace("'", "''")
    names = (f"'{quoted}'!", f"{sheet.title}!")
    theirs = [one for one in seen.sheets if one.tab is None]
    if any(name in formula for one in theirs for formula in one.cells.crossing for name in names):
        return "openbook.note.tab_kept_formulas", {}
    height, width = (int(size) for size in mark.kept.get("area", (0, 0)))
    rows = seen.rows.get(sheet.id, ())
    outside = [
        row
        for number, row in enumerate(rows)
        if any(v not in {"", None} for v in row[0 if number >= height else width :])
    ]
    if outside:
        at = next(number for number, row in enumerate(rows, 1) if row in outside)
        return "openbook.note.tab_kept_added", {"what": Phrase("openbook.things.cells", {"cells": f"{at}:{at}"})}
    return "openbook.note.tab_removed", {}
