"""What a spreadsheet is made of: rows of plain values, with the rest of a cell kept beside them where there is any.

Values are None, str, int, float, bool or `Failure`. Rows are never changed in place: a copy of a sheet costs one list,
so that a batch can work on a copy and be dropped. Knows nothing of HTTP or JSON requests.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]
MAX_CELLS = 10_000_000
MAX_TEXT = 50_000
MAX_COLUMNS = 18_278


class Failure(NamedTuple):
    """An error that a cell shows: Google's type, the code people see, and the sentence."""

    type: str
    code: str
    message: str = ""

    def long(self) -> str:
        """As values.get gives it unformatted: the code and the sentence."""
        return f"{self.code} ({self.message})" if self.message else self.code


class More(NamedTuple):
    """What a cell holds beside its value. Dicts here are shared: never change one in place."""

    formula: str | None = None
    format: Json | None = None
    note: str | None = None
    validation: Json | None = None
    runs: tuple[Json, ...] | None = None
    live: bool = False  # the formula is computed here, not taken from a file

    def plain(self) -> More | None:
        """None when there is nothing in it."""
        return None if self == NOTHING else self


NOTHING = More()


class Row(NamedTuple):
    """Values of one row without an empty tail, and the rest by column."""

    values: list[Any]
    more: dict[int, More]


EMPTY_ROW = Row([], {})


class Span(NamedTuple):
    """Cells: first row, first column, and the row and column after the last."""

    top: int
    left: int
    bottom: int
    right: int

    def cut(self, other: Span) -> Span | None:
        """The common part."""
        common = Span(
            max(self.top, other.top),
            max(self.left, other.left),
            min(self.bottom, other.bottom),
            min(self.right, other.right),
        )
        return common if common.top < common.bottom and common.left < common.right else None

    def minus(self, other: Span) -> list[Span]:
        """What is left when the other is cut out."""
        hole = self.cut(other)
        if hole is None:
            return [self]
        parts = [
            Span(self.top, self.left, hole.top, self.right),
            Span(hole.bottom, self.left, self.bottom, self.right),
            Span(hole.top, self.left, hole.bottom, hole.left),
            Span(hole.top, hole.right, hole.bottom, self.right),
        ]
        return [part for part in parts if part.top < part.bottom and part.left < part.right]

    def grid(self, sheet_id: int) -> Json:
        """As a GridRange of JSON."""
        return {
            "sheetId": sheet_id,
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }


@dataclass
class Sheet:
    """One sheet: its cells, and the objects that lie on it as the JSON of the API."""

    id: int
    title: str
    row_count: int = 1000
    column_count: int = 26
    rows: list[Row] = field(default_factory=list)
    properties: Json = field(default_factory=dict)  # SheetProperties without id, title, index, gridProperties' counts
    row_sizes: dict[int, Json] = field(default_factory=dict)  # DimensionProperties by index
    column_sizes: dict[int, Json] = field(default_factory=dict)
    merges: list[Json] = field(default_factory=list)
    conditions: list[Json] = field(default_factory=list)
    protections: list[Json] = field(default_factory=list)
    basic_filter: Json | None = None
    filter_views: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    bandings: list[Json] = field(default_factory=list)
    tables: list[Json] = field(default_factory=list)

    def copy(self) -> Sheet:
        """A copy that can be changed without touching this one."""
        twin = copy.copy(self)
        twin.rows = list(self.rows)
        for name in _OBJECTS:
            setattr(twin, name, copy.deepcopy(getattr(self, name)))
        return twin

    @property
    def all(self) -> Span:
        return Span(0, 0, self.row_count, self.column_count)

    def row(self, index: int) -> Row:
        """The row at the index; empty beyond the last used."""
        return self.rows[index] if index < len(self.rows) else EMPTY_ROW

    def value(self, row: int, column: int) -> Any:
        values = self.row(row).values
        return values[column] if column < len(values) else None

    def more(self, row: int, column: int) -> More:
        return self.row(row).more.get(column, NOTHING)

    def put(self, row: int, column: int, value: Any, more: More | None) -> None:
        """Replace a cell whole."""
        self.put_row(row, {column: (value, more)})

    def put_row(self, row: int, cells: Mapping[int, tuple[Any, More | None]]) -> None:
        """Replace some cells of a row."""
        if row >= len(self.rows):
            self.rows.extend([EMPTY_ROW] * (row + 1 - len(self.rows)))
        old = self.rows[row]
        values = list(old.values)
        more = old.more.copy() if old.more else {}
        for column, (value, rest) in cells.items():
            if column >= len(values):
                if value is not None:
                    values.extend([None] * (column - len(values)))
                    values.append(value)
            else:
                values[column] = value
            if rest is None or rest == NOTHING:
                more.pop(column, None)
            else:
                more[column] = rest
        while values and values[-1] is None:
            values.pop()
        self.rows[row] = Row(values, more)

    def used(self) -> tuple[int, int]:
        """Rows and columns up to the last value."""
        height = next((index + 1 for index in range(len(self.rows) - 1, -1, -1) if self.rows[index].values), 0)
        return height, max((len(row.values) for row in self.rows), default=0)

    def cells(self, span: Span) -> Iterator[tuple[int, int, Any, More]]:
        """Row, column, value and rest of each cell of the span."""
        for row in range(span.top, span.bottom):
            for column in range(span.left, span.right):
                yield row, column, self.value(row, column), self.more(row, column)

    def objects(self) -> Iterator[Json]:
        """All that lies on the sheet, whatever its kind."""
        for name in _OBJECTS:
            held = getattr(self, name)
            if isinstance(held, list):
                yield from held
            elif name == "basic_filter" and held:
                yield held


