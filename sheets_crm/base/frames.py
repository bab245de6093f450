"""Sheets under a binding -> typed frames, a row a card, and the problems met in their cells.

Does not link cards to each other (links) nor decide what a sheet is (bind). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import polars as pl

from sheets_crm.base.model import Binding, BoundColumn
from sheets_crm.base.parsed_kept import ParsedShelf
from sheets_crm.base.settings import BaseSettings, Requirement, SheetSettings
from sheets_crm.base.spread import sources, tall_merges
from sheets_crm.books.model import Grid, Merge
from sheets_crm.cards import FieldSpec, Template, parse, reading_of
from sheets_crm.cards.model import FieldType, Parsed, Problem, Reading
from sheets_crm.cells import Column, Kind, letter
from sheets_crm.shelf import NO_SHELF, Shelf


@dataclass(frozen=True)
class SheetCards:
    """The cards of one sheet. `dirty`: rows (the user's) with an error-severity problem, in any bound column and in the client's own."""

    frames: Mapping[str, pl.DataFrame]
    problems: tuple[Problem, ...]
    dirty_rows: frozenset[int]
    dirty_client_rows: frozenset[int]


@dataclass
class _Reader:
    """Reads one sheet's columns once each, collecting what is wrong with them."""

    grid: Grid
    binding: Binding
    template: Template
    reading: Reading
    fixed_order: bool
    fixed_decimal: bool
    stages: Mapping[str, Mapping[str, str]]  # card -> folded alias -> stage
    skip: frozenset[tuple[str, str]]  # columns whose problems nobody needs to know
    kept: ParsedShelf
    bookings: bool = False  # do visits of the future stand among those of the past?
    problems: dict[tuple[int, int, str], Problem] = field(default_factory=dict)
    blanks: dict[int, pl.Series] = field(default_factory=dict)
    places: dict[int, pl.Series] = field(default_factory=dict)  # where the values of `blanks` stand (0-based)
    tall: Mapping[int, list[Merge]] = field(default_factory=dict)
    required: set[int] = field(default_factory=set)  # columns that must be filled on a card read already
    _cache: dict[tuple[int, str, str], Parsed] = field(default_factory=dict)

    def values(self, bound: BoundColumn, positions: pl.Series) -> dict[str, pl.Series]:
        """The parsed values of a bound column at 0-based positions of the sheet; its problems are kept."""
        spec = self.template.cards[bound.card].fields[bound.field]
        if self.bookings and (bound.card, bound.field) == ("visit", "date"):
            spec = spec.model_copy(update={"past": False, "type": FieldType.DATE})
        positions = sources(self.grid, self.binding, self.tall, bound, kind=spec.type, positions=positions)
        stages = self.stages.get(bound.card, {}) if spec.type == FieldType.STAGE else {}
        key = (bound.index, bound.field, f"{spec.type}:{hash(tuple(stages.items()))}:{positions.len()}")
        parsed = self._cache.get(key)
        if parsed is None:
            parsed = self._cache[key] = self._parsed(bound, spec, stages, positions)
            self._keep_problems(parsed, bound, positions)
        self.blanks[bound.index], self.places[bound.index] = parsed.blank, positions
        return parsed.values

    def _parsed(self, bound: BoundColumn, spec: FieldSpec, stages: Mapping[str, str], positions: pl.Series) -> Parsed:
        columns = self.grid.columns
        whole = columns[bound.index] if bound.index < len(columns) else Column.empty(self.grid.height)
        habits = (self.reading, self.fixed_order, self.fixed_decimal)
        key = self.kept.key(whole, positions, spec, bound.field, habits=habits, stages=stages)
        if (found := self.kept.get(key)) is not None:
            return found
        column = whole.gather(positions)
        parsed = parse(column, spec, bound.field, self._reading_of(column, spec), stages=stages)
        self.kept.put(key, parsed)
        return parsed

    def _reading_of(self, column: Column, spec: FieldSpec) -> Reading:
        """The sheet's habits; where the owner states none, the column's own values may overrule the country's."""
        own = reading_of(column, spec, self.reading)
        return replace(
            own,
            date_order=self.reading.date_order if self.fixed_order else own.date_order,
            decimal=self.reading.decimal if self.fixed_decimal else own.decimal,
        )

    def _keep_problems(self, parsed: Parsed, bound: BoundColumn, positions: pl.Series) -> None:
        if (bound.card, bound.field) in self.skip:
            return
        rows = positions.gather(parsed.issues["position"]) + 1
        for row, issue in zip(rows.to_list(), parsed.issues.iter_rows(named=True), strict=True):
            self.add(bound, row, issue["kind"], seen=issue["seen"] or "", suggestion=issue["suggestion"])

    def add(self, bound: BoundColumn, row: int, kind: str, *, seen: str = "", suggestion: str | None = None) -> None:
        """Note a problem at a cell; the same one is noted once, however many cards read the cell."""
        self.problems.setdefault(
            (bound.index, row, kind),
            Problem(
                sheet=self.binding.sheet, cell=f"{letter(bound.index)}{row}", row=row, kind=kind, seen=seen,
                suggestion=suggestion, card=bound.card, field=bound.field, values=called(bound),
            ),
        )  # fmt: skip


def called(bound: BoundColumn) -> dict[str, object]:
    """What the sentence about a cell calls its field: the header of its column, as the owner wrote it."""
    return {"field": bound.header} if bound.header else {}


def sheet_reading(settings: BaseSettings, sheet: SheetSettings, grid: Grid, reading: Reading) -> Reading:
    """The surroundings in which a sheet is read: its own habits, else the workbook's, else the country's."""
    month = sheet.month.split("-") if sheet.month else None
    return replace(
        reading,
        country=sheet.country or settings.country,
        currency=sheet.currency or settings.currency,
        date_order=sheet.date_order or settings.date_order or date_order_of(sheet.country or settings.country),
        decimal=sheet.decimal or settings.decimal or decimal_of(sheet.currency or settings.currency),
        epoch_1904=grid.epoch_1904,
        month=(int(month[0]), int(month[1])) if month else None,
    )


def date_order_of(country: str) -> Literal["dmy", "mdy"]:
    """Day or month first? Source: CLDR short date patterns (the US and its circle write the month first)."""
    return "mdy" if country in {"US", "PH", "FM", "MH", "PW"} else "dmy"


def decimal_of(currency: str) -> Literal[",", "."]:
    """The decimal sign people write with a currency. Source: CLDR number symbols of its home."""
    return "." if currency in {"USD", "GBP", "AUD", "CAD", "NZD", "INR", "CNY", "JPY", "ILS", "MXN", "THB"} else ","


def read_sheet(
    grid: Grid,
    binding: Binding,
    template: Template,
    settings: BaseSettings,
    sheet: SheetSettings,
    *,
    reading: Reading,
    stages: Mapping[str, Mapping[str, str]],
    skip: frozenset[tuple[str, str]],
    shelf: Shelf = NO_SHELF,
) -> SheetCards:
    """The cards of one sheet: a frame a card kind with `_sheet`, `_row`, `_block` and the bound fields.

    shelf: columns that an earlier run has read.
    """
    reader = _Reader(
        grid, binding, template, sheet_reading(settings, sheet, grid, reading),
        fixed_order=bool(sheet.date_order or settings.date_order),
        fixed_decimal=bool(sheet.decimal or settings.decimal),
        stages=stages, skip=skip, kept=ParsedShelf(shelf), bookings=settings.booked_visit_is_open and not _has_next_visits(binding),
        tall=tall_merges(grid),
    )  # fmt: skip
    rows, blocks = binding.layout.rows.cast(pl.UInt32), binding.layout.blocks.cast(pl.UInt32)
    tops = rows.filter(rows == blocks)
    in_blocks = len(tops) < len(rows)
    frames: dict[str, pl.DataFrame] = {}
    # A source that only tells more about other cards need not tell everything.
    required = () if sheet.required is None and sheet.key is not None else sheet.required
    for card in binding.cards:
        whole = card == "client" and in_blocks  # one client a block: its first row speaks for it
        positions = (tops if whole else rows) - 1
        columns = [bound for bound in binding.columns if bound.card == card]
        frame = _frame(reader, columns, positions, blocks if not whole else tops)
        frames[card] = _with_constants(frame, reader, card)
        _note_blanks(reader, columns, _required_of(required, template, card))
    problems = tuple(sorted(reader.problems.values(), key=lambda p: (p.row, len(p.cell), p.cell, p.kind)))
    errors = [p for p in problems if p.severity == "error"]
    own = {bound.index for bound in binding.columns if bound.card == "client"}
    block_of = dict(zip(rows.to_list(), blocks.to_list(), strict=True)) if in_blocks else {}
    return SheetCards(
        frames,
        problems,
        frozenset(p.row for p in errors),
        frozenset(
            block_of.get(row, row)
            for index, row, kind in reader.problems
            if index in own and _is_error(reader, index, row, kind)
        ),
    )


def _has_next_visits(binding: Binding) -> bool:
    return any((bound.card, bound.field) == ("visit", "next_visit") for bound in binding.columns)


def _is_error(reader: _Reader, index: int, row: int, kind: str) -> bool:
    return reader.problems[index, row, kind].severity == "error"


def _frame(reader: _Reader, columns: Sequence[BoundColumn], positions: pl.Series, blocks: pl.Series) -> pl.DataFrame:
    series: dict[str, pl.Series] = {
        "_sheet": pl.Series([reader.binding.sheet], dtype=pl.String).new_from_index(0, len(positions)),
        "_row": positions + 1,
        "_block": blocks,
    }
    for bound in columns:
        series.update(reader.values(bound, positions))
        if bound.field == "date":  # an order of tomorrow and one without a day are told apart when money is counted
            series["_future"] = _with_problem(reader, bound, "date_in_future")
        if bound.field in ("paid_amount", "balance"):  # what a formula would have said is not known: it is not nothing
            series[f"_{bound.field}_unknown"] = _with_problem(reader, bound, "not_calculated")
    return pl.DataFrame([values.alias(name) for name, values in series.items()])


def _with_problem(reader: _Reader, bound: BoundColumn, kind: str) -> pl.Series:
    """Boolean: the column's cell in the row has a problem of this kind."""
    rows = [row for index, row, found in reader.problems if index == bound.index and found == kind]
    return (reader.places[bound.index] + 1).is_in(pl.Series(rows, dtype=pl.UInt32).implode())


def _with_constants(frame: pl.DataFrame, reader: _Reader, card: str) -> pl.DataFrame:
    """The frame with the fields that every row has the same, read as a cell with that value would be."""
    for (owner, name), value in reader.binding.given.items():
        if owner == card and value is not None:
            spec = reader.template.cards[card].fields[name]
            stages = reader.stages.get(card, {}) if spec.type == FieldType.STAGE else {}
            parsed = parse(_cell(value), spec, name, reader.reading, stages=stages)
            frame = frame.with_columns(
                series.new_from_index(0, frame.height).alias(own) for own, series in parsed.values.items()
            )
    return frame


def _cell(value: str | float | bool) -> Column:  # noqa: FBT001 - a tick is a value here
    """A column of one cell."""
    kind = Kind.TEXT if isinstance(value, str) else Kind.BOOL if isinstance(value, bool) else Kind.NUMBER
    return Column(
        pl.Series([int(kind)], dtype=pl.UInt8),
        pl.Series([value if isinstance(value, str) else None], dtype=pl.String),
        pl.Series([None if isinstance(value, str) else float(value)], dtype=pl.Float64),
    )


def _required_of(stated: Iterable[Requirement] | None, template: Template, card: str) -> tuple[Requirement, ...]:
    """What must be filled on a card: what the owner states for the sheet, else the template's."""
    if stated is None:
        return tuple(
            Requirement(any=(name,) if isinstance(name, str) else name) for name in template.cards[card].required
        )
    wanted = []
    for requirement in stated:
        names = tuple(
            own
            for name in requirement.fields
            if (own := template.cards[card].field_name(name.removeprefix(f"{card}.")))
        )
        if names:
            wanted.append(requirement.model_copy(update={"field": None, "any": names}))
    return tuple(wanted)


def _note_blanks(reader: _Reader, columns: Sequence[BoundColumn], required: Sequence[Requirement]) -> None:
    """Blank cells of required fields. A column that several cards share is required of the first: a block's client has one doctor."""
    bound = {column.field: column for column in columns}
    earlier = frozenset(reader.required)
    for requirement in required:
        present = [bound[name] for name in requirement.fields if name in bound]
        if not present or present[0].index in earlier:
            continue
        reader.required.add(present[0].index)
        blank = reader.blanks[present[0].index]
        for other in present[1:]:
            blank = blank & reader.blanks[other.index]
        for row in (reader.places[present[0].index].filter(blank) + 1).to_list():
            reader.add(present[0], row, requirement.kind)
