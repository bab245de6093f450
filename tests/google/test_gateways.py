"""The product behind a gateway: redirects, HTTP/1.0, fields that nobody knows, whole numbers with a point, bare errors."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from sheets_crm import data
from sheets_crm.books.google.troubles import owner_error, refusal
from sheets_crm.daemon.google_poll import GooglePoll
from sheets_crm.daemon.settings import watched
from sheets_crm.errors import OwnerError
from sheets_crm.sync import moving, run
from sheets_crm.sync.doctor import examine
from tests.google.emulator import Emulator
from tests.google.whole import put_config

TODAY = data.DEMO_TODAY
FIRM = {
    "Клиенты": [["Клиент", "Телефон", "Менеджер"], ["Анна Белова", "+79160000001", "Ольга"]],
    "Сделки": [["Клиент", "Этап", "Сумма", "Дата КП"], ["Анна Белова", "КП отправлено", 1000, "01.02.2026"]],
}


class Gateway(ThreadingHTTPServer):
    """Stands before an emulator. mode: what it does. calls: methods and paths as they came."""

    daemon_threads = True

    def __init__(self, behind, mode):
        super().__init__(("127.0.0.1", 0), _Door)
        self.behind, self.mode, self.calls, self.tokens = behind, mode, [], []
        self.elsewhere = ""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def log_message(self, *args):
        """Quiet."""

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gate = self.server
        gate.calls.append((self.command, self.path))
        gate.tokens.append(self.headers.get("Authorization"))
        if gate.mode == "moved" and not self.path.startswith("/real"):
            self._send(307, b"", {"Location": f"/real{self.path}"})
        elif gate.mode == "away":
            self._send(307, b"<html>sign in</html>", {"Location": f"{gate.elsewhere}{self.path}"})
        else:
            headers = {"Authorization": self.headers["Authorization"], "Content-Type": "application/json"}
            url = gate.behind + self.path.removeprefix("/real")
            found = requests.request(self.command, url, data=body or None, headers=headers, timeout=20)
            answer = json.dumps(_embroidered(found.json())) if gate.mode == "embroidered" else found.text
            self._send(found.status_code, answer.encode(), {"Content-Type": "application/json"})

    do_GET = do_POST = _serve  # noqa: N815

    def _send(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()  # no length: the end of the connection is the end of the body
        self.wfile.write(body)


def _embroidered(item, key=""):
    """Every object says something new; numbers of cells are floats."""
    if isinstance(item, list):
        return [_embroidered(one, key) for one in item]
    if isinstance(item, dict):
        cell = key in {"userEnteredValue", "effectiveValue", "numberFormat", "developerMetadata", "values"}
        more = {} if cell else {"newsOfTomorrow": {"since": "2027", "kinds": [1, None]}}
        return {name: _embroidered(value, name) for name, value in item.items()} | more
    return float(item) if key in {"values", "numberValue"} and type(item) is int else item


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


@pytest.fixture
def behind(google, tmp_path, monkeypatch):
    """A configuration whose endpoint is a gateway of the mode asked for."""
    monkeypatch.delenv("SHEETS_CRM_GOOGLE_ENDPOINT", raising=False)
    gates = []

    def made(mode):
        gates.append(Gateway(google.url, mode))
        book = google.add_book(FIRM)
        path = put_config(tmp_path / mode, google, book)
        path.write_text(path.read_text("utf-8").replace(google.url, gates[0].url), "utf-8")
        return gates[0], book, path

    yield made
    for gate in gates:
        gate.shutdown()
        gate.server_close()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["moved", "embroidered"])
def test_a_gateway_changes_nothing(google, behind, mode, tmp_path):
    gate, _, path = behind(mode)
    assert run.sync(str(path), today=TODAY).written
    writes = google.calls.writes
    assert run.sync(str(path), today=TODAY).written == ()
    assert google.calls.writes == writes
    assert [found.key for found in examine(str(path)) if found.level == "error"] == []
    wake = threading.Event()
    GooglePoll(lambda: watched(path), wake, threading.Event()).look()
    assert wake.is_set()
    moving.copy(str(path), moving.Order(str(tmp_path / "base.xlsx"), "crm-excel.yaml"), today=TODAY)
    there = run.sync(str(path.parent / "crm-excel.yaml"), today=TODAY)
    assert (there.written, len(there.open_tasks)) == ((), len(run.plan(str(path), today=TODAY).open_tasks))
    assert gate.calls


def test_a_write_is_never_sent_to_another_host(google, behind):
    gate, _, path = behind("plain")
    other = Gateway(google.url, "plain")
    seen = run.plan(str(path), today=TODAY)
    assert seen.base
    gate.elsewhere, gate.mode = other.url.replace("127.0.0.1", "localhost"), "away"
    with pytest.raises(OwnerError):
        run.sync(str(path), today=TODAY)
    other.shutdown()
    other.server_close()
    assert not [call for call in other.calls if call[0] == "POST"]
    assert set(other.tokens) <= {None}, "our token goes nowhere but to the endpoint"


@pytest.mark.parametrize(
    ("status", "message", "key"),
    [
        (403, "Google Sheets API has not been used in project 12 before or it is disabled.", "api_disabled"),
        (403, "Request had insufficient authentication scopes.", "scopes"),
        (403, "The caller does not have permission", "not_shared_with"),
        (403, "User Rate Limit Exceeded", "quota"),
        (400, "This operation is not supported for this document. It must not be an Office file.", "office_file"),
    ],
)
@pytest.mark.parametrize("form", ["bare", "nulls", "list", "more"])
def test_errors_are_known_by_their_message_alone(status, message, key, form):
    error = {"code": status, "message": message}
    if form == "nulls":
        error |= {"status": None, "details": None, "errors": None}
    if form == "more":
        error |= {"details": [{"@type": "x"}, "text"], "trace": {"id": 1.0}}
    body = [{"error": error}] if form == "list" else {"error": error}
    found = owner_error(refusal(status, body, {}), title="T", address="robot@x", writing=False)
    assert found.key == f"google.stop.{key}"


@pytest.mark.parametrize("body", [None, "text", [], [None], {}, {"error": None}, {"error": "invalid"}, {"error": []}])
def test_an_error_without_an_error_is_told_all_the_same(body):
    assert (
        owner_error(refusal(404, body, {"Retry-After": "soon"}), title="T", address=None).key == "google.stop.not_found"
    )
