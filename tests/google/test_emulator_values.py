"""Values as Google reads and writes them: typed, by locale, trimmed."""

from __future__ import annotations

from datetime import date

import pytest

from sheets_crm.books.model import CellError
from tests.google.calling import Client, area, cell, put
from tests.google.emulator import Emulator


def test_values_come_typed_and_without_empty_ends(client: Client):
    assert client.values("Клиенты", "Deals!B2:B3") == [
        [["Имя", "Телефон", "Сумма", "Да"], ["Анна", "+7 916 000-00-00", 1500.5, True], ["Борис", "007", 20]],
        [[10], [20]],
    ]


def test_gaps_are_empty_text_and_empty_sheets_have_no_values(google: Emulator):
    book = google.add_book({"A": [[None, "x"], [], [1, None, 2, None]], "B": []})
    client = Client(google, book)
    answer = client.good(client.sheets("GET", "/values:batchGet", params={"ranges": ["A", "B"]}))
    assert answer["valueRanges"][0]["values"] == [["", "x"], [], ["1", "", "2"]]
    assert answer["valueRanges"][1] == {"range": "B!A1:Z1000", "majorDimension": "ROWS"}
    assert client.values("A!A1:C3", majorDimension="COLUMNS") == [[["", "", 1], ["x"], ["", "", 2]]]
    client.session.close()


def test_dates_errors_and_formats(google: Emulator):
    book = google.add_book({"A": [[date(2026, 11, 5), CellError("#DIV/0!"), 1234.5, True]]})
    client = Client(google, book)
    sheet = client.sheet_id("A")
    looks = {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}
    client.do(put(sheet, 0, 2, [cell(userEnteredFormat=looks)], fields="userEnteredFormat.numberFormat"))
    assert client.values("A") == [[[46331, "#DIV/0! (Function DIVIDE parameter 2 cannot be zero.)", 1234.5, True]]]
    assert client.values("A", valueRenderOption="FORMATTED_VALUE") == [
        [["05.11.2026", "#DIV/0!", "1\u00a0234,50", "ИСТИНА"]]
    ]
    assert client.values("A!A1", dateTimeRenderOption="FORMATTED_STRING") == [[["05.11.2026"]]]
    client.session.close()


@pytest.mark.parametrize(
    ("locale", "kind", "pattern", "value", "shown"),
    [
        ("ru_RU", "NUMBER", "0.00", -0.001, "0,00"),
        ("en_US", "NUMBER", "#,##0.##", 1234567.5, "1,234,567.5"),
        ("en_US", "PERCENT", "0%", 0.256, "26%"),
        ("ru_RU", "CURRENCY", '#,##0 "₽"', 12000, "12\u00a0000 ₽"),
        ("ru_RU", "DATE_TIME", "dd.mm.yyyy hh:mm", 46331.5, "05.11.2026 12:00"),
        ("en_US", "DATE", "", 46331, "11/5/2026"),
        ("ru_RU", "TEXT", "@", 1.5, "1,5"),
    ],
)
def test_numbers_are_shown_by_pattern_and_locale(google: Emulator, locale, kind, pattern, value, shown):
    book = google.add_book({"A": [[value]]}, locale=locale)
    client = Client(google, book)
    looks = {"numberFormat": {"type": kind, **({"pattern": pattern} if pattern else {})}}
    client.do(put(client.sheet_id("A"), 0, 0, [cell(userEnteredFormat=looks)], fields="userEnteredFormat"))
    assert client.values("A", valueRenderOption="FORMATTED_VALUE") == [[[shown]]]
    client.session.close()


def write(client: Client, option: str, *row: object):
    given = {"params": {"valueInputOption": option}, "json": {"values": [row]}}
    return client.sheets("PUT", "/values/Deals!D1", **given)


def test_user_entered_is_seen_to_spoil_text(client: Client):
    client.good(write(client, "USER_ENTERED", "+79160000000", "007", "1,5", "1.5", "05.11.2026", "'007", "=1+1"))
    assert client.values("Deals!D1:J1") == [[[79160000000, 7, 1.5, "1.5", 46331, "007", 2]]]
    client.good(write(client, "RAW", "+79160000000", "007", "1,5", "1.5", "05.11.2026", "'007", "=1+1"))
    assert client.values("Deals!D1:J1") == [[["+79160000000", "007", "1,5", "1.5", "05.11.2026", "'007", "=1+1"]]]


def test_the_input_option_is_required_and_ranges_must_agree(client: Client):
    answer = client.sheets("PUT", "/values/Deals!D1", json={"values": [[1]]})
    assert answer.json()["error"]["message"] == "'valueInputOption' is required but not specified"
    body = {"valueInputOption": "RAW", "data": [{"range": "Deals!D1:D2", "values": [[1], [2], [3]]}]}
    said = client.sheets("POST", "/values:batchUpdate", json=body).json()["error"]["message"]
    assert said.startswith("Invalid data[0]: Requested writing within range [Deals!D1:D2]")
    assert client.values("Deals!D1:D3") == [[]]


def test_an_append_that_is_sent_twice_is_there_twice(client: Client):
    for _ in range(2):
        given = {"params": {"valueInputOption": "RAW"}, "json": {"values": [[3, 30]]}}
        found = client.good(client.sheets("POST", "/values/Deals!A1:append", **given))
    assert found["updates"]["updatedRange"] == "Deals!A5:B5"
    assert client.values("Deals")[0][3:] == [[3, 30], [3, 30]]


