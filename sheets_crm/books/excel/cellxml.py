"""Cells as XML: a column of values becomes a column of `<c>` texts at once, without a Python call per cell.

Every value is written as what it is; text is always text (an inline string), never a formula.
Knows nothing of tabs and tables. Source: ECMA-376 part 1, 18.3.1.4 (cells) and 22.9.2.19 (`_xHHHH_`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from sheets_crm.books.excel.dialect import MAX_TEXT
from sheets_crm.books.tab import Plain
from sheets_crm.cells import letter

_RARE = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
_SPECIAL = (
    r"(?m)[&<>\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x|^\s|\s$"  # most texts hold none of these, and stand as they are
)
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH_1970 = 25_569  # 1 January 1970 as days since 30 December 1899
_SHIFT_1904 = 1_462
_FIRST_SOUND_DAY = 61  # 1 March 1900: before it Excel counts a 29 February that never was
_DAY_US = 86_400_000_000


def text_of(value: str) -> str:
    """Text as Excel spells it: what can't stand in XML as `_xHHHH_`, what looks like such a spelling escaped, at most
    32,767 UTF-16 units; line breaks as Excel has them.
    """
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = _LOOKS_ESCAPED.sub("_x005F_", value)
    value = _ILLEGAL.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
    if len(value) <= MAX_TEXT // 2:
        return value
    units = value.encode("utf-16-le")
    if len(units) <= MAX_TEXT * 2:
        return value
    return units[: (MAX_TEXT - 1) * 2].decode("utf-16-le", "ignore") + "\u2026"


def _is_plain(values: pl.Series) -> bool:
    """Can all texts stand between tags as they are: nothing to escape or to cut, no spaces at an end to be preserved?

    One look over all of them together: a look at each would cost ten times more. It may find too much, never too little.
    """
    longest: Any = values.str.len_bytes().max() or 0
    return longest <= MAX_TEXT // 2 and not values.str.join("\n").str.contains(_SPECIAL).any()


def escaped(values: pl.Series) -> pl.Series:
    """A String series ready to stand between tags."""
    return values if _is_plain(values) else _mended(values)


def _mended(values: pl.Series) -> pl.Series:
    """Texts of which some must be escaped or cut. Only the rare ones that need it are looked at one by one."""
    odd = values.str.contains(_RARE) | (values.str.len_bytes() > MAX_TEXT // 2)
    if odd.any():
        fixed = pl.Series([None if v is None else text_of(v) for v in values.filter(odd).to_list()], dtype=pl.String)
        places = odd.fill_null(value=False).arg_true()
        values = values.clone().scatter(places, fixed)
    if not values.str.contains("[&<>]").any():
        return values
    return values.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"])


def attribute(values: pl.Series) -> pl.Series:
    """A String series ready to stand between double quotes."""
    values = escaped(values)
    return values.str.replace_many(['"', "\n", "\t"], ["&quot;", "&#10;", "&#9;"])


def row_cells(columns: Sequence[tuple[int, pl.Series, int]], rows: pl.Series, *, date_1904: bool) -> pl.Series:
    """`<c>` texts of whole rows, one text a row: all columns in one pass.

    columns: (place, values, style), by place. rows: the rows' numbers as people see them, as text. Null: an empty cell of
    that style, or nothing at all where the style is the default.
    """
    series = {"row": rows}
    parts: list[pl.Expr | str] = []
    for place, given, style in columns:
        name = str(place)
        values = given.cast(pl.String) if given.dtype in (pl.Categorical, pl.Enum) else given
        is_plain = values.dtype != pl.String or _is_plain(values)
        series[name] = (values if is_plain else _mended(values)).alias(name)
        parts += _cell(series[name], place, style, is_plain=is_plain, date_1904=date_1904)
    return pl.DataFrame(series).select(pl.concat_str(_joined(parts)).alias("c")).to_series()


def _cell(values: pl.Series, column: int, style: int, *, is_plain: bool, date_1904: bool) -> list[pl.Expr | str]:
    """The pieces of one column's cells; literal pieces as plain text."""
    look = f' s="{style}"' if style else ""
    reference: list[pl.Expr | str] = [f'<c r="{letter(column)}', pl.col("row")]
    opening, inner, close = _typed(pl.col(values.name), values.dtype, look, is_plain=is_plain, date_1904=date_1904)
    if _all_filled(values):
        return [*reference, opening, inner, close]
    filled = pl.concat_str(_joined([opening, inner, close]))
    if style:
        return [*reference, pl.coalesce(filled, pl.lit(f'"{look}/>'))]
    return [pl.coalesce(pl.concat_str(_joined([*reference, filled])), pl.lit(""))]


