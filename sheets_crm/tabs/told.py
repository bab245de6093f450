"""What our own sentences in a row's Why said, read back in either language.

So the days of tries, and the day a task was first seen or no longer needed, outlive the state database: they stand in the
tab. What people typed is not looked at. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

from sheets_crm.tabs.typed import read_day
from sheets_crm.tasks.model import Told
from sheets_crm.words import LANGS, say

_TRIES = "outcomes.tries"
_COUNTS = (_TRIES, "outcomes.tries_unknown")
_AGREED = ("outcomes.agreed",)
_SINCE = ("tasks.seen_since.sum", "tasks.seen_since.day")
_ENDED = ("tabs.tasks.no_longer_needed_because", "tabs.tasks.no_longer_needed_since")
_BACK = "outcomes.came_back"
_OWN = (_BACK, "outcomes.needs.snooze_date", "outcomes.needs.snooze_words")  # sentences in tasks of one's own, too
_VALUES = ("n", "dates", "date", "amount", "reason", "seen")
_NOTHING = Told()


def told(why: str) -> Told:
    """The days that our sentences in a Why cell name; nothing where it has none of them."""
    if not _any().search(why):
        return _NOTHING
    lines = why.splitlines()
    return Told(
        tries=_days(_first(lines, (_TRIES,))),
        since=_day(lines, _SINCE),
        back=_day(lines, (_BACK,)),
        ended=_day(lines[:1], _ENDED),
        rounds=tuple(
            (int(n), _days(found))
            for line in lines
            if (n := (found := _first([line], _COUNTS)).get("n", "")).isdecimal()
        ),
        agreed=tuple(day for line in lines if (day := _day([line], _AGREED))),
    )


def _days(values: Mapping[str, str]) -> tuple[date, ...]:
    return tuple(day for part in values.get("dates", "").split(",") if (day := read_day(part)))


def is_ended(why: str) -> bool:
    """Does the cell say that the task is no longer needed?"""
    return any(why.startswith(say("tabs.tasks.no_longer_needed", lang)) for lang in LANGS)


def without_notes(why: str) -> str:
    """What a person typed under Why of a task of one's own, without the sentences that we add there."""
    if not _own().search(why):
        return why
    kept = [line for line in why.splitlines() if not _first([line], _OWN, found=True)]
    return "\n".join(kept) if len(kept) < len(why.splitlines()) else why


def _day(lines: list[str], keys: tuple[str, ...]) -> date | None:
    text = _first(lines, keys).get("date", "")
    return read_day(text) if text else None


def _first(lines: list[str], keys: tuple[str, ...], *, found: bool = False) -> Mapping[str, str]:
    """The values of the first line that is one of these sentences; {} when none is. found: also of one without values."""
    for line in lines:
        for pattern in _patterns(keys):
            match = pattern.fullmatch(line.strip())
            if match:
                return {"": line, **match.groupdict()} if found else match.groupdict()
    return {}


@cache
def _any() -> re.Pattern[str]:
    """How one of our sentences may begin: most cells have none, and are not looked at further."""
    return re.compile("^\\s*" + _heads((*_COUNTS, *_AGREED, *_SINCE, *_ENDED, _BACK)), re.MULTILINE)


@cache
def _own() -> re.Pattern[str]:
    """What stands in a sentence that we add to tasks of one's own, too."""
    return re.compile(_heads(_OWN))


def _heads(keys: tuple[str, ...]) -> str:
    """How each of these sentences begins in every language, as a part of a pattern."""
    marks = dict.fromkeys(_VALUES, "\x01")
    heads = {say(key, lang, **marks).partition("\x01")[0] for key in keys for lang in LANGS}
    return "(?:" + "|".join(map(re.escape, sorted(heads))) + ")"


@cache
def _patterns(keys: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Sentences in every language as patterns, each value a named group."""
    marks = {name: f"\x01{name}\x01" for name in _VALUES}
    made = []
    for key in keys:
        for lang in LANGS:
            text = re.escape(say(key, lang, **marks))
            made.append(re.compile(re.sub("\x01(\\w+)\x01", r"(?P<\1>.+?)", text)))
    return tuple(made)
