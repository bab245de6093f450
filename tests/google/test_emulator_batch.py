"""Batches: all or nothing, ids that collide, and what each kind of request does to the sheets."""

from __future__ import annotations

import pytest

from tests.google.calling import Client, area, cell, props, put
from tests.google.emulator import Emulator


def test_a_batch_is_all_or_nothing(client: Client):
    sheet = client.sheet_id("Deals")
    before = client.google.document(client.book).version
    said = client.refused(put(sheet, 0, 0, [cell(string="x")]), {"deleteSheet": {"sheetId": 404}})
    assert said == "Invalid requests[1].deleteSheet: No sheet with id: 404"
    assert client.google.document(client.book).version == before


def test_replies_come_in_order_with_ids(client: Client):
    replies = client.do(
        {"addSheet": {"properties": {"sheetId": 7, "title": "Новый", "index": 0}}},
        put(7, 0, 0, [cell(string="a")]),
        {"addSheet": {}},
    )
    assert replies[0]["addSheet"]["properties"] == {
        "sheetId": 7,
        "title": "Новый",
        "index": 0,
        "sheetType": "GRID",
        "gridProperties": {"rowCount": 1000, "columnCount": 26},
    }
    assert replies[1] == {}
    assert replies[2]["addSheet"]["properties"]["title"] == "Лист4"


def test_ids_and_titles_collide(client: Client):
    sheet = client.sheet_id("Deals")
    assert f"A sheet with id {sheet} already exists" in client.refused({"addSheet": {"properties": {"sheetId": sheet}}})
    for title in ("Клиенты", "клиенты"):
        assert "already exists. Please enter another name." in client.refused(
            {"addSheet": {"properties": {"title": title}}}
        )
    assert "already exists" in client.refused(props(sheet, "title", title="КЛИЕНТЫ"))
    client.do(props(sheet, "title", title="DEALS"))


def test_the_last_sheet_stays(client: Client):
    first, second = client.sheet_id("Клиенты"), client.sheet_id("Deals")
    client.do({"deleteSheet": {"sheetId": first}})
    assert "remove all the sheets" in client.refused({"deleteSheet": {"sheetId": second}})
    assert "hide all" in client.refused(props(second, "hidden", hidden=True))


def test_sheets_move_hide_and_freeze(client: Client):
    first, second = client.sheet_id("Клиенты"), client.sheet_id("Deals")
    client.do(props(first, "index", index=1))
    assert [item["properties"]["title"] for item in client.get()["sheets"]] == ["Клиенты", "Deals"]
    client.do(props(first, "index", index=2))
    assert [item["properties"]["title"] for item in client.get()["sheets"]] == ["Deals", "Клиенты"]
    grid = {"frozenRowCount": 2, "rowCount": 50}
    client.do(props(second, "gridProperties(frozenRowCount,rowCount),hidden", gridProperties=grid, hidden=True))
    shown = client.get("sheets.properties")["sheets"][0]["properties"]
    assert (shown["hidden"], shown["gridProperties"]) == (
        True,
        {"rowCount": 50, "columnCount": 26, "frozenRowCount": 2},
    )
    client.do(props(second, "gridProperties.frozenRowCount", gridProperties={}))
    assert "frozenRowCount" not in client.get("sheets.properties")["sheets"][0]["properties"]["gridProperties"]
    assert "freeze all" in client.refused(
        props(second, "gridProperties.frozenRowCount", gridProperties={"frozenRowCount": 50})
    )


