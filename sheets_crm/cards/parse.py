"""A column of cells given meaning: the one door to the readers.

Pure. Links stay text here: `base` resolves them. Exact rules of every type: docs/reference/values.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from sheets_crm.cards.distinct import once_each
from sheets_crm.cards.model import FieldType, Parsed, Reading
from sheets_crm.cards.readers.birthdays import read_birthdays
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped, prepare, without
from sheets_crm.cards.readers.dates import detect_date_order, read_dates
from sheets_crm.cards.readers.emails import read_emails
from sheets_crm.cards.readers.lists import read_consents, read_listed
from sheets_crm.cards.readers.numbers import detect_decimal, read_money, read_numbers
from sheets_crm.cards.readers.phones import read_phone_cells
from sheets_crm.cards.readers.plain import read_text
from sheets_crm.cards.readers.taxids import read_tax_ids
from sheets_crm.cards.readers.teeth import read_teeth
from sheets_crm.cards.schema import FieldSpec
from sheets_crm.cells import Column

_LIMITED = (FieldType.NUMBER, FieldType.MONEY)


@dataclass(frozen=True)
class _Task:
    """What a reader may need beside the cells."""

    field: FieldSpec
    reading: Reading
    stages: Mapping[str, str]


def parse(
    column: Column, field: FieldSpec, name: str, reading: Reading, *, stages: Mapping[str, str] | None = None
) -> Parsed:
    """The values of a column and what is wrong with its cells; never raises on any cell.

    stages: for a STAGE field, folded name or alias -> canonical name (`Funnel.aliases`); without it stages stay as typed.
    """
    return once_each(column, lambda cells: _parsed(cells, field, name, _Task(field, reading, stages or {})))


def _parsed(column: Column, field: FieldSpec, name: str, task: _Task) -> Parsed:
    cells = prepare(column)
    parsed = _READERS[field.type](cells, name, task)
    if field.pattern is not None or field.min is not None or field.max is not None:
        return _limited(cells, field, name, parsed)
    return parsed


def reading_of(column: Column, field: FieldSpec, reading: Reading) -> Reading:
    """The reading with the order of day and month, or the decimal sign, that the column itself shows."""
    if field.type in (FieldType.DATE, FieldType.PAST_DATE, FieldType.BIRTHDAY):
        return replace(reading, date_order=detect_date_order(column, reading.date_order))
    if field.type in _LIMITED:
        return replace(reading, decimal=detect_decimal(column, reading.decimal))
    return reading


def _limited(cells: Cells, field: FieldSpec, name: str, parsed: Parsed) -> Parsed:
    """The parsed column with values outside the field's pattern or range turned into bad_format."""
    values = parsed.values[name]
    wrong = pl.Series([False], dtype=pl.Boolean).new_from_index(0, len(values))
    if field.pattern is not None and values.dtype == pl.String:
        pattern = re.compile(field.pattern)
        wrong |= mapped(values, lambda text: pattern.fullmatch(text) is None, pl.Boolean).fill_null(value=False)
    if values.dtype.is_numeric() and field.min is not None:
        wrong |= (values < field.min).fill_null(value=False)
    if values.dtype.is_numeric() and field.max is not None:
        wrong |= (values > field.max).fill_null(value=False)
    if not wrong.any():
        return parsed
    told = pl.DataFrame({"position": wrong.arg_true().cast(pl.UInt32)})
    kept = parsed.issues.join(told, on="position", how="anti")
    more = finish(cells, {}, [Found("bad_format", wrong)]).issues.filter(pl.col("kind") == "bad_format")
    issues = pl.concat([kept, more]).sort("position", maintain_order=True)
    nulled = {key: without(series, wrong) for key, series in parsed.values.items()}
    return Parsed(nulled, issues, parsed.blank)


_READERS: dict[FieldType, Callable[[Cells, str, _Task], Parsed]] = {
    FieldType.TEXT: lambda cells, name, _: read_text(cells, name, lines=True),
    FieldType.ID: lambda cells, name, _: read_text(cells, name),
    FieldType.NAME: lambda cells, name, _: read_text(cells, name),
    FieldType.LINK: lambda cells, name, _: read_text(cells, name),
    FieldType.DATE: lambda cells, name, task: read_dates(cells, name, task.reading, past=task.field.is_past),
    FieldType.PAST_DATE: lambda cells, name, task: read_dates(cells, name, task.reading, past=True),
    FieldType.BIRTHDAY: lambda cells, name, task: read_birthdays(cells, name, task.reading),
    FieldType.MONEY: lambda cells, name, task: read_money(cells, name, task.reading, signed=task.field.signed),
    FieldType.NUMBER: lambda cells, name, task: read_numbers(cells, name, task.reading),
    FieldType.PHONE: lambda cells, name, task: read_phone_cells(cells, name, task.reading),
    FieldType.EMAIL: lambda cells, name, _: read_emails(cells, name),
    FieldType.TAX_ID: lambda cells, name, task: read_tax_ids(cells, name, task.reading),
    FieldType.CONSENT: lambda cells, name, task: read_consents(cells, name, mark=task.field.mark),
    FieldType.STAGE: lambda cells, name, task: read_listed(cells, name, task.stages),
    FieldType.CHOICE: lambda cells, name, task: read_listed(cells, name, task.field.names, open_list=task.field.open),
    FieldType.TOOTH: lambda cells, name, _: read_teeth(cells, name),
}
