"""Formulas that Excel and Google read the same, and how each writes them. All others go over as their values.

A formula counts as the same when all its functions mean the same in both, it points at cells of sheets that go along, and
no range stands where one program would take one cell of it and the other all (implicit intersection against arrays).
Sources: Google's function list, Excel's function reference; ECMA-376 part 1, 18.17 (grammar). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import TokenizerError

from sheets_crm.books.google.looks import has_decimal_comma


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SCALARS = _words(
    "IF IFERROR IFNA IFS SWITCH AND OR NOT XOR TRUE FALSE ISBLANK ISNUMBER ISTEXT ISERROR ISERR ISNA ISLOGICAL ISEVEN ISODD"
    " ROUND ROUNDUP ROUNDDOWN INT TRUNC ABS MOD SIGN SQRT POWER EXP LN LOG LOG10 PI CEILING FLOOR MROUND EVEN ODD QUOTIENT"
    " LEFT RIGHT MID LEN TRIM UPPER LOWER PROPER CONCATENATE CONCAT SUBSTITUTE REPLACE FIND SEARCH EXACT REPT CHAR CODE T N"
    " DATE YEAR MONTH DAY HOUR MINUTE SECOND WEEKDAY TODAY NOW EDATE EOMONTH DAYS DATEDIF TIME DAYS360 YEARFRAC"
    " CHOOSE ROW COLUMN HYPERLINK PMT FV PV NPER RATE"
)
_OVER_RANGES = _words(
    "SUM AVERAGE AVERAGEA MIN MAX COUNT COUNTA COUNTBLANK SUMIF SUMIFS COUNTIF COUNTIFS AVERAGEIF AVERAGEIFS MAXIFS MINIFS"
    " VLOOKUP HLOOKUP LOOKUP INDEX MATCH XLOOKUP XMATCH SUMPRODUCT PRODUCT MEDIAN MODE LARGE SMALL RANK STDEV VAR SUMSQ"
    " SUBTOTAL ROWS COLUMNS TEXTJOIN NETWORKDAYS WORKDAY AND OR CONCAT PERCENTILE QUARTILE NPV IRR"
)
_ARRAYS = frozenset({"SUMPRODUCT"})  # within it both programs reckon with whole ranges
VOLATILE = re.compile(r"\b(TODAY|NOW)\(", re.IGNORECASE)
_PREFIX = re.compile(r"^(_xlfn\.|_xlws\.)+", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>[^\W\d][\w.]*))!)?"
    r"(?P<cells>\$?[A-Z]{1,3}\$?\d{1,7}(?::\$?[A-Z]{1,3}\$?\d{1,7})?|\$?[A-Z]{1,3}:\$?[A-Z]{1,3}|\$?\d{1,7}:\$?\d{1,7})",
    re.IGNORECASE,
)
_PIECES = re.compile(r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|.", re.DOTALL)
_SPACE = {"WHITE-SPACE"}


def is_same(formula: str, sheets: Collection[str]) -> bool:
    """Do both programs read it the same? sheets: folded names of those that go along. formula: see `model.Formula`."""
    items = _tokens(formula)
    opened = sum({"OPEN": 1, "CLOSE": -1}.get(item.subtype, 0) for item in items)
    return bool(items) and not opened and all(_fits(items, at, sheets) for at in range(len(items)))


def is_volatile(formula: str) -> bool:
    """Does its value depend on the moment?"""
    return VOLATILE.search(formula) is not None


def for_google(formula: str, locale: str) -> str:
    """As a spreadsheet of this locale takes it, with `=`. Only for what `is_same`."""
    return "=" + "".join(_written(formula, comma=has_decimal_comma(locale)))


def for_excel(formula: str) -> str:
    """As an .xlsx takes it, with `=`, but for the prefixes of newer functions. Only for what `is_same`."""
    return "=" + "".join(_written(formula, comma=False))


def from_google(formula: str, locale: str) -> str:
    """A formula of a spreadsheet as `model.Formula` has it; "" for what can't be read otherwise (arrays in braces)."""
    text = formula.removeprefix("=").strip()
    pieces = _PIECES.findall(text)
    if any(piece in "{}\\" for piece in pieces):
        return ""
    if has_decimal_comma(locale):
        pieces = [{",": ".", ";": ","}.get(piece, piece) for piece in pieces]
    return "".join(pieces)


