"""A spreadsheet from an .xlsx, snapshots that see every change, the command, and size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
import requests
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from tests.google.calling import CLIENTS, Client, area, cell, put
from tests.google.emulator import Emulator, differences

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    from datetime import date

    book = openpyxl.Workbook()
    page = book.active
    page.title = "Клиенты"
    page.append(["Имя", "Дата", "Сумма", "Итог"])
    page.append(["Анна", date(2026, 11, 5), 1500.5, "=ROUND(C2*1.5,0)"])
    page["A1"].font = Font(bold=True, color="FF0000")
    page["A1"].fill = PatternFill("solid", fgColor="FFFF00")
    page["B2"].number_format = "dd.mm.yyyy"
    page["C2"].number_format = "#,##0.00"
    page["A2"].comment = Comment("любит звонки", "Анна")
    page["A4"] = "#N/A"
    page["A4"].data_type = "e"
    page.merge_cells("A5:B6")
    page.freeze_panes = "B2"
    page.auto_filter.ref = "A1:D2"
    page.column_dimensions["A"].width = 30
    book.create_sheet("Скрытый").sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def test_a_workbook_is_loaded(google: Emulator, workbook: Path):
    client = Client(google, google.add_book(workbook))
    assert client.values("Клиенты") == [
        [
            ["Имя", "Дата", "Сумма", "Итог"],
            ["Анна", 46331, 1500.5],
            [],
            ["#N/A (Did not find value in lookup evaluation.)"],
        ]
    ]
    assert client.values("Клиенты!A2:D2", valueRenderOption="FORMATTED_VALUE") == [
        [["Анна", "05.11.2026", "1\u00a0500,50"]]
    ]
    assert client.values("Клиенты!D2", valueRenderOption="FORMULA") == [[["=ROUND(C2*1,5;0)"]]]
    sheet = google.sheet(client.book, "Клиенты")
    assert sheet.more(0, 0).format["textFormat"]["bold"] is True
    assert sheet.more(0, 0).format["backgroundColor"] == {"red": 1, "green": 1}
    assert sheet.more(1, 0).note == "любит звонки"
    assert sheet.merges == [area(sheet.id, 4, 0, 6, 2)]
    assert sheet.properties["gridProperties"] == {"frozenRowCount": 1, "frozenColumnCount": 1}
    assert sheet.basic_filter["range"] == area(sheet.id, 0, 0, 2, 4)
    assert sheet.column_sizes[0] == {"pixelSize": 215}
    assert google.sheet(client.book, "Скрытый").properties["hidden"] is True
    assert (
        client.get(includeGridData="true")["sheets"][0]["data"][0]["rowData"][1]["values"][0]["note"] == "любит звонки"
    )
    client.session.close()


CHANGES = {
    "a value": lambda sheet: put(sheet, 1, 0, [cell(number=2)]),
    "its type": lambda sheet: put(sheet, 1, 0, [cell(string="1")]),
    "a note": lambda sheet: put(sheet, 1, 0, [cell(note="x")], fields="note"),
    "a format": lambda sheet: put(
        sheet, 9, 0, [cell(userEnteredFormat={"textFormat": {"bold": True}})], fields="userEnteredFormat"
    ),
    "a formula": lambda sheet: put(sheet, 1, 0, [cell(formula="=1")]),
    "a merge": lambda sheet: {"mergeCells": {"range": area(sheet, 8, 0, 9, 2), "mergeType": "MERGE_ALL"}},
    "a filter": lambda sheet: {"setBasicFilter": {"filter": {"range": {"sheetId": sheet}}}},
    "the grid": lambda sheet: {"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 1}},
    "a title": lambda sheet: {
        "updateSheetProperties": {"properties": {"sheetId": sheet, "title": "x"}, "fields": "title"}
    },
    "a protection": lambda sheet: {"addProtectedRange": {"protectedRange": {"range": {"sheetId": sheet}}}},
    "a named range": lambda sheet: {"addNamedRange": {"namedRange": {"name": "x", "range": area(sheet, 0, 0, 1, 1)}}},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_snapshot_sees(client: Client, what):
    before = client.google.snapshot(client.book)
    assert differences(before, client.google.snapshot(client.book)) == []
    client.do(CHANGES[what](client.sheet_id("Deals")))
    assert differences(before, client.google.snapshot(client.book))


def test_a_snapshot_without_our_tabs(client: Client):
    before = client.google.snapshot(client.book)
    client.do({"addSheet": {"properties": {"sheetId": 9, "title": "Задачи"}}}, put(9, 0, 0, [cell(string="x")]))
    assert differences(before, client.google.snapshot(client.book))
    assert differences(before, client.google.snapshot(client.book, without=[9])) == []


def test_the_command(workbook: Path, tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "tests.google.emulator",
        "--book",
        str(workbook),
        "--id",
        "abc",
        "--key",
        str(tmp_path / "k.json"),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as process:
        try:
            lines = [process.stdout.readline().strip() for _ in range(3)]
            assert lines[0].startswith("http://127.0.0.1:")
            assert lines[1:] == ["spreadsheet abc book.xlsx", f"key {tmp_path / 'k.json'}"]
            assert requests.get(lines[0] + "/_emulator/books", timeout=30).json() == [{"id": "abc", "title": "book"}]
        finally:
            process.terminate()


@pytest.mark.slow
def test_a_large_base_is_read_whole(google: Emulator):
    row = [*CLIENTS[1], *range(16)]
    client = Client(google, google.add_book({"A": [row] * 100_000}))
    found = client.values("A")
    assert len(found[0]) == 100_000
    client.session.close()


def test_a_batch_on_a_large_base_does_not_copy_it(google: Emulator):
    client = Client(google, google.add_book({"A": [[*range(20)]] * 30_000, "B": [[1]]}))
    first = google.sheet(client.book, "A").rows[5]
    client.do(put(client.sheet_id("B"), 0, 0, [cell(number=2)]))
    assert google.sheet(client.book, "A").rows[5] is first
    client.session.close()