_OBJECTS = (
    "properties",
    "row_sizes",
    "column_sizes",
    "merges",
    "conditions",
    "protections",
    "basic_filter",
    "filter_views",
    "charts",
    "bandings",
    "tables",
)


@dataclass
class Document:
    """A file of Drive; a spreadsheet when `mime` says so."""

    id: str
    title: str
    locale: str = "ru_RU"
    time_zone: str = "Europe/Moscow"
    sheets: list[Sheet] = field(default_factory=list)
    named_ranges: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)  # DeveloperMetadata; "project" beside the fields of the API
    mime: str = "application/vnd.google-apps.spreadsheet"
    permissions: list[Json] = field(default_factory=list)
    version: int = 1
    moments: list[tuple[float, int]] = field(default_factory=list)  # when each version came to be
    editor: str = ""  # who wrote last
    trashed: bool = False
    next_id: int = 1_700_000_001

    def copy(self) -> Document:
        """A copy for a batch to work on."""
        twin = copy.copy(self)
        twin.sheets = [sheet.copy() for sheet in self.sheets]
        twin.named_ranges = copy.deepcopy(self.named_ranges)
        twin.metadata = copy.deepcopy(self.metadata)
        return twin

    def new_id(self) -> int:
        """An id that nothing in the document has: not in order, as Google's are."""
        self.next_id = (self.next_id * 48_271) % 2_147_483_647
        return self.next_id

    def sheet(self, sheet_id: int) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.id == sheet_id), None)

    def titled(self, title: str) -> Sheet | None:
        """Titles are unique whatever their case."""
        wanted = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == wanted), None)

    def role(self, email: str | None) -> str | None:
        """What somebody may do: owner, writer, commenter, reader; None when nothing is shared with them."""
        roles = [
            item["role"]
            for item in self.permissions
            if item["type"] == "anyone" or (email and item.get("emailAddress", "").casefold() == email.casefold())
        ]
        return min(roles, key=_ROLES.index, default=None)

    def editors(self) -> list[str]:
        """Addresses of all who may edit."""
        return [
            item["emailAddress"]
            for item in self.permissions
            if item["role"] in {"owner", "writer"} and "emailAddress" in item
        ]

    def owner(self) -> str | None:
        return next((item.get("emailAddress") for item in self.permissions if item["role"] == "owner"), None)

    def cell_count(self) -> int:
        return sum(sheet.row_count * sheet.column_count for sheet in self.sheets)


_ROLES = ["owner", "organizer", "fileOrganizer", "writer", "commenter", "reader"]

_known: dict[str, Json] = {}


def shared(value: Json | None) -> Json | None:
    """One object for all equal ones: a hundred thousand cells of one format hold one dict."""
    if not value:
        return None
    return _known.setdefault(json.dumps(value, sort_keys=True), value)


def number(value: float) -> int | float:
    """A number as Google writes it: whole ones without a fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def trimmed(values: Iterable[Any]) -> list[Any]:
    """Without the empty tail."""
    found = list(values)
    while found and found[-1] in (None, ""):
        found.pop()
    return found
