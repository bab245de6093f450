"""The order and the filter that people set on a table of ours, put on its new rows.

A filter whose meaning is not certain here (by colour, top ten, "this week", rounded numbers) is dropped rather than
guessed: then all rows show and nothing is hidden by mistake. Writes nothing.
Source: ECMA-376 part 1, 18.3.2 (filters) and 18.3.1.91-92 (sorting).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from sheets_crm.books.excel.carry import OldTable, area_of
from sheets_crm.books.excel.workbook import is_true
from sheets_crm.books.excel.xmlsplice import Element, quote
from sheets_crm.books.tab import TabColumn, Table
from sheets_crm.cells import letter

_DATE_PARTS = ("year", "month", "day")
_EPOCH_1970 = 25_569
_SHIFT_1904 = 1_462
_COMPARE: dict[str, Callable[[pl.Expr, float], pl.Expr]] = {
    "equal": lambda cell, value: cell == value,
    "notEqual": lambda cell, value: (cell != value) | cell.is_null(),
    "greaterThan": lambda cell, value: cell > value,
    "greaterThanOrEqual": lambda cell, value: cell >= value,
    "lessThan": lambda cell, value: cell < value,
    "lessThanOrEqual": lambda cell, value: cell <= value,
}


@dataclass(frozen=True)
class Arranged:
    """A table with its rows in people's order, and what its part says about it. `order`: new position -> old one."""

    table: Table
    filter: str = ""
    sort: str = ""
    hidden: pl.Series | None = None
    order: pl.Series | None = None


def arrange(table: Table, titles: tuple[str, ...], old: OldTable, *, date_1904: bool) -> Arranged:
    """The table as people had arranged the old one; columns are known again by their titles."""
    if not table.height:
        return Arranged(table)
    places = {i: titles.index(title) for i, title in enumerate(old.titles) if title in titles}
    ordered, sort, order = _sorted(table, old, places)
    return replace(_filtered(ordered, old, places, date_1904=date_1904), sort=sort, order=order)


# ---- order


def _sorted(table: Table, old: OldTable, places: dict[int, int]) -> tuple[Table, str, pl.Series | None]:
    keys = _sort_keys(old, places)
    if not keys:
        return table, "", None
    frame = pl.DataFrame({str(i): _sort_key(table.columns[index]) for i, (index, _) in enumerate(keys)})
    down = [descending for _, descending in keys]
    order = frame.select(
        pl.arg_sort_by(frame.columns, descending=down, nulls_last=True, maintain_order=True).alias("order")
    ).to_series()
    columns = tuple(
        replace(
            column,
            values=column.values.gather(order),
            links=None if column.links is None else column.links.gather(order),
        )
        for column in table.columns
    )
    top, bottom = table.row + 2, table.row + 1 + table.height
    first, last = letter(table.column), letter(table.column + len(table.columns) - 1)
    conditions = ""
    for index, descending in keys:
        name = letter(table.column + index)
        flag = ' descending="1"' if descending else ""
        conditions += f'<sortCondition{flag} ref="{name}{top}:{name}{bottom}"/>'
    text = f'<sortState ref="{first}{top}:{last}{bottom}">{conditions}</sortState>'
    return replace(table, columns=columns), text, order


def _sort_keys(old: OldTable, places: dict[int, int]) -> list[tuple[int, bool]]:
    """(column, descending) of each condition; nothing when any of them is not a plain sort by value."""
    if old.sort is None or is_true(old.sort.attrs.get("columnSort")):
        return []
    keys = []
    for each in old.sort.children:
        area = area_of(each.attrs.get("ref", ""))
        plain = each.local == "sortCondition" and each.attrs.get("sortBy", "value") == "value"
        if not plain or "customList" in each.attrs or area is None or area[1] - old.column not in places:
            return []
        keys.append((places[area[1] - old.column], is_true(each.attrs.get("descending"))))
    return keys


def _sort_key(column: TabColumn) -> pl.Series:
    """Text compares without case and with \u0451 as \u0435; empty text is empty."""
    if column.values.dtype != pl.String:
        return column.values
    text = column.values.str.to_lowercase().str.replace_all("\u0451", "\u0435")
    return text.set(text == "", None)


# ---- filter


def _filtered(table: Table, old: OldTable, places: dict[int, int], *, date_1904: bool) -> Arranged:
    shown, texts = pl.lit(value=True), {}
    frame = pl.DataFrame([column.values.alias(str(i)) for i, column in enumerate(table.columns)])
    for each in old.filters:
        number = each.attrs.get("colId", "")
        index = places.get(int(number)) if number.isdigit() else None
        if index is None:
            continue
        rule = _rule(each, table.columns[index], pl.col(str(index)), date_1904=date_1904)
        if rule is not None:
            shown &= rule
            texts[index] = _text(each, index)
    if not texts:
        return Arranged(table)
    hidden = frame.select((~shown.fill_null(value=False)).alias("hidden")).to_series()
    if len(hidden) != table.height:
        hidden = hidden.new_from_index(0, table.height)
    return Arranged(table, filter="".join(texts[index] for index in sorted(texts)), hidden=hidden)


