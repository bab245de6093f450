"""What is typed under Repeat as a row of tokens: units, days of the week, numbers, dates, in either language.

Pure. What the tokens mean together is `repeat`. A word that nobody knows makes the whole text unknown: half of it would be
a rhythm that nobody asked for.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Literal, NamedTuple

from sheets_crm.tasks.texts import fold
from sheets_crm.words import LANGS, say

Kind = Literal[
    "unit", "weekday", "month_name", "number", "ordinal", "date", "nth", "last", "working", "weekend",
    "other", "times", "day_word", "since", "until", "dash", "fill",
]  # fmt: skip
UNITS = ("day", "week", "month", "quarter", "half", "year")
_SIMPLE: tuple[tuple[str, Kind], ...] = (
    ("fillers", "fill"), ("times", "times"), ("day_word", "day_word"), ("other", "other"), ("working", "working"), ("weekend", "weekend"),
    ("last", "last"), ("since", "since"), ("until", "until"),
)  # fmt: skip
_YEARS = range(1990, 2200)


class Token(NamedTuple):
    """A word of the text. value: a number, the place of a weekday (Monday 0), a unit's name, a date."""

    kind: Kind
    value: int | str | date | None = None


def tokens(text: str) -> tuple[Token, ...] | None:
    """The text as tokens; None where a part of it is not known."""
    found = []
    for match in _pattern().finditer(fold(text)):
        token = _token(match)
        if token is None:
            return None
        found.append(token)
    return tuple(found)


@cache
def never() -> frozenset[str]:
    """Words that say that nothing repeats."""
    return frozenset(fold(word) for lang in LANGS for word in say("calendar.repeat.never", lang).split("|"))


def _token(match: re.Match[str]) -> Token | None:
    if match["iso"]:
        return _date(*(int(part) for part in match["iso"].split("-")))
    if match["dotted"]:
        day, month, year = (int(part) for part in match["dotted"].split("."))
        return _date(year, month, day)
    if match["number"]:
        return Token("ordinal" if match["ordinal"] else "number", int(match["number"]))
    if match["dash"]:
        return Token("dash")
    if match["word"]:
        return _word(match["word"])
    return None if match["odd"] else Token("fill")


def _date(year: int, month: int, day: int) -> Token | None:
    try:
        return Token("date", date(year, month, day)) if year in _YEARS else None
    except ValueError:
        return None


def _word(word: str) -> Token | None:
    whole, stems = _vocabulary()
    if word in whole:
        return whole[word]
    return next((token for stem, token in stems if word.startswith(stem)), None)


@cache
def _pattern() -> re.Pattern[str]:
    ordinals = "|".join(say("calendar.repeat.ordinal", lang) for lang in LANGS)
    joined = "".join(f"{re.escape(word)}|" for word in sorted(_vocabulary()[0], key=len, reverse=True) if "-" in word)
    return re.compile(
        rf"(?P<iso>\d{{4}}-\d\d?-\d\d?)|(?P<dotted>\d\d?\.\d\d?\.\d{{4}})"
        rf"|(?P<number>\d{{1,4}})(?P<ordinal>{ordinals})?(?!\d)"
        rf"|(?P<word>{joined}[^\W\d_]+)|[\s,.;:]+|(?P<dash>[-–—])|(?P<odd>.)"
    )


@cache
def _vocabulary() -> tuple[dict[str, Token], tuple[tuple[str, Token], ...]]:
    """Whole words, and beginnings of words (longest first), with the tokens they are."""
    whole: dict[str, Token] = {}
    stems: dict[str, Token] = {}
    for lang in LANGS:
        for forms, token in _entries(lang):
            for form in forms:
                (stems if form.endswith("*") else whole)[fold(form).removesuffix("*")] = token
    return whole, tuple(sorted(stems.items(), key=lambda pair: -len(pair[0])))


def _entries(lang: Literal["ru", "en"]) -> list[tuple[list[str], Token]]:
    def said(key: str) -> list[str]:
        return say(f"calendar.repeat.{key}", lang).split("|")

    entries = [(said(key), Token(kind)) for key, kind in _SIMPLE]
    entries += [(said(unit), Token("unit", unit)) for unit in UNITS]
    places = [int(number) for number in said("nth_numbers")]
    entries += [([form], Token("nth", place)) for form, place in zip(said("nth"), places, strict=True)]
    for key, kind, first in (("weekdays", "weekday", 0), ("months", "month_name", 1), ("numbers", "number", 2)):
        entries += [
            (forms.split(","), Token(kind, place))  # type: ignore[arg-type]
            for place, forms in enumerate(said(key), first)
        ]
    return entries
