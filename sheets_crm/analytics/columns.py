"""The typed columns of a card's facts: every field of its schema, bound or not.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from sheets_crm.base.model import Base
from sheets_crm.cards import Template
from sheets_crm.cards.model import FieldType
from sheets_crm.cells import letter

MONEY = pl.Decimal(38, 4)

_DTYPES: Mapping[FieldType, pl.DataType] = {
    FieldType.DATE: pl.Date(),
    FieldType.PAST_DATE: pl.Date(),
    FieldType.MONEY: MONEY,
    FieldType.NUMBER: pl.Float64(),
    FieldType.CONSENT: pl.Boolean(),
}


def dtype_of(kind: FieldType) -> pl.DataType:
    """The Polars type of a field's parsed values; String for all that is text."""
    return _DTYPES.get(kind, pl.String())


def complete(frame: pl.DataFrame, card: str, template: Template) -> pl.DataFrame:
    """The frame with every field of the card's schema: a field that is not bound is a null column of its type."""
    fields = template.cards[card].fields
    missing = [
        pl.lit(None).cast(dtype_of(spec.type)).alias(name) for name, spec in fields.items() if name not in frame.columns
    ]
    links = [f"{name}_id" for name, spec in fields.items() if spec.type == FieldType.LINK]
    missing += [pl.lit(None).cast(pl.String).alias(name) for name in links if name not in frame.columns]
    if "birthday" in fields and "birthday_year" not in frame.columns:
        missing.append(pl.lit(None).cast(pl.Int32).alias("birthday_year"))
    # Constants of a monthly sheet and columns found empty arrive as text or nothing: give them their type.
    retyped = [
        pl.col(name).cast(dtype_of(spec.type), strict=False)
        for name, spec in fields.items()
        if name in frame.columns and frame.schema[name] != dtype_of(spec.type)
    ]
    return frame.with_columns(*missing, *retyped)


def bound_fields(base: Base, card: str) -> dict[str, frozenset[str]]:
    """Sheet -> the card's fields that are known there: bound, the same for every row, or joined from another source."""
    return {
        sheet: frozenset(column.field for column in binding.columns if column.card == card)
        | {name for owner, name in binding.given if owner == card}
        for sheet, binding in base.bindings.items()
        if card in binding.cards
    }


def field_letters(base: Base, card: str) -> dict[str, dict[str, str]]:
    """Sheet -> field -> the letter of its column."""
    return {
        sheet: {column.field: letter(column.index) for column in binding.columns if column.card == card}
        for sheet, binding in base.bindings.items()
        if card in binding.cards
    }


def is_formula(base: Base, card: str, field: str) -> bool:
    """Is the column bound to the field filled by formulas, on every sheet that binds it?"""
    sheets = [
        sheet
        for sheet, binding in base.bindings.items()
        if any((column.card, column.field) == (card, field) for column in binding.columns)
    ]
    return bool(sheets) and all((sheet, card, field) in base.computed for sheet in sheets)


def first_filled(frame: pl.DataFrame, names: Iterable[str]) -> pl.Expr:
    """The first of the named columns that is not null, row by row."""
    return pl.coalesce([pl.col(name) for name in names if name in frame.columns])
