"""The client of the Sheets and Drive API: bounded waits, tries that never apply a write twice, and a count of everything.

A subclass of gspread's HTTP client (its addresses and calls), with our own rules of trying again: gspread's own client
re-sends writes that may have been applied. What cells mean is not its business.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import requests
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import AuthorizedSession
from gspread.http_client import HTTPClient
from gspread.urls import (
    DRIVE_FILES_API_V3_URL,
    SPREADSHEET_BATCH_UPDATE_URL,
    SPREADSHEET_URL,
    SPREADSHEET_VALUES_BATCH_UPDATE_URL,
    SPREADSHEET_VALUES_BATCH_URL,
)
from urllib3.exceptions import NewConnectionError

from sheets_crm.books.google.access import Who
from sheets_crm.books.google.budget import MINUTE_S, Budget
from sheets_crm.books.google.settings import Calling
from sheets_crm.books.google.troubles import Refusal, owner_error, refusal
from sheets_crm.errors import WorkbookBusy, WorkbookUnreadable

_HOSTS = ("https://sheets.googleapis.com", "https://www.googleapis.com")
_JITTER = 0.25
_EMPTY = ("", None)
_SAME_AGAIN = {307, 308}
_JSON = {"Content-Type": "application/json"}
Json = dict[str, Any]
Shared = requests.Session


@dataclass
class Counters:
    """What a run cost. Bytes are those of bodies, as they crossed the wire where that is known."""

    calls: int = 0
    reads: int = 0
    writes: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    retries: int = 0
    waited_s: float = 0.0


class Ambiguous(Exception):
    """A write got no clear answer: it may have been applied or not. Nobody but the spreadsheet knows."""


class Unclear(Exception):
    """A call got no answer that can be used; trying again may help. reached: may the server have acted on it?"""

    def __init__(self, reached: bool) -> None:  # noqa: FBT001
        super().__init__()
        self.reached = reached


class Api(HTTPClient):
    """One spreadsheet's door. title: what people call it, for sentences. pausing: told until when a spent quota holds us."""

    def __init__(
        self,
        who: Who,
        calling: Calling,
        *,
        title: str = "",
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        pausing: Callable[[datetime], object] = lambda _: None,
    ) -> None:
        session = AuthorizedSession(who.credentials, max_refresh_attempts=1)  # type: ignore[no-untyped-call]
        session.hooks["response"].append(self._count)
        super().__init__(who.credentials, session)
        self.who, self.calling, self.title = who, calling, title
        self.counters = Counters()
        self.set_timeout((calling.connect_s, calling.read_s))
        self._sleep, self._clock, self._pausing = sleep, clock, pausing
        self._budgets = {
            False: Budget(calling.reads_per_minute, clock), True: Budget(calling.writes_per_minute, clock),
        }  # fmt: skip

    # --- the calls that are made

    def structure(
        self, book: str, fields: str, *, ranges: Sequence[str] = (), hook: Callable[[Json], Any] | None = None
    ) -> Json:
        """`spreadsheets.get` of the named fields. ranges: of these sheets alone. hook: what each JSON object becomes."""
        params = {"fields": fields, **({"ranges": list(ranges)} if ranges else {})}
        return self.ask("get", SPREADSHEET_URL % book, params=params, hook=hook)

    def values(self, book: str, ranges: Sequence[str]) -> list[list[list[Any]]]:
        """`values.batchGet`: the rows of each range, numbers as numbers, days as serial numbers."""
        params = {
            "ranges": list(ranges), "majorDimension": "ROWS", "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "SERIAL_NUMBER", "fields": "valueRanges(range,values)",
        }  # fmt: skip
        found = self.ask("get", SPREADSHEET_VALUES_BATCH_URL % book, params=params).get("valueRanges", [])
        if len(found) != len(ranges):  # an empty one was left out: each tells whose it is
            named = {str(item.get("range", "")).rpartition("!")[0].strip("'"): item for item in found}
            found = [named.get(one.strip("'"), {}) for one in ranges]
        return [_filled(item.get("values", [])) for item in found]

    def write(
        self,
        book: str,
        requests_: Sequence[Json],
        *,
        shown: Sequence[str] = (),
        fields: str = "",
        replies: bool = False,
    ) -> Json:
        """`spreadsheets.batchUpdate`, all or nothing. Ambiguous: ask the spreadsheet whether it was done.

        shown: ranges of which the answer tells `fields`, as they stand right after it. replies: are they told?
        """
        body: Json = {"requests": list(requests_)}
        params = {"fields": "spreadsheetId,replies" if replies else "spreadsheetId"}
        if shown:
            body |= {
                "includeSpreadsheetInResponse": True, "responseRanges": list(shown), "responseIncludeGridData": True,
            }  # fmt: skip
            params["fields"] += f",updatedSpreadsheet({fields})"
        return self.ask("post", SPREADSHEET_BATCH_UPDATE_URL % book, json=body, params=params)

    def fill(self, book: str, data: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """`values.batchUpdate` of ranges (A1 notation) by values as they are: nothing is parsed, None leaves a cell alone."""
        items = [{"range": place, "majorDimension": "ROWS", "values": list(rows)} for place, rows in data.items()]
        body = {"valueInputOption": "RAW", "data": items}
        self.ask("post", SPREADSHEET_VALUES_BATCH_UPDATE_URL % book, json=body, params={"fields": "spreadsheetId"})

    def file(self, book: str, fields: str) -> Json:
        """Drive's `files.get` of the named fields."""
        params = {"fields": fields, "supportsAllDrives": "true"}
        return self.ask("get", f"{DRIVE_FILES_API_V3_URL}/{book}", params=params)

    # --- how a call is made

    def ask(
        self, method: str, url: str, *, params: Mapping[str, Any], json: Json | None = None,
        hook: Callable[[Json], Any] | None = None,
    ) -> Json:  # fmt: skip
        """One call with its tries. OwnerError: no use in trying again, or tried for too long; Ambiguous: see `write`."""
        writing = method != "get"
        until = self._clock() + self.calling.total_s
        attempt = 0
        while True:
            attempt += 1
            try:
                return _decoded(self._once(method, url, params, json, writing=writing), hook)
            except Refusal as trouble:
                wait = self._wait_after(trouble, attempt, writing=writing)
            except Unclear as trouble:
                if writing and trouble.reached:
                    raise Ambiguous from None
                wait = self.backoff(attempt)
            if attempt >= self.calling.attempts or self._clock() + wait > until:
                raise WorkbookBusy("google.stop.unreachable", workbook=self.title)
            self.counters.retries += 1
            self.pause(wait)

    def _wait_after(self, trouble: Refusal, attempt: int, *, writing: bool) -> float:
        """How long to wait before the next try; raises where there is to be none."""
        if trouble.is_quota:
            wait = self._until_next_minute(trouble)
            if attempt >= self.calling.attempts or wait > self.calling.total_s:
                raise owner_error(trouble, title=self.title, address=self.who.address)
            self._pausing(datetime.now(UTC) + timedelta(seconds=wait))
            return wait
        if not trouble.is_passing:
            raise trouble
        if writing:
            raise Ambiguous from None
        return self.backoff(attempt)

    def _until_next_minute(self, trouble: Refusal) -> float:
        """Quotas are refilled each minute. The wait is counted in `base_s`, so that tests need not sit through it."""
        rest = MINUTE_S - time.time() % MINUTE_S
        wait = max(rest, trouble.retry_s or 0.0) + random.uniform(0, 3)  # noqa: S311
        return wait * min(self.calling.base_s, 1.0)

    def backoff(self, attempt: int) -> float:
        """Seconds before the next try: doubled each time, a little different each time."""
        wait: float = self.calling.base_s * 2 ** (attempt - 1)
        return min(wait, 64.0) * (1 + random.uniform(-_JITTER, _JITTER))  # noqa: S311

    def pause(self, seconds: float) -> None:
        """Wait, and count it."""
        self.counters.waited_s += seconds
        self._sleep(seconds)

    def _once(
        self, method: str, url: str, params: Mapping[str, Any], json: Json | None, *, writing: bool
    ) -> requests.Response:
        self._keep_to_budget(writing=writing)
        more: dict[str, Any] = {"data": _packed(json), "headers": _JSON if json is not None else None}
        more |= {"timeout": self.timeout, "allow_redirects": not writing}  # a redirected POST would become a GET
        try:
            response = self.session.request(method, self._at(url), params={**params, "prettyPrint": "false"}, **more)
            further = _further(response)
            if further is not None:
                response = self.session.request(method, further, **more)
        except RefreshError as error:
            raise self._signed_out(error) from error
        except TransportError as error:  # of the token's endpoint: the call itself was not made
            raise Unclear(reached=False) from error
        except GoogleAuthError as error:
            raise WorkbookUnreadable("google.stop.token_refused", workbook=self.title, message=str(error)) from error
        except requests.exceptions.RequestException as error:
            raise Unclear(reached=not _never_left(error)) from error
        return response

    def _keep_to_budget(self, *, writing: bool) -> None:
        budget = self._budgets[writing]
        wait = budget.wait_s()
        if wait:
            self._pausing(datetime.now(UTC) + timedelta(seconds=wait))
            self.pause(wait)
        budget.spend()
        self.counters.reads += not writing
        self.counters.writes += writing

    def _at(self, url: str) -> str:
        """The address with the configured endpoint in its host's place."""
        if self.calling.endpoint is None:
            return url
        host = next(host for host in _HOSTS if url.startswith(host))
        return self.calling.endpoint.rstrip("/") + url.removeprefix(host)

    def _signed_out(self, error: RefreshError) -> WorkbookUnreadable | Unclear:
        """A token that was taken back is the owner's business; a token endpoint in trouble is worth another try."""
        if error.retryable:
            return Unclear(reached=False)
        key = "google.stop.key_revoked" if self.who.kind == "service_account" else "google.stop.sign_in_again"
        return WorkbookUnreadable(key, workbook=self.title, address=self.who.address or "", message=str(error.args[0]))

    def _count(self, response: requests.Response, *_: object, **__: object) -> None:
        sent = response.request.body
        self.counters.calls += 1
        self.counters.bytes_out += len(sent) if isinstance(sent, (bytes, str)) else 0
        self.counters.bytes_in += int(response.headers.get("Content-Length") or len(response.content))


def _packed(body: Json | None) -> bytes | None:
    """A body without spaces and escapes: half of the bytes where texts are Russian."""
    if body is None:
        return None
    return dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8", "replace")


def _filled(rows: list[list[Any]]) -> list[list[Any]]:
    """Rows without empty ends: whether those are told is the server's choice."""
    for row in rows:
        while row and row[-1] in _EMPTY:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _further(response: requests.Response) -> str | None:
    """Where a write that was not taken here has to go, on the same host; nowhere else may our token and the clients go."""
    if response.status_code not in _SAME_AGAIN:
        return None
    place = urljoin(response.url, response.headers.get("Location", ""))
    return place if urlsplit(place)[:2] == urlsplit(response.url)[:2] else None


def _never_left(error: requests.exceptions.RequestException) -> bool:
    """Was no connection made at all? Then nothing can have been applied."""
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _decoded(response: requests.Response, hook: Callable[[Json], Any] | None) -> Json:
    """The JSON of a good answer. Refusal, or Unclear for a page of some gateway and for half an answer."""
    if response.is_redirect:  # that goes where we don't: nothing was done here
        raise Refusal(response.status_code, f"{response.status_code} Location: {response.headers['Location']}")
    try:
        body = response.json(object_hook=hook) if response.ok else response.json()
    except ValueError:
        if response.ok:
            raise Unclear(reached=True) from None
        body = None
    if response.ok and isinstance(body, dict):
        return cast("Json", body)
    if response.ok:
        raise Unclear(reached=True)
    raise refusal(response.status_code, body, response.headers)
