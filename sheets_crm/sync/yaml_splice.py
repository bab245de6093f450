"""A YAML file changed key by key, every other sign of it left as its owner typed it: comments, order, quotes, line ends.

Works on the text by the marks of its nodes. (Writers that keep comments rewrite much of the rest in their own manner.) After
each change the text is read again: where it does not say what was wanted, the section around the change is written anew, and
the next one around it, until it does. Knows nothing of crm.yaml; touches no file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from sheets_crm.cards.yamlmodel import read_yaml
from sheets_crm.errors import OwnerError
from sheets_crm.sync.yaml_emit import block, canonical, entry, fits_a_line, flow, plain

Path = tuple[str | int, ...]
Splice = tuple[int, int, str]  # from, to, and what stands there instead
Above = Callable[[str], str]  # key of the uppermost level -> lines of comment that stand above it where it is new


@dataclass(frozen=True)
class _Change:
    """One thing that differs. what: "set", "add" or "drop"."""

    what: str
    path: Path
    value: Any = None


def data_of(text: str) -> Any:
    """What a text says, by our own reader; {} where it says nothing. OwnerError: it is no YAML."""
    return read_yaml(text, "").data


def edited(text: str, wanted: Mapping[str, Any], above: Above = lambda _: "") -> str:
    """The text changed so that it says what is wanted, and nothing else of it changed."""
    wanted = plain(wanted)
    if (at_once := _all_at_once(text, wanted, above)) is not None:
        return at_once
    for _ in range(_steps(text, wanted)):
        change = next(_changes(data_of(text), wanted, ()), None)
        if change is None:
            return text
        text = _changed(text, change, above)
    return text if _says(text, wanted) else _anew(wanted, _newline(text))


def _all_at_once(text: str, wanted: Any, above: Above) -> str | None:
    """All changes made in one go; None where they come into each other's way, or it does not come out as wanted."""
    try:
        root, parts, end = _composed(text), [], 0
        splices = sorted(
            (_splice(text, root, change, above) for change in _changes(data_of(text), wanted, ())),
            key=lambda one: one[:2],
        )
        for start, behind, new in splices:
            if start < end:
                return None
            parts += [text[end:start], new]
            end = behind
    except (_CannotSplice, ValueError, IndexError):
        return None
    tried = "".join([*parts, text[end:]])
    return tried if _says(tried, wanted) else None


def _steps(text: str, wanted: Any) -> int:
    """More changes than this there can't be: each one takes away, adds or sets a key."""
    return len(canonical(data_of(text))) + len(canonical(wanted)) + 8


def _anew(wanted: Mapping[str, Any], newline: str) -> str:
    return block(wanted, 0, newline) + newline


def _says(text: str, wanted: Any) -> bool:
    try:
        return canonical(data_of(text)) == canonical(wanted)
    except OwnerError:
        return False


def _changed(text: str, change: _Change, above: Above) -> str:
    """One change made; where that does not come out as wanted, the nearest section around it that does is written anew."""
    before = data_of(text)
    expected = _after(before, change)
    attempts = [change, *(_Change("set", change.path[:n], _at(expected, change.path[:n])) for n in _around(change))]
    for attempt in attempts:
        try:
            start, end, new = _splice(text, _composed(text), attempt, above)
        except (_CannotSplice, ValueError, IndexError):
            continue
        tried = text[:start] + new + text[end:]
        if _says(tried, expected):
            return tried
    return _anew(expected, _newline(text))


def _around(change: _Change) -> Iterator[int]:
    yield from range(len(change.path) - 1, 0, -1)


def _after(data: Any, change: _Change) -> Any:
    """The data with the change in it."""
    if not change.path:
        return change.value
    head, *rest = change.path
    inner = _Change(change.what, tuple(rest), change.value)
    if isinstance(data, Mapping):
        if rest or change.what != "drop":
            return {**data, head: _after(data.get(str(head)), inner) if rest else change.value}
        return {key: one for key, one in data.items() if key != head}
    listed, place = list(data), int(head)
    if not rest and change.what == "drop":
        return listed[:place] + listed[place + 1 :]
    if place == len(listed):
        return [*listed, change.value]
    listed[place] = _after(listed[place], inner) if rest else change.value
    return listed


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


