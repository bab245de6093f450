"""What the tokens of a Repeat cell mean together: a rhythm, or nothing that we understand.

Pure. Which words are which tokens is `repeat_words`; on which days a rhythm falls is `repeat`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from sheets_crm.tasks.repeat_words import Token

Frequency = Literal["day", "week", "month", "year"]
LAST = -1
_MONTHS = {"month": 1, "quarter": 3, "half": 6}
_MOST = 366


@dataclass(frozen=True)
class Repeat:
    """A rhythm. weekdays: Monday 0. days: of the month, -1 its last. nth: which weekday or working day of the month, -1 the last.

    working: every so many working days, or with `nth` the n-th of the month. month: of a day of the year. since: where the
    rhythm begins to be counted, when the text says so; until: the last day it may fall on.
    """

    unit: Frequency
    number: int = 1
    weekdays: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    nth: int = 0
    working: bool = False
    month: int = 0
    since: date | None = None
    until: date | None = None


class Reader:
    """What the tokens of a text mean together."""

    def __init__(self, found: list[Token]) -> None:
        self.left = found
        self.known = True
        self.number = 0
        self.units: list[str] = []
        self.weekdays: list[int] = []
        self.days: list[int] = []
        self.nth = 0
        self.month = 0
        self.working = False
        self.since: date | None = None
        self.until: date | None = None
        while self.left and self.known:
            self.known = self._step(self.left.pop(0))

    def _next(self, *kinds: str) -> Token | None:
        """The next token, taken away, if it is one of these kinds."""
        return self.left.pop(0) if self.left and self.left[0].kind in kinds else None

    def _step(self, token: Token) -> bool:
        """Take in one token, with those that belong to it; False where it can't be."""
        taken = getattr(self, f"_on_{token.kind}", None)
        return bool(taken(token.value)) if taken is not None else False

    def _on_unit(self, unit: str) -> bool:
        self.units.append(unit)
        return True

    def _on_weekend(self, _: object) -> bool:
        self.weekdays += [5, 6]
        return True

    def _on_working(self, _: object) -> bool:
        self.working = True
        self._next_unit("day")
        return True

    def _on_ordinal(self, day: int) -> bool:
        self.days.append(day)
        return True

    def _on_times(self, _: object) -> bool:
        return True  # "once" without a number

    _on_day_word = _on_times  # after "the 15th"

    def _on_last(self, _: object) -> bool:
        return self._on_nth(LAST)

    def _on_other(self, _: object) -> bool:
        return self._every(2)

    def _on_month_name(self, month: int) -> bool:
        again, self.month = self.month, month
        return not again

    def _next_unit(self, unit: str) -> bool:
        if self.left and self.left[0] == Token("unit", unit):
            self.left.pop(0)
            return True
        return False

    def _on_weekday(self, first: int) -> bool:
        """One day, or a span of them: Mon-Fri."""
        if self._next("dash"):
            last = self._next("weekday")
            if last is None:
                return False
            self.weekdays += [(first + n) % 7 for n in range((int(str(last.value)) - first) % 7 + 1)]
            return True
        self.weekdays.append(first)
        return True

    def _on_number(self, count: int) -> bool:
        """A number before a unit is how many of them; one before "times" may only be 1; any other is a day of the month."""
        if self._next("times"):
            return count == 1
        if not self._next("day_word") and self.left and self.left[0].kind in ("unit", "working"):
            return self._every(count)
        self.days.append(count)
        return True

    def _every(self, count: int) -> bool:
        """So many of the unit that follows."""
        if self.number or not 1 <= count <= _MOST:
            return False
        self.number = count
        unit = self._next("unit", "working", "weekday")
        if unit is None:
            return False
        if unit.kind == "weekday":
            self.units.append("week")
        return self._step(unit)

    def _on_nth(self, place: int) -> bool:
        """First, second ..., last: of the days, weekdays or working days of a month; else every so many."""
        of_month = any(token == Token("unit", "month") for token in self.left) or "month" in self.units
        if self.left and self.left[0].kind == "working":
            self.nth = place
            return True
        if self.left and self.left[0].kind == "weekday" and (of_month or place in (1, LAST)):
            self.nth = place
            return True
        if of_month and self._next_unit("day"):
            self.days.append(place)
            return True
        if place == LAST and self._next_unit("month"):  # the end of the month
            self.days.append(LAST)
            return True
        return place > 1 and self._every(place)

    def _on_since(self, _: object) -> bool:
        if self.left and self.left[0].kind == "weekday":  # from Monday to Friday
            return self._span()
        self.since = self._day()
        return self.since is not None

    def _on_until(self, _: object) -> bool:
        self.until = self._day()
        return self.until is not None

    def _day(self) -> date | None:
        day = self._next("date")
        return day.value if day is not None and isinstance(day.value, date) else None

    def _span(self) -> bool:
        first = self.left.pop(0)
        self._next("until")
        last = self._next("weekday")
        if last is None:
            return False
        self.left[:0] = [Token("dash"), last]
        return self._on_weekday(int(str(first.value)))

    def repeat(self) -> Repeat | None:
        """All taken together; None where a part is not understood or the parts don't fit."""
        if not self.known:
            return None
        whole = self._whole()
        if whole is None or any(not (1 <= day <= 31 or day == LAST) for day in whole.days):
            return None
        return replace(whole, since=self.since, until=self.until)

    def _whole(self) -> Repeat | None:
        if len(self.units) > 1:
            return None
        unit, number = next(iter(self.units), ""), self.number or 1
        weekdays, days = tuple(sorted(set(self.weekdays))), tuple(dict.fromkeys(self.days))
        if self.month:
            one = len(days) == 1 and not (weekdays or self.working or self.nth)
            return Repeat("year", number, days=days, month=self.month) if one and unit in ("", "year") else None
        if self.nth:
            return self._nth_of_month(unit, number, weekdays, days)
        if self.working:
            return Repeat("day", number, working=True) if unit in ("", "day") and not weekdays and not days else None
        if weekdays:
            return Repeat("week", number, weekdays=weekdays) if unit in ("", "week") and not days else None
        if days:
            return Repeat("month", number * _MONTHS[unit or "month"], days=days) if unit in ("", *_MONTHS) else None
        return _plain(unit, number)

    def _nth_of_month(self, unit: str, number: int, weekdays: Sequence[int], days: Sequence[int]) -> Repeat | None:
        if unit not in ("", *_MONTHS) or days or bool(weekdays) == self.working:
            return None
        return Repeat("month", number * _MONTHS[unit or "month"], tuple(weekdays), nth=self.nth, working=self.working)


def _plain(unit: str, number: int) -> Repeat | None:
    if unit in _MONTHS:
        return Repeat("month", number * _MONTHS[unit])
    return Repeat(unit, number) if unit in ("day", "week", "year") else None  # type: ignore[arg-type]
