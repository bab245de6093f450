"""A request in, an answer out: routes, checks by the discovery document, rights, quotas and faults in Google's order.

Knows nothing of sockets. `Answer.cut` tells the server to break the connection.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from tests.google.emulator import batch, contrary, describe, discovery, faults, masks, sheets_api
from tests.google.emulator.access import Access, Grant, TokenError
from tests.google.emulator.calls import Call, Calls, Quota, kind_of
from tests.google.emulator.drive import Drive, cut
from tests.google.emulator.errors import ApiError, named
from tests.google.emulator.faults import Fault, Faults
from tests.google.emulator.model import Document, Json

SHEET_MIME = "application/vnd.google-apps.spreadsheet"
HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=UTF-8"


@dataclass(frozen=True)
class Asked:
    """A request as it came: path still percent-encoded, query raw, header names in lower case."""

    http: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Answer:
    """What goes back. cut: None, "reset" (no answer at all) or "half" (half of the body)."""

    status: int
    body: bytes
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None
    delay_s: float = 0.0
    trickle_s: float = 0.0


@dataclass
class Service:
    """The state of an emulator and the one door to it, `handle`."""

    now: Callable[[], float]
    access: Access
    quota: Quota
    faults: Faults = field(default_factory=Faults)
    calls: Calls = field(default_factory=Calls)
    documents: dict[str, Document] = field(default_factory=dict)
    drive: Drive | None = None
    self_check: bool = True
    complaints: list[str] = field(
        default_factory=list
    )  # our own answers that did not fit the document, our own crashes
    lock: threading.RLock = field(default_factory=threading.RLock)
    numbers: int = 0
    contrary: frozenset[str] = frozenset()  # see `contrary`

    def handle(self, asked: Asked) -> Answer:
        """Serve a request."""
        with self.lock:
            call, work = self._opened(asked)
            due = self.faults.due(call)
        self._act(due, "act")
        answer = _instead(due, call) or self._served(work, call)
        answer = _spoiled(answer, due, call)
        self._act(due, "act_after")
        call.fault = ", ".join(fault.kind for fault in due) or None
        call.status = 0 if answer.cut == "reset" else answer.status
        if "gzip" in asked.headers.get("accept-encoding", "") and len(answer.body) > 500:
            answer.body = gzip.compress(answer.body, 1)
            answer.headers["Content-Encoding"] = "gzip"
        call.bytes_out = 0 if answer.cut == "reset" else len(answer.body)
        return answer

    def _act(self, due: list[Fault], kind: str) -> None:
        for fault in due:
            if fault.kind == kind:
                try:
                    fault.value()
                except Exception as error:
                    self.complaints.append(f"{kind}: {type(error).__name__}: {error}")
                    raise

    def _opened(self, asked: Asked) -> tuple[Call, Callable[[Call], Answer]]:
        self.numbers += 1
        query = parse_qs(asked.query, keep_blank_values=True)
        call = Call(self.numbers, "", "", asked.http, asked.path, query, bytes_in=len(asked.body), at=self.now())
        self.calls.add(call)
        if asked.path in {"/token", "/auth"}:
            call.method, call.kind = asked.path[1:], "token"
            return call, lambda one: self._token(asked, one)
        found = discovery.match(asked.http, asked.path)
        if found is None:
            call.method = call.kind = "unknown"
            return call, lambda one: _page(404, f"The requested URL {asked.path} was not found on this server.")
        method, path = found
        call.method, call.kind = method.name, kind_of(method.api, method.name, method.http)
        return call, lambda one: self._called(asked, one, method, path)

    def _served(self, work: Callable[[Call], Answer], call: Call) -> Answer:
        with self.lock:
            return work(call)

    def _token(self, asked: Asked, call: Call) -> Answer:
        if asked.path == "/auth":
            query = {name: values[0] for name, values in call.query.items()}
            back = {"code": self.access.sign_in(query.get("scope", "")), "state": query.get("state", "")}
            where = query.get("redirect_uri", "") + "?" + urlencode({**back, "scope": query.get("scope", "")})
            return Answer(302, b"", HTML, {"Location": where})
        try:
            return _json(200, self.access.exchange(dict(parse_qsl(asked.body.decode()))))
        except TokenError as error:
            return _json(error.code, error.body())

    def _called(self, asked: Asked, call: Call, method: discovery.Method, path: dict[str, str]) -> Answer:
        drive = method.api == "drive"
        try:
            answer = self._checked(asked, call, method, path)
        except ApiError as error:
            return _json(error.code, contrary.error(self.contrary, error.body(drive=drive)), error.headers)
        except Exception as error:
            self.complaints.append(f"{method.name}: {type(error).__name__}: {error}")
            raise
        if isinstance(answer, bytes):
            return Answer(200, answer, "application/octet-stream")
        if self.self_check and answer is not None:
            self.complaints += discovery.complaints(method.api, method.response, answer)
        if answer is None:
            return Answer(204, b"")
        usual = "true" if "pretty" in self.contrary else "false"
        return _json(200, answer, pretty=call.query.get("prettyPrint", [usual]) == ["true"])

    def _checked(self, asked: Asked, call: Call, method: discovery.Method, path: dict[str, str]) -> Any:
        grant = self.access.caller(asked.headers.get("authorization"))
        email = call.email = grant.email
        if not grant.scopes & method.scopes:
            raise named("insufficientPermissions", drive=method.api == "drive")
        self.quota.charge(call.kind, email)
        query = discovery.check_query(method, call.query)
        body = call.body = _body(asked, method)
        discovery.check_body(method.api, method.request, body if body is not None else {})
        params = {name: _typed(method, name, value) for name, value in path.items()}
        if method.api == "drive":
            assert self.drive is not None
            if "restless" in self.contrary and path.get("fileId") in self.documents:
                self.keep(self.documents[path["fileId"]])
            answer = self.drive.call(method.name, params, query, body, email)
            return cut(method.response, answer, query.get("fields"))
        return self._sheets(method, (params, query, body or {}), grant)

    def _sheets(self, method: discovery.Method, given: tuple[Json, Json, Json], grant: Grant) -> Any:
        path, query, body = given
        write = kind_of(method.api, method.name, method.http) == "write"
        mask = masks.for_answer("sheets", method.response or "", query["fields"]) if query.get("fields") else None
        email, project = grant.email, grant.project
        if method.name == "spreadsheets.create":
            answer = self._create(body, email)
            return masks.pick(answer, mask) if mask else answer
        doc = self._document(path["spreadsheetId"], email, write=write)
        work = batch.Work(doc.copy() if write else doc, email, project, self.contrary)
        handler = sheets_api.METHODS.get(method.name)
        if handler is None:
            raise ApiError(501, f"{method.name}: the emulator does not know this method.")
        answer = handler(work, path, query, body, mask)
        if write:
            self.keep(work.doc, email)
        if mask is not None and method.response != "Spreadsheet":
            answer = masks.pick(answer, mask)
        return answer

    def _create(self, body: Json, email: str | None) -> Json:
        assert self.drive is not None
        if self.drive.is_service(email):
            raise ApiError(403, "The caller does not have permission")
        doc = self.drive.new_document(body.get("properties", {}).get("title", "Untitled spreadsheet"), owner=email)
        doc.locale = body.get("properties", {}).get("locale", doc.locale)
        wanted = body.get("sheets") or [{"properties": {"sheetId": 0}}]
        requests = [{"addSheet": {"properties": item.get("properties", {})}} for item in wanted]
        made, _ = batch.apply(doc, requests, email)
        self.keep(made, email)
        return describe.spreadsheet(batch.Work(made, email), None, None, grid=False)

    def _document(self, file_id: str, email: str | None, *, write: bool) -> Document:
        doc = self.documents.get(file_id)
        if doc is None or doc.trashed:
            raise ApiError(404, "Requested entity was not found.")
        role = doc.role(email)
        if role is None or (write and role not in {"owner", "organizer", "fileOrganizer", "writer"}):
            raise ApiError(403, "The caller does not have permission")
        if doc.mime != SHEET_MIME:
            raise named("notASpreadsheet")
        return doc

    def keep(self, doc: Document, email: str | None = None) -> None:
        """The document as it is now: what a write ends with. email: whose write it was."""
        doc.version += 1
        doc.editor = email or ""
        doc.moments = [*doc.moments, (self.now(), doc.version)]
        self.documents[doc.id] = doc


def _instead(due: list[Fault], call: Call) -> Answer | None:
    """The answer of a fault that keeps the call from being served."""
    fault = faults.pick(due, "answer", "reset", "html")
    if fault is None:
        return None
    if fault.kind == "reset":
        return Answer(0, b"", cut="reset")
    return _page(int(fault.value or 502), "Please try again later.") if fault.kind == "html" else _failed(fault, call)


def _failed(fault: Fault, call: Call) -> Answer:
    if call.kind == "token" and not str(fault.value).isdigit():
        return _json(400, {"error": str(fault.value), "error_description": "Token has been expired or revoked."})
    error = named(str(fault.value), drive=call.kind == "drive")
    headers = {"Retry-After": f"{fault.retry_after_s:g}"} if fault.retry_after_s is not None else {}
    return _json(error.code, error.body(drive=call.kind == "drive"), headers)


def _spoiled(answer: Answer, due: list[Fault], call: Call) -> Answer:
    """The answer after the faults that come when a call was served."""
    for fault in due:
        if fault.kind == "reset_after":
            answer = Answer(0, b"", cut="reset")
        elif fault.kind == "truncate":
            answer.cut = "half"
        elif fault.kind == "html_after":
            answer = _page(int(fault.value or 502), "Please try again later.")
        elif fault.kind == "answer_after":
            answer = _failed(fault, call)
        elif fault.kind == "delay":
            answer.delay_s = float(fault.value)
        elif fault.kind == "trickle":
            answer.trickle_s = float(fault.value)
    return answer


def _body(asked: Asked, method: discovery.Method) -> Any:
    raw = asked.body
    if not raw:
        return None
    if asked.headers.get("content-encoding") == "gzip":
        raw = gzip.decompress(raw)
    if method.request is None:
        raise ApiError(400, "Invalid JSON payload received. Unexpected body.")
    try:
        return json.loads(raw)
    except ValueError:
        text = raw[:40].decode("utf-8", "replace")
        raise ApiError(400, f"Invalid JSON payload received. Unexpected token.\n{text}\n^") from None


def _typed(method: discovery.Method, name: str, value: str) -> Any:
    if method.parameters.get(name, {}).get("type") != "integer":
        return value
    try:
        return int(value)
    except ValueError:
        raise ApiError(400, f"Invalid value at '{name}' (TYPE_INT32), \"{value}\"") from None


def _json(status: int, body: Any, headers: dict[str, str] | None = None, *, pretty: bool = False) -> Answer:
    text = json.dumps(body, ensure_ascii=False, indent=2 if pretty else None, separators=None if pretty else (",", ":"))
    return Answer(status, text.encode(), JSON, dict(headers or {}))


def _page(status: int, text: str) -> Answer:
    body = f"<!DOCTYPE html><html lang=en><title>Error {status}</title><p><b>{status}.</b> That’s an error.<p>{text}"
    return Answer(status, body.encode(), HTML)
