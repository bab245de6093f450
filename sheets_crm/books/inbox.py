"""A folder into which requests are put as files (`inbox/*.csv`, `inbox/*.json`): all of them read as one table.

Columns are matched by their headers, so that files of one service may differ; a row that another file holds as well (exports
overlap) counts once. Read only: nobody's file is moved or deleted. What is cheap
(has anything changed?) imports nothing heavy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sheets_crm.errors import WorkbookUnreadable

if TYPE_CHECKING:
    from sheets_crm.books.model import Grid

_SIGNS = "*?["
JSON_SUFFIXES = {".json", ".jsonl", ".ndjson"}


def is_pattern(path: Path) -> bool:
    """Does the name stand for several files?"""
    return any(sign in path.name for sign in _SIGNS)


def files_of(path: Path) -> list[Path]:
    """The files that a pattern stands for now, in the order of their names; those being written (hidden, .part, .tmp) left out."""
    found = sorted(path.parent.glob(path.name)) if path.parent.is_dir() else []
    return [
        one for one in found if one.is_file() and not one.name.startswith(".") and one.suffix not in {".part", ".tmp"}
    ]


def mark_of(path: Path) -> tuple[int, int, int]:
    """Changes when a file comes, goes or is saved. No reading."""
    whole = sha256()
    newest = size = 0
    for one in files_of(path):
        stat = one.stat()
        newest, size = max(newest, stat.st_mtime_ns), size + stat.st_size
        whole.update(f"{one.name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return newest, size, int.from_bytes(whole.digest()[:7], "big")


def read_inbox(path: Path, name: str) -> Grid:
    """All files as one sheet: the headers of all, in the order in which they were met. WorkbookUnreadable names a file that is no table."""
    from sheets_crm.books.grids import grid_of_rows

    headers: dict[str, int] = {}
    lines: dict[tuple[tuple[int, object], ...], dict[int, object]] = {}
    for file in files_of(path):
        rows = iter(_rows(file))
        titles = [str(title or "").strip() for title in next(rows, [])]
        places = [headers.setdefault(title, len(headers)) if title else None for title in titles]
        for row in rows:
            line = {place: value for place, value in zip(places, row, strict=False) if place is not None}
            told = tuple((at, value) for at, value in sorted(line.items()) if value not in {None, ""})
            if told:
                lines.setdefault(told, line)
    if not headers:
        return grid_of_rows(name, [])
    return grid_of_rows(
        name, [list(headers), *([line.get(at) for at in range(len(headers))] for line in lines.values())]
    )


def _rows(file: Path) -> Sequence[Sequence[object]]:
    """The rows of one file, the first of them its headers."""
    if file.suffix.casefold() in JSON_SUFFIXES:
        return json_rows(file)
    from sheets_crm.books.model import CellError
    from sheets_crm.books.sources import read_source

    grid = next(iter(read_source(file).values()))
    cells = (grid.row(row) for row in range(1, grid.height + 1))
    return [[None if isinstance(value, CellError) else value for value in row] for row in cells]


def json_rows(file: Path) -> list[list[object]]:
    """A list of objects, one object, or one object a line, as rows under their keys."""
    try:
        objects = list(_objects(file.read_text("utf-8-sig")))
    except (ValueError, OSError) as error:
        raise WorkbookUnreadable("books.broken", path=str(file)) from error
    if not all(isinstance(one, dict) for one in objects):
        raise WorkbookUnreadable("books.broken", path=str(file))
    keys = list(dict.fromkeys(key for one in objects for key in one))
    return [list(keys), *([_plain(one.get(key)) for key in keys] for one in objects)] if keys else []


def _objects(text: str) -> Iterator[Any]:
    try:
        whole = json.loads(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        yield from map(json.loads, lines)
        return
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        whole = lists[0] if len(lists) == 1 and len(whole) <= 3 else [whole]  # {"rows": [...]}, as services export
    yield from whole if isinstance(whole, list) else [whole]


def _plain(value: object) -> object:
    """A list as its items; an object as the text that it is."""
    if isinstance(value, list) and all(isinstance(item, (str, int, float)) for item in value):
        return ", ".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
