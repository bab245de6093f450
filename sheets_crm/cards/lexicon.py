"""Words that people write inside cells: months, currencies, yes and no, look-alike letters.

The words stand in lexicon.yaml beside this file; here they get the shapes that readers want. Sentences of ours are in `words`, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from sheets_crm.cards.text import fold


@dataclass(frozen=True)
class Habits:
    """How a country writes: its currency (ISO code), the order of day and month, the decimal sign."""

    currency: str
    date_order: Literal["dmy", "mdy"]
    decimal: Literal[",", "."]


@cache
def lexicon() -> dict[str, Any]:
    """The whole table, as it stands in the file."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = resources.files(__package__ or "sheets_crm.cards").joinpath("lexicon.yaml").read_text("utf-8")
    table: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader
    return table


@cache
def habits(country: str) -> Habits:
    """Habits of a country by its ISO code; euro, day first, decimal comma where we know nothing of it."""
    currency, order, decimal = lexicon()["countries"].get(country.upper(), ("EUR", "dmy", ","))
    return Habits(currency, order, decimal)


@cache
def folded(section: str) -> frozenset[str]:
    """The words of a plain list, folded."""
    return frozenset(fold(str(word)) for word in lexicon()[section])


@cache
def months() -> dict[str, int]:
    """Folded name or abbreviation of a month -> 1..12."""
    return {fold(word): number for number, words in enumerate(lexicon()["months"], 1) for word in words}


@cache
def currencies() -> dict[str, frozenset[str]]:
    """Folded sign or word -> ISO codes that it may stand for."""
    meanings: dict[str, set[str]] = {}
    for code, words in lexicon()["currencies"].items():
        for word in words:
            meanings.setdefault(fold(word), set()).add(code)
    return {word: frozenset(codes) for word, codes in meanings.items()}


@cache
def minor_units(currency: str) -> frozenset[str]:
    """Folded words for a hundredth of the currency."""
    return frozenset(fold(word) for word in lexicon()["minor"].get(currency, ()))
