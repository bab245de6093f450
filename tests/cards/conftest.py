"""Columns out of Python values, and readings of them, for tests of the room `cards`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from sheets_crm.cards import FieldSpec, Parsed, Reading, habits, parse
from sheets_crm.cells import Column, Kind

TODAY = date(2026, 11, 20)
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers have no zone
UNCACHED = object()


class Failed(str):
    """A cell that shows an error."""

    __slots__ = ()


def cell(value: Any) -> tuple[int, str | None, float | None]:
    if value is None:
        return Kind.EMPTY, None, None
    if value is UNCACHED:
        return Kind.UNCACHED, None, None
    if isinstance(value, Failed):
        return Kind.ERROR, str(value), None
    if isinstance(value, bool):
        return Kind.BOOL, None, float(value)
    if isinstance(value, str):
        return Kind.TEXT, value, None
    if isinstance(value, date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return Kind.DATE, None, (moment - EPOCH).total_seconds() / 86_400
    return Kind.NUMBER, None, float(value)


def column_of(*values: Any) -> Column:
    rows = [cell(value) for value in values]
    return Column(
        pl.Series([int(row[0]) for row in rows], dtype=pl.UInt8),
        pl.Series([row[1] for row in rows], dtype=pl.String),
        pl.Series([row[2] for row in rows], dtype=pl.Float64),
    )


def reading_for(country: str = "RU", **changes: Any) -> Reading:
    habit = habits(country)
    given = {"currency": habit.currency, "date_order": habit.date_order, "decimal": habit.decimal} | changes
    return Reading(today=TODAY, country=country, **given)


def spec(kind: str, **more: Any) -> FieldSpec:
    more |= {"link": "client"} if kind == "link" else {}
    return FieldSpec(type=kind, label={"ru": "Поле", "en": "Field"}, **more)


def issues_of(parsed: Parsed) -> list[tuple[int, str]]:
    return list(parsed.issues.select("position", "kind").iter_rows())


@pytest.fixture
def column() -> Callable[..., Column]:
    return column_of


@pytest.fixture
def broken() -> tuple[object, object]:
    """A cell that shows an error, and a formula that was never calculated."""
    return Failed("#REF!"), UNCACHED


@pytest.fixture
def reading() -> Callable[..., Reading]:
    return reading_for


@pytest.fixture
def field() -> Callable[..., FieldSpec]:
    return spec


@pytest.fixture
def read() -> Callable[..., tuple[Any, list[str]]]:
    """One value read as a field type: (value, kinds of problems)."""

    def one(kind: str, value: Any, country: str = "RU", *, name: str = "field", stages: Any = None, **more: Any) -> Any:
        changes = {
            key: more.pop(key) for key in ("currency", "date_order", "decimal", "month", "epoch_1904") if key in more
        }
        parsed = parse(column_of(value), spec(kind, **more), "field", reading_for(country, **changes), stages=stages)
        return parsed.values[name].to_list()[0], parsed.issues["kind"].to_list()

    return one


@pytest.fixture
def suggest() -> Callable[..., str | None]:
    """The suggestion that goes with one value."""

    def one(kind: str, value: Any, country: str = "RU", *, stages: Any = None, **more: Any) -> str | None:
        parsed = parse(column_of(value), spec(kind, **more), "field", reading_for(country), stages=stages)
        return parsed.issues["suggestion"].to_list()[0]

    return one
