"""Cells as XML: a column of values becomes a column of `<c>` texts at once, without a Python call per cell.

Every value is written as what it is; text is always text (an inline string), never a formula.
Knows nothing of tabs and tables. Source: ECMA-376 part 1, 18.3.1.4 (cells) and 18.3.1.73 (rows).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from sheets_crm.books.excel.celltext import Seen, looked_at, mended, text_of
from sheets_crm.books.tab import Plain
from sheets_crm.cells import letter

_EPOCH_1970 = 25_569  # 1 January 1970 as days since 30 December 1899
_SHIFT_1904 = 1_462
_FIRST_SOUND_DAY = 61  # 1 March 1900: before it Excel counts a 29 February that never was
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class _Form:
    """How the cells of a column are written.

    is_plain: texts stand as they are. is_filled: every row has something to write. is_sound: all days are days to Excel.
    """

    place: int
    style: int
    dtype: pl.DataType
    is_plain: bool
    is_filled: bool
    is_sound: bool

    @property
    def name(self) -> str:
        """Of the column in the frame that is written."""
        return str(self.place)

    @property
    def always_writes(self) -> bool:
        """Is there a cell in every row, were it only for its look?"""
        return self.is_filled or self.style != 0


Columns = Sequence[tuple[int, pl.Series, int]]  # (place, values, style), by place


def row_cells(columns: Columns, rows: pl.Series, *, date_1904: bool) -> pl.Series:
    """`<c>` texts of whole rows, one text a row: all columns in one pass.

    rows: the rows' numbers as people see them, as text. Null: an empty cell of that style, or nothing at all where the
    style is the default.
    """
    forms, frame = _formed(columns, rows, date_1904=date_1904)
    return frame.select(_cells(tuple(forms), date_1904=date_1904).alias("c")).to_series()


def whole_rows(columns: Columns, rows: pl.Series, attributes: pl.Series | None, *, date_1904: bool) -> bytes | None:
    """`<row>`s with all their cells, in one pass; None where some row may have no cell, and is not to be written then.

    columns and rows as of `row_cells`. attributes: more of each `<row>`, with a space in front.
    """
    forms, frame = _formed(columns, rows, date_1904=date_1904)
    if not any(form.always_writes for form in forms):
        return None
    if attributes is not None:
        frame = frame.with_columns(attributes.alias("attributes"))
    text = _rows(tuple(forms), has_attributes=attributes is not None, date_1904=date_1904)
    return bytes(frame.select(text).item())


def _formed(columns: Columns, rows: pl.Series, *, date_1904: bool) -> tuple[list[_Form], pl.DataFrame]:
    """How each column is to be written, and the columns by their names, ready for it."""
    given = [
        (place, values.cast(pl.String) if values.dtype in (pl.Categorical, pl.Enum) else values, style)
        for place, values, style in columns
    ]
    texts = [place for place, values, _ in given if values.dtype == pl.String]
    seen = dict(zip(texts, looked_at([v for _, v, _ in given if v.dtype == pl.String]), strict=True))
    forms, series = [], {"row": rows}
    for place, values, style in given:
        look = seen.get(place) or Seen(is_plain=True, is_filled=_all_filled(values))
        is_sound = _is_sound(values, date_1904=date_1904)
        forms.append(_Form(place, style, values.dtype, look.is_plain, look.is_filled, is_sound))
        series[str(place)] = values if look.is_plain else mended(values)
    return forms, pl.DataFrame(series)


def _all_filled(values: pl.Series) -> bool:
    """Has every row something to write, in a column that is not of texts?"""
    return not values.null_count() and (not values.dtype.is_float() or bool(values.is_finite().all()))


def _is_sound(values: pl.Series, *, date_1904: bool) -> bool:
    """Does Excel count all days as we do? Those before the epoch and those of early 1900 it does not."""
    if not values.dtype.is_temporal() or values.null_count() == len(values):
        return True
    first: Any = values.min()
    epoch = date(1904, 1, 1) if date_1904 else date(1900, 3, 1)
    return (first.date() if isinstance(first, datetime) else first) >= epoch


@lru_cache(maxsize=256)
def _cells(forms: tuple[_Form, ...], *, date_1904: bool) -> pl.Expr:
    """The cells of a row as an expression: to build it costs as much as to reckon a thousand rows."""
    return _joined([part for form in forms for part in _cell(form, date_1904=date_1904)])


@lru_cache(maxsize=256)
def _rows(forms: tuple[_Form, ...], *, has_attributes: bool, date_1904: bool) -> pl.Expr:
    """All rows as one text, as an expression."""
    parts: list[pl.Expr | str] = [
        '<row r="',
        pl.col("row"),
        '"',
        *([pl.col("attributes")] if has_attributes else []),
        ">",
    ]
    cells = [part for form in forms for part in _cell(form, date_1904=date_1904)]
    return _joined([*parts, *cells, "</row>"]).str.join("").cast(pl.Binary)


def _cell(form: _Form, *, date_1904: bool) -> list[pl.Expr | str]:
    """The pieces of one column's cells; literal pieces as plain text."""
    look = f' s="{form.style}"' if form.style else ""
    reference: list[pl.Expr | str] = [f'<c r="{letter(form.place)}', pl.col("row")]
    opening, inner, close = _typed(form, look, date_1904=date_1904)
    if form.is_filled:
        return [*reference, opening, inner, close]
    filled = _joined([opening, inner, close])
    if form.style:
        return [*reference, pl.coalesce(filled, pl.lit(f'"{look}/>'))]
    return [pl.coalesce(_joined([*reference, filled]), pl.lit(""))]