# --- what differs ---------------------------------------------------------------------------------------------------------


def _changes(now: Any, wanted: Any, path: Path) -> Iterator[_Change]:
    """What differs, from the top down: first what goes, then what is otherwise, then what is new."""
    if canonical(now) == canonical(wanted):
        return
    if isinstance(now, dict) and isinstance(wanted, dict) and (not path or (now and wanted)):
        yield from (_Change("drop", (*path, key)) for key in now if key not in wanted)
        for key in now:
            if key in wanted:
                yield from _changes(now[key], wanted[key], (*path, key))
        yield from (_Change("add", (*path, key), one) for key, one in wanted.items() if key not in now)
    elif isinstance(now, list) and isinstance(wanted, list) and now and wanted:
        yield from _listed(now, wanted, path)
    else:
        yield _Change("set", path, wanted)


def _listed(now: list[Any], wanted: list[Any], path: Path) -> Iterator[_Change]:
    """Items known by their name (or by themselves) go, change, and come at the end; another order sets the whole list."""
    olds, news = [_known_as(one) for one in now], [_known_as(one) for one in wanted]
    kept = [one for one in olds if one in news]
    if len(set(olds)) < len(olds) or len(set(news)) < len(news) or not kept or news[: len(kept)] != kept:
        yield _Change("set", path, wanted)
        return
    yield from (_Change("drop", (*path, place)) for place, one in enumerate(olds) if one not in news)
    for place, one in enumerate(olds):
        if one in news:
            yield from _changes(now[place], wanted[news.index(one)], (*path, place))
    yield from (_Change("add", (*path, len(kept)), one) for one in wanted[len(kept) :])


def _known_as(item: Any) -> str:
    return canonical(item["name"] if isinstance(item, dict) and "name" in item else item)


# --- the text -------------------------------------------------------------------------------------------------------------


class _CannotSplice(Exception):
    """This place of the text is written in a way that is not changed in place."""


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


@dataclass(frozen=True)
class _Found:
    """A place of the text. value: its node; holder: the mapping or list it stands in (None for the whole file); key: its name."""

    value: yaml.Node | None
    holder: Any = None
    key: yaml.Node | None = None


def _composed(text: str) -> yaml.Node | None:
    root: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)  # the plain loader: its marks count characters
    return root


def _splice(text: str, root: yaml.Node | None, change: _Change, above: Above) -> Splice:
    """The change as what stands in place of a part of the text."""
    if change.what == "add":
        holder = _find(root, change.path[:-1]).value
        if isinstance(holder, yaml.MappingNode) or (holder is None and len(change.path) == 1):
            return _key_added(text, holder, change, above)
        return _item_added(text, holder, change.value)
    found = _find(root, change.path)
    return _dropped(text, found) if change.what == "drop" else _set(text, found, change.value)


def _find(root: yaml.Node | None, path: Path) -> _Found:
    found = _Found(root)
    for part in path:
        holder = found.value
        if isinstance(holder, yaml.MappingNode):
            pairs = [(key, value) for key, value in holder.value if key.value == part]
            if not pairs:
                raise _CannotSplice
            found = _Found(pairs[0][1], holder, pairs[0][0])
        elif isinstance(holder, yaml.SequenceNode):
            found = _Found(holder.value[int(part)], holder)
        else:
            raise _CannotSplice
    return found


def _set(text: str, found: _Found, value: Any) -> Splice:
    node, newline = found.value, _newline(text)
    if node is None or found.holder is None:
        raise _CannotSplice
    start, end = node.start_mark.index, _end(text, node)
    if found.key is not None and not found.holder.flow_style:
        start = _colon(text, found.key)
        end = max(end, start)
        if fits_a_line(value):
            same_line = text[start : node.start_mark.index].strip(" ") == ""
            gap = text[start : node.start_mark.index] if same_line and end > start else ""
            return start, end, f"{gap or ' '}{flow(value)}"
        indent = found.key.start_mark.column + 2
        return start, end, newline + block(value, indent, newline)
    return start, end, flow(value)


