"""What pydantic found wrong, told as a PackError: file, line, key, what is allowed, the nearest correct key.

Knows nothing of rules: works for any model read from a `Tree`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sheets_crm.engine.faults import unknown
from sheets_crm.engine.yamltree import Path, Tree
from sheets_crm.errors import PackError

# pydantic's name of a fault -> our sentence `engine.<it>`
_SAID = {
    "string_type": "not_text",
    "string_too_short": "empty_text",
    "int_type": "not_whole", "int_parsing": "not_whole", "int_from_float": "not_whole",
    "decimal_type": "not_number", "decimal_parsing": "not_number", "float_type": "not_number",
    "bool_type": "not_bool", "bool_parsing": "not_bool",
    "date_type": "not_a_date", "date_from_datetime_parsing": "not_a_date", "date_parsing": "not_a_date",
    "tuple_type": "not_listed", "list_type": "not_listed",
    "dict_type": "not_mapping", "model_type": "not_mapping",
    "too_short": "empty_list",
    "string_pattern_mismatch": "not_an_id", "string_too_long": "not_an_id",
}  # fmt: skip


def as_pack_error(error: ValidationError, model: type[BaseModel], tree: Tree) -> PackError:
    """The first fault in the order of the file; an unknown key before all, since it explains the rest."""
    faults = [(_path(item["loc"], tree), item) for item in error.errors(include_url=False)]
    # A list counts the items that failed as missing: what is said of the item explains what is said of the list.
    faults = [pair for pair in faults if not any(pair[0] == path[: len(pair[0])] != path for path, _ in faults)]
    faults.sort(key=lambda pair: (pair[1]["type"] != "extra_forbidden", _line(pair[0], tree)))
    path = faults[0][0]
    # Where several types would do, the one that fits and still fails tells more than those that don't fit.
    same = [item for other, item in faults if other == path]
    telling = [item for item in same if not item["type"].endswith("_type")] or same
    return _fault(path, telling[0], model, tree, several=len(telling) > 1)


def _fault(path: Path, item: ErrorDetails, model: type[BaseModel], tree: Tree, *, several: bool) -> PackError:
    where = tree.place(path).at("", 0)
    name = str(path[-1]) if path else ""
    if item["type"] == "extra_forbidden":
        return unknown("key", name, _keys_at(model, path[:-1]), where)
    if item["type"] == "missing":
        return PackError("engine.missing_key", where=tree.place(path[:-1]).at("", 0), name=name)
    if item.get("input") is None:
        return PackError("engine.empty_value", where=where)
    seen = _seen(item.get("input"))
    context = item.get("ctx", {})
    if item["type"] == "literal_error" and not several:
        return PackError("engine.not_one_of", where=where, seen=seen, allowed=str(context.get("expected", "")))
    if "ge" in context or "le" in context:
        limit = context.get("ge", context.get("le"))
        return PackError(
            "engine.too_small" if "ge" in context else "engine.too_large", where=where, seen=seen, limit=limit
        )
    key = "bad_value" if several else _SAID.get(item["type"], "bad_value")
    return PackError(f"engine.{key}", where=where, name=name, seen=seen)


def _path(loc: tuple[int | str, ...], tree: Tree) -> Path:
    """Where pydantic found it, without its own marks (names of union members, `[key]`)."""
    path: list[int | str] = []
    value: Any = tree.value
    for index, step in enumerate(loc):
        if isinstance(value, Mapping):
            last = index == len(loc) - 1
            if step not in value and not last:
                continue
            if step not in value and last and not _is_name(step):
                continue
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def _is_name(step: int | str) -> bool:
    return isinstance(step, str) and step.isidentifier() and step not in {"str", "int", "bool", "Role", "Expected"}


def _line(path: Path, tree: Tree) -> tuple[int, int]:
    while path and path not in tree.marks:
        path = path[:-1]
    mark = tree.marks.get(path, (0, 0, 0, 0))
    return mark[0], mark[1]


def _seen(value: object) -> str:
    text = "[…]" if isinstance(value, (dict, list)) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Keys that the model at a path of the file knows: those of the model itself, or of the models within its fields."""
    found: type[BaseModel] = model
    for step in path:
        if isinstance(step, str) and step in found.model_fields:
            inner = _inner(found.model_fields[step].annotation)
            found = inner or found
    return list(found.model_fields)


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The model within a type such as `tuple[Rule, ...]` or `Texts | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for part in get_args(annotation) if (inner := _inner(part))), None)
