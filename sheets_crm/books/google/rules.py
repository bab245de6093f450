"""Conditional formats of people's that a batch of ours hit: rules have no ids, they are deleted by their places in a list.

Where somebody adds, moves or removes a rule in the moment of our write, a deletion may hit theirs. Google tells which rule
it was, and a copy of the tab shows the list as the batch met it. Here: what puts them back. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_crm.books.google.frame import is_ours

Json = dict[str, Any]
FIELDS = "sheets(properties(sheetId),conditionalFormats)"


@dataclass
class Rules:
    """One tab of which rules were deleted. marks: of ours, those of before and those of now; new: how many we drew.

    theirs: rules that we hit though they are people's, each with those of theirs before it in the list, the nearest first.
    told: rules that Google says we deleted, each with its place at that time.
    """

    sheet: int
    marks: frozenset[str]
    new: int
    theirs: list[tuple[Json, list[Json]]] = field(default_factory=list)
    told: list[tuple[int, Json]] = field(default_factory=list)

    @property
    def is_hit(self) -> bool:
        """Is there anything of people's to be put back, as far as we know?"""
        return bool(self.theirs) or any(self.is_theirs(rule) for _, rule in self.told)

    def is_theirs(self, rule: Json) -> bool:
        """Did people make this rule?"""
        return not is_ours(rule, self.marks)

    def met(self, rules: Sequence[Json], gone: Sequence[int]) -> None:
        """The batch met these rules and deleted one after the other at these places."""
        left = list(rules)
        for place in gone:
            if place < len(left):
                hit = left.pop(place)
                if self.is_theirs(hit):
                    before = [rule for rule in left[:place] if self.is_theirs(rule)]
                    self.theirs.append((hit, before[::-1]))

    def requests(self, now: Sequence[Json]) -> list[Json]:
        """What sets the list right that stands now; empty when all is."""
        if not self.is_hit:
            return []
        self._remember(now)
        ours = [place for place, rule in enumerate(now) if is_ours(rule, self.marks)]
        surplus = ours[self.new :]
        return [*self._deleted(surplus), *self._back([rule for n, rule in enumerate(now) if n not in surplus])]

    def _remember(self, now: Sequence[Json]) -> None:
        """From what Google told: the list as the write met it, if nobody was at it since."""
        ours = [place for place, rule in enumerate(now) if is_ours(rule, self.marks)][: self.new]
        met = [rule for place, rule in enumerate(now) if place not in ours]
        for place, rule in reversed(self.told):
            met.insert(place, rule)
        if self.told and not self.theirs:
            self.met(met, [place for place, _ in self.told])
        self.told = []

    def _deleted(self, places: Sequence[int]) -> Iterator[Json]:
        for place in reversed(places):
            yield {"deleteConditionalFormatRule": {"sheetId": self.sheet, "index": place}}

    def _back(self, now: list[Json]) -> Iterator[Json]:
        standing = [_bare(rule) for rule in now]
        for rule, before in self.theirs:
            if _bare(rule) in standing:
                continue
            place = next(
                (standing.index(_bare(one)) + 1 for one in before if _bare(one) in standing),
                min(self.new, len(standing)),
            )
            standing.insert(place, _bare(rule))
            ranges = [{**part, "sheetId": self.sheet} for part in rule.get("ranges", ())]
            yield {"addConditionalFormatRule": {"rule": {**rule, "ranges": ranges}, "index": place}}


def deletions(batch: Sequence[Json], sheet: int) -> list[int]:
    """The places at which a batch deletes rules of a sheet, in order."""
    found = [request.get("deleteConditionalFormatRule") for request in batch]
    return [body["index"] for body in found if body and body["sheetId"] == sheet]


def told(batch: Sequence[Json], answer: Mapping[str, Any], sheet: int) -> list[tuple[int, Json]]:
    """The rules of a sheet that a batch deleted, each with its place; none where the answer tells nothing of them."""
    replies = answer.get("replies") or ()
    if len(replies) != len(batch):
        return []
    found = []
    for request, reply in zip(batch, replies, strict=True):
        body = request.get("deleteConditionalFormatRule")
        rule = (reply.get("deleteConditionalFormatRule") or {}).get("rule")
        if body and rule and body["sheetId"] == sheet:
            found.append((body["index"], rule))
    return found


def rules_of(answer: Mapping[str, Any], sheet: int) -> list[Json]:
    """The rules of a sheet in an answer with FIELDS."""
    for item in answer.get("sheets", ()):
        if item.get("properties", {}).get("sheetId", 0) == sheet:
            return list(item.get("conditionalFormats", ()))
    return []


def _bare(rule: Json) -> Json:
    """A rule without the place where it applies: rows may have moved."""
    return {name: part for name, part in rule.items() if name != "ranges"}
