"""What headers and sheet names mean: the dictionaries `headers.yaml` and `sheet_words.yaml`, and how near a header comes to it.

The months stand in `months.yaml`, by themselves: every run needs them, and few need the dictionary.
Does not look at values (guess_score) nor decide anything (guess).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

Field = tuple[str, str]  # card, field

_WORD = re.compile(r"[^\W_]+|№|%")
_CAMEL = re.compile(r"(?<=[a-z\u0430-\u044f])(?=[A-Z\u0410-\u042f][a-z\u0430-\u044f])")
_BRACKETS = re.compile(r"\s*[(\[{].*?[)\]}]\s*")
_SPACES = re.compile(r"[\s\u00a0\u202f_]+")
_PARTS = re.compile(r"\s*[/|\n]\s*|\s+[-–—]\s+")
_FUZZY = 88.0  # of 100: two letters of a ten-letter header may differ
_SHORTEST_FUZZY = 5
WEAK = 0.45  # what a header is worth that says something only together with its values
_LONG, _FUZZY_LONG = 15, 85.0


@cache
def dictionary() -> Mapping[str, Any]:
    """The content of sheet_words.yaml."""
    return MappingProxyType(_content("sheet_words.yaml"))


@cache
def headers() -> Mapping[str, Any]:
    """Card -> field -> what is written above its column. The content of headers.yaml: large, and needed by guesses alone."""
    found: Mapping[str, Any] = MappingProxyType(_content("headers.yaml")["fields"])
    return found


def _content(name: str) -> dict[Any, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (resources.files("sheets_crm.base") / name).read_text("utf-8")
    found: dict[Any, Any] = yaml.load(text, Loader=loader)  # noqa: S506
    return found


def clean(text: str) -> str:
    """Text as it is compared: lower case, the letter yo as ye, one space for any run of spaces, no space at the ends."""
    return _SPACES.sub(" ", text).strip().lower().replace("\u0451", "\u0435")


@cache
def fields_of(card: str) -> Mapping[str, str]:
    """The card's fields and what their values look like (`like`)."""
    return {name: str(entry["like"]) for name, entry in headers()[card].items()}


@cache
def cards() -> tuple[str, ...]:
    """All card kinds that the dictionary knows."""
    return tuple(headers())


@lru_cache(maxsize=8192)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a header; № and its synonyms are one word, look-alike letters are set right."""
    words = _WORD.findall(clean(_CAMEL.sub(" ", text.replace("#", " № "))))
    return tuple("№" if word in _numbers() else _one_script(word) for word in words)


@cache
def _numbers() -> frozenset[str]:
    return frozenset(dictionary()["number_words"])


def _one_script(word: str) -> str:
    """A word in which Latin letters slipped between Cyrillic ones, all Cyrillic."""
    if word.isascii() or not any("a" <= char <= "z" for char in word):
        return word
    return "".join(dictionary()["lookalikes"].get(char, char) for char in word)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word spelt out and without its ending; three letters at least are left."""
    word = dictionary()["short"].get(word, word)
    if word.isascii():
        if len(word) > 4 and word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    for ending in _endings():
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


@cache
def _endings() -> tuple[str, ...]:
    return tuple(dictionary()["endings"])


def stems(text: str) -> frozenset[str]:
    """The words of a header without endings, in no order."""
    return frozenset(stem(word) for word in tokens(text))


def compact(text: str) -> str:
    """The words of a header written together: «E-mail» and «email» are one."""
    return "".join(tokens(text))


@cache
def _generic() -> frozenset[frozenset[str]]:
    return frozenset(stems(word) for word in dictionary()["generic"])


@dataclass(frozen=True)
class _Synonym:
    field: Field
    compact: str
    stems: frozenset[str]
    size: int  # letters of the stems
    weight: float


@cache
def _synonyms() -> tuple[_Synonym, ...]:
    found = []
    for card, fields in headers().items():
        for name, entry in fields.items():
            for tier, weight in (("ru", 1.0), ("en", 1.0), ("weak", WEAK)):
                for text in entry.get(tier, ()):
                    key = stems(text)
                    found.append(_Synonym((card, name), compact(text), key, sum(map(len, key)), weight))
    return tuple(found)


@cache
def _by_compact() -> Mapping[str, tuple[_Synonym, ...]]:
    return _grouped((entry.compact, entry) for entry in _synonyms())


@cache
def _by_stems() -> Mapping[frozenset[str], tuple[_Synonym, ...]]:
    return _grouped((entry.stems, entry) for entry in _synonyms())


def _grouped(pairs: Iterable[tuple[Any, _Synonym]]) -> dict[Any, tuple[_Synonym, ...]]:
    groups: dict[Any, tuple[_Synonym, ...]] = {}
    for key, entry in pairs:
        groups[key] = (*groups.get(key, ()), entry)
    return groups


