"""Cells as XML: a column of values becomes a column of `<c>` texts at once, without a Python call per cell.

Every value is written as what it is; text is always text (an inline string), never a formula.
Knows nothing of tabs and tables. Source: ECMA-376 part 1, 18.3.1.4 (cells) and 22.9.2.19 (`_xHHHH_`).
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from decimal import Decimal

import polars as pl

from sheets_crm.books.excel.dialect import MAX_TEXT
from sheets_crm.books.tab import Plain
from sheets_crm.cells import letter

_RARE = r"[\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
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


def escaped(values: pl.Series) -> pl.Series:
    """A String series ready to stand between tags. Only the rare values that need it are looked at one by one."""
    if not len(values):
        return values
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


def column_cells(values: pl.Series, column: int, rows: pl.Series, style: int, *, date_1904: bool) -> pl.Series:
    """`<c>` texts of one column. rows: the rows' numbers as people see them, as text. Null: an empty cell of that style,
    or nothing at all where the style is the default.
    """
    look = f' s="{style}"' if style else ""
    name = letter(column)
    ref = pl.lit(f'<c r="{name}') + pl.col("row")
    empty = ref + pl.lit(f'"{look}/>') if style else pl.lit("")
    frame = pl.DataFrame({"row": rows, "value": _writable(values)})
    inner, close = _typed(values.dtype, look, date_1904=date_1904)
    if values.dtype == pl.String and values.null_count() == 0 and not (values == "").any():
        return frame.select(pl.concat_str(ref, inner, close).alias("c")).to_series()
    return frame.select(pl.coalesce(pl.concat_str(ref, inner, close), empty).alias("c")).to_series()


def _writable(values: pl.Series) -> pl.Series:
    """The values in one of the types that `_typed` knows."""
    if values.dtype == pl.String:
        return escaped(values)
    if values.dtype in (pl.Categorical, pl.Enum):
        return escaped(values.cast(pl.String))
    return values


def _typed(dtype: pl.DataType, look: str, *, date_1904: bool) -> tuple[pl.Expr, pl.Expr]:
    """What follows the cell's reference, for values of a type; null where there is nothing to write."""
    value = pl.col("value")
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        filled = pl.when(value != "").then(value)
        opening = f'"{look} t="inlineStr"><is><t xml:space="preserve">'
        return pl.lit(opening) + filled, pl.lit("</t></is></c>")
    if dtype == pl.Boolean:
        return pl.lit(f'"{look} t="b"><v>') + value.cast(pl.UInt8).cast(pl.String), pl.lit("</v></c>")
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return _day(value, dtype, look, date_1904=date_1904), pl.lit("</c>")
    if dtype.is_float():
        value = pl.when(value.is_finite()).then(value)
    return pl.lit(f'"{look}><v>') + value.cast(pl.String), pl.lit("</v></c>")


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
    return str(column_cells(series, column, pl.Series([str(row)]), style, date_1904=date_1904)[0])


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
