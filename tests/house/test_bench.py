"""The workbooks that the benchmark measures on are as Excel writes them, and one changed row is one changed cell."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def book(tmp_path_factory, root):
    target = tmp_path_factory.mktemp("bench") / "small.xlsx"
    subprocess.run([sys.executable, str(root / "tools" / "bench_data.py"), "300", "20", str(target)], check=True)
    return target


def rows(path):
    from openpyxl import load_workbook

    workbook = load_workbook(path, read_only=True)
    values = [list(row) for row in workbook.worksheets[0].iter_rows(values_only=True)]
    workbook.close()
    return values


def test_the_generated_workbook_reads_back(book):
    values = rows(book)
    assert len(values) == 301
    assert values[0][:3] == ["ID", "Клиент", "Телефон"]
    assert [row[0] for row in values[1:]] == list(range(1, 301))
    assert len({row[2] for row in values[1:]}) == 300


def test_one_changed_row_is_one_changed_cell(book, root, tmp_path):
    changed, copied = tmp_path / "changed.xlsx", tmp_path / "copied.xlsx"
    code = (
        "import bench_zip, sys; from pathlib import Path; book, changed, copied = map(Path, sys.argv[1:]);"
        "bench_zip.change_one_row(book, changed, 150); bench_zip.copy_all(book, copied)"
    )
    subprocess.run([sys.executable, "-c", code, book, changed, copied], check=True, cwd=root / "tools")
    before, after = rows(book), rows(changed)
    different = [(r, c) for r in range(301) for c in range(20) if before[r][c] != after[r][c]]
    assert different == [(149, 5)]
    assert rows(copied) == before
    with zipfile.ZipFile(copied) as archive:
        assert archive.testzip() is None
