"""Facts made ready for conditions: the columns they read, in the types they expect, with what the rows themselves don't hold.

That is the day, whether a field is bound on the row's sheet, and texts in the form in which they are compared (made once for all
rules, and once for each different text: folding is the dearest thing that conditions do). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import polars as pl

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.expr import BOUND
from sheets_crm.engine.facts import column_as
from sheets_crm.engine.kinds import FOLD, Type, folded


def prepared(facts: Facts, schema: Mapping[str, Type], inputs: Iterable[str], today: date) -> pl.DataFrame:
    """A frame of `inputs` (`Compiled.inputs` of all expressions that will run on it), and always `today`."""
    wanted = set(inputs)
    texts = sorted(name.removeprefix(FOLD) for name in wanted if name.startswith(FOLD))
    bound = sorted(name.removeprefix(BOUND) for name in wanted if name.startswith(BOUND))
    plain = sorted({*(name for name in wanted if name in schema), *texts, "sheet"})
    frame = facts.frame.select(column_as(facts.frame, name, schema[name]) for name in plain)
    compared = [_folded(frame[name]).alias(FOLD + name) for name in texts]
    said = [on_sheets(sheets_with(facts, {name})).alias(BOUND + name) for name in bound]
    return frame.with_columns(pl.lit(today).alias("today"), *compared, *said)


def _folded(texts: pl.Series) -> pl.Series:
    different = texts.drop_nulls().unique()
    if len(different) > len(texts) // 2:
        return texts.to_frame().select(folded(pl.first())).to_series()
    return texts.replace_strict(different, different.to_frame().select(folded(pl.first())).to_series(), default=None)


def sheets_with(facts: Facts, fields: Iterable[str]) -> list[str]:
    """Sheets on which all these fields are bound."""
    return sorted(sheet for sheet, bound in facts.bound.items() if bound.issuperset(fields))


def on_sheets(sheets: Sequence[str]) -> pl.Expr:
    """Does the row stand on one of these sheets?"""
    return pl.col("sheet").is_in(pl.lit(pl.Series([list(sheets)], dtype=pl.List(pl.String)))).fill_null(value=False)