def _rule(each: Element, column: TabColumn, cell: pl.Expr, *, date_1904: bool) -> pl.Expr | None:
    """Which rows a filter shows; None when that can't be told for certain."""
    if len(each.children) != 1:
        return None
    inner = each.children[0]
    if inner.local == "filters":
        return _listed(inner, column, cell)
    if inner.local != "customFilters" or not inner.children:
        return None
    rules = [_custom(one, column, cell, date_1904=date_1904) for one in inner.children]
    if any(rule is None for rule in rules):
        return None
    known = [rule for rule in rules if rule is not None]
    return pl.all_horizontal(known) if is_true(inner.attrs.get("and")) else pl.any_horizontal(known)


def _listed(inner: Element, column: TabColumn, cell: pl.Expr) -> pl.Expr | None:
    """Values ticked in a list."""
    dtype = column.values.dtype
    values = [one.attrs.get("val", "") for one in inner.children if one.local == "filter"]
    groups = [one for one in inner.children if one.local == "dateGroupItem"]
    if len(values) + len(groups) != len(inner.children):
        return None
    blank = cell.is_null() | (cell == "") if dtype == pl.String else cell.is_null()
    rules = [blank if is_true(inner.attrs.get("blank")) else pl.lit(value=False)]
    if values:
        if dtype == pl.String:
            rules.append(cell.str.to_lowercase().is_in([value.lower() for value in values]))
        elif dtype.is_integer() and column.style.format in (None, "0") and all(_number(v) is not None for v in values):
            rules.append(cell.cast(pl.Float64).is_in([_number(value) for value in values]))
        else:
            return None
    for group in groups:
        rule = _date_group(group, dtype, cell)
        if rule is None:
            return None
        rules.append(rule)
    return pl.any_horizontal([rule.fill_null(value=False) for rule in rules])


def _date_group(group: Element, dtype: pl.DataType, cell: pl.Expr) -> pl.Expr | None:
    grouping = group.attrs.get("dateTimeGrouping", "")
    if dtype != pl.Date or grouping not in _DATE_PARTS:
        return None
    rules = []
    for part in _DATE_PARTS[: _DATE_PARTS.index(grouping) + 1]:
        value = group.attrs.get(part, "")
        if not value.isdigit():
            return None
        rules.append({"year": cell.dt.year, "month": cell.dt.month, "day": cell.dt.day}[part]() == int(value))
    return pl.all_horizontal(rules)


def _custom(one: Element, column: TabColumn, cell: pl.Expr, *, date_1904: bool) -> pl.Expr | None:
    """One comparison: numbers and days by any operator, text by equality with `*` and `?`."""
    operator, value, dtype = one.attrs.get("operator", "equal"), one.attrs.get("val", ""), column.values.dtype
    if operator == "notEqual" and not value.strip():
        return cell.is_not_null() & (cell != "") if dtype == pl.String else cell.is_not_null()
    if dtype == pl.String:
        if operator not in {"equal", "notEqual"}:
            return None
        same = cell.str.contains(_wildcards(value)).fill_null(value=False)
        return same if operator == "equal" else ~same
    number = _number(value)
    if number is None or operator not in _COMPARE or dtype == pl.Boolean:
        return None
    if dtype == pl.Date:
        cell = cell.to_physical() + _EPOCH_1970 - (_SHIFT_1904 if date_1904 else 0)
    elif not dtype.is_numeric():
        return None
    return _COMPARE[operator](cell.cast(pl.Float64), number)


def _wildcards(value: str) -> str:
    """Excel's `*`, `?` and `~` as a regular expression over the whole text."""
    out, literal = "", False
    for char in value:
        if literal:
            out, literal = out + re.escape(char), False
        elif char == "~":
            literal = True
        else:
            out += {"*": ".*", "?": "."}.get(char) or re.escape(char)
    return f"(?is)^{out}$"


def _number(value: str) -> float | None:
    return float(value) if re.fullmatch(r"-?\d+(?:\.\d+)?", value) else None


def _text(each: Element, index: int) -> str:
    """A filter as XML without prefixes, at its new column."""
    kept = {name: value for name, value in each.attrs.items() if name != "colId" and not name.startswith("{")}
    return _serialised("filterColumn", {"colId": str(index), **kept}, each)


def _serialised(local: str, attrs: dict[str, str], element: Element) -> str:
    head = "".join(f" {name}={quote(value)}" for name, value in attrs.items())
    inner = "".join(
        _serialised(c.local, {k: v for k, v in c.attrs.items() if not k.startswith("{")}, c) for c in element.children
    )
    return f"<{local}{head}>{inner}</{local}>" if inner else f"<{local}{head}/>"
