"""What is people's own stays, cell for cell and object for object: on their sheets, and on the tab that we share with them."""

import copy

import pytest

from sheets_crm import data
from sheets_crm.sync import run
from sheets_crm.sync.config_google import GoogleSettings
from tests.google.calling import area
from tests.google.emulator import OWNER, Emulator, differences
from tests.google.whole import put_config

TODAY = data.DEMO_TODAY
SHEETS = {
    "Клиенты": [["Клиент", "Телефон"], *([f"Клиент {n}", f"+7916000000{n}"] for n in range(6))],
    "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], *([f"Клиент {n}", "КП отправлено", 100 * n, "01.02.2026"] for n in range(6))],
    "Учёт": [["Статья", "План", "Факт"], *([f"Статья {n}", 10 * n, 9.5 * n] for n in range(12))],
}  # fmt: skip


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


def decorate(google, book):
    """Everything that people do to sheets of theirs."""
    owner = google.person(book)
    numbers = {title: google.sheet(book, title).id for title in SHEETS}
    for title, sheet in numbers.items():
        owner.do(*decorations(sheet, title))
    owner.enter("Учёт", 14, 1, "=SUM(B2:B13)")
    owner.enter("Учёт", 14, 2, "=1/0")
    owner.type("Учёт", 15, 0, "=это текст")
    owner.do({"addNamedRange": {"namedRange": {"name": "План", "range": area(numbers["Учёт"], 1, 1, 13, 2)}}})
    for place in ({"sheetId": numbers["Клиенты"]}, {"spreadsheet": True}, {"dimensionRange": {"sheetId": numbers["Учёт"], "dimension": "ROWS", "startIndex": 3, "endIndex": 4}}):  # fmt: skip
        item = {"metadataKey": "other-program", "metadataValue": "7", "location": place, "visibility": "DOCUMENT"}
        owner.do({"createDeveloperMetadata": {"developerMetadata": item}})
    return owner


def decorations(sheet, title):
    rule = {
        "condition": {"type": "NUMBER_GREATER", "values": [{"userEnteredValue": "5"}]},
        "format": {"textFormat": {"bold": True}},
    }
    bold = {"userEnteredFormat": {"textFormat": {"bold": True, "fontSize": 14}, "backgroundColor": {"red": 1}}}
    source = {"sourceRange": {"sources": [area(sheet, 1, 1, 7, 2)]}}
    basic = {
        "chartType": "COLUMN",
        "domains": [{"domain": source}],
        "series": [{"series": source, "targetAxis": "LEFT_AXIS"}],
    }
    anchor = {"overlayPosition": {"anchorCell": {"sheetId": sheet, "rowIndex": 3, "columnIndex": 6}}}
    choices = {
        "condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "да"}, {"userEnteredValue": "нет"}]}
    }
    editors = {"users": [OWNER]}
    return [
        {"repeatCell": {"range": area(sheet, 0, 0, 1, 4), "cell": bold, "fields": "userEnteredFormat(textFormat,backgroundColor)"}},
        {"repeatCell": {"range": area(sheet, 2, 0, 3, 1), "cell": {"note": f"заметка {title}"}, "fields": "note"}},
        {"mergeCells": {"range": area(sheet, 20, 0, 22, 3), "mergeType": "MERGE_ALL"}},
        {"addConditionalFormatRule": {"index": 0, "rule": {"ranges": [area(sheet, 1, 1, 10, 3)], "booleanRule": rule}}},
        {"addProtectedRange": {"protectedRange": {"range": area(sheet, 0, 0, 1, 4), "editors": editors}}},
        {"setBasicFilter": {"filter": {"range": area(sheet, 0, 0, 13, 3)}}},
        {"addFilterView": {"filter": {"title": f"Вид {title}", "range": area(sheet, 0, 0, 13, 3)}}},
        {"setDataValidation": {"range": area(sheet, 1, 5, 9, 6), "rule": choices}},
        {"addChart": {"chart": {"spec": {"title": title, "basicChart": basic}, "position": anchor}}},
        {"addBanding": {"bandedRange": {"range": area(sheet, 0, 7, 5, 9), "rowProperties": {"firstBandColor": {"green": 1}, "secondBandColor": {"blue": 1}}}}},
        {"updateDimensionProperties": {"range": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}, "properties": {"pixelSize": 277}, "fields": "pixelSize"}},
        {"updateSheetProperties": {"properties": {"sheetId": sheet, "gridProperties": {"frozenRowCount": 1}, "tabColorStyle": {"rgbColor": {"red": 1}}}, "fields": "gridProperties.frozenRowCount,tabColorStyle"}},
    ]  # fmt: skip


