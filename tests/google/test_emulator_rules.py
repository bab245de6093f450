"""Rules of a spreadsheet: conditional formats, protection, developer metadata."""

from __future__ import annotations

import pytest

from tests.google.calling import Client, area, cell, props, put
from tests.google.emulator import OWNER, ROBOT, Emulator

# --- conditional formats


def rule_of(sheet: int, formula: str, **looks):
    condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
    return {"ranges": [area(sheet, 1, 0, 3, 2)], "booleanRule": {"condition": condition, "format": looks}}


def test_rules_are_kept_by_index(client: Client):
    sheet = client.sheet_id("Deals")
    one, two = rule_of(sheet, "=$A2=1"), rule_of(sheet, "=И($A2=1;$B2>1,5)")
    client.do({"addConditionalFormatRule": {"rule": one}}, {"addConditionalFormatRule": {"rule": two, "index": 1}})
    assert client.google.sheet(client.book, "Deals").conditions == [one, two]
    reply = client.do({"deleteConditionalFormatRule": {"sheetId": sheet, "index": 1}})
    assert reply == [{"deleteConditionalFormatRule": {"rule": two}}]
    assert "at index: 1" in client.refused({"deleteConditionalFormatRule": {"sheetId": sheet, "index": 1}})
    client.do({"updateConditionalFormatRule": {"index": 0, "rule": two}})
    assert client.google.sheet(client.book, "Deals").conditions == [two]


@pytest.mark.parametrize("formula", ["=AND($A2=1,$B2>1)", "=$A2>1.5", "=Клиенты!A1=1", "A2=1", "=A2="])
def test_rules_that_google_refuses(client: Client, formula):
    rule = rule_of(client.sheet_id("Deals"), formula)
    said = client.refused({"addConditionalFormatRule": {"rule": rule}})
    assert said.startswith(
        f"Invalid requests[0].addConditionalFormatRule: Invalid ConditionValue.userEnteredValue: {formula}"
    )


def test_rules_only_colour_and_weigh(client: Client):
    rule = rule_of(client.sheet_id("Deals"), "=$A2=1", numberFormat={"type": "TEXT"})
    assert "are supported" in client.refused({"addConditionalFormatRule": {"rule": rule}})


# --- protection


def test_a_protected_tab_with_the_managers_columns_open(google: Emulator, client: Client):
    google.share(client.book, "anna@example.com")
    anna = Client(google, client.book, google.token("anna@example.com"))
    sheet = client.sheet_id("Deals")
    wanted = {
        "protectedRangeId": 5,
        "range": {"sheetId": sheet},
        "unprotectedRanges": [area(sheet, 1, 1, 1000, 2)],
        "editors": {"users": [ROBOT]},
    }
    made = client.do({"addProtectedRange": {"protectedRange": wanted}})[0]["addProtectedRange"]["protectedRange"]
    assert (made["editors"]["users"], made["requestingUserCanEdit"]) == ([ROBOT, OWNER], True)
    again = {**wanted, "range": area(sheet, 0, 0, 1, 1), "unprotectedRanges": []}
    assert "already exists" in client.refused({"addProtectedRange": {"protectedRange": again}})
    anna.do(put(sheet, 1, 1, [cell(number=11)]))
    for request in (
        put(sheet, 1, 0, [cell(number=11)]),
        put(sheet, 1, 0, [cell(number=11), cell(number=12)]),
        props(sheet, "title", title="x"),
        {"deleteSheet": {"sheetId": sheet}},
        {"deleteProtectedRange": {"protectedRangeId": 5}},
        {"deleteDimension": {"range": {"sheetId": sheet, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}}},
    ):
        assert "You are trying to edit a protected cell or object." in anna.refused(request)
    assert "editors" not in anna.get("sheets.protectedRanges")["sheets"][1]["protectedRanges"][0]
    google.person(client.book, OWNER).type("Deals", 2, 0, "владелец")
    client.do(
        {
            "updateProtectedRange": {
                "protectedRange": {"protectedRangeId": 5, "unprotectedRanges": []},
                "fields": "unprotectedRanges",
            }
        }
    )
    anna.refused(put(sheet, 1, 1, [cell(number=11)]))
    client.do({"deleteProtectedRange": {"protectedRangeId": 5}})
    anna.do(put(sheet, 1, 0, [cell(number=1)]))
    anna.session.close()


