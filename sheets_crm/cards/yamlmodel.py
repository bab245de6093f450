"""YAML that people write, read into pydantic models: a mistake becomes one sentence with file, line, key, what is allowed.

For templates, rule packs and crm.yaml alike. Pure: texts come in, nothing is opened.
Scalars follow YAML 1.2: `yes`, `8:30`, `2026-11-20` and `007` keep their face (YAML 1.1 would make them True, 510, a date and 7).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from sheets_crm.errors import ConfigError, OwnerError

M = TypeVar("M", bound=BaseModel)
Path = tuple[str | int, ...]
NEAR = 70  # per cent of likeness from which a name is offered
DEEPEST = 40  # keys within keys
LARGEST = 300_000  # values; anchors that refer to anchors come to billions on a few lines

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_LONGEST_NUMBER = 40  # figures; what is longer is nothing that a setting could be
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}
_ESCAPES = ("escape", "hexdecimal", "double-quoted")  # libyaml's words for it, and PyYAML's own
# pydantic's names of mistakes -> our words. What is not here is told as "could not be understood".
_EXPECTED = {
    "string": "text", "int": "whole", "float": "number", "decimal": "number", "bool": "flag", "list": "list", "tuple": "list",
    "dict": "mapping", "mapping": "mapping", "model": "mapping", "date": "date", "time": "time", "datetime": "date",
    "frozen": "list", "set": "list", "path": "text", "is": "text",
}  # fmt: skip
# Patterns of settings -> our words for what they ask for; any other pattern is that of a name.
_SHAPES = {"^[A-Z]{2}$": "expected_country", "^[A-Z]{3}$": "expected_currency", r"^\d{4}-\d{2}$": "expected_month"}

_LIMITS = {
    "greater_than": "above", "less_than": "below", "greater_than_equal": "at_least", "less_than_equal": "at_most",
    "string_too_long": "too_long", "string_too_short": "empty",
}  # fmt: skip
_LIMIT_NAMES = ("gt", "lt", "ge", "le", "max_length", "min_length")


@dataclass(frozen=True)
class Mark:
    """Where a key stands: the file and its 1-based line."""

    file: str
    line: int


@dataclass(frozen=True)
class Document:
    """YAML as plain data, and where each key of it stands (path of keys and positions -> mark)."""

    data: Any
    marks: Mapping[Path, Mark]
    file: str

    def mark(self, path: Path) -> Mark:
        """Where a key stands, or the nearest key above it."""
        return _nearest_mark(self, path)


def load_model(text: str, source: str, model: type[M], *, error: type[OwnerError] = ConfigError) -> M:
    """The model that the text describes. `error` (words `errors.yaml.*`) with file, line and path of keys where it describes none."""
    return validate(read_yaml(text, source, error=error), model, error=error)


def read_yaml(text: str, source: str, *, error: type[OwnerError] = ConfigError) -> Document:
    """Plain data of a YAML text; a syntax mistake or a key written twice is an `error`."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text.removeprefix("\ufeff"), Loader=loader)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark or broken.context_mark
        line = mark.line if mark else 0
        raise error(
            _broken_by(broken, "".join(text.splitlines()[line : line + 1])), file=source, line=line + 1
        ) from broken
    except yaml.YAMLError as broken:
        raise error("errors.yaml.unreadable", file=source) from broken
    builder = _Builder(source, error)
    return Document(builder.build(node, ()) if node is not None else {}, builder.marks, source)


def _broken_by(broken: yaml.MarkedYAMLError, written: str) -> str:
    """Our sentence for what the parser stumbled over on a line."""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "errors.yaml.tab"
    # "C:\Users\Anna": in double quotes a backslash begins a sign of another kind
    told = f"{broken.problem} {broken.context}"
    return (
        "errors.yaml.backslash" if any(word in told for word in _ESCAPES) and "\\" in written else "errors.yaml.syntax"
    )


def merge(below: Document, above: Document) -> Document:
    """`below` overridden by `above`: mappings key by key, all else whole; a null above removes the key below."""
    marks = dict(below.marks)
    return Document(_merged(below.data, above.data, (), marks, above.marks), marks, above.file)


