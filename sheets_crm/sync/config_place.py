"""crm.yaml with another workbook in it: a few top-level values changed, every other sign left as its owner typed it.

Works on text, as `config_edit` does and for its reasons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import yaml

_PLAIN = re.compile(r"[^\W\d_][\w ./\\:-]*(?<![ :])", re.UNICODE)


def moved(text: str, values: Mapping[str, str]) -> str:
    """The text with these top-level keys set. values: YAML as it is to stand there, on one line."""
    for key, value in values.items():
        text = _with_value(text, key, value)
    return text


def scalar(value: str) -> str:
    """A text as YAML."""
    is_plain = _PLAIN.fullmatch(value) and ": " not in value and yaml.safe_load(value) == value
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _with_value(text: str, key: str, value: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)  # the plain loader: its marks count characters
    assert isinstance(root, yaml.MappingNode)
    for name, node in root.value:
        if name.value == key:
            start, end = node.start_mark.index, _end(node)
            end = start + len(text[start:end].rstrip())  # a text of several lines ends behind its last line
            if isinstance(node, yaml.ScalarNode) and start == end:  # `key:` with nothing behind it
                start = end = text.index(":", name.end_mark.index) + 1
                value = f" {value}"
            return text[:start] + value + text[end:]
    if root.flow_style:
        end = root.end_mark.index - 1
        return f"{text[:end]}, {key}: {value}{text[end:]}"
    broken = "" if text.endswith("\n") else newline
    return f"{text}{broken}{key}: {value}{newline}"


def _end(node: yaml.Node) -> int:
    """The last sign of a node; YAML's own end of a block lies after the blank lines and comments below it."""
    last = node
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        tail = last.value[-1]
        last = tail[1] if isinstance(tail, tuple) else tail
    return int(last.end_mark.index)
