"""Filter views: in a protected tab they alone let a manager see their own rows, and nobody else's screen changes.

Ours are known by ids that follow from what they show. People's views, and ours that somebody took away, are left as they are.
Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sheets_crm.books.google.drawn import Drawn
from sheets_crm.books.google.frame import Place

Json = dict[str, Any]


def views(drawn: Drawn, place: Place) -> Iterator[Json]:
    """The requests after which the tab's views are there; those of ours that are not wanted any more go."""
    wanted, kept = _wanted(drawn, place), place.kept.get("views", [])
    standing = {item.get("filterViewId"): item.get("title") for item in place.raw.get("filterViews", ())}
    gone = [number for number in kept if number in standing and number not in wanted]
    yield from ({"deleteFilterView": {"filterId": number}} for number in gone)
    taken = {title for number, title in standing.items() if number not in gone}
    for number, view in wanted.items():
        if number not in kept and number not in standing and view["title"] not in taken:
            yield {"addFilterView": {"filter": view}}


def told(drawn: Drawn, place: Place) -> list[int]:
    """What is kept of them: their ids."""
    return list(_wanted(drawn, place))


def _wanted(drawn: Drawn, place: Place) -> dict[int, Json]:
    if not drawn.tab.views:
        return {}
    (table,) = drawn.tab.tables
    places = {column.id: index for index, column in enumerate(table.columns, table.column)}
    area = place.area(table.row, table.column, None, table.column + len(table.columns))
    found = {}
    for view in drawn.tab.views:
        condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": view.value}]}
        specs = [{"columnIndex": places[view.column], "filterCriteria": {"condition": condition}}]
        content = {"title": view.title, "range": area, "filterSpecs": specs}
        digest = hashlib.sha256(repr(content).encode("utf-8", "surrogatepass")).digest()
        number = int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1
        found[number] = {"filterViewId": number, **content}
    return found