@cache
def _neutral(card: str) -> frozenset[str]:
    return frozenset(stem(word) for text in dictionary()["neutral"].get(card, ()) for word in tokens(text))


@dataclass(frozen=True)
class Header:
    """A column's header as the user wrote it, and the text that stands over several such columns."""

    text: str
    group: str = ""

    @property
    def shown(self) -> str:
        return f"{self.group}: {self.text}" if self.group and self.text else self.text or self.group


@dataclass(frozen=True)
class HeaderMeaning:
    """How near the header comes to each field (0..1), and what its unit says of the values ('' where none)."""

    scores: Mapping[Field, float]
    unit: str = ""


@lru_cache(maxsize=4096)
def meaning(header: Header) -> HeaderMeaning:
    """What a header may stand for. Fields that it has nothing to do with are left out."""
    scores: dict[Field, float] = {}
    unit = unit_of(header.text)
    for text, weight in _variants(header):
        for field, score in _lookup(text).items():
            scores[field] = max(scores.get(field, 0.0), score * weight)
    if not any(score >= 0.85 for score in scores.values()):
        for text, weight in _variants(header):
            for field, score in _near(text).items():
                scores[field] = max(scores.get(field, 0.0), score * weight)
    for field in _never(header.text):
        scores.pop(field, None)
    return HeaderMeaning(MappingProxyType(scores), unit)


@lru_cache(maxsize=8192)
def plain_score(text: str) -> float:
    """How well a text is known as a column's name, word by word (no slips of the pen): cheap enough for data cells."""
    best = max(_lookup(text).values(), default=0.0)
    if best < 0.9 and (bare := without_unit(text)) != text:
        best = max(best, max(_lookup(bare).values(), default=0.0))
    parts = _PARTS.split(text) if best < 0.9 else []
    if len(parts) > 1:
        best = max(best, 0.93 * max((max(_lookup(part).values(), default=0.0) for part in parts), default=0.0))
    return best


def _never(text: str) -> list[Field]:
    key = stems(text)
    return [
        (card, name)
        for card, fields in headers().items()
        for name, entry in fields.items()
        if any(stems(neg) == key for neg in entry.get("neg", ()))
    ]


def _variants(header: Header) -> list[tuple[str, float]]:
    """The readings of a header: whole, without unit or brackets, one half of two languages, with the group's text."""
    own = header.text
    alone = 0.9 if header.group else 1.0
    found = [(own, alone), (without_unit(own), alone), (_BRACKETS.sub(" ", own), 0.97 * alone)]
    parts = [part for part in _PARTS.split(own) if len(part) > 1]
    if len(parts) > 1:
        found += [(without_unit(part), 0.93 * alone) for part in parts]
    found += [(inner, 0.8 * alone) for inner in re.findall(r"[(\[{](.*?)[)\]}]", own) if len(inner) > 3]
    if header.group:
        found += [(f"{header.group} {own}", 1.0), (f"{without_unit(own)} {header.group}", 0.98)]
    best: dict[str, float] = {}
    for text, weight in found:
        if text.strip():
            best[text.strip()] = max(best.get(text.strip(), 0.0), weight)
    return list(best.items())


@lru_cache(maxsize=8192)
def _lookup(text: str) -> Mapping[Field, float]:
    """Fields of which the text is a synonym, in whatever order and endings of its words."""
    scores: dict[Field, float] = {}
    key = stems(text)
    if len(key) > 7:
        return scores
    for entries, score in ((_by_compact().get(compact(text), ()), 1.0), (_by_stems().get(key, ()), 0.95)):
        for entry in entries:
            scores[entry.field] = max(scores.get(entry.field, 0.0), score * entry.weight)
    for card in cards():
        bare = key - _neutral(card)
        if bare and bare != key:
            for entry in _by_stems().get(bare, ()):
                if entry.field[0] == card:
                    scores[entry.field] = max(scores.get(entry.field, 0.0), 0.9 * entry.weight)
    return scores


