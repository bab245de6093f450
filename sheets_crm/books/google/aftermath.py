"""After a write: did people's tabs stand as we had read them when it came? Where not, what it did to them is set right.

The same for what a run left behind that died before it could look: see `rescue`. What amends are is `amends`' business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheets_crm.books.google import journal, rules, witness
from sheets_crm.books.google.amends import Amends
from sheets_crm.books.google.api import Ambiguous, Api
from sheets_crm.books.google.generation import Generation, new_id
from sheets_crm.books.google.job import Job, TabJob
from sheets_crm.books.google.reading import range_of
from sheets_crm.books.google.rules import Rules
from sheets_crm.books.google.seen import Seen
from sheets_crm.books.google.troubles import Refusal
from sheets_crm.books.google.witness import Copy
from sheets_crm.errors import OwnerError

Json = dict[str, Any]
Send = Callable[[Job, Seen | None], Json]
Last = tuple[str, int | None]  # value and id of the last write's marker
TURNS = 6  # how often what a write did in the wrong place is set right, where somebody acts each time


class Aftermath:
    """send: sends a job until it is known to be applied; what the answer shows of its copies, {} where it was lost."""

    def __init__(self, api: Api, book: str, send: Send) -> None:
        self._api, self._book, self._send = api, book, send

    def of(self, job: Job, requests: Sequence[Json], answer: Json, seen: Seen) -> bool:
        """Look at the copies that a write made. Was there anything to set right? Then the run has to begin anew."""
        copies: Mapping[int, int] = job.copies
        shown = self._shown(answer, copies)
        wrong: dict[int, tuple[Amends, Copy | None]] = {}
        for tab in job.tabs:
            cells = witness.cells_of(shown, copies[tab.sheet]) if tab.sheet in copies else None
            rows = seen.rows.get(tab.sheet, ())
            met = witness.parted(cells)[0] if cells is not None else None
            if met is not None and not witness.as_seen(rows, met):
                wrong[tab.sheet] = _amends(tab, requests, rows, met), _again(tab, job)
        last: Last = job.generation.value, job.generation.number
        last = self.ruled(_rules_hit(job, requests, answer, shown), last)
        made, left = self.amended(wrong, last, [*copies.values()], taken={*job.sheets.values()})
        self.tidy(left)
        return made

    def amended(
        self, wrong: Mapping[int, tuple[Amends, Copy | None]], last: Last, copies: Sequence[int],
        *, taken: set[int], seen: Seen | None = None,
    ) -> tuple[bool, Sequence[int]]:  # fmt: skip
        """Make amends, again where somebody acted in that moment too. Were there any? And the copies that are left.

        copies: those that go with the first amends, so that two runs can't
        both make them. A tab that can't be copied is set right once. seen: what must stand there still.
        """
        taken |= set(copies)
        for turn in range(TURNS):
            batch = [request for one, _ in wrong.values() for request in one.requests()]
            if not batch:
                return turn > 0, copies
            marker = Generation.after(*last)
            last = marker.value, marker.number
            fresh = {
                sheet: _witness(one, replace(copy, number=new_id(taken)), batch, marker)
                for sheet, (one, copy) in wrong.items() if copy is not None
            }  # fmt: skip
            job = Job([], [], list(copies), {}, marker, more=batch, copied=fresh)
            shown = self._shown(self._send(job, seen), job.copies)
            copies, seen = [*job.copies.values()], None
            wrong = {sheet: one for sheet, one in wrong.items() if sheet in fresh}
            for sheet, (one, _) in wrong.items():
                cells = witness.cells_of(shown, fresh[sheet].number) or []
                one.applied(batch, witness.parted(cells)[0])
        done = not any(one.requests() for one, _ in wrong.values())
        return True, copies if done else []  # what is not right yet, the next look sets right by the copy

    def ruled(self, hit: Mapping[int, Rules], last: Last) -> Last:
        """Put back conditional formats of people's that a write hit, by sheet id. The last write's marker then."""
        for _ in range(TURNS if hit else 0):
            now = self._api.structure(self._book, rules.FIELDS)
            batch = [request for one in hit.values() for request in one.requests(rules.rules_of(now, one.sheet))]
            if not batch:
                break
            marker = Generation.after(*last)
            last = marker.value, marker.number
            job = Job([], [], [], {}, marker, more=batch)
            answer = self._send(job, None)
            for one in hit.values():
                wrong = [rule for _, rule in rules.told(job.requests(), answer, one.sheet) if one.is_theirs(rule)]
                one.theirs += [(rule, []) for rule in wrong]
        return last

    def tidy(self, copies: Sequence[int]) -> None:
        """Copies are thrown away. Where that can't be done now, the next run does it."""
        if not copies:
            return
        try:
            self._api.write(self._book, [{"deleteSheet": {"sheetId": number}} for number in copies])
        except (Ambiguous, Refusal, OwnerError):
            return

    def _shown(self, answer: Json, copies: Mapping[int, int]) -> Json:
        """The copies as the answer shows them, or read where it does not."""
        shown: Json | None = answer.get("updatedSpreadsheet")
        if shown or not copies:
            return shown or {}
        ranges = [range_of(witness.title_of(number)) for number in copies.values()]
        return self._api.structure(self._book, witness.FIELDS, ranges=ranges)


def _rules_hit(job: Job, requests: Sequence[Json], answer: Json, shown: Json) -> dict[int, Rules]:
    """Tabs in which the write deleted rules of people's."""
    found = {}
    for tab in job.tabs:
        gone = rules.deletions(requests, tab.sheet)
        one = Rules(tab.sheet, tab.rule_marks, len(tab.drawn.tab.conditions))
        one.told = rules.told(requests, answer, tab.sheet)
        if tab.sheet in job.copies:
            one.met(rules.rules_of(shown, job.copies[tab.sheet]), gone)
        if one.is_hit:
            found[tab.sheet] = one
    return found


def _amends(tab: TabJob, requests: Sequence[Json], rows: Sequence[Sequence[Any]], met: list[list[Json]]) -> Amends:
    keyed = tab.drawn.keyed
    assert keyed is not None
    title = str(tab.drawn.rows[keyed.head][keyed.key])
    return Amends.after(requests, tab.sheet, seen=rows, copy=met, head=keyed.head, title=title)


def _again(tab: TabJob, job: Job) -> Copy:
    """How the tab is copied once more: the write may have made it larger, and taken sheets away that stood before it."""
    copy = job.copied[tab.sheet]
    rows, columns = tab.size or tab.grid
    grid = max(rows, tab.grid[0]) + len(tab.changes.appended), max(columns, tab.grid[1])
    return replace(copy, grid=grid, index=None if copy.index is None else max(copy.index - len(job.removed), 0))


def _witness(one: Amends, copy: Copy, batch: Sequence[Json], marker: Generation) -> Copy:
    note = journal.note(one.standing(), marker.value, head=one.head, title=one.title)
    return replace(copy, note=note, journal=journal.packed(one.record(batch)))