def test_without_editors_everybody_stays_allowed(google: Emulator, client: Client):
    google.share(client.book, "anna@example.com")
    sheet = client.sheet_id("Deals")
    client.do({"addProtectedRange": {"protectedRange": {"range": {"sheetId": sheet}}}})
    google.person(client.book, "anna@example.com").type("Deals", 2, 0, "можно")


def test_a_sheet_is_protected_whole_once(client: Client):
    request = {"addProtectedRange": {"protectedRange": {"range": {"sheetId": client.sheet_id("Deals")}}}}
    assert 'Sheet "Deals" already has sheet protection.' in client.refused(request, request)


def test_holes_only_in_a_whole_sheet(client: Client):
    sheet = client.sheet_id("Deals")
    wanted = {"range": area(sheet, 0, 0, 5, 5), "unprotectedRanges": [area(sheet, 1, 1, 2, 2)]}
    assert "whole sheet" in client.refused({"addProtectedRange": {"protectedRange": wanted}})


# --- metadata


def tag(key: str, location, value="v", visibility="DOCUMENT", **more):
    item = {"metadataKey": key, "metadataValue": value, "visibility": visibility, "location": location, **more}
    return {"createDeveloperMetadata": {"developerMetadata": item}}


def test_metadata_goes_with_its_sheet_and_is_found(client: Client):
    sheet = client.sheet_id("Deals")
    client.do(tag("tab", {"sheetId": sheet}, "tasks", metadataId=3), tag("gen", {"spreadsheet": True}, "1"))
    assert "already exists" in client.refused(tag("x", {"spreadsheet": True}, metadataId=3))
    look = {"developerMetadataLookup": {"metadataKey": "tab"}}
    found = client.good(client.sheets("POST", "/developerMetadata:search", json={"dataFilters": [look]}))
    item = found["matchedDeveloperMetadata"][0]["developerMetadata"]
    assert (item["metadataId"], item["location"]) == (3, {"locationType": "SHEET", "sheetId": sheet})
    shown = client.good(
        client.sheets(
            "POST",
            ":getByDataFilter",
            json={"dataFilters": [look]},
            params={"fields": "sheets.properties.title,developerMetadata.metadataValue"},
        )
    )
    assert shown == {"sheets": [{"properties": {"title": "Deals"}}], "developerMetadata": [{"metadataValue": "1"}]}
    change = {
        "dataFilters": [{"developerMetadataLookup": {"metadataKey": "gen"}}],
        "developerMetadata": {"metadataValue": "2"},
        "fields": "metadataValue",
    }
    reply = client.do({"updateDeveloperMetadata": change})[0]
    assert reply["updateDeveloperMetadata"]["developerMetadata"][0]["metadataValue"] == "2"
    client.do({"deleteSheet": {"sheetId": sheet}})
    assert [item["metadataKey"] for item in client.google.document(client.book).metadata] == ["gen"]
    empty = client.good(client.sheets("POST", "/developerMetadata:search", json={"dataFilters": [look]}))
    assert empty == {}


def test_metadata_of_another_project_is_not_seen(google: Emulator, client: Client):
    client.do(tag("mine", {"spreadsheet": True}, visibility="PROJECT"))
    other = Client(google, client.book, google.token(project="another"))
    assert "developerMetadata" not in other.get("developerMetadata")
    assert client.get("developerMetadata.metadataKey") == {"developerMetadata": [{"metadataKey": "mine"}]}
    other.session.close()


def test_metadata_has_its_limits(client: Client):
    assert "30000" in client.refused(tag("k", {"spreadsheet": True}, "x" * 30_000))
    assert "location must" in client.refused(tag("k", {}))
    assert "visibility" in client.refused(tag("k", {"spreadsheet": True}, visibility=None))
