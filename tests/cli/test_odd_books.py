"""Odd but honest workbooks: the run goes through, the second one writes nothing, the owner's cells stay, no fault of ours."""

import io
import json
import re
import zipfile
from datetime import date

import openpyxl
import pytest
from openpyxl.styles import PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.cli.conftest import CLIENTS, DEALS, save

BARE = "workbook: book.xlsx\n"
HEADER = CLIENTS[0]


def book(desk, fill, config=None):
    """A workbook with one sheet that `fill` fills."""
    whole = openpyxl.Workbook()
    sheet = whole.active
    sheet.title = "Клиенты"
    fill(sheet)
    whole.save(desk.book)
    if config is not None:
        desk.write(config)


def rows(*lines):
    def fill(sheet):
        for line in lines:
            sheet.append(line)

    return fill


def zero_rows(desk):
    save(desk.book, {"Клиенты": [], "Сделки": []})
    desk.write(BARE)


def only_headers(desk):
    save(desk.book, {"Клиенты": CLIENTS[:1], "Сделки": DEALS[:1]})


def one_row(desk):
    save(desk.book, {"Клиенты": CLIENTS[:2], "Сделки": DEALS[:2]})


def header_in_row_40(desk):
    blank = [()] * 39
    save(desk.book, {"Клиенты": blank + CLIENTS, "Сделки": [("Отчёт",), *blank[1:], *DEALS]})


def duplicate_headers(desk):
    save(desk.book, {"Клиенты": [(*HEADER, "Телефон", "Телефон"), ("Ромашка", "89123456789", "a@b.ru", "Анна", "89123456780", "")], "Сделки": DEALS})  # fmt: skip


def three_hundred_columns(desk):
    more = tuple(f"Доп {n}" for n in range(300))
    save(desk.book, {"Клиенты": [(*HEADER, *more), *((*row, *range(300)) for row in CLIENTS[1:])], "Сделки": DEALS})


def a_cell_of_32767_characters(desk):
    long = [
        "ы" * 32767,
        "1" * 32767,
        "a@" * 16383,
        "1.1." * 8000,
        "8 (912) " * 4000,
        "1 " * 16000,
        "-" * 32767,
        "a." * 16000,
    ]
    people = [("Ромашка", "89123456789", "a@b.ru", "Анна", "ы" * 32767), *((text,) * 5 for text in long)]
    save(desk.book, {"Клиенты": [(*HEADER, "Заметка"), *people], "Сделки": [*DEALS, *((text,) * 8 for text in long)]})


def dates_of_1900_and_9999(desk):
    days = [(4, "Ромашка", "КП отправлено", 5, date(1900, 1, 1), date(9999, 12, 31), date(9999, 12, 31), None),
            (5, "Василёк", "Счёт выставлен", 5, date(9999, 12, 31), date(1900, 3, 1), date(1900, 1, 2), None),
            (6, "Лютик", "Счёт выставлен", 5, "31.12.9999", "01.01.1900", "29.02.1900", None)]  # fmt: skip
    save(desk.book, {"Клиенты": CLIENTS, "Сделки": [*DEALS, *days]})


def epoch_of_1904(desk):
    whole = openpyxl.Workbook()
    whole.epoch = CALENDAR_MAC_1904
    whole.remove(whole.active)
    for name, lines in {"Клиенты": CLIENTS, "Сделки": DEALS}.items():
        sheet = whole.create_sheet(name)
        for line in lines:
            sheet.append(line)
    whole["Сделки"]["E2"] = date(2026, 3, 1)
    whole.save(desk.book)


def right_to_left_and_emoji(desk):
    people = [("أحمد العلي 🌷", "+972 50-123-4567", "a@b.ru", "משה"), ("🔥🔥🔥", "", "", "👩‍💼 Анна"), ("Z̸a̷l̸g̶o", "", "", "\u202eannA")]  # fmt: skip
    save(
        desk.book,
        {"Клиенты": [HEADER, *people], "Сделки": [DEALS[0], (1, "🔥🔥🔥", "КП отправлено", 10, "2026-03-01")]},
    )


def formulas_without_values(desk):
    save(desk.book, {"Клиенты": CLIENTS, "Сделки": [DEALS[0], (1, "Ромашка", "КП отправлено", "=SUM(1,2)", "=TODAY()-10", None, "=E2+3", "=D2")]})  # fmt: skip


def cell_errors(desk):
    save(desk.book, {"Клиенты": [HEADER, ("#REF!", "#N/A", "#VALUE!", "#NAME?")], "Сделки": [DEALS[0], ("#DIV/0!", "#REF!", "#N/A", "#NUM!", "#REF!", "#NULL!", "#REF!", "#REF!")]})  # fmt: skip


def a_chart_sheet_and_a_hidden_one(desk):
    whole = openpyxl.load_workbook(desk.book)
    whole.create_chartsheet("График")
    whole.create_sheet("Тайный").sheet_state = "veryHidden"
    whole.save(desk.book)


def names_of_our_tabs_taken(desk):
    save(desk.book, {"Клиенты": CLIENTS, "Сделки": DEALS, "Задачи": [("мои",)], "Воронка": [("моя",)]})


def formulas_typed_as_names(desk):
    save(
        desk.book,
        {"Клиенты": [HEADER, ("'=1+1", "89123456789", "a@b.ru", "@SUM"), ("+7", "", "", "-1")], "Сделки": DEALS},
    )


ODD = [zero_rows, only_headers, one_row, header_in_row_40, duplicate_headers, three_hundred_columns,
       a_cell_of_32767_characters, dates_of_1900_and_9999, epoch_of_1904, right_to_left_and_emoji, formulas_without_values,
       cell_errors, a_chart_sheet_and_a_hidden_one, names_of_our_tabs_taken, formulas_typed_as_names]  # fmt: skip


def own_parts(path):
    """The owner's sheets, part by part."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        return {name: file.read(name) for name in file.namelist() if name.startswith("xl/worksheets/sheet")}


@pytest.mark.parametrize("odd", ODD, ids=lambda one: one.__name__)
def test_the_run_goes_through(desk, odd):
    odd(desk)
    before = own_parts(desk.book)
    said = desk.run("sync", lang="ru")
    assert (said.code, said.err) == (0, "")
    after = own_parts(desk.book)
    assert {name: after.get(name) for name in before} == before
    stamp = desk.book.stat().st_mtime_ns
    again = desk.run("sync", "--json")
    assert (again.code, json.loads(again.out)["written"]) == (0, False)
    assert desk.book.stat().st_mtime_ns == stamp
    for lang in ("ru", "en"):
        checked = desk.run("check", lang=lang)
        assert checked.code in {0, 1}
        assert not re.search(r"[{}]|Traceback", checked.out)


@pytest.mark.slow
def test_a_million_empty_formatted_rows(desk):
    styled = '<row r="{n}"><c r="A{n}" s="1"/><c r="B{n}" s="1"/></row>'
    whole = openpyxl.load_workbook(desk.book)
    whole["Клиенты"]["A6"].fill = PatternFill("solid", fgColor="FFFF00")
    whole.save(desk.book)
    old = zipfile.ZipFile(io.BytesIO(desk.book.read_bytes()))
    with zipfile.ZipFile(desk.book, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                lines = "".join(styled.format(n=n) for n in range(7, 1_000_007))
                data = data.replace(b"</sheetData>", lines.encode() + b"</sheetData>")
            new.writestr(name, data)
    said = desk.run("sync", "--json")
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["clients"] == 3