def validate(document: Document, model: type[M], *, error: type[OwnerError] = ConfigError) -> M:
    """The model of a document; the mistake that stands first in the file is raised, `others` counts the rest."""
    if not isinstance(document.data, dict):
        raise error("errors.yaml.not_a_mapping", file=document.file, line=1)
    try:
        return model.model_validate(document.data)
    except ValidationError as broken:
        placed = [(_real_path(detail, document.data), detail) for detail in broken.errors(include_url=False)]
        told = [_told(document, model, path, detail) for path, detail in _worth_telling(placed)]
        told.sort(key=lambda one: one[0])
        key, values = told[0][1:]
        raise error(key, **values, others=len(told) - 1) from broken


def wrong(key: str, **values: object) -> PydanticCustomError:
    """A mistake for validators to raise: the sentence under the key with these values, file, line and path of keys."""
    return PydanticCustomError("ours", "{key}", {"key": key, "values": values})


def nearest(seen: str, allowed: Sequence[str]) -> str | None:
    """The allowed name most like the one seen, None where nothing is like it."""
    from rapidfuzz import fuzz, process

    match = process.extractOne(seen.lower(), list(allowed), scorer=fuzz.ratio, processor=str.lower, score_cutoff=NEAR)
    return match[0] if match else None


class _Builder:
    """Plain data out of YAML nodes, noting where every key stands."""

    def __init__(self, source: str, error: type[OwnerError]) -> None:
        self.source, self.error = source, error
        self.marks: dict[Path, Mark] = {}
        self._count = 0

    def build(self, node: yaml.Node, path: Path) -> Any:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > LARGEST:
            raise self.error("errors.yaml.too_large", file=self.source, line=line)
        self.marks.setdefault(path, Mark(self.source, line))
        if isinstance(node, yaml.ScalarNode):
            if "\0" in node.value:  # no path and no text of a cell may hold it
                raise self.error("errors.yaml.unreadable", file=self.source)
            return node.value if node.style else scalar(node.value)  # plain: "" in C, None in Python
        if len(path) > DEEPEST:  # an anchor that refers to itself
            raise self.error("errors.yaml.syntax", file=self.source, line=line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error("errors.yaml.syntax", file=self.source, line=line)
            key = str(key_node.value)
            if key in data:
                raise self.error("errors.yaml.twice", file=self.source, line=line, path=_shown((*path, key)))
            self.marks[*path, key] = Mark(self.source, line)
            data[key] = self.build(value_node, (*path, key))
        return data


def scalar(text: str) -> Any:
    """The value of an unquoted scalar by the core schema of YAML 1.2, without octal and hexadecimal numbers."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) <= _LONGEST_NUMBER else text
    return float(text) if _FLOAT.fullmatch(text) else text


def _merged(below: Any, above: Any, path: Path, marks: dict[Path, Mark], above_marks: Mapping[Path, Mark]) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        for place in [place for place in marks if place[: len(path)] == path]:
            del marks[place]
        marks.update({place: mark for place, mark in above_marks.items() if place[: len(path)] == path})
        return above
    if path in above_marks:
        marks[path] = above_marks[path]
    result = dict(below)
    for key, value in above.items():
        if value is None and key in below:
            del result[key]
            continue
        result[key] = _merged(below.get(key), value, (*path, key), marks, above_marks)
    return result


def _worth_telling(placed: Sequence[tuple[Path, ErrorDetails]]) -> list[tuple[Path, ErrorDetails]]:
    """One mistake a place. Of a union's branches the one that fits the value's shape speaks: it went deeper.

    An unknown key explains a missing one beside it, so it comes first.
    """
    paths = {path for path, _ in placed}
    deepest = {
        path for path in paths if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    }
    order = sorted(placed, key=lambda one: (one[1]["type"] != "extra_forbidden", one[1]["type"].startswith("model")))
    first: dict[Path, ErrorDetails] = {}
    for path, detail in order:
        if path in deepest or detail["type"] == "ours":
            first.setdefault(path, detail)
    return list(first.items())


def _real_path(detail: ErrorDetails, data: Any) -> Path:
    """Keys and positions of the file; pydantic adds names of a union's branches, which the file does not have."""
    path: list[str | int] = []
    here = data
    for at, part in enumerate(detail["loc"]):
        inside = (
            part in here
            if isinstance(here, dict)
            else isinstance(here, list) and isinstance(part, int) and part < len(here)
        )
        if inside:
            here = here[part]
        if inside or (detail["type"] == "missing" and at == len(detail["loc"]) - 1):
            path.append(part)
    return tuple(path)


def _told(
    document: Document, model: type[BaseModel], path: Path, detail: ErrorDetails
) -> tuple[int, str, dict[str, object]]:
    """(line, words key, values) of one mistake."""
    mark = _nearest_mark(document, path)
    place: dict[str, object] = {"file": mark.file, "line": mark.line, "path": _shown(path)}
    kind, context = detail["type"], detail.get("ctx", {})
    seen = detail.get("input")
    if kind == "ours":
        values = dict(context["values"])
        if "known" in values:
            values |= _offer(str(values.get("seen", "")), [str(name) for name in values.pop("known")])
        return mark.line, _with_near(str(context["key"]), values), place | values
    if kind == "literal_error" and detail["loc"][-1] == "[key]":  # a mapping whose keys are limited
        values = {"seen": str(path[-1])} | _offer(str(path[-1]), _choices(context))
        return mark.line, _with_near("errors.yaml.unknown_key", values), place | values
    if kind == "extra_forbidden":
        allowed = _allowed_keys(model, path[:-1])
        values = {"seen": str(path[-1])} | _offer(str(path[-1]), allowed)
        return mark.line, _with_near("errors.yaml.unknown_key", values), place | values
    if kind == "missing":
        key = "errors.yaml.missing_key" if path[:-1] else "errors.yaml.missing_top"
        return mark.line, key, place | {"seen": str(path[-1]), "path": _shown(path[:-1])}
    if seen is None:
        return mark.line, "errors.yaml.empty", place
    if kind in ("enum", "literal_error"):
        values = {"seen": _brief(seen)} | _offer(str(seen), _choices(context))
        return mark.line, _with_near("errors.yaml.not_allowed", values), place | values
    if (shape := _shape(kind, context)) is not None:
        key, limit = shape
        return mark.line, f"errors.yaml.{key}", place | {"seen": _brief(seen), "limit": limit}
    expected = _EXPECTED.get(kind.split("_")[0])
    if expected and kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type", "_of")):
        return mark.line, f"errors.yaml.expected_{expected}", place | {"seen": _brief(seen)}
    return mark.line, "errors.yaml.not_understood", place | {"seen": _brief(seen)}


def _shape(kind: str, context: Mapping[str, Any]) -> tuple[str, str] | None:
    """(our word, limit) for a value of the right type that is too large, too long or of another pattern."""
    if kind == "string_pattern_mismatch":
        return _SHAPES.get(str(context.get("pattern")), "bad_name"), ""
    if kind in _LIMITS:
        return _LIMITS[kind], str(next((context[name] for name in _LIMIT_NAMES if name in context), ""))
    return None


def _choices(context: Mapping[str, Any]) -> list[str]:
    """The values that pydantic lists as "'a', 'b' or 'c'"."""
    return [name.strip(" '") for name in re.split(r", | or ", str(context.get("expected", "")))]


def _offer(seen: str, allowed: Sequence[str]) -> dict[str, object]:
    words = [f'"{name}"' if len(name) == 1 and not name.isalnum() else name for name in allowed]  # "," and "."
    return {"allowed": ", ".join(words), "near": nearest(seen, allowed) or ""}


def _with_near(key: str, values: Mapping[str, object]) -> str:
    return f"{key}_near" if values.get("near") else key


def _nearest_mark(document: Document, path: Path) -> Mark:
    for length in range(len(path), -1, -1):
        if path[:length] in document.marks:
            return document.marks[path[:length]]
    return Mark(document.file, 1)


def _shown(path: Path) -> str:
    """cards.client.fields.phone, with positions counted from 1: stages[2].name."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _brief(value: object) -> str:
    text = _written(value)
    return text if len(text) <= 60 else text[:59] + "\u2026"


def _written(value: object) -> str:
    """A value much as it stands in the file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _allowed_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Keys that the model allows at a path."""
    here: list[Any] = [model]
    for part in path:
        here = [step for kind in here for step in _steps(kind, part)]
    return [name for kind in here if _is_model(kind) for name in _field_names(kind)]


def _steps(kind: Any, part: str | int) -> list[Any]:
    if _is_model(kind):
        fields = {field.alias or name: field for name, field in kind.model_fields.items()}
        return _parts(fields[str(part)].annotation) if str(part) in fields else []
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _parts(arguments[1])
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _parts(arguments[0])
    return []


def _parts(annotation: Any) -> list[Any]:
    """The members of a union, without Annotated."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts(member)]
    return [annotation]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _field_names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]