@lru_cache(maxsize=512)
def _tokens(formula: str) -> tuple[Any, ...]:
    """Tokens without spaces; () for what is no formula."""
    try:
        items = Tokenizer(f"={formula}").items
    except (TokenizerError, IndexError, ValueError):
        return ()
    return tuple(item for item in items if item.type not in _SPACE)


def _fits(items: Sequence[Any], at: int, sheets: Collection[str]) -> bool:
    item = items[at]
    if item.type == "FUNC":
        return item.subtype == "CLOSE" or _name(item) in _SCALARS | _OVER_RANGES
    if item.type == "OPERAND":
        return _operand_fits(items, at, sheets)
    if item.type == "OPERATOR-INFIX":
        return item.value not in {" ", ","}  # of intersection and union
    return item.type in {"SEP", "PAREN", "OPERATOR-PREFIX", "OPERATOR-POSTFIX"} and item.value not in {";", "@"}


def _operand_fits(items: Sequence[Any], at: int, sheets: Collection[str]) -> bool:
    item = items[at]
    if item.subtype == "TEXT":
        return not item.value.startswith('"#')  # a link within the workbook: each program has its own
    if item.subtype != "RANGE":
        return item.subtype in {"NUMBER", "LOGICAL"}
    found = _RANGE.fullmatch(item.value)
    if found is None:
        return False
    if (sheet := _sheet(found)) is not None and sheet.casefold() not in sheets:
        return False
    return ":" not in found["cells"] or _is_taken_whole(items, at)


def _sheet(found: re.Match[str]) -> str | None:
    quoted: str | None = found["quoted"]
    return quoted.replace("''", "'") if quoted is not None else found["bare"]


def _is_taken_whole(items: Sequence[Any], at: int) -> bool:
    """Is a range all of one argument of a function that takes ranges, or anywhere within one that reckons with them?"""
    around = list(_functions_around(items, at))
    if any(name in _ARRAYS for name in around):
        return True
    if not around or around[0] not in _OVER_RANGES:
        return False
    before, after = items[at - 1], items[at + 1] if at + 1 < len(items) else None
    starts = before.type == "SEP" or (before.type == "FUNC" and before.subtype == "OPEN")
    return starts and after is not None and (after.type == "SEP" or (after.type == "FUNC" and after.subtype == "CLOSE"))


def _functions_around(items: Sequence[Any], at: int) -> Iterator[str]:
    """From the innermost outwards; a bare bracket counts as a function of no name."""
    depth = 0
    for item in reversed(items[:at]):
        if item.type not in {"FUNC", "PAREN"}:
            continue
        depth += 1 if item.subtype == "CLOSE" else -1
        if depth < 0:
            depth = 0
            yield _name(item) if item.type == "FUNC" else ""


def _name(item: Any) -> str:
    return _PREFIX.sub("", item.value).rstrip("(").strip().upper()


def _written(formula: str, *, comma: bool) -> Iterator[str]:
    for item in _tokens(formula):
        if item.type == "FUNC" and item.subtype == "OPEN":
            yield f"{_name(item)}("
        elif item.type == "SEP" and comma:
            yield ";"
        elif item.subtype == "NUMBER" and comma:
            yield item.value.replace(".", ",")
        elif item.subtype == "RANGE" and (found := _RANGE.fullmatch(item.value)) and (sheet := _sheet(found)):
            quoted = sheet.replace("'", "''")
            yield f"'{quoted}'!{found['cells']}"
        else:
            yield item.value
