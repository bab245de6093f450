"""Values from a list: stages and choices through their aliases, and consents (yes, no, or not known)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from sheets_crm.cards.lexicon import folded as words
from sheets_crm.cards.model import Parsed
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, without
from sheets_crm.cards.readers.plain import texts
from sheets_crm.cards.text import fold

NEAR = 75  # per cent of likeness from which a canonical name is suggested
_FIRST_WORD = re.compile(r"([+\u2713\u2714\u2611\u221a\u2705\u2717\u2718\u274c\u2610]|[^\W_]+(?:-[^\W_]+)*)")


def read_listed(cells: Cells, name: str, names: Mapping[str, str], *, open_list: bool = False) -> Parsed:
    """A column of listed values (String). `names`: folded name or alias -> canonical name.

    A value that is not listed is unknown_value and counts as blank; on an open list, and without any list, it stays as typed.
    """
    typed = texts(cells, lines=False)
    if not names:
        return finish(cells, {name: typed})
    values = mapped(typed, lambda text: names.get(fold(text)), pl.String)
    unknown = typed.is_not_null() & values.is_null()
    if not unknown.any():
        return finish(cells, {name: values})
    if open_list:
        return finish(cells, {name: typed.zip_with(unknown, values)})
    nearest = mapped(without(typed, ~unknown), lambda text: near_name(text, names), pl.String)
    return finish(cells, {name: values}, [Found("unknown_value", unknown, nearest)])


def near_name(text: str, names: Mapping[str, str]) -> str | None:
    """The canonical name whose name or alias is most like the text, None where nothing is like it."""
    from rapidfuzz import fuzz, process

    match = process.extractOne(fold(text), list(names), scorer=fuzz.WRatio, score_cutoff=NEAR)
    return names[match[0]] if match else None


def read_consents(cells: Cells, name: str, *, mark: bool) -> Parsed:
    """A column of consents (Boolean; null is not known).

    mark: the column says «do not contact», so whatever is typed there, unless it denies, is a refusal to be contacted (true).
    """
    typed = texts(cells, lines=False)
    if mark:
        return finish(cells, {name: mapped(typed, _marked, pl.Boolean)})
    values = mapped(typed, agreed, pl.Boolean)
    open_question = mapped(typed, lambda text: _whole(text) in words("not_known"), pl.Boolean)
    return finish(cells, {name: values}, [Found("unknown_value", values.is_null() & ~open_question)])


def agreed(text: str) -> bool | None:
    """Yes or no by the whole text, else by how it begins («да, устно», «не писать»); None when it says neither."""
    whole = _whole(text)
    if whole in words("not_known"):
        return None
    if whole in words("yes") or whole in words("no"):
        return whole in words("yes")
    if any(whole.startswith(phrase) for phrase in words("no_phrases")):
        return False
    match = _FIRST_WORD.match(whole)
    first = match[1] if match else ""
    if first in words("yes"):
        return True
    # «не» alone is a no, but «не спросил» is not.
    return False if first in words("no") and first not in words("no_only_alone") else None


def _whole(text: str) -> str:
    return fold(text).rstrip(".!")


def _marked(text: str) -> bool:
    return _whole(text) not in words("no_mark")
