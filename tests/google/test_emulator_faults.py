"""Faults by script: answers, silence before and after a write, slowness, broken bodies, colleagues in between."""

from __future__ import annotations

import time

import pytest
import requests

from tests.google.calling import Client, cell, put
from tests.google.emulator import Clock, Emulator


@pytest.mark.parametrize(
    ("value", "code", "status", "said"),
    [
        (429, 429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric"),
        (500, 500, "INTERNAL", "Internal error encountered."),
        (503, 503, "UNAVAILABLE", "The service is currently unavailable."),
        (401, 401, "UNAUTHENTICATED", "invalid authentication credentials"),
        (404, 404, "NOT_FOUND", "Requested entity was not found."),
        ("accessNotConfigured", 403, "PERMISSION_DENIED", "Google Sheets API has not been used in project"),
        ("insufficientPermissions", 403, "PERMISSION_DENIED", "insufficient authentication scopes"),
        ("notASpreadsheet", 400, "FAILED_PRECONDITION", "This operation is not supported for this document"),
    ],
)
def test_answers_in_googles_shape(client: Client, value, code, status, said):
    client.google.faults.add("answer", value, method="spreadsheets.get")
    answer = client.sheets("GET")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (code, code, status)
    assert said in error["message"]
    assert client.sheets("GET").status_code == 200


@pytest.mark.parametrize(
    "reason", ["rateLimitExceeded", "userRateLimitExceeded", "storageQuotaExceeded", "insufficientFilePermissions"]
)
def test_drive_answers_with_a_reason(client: Client, reason):
    client.google.faults.add("answer", reason, method="drive")
    error = client.call("GET", f"/drive/v3/files/{client.book}").json()["error"]
    assert (error["code"], error["errors"][0]["reason"]) == (403, reason)


def test_the_nth_call_and_the_ones_after_it(client: Client):
    client.google.faults.add("answer", 503, method="read", nth=2, times=2)
    assert [client.sheets("GET").status_code for _ in range(4)] == [200, 503, 503, 200]
    assert [kind for _, kind in client.google.faults.fired] == ["answer", "answer"]


@pytest.mark.parametrize(("kind", "applied"), [("reset", False), ("reset_after", True)])
def test_a_connection_breaks_before_or_after_the_write(client: Client, kind, applied):
    client.google.faults.add(kind, method="write")
    with pytest.raises(requests.ConnectionError):
        client.batch(put(client.sheet_id("Deals"), 0, 0, [cell(string="x")]))
    assert (client.google.sheet(client.book, "Deals").value(0, 0) == "x") is applied
    assert client.google.calls[-1].status == 0
    assert client.sheets("GET").status_code == 200


@pytest.mark.parametrize(
    ("kind", "applied"), [("answer", False), ("answer_after", True), ("html", False), ("html_after", True)]
)
def test_a_write_that_fails_or_only_says_so(client: Client, kind, applied):
    client.google.faults.add(kind, 503, method="write")
    answer = client.batch(put(client.sheet_id("Deals"), 0, 0, [cell(string="x")]))
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html" if "html" in kind else "application/json")
    assert (client.google.sheet(client.book, "Deals").value(0, 0) == "x") is applied


def test_half_of_a_body(client: Client):
    client.google.faults.add("truncate", method="read")
    with pytest.raises(requests.RequestException):
        client.sheets("GET")


def test_slow_answers(client: Client):
    client.google.faults.add("delay", 0.3, method="read")
    with pytest.raises(requests.Timeout):
        client.session.get(f"{client.google.url}/v4/spreadsheets/{client.book}", timeout=0.1)
    client.google.faults.add("trickle", 0.2, method="read")
    begun = time.perf_counter()
    assert client.sheets("GET").status_code == 200
    assert time.perf_counter() - begun > 0.15


def test_a_page_instead_of_json(client: Client):
    client.google.faults.add("html", 200, method="read")
    with pytest.raises(requests.JSONDecodeError):
        client.sheets("GET").json()


# --- colleagues


def test_somebody_acts_between_our_read_and_our_write(client: Client):
    anna = client.google.person(client.book)
    client.google.faults.before(lambda: anna.sort("Deals", 1, descending=True), method="write")
    before = client.values("Deals")
    client.do(put(client.sheet_id("Deals"), 1, 1, [cell(number=99)]))
    assert before == [[["id", "сумма"], [1, 10], [2, 20]]]
    assert client.values("Deals") == [[["id", "сумма"], [2, 99], [1, 10]]]
    assert client.google.calls.writes == 1


def test_what_people_do(client: Client):
    anna = client.google.person(client.book)
    anna.type("Deals", 2, 0, "=1+1")
    anna.enter("Deals", 3, 0, "=1+1")
    anna.insert_rows("Deals", 1, 2)
    anna.insert_columns("Deals", 1)
    anna.rename("Deals", "Сделки")
    anna.add_sheet("Ещё")
    anna.move_sheet("Ещё", 0)
    anna.delete_sheet("Клиенты")
    anna.delete_rows("Сделки", 1)
    assert anna.rows("Сделки") == [[], ["id", None, "сумма"], ["=1+1", None, 10], [2, None, 20]]
    assert [sheet.title for sheet in anna.document.sheets] == ["Ещё", "Сделки"]
    anna.type("Сделки", 3, 0, None)
    assert anna.value("Сделки", 3, 0) is None


def test_a_colleague_who_cannot_is_a_complaint():
    with Emulator() as google:
        client = Client(google, google.add_book({"A": [[1]]}))
        google.faults.before(lambda: google.person(client.book).delete_sheet("A"), method="read")
        assert client.sheets("GET").status_code == 500
        assert "remove all the sheets" in google.complaints[0]
        client.session.close()


# --- quotas and the log


def test_quotas_by_the_minute():
    clock = Clock()
    with Emulator(clock=clock) as google:
        google.quota.reads_per_user, google.quota.writes = 2, 1
        client = Client(google, google.add_book({"A": [[1]]}))
        assert [client.sheets("GET").status_code for _ in range(3)] == [200, 200, 429]
        clock.advance(20)
        answer = client.sheets("GET")
        error = answer.json()["error"]
        assert "'Read requests per minute per user'" in error["message"]
        assert [item["@type"].rpartition(".")[2] for item in error["details"]] == ["ErrorInfo", "Help", "RetryInfo"]
        assert error["details"][2]["retryDelay"] == "40s"
        sheet = client.sheet_id("A")
        assert client.batch(put(sheet, 0, 0, [cell()])).status_code == 200
        assert "'Write requests per minute' of" in client.batch(put(sheet, 0, 0, [cell()])).text
        clock.advance(41)
        assert client.sheets("GET").status_code == 200
        client.session.close()


def test_the_log_counts_calls_and_bytes(client: Client):
    client.values("Deals")
    client.do(put(client.sheet_id("Deals"), 0, 0, [cell(string="x")]))
    client.call("GET", f"/drive/v3/files/{client.book}")
    log = client.google.calls
    assert [(call.method, call.kind, call.status) for call in log] == [
        ("values.batchGet", "read", 200),
        ("spreadsheets.batchUpdate", "write", 200),
        ("files.get", "drive", 200),
    ]
    assert log[1].requests() == ["updateCells"]
    assert log[1].bytes_in > 100
    assert log.bytes_out == sum(call.bytes_out for call in log)
    assert (log.reads, log.writes, log.count("files.get")) == (1, 1, 1)
    summary = client.call("GET", "/_emulator/calls").json()
    assert (summary["reads"], summary["bytesOut"]) == (1, log.bytes_out)
    assert "body" not in client.call("GET", "/_emulator/log").json()[0]


def test_faults_and_colleagues_over_http(client: Client):
    steps = [{"do": "type", "title": "Deals", "row": 2, "column": 1, "value": 5}]
    fault = {"kind": "act", "method": "read", "book": client.book, "steps": steps}
    assert client.call("POST", "/_emulator/faults", json=[fault, {"kind": "answer", "value": 503, "nth": 2}]).ok
    assert client.values("Deals!B2") == [[[5]]]
    assert client.sheets("GET").status_code == 503
    body = {"steps": [{"do": "rename", "old": "Deals", "new": "D"}]}
    assert client.call("POST", f"/_emulator/people/{client.book}", json=body).ok
    assert "D" in client.call("GET", f"/_emulator/snapshot/{client.book}").json()
    assert client.call("POST", "/_emulator/quota", json={"reads": 1}).ok
    assert client.google.quota.reads == 1
    assert client.call("POST", "/_emulator/faults", json=[{"kind": "flood"}]).status_code == 400
    assert client.call("POST", "/_emulator/clock", json={"advance": 60}).ok
    assert client.call("POST", "/_emulator/reset").ok
    assert len(client.google.calls) == 0
    assert client.call("GET", "/_emulator/nothing").status_code == 404


def test_gzip_both_ways(client: Client):
    client.google.person(client.book).type("Deals", 1, 0, "x" * 5000)
    client.values("Deals")
    assert client.google.calls[-1].bytes_out < 1000
    import gzip
    import json

    body = gzip.compress(json.dumps({"requests": [put(client.sheet_id("Deals"), 0, 0, [cell(string="y")])]}).encode())
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert client.sheets("POST", ":batchUpdate", data=body, headers=headers).status_code == 200
    assert client.values("Deals!A1") == [[["y"]]]
