"""The emulator refuses what the discovery document does not know, in Google's words."""

from __future__ import annotations

import pytest

from tests.google.calling import Client, area, cell, put
from tests.google.emulator import discovery, masks


def violations(answer):
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    return [item["description"] for item in error["details"][0]["fieldViolations"]]


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            {"addSheet": {"properties": {"titel": "x"}}},
            "Invalid JSON payload received. Unknown name \"titel\" at 'requests[0].add_sheet.properties': Cannot find field.",
        ),
        (
            {"addSheets": {}},
            "Invalid JSON payload received. Unknown name \"addSheets\" at 'requests[0]': Cannot find field.",
        ),
        (
            {"addSheet": {"properties": {"sheetId": "5"}}},
            "Invalid value at 'requests[0].add_sheet.properties.sheet_id' (TYPE_INT32), \"5\"",
        ),
        ({"addSheet": {"properties": {"sheet_id": 5}}}, 'Unknown name "sheet_id"'),
        ({"addSheet": {"properties": {"hidden": "yes"}}}, '(TYPE_BOOL), "yes"'),
        (
            {"addSheet": {"properties": {"sheetType": "GRIDS"}}},
            "Invalid value at 'requests[0].add_sheet.properties.sheet_type'",
        ),
        ({"updateCells": {"rows": {}, "fields": "*"}}, "Invalid value at 'requests[0].update_cells.rows'"),
        ({"addSheet": {}, "deleteSheet": {"sheetId": 1}}, "oneof field"),
        (put(1, 0, 0, [{"userEnteredValue": {"stringValue": "a", "numberValue": 1}}]), "oneof field"),
        (put(1, 0, 0, [{"userEnteredValue": {"stringValue": 5}}]), "(TYPE_STRING), 5"),
    ],
)
def test_a_body_that_does_not_fit_is_told_where(client: Client, request_, said):
    found = violations(client.batch(request_))
    assert said in found[0]


def test_all_faults_of_a_body_are_listed(client: Client):
    answer = client.batch({"addSheet": {"a": 1}}, {"addSheet": {"b": 1}})
    assert len(violations(answer)) == 2
    assert answer.json()["error"]["message"].count("\n") == 1


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"valueRenderOptions": "FORMULA"}, 'Unknown name "valueRenderOptions": Cannot bind query parameter.'),
        ({"valueRenderOption": "UNFORMATTED"}, "Invalid value at 'value_render_option'"),
        ({"valueRenderOption": ["FORMULA", "FORMULA"]}, "Proto field is not repeating"),
    ],
)
def test_a_query_that_does_not_fit(client: Client, params, said):
    assert said in violations(client.sheets("GET", "/values:batchGet", params=params))[0]


def test_a_body_that_is_no_json(client: Client):
    answer = client.sheets("POST", ":batchUpdate", data=b"{oops", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert "Unexpected token" in answer.json()["error"]["message"]


def test_an_unknown_path_is_a_page(client: Client):
    answer = client.call("GET", "/v5/spreadsheets/x")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")
    assert client.sheets("DELETE").status_code == 404


def test_masks_of_answers_are_checked(client: Client):
    answer = client.sheets("GET", params={"fields": "sheets(properties(titel))"})
    assert "Cannot find matching fields for path 'sheets.properties.titel'" in violations(answer)[0]
    assert client.get("sheets(properties(title),charts/chartId),properties.locale") == {
        "sheets": [{"properties": {"title": "Клиенты"}}, {"properties": {"title": "Deals"}}],
        "properties": {"locale": "ru_RU"},
    }


def test_masks_of_updates_are_checked(client: Client):
    sheet = client.sheet_id("Deals")
    assert "At least one field must be listed" in client.refused(put(sheet, 0, 0, [cell(string="x")], fields=""))
    assert "Invalid field: userEnteredFormat.bold" in client.refused(
        put(sheet, 0, 0, [cell(string="x")], fields="userEnteredFormat.bold")
    )


def test_an_empty_batch_and_an_empty_request(client: Client):
    assert client.refused() == "Must specify at least one request."
    assert "requests[0]" in client.refused({})


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a,b.c", {"a": {}, "b": {"c": {}}}),
        ("a(b,c/d)", {"a": {"b": {}, "c": {"d": {}}}}),
        ("a.b,a", {"a": {}}),
        ("a,a.b", {"a": {}}),
        ("a.b(c),a.d", {"a": {"b": {"c": {}}, "d": {}}}),
    ],
)
def test_masks_are_trees(text, tree):
    assert masks.parse(text) == tree


@pytest.mark.parametrize("text", ["a(", "a)", "a,,b", ".a", "a b", "a(b"])
def test_masks_that_do_not_parse(text):
    with pytest.raises(ValueError):
        masks.parse(text)


def test_every_method_of_the_documents_has_its_path():
    names = {(method.api, method.name) for method in discovery.methods()}
    assert {("sheets", "values.batchGet"), ("sheets", "spreadsheets.batchUpdate"), ("drive", "files.get")} <= names
    method, path = discovery.match("GET", "/v4/spreadsheets/abc/values/%D0%9B%201!A1%3AB2")
    assert (method.name, path) == ("values.get", {"spreadsheetId": "abc", "range": "Л 1!A1:B2"})
    assert discovery.match("POST", "/v4/spreadsheets/abc/values/A1:append")[0].name == "values.append"
    assert discovery.match("PUT", "/v4/spreadsheets/abc/values/A1:B2")[1]["range"] == "A1:B2"


def test_a_range_outside_the_grid_is_refused(client: Client):
    answer = client.sheets("GET", "/values/Deals!A1:B2000")
    assert answer.json()["error"]["message"] == (
        "Range (Deals!A1:B2000) exceeds grid limits. Max rows: 1000, max columns: 26"
    )
    sheet = client.sheet_id("Deals")
    request = {"repeatCell": {"range": area(sheet, 0, 0, 1001, 1), "cell": {}, "fields": "note"}}
    assert client.refused(request).startswith("Invalid requests[0].repeatCell: Range (Deals!A1:A1001) exceeds grid")
    assert "No grid with id: 0" in client.refused(put(0, 0, 0, [cell(string="x")]))
    assert "beyond the last row" in client.refused(put(sheet, 999, 0, [cell()], [cell()]))


def test_a_title_like_a_cell_has_to_be_quoted(client: Client):
    client.google.person(client.book).rename("Deals", "tab01")
    answer = client.sheets("GET", "/values/tab01")
    assert answer.json()["error"]["message"].startswith("Range ('Клиенты'!TAB1) exceeds grid limits.")
    assert client.values("'tab01'", "'tab01'!A2:B") == [[["id", "сумма"], [1, 10], [2, 20]], [[1, 10], [2, 20]]]


@pytest.mark.parametrize("text", ["Нет!A1", "'Deals", "Deals!", "Deals!A1:B:C", "Deals!1", "A0", "Deals!A1:"])
def test_ranges_that_mean_nothing(client: Client, text):
    answer = client.sheets("GET", "/values:batchGet", params={"ranges": text})
    assert answer.json()["error"]["message"] == f"Unable to parse range: {text}"