def _all_filled(values: pl.Series) -> bool:
    """Has every row something to write, whatever its type?"""
    if values.null_count():
        return False
    if values.dtype == pl.String:
        return not (values == "").any()
    return not values.dtype.is_float() or bool(values.is_finite().all())


def _joined(parts: Sequence[pl.Expr | str]) -> list[pl.Expr]:
    """Pieces as expressions, neighbouring literals as one."""
    found: list[pl.Expr] = []
    words = ""
    for part in parts:
        if isinstance(part, str):
            words += part
            continue
        found += [pl.lit(words), part] if words else [part]
        words = ""
    return [*found, pl.lit(words)] if words else found


def _typed(
    value: pl.Expr, dtype: pl.DataType, look: str, *, is_plain: bool, date_1904: bool
) -> tuple[str, pl.Expr, str]:
    """What follows the cell's reference, for values of a type; the middle is null where there is nothing to write."""
    if dtype == pl.String:
        space = "" if is_plain else ' xml:space="preserve"'
        return f'"{look} t="inlineStr"><is><t{space}>', pl.when(value != "").then(value), "</t></is></c>"
    if dtype == pl.Boolean:
        return f'"{look} t="b"><v>', value.cast(pl.UInt8).cast(pl.String), "</v></c>"
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return "", _day(value, dtype, look, date_1904=date_1904), "</c>"
    if dtype.is_float():
        value = pl.when(value.is_finite()).then(value)
    return f'"{look}><v>', value.cast(pl.String), "</v></c>"


def _day(value: pl.Expr, dtype: pl.DataType, look: str, *, date_1904: bool) -> pl.Expr:
    """A serial number in the workbook's epoch; a day before the epoch as text, for Excel has no such day."""
    if isinstance(dtype, pl.Datetime):
        serial = value.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_physical() / _DAY_US + _EPOCH_1970
    else:
        serial = value.to_physical() + _EPOCH_1970
    if date_1904:
        serial = serial - _SHIFT_1904
        first = 0
    else:
        serial = pl.when(serial < _FIRST_SOUND_DAY).then(serial - 1).otherwise(serial)
        first = 1
    number = pl.lit(f'"{look}><v>') + serial.cast(pl.String) + pl.lit("</v>")
    text = pl.lit(f'"{look} t="inlineStr"><is><t>') + value.cast(pl.String) + pl.lit("</t></is>")
    return pl.when(serial >= first).then(number).otherwise(text)


def one_cell(value: Plain, column: int, row: int, style: int, *, date_1904: bool) -> str:
    """One `<c>`; row as people see it. Plain numbers and texts are spelled here; days go the way of whole columns."""
    look = f' s="{style}"' if style else ""
    opening = f'<c r="{letter(column)}{row}"{look}'
    if value is None or value == "":
        return f"{opening}/>" if style else ""
    if isinstance(value, bool):
        return f'{opening} t="b"><v>{int(value)}</v></c>'
    if isinstance(value, str):
        text = text_of(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f'{opening} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    if isinstance(value, (int, Decimal)) or (isinstance(value, float) and math.isfinite(value)):
        return f"{opening}><v>{value}</v></c>"
    series = pl.Series("value", [value], dtype=dtype_of(value))
    return str(row_cells([(column, series, style)], pl.Series([str(row)]), date_1904=date_1904)[0])


def dtype_of(value: Plain) -> pl.DataType:
    """The type of the column that would hold the value."""
    if isinstance(value, bool):
        return pl.Boolean()
    if isinstance(value, datetime):
        return pl.Datetime("us")
    if isinstance(value, date):
        return pl.Date()
    if isinstance(value, Decimal):
        return pl.Decimal(38, 4)
    return {int: pl.Int64(), float: pl.Float64()}.get(type(value), pl.String())
