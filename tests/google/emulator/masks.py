"""Field masks: what an answer shows (`fields=sheets(properties.title)`), and what an update touches (`fields: "note"`).

A mask is a tree of names; an empty tree means all below it. Checked against the discovery document.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from tests.google.emulator.discovery import schema_of
from tests.google.emulator.errors import BAD_REQUEST, ApiError, Refused

Mask = dict[str, Any]
_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[*,()/.])\s*")


@lru_cache(maxsize=512)
def parse(text: str) -> Mask:
    """The tree of a mask; {"*": {}} is everything. ValueError where it does not parse."""
    tokens: list[str] = []
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if not found:
            raise ValueError(text)
        tokens.append(found[1])
        position = found.end()
    mask, rest = _list(tokens, 0)
    if rest != len(tokens):
        raise ValueError(text)
    return mask


def _list(tokens: list[str], at: int) -> tuple[Mask, int]:
    mask: Mask = {}
    while True:
        at = _path(tokens, at, mask)
        if at >= len(tokens) or tokens[at] != ",":
            return mask, at
        at += 1


def _path(tokens: list[str], at: int, mask: Mask) -> int:
    node, fresh = mask, False
    while True:
        if at >= len(tokens) or tokens[at] in ",()/.":
            raise ValueError(tokens)
        name = tokens[at]
        fresh = name not in node
        whole = not fresh and not node[name]
        node = node.setdefault(name, {})
        at += 1
        following = tokens[at] if at < len(tokens) else ","
        if following == "(":
            inner, at = _list(tokens, at + 1)
            if at >= len(tokens) or tokens[at] != ")":
                raise ValueError(tokens)
            if not whole:
                _merge(node, inner)
            return at + 1
        if following not in "/.":
            node.clear()
            return at
        if whole:  # "a,a.b": all of a is named already
            node = {}
        at += 1


def _merge(node: Mask, inner: Mask) -> None:
    for name, child in inner.items():
        if name in node and (not node[name] or not child):
            node[name] = {}
        else:
            _merge(node.setdefault(name, {}), child)


def for_answer(api: str, schema: str, text: str) -> Mask:
    """The mask of an answer. ApiError 400 for a path that the answer does not have."""
    try:
        mask = parse(text)
    except ValueError:
        raise _bad_path(api, text) from None
    wrong = _unknown(api, {"$ref": schema}, mask, "")
    if wrong:
        raise _bad_path(api, wrong)
    return mask


def _bad_path(api: str, path: str) -> ApiError:
    if api == "drive":
        return ApiError(400, f"Invalid field selection {path}", reason="invalidParameter", location="fields")
    text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    details = [{"@type": BAD_REQUEST, "fieldViolations": [{"field": path, "description": text}]}]
    return ApiError(400, "Request contains an invalid argument.", details=details)


def _unknown(api: str, spec: dict[str, Any], mask: Mask, where: str) -> str:
    """The first path of the mask that the schema does not have; empty when there is none."""
    while spec.get("type") == "array":
        spec = spec["items"]
    if "$ref" in spec:
        spec = schema_of(api, spec["$ref"])
    for name, child in mask.items():
        path = f"{where}.{name}" if where else name
        if name == "*":
            continue
        known = spec.get("properties", {}).get(name) or spec.get("additionalProperties")
        if known is None:
            return path
        wrong = _unknown(api, known, child, path) if child else ""
        if wrong:
            return wrong
    return ""


def pick(value: Any, mask: Mask) -> Any:
    """The part of an answer that the mask shows."""
    if not mask:
        return value
    if isinstance(value, list):
        return [pick(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    if "*" in mask:
        return {name: pick(item, mask["*"] or mask.get(name, {})) for name, item in value.items()}
    return {name: pick(value[name], child) for name, child in mask.items() if name in value}


def wants(mask: Mask | None, *path: str) -> bool:
    """Whether a mask (None: everything) shows anything at the path."""
    node = mask
    for name in path:
        if not node:
            return True
        if name not in node and "*" not in node:
            return False
        node = node.get(name, node.get("*", {}))
    return True


def for_update(schema: str, text: str | None) -> Mask:
    """The mask of an update. Refused when it is empty or names what is not there."""
    if not text:
        raise Refused("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    try:
        mask = parse(text)
    except ValueError:
        raise Refused(f"Invalid field mask: {text}") from None
    wrong = _unknown("sheets", {"$ref": schema}, mask, "")
    if wrong:
        raise Refused(f"Invalid field: {wrong}")
    return {} if "*" in mask else _with_twins({"$ref": schema}, mask)


def _with_twins(spec: dict[str, Any], mask: Mask) -> Mask:
    """A colour that is named by its old or new name is named by both."""
    while spec.get("type") == "array":
        spec = spec["items"]
    if "$ref" in spec:
        spec = schema_of("sheets", spec["$ref"])
    properties = spec.get("properties", {})
    found: Mask = {}
    for name, child in mask.items():
        found[name] = _with_twins(properties.get(name, {}), child) if child else {}
        twin = name.removesuffix("Style") if name.endswith("Style") else f"{name}Style"
        if "olor" in name and twin in properties and twin not in mask:
            found[twin] = {}
            found[name] = {}
    return found


def update(target: dict[str, Any], source: dict[str, Any], mask: Mask, *, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """The target with what the mask names taken from the source: named and absent there means cleared.

    keep: names that an update of everything leaves alone (ids, output only fields).
    """
    if not mask:
        return {**{name: item for name, item in target.items() if name in keep}, **_without(source, keep)}
    result = dict(target)
    for name, child in mask.items():
        if child and isinstance(source.get(name, {}), dict) and isinstance(result.get(name, {}), dict):
            inner = update(result.get(name, {}), source.get(name, {}), child)
            if inner or name in source:
                result[name] = inner
            else:
                result.pop(name, None)
        elif name in source:
            result[name] = source[name]
        else:
            result.pop(name, None)
    return result


def _without(source: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: item for name, item in source.items() if name not in names}