def test_null_is_skipped_and_empty_text_clears(client: Client):
    client.good(
        client.sheets("PUT", "/values/Deals!A2:B2", params={"valueInputOption": "RAW"}, json={"values": [[None, ""]]})
    )
    assert client.values("Deals!A2:B2") == [[[1]]]


# --- typed cells


@pytest.mark.parametrize("text", ["=1+1", "+7 916", "-5", "@x", "007", "1e5", "'q", "TRUE"])
def test_string_values_stay_text(client: Client, text):
    sheet = client.sheet_id("Deals")
    client.do(put(sheet, 5, 0, [cell(string=text)]))
    assert client.values("Deals!A6", valueRenderOption="FORMULA") == [[[text]]]
    data = client.get("sheets.data.rowData.values(userEnteredValue,effectiveValue)", ranges="Deals!A6")
    found = data["sheets"][0]["data"][0]["rowData"][0]["values"][0]
    assert found == {"userEnteredValue": {"stringValue": text}, "effectiveValue": {"stringValue": text}}


def test_named_and_absent_means_cleared(client: Client):
    sheet = client.sheet_id("Deals")
    bold = {"textFormat": {"bold": True}, "backgroundColor": {"red": 0.8}}
    client.do(put(sheet, 0, 0, [cell(string="x", note="n", userEnteredFormat=bold)], fields="*"))
    client.do(put(sheet, 0, 0, [cell()], fields="note,userEnteredFormat.textFormat.bold"))
    more = client.google.sheet(client.book, "Deals").more(0, 0)
    assert more.note is None
    assert more.format == {
        "backgroundColor": {"red": 0.8},
        "backgroundColorStyle": {"rgbColor": {"red": 0.8}},
    }
    assert client.values("Deals!A1") == [[["x"]]]
    whole = {"updateCells": {"range": area(sheet, 0, 0, 3, 2), "fields": "userEnteredValue"}}
    client.do(whole)
    assert client.values("Deals") == [[]]


def test_a_range_larger_than_its_rows_is_cleared_beyond_them(client: Client):
    sheet = client.sheet_id("Deals")
    rows = [{"values": [cell(number=5)]}]
    client.do({"updateCells": {"range": area(sheet, 1, 0, 3, 2), "rows": rows, "fields": "userEnteredValue"}})
    assert client.values("Deals") == [[["id", "сумма"], [5]]]
    too_wide = {"rows": [{"values": [cell(), cell()]}], "range": area(sheet, 0, 0, 1, 1), "fields": "note"}
    assert "beyond the last requested column of: 0" in client.refused({"updateCells": too_wide})


def test_limits_of_a_cell(client: Client):
    sheet = client.sheet_id("Deals")
    client.do(put(sheet, 0, 0, [cell(string="x" * 50_000)]))
    assert "maximum of 50000 characters" in client.refused(put(sheet, 0, 0, [cell(string="x" * 50_001)]))
    assert "error value" in client.refused(put(sheet, 0, 0, [{"userEnteredValue": {"errorValue": {"type": "REF"}}}]))


# --- formulas


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(B2:B3)*2", 60),
        ('=IF(A2=1;"да";"нет")', "да"),
        ('=A2&"-"&B2', "1-10"),
        ("=1,5+1", 2.5),
        ("='Клиенты'!C3", 20),
        ("=Клиенты!C3", 20),
        ('=IFERROR(1/0;"-")', "-"),
        ("=1/0", "#DIV/0! (Function DIVIDE parameter 2 cannot be zero.)"),
        ("=ROUND(AVERAGE(B2:B3);0)", 15),
        ("=FROBNICATE(1)", "#NAME? (Unknown function: 'FROBNICATE'.)"),
        ("=A3^2-50%", 3.5),
        ("=COUNTA(A:A)", 3),
    ],
)
def test_everyday_formulas(client: Client, formula, value):
    client.do(put(client.sheet_id("Deals"), 0, 3, [cell(formula=formula)]))
    assert client.values("Deals!D1") == [[[value]]]
    assert client.values("Deals!D1", valueRenderOption="FORMULA") == [[[formula]]]


def test_formulas_follow_what_they_read(client: Client):
    sheet = client.sheet_id("Deals")
    client.do(put(sheet, 0, 3, [cell(formula="=SUM(B2:B3)")]))
    person = client.google.person(client.book)
    person.type("Deals", 2, 1, 100)
    assert client.values("Deals!D1") == [[[120]]]
    person.insert_rows("Deals", 2)
    assert client.values("Deals!D1", valueRenderOption="FORMULA") == [[["=SUM(B3:B4)"]]]
    assert client.values("Deals!D1") == [[[120]]]
    person.delete_columns("Deals", 1)
    assert client.values("Deals!C1", valueRenderOption="FORMULA") == [[["=SUM(#REF!:#REF!)"]]]


@pytest.mark.parametrize("formula", ["=SUM(A1,B1)", "=IF(A1>0, 1, 2)", "=1.5+1", "=SUM(A1", '="x', "1+1", "=1+"])
def test_a_formula_of_another_locale_is_refused(client: Client, formula):
    sheet = client.sheet_id("Deals")
    assert "Invalid formula" in client.refused(put(sheet, 0, 3, [cell(formula=formula)]))


def test_commas_between_arguments_where_the_point_is_decimal(google: Emulator):
    client = Client(google, google.add_book({"A": [[1, 2]]}, locale="en_US"))
    client.do(put(client.sheet_id("A"), 0, 2, [cell(formula="=SUM(A1,B1)*1.5")]))
    assert client.values("A!C1") == [[[4.5]]]
    client.session.close()
