"""Every sentence shown to people, by dotted key and language, with plural forms.

Texts stand in `ru/*.yaml` and `en/*.yaml`, one file a room; the file's name is the first part of the key.
An entry is a sentence with `{placeholders}`, or a mapping of CLDR plural categories chosen by the value `n`.
Source of plural categories: CLDR, through Babel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from string import Formatter
from typing import Any, Literal, Self, cast

import yaml

Lang = Literal["ru", "en"]
LANGS: tuple[Lang, ...] = ("ru", "en")

_LEAP_YEAR = 2000  # has every day that a birthday can be
_NBSP = "\u00a0"
_PLURALS = {"zero", "one", "two", "few", "many", "other"}


@dataclass(frozen=True)
class Phrase:
    """A value that is itself a text under a key: shown in the language of the sentence it stands in."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


class Spot(str):
    """A place in a file: text as editors read it (`crm.yaml:12:5 (rules.birthday)`); people are told it in words.

    line, column: from 1, 0 where unknown. path: keys, "" where unknown.
    """

    __slots__ = ("column", "file", "line", "path")
    file: str
    line: int
    column: int
    path: str

    def __new__(cls, file: str, line: int = 0, column: int = 0, path: str = "") -> Self:
        """The place; parts that are not known are left out of the text."""
        numbers = f"{line}:{column}" if line and column else str(line or "")
        where = ":".join(part for part in (file, numbers) if part)
        self = super().__new__(cls, f"{where} ({path})" if path else where)
        self.file, self.line, self.column, self.path = file, line, column, path
        return self

    def told(self, lang: Lang) -> str:
        """The place in the words of a language."""
        parts = [self.file] if self.file else []
        parts += [say("common.line", lang, line=str(self.line))] if self.line else []
        parts += [say("common.sign", lang, sign=str(self.column))] if self.column > 1 else []
        where = ", ".join(parts)
        return f"{where} ({self.path})" if self.path and where else where or self.path


def language_of(environ: Mapping[str, str], default: str = "") -> Lang:
    """The language of whoever runs the program, by the variables systems keep it in; English where none says Russian."""
    names = ("SHEETS_CRM_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    stated = next((environ[name] for name in names if environ.get(name)), default)
    return "ru" if stated.casefold().startswith("ru") else "en"


def say(key: str, lang: Lang, /, **values: object) -> str:
    """The sentence under `key` in `lang`, values filled in. KeyError for an unknown key: our fault, found by tests."""
    return fill(_entry(lang, key), lang, values)


def knows(key: str, lang: Lang = "en") -> bool:
    """Is there a sentence under this key?"""
    try:
        _entry(lang, key)
    except KeyError:
        return False
    return True


def fill(template: object, lang: Lang, values: Mapping[str, object]) -> str:
    """A template (a sentence, or a mapping of plural forms chosen by `n`) with values shown as people of `lang` write them."""
    if type(template) is dict or (type(template) is not str and isinstance(template, Mapping)):
        template = template.get(plural(values.get("n", 0), lang)) or template["other"]
    parts = _parts(str(template))
    if parts is None:
        return str(template).format_map({name: show(value, lang) for name, value in values.items()})
    return "".join([show(values[part], lang) if named else part for named, part in parts])


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[tuple[bool, str], ...] | None:
    """A sentence cut at its placeholders: (is it a placeholder?, its name or the words). None where one asks for more."""
    found = []
    for words, name, spec, conversion in Formatter().parse(template):
        if words:
            found.append((False, words))
        if name is not None:
            if not name.isidentifier() or spec or conversion:
                return None
            found.append((True, name))
    return tuple(found)


def show(value: object, lang: Lang) -> str:
    """A value as people of `lang` write it: dates, sums with spaces or commas, True/False as yes/no."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value) if abs(value) < 10_000 else number(value, lang)
    if isinstance(value, Phrase):
        return say(value.key, lang, **value.values)
    if isinstance(value, Spot):
        return value.told(lang)
    if isinstance(value, tuple):
        return ", ".join(show(part, lang) for part in value)
    if isinstance(value, bool):
        return say("common.yes" if value else "common.no", lang)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return (
            f"{value.day:02}.{value.month:02}.{value.year}" if lang == "ru" else f"{value.day} {value:%b} {value.year}"
        )
    if isinstance(value, (Decimal, float)):
        return number(value, lang)
    return "" if value is None else str(value)


def show_birthday(day: str, year: float | None, lang: Lang) -> str:
    """A birthday as people of `lang` write it. day: "MM-DD". year: None where it is not known."""
    month, number_of_day = map(int, day.split("-"))
    whole = show(date(int(year or _LEAP_YEAR), month, number_of_day), lang)
    return whole if year else whole.removesuffix(str(_LEAP_YEAR)).rstrip(" .")


def number(value: Decimal | float, lang: Lang, decimals: int | None = None) -> str:
    """A number with grouping; two decimals when it has a fraction, none when it is whole."""
    if decimals is None:
        decimals = 0 if value == int(value) else 2
    text = f"{value:,.{decimals}f}"
    return text.replace(",", _NBSP).replace(".", ",") if lang == "ru" else text


def plural(n: object, lang: Lang) -> str:
    """CLDR plural category of a number in a language: ru one/few/many/other, en one/other."""
    return _category(abs(n), lang) if type(n) is int else str(_plural_rule(lang)(abs(cast("Any", n))))


@lru_cache(maxsize=4096)
def _category(n: int, lang: Lang) -> str:
    return str(_plural_rule(lang)(n))


# Source: CLDR plural rules (cardinals). Stated here because Babel would load a whole locale for them.
_RULES = {
    "ru": {
        "one": "v = 0 and i % 10 = 1 and i % 100 != 11",
        "few": "v = 0 and i % 10 = 2..4 and i % 100 != 12..14",
        "many": "v = 0 and i % 10 = 0 or v = 0 and i % 10 = 5..9 or v = 0 and i % 100 = 11..14",
    },
    "en": {"one": "i = 1 and v = 0"},
}


@cache
def _plural_rule(lang: Lang) -> Any:
    from babel.plural import PluralRule

    return PluralRule(_RULES[lang])


@lru_cache(maxsize=4096)
def _entry(lang: Lang, key: str) -> object:
    name, *parts = key.split(".")
    node: object = room(lang, name)
    for part in parts:
        if not isinstance(node, Mapping) or part not in node:
            raise KeyError(key)
        node = node[part]
    if isinstance(node, Mapping) and not set(node) <= _PLURALS:
        raise KeyError(key)
    return node


@cache
def room(lang: Lang, name: str) -> Mapping[str, Any]:
    """The texts of one file: a run speaks the words of a few. KeyError for an unknown one."""
    file = resources.files(__name__) / lang / f"{name}.yaml"
    if not file.is_file():
        raise KeyError(name)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text("utf-8"), Loader=loader) or {}  # noqa: S506


def catalogue(lang: Lang) -> Mapping[str, Any]:
    """All texts of one language: file name -> its content."""
    names = (entry.name for entry in (resources.files(__name__) / lang).iterdir())
    return {
        name.removesuffix(".yaml"): room(lang, name.removesuffix(".yaml")) for name in names if name.endswith(".yaml")
    }
