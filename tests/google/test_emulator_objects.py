"""Charts and tables: their ids, what breaks them, and what happens when the cells under them go."""

from __future__ import annotations

import pytest

from tests.google.calling import Client, area, cell, put


def chart(sheet: int, number: int | None = 5):
    def source(column: int):
        return {"sourceRange": {"sources": [area(sheet, 0, column, 3, column + 1)]}}

    spec = {
        "title": "Воронка",
        "basicChart": {
            "chartType": "BAR",
            "headerCount": 1,
            "domains": [{"domain": source(0)}],
            "series": [{"series": source(1)}],
        },
    }
    anchor = {"overlayPosition": {"anchorCell": {"sheetId": sheet, "rowIndex": 5}}}
    return {"spec": spec, "position": anchor, **({"chartId": number} if number else {})}


def test_charts_by_their_ids(client: Client):
    sheet = client.sheet_id("Deals")
    wanted = chart(sheet)
    made = client.do({"addChart": {"chart": wanted}})[0]["addChart"]["chart"]
    assert made["chartId"] == 5
    assert made["position"]["overlayPosition"]["widthPixels"] == 600
    assert "already exists" in client.refused({"addChart": {"chart": wanted}})
    spec = {**wanted["spec"], "title": "Новая"}
    place = {"overlayPosition": {"anchorCell": {"sheetId": sheet, "rowIndex": 1}, "widthPixels": 300}}
    client.do(
        {"updateChartSpec": {"chartId": 5, "spec": spec}},
        {
            "updateEmbeddedObjectPosition": {
                "objectId": 5,
                "newPosition": place,
                "fields": "anchorCell,widthPixels",
            }
        },
    )
    kept = client.google.sheet(client.book, "Deals").charts[0]
    assert kept["spec"]["title"] == "Новая"
    assert kept["position"]["overlayPosition"]["widthPixels"] == 300
    assert kept["position"]["overlayPosition"]["heightPixels"] == 371
    client.do({"deleteEmbeddedObject": {"objectId": 5}})
    assert "No embedded object with id: 5" in client.refused({"deleteEmbeddedObject": {"objectId": 5}})


@pytest.mark.parametrize("left_out", ["domains", "series"])
def test_a_chart_without_domains_or_series_breaks_the_server(client: Client, left_out):
    wanted = chart(client.sheet_id("Deals"))
    del wanted["spec"]["basicChart"][left_out]
    answer = client.batch({"addChart": {"chart": wanted}})
    assert (answer.status_code, answer.json()["error"]["status"]) == (500, "INTERNAL")


def test_a_chart_is_emptied_when_its_columns_go(client: Client):
    sheet = client.sheet_id("Deals")
    client.do({"addChart": {"chart": chart(sheet)}})
    client.google.person(client.book).insert_rows("Deals", 1)
    basic = client.google.sheet(client.book, "Deals").charts[0]["spec"]["basicChart"]
    assert basic["series"][0]["series"]["sourceRange"]["sources"] == [area(sheet, 1, 1, 4, 2)]
    client.google.person(client.book).delete_columns("Deals", 1)
    kept = client.google.sheet(client.book, "Deals").charts[0]
    assert kept["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"] == []
    assert kept["position"]["overlayPosition"]["anchorCell"]["rowIndex"] == 6


def test_a_source_is_one_line(client: Client):
    sheet = client.sheet_id("Deals")
    wanted = chart(sheet)
    wanted["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"] = [area(sheet, 0, 0, 3, 2)]
    assert "exactly 1" in client.refused({"addChart": {"chart": wanted}})


def test_values_of_a_bar_run_along_the_bottom(client: Client):
    wanted = chart(client.sheet_id("Deals"))
    wanted["spec"]["basicChart"]["series"][0]["targetAxis"] = "LEFT_AXIS"
    assert "Invalid targetAxis LEFT_AXIS" in client.refused({"addChart": {"chart": wanted}})
    wanted["spec"]["basicChart"]["series"][0]["targetAxis"] = "BOTTOM_AXIS"
    client.do({"addChart": {"chart": wanted}})


def table(sheet: int, **more):
    return {"addTable": {"table": {"tableId": "t1", "name": "deals", "range": area(sheet, 0, 0, 3, 2), **more}}}


def test_tables_name_their_columns(client: Client):
    sheet = client.sheet_id("Deals")
    columns = [{"columnIndex": 1, "columnName": "Деньги", "columnType": "DOUBLE"}]
    made = client.do(table(sheet, columnProperties=columns))[0]["addTable"]["table"]
    assert [item["columnName"] for item in made["columnProperties"]] == ["id", "Деньги"]
    assert client.values("Deals!A1:B1") == [[["id", "Деньги"]]]
    client.do(put(sheet, 0, 0, [cell(string="Номер")]))
    shown = client.get("sheets.tables")["sheets"][1]["tables"][0]
    assert [item["columnName"] for item in shown["columnProperties"]] == ["Номер", "Деньги"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": "other"}, "already exists"),
        ({"tableId": "t2"}, "already exists"),
        ({"tableId": "t2", "name": "other"}, "overlap"),
    ],
)
def test_tables_collide(client: Client, more, said):
    sheet = client.sheet_id("Deals")
    client.do(table(sheet))
    assert said in client.refused(table(sheet, **more))


def test_a_table_needs_a_row_and_no_filter(client: Client):
    sheet = client.sheet_id("Deals")
    assert "at least one row" in client.refused(table(sheet, range=area(sheet, 0, 0, 1, 2)))
    client.do(table(sheet))
    assert "intersects a table" in client.refused({"setBasicFilter": {"filter": {"range": {"sheetId": sheet}}}})
    grown = {"tableId": "t1", "range": area(sheet, 0, 0, 10, 2)}
    client.do({"updateTable": {"table": grown, "fields": "range"}})
    assert client.google.sheet(client.book, "Deals").tables[0]["range"]["endRowIndex"] == 10


def test_a_deleted_table_takes_its_conditional_formats(client: Client):
    sheet = client.sheet_id("Deals")
    condition = {"condition": {"type": "NOT_BLANK"}, "format": {"textFormat": {"bold": True}}}
    rules = [{"ranges": [area(sheet, *place)], "booleanRule": condition} for place in ((1, 0, 3, 1), (10, 0, 12, 1))]
    client.do(table(sheet), *({"addConditionalFormatRule": {"rule": rule}} for rule in rules))
    client.do({"deleteTable": {"tableId": "t1"}})
    now = client.google.sheet(client.book, "Deals")
    assert [rule["ranges"][0]["startRowIndex"] for rule in now.conditions] == [10]
    assert now.tables == []
    assert client.values("Deals")[0][1] == [1, 10]


def test_bandings(client: Client):
    sheet = client.sheet_id("Deals")
    band = {"range": area(sheet, 0, 0, 3, 2), "rowProperties": {"firstBandColor": {"red": 1}}}
    made = client.do({"addBanding": {"bandedRange": band}})[0]["addBanding"]["bandedRange"]
    assert "alternating" in client.refused({"addBanding": {"bandedRange": band}})
    client.do({"deleteBanding": {"bandedRangeId": made["bandedRangeId"]}})