def test_the_grid_has_its_limit(client: Client):
    sheet = client.sheet_id("Deals")
    said = client.refused({"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 400_000}})
    assert "above the limit of 10000000 cells" in said
    client.do({"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 5}})
    assert client.google.sheet(client.book, "Deals").row_count == 1005


# --- rows and columns


def test_what_lies_on_rows_moves_with_them(client: Client):
    sheet = client.sheet_id("Deals")
    rule = {
        "ranges": [area(sheet, 1, 0, 3, 2)],
        "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColor": {"red": 1}}},
    }
    place = {"sheetId": sheet, "dimension": "ROWS", "startIndex": 2, "endIndex": 3}
    client.do(
        {"addConditionalFormatRule": {"rule": rule}},
        {"mergeCells": {"range": area(sheet, 4, 0, 5, 2), "mergeType": "MERGE_ALL"}},
        {"setBasicFilter": {"filter": {"range": area(sheet, 0, 0, 3, 2)}}},
        {"addNamedRange": {"namedRange": {"name": "сделки", "range": area(sheet, 1, 0, 3, 2)}}},
        {"updateDimensionProperties": {"range": place, "properties": {"pixelSize": 50}, "fields": "pixelSize"}},
        {
            "createDeveloperMetadata": {
                "developerMetadata": {
                    "metadataKey": "k",
                    "visibility": "DOCUMENT",
                    "location": {"dimensionRange": place},
                }
            }
        },
    )
    client.do({"insertDimension": {"range": {**place, "startIndex": 1, "endIndex": 2}}})
    now = client.google.sheet(client.book, "Deals")
    assert now.conditions[0]["ranges"] == [area(sheet, 2, 0, 4, 2)]
    assert now.merges == [area(sheet, 5, 0, 6, 2)]
    assert now.basic_filter["range"] == area(sheet, 0, 0, 4, 2)
    assert now.row_sizes == {3: {"pixelSize": 50}}
    doc = client.google.document(client.book)
    assert doc.named_ranges[0]["range"] == area(sheet, 2, 0, 4, 2)
    assert doc.metadata[0]["location"]["dimensionRange"]["startIndex"] == 3
    client.do({"deleteDimension": {"range": {**place, "startIndex": 2, "endIndex": 6}}})
    now = client.google.sheet(client.book, "Deals")
    doc = client.google.document(client.book)
    assert (now.conditions, now.merges, now.row_sizes, doc.metadata, doc.named_ranges) == ([], [], {}, [], [])
    assert client.values("Deals") == [[["id", "сумма"]]]
    assert now.row_count == 997


def test_rows_cannot_all_go_and_ends_are_checked(client: Client):
    sheet = client.sheet_id("Deals")
    place = {"sheetId": sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 1000}
    assert "delete all the rows" in client.refused({"deleteDimension": {"range": place}})
    assert "must be less than" in client.refused({"deleteDimension": {"range": {**place, "startIndex": 1000}}})
    after_end = {**place, "startIndex": 1000, "endIndex": 1001}
    assert "inheritFromBefore" in client.refused({"insertDimension": {"range": after_end}})
    client.do({"insertDimension": {"range": after_end, "inheritFromBefore": True}})


def test_columns_move(client: Client):
    sheet = client.sheet_id("Клиенты")
    source = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    client.do({"moveDimension": {"source": source, "destinationIndex": 3}})
    assert client.values("Клиенты")[0][0] == ["Телефон", "Сумма", "Имя", "Да"]


# --- cells


def test_copy_paste_from_a_staging_tab(client: Client):
    client.do({"addSheet": {"properties": {"sheetId": 9, "title": "staging", "hidden": True}}})
    looks = {"textFormat": {"bold": True}}
    client.do(put(9, 0, 0, [cell(string="=1+1", userEnteredFormat=looks), cell(number=5)], fields="*"))
    sheet = client.sheet_id("Deals")
    paste = {"source": area(9, 0, 0, 1, 2), "destination": area(sheet, 0, 0, 2, 2), "pasteType": "PASTE_VALUES"}
    client.do({"copyPaste": paste})
    assert client.values("Deals") == [[["=1+1", 5], ["=1+1", 5], [2, 20]]]
    assert client.google.sheet(client.book, "Deals").more(0, 0).format is None
    client.do({"copyPaste": {**paste, "pasteType": "PASTE_NORMAL"}})
    assert client.google.sheet(client.book, "Deals").more(1, 0).format == looks


def test_sorting_keeps_rows_together_and_empty_ones_last(google: Emulator):
    book = google.add_book({"A": [["h", "n"], ["b", 2], [None, 9], ["a", 1], ["c", "x"], [True, 0], [7, 3]]})
    client = Client(google, book)
    sheet = client.sheet_id("A")
    client.do(put(sheet, 1, 1, [cell(note="b's")], fields="note"))
    for order, first in (("ASCENDING", [7, "a", "b", "c", True, ""]), ("DESCENDING", [True, "c", "b", "a", 7, ""])):
        spec = {"dimensionIndex": 0, "sortOrder": order}
        client.do({"sortRange": {"range": area(sheet, 1, 0, 7, 2), "sortSpecs": [spec]}})
        assert [row[0] for row in client.values("A")[0][1:]] == first
    assert google.sheet(book, "A").more(3, 1).note == "b's"
    client.session.close()


def test_merging_keeps_the_first_cell(client: Client):
    sheet = client.sheet_id("Deals")
    client.do({"mergeCells": {"range": area(sheet, 0, 0, 2, 2), "mergeType": "MERGE_ALL"}})
    assert client.values("Deals") == [[["id"], [], [2, 20]]]
    sort = {"range": area(sheet, 0, 0, 3, 2), "sortSpecs": [{"dimensionIndex": 0, "sortOrder": "ASCENDING"}]}
    assert "merged cells" in client.refused({"sortRange": sort})
    assert "must select all cells" in client.refused({"unmergeCells": {"range": area(sheet, 0, 0, 1, 1)}})


def test_drop_downs(client: Client):
    sheet = client.sheet_id("Deals")
    rule = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "да"}]}, "strict": False}
    client.do({"setDataValidation": {"range": area(sheet, 1, 0, 3, 1), "rule": rule}})
    shown = client.get("sheets.data.rowData.values.dataValidation", ranges="Deals!A2")
    assert shown["sheets"][0]["data"][0]["rowData"][0]["values"][0]["dataValidation"] == rule
    empty = {**rule, "condition": {"type": "ONE_OF_LIST"}}
    assert "at least one value" in client.refused(
        {"setDataValidation": {"range": area(sheet, 1, 0, 2, 1), "rule": empty}}
    )
    client.do({"setDataValidation": {"range": area(sheet, 0, 0, 3, 1)}})
    assert client.google.sheet(client.book, "Deals").more(1, 0).validation is None


