"""One cell of a request onto one cell of a sheet, by the mask: what is named and absent is cleared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.google.emulator import masks
from tests.google.emulator.errors import Refused
from tests.google.emulator.formula import broken, wrong_separator
from tests.google.emulator.model import MAX_TEXT, NOTHING, Failure, Json, More, number, shared

Content = tuple[Any, More]
Writer = Callable[[Any, More, Json], Content]
_OWN = {"userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns"}
_READ_ONLY = {"effectiveValue", "effectiveFormat", "formattedValue", "hyperlink"}


def writer(fields: str | None, locale: str) -> Writer:
    """A function (value, rest, CellData) -> (value, rest) for a mask of CellData. Refused for what cannot be written."""
    mask = masks.for_update("CellData", fields) or {name: {} for name in _OWN}
    names = set(mask) - _READ_ONLY
    unknown = names - _OWN
    if unknown:
        raise Refused(f"The emulator does not write {min(unknown)}.")
    value_named, looks = "userEnteredValue" in names, mask.get("userEnteredFormat")
    rest = names - {"userEnteredValue", "userEnteredFormat"}

    def write(value: Any, more: More, cell: Json) -> Content:
        if value_named:
            value, formula = entered(cell.get("userEnteredValue"), locale)
            more = more._replace(formula=formula, live=formula is not None)
        if looks is not None:
            more = more._replace(format=formatted(more.format, cell.get("userEnteredFormat"), looks))
        return value, (_rest(more, cell, rest, locale) if rest else more)

    return write


def entered(wanted: Json | None, locale: str) -> tuple[Any, str | None]:
    """The value and formula of an ExtendedValue. Text stays text, whatever it begins with."""
    if not wanted:
        return None, None
    (kind, value), *_ = wanted.items()
    if kind == "stringValue":
        if len(value) > MAX_TEXT:
            raise Refused(f"Your input contains more than the maximum of {MAX_TEXT} characters in a single cell.")
        return value or None, None
    if kind == "numberValue":
        return number(value), None
    if kind == "boolValue":
        return value, None
    if kind == "formulaValue":
        check_formula(value, locale)
        return Failure("LOADING", "#LOADING!"), value
    raise Refused("Cannot set an error value in a cell.")


def check_formula(formula: str, locale: str) -> None:
    """Refused unless it begins with =, closes its brackets, and separates as the spreadsheet's locale does."""
    if not formula.startswith("=") or len(formula) < 2:
        raise Refused(f"Invalid formula: {formula}. A formula must begin with '='.")
    if wrong_separator(formula, locale) or broken(formula):
        raise Refused(f"Invalid formula: {formula}. Formula parse error.")


def formatted(old: Json | None, wanted: Json | None, looks: masks.Mask) -> Json | None:
    """A cell's format after an update of some of it."""
    found = masks.update(old or {}, wanted or {}, looks) if looks else wanted or {}
    _check_format(found)
    return shared(found)


def _check_format(wanted: Json) -> None:
    kind = wanted.get("numberFormat")
    if kind is not None and kind.get("type", "NUMBER_FORMAT_TYPE_UNSPECIFIED") == "NUMBER_FORMAT_TYPE_UNSPECIFIED":
        raise Refused("Invalid number format: a type must be specified.")


def _rest(more: More, cell: Json, names: set[str], locale: str) -> More:
    if "note" in names:
        more = more._replace(note=cell.get("note") or None)
    if "dataValidation" in names:
        more = more._replace(validation=check_validation(cell.get("dataValidation"), locale))
    if "textFormatRuns" in names:
        runs = cell.get("textFormatRuns")
        starts = [run.get("startIndex", 0) for run in runs or []]
        if starts != sorted(set(starts)):
            raise Refused("textFormatRuns must be in order of their startIndex, each once.")
        more = more._replace(runs=tuple(runs) if runs else None)
    return more


def cleared_looks(more: More) -> More:
    """A cell without format, note, drop-down and runs."""
    return NOTHING._replace(formula=more.formula, live=more.live)


VALIDATION_ONLY = {"ONE_OF_LIST", "ONE_OF_RANGE", "BOOLEAN", "TEXT_IS_EMAIL", "TEXT_IS_URL", "DATE_IS_VALID"}
_VALUE_COUNTS = {
    **dict.fromkeys(("BLANK", "NOT_BLANK", "TEXT_IS_EMAIL", "TEXT_IS_URL", "DATE_IS_VALID"), (0, 0)),
    **dict.fromkeys(("NUMBER_BETWEEN", "NUMBER_NOT_BETWEEN", "DATE_BETWEEN", "DATE_NOT_BETWEEN"), (2, 2)),
    "BOOLEAN": (0, 2),
}


def check_count(condition: Json) -> None:
    """Refused when a condition has more or fewer values than its type takes."""
    low, high = _VALUE_COUNTS.get(condition["type"], (1, 1))
    if not low <= len(condition.get("values", [])) <= high:
        raise Refused(f"{condition['type']} requires {low if low == high else f'{low} to {high}'} ConditionValue(s).")


def check_validation(rule: Json | None, locale: str) -> Json | None:
    """A drop-down or check as it is kept. Refused where its condition does not hold together."""
    if rule is None:
        return None
    condition = rule.get("condition") or {}
    kind, values = condition.get("type"), condition.get("values", [])
    if kind is None:
        raise Refused("A data validation rule must have a condition type.")
    if kind == "ONE_OF_LIST":
        texts = [item.get("userEnteredValue", "") for item in values]
        if not texts:
            raise Refused("ONE_OF_LIST requires at least one value.")
        if len(texts) > 500:
            raise Refused("ONE_OF_LIST supports at most 500 values.")
    if kind not in {"ONE_OF_LIST", "CONDITION_TYPE_UNSPECIFIED"}:
        check_count(condition)
    if kind == "CUSTOM_FORMULA":
        for item in values:
            check_formula(item.get("userEnteredValue", ""), locale)
    return shared(rule)
