"""Hours in what people type: in the Time column, and inside the words of a task ("call back at 13:30").

Pure. A cell of the Time column says nothing but a time, so more ways of writing it are taken there; inside a sentence a time
is only taken where it can be nothing else, and where there is just one.
"""

from __future__ import annotations

import re
from datetime import time
from functools import cache
from typing import NamedTuple

from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, say

_FIGURES = re.compile(r"(?<![\d:])\d{1,2}:\d\d(?::\d\d)?(?: ?[ap]\.?m\b\.?)?(?![\d:])")
_BUSY_FROM = 8  # a bare hour below it ("at 3 o'clock") may be meant as morning or as afternoon


def read_time(text: str) -> time | None:
    """The time that a cell of the Time column names: 13:30, 13.30, 13-30, 1:30 pm, 9 am, 18 h, 13; None for anything else."""
    found = _patterns().cell.fullmatch(fold(text).replace("\u00a0", " "))
    return _time(found) if found else None


def hour_in_number(number: float) -> time | None:
    """The time of a number typed where a time belongs: 13.3 was 13.30 before the spreadsheet read it, 9 is nine o'clock."""
    hours, minutes = divmod(round(number * 100), 100)
    if not 1 <= number < 24 or abs(number * 100 - round(number * 100)) > 1e-6 or minutes > 59:
        return None
    return time(hours, minutes)


def find_time(text: str) -> time | None:
    """The one time of day that a sentence names, of a span its beginning; None where there is none, or several."""
    text = fold(text)
    found = [(match, clock) for match in _patterns().sentence.finditer(text) if (clock := _time(match))]
    if len(found) == 2 and _patterns().to.fullmatch(text[found[0][0].end() : found[1][0].start()]):
        return found[0][1]
    return found[0][1] if found and len({clock for _, clock in found}) == 1 else None


def without_time(text: str) -> str:
    """The sentence without the times in figures that it names (13:30)."""
    return _FIGURES.sub(" ", fold(text))


class _Patterns(NamedTuple):
    cell: re.Pattern[str]
    sentence: re.Pattern[str]
    to: re.Pattern[str]


def _time(found: re.Match[str]) -> time | None:
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    hour = next((int(value) for name, value in groups.items() if name[0] == "h"), 12)
    minute = next((int(value) for name, value in groups.items() if name[0] == "m"), 0)
    part = next((value for name, value in groups.items() if name[0] == "p"), "")
    if part:
        if not 1 <= hour <= 12:
            return None
        late = part in _words("after_noon", "afternoon")
        hour = hour % 12 + (12 if late else 0)
    return time(hour, minute) if hour <= 23 and minute <= 59 else None


@cache
def _words(*keys: str) -> tuple[str, ...]:
    found = (fold(word) for lang in LANGS for key in keys for word in say(f"calendar.time.{key}", lang).split("|"))
    return tuple(sorted(found, key=len, reverse=True))


def _any(*keys: str) -> str:
    return "|".join(re.escape(word) for word in _words(*keys))


@cache
def _patterns() -> _Patterns:
    sure = _any("before_noon", "after_noon", "night")
    part = _any("before_noon", "after_noon", "afternoon", "night")
    at, exact, by, hours = _any("at"), _any("exact"), _any("exact", "by"), _any("hours")
    edge, end = r"(?<![\w.:,/-])", r"(?![\w:]|[.,]\d)"
    cell = (
        rf"(?:(?:{at}) )?(?:(?P<h1>\d{{1,2}})[:.-](?P<m1>\d\d)(?::\d\d)?(?: ?(?P<p1>{part}))?"
        rf"|(?P<h2>\d{{1,2}})(?: ?(?:{hours}))?(?: ?(?P<p2>{part}))?|(?:{_any('noon')}))"
    )
    sentence = (
        rf"{edge}(?:(?:{at}) )?(?P<h1>\d{{1,2}}):(?P<m1>[0-5]\d)(?::[0-5]\d)?(?: ?(?P<p1>{part}))?{end}"
        rf"|{edge}(?:{exact}) (?P<h2>\d{{1,2}})[.-](?P<m2>[0-5]\d)(?: ?(?P<p2>{part}))?{end}"
        rf"|{edge}(?:{by}) (?P<h3>\d{{1,2}}) ?(?:(?:{hours}) (?P<p3>{part})|(?P<p5>{sure})){end}"
        rf"|{edge}(?P<h4>\d{{1,2}}) ?(?P<p4>am|pm|a\.m\.|p\.m\.){end}"
        rf"|{edge}(?:{at}) (?P<h5>0?[{_BUSY_FROM}-9]|1\d|2[0-3]) ?(?:{hours}){end}"
        rf"|{edge}(?:{at}) (?:{_any('noon')}){end}"
    )
    return _Patterns(re.compile(cell), re.compile(sentence), re.compile(rf"\s*(?:[-–—]|{_any('to')})\s*"))
