"""The links that stand in a tab of ours alone, told from its values: without a call, or not at all.

A row that links to a place mostly says so as well ("Clients!A7", or the sheet in one column and the cell in another). What follows
from that is taken for true only if the tab's mark vouches for it: its values stand as we left them, these are the links that we
laid, and the sheets they lead to are the same. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import permutations
from typing import Any

from sheets_crm.books.google.drawn import Drawn, Row
from sheets_crm.books.google.rows import padded
from sheets_crm.books.google.seen import digest

_CELL = re.compile(r"[A-Z]{1,3}[1-9]\d*")
_TRIED = 20  # rows by which a way of telling links is chosen
Telling = Callable[[Row], str | None]


def ids_told(drawn: Drawn, sheets: Mapping[str, int]) -> str:
    """What is kept of the sheets that a tab's links lead to: equal while each title stands for the same sheet."""
    titles = sorted({_sheet_of(place) for place in drawn.links.values()})
    told = repr([(title, sheets.get(title)) for title in titles])
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:20] if titles else ""


def _sheet_of(place: str) -> str:
    return place.rpartition("!")[0].removeprefix("'").removesuffix("'").replace("''", "'")


def known_places(
    drawn: Drawn, standing: Sequence[Sequence[Any]], kept: Mapping[str, Any], sheets: Mapping[str, int]
) -> Mapping[tuple[int, int], str] | None:
    """By row and column, the places that the standing cells link to; None where that is not certain.

    kept: of the tab's mark. sheets: title -> id, now.
    """
    if kept.get("to") != ids_told(drawn, sheets):
        return None
    height, width = (int(one) for one in kept.get("area") or (0, 0))
    rows = padded(standing, height, width)
    if width != drawn.width or digest(rows).hex()[:20] != kept.get("left"):
        return None
    found: dict[tuple[int, int], str] = {}
    for column in sorted({column for _, column in drawn.links}):
        telling = _telling(drawn, column)
        if telling is None:
            return None
        told = ((number, telling(row)) for number, row in enumerate(rows))
        found |= {(number, column): place for number, place in told if place}
    return found if Drawn(drawn.tab, rows, found).linked == kept.get("links") else None


def _telling(drawn: Drawn, column: int) -> Telling | None:
    """How the rows of a tab tell where a column's links lead."""
    tried = [(drawn.rows[row], place) for (row, at), place in drawn.links.items() if at == column][:_TRIED]
    ways = (way for way in _ways(drawn.width) if all(way(row) == place for row, place in tried))
    return next(ways, None)


def _ways(width: int) -> Iterator[Telling]:
    for column in range(width):
        yield partial(_by_text, column)
    for sheet, cell in permutations(range(width), 2):
        yield partial(_by_two, sheet, cell)


def _by_text(column: int, row: Row) -> str | None:
    """A text such as "Clients!A7"."""
    text = row[column]
    sheet, _, cell = text.rpartition("!") if isinstance(text, str) else ("", "", "")
    return _of_two(sheet or None, cell)


def _by_two(sheet: int, cell: int, row: Row) -> str | None:
    return _of_two(row[sheet], row[cell])


def _of_two(sheet: object, cell: object) -> str | None:
    if not (isinstance(sheet, str) and isinstance(cell, str) and _CELL.fullmatch(cell)):
        return None
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{cell}"
