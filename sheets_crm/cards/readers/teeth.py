"""Teeth by the two-digit notation of the World Dental Federation (ISO 3950): 11-18 ... 41-48, milk teeth 51-55 ... 81-85."""

from __future__ import annotations

import re

import polars as pl

from sheets_crm.cards.model import Parsed
from sheets_crm.cards.readers.cells import Cells, Found, finish, mapped
from sheets_crm.cards.readers.plain import texts
from sheets_crm.cells import Kind

_TOOTH = r"(?:[1-4][1-8]|[5-8][1-5])"
_TEETH = re.compile(rf"{_TOOTH}(?:\s*[,;\n]\s*{_TOOTH})*")


def read_teeth(cells: Cells, name: str) -> Parsed:
    """A column of tooth numbers (String, "11, 12"); anything else is tooth_invalid and counts as blank."""
    typed = texts(cells, lines=True)
    if Kind.NUMBER in cells.kinds:
        # «36,37» typed into a general cell becomes the number 36.37; a tooth never ends in zero, so nothing is lost.
        typed = typed.str.replace(".", ",", literal=True).zip_with(cells.of(Kind.NUMBER), typed)
    values = mapped(typed, _teeth, pl.String)
    return finish(cells, {name: values}, [Found("tooth_invalid", typed.is_not_null() & values.is_null())])


def _teeth(text: str) -> str | None:
    return ", ".join(re.findall(r"\d+", text)) if _TEETH.fullmatch(text) else None
