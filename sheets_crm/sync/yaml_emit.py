"""Plain data as YAML that owners read: block style, short lists on one line, quotes only where they are needed.

Knows nothing of crm.yaml. What is written is read back equal by our own reader (`cards.yamlmodel`), whose scalars follow YAML
1.2, and by readers of YAML 1.1: text that either would take for something else stands in quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import yaml

from sheets_crm.cards.yamlmodel import scalar

WIDTH = 100  # signs of a list on one line

# Text that needs no quotes: begins with a letter, and has no sign that means something in YAML.
_PLAIN = re.compile(r"[^\W\d_](?:[\w .()/%+\u00ab\u00bb\u2116-]*[\w.()/%\u00bb])?")
_UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # YAML takes them for line ends, or refuses them
_LONGEST_KEY = 120  # YAML wants a key on one line of at most 1024 signs


def canonical(value: Any) -> str:
    """Equal for equal data only: 1, 1.0, true and "1" are four things. The order of keys says nothing."""
    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


def plain(value: Any) -> Any:
    """Data as YAML and JSON have it: mappings, lists, text, numbers, yes and no, nothing."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def block(value: Any, indent: int = 0, newline: str = "\n") -> str:
    """Lines of a mapping or a list at an indent, without the last line's end. What has no lines of its own: on one line."""
    return newline.join(_lines(plain(value), " " * indent))


def entry(key: str, value: Any, indent: int = 0, newline: str = "\n") -> str:
    """`key: value` at an indent, over several lines where the value needs them; without the last line's end."""
    return newline.join(_entry(key, plain(value), " " * indent))


def flow(value: Any) -> str:
    """The value on one line."""
    value = plain(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar_text(value)


def fits_a_line(value: Any) -> bool:
    """Is that a value which people write on one line: no mapping with something in it, no long list?"""
    if isinstance(value, Mapping):
        return not value
    if isinstance(value, (list, tuple)):
        return not any(isinstance(one, (Mapping, list, tuple)) and one for one in value) and len(flow(value)) <= WIDTH
    return True


def key_text(key: str) -> str:
    """A key as it is written. Our reader takes every key for text, so `on` needs no quotes."""
    return key if _PLAIN.fullmatch(key) and len(key) <= _LONGEST_KEY and key != "~" else _quoted(key)


def scalar_text(value: Any) -> str:
    """A text, a number, yes, no or nothing as it is written."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text) and _is_text(text) else _quoted(text)


def _is_text(text: str) -> bool:
    return bool(scalar(text) == text and yaml.safe_load(text) == text)


def _number(value: float) -> str:
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


def _quoted(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _lines(value: Any, margin: str) -> list[str]:
    if isinstance(value, Mapping) and value:
        return [line for key, one in value.items() for line in _entry(key, one, margin)]
    if isinstance(value, list) and not fits_a_line(value):
        return [line for one in value for line in _item(one, margin)]
    return [margin + flow(value)]


def _entry(key: str, value: Any, margin: str) -> list[str]:
    if fits_a_line(value):
        return [f"{margin}{key_text(key)}: {flow(value)}"]
    return [f"{margin}{key_text(key)}:", *_lines(value, margin + "  ")]


def _item(value: Any, margin: str) -> list[str]:
    """An item of a list: a dash before the first of its lines."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [f"{margin}- {flow(value)}"]
    first, *rest = _lines(value, margin + "  ")
    return [f"{margin}- {first.strip()}", *rest]
