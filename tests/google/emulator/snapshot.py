"""Everything that lies on some sheets, to compare before and after: "the user's sheets, cell for cell"."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from tests.google.emulator.model import Document, Json, More, Sheet

_OBJECTS = (
    "merges",
    "conditions",
    "protections",
    "basic_filter",
    "filter_views",
    "charts",
    "bandings",
    "tables",
    "row_sizes",
    "column_sizes",
    "properties",
)


def snapshot(doc: Document, *, without: Iterable[int] = ()) -> dict[str, Json]:
    """By title: grid, cells (value, formula, format, note, drop-down, runs) and objects of each sheet.

    without: ids of sheets left out (ours). Named ranges and metadata of the document stand under "".
    """
    left_out = set(without)
    sheets = [sheet for sheet in doc.sheets if sheet.id not in left_out]
    kept = {sheet.id for sheet in sheets}
    found = {sheet.title: _sheet(sheet) for sheet in sheets}
    found[""] = {
        "order": [sheet.title for sheet in sheets],
        "locale": doc.locale,
        "title": doc.title,
        "named": [copy.deepcopy(item) for item in doc.named_ranges if item["range"].get("sheetId", 0) in kept],
    }
    return found


def _sheet(sheet: Sheet) -> Json:
    found: Json = {"id": sheet.id, "grid": (sheet.row_count, sheet.column_count), "cells": _cells(sheet)}
    for name in _OBJECTS:
        found[name] = copy.deepcopy(getattr(sheet, name))
    return found


def _cells(sheet: Sheet) -> list[tuple[tuple[Any, ...], dict[int, More]]]:
    """Row by row; values with their types, so that 1 and True and "1" differ."""
    rows = [
        (tuple((type(value).__name__, value) for value in row.values), dict(sorted(row.more.items())))
        for row in sheet.rows
    ]
    while rows and rows[-1] == ((), {}):
        rows.pop()
    return rows


def differences(before: dict[str, Json], after: dict[str, Json]) -> list[str]:
    """Where two snapshots differ, in words for a failed test; empty when they are equal."""
    found = [f"sheet {title!r} is gone" for title in before if title not in after]
    found += [f"sheet {title!r} is new" for title in after if title not in before]
    for title, old in before.items():
        if title in after and old != after[title]:
            found += _in_sheet(title, old, after[title])
    return found


def _in_sheet(title: str, before: Json, after: Json) -> list[str]:
    found = [
        f"{title!r}: {name} was {before[name]!r}, is {after.get(name)!r}"
        for name in before
        if name != "cells" and before[name] != after.get(name)
    ]
    old, new = before.get("cells", []), after.get("cells", [])
    for index in range(max(len(old), len(new))):
        one = old[index] if index < len(old) else ((), {})
        other = new[index] if index < len(new) else ((), {})
        if one != other:
            found.append(f"{title!r}: row {index + 1} was {one!r}, is {other!r}")
    return found[:20]
