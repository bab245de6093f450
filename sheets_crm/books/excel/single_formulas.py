"""Which formulas still mean the same when their sheet stands alone: those that name nothing outside it.

A formula that can't be told for certain counts as one that does. Pure.
Source: ECMA-376 part 1, 18.17 (formulas).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterable, Sequence

from sheets_crm.books.excel.workbook import MARKER, Name

_TEXT = re.compile(r'"(?:[^"]|"")*"')
_SHEET = re.compile(r"('(?:[^']|'')+'|[^\s!'\"(),;:+\-*/^&=<>{}]+(?::[^\s!'\"(),;:+\-*/^&=<>{}]+)?)!")
_COLUMNS = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]")
_WORD = re.compile(r"[^\W\d][\w.\\]*")
_FUNCTION = re.compile(r"([^\W\d][\w.]*)\s*\(")
_ELSEWHERE = re.compile(r"\b(?:INDIRECT|GETPIVOTDATA|CUBE\w+|RTD|WEBSERVICE|EXTERNALDATA|SHEETS?)\s*\(", re.IGNORECASE)


class Own:
    """Tells formulas that name only this sheet.

    sheet: its name. foreign: names and tables, in lower case, that will not be there.
    functions: the functions there are, where others than Excel's own may be called; None for all.
    """

    def __init__(self, sheet: str, foreign: Collection[str], functions: Collection[str] | None = None) -> None:
        self._sheet = sheet.casefold()
        self._foreign = frozenset(foreign)
        self._functions = functions

    def __call__(self, formula: str) -> bool:
        """Does the formula, as XML holds it, name this sheet alone?"""
        text = _TEXT.sub('""', html.unescape(formula))
        for found in _SHEET.finditer(text):
            name = found[1]
            plain = name[1:-1].replace("''", "'") if name.startswith("'") else name
            if plain.casefold() != self._sheet:
                return False
        text = _SHEET.sub("", text)
        bare = _COLUMNS.sub("", text)
        if "#REF" in text or "[" in bare or _ELSEWHERE.search(bare):
            return False
        if any(word.casefold() in self._foreign for word in _WORD.findall(bare)):
            return False
        return self._functions is None or all(self._is_known(name) for name in _FUNCTION.findall(bare))

    def _is_known(self, function: str) -> bool:
        assert self._functions is not None
        return function.upper().removeprefix("_XLFN.").removeprefix("_XLWS.") in self._functions


def kept_names(
    names: Sequence[Name], index: int, own_of: Callable[[Iterable[str]], Own], tables: Iterable[str]
) -> tuple[list[Name], Own]:
    """The defined names that still mean something when the sheet at `index` is alone, and what tells its formulas.

    own_of: makes the judge for these foreign words. tables: in lower case, of other sheets.
    """
    kept = [
        name
        for name in names
        if name.local in {None, str(index)} and not name.name.casefold().startswith(MARKER) and name.text.strip()
    ]
    while True:
        there = {name.name.casefold() for name in kept}
        gone = {name.name.casefold() for name in names} - there
        own = own_of(gone | set(tables))
        still = [name for name in kept if own(html.escape(name.text, quote=False))]
        if len(still) == len(kept):
            return kept, own
        kept = still
