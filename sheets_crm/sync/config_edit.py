"""One entry of a list in crm.yaml put in, changed or taken out, and every other sign of the file left as its owner typed it.

Works on text: comments, spaces, quotes and line ends stay. (A YAML writer that keeps comments was tried: it rewrote a fifth of
the examples in our own docs in its own manner.) Whoever calls compares what the old and the new text say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import yaml

_PLAIN = re.compile(r"[^\W\d_][\w ]*(?<! )")
_WORDS = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
Entry = Mapping[str, str]


def with_entry(text: str, key: str, entry: Entry, same: Callable[[Entry], bool]) -> str:
    """The text with the entry under the top-level key: in the place of the one that is the `same`, else after the last."""
    spot = _Spot(text, key)
    item = flow(entry)
    for node in spot.items:
        if same(_plain(node)):
            start, end = _span(node)
            return text[:start] + item + text[end:]
    return spot.added(item)


def without_entry(text: str, key: str, same: Callable[[Entry], bool]) -> str:
    """The text without the entries that are the same; the text itself where there are none."""
    spot = _Spot(text, key)
    for number, node in enumerate(spot.items):
        if same(_plain(node)):
            return without_entry(spot.removed(number), key, same)
    return text


def flow(entry: Entry) -> str:
    """An entry on one line: {from: Anna, to: Boris}."""
    return "{" + ", ".join(f"{name}: {_quoted(value)}" for name, value in entry.items()) + "}"


def _quoted(value: str) -> str:
    plain = _DAY.fullmatch(value) or (_PLAIN.fullmatch(value) and value.lower() not in _WORDS)
    return value if plain else json.dumps(value, ensure_ascii=False)


class _Spot:
    """Where the list stands in the text. items: its entries; none where the key is not there."""

    def __init__(self, text: str, key: str) -> None:
        self.text = text
        self.key = key
        self.newline = "\r\n" if "\r\n" in text else "\n"
        root = yaml.compose(text, Loader=yaml.SafeLoader)  # the plain loader: its marks count characters
        assert isinstance(root, yaml.MappingNode)
        self.root = root
        self.name: yaml.Node | None = None
        self.value: Any = None
        for name, value in root.value:
            if name.value == key:
                self.name, self.value = name, value
        self.items: list[yaml.Node] = list(self.value.value) if isinstance(self.value, yaml.SequenceNode) else []

    def added(self, item: str) -> str:
        """The text with one more item at the end of the list."""
        if self.name is None:
            return self._new(item)
        assert self.value is not None
        if not self.items:  # `key:`, `key: []`, `key: null`
            start, end = self.name.end_mark.index, self.value.end_mark.index
            colon = self.text.index(":", start) + 1
            return f"{self.text[:colon]} [{item}]{self.text[max(colon, end) :]}"
        _, end = _span(self.items[-1])
        if self.value.flow_style:
            return f"{self.text[:end]}, {item}{self.text[end:]}"
        line = self._line_end(end)
        dash = " " * self.value.start_mark.column
        return f"{self.text[:line]}{self.newline}{dash}- {item}{self.text[line:]}"

    def _new(self, item: str) -> str:
        if self.root.flow_style:
            end = self.root.end_mark.index - 1
            return f"{self.text[:end]}, {self.key}: [{item}]{self.text[end:]}"
        section = f"{self.key}:{self.newline}  - {item}"
        return (
            f"{self.text}{section}{self.newline}" if self.text.endswith("\n") else f"{self.text}{self.newline}{section}"
        )

    def removed(self, number: int) -> str:
        """The text without one item; without the whole key where it was the only one."""
        assert self.name is not None
        assert self.value is not None
        start, end = _span(self.items[number])
        if len(self.items) == 1:
            if (bare := self._without_key()) is not None:
                return bare
            colon = self.text.index(":", self.name.end_mark.index) + 1
            last = self.value.end_mark.index if self.value.flow_style else end
            return f"{self.text[:colon]} []{self.text[last:]}"
        if self.value.flow_style:
            if number:
                return self.text[: _span(self.items[number - 1])[1]] + self.text[end:]
            return self.text[:start] + self.text[_span(self.items[1])[0] :]
        first = self.text.rfind("\n", 0, start) + 1
        return self.text[:first] + self.text[min(self._line_end(end) + len(self.newline), len(self.text)) :]

    def _without_key(self) -> str | None:
        """The text without the list and its name; None where nothing else stands in the file, or a remark of the owner's stands behind."""
        assert self.name is not None
        place = next(n for n, (name, _) in enumerate(self.root.value) if name is self.name)
        start, end = self.name.start_mark.index, self.value.end_mark.index
        if len(self.root.value) == 1:
            return None
        if self.root.flow_style:
            if place:
                return self.text[: _span(self.root.value[place - 1][1])[1]] + self.text[end:]
            return self.text[:start] + self.text[self.root.value[1][0].start_mark.index :]
        end = end if self.value.flow_style else _span(self.items[-1])[1]
        line = self._line_end(end)
        if self.value.flow_style and self.text[end:line].strip():
            return None
        if line < len(self.text):
            return self.text[:start] + self.text[line + len(self.newline) :]
        return self.text[:start].removesuffix(self.newline)  # the file ended without one

    def _line_end(self, place: int) -> int:
        found = self.text.find(self.newline, place)
        return len(self.text) if found < 0 else found


def _span(node: yaml.Node) -> tuple[int, int]:
    """From the first to the last sign of a node; YAML's own end of a block lies after the blank lines and comments below it."""
    last = node
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        tail = last.value[-1]
        last = tail[1] if isinstance(tail, tuple) else tail
    return node.start_mark.index, last.end_mark.index


def _plain(node: yaml.Node) -> Entry:
    if not isinstance(node, yaml.MappingNode):
        return {}
    return {name.value: value.value for name, value in node.value if isinstance(value, yaml.ScalarNode)}
