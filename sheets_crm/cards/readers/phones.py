"""Telephones: whole columns by the country's plan at once, cells that the plan does not decide one by one (each different text once).

Exactly one of bad_phone, several_phones, phone_as_number, phone_lost_zero is said of a cell. Exact rules: docs/reference/values.md.
"""

from __future__ import annotations

import polars as pl

from sheets_crm.cards.model import Parsed, Reading
from sheets_crm.cards.readers.cells import Cells, Found, falses, finish, nulls, table, without
from sheets_crm.cards.readers.dialling import by_dialling
from sheets_crm.cards.readers.phonetext import PLANS, read_digits, read_phones
from sheets_crm.cards.text import number_texts
from sheets_crm.cells import Kind

_DECORATION = [" ", "-", "(", ")", ".", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"]
_SCHEMA = {"phones": pl.List(pl.String), "lost_zero": pl.Boolean, "suggestion": pl.String}


def read_phone_cells(cells: Cells, name: str, reading: Reading) -> Parsed:
    """`<name>` String: the first telephone in E.164; `<name>s` List[String]: all different ones, null where there is none."""
    lists, lost_zero, suggestion = _from_text(cells, reading.country)
    if Kind.NUMBER in cells.kinds:
        numbers = cells.of(Kind.NUMBER)
        dialled, lost = _from_numbers(number_texts(cells.numbers(Kind.NUMBER)), reading.country)
        lists, lost_zero = dialled.zip_with(numbers, lists), lost.zip_with(numbers, lost_zero)
    first = lists.list.first()
    filled = cells.of(Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.BOOL)
    valid = filled & first.is_not_null()
    several = valid & (lists.list.len() > 1)
    as_number = valid & cells.of(Kind.NUMBER) & ~lost_zero
    found = (
        Found("bad_phone", filled & first.is_null(), suggestion),
        Found("several_phones", several),
        Found("phone_as_number", as_number, first),
        Found("phone_lost_zero", valid & ~several & lost_zero, first),
    )
    return finish(cells, {name: first, f"{name}s": lists}, found)


def _from_text(cells: Cells, country: str) -> tuple[pl.Series, pl.Series, pl.Series]:
    """(telephones, was a zero lost, suggestion) of the text cells."""
    length = len(cells)
    if Kind.TEXT not in cells.kinds:
        return nulls(length, pl.List(pl.String)), falses(length), nulls(length, pl.String)
    quick = _by_plan(cells.text, country)
    rest = cells.text.is_not_null() & quick.is_null()
    if not rest.any():
        return _alone(quick), falses(length), nulls(length, pl.String)
    read = table(without(cells.text, ~rest), lambda text: _row(text, country), _SCHEMA)
    return read["phones"].zip_with(rest, _alone(quick)), read["lost_zero"].fill_null(value=False), read["suggestion"]


def _from_numbers(digits: pl.Series, country: str) -> tuple[pl.Series, pl.Series]:
    """(telephones, was a zero lost) of number cells, given as digits."""
    quick = _by_plan(without(digits, ~digits.str.contains(r"^[0-9]+$")), country)
    rest = digits.is_not_null() & quick.is_null()
    if not rest.any():
        return _alone(quick), falses(len(digits))

    def read(text: str) -> tuple[str | None, bool]:
        return (read_digits(text, country) if text.isdigit() else None) or (None, False)

    slow = table(without(digits, ~rest), read, {"phone": pl.String, "lost_zero": pl.Boolean})
    return _alone(slow["phone"].zip_with(rest, quick)), slow["lost_zero"].fill_null(value=False)


def _alone(phones: pl.Series) -> pl.Series:
    """Lists of one telephone each; null where there is none."""
    return pl.select(pl.when(phones.is_not_null()).then(pl.concat_list(phones))).to_series()


def _row(text: str, country: str) -> tuple[list[str] | None, bool, str | None]:
    telephones = read_phones(text, country)
    return list(telephones.numbers) or None, telephones.lost_zero, telephones.suggestion


def _by_plan(texts: pl.Series, country: str) -> pl.Series:
    """E.164 of the cells that hold one telephone of the home plan and nothing else; null elsewhere."""
    bare = texts.str.replace_many(_DECORATION, [""] * len(_DECORATION))
    plan = PLANS.get(country)
    if plan is None:
        return by_dialling(bare, country)
    home = bare.str.contains(plan.pattern)
    national = without(bare.str.tail(10), ~home)
    return pl.select(pl.concat_str(pl.lit(f"+{plan.code}"), national)).to_series()
