"""Comments that people put on a tab of ours follow their rows when the tab is drawn again.

A row is known by its key column; a table without one keeps its comments where they are. A comment goes with its row.
Moves the comment, its thread and the shape that shows it, each in its own part, by splices.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Sequence

from sheets_crm.books.excel.blob import Blob
from sheets_crm.books.excel.carry import OldTab, OldTable, area_of, plain_title
from sheets_crm.books.excel.layout import Native
from sheets_crm.books.excel.workbook import Workbook
from sheets_crm.books.excel.xmlsplice import Element, Xml
from sheets_crm.cells import letter
from sheets_crm.errors import OwnerError

Place = tuple[int, int]  # row and column, 0-based
Move = Callable[[Place], Place | None]
_KEYS = ("key", "id")  # ids of columns by which rows are known, the better one first
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)<")
_VALUE = re.compile(rb"<(?:[\w.-]+:)?v(?:\s[^>]*)?>([^<]*)<")


def move_notes(workbook: Workbook, old: OldTab, pairs: Sequence[tuple[Native, OldTable | None]]) -> bool:
    """Put people's comments where their cells are going to be; True when any of them moved."""
    package = workbook.package
    parts = [(rel.kind, found) for rel in old.comments if (found := package.find(rel.target))]
    if not parts:
        return False
    try:
        move = _mover(workbook, old.part, pairs)
        edited = [_moved(kind, Xml(package.read(part), part), move) for kind, part in parts]
    except OwnerError:
        return False  # a part that can't be read stays as it is, and so do the others: they belong together
    changed = [package.write(xml.part, Blob.of(xml.result())) for xml in edited if xml.edited]
    return any(changed)


def _mover(workbook: Workbook, part: str, pairs: Sequence[tuple[Native, OldTable | None]]) -> Move:
    """Old place -> new place, None where the row or the column is gone."""
    tables = [(native, old, _rows(workbook, part, native, old)) for native, old in pairs if old]

    def move(place: Place) -> Place | None:
        row, column = place
        for native, old, rows in tables:
            if not (old.row <= row <= old.bottom and 0 <= column - old.column < len(old.titles)):
                continue
            title = old.titles[column - old.column]
            to_row = native.table.row if row == old.row else rows(row)
            if title not in native.titles or to_row is None:
                return None
            return to_row, native.table.column + native.titles.index(title)
        return place

    return move


def _rows(workbook: Workbook, part: str, native: Native, old: OldTable) -> Callable[[int], int | None]:
    """Old row -> new row of a table, by key; by position where there is none."""
    ids = [column.id for column in native.table.columns]
    index = next((ids.index(each) for each in _KEYS if each in ids), None)
    if index is None or native.titles[index] not in old.titles:
        shift = native.table.row - old.row
        return lambda row: row + shift
    was = _column_texts(workbook, part, old.column + old.titles.index(native.titles[index]))
    first = native.table.row + 1
    now: dict[str, int] = {}
    for i, key in enumerate(native.table.columns[index].values.to_list()):
        now.setdefault(str(key), first + i)
    return lambda row: now.get(was.get(row, "\0"))


def _column_texts(workbook: Workbook, part: str, column: int) -> dict[int, str]:
    """What the cells of one column of the old sheet show: row (0-based) -> text."""
    name = letter(column).encode()
    cell = re.compile(
        rb"<((?:[\w.-]+:)?)c\b([^>]*?\sr=[\"']" + name + rb"(\d+)[\"'][^>]*?)(?:/>|>(.*?)</\1c>)", re.DOTALL
    )
    shared: list[str] | None = None
    found = {}
    for match in cell.finditer(workbook.package.read(part)):
        inner = match.group(4) or b""
        if re.search(rb"\st=[\"']s[\"']", match.group(2)):
            shared = _shared(workbook) if shared is None else shared
            number = _plain(_VALUE.findall(inner))
            text = shared[int(number)] if number.isdigit() and int(number) < len(shared) else ""
        else:
            text = _plain(_TEXT.findall(inner) or _VALUE.findall(inner))
        found[int(match.group(3)) - 1] = plain_title(text)
    return found


def _plain(pieces: Iterable[bytes]) -> str:
    return html.unescape(b"".join(pieces).decode("utf-8", "replace"))


def _shared(workbook: Workbook) -> list[str]:
    part = workbook.part_of_kind("sharedStrings")
    if part is None:
        return []
    root = Xml(workbook.package.read(part), part).root
    return ["".join(t.text for t in each.walk() if t.local == "t") for each in root.all("si")]


def _moved(kind: str, xml: Xml, move: Move) -> Xml:
    if kind == "vmlDrawing":
        for shape in [each for each in xml.root.walk() if each.local == "ClientData"]:
            _move_shape(xml, shape, move)
        return xml
    for each in [each for each in xml.root.walk() if each.local in {"comment", "threadedComment"}]:
        area = area_of(each.attrs.get("ref", ""))
        if area is None:
            continue
        place = move(area[:2])
        if place is None:
            xml.replace(each, "")
        elif place != area[:2]:
            xml.set_attr(each, "ref", f"{letter(place[1])}{place[0] + 1}")
    return xml


def _move_shape(xml: Xml, data: Element, move: Move) -> None:
    """The box of a comment: its cell, and where it hangs."""
    parts = {each.local: each for each in data.children}
    if data.attrs.get("ObjectType") != "Note" or not {"Row", "Column"} <= set(parts):
        return
    was = int(parts["Row"].text), int(parts["Column"].text)
    now = move(was)
    if now is None:
        if data.parent is not None:
            xml.replace(data.parent, "")
        return
    if now == was:
        return
    xml.set_text(parts["Row"], str(now[0]))
    xml.set_text(parts["Column"], str(now[1]))
    anchor = parts.get("Anchor")
    numbers = anchor.text.split(",") if anchor else []
    if anchor and len(numbers) == 8 and all(number.strip().isdigit() for number in numbers):
        shifted = [int(number) for number in numbers]
        for i, (axis, least) in {0: (1, 0), 2: (0, 0), 4: (1, 1), 6: (0, 1)}.items():
            shifted[i] = max(shifted[i] + now[axis] - was[axis], least)
        xml.set_text(anchor, ", ".join(map(str, shifted)))