@lru_cache(maxsize=8192)
def _near(text: str) -> Mapping[Field, float]:
    """Fields by a slip of the pen, by Latin letters for Russian words, or by a synonym within a longer header."""
    scores: dict[Field, float] = {}
    key, flat = stems(text), compact(text)
    for card in cards():
        bare = key - _neutral(card)
        size = sum(map(len, bare)) or 1
        for entry in (entry for word in bare for entry in _by_word().get((card, word), ())):
            if entry.stems <= bare:
                general = entry.stems in _generic() and entry.size < 0.6 * size
                worth = 0.15 + 0.2 * entry.size / size if general else 0.42 + 0.4 * entry.size / size
                scores[entry.field] = max(scores.get(entry.field, 0.0), worth)
    if len(flat) >= _SHORTEST_FUZZY:
        from rapidfuzz import fuzz, process

        cutoff = _FUZZY if len(flat) < _LONG else _FUZZY_LONG
        for spelling, ratio, _ in process.extract(flat, _spellings(), scorer=fuzz.ratio, score_cutoff=cutoff, limit=8):
            for entry in _spellings_of(spelling):
                if ("№" in entry.compact) != ("№" in flat):
                    continue
                scores[entry.field] = max(scores.get(entry.field, 0.0), 0.88 * ratio / 100 * entry.weight)
    return scores


@cache
def _by_word() -> Mapping[tuple[str, str], tuple[_Synonym, ...]]:
    """Synonyms that may stand within a longer header, by card and the first of their words: few of thousands come into question."""
    own = (entry for entry in _synonyms() if entry.weight == 1.0 and entry.size > 2 and entry.stems)
    return _grouped(((entry.field[0], min(entry.stems)), entry) for entry in own)


@cache
def _spellings() -> tuple[str, ...]:
    known = {entry.compact for entry in _synonyms() if len(entry.compact) >= _SHORTEST_FUZZY}
    return tuple(sorted(known | {latin(word) for word in known}))


@cache
def _by_spelling() -> Mapping[str, tuple[_Synonym, ...]]:
    pairs = [(entry.compact, entry) for entry in _synonyms()]
    return _grouped(pairs + [(latin(entry.compact), entry) for entry in _synonyms() if not entry.compact.isascii()])


def _spellings_of(spelling: str) -> tuple[_Synonym, ...]:
    return _by_spelling().get(spelling, ())


def latin(text: str) -> str:
    """Cyrillic letters in Latin ones."""
    table = dictionary()["translit"]
    return "".join(table.get(char, char) for char in text)


@lru_cache(maxsize=4096)
def unit_of(text: str) -> str:
    """What the unit in a header says of the values: money, days, pieces, percent, date, other, or ''."""
    for piece in [*re.findall(r"[(\[](.*?)[)\]]", text), text.rsplit(",", 1)[-1] if "," in text else ""]:
        for name, words in dictionary()["units"].items():
            if clean(piece) in {clean(word) for word in words}:
                return str(name)
    if "%" in text:
        return "percent"
    return "money" if re.search(r"[₽$£€₸]", text) else ""


def without_unit(text: str) -> str:
    """A header without the unit after a comma or in brackets."""
    bare = re.sub(r"[(\[](.*?)[)\]]", lambda found: "" if unit_of(found[0]) else found[0], text)
    head, comma, tail = bare.rpartition(",")
    if comma and unit_of(f",{tail}"):
        bare = head
    return re.sub(r"[₽$£€₸%]", "", bare).strip()


@lru_cache(maxsize=1024)
def sheet_kinds(name: str) -> Mapping[str, float]:
    """Card kinds (and `lists`, `summary`) that a sheet's name speaks for, 0..1."""
    found: dict[str, float] = {}
    key = frozenset(word for word in stems(name) if not word.isdigit() and word != "№")
    for kind, names in dictionary()["sheets"].items():
        for text in names:
            known = stems(text)
            score = 1.0 if known == key else 0.7 if known and known <= key else 0.0
            if score > found.get(kind, 0.0):
                found[kind] = score
    return found


@lru_cache(maxsize=1024)
def month_of(name: str) -> tuple[int | None, int] | None:
    """(year, month) of a monthly sheet by its name; None for any other sheet. Either part may be missing."""
    words = re.findall(r"[^\W\d_]+|\d+", clean(name))
    months = [_month_numbers()[word] for word in words if word in _month_numbers()]
    numbers = [int(word[:5]) for word in words if word.isdecimal()]  # no year and no month has more figures
    letters = [word for word in words if not word.isdecimal()]
    years = [number for number in numbers if 1990 <= number <= 2100]
    if months and len(letters) <= 2 * len(months):
        year = years[0] if years else next((2000 + number for number in numbers if 15 <= number < 80), None)
        return year, months[0]
    small = [number for number in numbers if 1 <= number <= 12 and number not in years]
    if not letters and years and len(numbers) == 2 and small:
        return years[0], small[0]
    return None


@cache
def _month_numbers() -> Mapping[str, int]:
    return {word: number for number, words in _content("months.yaml").items() for word in words}


def is_month(text: str) -> bool:
    """The text names a month, a year, or a month of a year and nothing else."""
    return month_of(text) is not None or bool(re.fullmatch(r"(19|20)\d\d\D{0,5}", clean(text)))