def _joined(parts: Sequence[pl.Expr | str]) -> pl.Expr:
    """Pieces as one text; null where one of them is."""
    words = "".join(part if isinstance(part, str) else "{}" for part in parts)
    return pl.format(words, *(part for part in parts if not isinstance(part, str)))


def _typed(form: _Form, look: str, *, date_1904: bool) -> tuple[str, pl.Expr, str]:
    """What follows the cell's reference, for values of a type; the middle is null where there is nothing to write."""
    value, dtype = pl.col(form.name), form.dtype
    if dtype == pl.String:
        space = "" if form.is_plain else ' xml:space="preserve"'
        inner = value if form.is_filled else pl.when(value != "").then(value)
        return f'"{look} t="inlineStr"><is><t{space}>', inner, "</t></is></c>"
    if dtype == pl.Boolean:
        return f'"{look} t="b"><v>', value.cast(pl.UInt8).cast(pl.String), "</v></c>"
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        serial = _serial(value, dtype, date_1904=date_1904)
        if form.is_sound:
            return f'"{look}><v>', serial.cast(pl.String), "</v></c>"
        return "", _early_day(value, serial, look, date_1904=date_1904), "</c>"
    if dtype.is_float() and not form.is_filled:
        value = pl.when(value.is_finite()).then(value)
    return f'"{look}><v>', value.cast(pl.String), "</v></c>"


def _serial(value: pl.Expr, dtype: pl.DataType, *, date_1904: bool) -> pl.Expr:
    """A serial number in the workbook's epoch, as all days from March 1900 on have it."""
    if isinstance(dtype, pl.Datetime):
        serial = value.dt.replace_time_zone(None).cast(pl.Datetime("us")).to_physical() / _DAY_US + _EPOCH_1970
    else:
        serial = value.to_physical() + _EPOCH_1970
    return serial - _SHIFT_1904 if date_1904 else serial


def _early_day(value: pl.Expr, serial: pl.Expr, look: str, *, date_1904: bool) -> pl.Expr:
    """Days of which some are early: before the epoch as text, for Excel has no such day."""
    first = 0 if date_1904 else 1
    if not date_1904:
        serial = pl.when(serial < _FIRST_SOUND_DAY).then(serial - 1).otherwise(serial)
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
