"""Copies that a run left behind because it died, or lost the network, before it could look at them.

Where one shows that the write met a tab otherwise than it was meant for, the tab is set right before anybody reads it. All
that is needed stands in the copy, so it may be another machine, and the state folder may be lost. Sends nothing but reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sheets_crm.books.google import journal, witness
from sheets_crm.books.google.amends import Amends
from sheets_crm.books.google.api import Api
from sheets_crm.books.google.frame import is_closed
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.rules import Rules, rules_of
from sheets_crm.books.google.seen import Seen
from sheets_crm.books.google.shape import STAGING, SheetShape
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.books.model import FingerprintChanged

Json = dict[str, Any]


@dataclass(frozen=True)
class Wrong:
    """A tab to be set right. copy: the leftover that shows it, which goes with the amends. rules: see the module."""

    amends: Amends
    rules: Rules | None
    copy: SheetShape
    tab: SheetShape


def wrong(api: Api, book: str, seen: Seen) -> dict[int, Wrong]:
    """Tabs by sheet id that a run left in disorder: of several copies of a tab the youngest. No call where none was left."""
    found: dict[int, Wrong] = {}
    standing = {sheet.id: sheet for sheet in seen.sheets}
    for copy in _left(seen):
        tab = standing.get(copy.of) if copy.of is not None else None
        believed = _is_as_believed(copy, seen)
        if tab is None or tab.id in found or (believed and not _gone(copy)):
            continue  # the tab is gone, or the copy shows nothing but what the batch was made for
        answer = _read(api, book, copy, tab)
        amends = Amends(tab.id, 0, "", None) if believed else _examined(answer, copy, tab)
        rules = _rules(answer, copy, tab)
        if amends.requests() or rules is not None:
            found[tab.id] = Wrong(amends, rules, copy, tab)
    return found


def to_drop(seen: Seen) -> list[int]:
    """Sheets that were left behind and may go, once `wrong` finds nothing."""
    return [sheet.id for sheet in seen.shape.sheets if sheet.tab == STAGING and not is_closed(sheet.raw)]


def set_right(seen: Seen, found: Mapping[int, Wrong]) -> Seen:
    """What was seen, as it will stand once the next write has set it right."""
    return seen.with_rows({sheet: one.amends.values() for sheet, one in found.items() if one.amends.rows})


def _left(seen: Seen) -> Iterator[SheetShape]:
    """Copies of people's tabs, the youngest first."""
    copies = [sheet for sheet in seen.shape.sheets if sheet.of is not None]
    yield from sorted(copies, key=lambda copy: -_number(copy, "at"))


def _is_as_believed(copy: SheetShape, seen: Seen) -> bool:
    assert copy.mark is not None
    rows = witness.without_journal(seen.rows.get(copy.id, ()))
    return journal.digest_of(rows) == copy.mark.kept.get("was")


def _gone(copy: SheetShape) -> list[int]:
    """The places at which the batch deleted conditional formats."""
    assert copy.mark is not None
    return [int(place) for place in copy.mark.kept.get("gone", ())]


def _read(api: Api, book: str, copy: SheetShape, tab: SheetShape) -> Json:
    try:
        return api.structure(book, witness.FIELDS, ranges=[range_of(copy.title), range_of(tab.title)])
    except Refusal as trouble:
        if trouble.status == 400:  # one of them was just renamed or deleted
            raise FingerprintChanged from trouble
        raise


def _rules(answer: Json, copy: SheetShape, tab: SheetShape) -> Rules | None:
    """Conditional formats to put back; None where the write hit none of people's, or all stand again."""
    assert copy.mark is not None
    kept = copy.mark.kept
    found = Rules(tab.id, frozenset(map(str, kept.get("rules", ()))), _number(copy, "new"))
    found.met(rules_of(answer, copy.id), _gone(copy))
    return found if found.requests(rules_of(answer, tab.id)) else None


def _examined(answer: Json, copy: SheetShape, tab: SheetShape) -> Amends:
    """What is to be done to a tab as it stands now."""
    assert copy.mark is not None
    met, texts = witness.parted(witness.cells_of(answer, copy.id) or [])
    rows = witness.cells_of(answer, tab.id) or []
    record = journal.unpacked(texts)
    try:
        found = _amends(record, tab.id, met) if record is not None else None
    except (KeyError, TypeError, IndexError, ValueError):  # written by a program that keeps its journal otherwise
        found = None
    if found is None:
        head, title = _number(copy, "head"), str(copy.mark.kept.get("key", ""))
        return Amends.by_hand(tab.id, copy=met, rows=rows, head=head, title=title)
    found.found(rows)
    return found


def _amends(record: Json, sheet: int, met: list[list[Json]]) -> Amends:
    if "seen" in record:
        return Amends.after(
            record["batch"], sheet, seen=record["seen"], copy=met, head=record["head"], title=record["title"]
        )
    return Amends.resumed(record, sheet, met)


def _number(copy: SheetShape, name: str) -> int:
    found = copy.mark.kept.get(name) if copy.mark else None
    return found if isinstance(found, int) else 0
