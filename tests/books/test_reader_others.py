"""Our reader against other people's: python-calamine and openpyxl read the same files, and all three must agree.

Where they are known to be wrong (errors lost, `_xHHHH_` escapes kept, texts trimmed) the difference is named here.
"""

from __future__ import annotations

import math
import os
import re
import warnings
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel

from sheets_crm.books.excel.reader import read_sheets
from sheets_crm.books.model import CellError, Grid
from sheets_crm.cells import Kind
from sheets_crm.errors import OwnerError
from tests.books.test_excel_contract import write_workbook

SHARED = Path(os.environ.get("SHEETS_CRM_SHARED", Path(__file__).parents[3] / "shared"))
ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=12
)
numbers = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e12, 1e12, allow_subnormal=False))
days = st.dates(date(1901, 1, 1), date(2099, 12, 31))
values = st.one_of(st.none(), texts, texts.map(lambda text: f"<{text}>&\n"), numbers, st.booleans(), days)
sheets = st.lists(st.lists(values, max_size=8), max_size=30)


def comparable(value: object) -> object:
    """A value as a number, text or None, so that three readers' types compare."""
    if isinstance(value, (datetime, date, time, timedelta)):
        return round(float(to_excel(value)), 5)
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return float(f"{float(value):.12g}")
    return value or None


def ours(grid: Grid, row: int, column: int, *, errors: bool) -> object:
    value = grid.cell(row, column)
    if isinstance(value, CellError):
        return value.code if errors else None
    if isinstance(value, date):
        return round(float(grid.columns[column].number[row - 1]), 5)
    return comparable(value)


def close(left: object, right: object) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9, abs_tol=2e-5)
    return type(left) is type(right) and left == right


def against_calamine(path: Path, grids: dict[str, Grid]) -> list[tuple]:
    workbook = python_calamine.CalamineWorkbook.from_path(path)
    differences = []
    for name, grid in grids.items():
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for row in range(max(len(rows), grid.height)):
            cells = rows[row] if row < len(rows) else []
            for column in range(max(len(cells), len(grid.columns))):
                theirs = comparable(cells[column]) if column < len(cells) else None
                mine = ours(grid, row + 1, column, errors=False)
                if not close(mine, theirs) and not excused(mine, theirs):
                    differences.append((path.name, name, row + 1, column, mine, theirs))
    return differences


def excused(mine: object, theirs: object) -> bool:
    """calamine trims texts without xml:space, keeps escapes, and leaves some ISO dates as texts."""
    if not isinstance(theirs, str) or mine is None:
        return False
    return (
        str(mine).strip() == theirs.strip()
        or bool(ESCAPE.search(theirs))
        or bool(re.match(r"\d{4}-\d\d-\d\dT", theirs))
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=sheets)
def test_any_sheet_reads_as_calamine_reads_it(tmp_path, rows):
    path = write_workbook(tmp_path / "book.xlsx", {"A": rows})
    assert against_calamine(path, read_sheets(path)) == []


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=sheets)
def test_any_sheet_reads_as_it_was_written(tmp_path, rows):
    grid = read_sheets(write_workbook(tmp_path / "book.xlsx", {"A": rows}))["A"]
    for row, cells in enumerate(rows, 1):
        for column, value in enumerate(cells):
            mine = ours(grid, row, column, errors=True)
            if isinstance(value, str) and ESCAPE.search(value):
                continue  # openpyxl writes escapes as they are
            assert close(mine, comparable(value)), (row, column)


def against_openpyxl(path: Path, grids: dict[str, Grid]) -> list[tuple]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        workbook = load_workbook(path, data_only=True)
    differences = []
    for name, grid in grids.items():
        sheet = workbook[name] if name in workbook.sheetnames else None
        if not hasattr(sheet, "iter_rows"):
            continue
        merges = {str(merge) for merge in sheet.merged_cells.ranges}
        if len(merges) != len(grid.merges):
            differences.append((path.name, name, "merges", len(merges), len(grid.merges)))
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            mine, theirs = ours(grid, cell.row, cell.column - 1, errors=True), comparable(cell.value)
            if not close(mine, theirs) and not (isinstance(theirs, str) and ESCAPE.search(theirs)):
                differences.append((path.name, name, cell.coordinate, mine, theirs))
    return differences


def readable() -> list[tuple[Path, dict[str, Grid]]]:
    """Other people's workbooks that we read at all, where they are present."""
    found = []
    for path in sorted(SHARED.glob("data/xlsx/*.xls[xm]")):
        try:
            found.append((path, read_sheets(path)))
        except OwnerError:
            continue
    return found


@pytest.mark.corpus
@pytest.mark.slow
def test_other_peoples_workbooks_read_as_calamine_reads_them():
    differences = []
    for path, grids in readable():
        try:
            differences += against_calamine(path, grids)
        except python_calamine.CalamineError:
            continue  # it refuses the file; we do not
    assert differences == []


@pytest.mark.corpus
@pytest.mark.slow
def test_other_peoples_workbooks_read_as_openpyxl_reads_them():
    differences = []
    for path, grids in readable():
        try:
            differences += against_openpyxl(path, grids)
        except (KeyError, IndexError, TypeError, ValueError):
            continue  # it refuses the file; we do not
    assert differences == []


@pytest.mark.corpus
def test_every_readable_workbook_keeps_the_shape_of_a_grid():
    for path, grids in readable():
        for grid in grids.values():
            for column in grid.columns:
                worded = column.kind.is_in([Kind.TEXT, Kind.ERROR])
                numeric = column.kind.is_in([Kind.NUMBER, Kind.DATE, Kind.BOOL])
                assert len(column) == grid.height, path.name
                assert (column.text.is_not_null() == worded).all(), path.name
                assert (column.number.is_not_null() == numeric).all(), path.name
