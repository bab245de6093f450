"""How our tabs are made to look: each request as the discovery document knows it, in the words of the spreadsheet's locale."""

import re

import pytest

from sheets_crm import data
from sheets_crm.sync import run
from tests.google.emulator import OWNER, ROBOT, Emulator, discovery
from tests.google.test_untouched import SHEETS
from tests.google.whole import put_config

LOCALES = {"ru_RU": ("ru", "RU"), "en_US": ("en", "US"), "en_GB": ("en", "GB"), "de_DE": ("en", "DE")}
PATTERNS = {"ru": "dd.mm.yyyy", "en": "d mmm yyyy"}
QUOTED = re.compile(r'"[^"]*"')


@pytest.fixture(params=LOCALES)
def first(request, tmp_path):
    """The first write into a spreadsheet of a locale: its requests by kind, and the spreadsheet afterwards."""
    locale = request.param
    lang, country = LOCALES[locale]
    with Emulator() as google:
        book = google.add_book(SHEETS, locale=locale)
        path = put_config(tmp_path, google, book, f"language: {lang}\ncountry: {country}\n")
        done = run.sync(str(path), today=data.DEMO_TODAY)
        (call,) = [call for call in google.calls if call.method == "spreadsheets.batchUpdate"]
        yield locale, lang, call.body, done, {tab: google.sheet(book, title) for tab, title in done.titles.items()}
        assert google.complaints == []


def of(body, kind):
    return [request[kind] for request in body["requests"] if kind in request]


def formats(value):
    """Every number format in a batch."""
    if isinstance(value, dict):
        if "numberFormat" in value:
            yield value["numberFormat"]
        for item in value.values():
            yield from formats(item)
    if isinstance(value, list):
        for item in value:
            yield from formats(item)


def test_the_looks_of_our_tabs(first):
    locale, lang, body, _, sheets = first
    discovery.check_body("sheets", "BatchUpdateSpreadsheetRequest", body)
    assert {one["pattern"] for one in formats(body) if one["type"] == "DATE"} == {PATTERNS[lang]}
    assert {one["pattern"] for one in formats(body) if one["type"] == "NUMBER"} == {"#,##0"}  # shown as the locale does
    rules = of(body, "addConditionalFormatRule")
    for rule in rules:
        (value,) = rule["rule"]["booleanRule"]["condition"]["values"]
        bare = QUOTED.sub("", value["userEnteredValue"])
        assert ("," in bare) == (locale in {"en_US", "en_GB"}) or "(" not in bare
        assert ";" not in bare or locale in {"ru_RU", "de_DE"}
        assert set(rule["rule"]["booleanRule"]["format"]) <= {"backgroundColorStyle", "textFormat"}
    assert rules
    for rule in of(body, "setDataValidation"):
        assert rule["rule"]["condition"]["type"] == "ONE_OF_LIST"
        assert rule["rule"]["showCustomUi"]
        assert not rule["rule"]["strict"]  # what a manager types all the same is read, not refused
    assert len(of(body, "setDataValidation")) >= 3
    tasks = sheets["tasks"]
    frozen = [
        one["properties"]["gridProperties"]
        for one in of(body, "updateSheetProperties")
        if one["properties"]["sheetId"] == tasks.id
    ]
    assert frozen[0]["frozenRowCount"] == 1
    (guard,) = of(body, "addProtectedRange")
    assert guard["protectedRange"]["range"] == {"sheetId": tasks.id}
    assert guard["protectedRange"]["editors"] == {"users": [ROBOT]}
    assert guard["protectedRange"]["unprotectedRanges"]
    assert tasks.protections[0]["editors"]["users"] == [ROBOT, OWNER]
    (chart,) = of(body, "addChart")
    assert chart["chart"]["spec"]["basicChart"]["domains"]
    assert chart["chart"]["position"]["overlayPosition"]["anchorCell"]["sheetId"] == sheets["funnel"].id
    assert not any("formulaValue" in str(one) for one in of(body, "updateCells"))


def test_a_day_is_a_day_in_every_locale(first):
    """A serial number under a date format, whatever the spreadsheet's locale: nothing is typed for Google to understand."""
    _, _, body, _, sheets = first
    values = [
        cell.get("userEnteredValue", {}) for one in of(body, "updateCells") if one["start"]["sheetId"] == sheets["tasks"].id
        for row in one["rows"] for cell in row["values"]
    ]  # fmt: skip
    days = [value["numberValue"] for value in values if "numberValue" in value]
    assert days
    assert all(40_000 < day < 60_000 for day in days)
