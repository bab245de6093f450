"""A sheet of another Google spreadsheet as an extra source, read only; the base may be a file or a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sheets_crm.books.model import Grid
from sheets_crm.errors import BindingError
from sheets_crm.sync.google import api_of, name_of

if TYPE_CHECKING:
    from sheets_crm.sync.intake import Opened


def sheet_elsewhere(opened: Opened, book: str, name: str, sheet: str | None) -> Grid:
    """One sheet of another spreadsheet, read only: its first one, or that of the name. BindingError: it has none of that name."""
    from sheets_crm.books.google.book import named
    from sheets_crm.books.google.reading import grid_of
    from sheets_crm.books.google.seen import look

    api = api_of(opened)
    api.title = name_of(name, book)
    found: list[str] = []

    def chosen(titles: Sequence[str]) -> list[str]:
        found[:] = [title for title in titles if sheet in {None, title}][:1]
        if not found:
            raise BindingError("binding.source_sheet_gone", sheet=sheet or "", file=api.title, sheets=", ".join(titles))
        return found

    with named(api, api.title):
        seen = look(api, book, chosen)
    there = seen.shape.titled(found[0])
    return replace(grid_of(there, seen.rows.get(there.id, ())), name=name)
