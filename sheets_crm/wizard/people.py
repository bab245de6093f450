"""Managers met in a workbook, and which of the spellings are likely one person. Proposes only: a person decides. Pure.

Knows no screen. Names that differ in case, spaces or a Russian e alone are one spelling for the whole program.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import yaml
from rapidfuzz.distance import Levenshtein

from sheets_crm.cards import fold
from sheets_crm.tasks.order import manager_of

if TYPE_CHECKING:
    from sheets_crm.sync.run import Result

_WORD = re.compile(r"[^\W\d_]+")
_BETWEEN = re.compile(r"[/,;+&|\n]")
_SURE, _LIKELY, _HINT = 0.95, 0.85, 0.5
_RARE = 5  # a slip of the pen is so many times rarer than the name itself
_SHORTEST = 5  # letters of a name in which one wrong letter can be told from another name


@dataclass(frozen=True)
class Met:
    """A spelling met. also: the same in other case or spaces. counts: card kind (or "task") -> how many rows name it."""

    name: str
    counts: Mapping[str, int] = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Rows of the workbook that name it."""
        return sum(count for card, count in self.counts.items() if card != "task")


@dataclass(frozen=True)
class Guess:
    """What a spelling is taken for. same: of whom it is another spelling. why: words key under setup_run.managers.why."""

    what: Literal["person", "same", "nobody"]
    same: str = ""
    why: str = ""
    confidence: float = 1.0


def met(result: Result) -> tuple[Met, ...]:
    """Who is named as a manager, the most often named first."""
    spelled: dict[str, Counter[str]] = {}
    counts: dict[str, Counter[str]] = {}
    for card, frame in result.base.frames.items():
        if "manager" not in frame.columns:
            continue
        for name, count in frame.drop_nulls("manager").group_by("manager").len().iter_rows():
            if not str(name).strip():
                continue
            spelled.setdefault(fold(str(name)), Counter())[str(name)] += count
            counts.setdefault(fold(str(name)), Counter())[card] += count
    for task in result.open_tasks:
        if (name := fold(manager_of(task))) in counts:
            counts[name]["task"] += 1
    found = [
        Met(names.most_common(1)[0][0], dict(counts[key]), tuple(one for one, _ in names.most_common()[1:]))
        for key, names in spelled.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.total, fold(one.name))))


def guesses(people: Sequence[Met]) -> dict[str, Guess]:
    """Name -> what it is taken for. `people`: the most often named first."""
    found: dict[str, Guess] = {}
    names = [one.name for one in people]
    for place, one in enumerate(people):
        if is_nobody(one.name):
            found[one.name] = Guess("nobody", why="nobody", confidence=_SURE)
            continue
        if _several(one.name, names):
            found[one.name] = Guess("nobody", why="several", confidence=_LIKELY)
            continue
        persons = [other for other in people[:place] if found[other.name].what == "person"]
        found[one.name] = _another(one, persons, names) or Guess("person")
    return found


def role_of(name: str) -> str:
    """The role that a name itself tells; manager where it tells none."""
    folded = fold(name)
    return next((role for role in ("owner", "head") if folded in _words()[role]), "manager")


def is_nobody(name: str) -> bool:
    """Is it a word for nobody, or no word at all?"""
    folded = fold(name).strip(" .!?-\u2013\u2014()")
    return not _WORD.search(folded) or folded in _words()["nobody"]


def _another(one: Met, persons: Iterable[Met], names: Sequence[str]) -> Guess | None:
    """Whose other spelling this one is."""
    hint: Guess | None = None
    for other in persons:
        if _untyped(one.name) == _untyped(other.name):
            return Guess("same", other.name, "letters", _SURE)
        if _may_be_one(one.name, other.name) and not _is_ambiguous(one.name, other.name, names):
            return Guess("same", other.name, "part", _LIKELY)
        if _may_be_one(one.name, other.name):
            hint = hint or Guess("person", other.name, "which", _HINT)
        if one.total * _RARE <= other.total and _is_slip(one.name, other.name):
            hint = hint or Guess("person", other.name, "slip", _HINT)
    return hint


def _may_be_one(one: str, other: str) -> bool:
    """Are all words of the shorter name in the longer, each once, as themselves or as initials, one of them whole?"""
    short, long = sorted((_parts(one), _parts(other)), key=len)
    left, whole = list(long), False
    for word in short:
        match = next((w for w in left if w == word), None) or next((w for w in left if _is_initial(word, w)), None)
        if match is None:
            return False
        whole = whole or (word == match and len(word) > 1)
        left.remove(match)
    return whole


def _is_initial(one: str, other: str) -> bool:
    return min(len(one), len(other)) == 1 and one[0] == other[0]


def _is_ambiguous(one: str, other: str, names: Iterable[str]) -> bool:
    """Is there a third name that fits the shorter of the two, and not the longer?"""
    short, long = sorted((one, other), key=lambda name: sum(map(len, _parts(name))))
    rest = [name for name in names if name not in {one, other} and not is_nobody(name)]
    return any(_may_be_one(short, third) and not _may_be_one(long, third) for third in rest)


def _is_slip(one: str, other: str) -> bool:
    """One letter wrong, and not an ending: Ivanov and Ivanova are two."""
    some, words = _parts(one), _parts(other)
    if len(some) != len(words):
        return False
    unlike = [(a, b) for a, b in zip(some, words, strict=True) if a != b]
    if len(unlike) != 1:
        return False
    (a, b) = unlike[0]
    return min(len(a), len(b)) >= _SHORTEST and Levenshtein.distance(a, b) == 1 and a[-2:] == b[-2:] and a[0] == b[0]


def _several(name: str, names: Sequence[str]) -> bool:
    """Does the cell name two or more people?"""
    text = name
    for word in _words()["between"]:
        text = re.sub(rf"\s{word}\s", "/", text, flags=re.IGNORECASE)
    parts = [part.strip() for part in _BETWEEN.split(text) if _WORD.search(part)]
    alone = {fold(one) for one in names}
    if len(parts) < 2:
        return False
    return any(fold(part) in alone for part in parts) or all(len(_parts(part)[0]) > 1 for part in parts if _parts(part))


def _parts(name: str) -> list[str]:
    return _WORD.findall(_untyped(name))


@cache
def _untyped(name: str) -> str:
    """Folded, with Latin letters that stand in a Cyrillic word as the letters they look like."""
    table = str.maketrans(_words()["lookalikes"])
    words = []
    for word in fold(name).split(" "):
        mixed = any("\u0400" <= sign <= "\u04ff" for sign in word) and any("a" <= sign <= "z" for sign in word)
        words.append(word.translate(table) if mixed else word)
    return " ".join(words)


@cache
def _words() -> Mapping[str, Any]:
    text = resources.files("sheets_crm.wizard").joinpath("people_words.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