def test_colours_come_back_rounded_under_both_names(client: Client):
    sheet = client.sheet_id("Deals")
    looks = {"backgroundColorStyle": {"rgbColor": {"red": 0.9, "green": 0, "blue": 0.3333}}}
    client.do(put(sheet, 0, 0, [cell(userEnteredFormat=looks)], fields="userEnteredFormat.backgroundColorStyle"))
    color = {"red": 0.9019608, "blue": 0.3333333}
    assert client.google.sheet(client.book, "Deals").more(0, 0).format == {
        "backgroundColor": color,
        "backgroundColorStyle": {"rgbColor": color},
    }
    client.do(put(sheet, 0, 0, [cell()], fields="userEnteredFormat.backgroundColor"))
    assert client.google.sheet(client.book, "Deals").more(0, 0).format is None


# --- filter views, the answer with the spreadsheet


def test_filters(client: Client):
    sheet = client.sheet_id("Deals")
    view = {"title": "Мои", "range": area(sheet, 0, 0, 3, 2)}
    made = client.do({"addFilterView": {"filter": view}})[0]["addFilterView"]["filter"]
    assert "title" in client.refused({"addFilterView": {"filter": view}})
    client.do({"updateFilterView": {"filter": {"filterViewId": made["filterViewId"], "title": "x"}, "fields": "title"}})
    assert client.google.sheet(client.book, "Deals").filter_views[0]["title"] == "x"
    client.do(
        {"deleteFilterView": {"filterId": made["filterViewId"]}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": sheet}}}},
    )
    client.do({"clearBasicFilter": {"sheetId": sheet}})
    assert client.google.sheet(client.book, "Deals").basic_filter is None


def test_the_spreadsheet_in_the_answer(client: Client):
    sheet = client.sheet_id("Deals")
    answer = client.good(
        client.batch(
            put(sheet, 1, 1, [cell(number=7)]),
            includeSpreadsheetInResponse=True,
            responseIncludeGridData=True,
            responseRanges=["Deals!B2"],
        )
    )
    shown = answer["updatedSpreadsheet"]["sheets"]
    assert [item["properties"]["title"] for item in shown] == ["Deals"]
    assert shown[0]["data"][0]["rowData"][0]["values"][0]["formattedValue"] == "7"
    assert (shown[0]["data"][0]["startRow"], shown[0]["data"][0]["startColumn"]) == (1, 1)


def test_what_is_not_there_is_said(client: Client):
    answer = client.batch({"addSlicer": {"slicer": {}}})
    assert (answer.status_code, answer.json()["error"]["status"]) == (501, "UNIMPLEMENTED")


def test_links_and_runs(client: Client):
    sheet = client.sheet_id("Deals")
    link = {"textFormat": {"link": {"uri": "#gid=5&range=B7"}}}
    runs = [{"format": {"bold": True}}, {"startIndex": 2, "format": {}}]
    rows = [cell(string="Анна", userEnteredFormat=link), cell(string="Борис", textFormatRuns=runs)]
    client.do(put(sheet, 0, 0, rows, fields="userEnteredValue,userEnteredFormat.textFormat.link,textFormatRuns"))
    data = client.get("sheets.data.rowData.values(hyperlink,textFormatRuns)", ranges="Deals!A1:B1")
    found = data["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert found == [{"hyperlink": "#gid=5&range=B7"}, {"textFormatRuns": runs}]
    mixed = put(sheet, 0, 0, [cell(textFormatRuns=runs[::-1])], fields="textFormatRuns")
    assert "in order" in client.refused(mixed)


def test_frozen_parts_and_merges_do_not_cross(client: Client):
    sheet = client.sheet_id("Deals")
    merge = {"mergeCells": {"range": area(sheet, 0, 0, 1, 3), "mergeType": "MERGE_ALL"}}
    freeze = props(sheet, "gridProperties.frozenColumnCount", gridProperties={"frozenColumnCount": 1})
    assert "only part of a merged cell" in client.refused(merge, freeze)
    assert "non-frozen" in client.refused(freeze, merge)


@pytest.mark.parametrize(
    ("kind", "values"), [("NUMBER_BETWEEN", ["1"]), ("NOT_BLANK", ["1"]), ("ONE_OF_LIST", ["a"]), ("TEXT_EQ", [])]
)
def test_conditions_take_their_number_of_values(client: Client, kind, values):
    condition = {"type": kind, "values": [{"userEnteredValue": value} for value in values]}
    rule = {"ranges": [area(client.sheet_id("Deals"), 0, 0, 2, 2)], "booleanRule": {"condition": condition}}
    assert kind in client.refused({"addConditionalFormatRule": {"rule": rule}})


@pytest.mark.slow
def test_a_batch_has_its_limit(client: Client):
    request = {"updateSheetProperties": {"properties": {"sheetId": client.sheet_id("Deals")}, "fields": "hidden"}}
    assert "At most 100000" in client.refused(*[request] * 100_001)


def test_rules_and_merges_are_pasted(client: Client):
    client.do({"addSheet": {"properties": {"sheetId": 9, "title": "staging"}}})
    condition = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    sheet = client.sheet_id("Deals")
    rules = [{"ranges": [place], "booleanRule": condition} for place in (area(9, 0, 0, 2, 2), area(sheet, 0, 0, 5, 2))]
    client.do(
        *({"addConditionalFormatRule": {"rule": rule}} for rule in rules),
        {"mergeCells": {"range": area(9, 0, 0, 1, 2), "mergeType": "MERGE_ALL"}},
        {"copyPaste": {"source": area(9, 0, 0, 2, 2), "destination": area(sheet, 1, 0, 3, 2)}},
    )
    now = client.google.sheet(client.book, "Deals")
    assert now.merges == [area(sheet, 1, 0, 2, 2)]
    assert [rule["ranges"] for rule in now.conditions] == [
        [area(sheet, 0, 0, 1, 2), area(sheet, 3, 0, 5, 2)],
        [area(sheet, 1, 0, 3, 2)],
    ]


def test_appended_cells_go_below_and_not_beside(client: Client):
    sheet = client.sheet_id("Deals")
    request = {"sheetId": sheet, "rows": [{"values": [cell(number=3)]}], "fields": "userEnteredValue"}
    client.do({"appendCells": request})
    assert client.values("Deals!A4:B4") == [[[3]]]
    wide = {**request, "rows": [{"values": [cell()] * 27}]}
    assert "Attempting to write column: 26, beyond the last requested column of: 25" in client.refused(
        {"appendCells": wide}
    )
