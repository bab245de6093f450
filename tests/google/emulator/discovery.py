"""The official discovery documents: which requests and answers exist, and whether one fits.

The documents ship inside google-api-python-client. Stricter than Google in one thing: names in snake_case and numbers
in strings are refused, because the documents do not list them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from tests.google.emulator.errors import bad_request

Violation = tuple[str, str]
Schema = dict[str, Any]

# Unions that the discovery document does not tell: at most one of the fields may be set.
ONE_OF = {
    "ExtendedValue": ("numberValue", "stringValue", "boolValue", "formulaValue", "errorValue"),
    "DataFilter": ("a1Range", "gridRange", "developerMetadataLookup"),
    "DeveloperMetadataLocation": ("spreadsheet", "sheetId", "dimensionRange"),
    "ColorStyle": ("rgbColor", "themeColor"),
    "ConditionValue": ("userEnteredValue", "relativeDate"),
    "ConditionalFormatRule": ("booleanRule", "gradientRule"),
    "ChartData": ("sourceRange", "columnReference"),
    "EmbeddedObjectPosition": ("sheetId", "overlayPosition", "newSheet"),
    "ChartSpec": [
        "basicChart",
        "pieChart",
        "bubbleChart",
        "candlestickChart",
        "orgChart",
        "histogramChart",
        "waterfallChart",
        "treemapChart",
        "scorecardChart",
    ],
}

_NESTED = {dict, list}


@dataclass(frozen=True)
class Method:
    """One method: `name` is short ("spreadsheets.batchUpdate"), `api` "sheets" or "drive"."""

    api: str
    name: str
    http: str
    pattern: re.Pattern[str]
    parameters: dict[str, Schema]
    request: str | None
    response: str | None
    scopes: frozenset[str]
    weight: int = field(compare=False, default=0)


@cache
def documents() -> dict[str, dict[str, Any]]:
    """The two discovery documents by short name."""
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    names = {"sheets": "sheets.v4.json", "drive": "drive.v3.json"}
    return {api: json.loads((folder / name).read_text("utf-8")) for api, name in names.items()}


@cache
def methods() -> tuple[Method, ...]:
    """All methods of both APIs, those with a longer fixed part first."""
    found = [
        _method(api, document, name, entry) for api, document in documents().items() for name, entry in _walk(document)
    ]
    return tuple(sorted(found, key=lambda method: -method.weight))


def _walk(resource: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, entry in resource.get("methods", {}).items():
        yield prefix + name, entry
    for name, child in resource.get("resources", {}).items():
        yield from _walk(child, f"{prefix}{name}.")


def _method(api: str, document: dict[str, Any], name: str, entry: dict[str, Any]) -> Method:
    path = "/" + document["servicePath"] + entry.get("flatPath", entry["path"])
    pieces = re.split(r"(\{\w+\})", path)
    pattern = "".join(
        f"(?P<{piece[1:-1]}>{'[^/]+' if piece == '{range}' else '[^/:]+'})"
        if piece.startswith("{")
        else re.escape(piece)
        for piece in pieces
    )
    return Method(
        api=api,
        name=name.removeprefix("spreadsheets.") if name.startswith("spreadsheets.values.") else name,
        http=entry["httpMethod"],
        pattern=re.compile(pattern + "$"),
        parameters={**document["parameters"], **entry.get("parameters", {})},
        request=entry.get("request", {}).get("$ref"),
        response=entry.get("response", {}).get("$ref"),
        scopes=frozenset(entry.get("scopes", ())),
        weight=sum(len(piece) for piece in pieces if not piece.startswith("{")),
    )


def match(http: str, raw_path: str) -> tuple[Method, dict[str, str]] | None:
    """The method of a path that is still percent-encoded, and its path parameters decoded."""
    for method in methods():
        found = method.pattern.match(raw_path) if method.http == http else None
        if found:
            return method, {name: unquote(value) for name, value in found.groupdict().items()}
    return None


def check_query(method: Method, query: dict[str, list[str]]) -> dict[str, Any]:
    """The query typed. ApiError 400 for a name, type or repetition that the document does not know."""
    typed: dict[str, Any] = {}
    violations: list[Violation] = []
    for name, values in query.items():
        spec = method.parameters.get(name)
        if spec is None or spec.get("location") == "path":
            text = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                f"Field '{name}' could not be found in request message."
            )
            violations.append(("", text))
            continue
        if len(values) > 1 and not spec.get("repeated"):
            text = f"Invalid value at '{_snake(name)}' ({_type_name(spec)}), Proto field is not repeating, cannot start list."
            violations.append((_snake(name), text))
            continue
        parsed = [_parse(spec, name, value, violations) for value in values]
        typed[name] = parsed if spec.get("repeated") else parsed[0]
    if violations:
        raise bad_request(violations)
    return typed


def _parse(spec: Schema, name: str, value: str, violations: list[Violation]) -> Any:
    kind = spec["type"]
    if kind == "boolean" and value in {"true", "false"}:
        return value == "true"
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "string" and ("enum" not in spec or value in spec["enum"]):
        return value
    violations.append((_snake(name), f"Invalid value at '{_snake(name)}' ({_type_name(spec)}), \"{value}\""))
    return None


def check_body(api: str, schema: str | None, body: Any) -> None:
    """ApiError 400 listing everything in the body that does not fit the schema."""
    if schema is None:
        return
    if not isinstance(body, dict):
        raise bad_request([("", "Invalid JSON payload received. Unexpected token.\n^")])
    violations = list(_object(documents()[api]["schemas"], schema, body, ""))
    if violations:
        raise bad_request(violations)


def complaints(api: str, schema: str | None, body: Any) -> list[str]:
    """What in an answer of ours does not fit the document: for our own tests."""
    if schema is None:
        return []
    return [f"{field}: {text}" for field, text in _object(documents()[api]["schemas"], schema, body, "")]


def schema_of(api: str, name: str) -> Schema:
    """A schema by name. KeyError when there is none."""
    found: Schema = documents()[api]["schemas"][name]
    return found


def _object(schemas: dict[str, Schema], name: str, value: Any, where: str) -> Iterator[Violation]:
    schema = schemas[name]
    if not isinstance(value, dict):
        yield _wrong(where, f"type.googleapis.com/google.apps.sheets.v4.{name}", value)
        return
    properties = schema.get("properties", {})
    for key, item in value.items():
        if key not in properties:
            yield where, _unknown(key, where)
        elif item is not None:
            yield from _value(schemas, properties[key], item, f"{where}.{_snake(key)}" if where else _snake(key))
    yield from _one_of(name, value, where)


def _one_of(name: str, value: dict[str, Any], where: str) -> Iterator[Violation]:
    names = list(value) if name == "Request" else [key for key in ONE_OF.get(name, ()) if key in value]
    if len(names) > 1:
        first, second = names[0], names[1]
        text = f"Invalid value at '{where}' (oneof), oneof field is already set to '{first}'. Cannot set '{second}'"
        yield where, text


def _value(schemas: dict[str, Schema], spec: Schema, value: Any, where: str) -> Iterator[Violation]:
    if "$ref" in spec:
        yield from _object(schemas, spec["$ref"], value, where)
    elif spec["type"] == "array":
        yield from _array(schemas, spec["items"], value, where)
    elif spec["type"] == "object":
        yield from _map(schemas, spec, value, where)
    elif not _fits(spec, value):
        yield _wrong(where, _type_name(spec), value)


def _array(schemas: dict[str, Schema], items: Schema, value: Any, where: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield _wrong(where, _type_name(items), value)
    elif items.get("type") != "any":
        for position, item in enumerate(value):
            yield from _value(schemas, items, item, f"{where}[{position}]")
    elif not _NESTED.isdisjoint(map(type, value)):
        kind = "struct_value" if any(isinstance(item, dict) for item in value) else "list_value"
        yield where, f"Invalid values{where.removeprefix('values')}: {kind}"


def _map(schemas: dict[str, Schema], spec: Schema, value: Any, where: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield _wrong(where, "TYPE_MESSAGE", value)
        return
    inner: Schema = spec.get("additionalProperties") or {}
    for key, item in value.items() if inner else ():
        yield from _value(schemas, inner, item, f"{where}[{key}].value")
    properties: Schema = spec.get("properties") or {}
    for key, item in value.items() if properties else ():
        if key in properties:
            yield from _value(schemas, properties[key], item, f"{where}.{_snake(key)}")
        else:
            yield where, _unknown(key, where)


def _fits(spec: Schema, value: Any) -> bool:
    kind = spec["type"]
    if kind == "string":
        return isinstance(value, str) and ("enum" not in spec or value in spec["enum"])
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return type(value) is int and -(2**31) <= value < 2**31
    if kind == "number":
        return type(value) in {int, float}
    return True


def _type_name(spec: Schema) -> str:
    if "enum" in spec:
        return "type.googleapis.com/google.apps.sheets.v4 enum: " + ", ".join(spec["enum"][:6])
    names = {"string": "TYPE_STRING", "boolean": "TYPE_BOOL", "integer": "TYPE_INT32", "number": "TYPE_DOUBLE"}
    return names.get(spec.get("type", ""), f"type.googleapis.com/google.apps.sheets.v4.{spec.get('$ref', 'Value')}")


def _wrong(where: str, kind: str, value: Any) -> Violation:
    return where, f"Invalid value at '{where}' ({kind}), {json.dumps(value, ensure_ascii=False)[:200]}"


def _unknown(key: str, where: str) -> str:
    place = f" at '{where}'" if where else ""
    return f'Invalid JSON payload received. Unknown name "{key}"{place}: Cannot find field.'


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: "_" + found[0].lower(), name)
