"""Days and birthdays: tables of real dirt, and the order of day and month decided by the column."""

from datetime import date, datetime

import pytest

from sheets_crm.cards import detect_date_order, parse, reading_of

DAY = date(2026, 11, 5)
AS_TEXT = ["date_as_text"]


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("2026-11-05", "RU"), ("2026-11-05", "US"), ("2026.11.05", "RU"), ("2026/11/5", "US"), ("2026-11-05T10:30:00Z", "RU"),
        ("05.11.2026", "RU"), ("5.11.26", "RU"), ("5/11/2026", "GB"), ("5-11-2026", "RU"), ("05.11.2026 ", "RU"),
        ("11/5/2026", "US"), ("11/05/26", "US"), ("11-5-2026", "US"), ("11.05.2026", "US"), ("5.11.2026 9:05", "KZ"),
        ("11/5/2026 3:05 PM", "US"), ("5 ноября 2026", "RU"), ("5 ноября 2026 г.", "RU"), ("5 НОЯБРЯ 2026г", "BY"),
        ("5 ноя. 2026", "RU"), ("05-ноя-26", "RU"), ("«5» ноября 2026 года", "RU"), ("пт, 5 ноября 2026", "RU"),
        ("Nov 5, 2026", "US"), ("5 Nov 2026", "GB"), ("November 5th, 2026", "US"), ("05.11.2026г.", "RU"),
        ("5\u00a0ноября\u00a02026", "RU"), ("\u202a05.11.2026\u202c", "RU"), ("12. 03. 2026".replace("12", "5").replace("03", "11"), "RU"),
    ],
)  # fmt: skip
def test_a_day_written_as_text_is_read_with_a_warning(read, text, country):
    assert read("date", text, country) == (DAY, AS_TEXT)


@pytest.mark.parametrize(
    "text",
    ["вчера", "32.10.2026", "30.02.2026", "31.02", "5.11", "2025", "ноябрь 2026", "Nov", "на днях", "13/45/2026", "1.1.1",
     "2026-13-01", "00.00.0000", "05.11.2026 перенос", "5.11.2026-7.11.2026", "20261105", "5,11,2026", "05.11/2026", "1.1.1026"],
)  # fmt: skip
def test_what_is_no_day_is_an_error_and_counts_as_blank(read, text):
    assert read("date", text) == (None, ["bad_date"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 11, 5), DAY), (datetime(2026, 11, 5, 13, 30), DAY), (46_331, DAY), (46_331.9, DAY),  # noqa: DTZ001
        (1, date(1899, 12, 31)), (79_999, date(2119, 1, 10)),
    ],
)  # fmt: skip
def test_date_cells_and_serial_numbers(read, value, expected):
    assert read("date", value) == (expected, [])


@pytest.mark.parametrize("value", [0, 0.5, -3, 80_000, 1e300, True])
def test_numbers_that_are_no_days(read, value):
    assert read("date", value) == (None, ["bad_date"])


def test_plain_numbers_count_from_1904_where_the_workbook_does(read):
    assert read("date", 46_331 - 1462, epoch_1904=True) == (DAY, [])
    assert read("date", DAY, epoch_1904=True) == (DAY, []), "date cells are normalised already"


def test_day_numbers_of_a_monthly_sheet(read):
    assert read("date", 5, month=(2026, 11)) == (DAY, [])
    assert read("date", "5", month=(2026, 11)) == (DAY, AS_TEXT)
    assert read("date", 31, month=(2026, 11)) == (None, ["bad_date"])
    assert read("date", 46_331, month=(2026, 11)) == (DAY, [])


def test_the_future_is_an_error_only_where_the_past_makes_sense(read):
    tomorrow = date(2026, 11, 21)
    assert read("date", tomorrow) == (tomorrow, [])
    assert read("date", tomorrow, past=True) == (None, ["date_in_future"])
    assert read("past_date", "21.11.2026") == (None, ["date_in_future"])
    assert read("past_date", date(2026, 11, 20)) == (date(2026, 11, 20), []), "today is not the future"


def test_the_suggestion_is_what_any_spreadsheet_takes_for_a_date(suggest):
    assert suggest("date", "5 ноября 2026 г.") == "2026-11-05"


@pytest.mark.parametrize(
    ("values", "default", "expected"),
    [
        (["5/6/2026", "26/06/2026"], "mdy", "dmy"), (["5/6/2026", "6/26/2026"], "dmy", "mdy"),
        (["26/06/2026", "6/26/2026"], "mdy", "mdy"), (["5/6/2026"], "mdy", "mdy"), (["13/45/2026", "30.02.2026"], "mdy", "mdy"),
        (["2/30/2026"], "dmy", "dmy"), ([46_000, None], "mdy", "mdy"), (["26/06/2026 10:30:11"], "mdy", "dmy"), (["24.12"], "mdy", "dmy"),
        (["2026-26-06", "Dec 26, 2026"], "mdy", "mdy"),
    ],
)  # fmt: skip
def test_one_telling_value_decides_for_the_whole_column(column, values, default, expected):
    assert detect_date_order(column(*values), default) == expected


def test_the_column_order_holds_for_every_cell(column, reading, field):
    cells = column("5/6/2026", "26/06/2026")
    found = reading_of(cells, field("date"), reading("US"))
    assert parse(cells, field("date"), "d", found).values["d"].to_list() == [date(2026, 6, 5), date(2026, 6, 26)]
    as_us = parse(cells, field("date"), "d", reading("US"))
    assert as_us.values["d"].to_list() == [date(2026, 5, 6), None]
    assert as_us.issues["kind"].to_list() == ["date_as_text", "bad_date"]


@pytest.mark.parametrize(
    ("value", "country", "day", "kinds"),
    [
        (date(1985, 3, 15), "RU", "03-15", []), ("15.03.1985", "RU", "03-15", AS_TEXT), ("15.03", "RU", "03-15", []),
        ("15.3.", "RU", "03-15", []), ("3/15", "US", "03-15", []), ("15/3", "GB", "03-15", []), ("15 марта", "RU", "03-15", []),
        ("Mar 15", "US", "03-15", []), ("29.02", "RU", "02-29", []), ("29.02.2025", "RU", None, ["bad_date"]),
        (date(2026, 3, 15), "RU", "03-15", ["birth_implausible"]), (date(1919, 3, 15), "RU", "03-15", ["birth_implausible"]),
        (date(2012, 3, 15), "RU", "03-15", []), (date(2013, 3, 15), "RU", "03-15", ["birth_implausible"]),
        ("15.03.2020", "RU", "03-15", ["date_as_text", "birth_implausible"]), ("15.03.1604", "RU", "03-15", ["date_as_text", "birth_implausible"]),
        ("31.02", "RU", None, ["bad_date"]), ("весной", "RU", None, ["bad_date"]), (15.01, "RU", None, ["bad_date"]),
        (31_121, "RU", "03-15", []), (True, "RU", None, ["bad_date"]), ("—", "RU", None, []), ("15.03.85", "RU", "03-15", AS_TEXT),
    ],
)  # fmt: skip
def test_birthdays(read, value, country, day, kinds):
    assert read("birthday", value, country) == (day, kinds)


def test_the_year_of_birth_is_kept_where_it_is_written(read):
    assert read("birthday", date(1985, 3, 15), name="field_year")[0] == 1985
    assert read("birthday", "15.03.85", name="field_year")[0] == 1985
    assert read("birthday", "15.03", name="field_year")[0] is None