def others(google, book):
    return [
        copy.deepcopy(item)
        for item in google.document(book).metadata
        if not item["metadataKey"].startswith("sheets-crm")
    ]


def test_a_rich_spreadsheet_is_the_same_to_the_cell(google, tmp_path):
    book = google.add_book(SHEETS)
    owner = decorate(google, book)
    path = str(put_config(tmp_path, google, book))
    before, metadata = google.snapshot(book), others(google, book)
    assert all(
        before["Учёт"][name] for name in ("merges", "conditions", "protections", "filter_views", "charts", "bandings")
    )
    titles = run.sync(path, today=TODAY).titles
    for row in (3, 4):
        ours = [google.sheet(book, title).id for title in titles.values()]
        assert differences(before, google.snapshot(book, without=ours)) == []
        assert others(google, book) == metadata
        owner.type("Сделки", row, 1, "Оплачено")
        before = google.snapshot(book, without=ours)
        assert run.sync(path, today=TODAY).written
    assert google.snapshot(book)["Учёт"]["cells"][13][1][1].formula == "=SUM(B2:B13)"


def keys(owner, title):
    """The tasks of the tab from above to below."""
    head, *rows = owner.rows(title)
    return [row[head.index("Ключ")] for row in rows if any(row)]


def test_what_managers_arrange_on_the_tab_of_tasks_stays(google, tmp_path, monkeypatch):
    """Their filter view, the choice of the filter, their order of rows, a rule, a column, a note; though the tab is drawn anew."""
    monkeypatch.setattr(GoogleSettings, "may_sort", lambda *_: False)  # it is a working hour
    book = google.add_book(SHEETS)
    path = tmp_path / "crm.yaml"
    put_config(tmp_path, google, book)
    title = run.sync(str(path), today=TODAY).titles["tasks"]
    owner, sheet = google.person(book), google.sheet(book, title)
    width = len(owner.rows(title)[0])
    place = {"sheetId": sheet.id, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": width}
    view = {"title": "Мои на сегодня", "range": place, "sortSpecs": [{"dimensionIndex": 1, "sortOrder": "DESCENDING"}]}
    rule = {
        "condition": {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "срочно"}]},
        "format": {"textFormat": {"bold": True}},
    }
    owner.do(
        {"addFilterView": {"filter": view}},
        {"setBasicFilter": {"filter": {"range": place, "filterSpecs": [{"columnIndex": 0, "filterCriteria": {"hiddenValues": ["Сделана"]}}]}}},
        {"addConditionalFormatRule": {"index": 0, "rule": {"ranges": [place], "booleanRule": rule}}},
    )  # fmt: skip
    box = {"condition": {"type": "BOOLEAN"}}
    owner.do(
        {"updateCells": {"start": {"sheetId": sheet.id, "rowIndex": 0, "columnIndex": width}, "fields": "userEnteredValue,note", "rows": [{"values": [{"userEnteredValue": {"stringValue": "Звонил"}, "note": "моё"}]}]}},
        {"setDataValidation": {"range": area(sheet.id, 1, width, 7, width + 1), "rule": box}},
        {"repeatCell": {"range": area(sheet.id, 1, width, 7, width + 1), "cell": {"userEnteredValue": {"boolValue": True}, "userEnteredFormat": {"backgroundColor": {"red": 1}}}, "fields": "userEnteredValue,userEnteredFormat.backgroundColor"}},
    )  # fmt: skip
    run.sync(str(path), today=TODAY)
    owner.sort(title, owner.rows(title)[0].index("Клиент"))
    order = keys(owner, title)
    own = google.sheet(book, title)
    kept = copy.deepcopy((own.filter_views, own.basic_filter, own.conditions[0]))
    path.write_text(path.read_text("utf-8") + "\ntasks: {again: {after_days: [1, 2], tries: 2}}\n", encoding="utf-8")
    owner.type("Сделки", 7, 1, "Оплачено")
    run.sync(str(path), today=TODAY)
    own = google.sheet(book, title)
    assert own.more(0, width).note == "моё"
    boxes = [own.more(n, width) for n, row in enumerate(own.rows) if n and any(row.values)]
    assert all(one.validation["condition"]["type"] == "BOOLEAN" and one.format["backgroundColor"] for one in boxes)
    assert (own.filter_views, own.basic_filter) == kept[:2]
    assert kept[2] in own.conditions
    now = keys(owner, title)
    assert now == [key for key in order if key in now]
