"""What was read of a spreadsheet at one moment: its shape and values, and the fingerprint of both.

Two calls, whatever the number of sheets. Knows nothing of what is to be written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

from sheets_crm.books.google.api import Api
from sheets_crm.books.google.reading import Rows, range_of
from sheets_crm.books.google.shape import (
    FIELDS,
    STAGING,
    Shape,
    SheetShape,
    cell_hook,
    shape_of,
)
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.books.model import FingerprintChanged

_LONGEST_QUERY = 6000  # characters; Google takes addresses of some 16,000
Chosen = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True)
class Seen:
    """rows: values by sheet id, of our tabs and of the user's sheets that were asked for."""

    shape: Shape
    rows: Mapping[int, Rows]

    @cached_property
    def fingerprint(self) -> str:
        """Equal for equal sheets; ours count by values alone, for how they look is our own doing."""
        whole = hashlib.sha256()
        for sheet in self.sheets:
            whole.update(_told(sheet).encode("utf-8", "surrogatepass"))
            whole.update(digest(self.rows.get(sheet.id, ())))
        return whole.hexdigest()

    @property
    def sheets(self) -> list[SheetShape]:
        """All sheets but those on which a large tab is being prepared."""
        return [sheet for sheet in self.shape.sheets if sheet.tab != STAGING]

    def tab(self, tab: str) -> SheetShape | None:
        """The sheet of a tab of ours."""
        return next((sheet for sheet in self.shape.sheets if sheet.tab == tab), None)

    def with_rows(self, rows: Mapping[int, Rows]) -> Seen:
        """The same moment with other values in some sheets."""
        return replace(self, rows={**self.rows, **rows})


def _told(sheet: SheetShape) -> str:
    """All of a sheet but its values, as text."""
    head: list[object] = [sheet.id, sheet.title, sheet.hidden, sheet.tab]
    if sheet.tab is None:
        cells = sheet.cells
        merges = [(m.top, m.left, m.bottom, m.right) for m in sheet.merges]
        head += [merges, sorted(cells.dates.items()), sorted(cells.errors.items()), sorted(cells.formulas.items())]
    return json.dumps(head, ensure_ascii=False)


def digest(rows: Rows) -> bytes:
    """Of values; empty ends of rows and empty last rows don't count, 1 and 1.0 are one, true is not."""
    return hashlib.sha256(
        json.dumps(trimmed(rows), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    ).digest()


def trimmed(rows: Rows) -> list[list[Any]]:
    """Rows without empty ends; whole numbers as such however they were written."""
    found = []
    for row in rows:
        cells = [_whole(value) for value in row]
        while cells and cells[-1] is None:
            cells.pop()
        found.append(cells)
    while found and not found[-1]:
        found.pop()
    return found


def _whole(value: Any) -> Any:
    if type(value) is float and value.is_integer():
        return int(value)
    return None if value == "" and type(value) is str else value


def look(api: Api, book: str, chosen: Chosen) -> Seen:
    """Read the spreadsheet. chosen: which of the user's sheets (by title, in order) hold what counts."""
    for again in (True, True, False):
        shape = shape_of(api.structure(book, FIELDS, hook=cell_hook))
        theirs = set(chosen([sheet.title for sheet in shape.sheets if sheet.tab is None]))
        wanted = [
            sheet for sheet in shape.sheets
            if sheet.rows and (sheet.title in theirs if sheet.tab is None else sheet.tab != STAGING or sheet.of is not None)
        ]  # fmt: skip
        try:
            return Seen(shape, values_of(api, book, wanted))
        except Refusal as trouble:
            if trouble.status != 400 or not again:
                raise
    raise AssertionError


def look_again(api: Api, book: str, seen: Seen) -> Seen:
    """The values of the same sheets once more. FingerprintChanged: some sheet is there no more under its name."""
    wanted = [sheet for sheet in seen.sheets if sheet.id in seen.rows]
    try:
        return replace(seen, rows=values_of(api, book, wanted))
    except Refusal as trouble:
        if trouble.status == 400:
            raise FingerprintChanged from trouble
        raise


def values_of(api: Api, book: str, sheets: Sequence[SheetShape]) -> dict[int, Rows]:
    """The values of sheets: one call, unless their names make the address too long."""
    found: dict[int, Rows] = {}
    for part in _parts(sheets):
        rows = api.values(book, [range_of(sheet.title) for sheet in part])
        found |= {sheet.id: cast("Rows", each) for sheet, each in zip(part, rows, strict=True)}
    return found


def _parts(sheets: Sequence[SheetShape]) -> list[list[SheetShape]]:
    parts: list[list[SheetShape]] = []
    length = _LONGEST_QUERY
    for sheet in sheets:
        size = 3 * len(sheet.title.encode()) + 20
        length += size
        if length > _LONGEST_QUERY:
            parts.append([])
            length = size
        parts[-1].append(sheet)
    return parts
