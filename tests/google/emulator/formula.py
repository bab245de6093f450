"""Formulas, a little of them: is the separator right for the locale, which cells do they read, what do they give.

Knows the everyday functions; a formula it does not know keeps the value that came with it, or shows #NAME?.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from tests.google.emulator.evaluate import evaluate
from tests.google.emulator.model import Document, More, Row, Sheet
from tests.google.emulator.places import column_of, letters
from tests.google.emulator.rendering import comma_locale

_STRINGS = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'!?')
_REFERENCE = re.compile(
    r"(?P<skip>\"(?:[^\"]|\"\")*\")|(?P<sheet>(?:'(?:[^']|'')*'|[^\W\d][\w.]*)!)?"
    r"(?<![\w.])(?P<c>\$?[A-Z]{1,3})(?P<r>\$?[1-9]\d{0,6})(?![\w(!])"
)


@lru_cache(maxsize=4096)
def wrong_separator(formula: str, locale: str) -> bool:
    """Whether a formula uses the separators of another locale (a comma between arguments where commas are decimal)."""
    bare = _STRINGS.sub("X", formula)
    if comma_locale(locale):
        return bool(re.search(r"(?<!\d),|,(?!\d)", bare) or re.search(r"\d\.\d", bare))
    return bool(re.search(r"\d;\d*,\d+;", bare))


def localised(formula: str, locale: str) -> str:
    """A formula of an .xlsx (commas between arguments, decimal points) as it stands in a spreadsheet of the locale."""
    if not comma_locale(locale):
        return formula
    pieces = re.split(r'("(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'!?)', formula)
    return "".join(
        piece if index % 2 else re.sub(r"(?<=\d)\.(?=\d)", ",", piece.replace(",", ";"))
        for index, piece in enumerate(pieces)
    )


@lru_cache(maxsize=4096)
def broken(formula: str) -> bool:
    """Whether brackets or quotes do not close."""
    bare = _STRINGS.sub("X", formula)
    return '"' in bare or bare.count("(") != bare.count(")") or bool(re.search(r"[-+*/^&=<>;,(]\s*$", bare))


def names_other_sheet(formula: str) -> bool:
    """Whether a formula points to a sheet by name (a rule cannot, except through INDIRECT)."""
    return "!" in re.sub(r'"(?:[^"]|"")*"', "", formula)


def recalculate(doc: Document) -> None:
    """Compute every formula that is ours to compute; twice, so that simple chains settle."""
    places = [
        (sheet, index)
        for sheet in doc.sheets
        for index, row in enumerate(sheet.rows)
        if row.more and any(more.live for more in row.more.values())
    ]
    for _ in range(2 if places else 0):
        changed = False
        for sheet, index in places:
            changed |= _recalculate_row(doc, sheet, index)
        if not changed:
            return


def _recalculate_row(doc: Document, sheet: Sheet, index: int) -> bool:
    found: dict[int, tuple[Any, More | None]] = {}
    for column, more in sheet.row(index).more.items():
        if more.live and more.formula:
            value = evaluate(doc, sheet, more.formula, index, column)
            if value != sheet.value(index, column) or type(value) is not type(sheet.value(index, column)):
                found[column] = (value, more)
    if found:
        sheet.put_row(index, found)
    return bool(found)


def shift(doc: Document, sheet: Sheet, dimension: str, at: int, count: int) -> None:
    """Rewrite references to the sheet after rows or columns came (count > 0) or went."""
    for other in doc.sheets:
        for index, row in enumerate(other.rows):
            if row.more and any(more.formula for more in row.more.values()):
                other.rows[index] = Row(row.values, _shifted(row.more, other, sheet, (dimension, at, count)))


def _shifted(cells: dict[int, More], on: Sheet, sheet: Sheet, by: tuple[str, int, int]) -> dict[int, More]:
    return {
        column: more._replace(formula=_moved(more.formula, on, sheet, by)) if more.formula else more
        for column, more in cells.items()
    }


def _moved(formula: str, on: Sheet, sheet: Sheet, by: tuple[str, int, int]) -> str:
    dimension, at, count = by

    def one(found: re.Match[str]) -> str:
        if found["skip"]:
            return found[0]
        named = found["sheet"]
        title = named[:-1].strip("'").replace("''", "'") if named else on.title
        if title.casefold() != sheet.title.casefold():
            return found[0]
        column, row = found["c"], found["r"]
        if dimension == "ROWS":
            index = _index(int(row.lstrip("$")) - 1, at, count)
            row = ("$" if row.startswith("$") else "") + str(index + 1) if index is not None else None
        else:
            index = _index(column_of(column.lstrip("$")), at, count)
            column = ("$" if column.startswith("$") else "") + letters(index) if index is not None else None
        return "#REF!" if index is None else f"{named or ''}{column}{row}"

    return _REFERENCE.sub(one, formula)


def _index(index: int, at: int, count: int) -> int | None:
    if count > 0:
        return index + count if index >= at else index
    if at <= index < at - count:
        return None
    return index + count if index >= at - count else index