def _key_added(text: str, holder: Any, change: _Change, above: Above) -> Splice:
    key, newline = str(change.path[-1]), _newline(text)
    if holder is None or not holder.value:
        if len(change.path) > 1 or (holder is not None and holder.flow_style):
            raise _CannotSplice
        return len(text), len(text), f"{_broken(text, newline)}{_headed(key, change.value, above, newline)}{newline}"
    last = holder.value[-1][1]
    end = _end(text, last)
    if holder.flow_style:
        return end, end, f", {flow({key: change.value})[1:-1]}"
    line = _line_end(text, end)
    if len(change.path) == 1:
        return _section_added(text, line, _headed(key, change.value, above, newline), newline)
    added = entry(key, change.value, holder.start_mark.column, newline)
    return line, line, newline + added


def _section_added(text: str, line: int, section: str, newline: str) -> Splice:
    """A new section below all that stands in the file, its last comments too, but above the sign that ends a document."""
    rest = text[line:]
    if "\n..." in rest or "\n---" in rest:
        return line, line, f"{newline}{newline}{section}"
    return len(text), len(text), f"{_broken(text, newline)}{newline}{section}{newline}"


def _headed(key: str, value: Any, above: Above, newline: str) -> str:
    comment = above(key)
    lines = [f"# {one}".rstrip() for one in comment.split("\n")] if comment else []
    return newline.join([*lines, entry(key, value, 0, newline)])


def _broken(text: str, newline: str) -> str:
    return "" if not text or text.endswith("\n") else newline


def _item_added(text: str, holder: Any, value: Any) -> Splice:
    if not isinstance(holder, yaml.SequenceNode) or not holder.value:
        raise _CannotSplice
    newline, end = _newline(text), _end(text, holder.value[-1])
    if holder.flow_style:
        return end, end, f", {flow(value)}"
    line, margin = _line_end(text, end), holder.start_mark.column
    if isinstance(value, Mapping) and value:
        first, *rest = block(value, margin + 2, newline).split(newline)
        item = newline.join([f"{' ' * margin}- {first.strip()}", *rest])
    else:
        item = f"{' ' * margin}- {flow(value)}"
    return line, line, newline + item


def _dropped(text: str, found: _Found) -> Splice:
    holder = found.holder
    assert holder is not None
    parts = [pair[0] for pair in holder.value] if isinstance(holder, yaml.MappingNode) else list(holder.value)
    ends = [pair[1] for pair in holder.value] if isinstance(holder, yaml.MappingNode) else list(holder.value)
    if len(parts) < 2:
        raise _CannotSplice  # the last one: its holder is set to nothing
    place = ends.index(found.value)
    start, end = parts[place].start_mark.index, _end(text, ends[place])
    if holder.flow_style:
        if place:
            return _end(text, ends[place - 1]), end, ""
        return start, parts[1].start_mark.index, ""
    first = text.rfind("\n", 0, start) + 1
    before = text[first:start]
    if isinstance(holder, yaml.SequenceNode):
        before = before.replace("-", " ", 1)
    if before.strip(" \ufeff"):  # the first key of an item of a list: the dash stays
        return start, parts[place + 1].start_mark.index, ""
    line = min(_line_end(text, end) + len(_newline(text)), len(text))
    return first, line, "\ufeff" if before.startswith("\ufeff") else ""


def _colon(text: str, key: yaml.Node) -> int:
    """Just behind the colon of a key."""
    return text.index(":", key.end_mark.index) + 1


def _end(text: str, node: yaml.Node) -> int:
    """Behind the last sign of a node; YAML's own end of a block lies after the blank lines and comments below it."""
    last = node
    while isinstance(last, yaml.CollectionNode) and not last.flow_style and last.value:
        tail = last.value[-1]
        last = tail[1] if isinstance(tail, tuple) else tail
    end: int = last.end_mark.index
    if isinstance(last, yaml.ScalarNode) and last.style in {"|", ">"}:
        return len(text[:end].rstrip("\r\n "))
    return end


def _line_end(text: str, place: int) -> int:
    found = text.find(_newline(text), place)
    return len(text) if found < 0 else found
