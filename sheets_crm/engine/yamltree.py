"""YAML text as plain values that remember where they stood.

Knows nothing of packs. Keys are always text (so `on:` and `no:` are keys, not answers); a repeated key is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from sheets_crm.engine.faults import Place
from sheets_crm.errors import PackError
from sheets_crm.words import Spot

Path = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_QUOTES = "\"'"
_MAX_DEPTH, _MAX_VALUES = 20, 50_000  # aliases can make a small text endless


@dataclass(frozen=True)
class Tree:
    """The values of a YAML text. `marks`: path -> (line, column, end line, end column), 0-based, of the value at it."""

    source: str
    lines: tuple[str, ...]
    value: Any
    marks: dict[Path, tuple[int, int, int, int]] = field(repr=False)

    def place(self, path: Path) -> Place:
        """Where the value at a path stands; for a path that is not in the text, where its nearest parent does."""
        found = path
        while found and found not in self.marks:
            found = found[:-1]
        mark = self.marks.get(found, (0, 0, 0, 0))
        return Place(self.source, self.dotted(path), lambda offset: self._locate(mark, offset, exact=found == path))

    def dotted(self, path: Path) -> str:
        """A path as people write it: `birthday.when`; a list item that has an id goes by it."""
        names: list[str] = []
        value = self.value
        for step in path:
            value = _child(value, step)
            own = value.get("id") if isinstance(value, dict) and isinstance(step, int) else None
            names.append(own if isinstance(own, str) else str(step + 1) if isinstance(step, int) else step)
        return ".".join(names)

    def _locate(self, mark: tuple[int, int, int, int], offset: int, *, exact: bool) -> tuple[int, int]:
        """(line, column), from 1, of an offset inside the scalar at a mark: its signs other than spaces are counted off."""
        line, column = mark[:2]
        if not exact or not offset or line >= len(self.lines):
            return line + 1, column + 1
        raw = self.lines[line][column:]
        if raw[:1] in ("|", ">"):
            line, column = line + 1, 0
        elif raw[:1] in _QUOTES:
            column += 1
        return self._count(line, column, offset, mark)

    def _count(self, line: int, column: int, offset: int, mark: tuple[int, int, int, int]) -> tuple[int, int]:
        path_text = self._texts.get(mark[:2], "")
        wanted = len("".join(path_text[:offset].split()))
        seen = 0
        for number in range(line, min(mark[2] + 1, len(self.lines))):
            text = self.lines[number]
            for index in range(column if number == line else 0, len(text)):
                if text[index].isspace():
                    continue
                if seen == wanted:
                    return number + 1, index + 1
                seen += 1
        return mark[2] + 1, max(mark[3], 1)

    @property
    def _texts(self) -> dict[tuple[int, int], str]:
        return {mark[:2]: value for path, mark in self.marks.items() if isinstance(value := self.at(path), str)}

    def at(self, path: Path) -> Any:
        """The value at a path, None when there is none."""
        value = self.value
        for step in path:
            value = _child(value, step)
        return value


def _child(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return None


def read_tree(text: str, source: str) -> Tree:
    """Parse one YAML document. PackError `engine.not_yaml`, `engine.repeated_key` with the line."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        tree = Tree(source, tuple(text.splitlines()), None, {})
        value = None if node is None else _value(loader, node, (), tree)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Spot(source, mark.line + 1, mark.column + 1) if mark else Spot(source)
        raise PackError("engine.not_yaml", where=where) from None
    finally:
        loader.dispose()
    return Tree(source, tree.lines, value, tree.marks)


def _value(loader: Any, node: yaml.Node, path: Path, tree: Tree) -> Any:
    if len(path) > _MAX_DEPTH or len(tree.marks) > _MAX_VALUES:
        raise PackError("engine.not_yaml", where=Spot(tree.source, node.start_mark.line + 1))
    start, end = node.start_mark, node.end_mark
    tree.marks[path] = (start.line, start.column, end.line, end.column)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*path, index), tree) for index, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        try:
            return loader.construct_object(node)
        except ValueError:  # 2026-13-45 looks like a day and is none; a number of thousands of figures
            place = Spot(tree.source, start.line + 1, start.column + 1)
            raise PackError("engine.bad_value", where=place, name="", seen=str(node.value)[:40]) from None
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if key in values or not key:
            line = key_node.start_mark.line + 1
            raise PackError("engine.repeated_key", where=Spot(tree.source, line), name=key)
        values[key] = _value(loader, value_node, (*path, key), tree)
    return values
