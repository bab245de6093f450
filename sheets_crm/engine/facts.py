"""The vocabulary of rules: which columns each card kind has, so that a pack can be checked without a workbook.

The list itself is facts.yaml. A workbook may add custom fields: `schema_of` reads them off the frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources

import polars as pl
import yaml

from sheets_crm.engine.kinds import DTYPES, Type, type_of


def _load() -> dict[str, dict[str, Type]]:
    text = resources.files(__package__ or "").joinpath("facts.yaml").read_text("utf-8")
    cards: dict[str, dict[str, str]] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    common = cards.pop("common")
    return {card: {name: Type(kind) for name, kind in {**common, **own}.items()} for card, own in cards.items()}


FACT_COLUMNS: Mapping[str, Mapping[str, Type]] = _load()


def schema_of(frame: pl.DataFrame, card: str = "") -> dict[str, Type]:
    """Column -> type: the documented columns of the card (whether or not they are in the frame), then the frame's own."""
    schema = dict(FACT_COLUMNS.get(card, {}))
    for name, dtype in frame.schema.items():
        kind = type_of(dtype)
        if kind is not None and name not in schema:
            schema[name] = kind
    return schema


def column_as(frame: pl.DataFrame, name: str, kind: Type) -> pl.Expr:
    """The frame's column in the type rules expect; all blank where the frame lacks it. TypeError: facts made wrong (our fault)."""
    dtype = frame.schema.get(name)
    if dtype is None or dtype == pl.Null():
        return pl.lit(None, dtype=DTYPES[kind]).alias(name)
    if dtype == DTYPES[kind]:
        return pl.col(name)
    alike = {Type.NUMBER, Type.MONEY}
    found = type_of(dtype)
    if found is kind or {found, kind} == alike or (kind is Type.DATE and isinstance(dtype, pl.Datetime)):
        return pl.col(name).cast(DTYPES[kind], strict=False)
    raise TypeError(f"facts column {name!r} is {dtype}, rules expect {kind}")
