"""Who may speak with our server: one browser on this computer, which opened our address, about our own pages.

Every request passes here before anything else sees it. Knows no page; a refusal is a short page that reveals nothing.
Sources: OWASP cheat sheets on CSRF and on DNS rebinding; Fetch Metadata (W3C) for Sec-Fetch-Site.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sheets_crm.wizard.web import draw

Refusal = Literal["elsewhere", "used", "stranger"]

LOCAL: Final = "127.0.0.1"
STATIC: Final = "/static/"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: browsers then send "Origin: null" with our own forms, and we could not tell them from foreign ones.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass
class Door:
    """The way in, of one run of the server: its port, its secrets, when somebody last came, and how it is closed.

    token: in the opened address, good for one browser, once. cookie: what that browser shows from then on. csrf: in every form.
    """

    port: int
    token: str = field(default_factory=_secret)
    cookie: str = field(default_factory=_secret)
    csrf: str = field(default_factory=_secret)
    is_used: bool = False
    working: int = 0  # requests under way
    touched: float = field(default_factory=time.monotonic)
    on_close: Callable[[], None] = lambda: None

    @property
    def address(self) -> str:
        """What to open."""
        return f"http://{LOCAL}:{self.port}/?t={self.token}"

    @property
    def cookie_name(self) -> str:
        """Cookies do not tell ports apart, so the name does."""
        return f"sheets-crm-{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which we may be called."""
        return frozenset({f"{LOCAL}:{self.port}", f"localhost:{self.port}"})

    def touch(self) -> None:
        """Somebody is there."""
        self.touched = time.monotonic()

    def idle_s(self) -> float:
        """Seconds since somebody was there."""
        return 0.0 if self.working else time.monotonic() - self.touched

    def knows(self, request: Request) -> bool:
        """Is it the browser that came with the token?"""
        return same(request.cookies.get(self.cookie_name, ""), self.cookie)

    def admits(self, token: str) -> bool:
        """Is it the token, for the first time? It is used up by that."""
        if self.is_used or not same(token, self.token):
            return False
        self.is_used = True
        return True


class Guard:
    """Lets through what comes from our own browser; all else is answered here. Puts our headers on every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it; a websocket is closed."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = self._answer(Request(scope)) or self._app

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _protect(MutableHeaders(scope=message))
            await send(message)

        await answer(scope, receive, with_headers)

    def _answer(self, request: Request) -> Response | None:
        """Our own answer; None: the request may pass."""
        if request.method not in {"GET", "POST"}:
            return Response(status_code=HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, POST"})
        host = request.headers.getlist("host")
        if len(host) != 1 or host[0].lower() not in self._door.hosts:
            return refused("elsewhere")
        is_entry = request.method == "GET" and request.url.path == "/" and "t" in request.query_params
        if is_foreign(request.headers, request.method, is_entry=is_entry):
            return refused("elsewhere")
        if request.method == "GET" and request.url.path.startswith(STATIC):
            return None
        if self._door.knows(request):
            return RedirectResponse("/", HTTPStatus.SEE_OTHER) if is_entry else None
        if not is_entry:
            return refused("stranger")
        return self._enter() if self._door.admits(request.query_params["t"]) else refused("used")

    def _enter(self) -> Response:
        """A page that leads on by itself. Not a redirect: one that began elsewhere would not carry a strict cookie."""
        response = HTMLResponse(draw.opening())
        response.set_cookie(self._door.cookie_name, self._door.cookie, path="/", httponly=True, samesite="strict")
        self._door.touch()
        return response


def same(given: str, expected: str) -> bool:
    """Compared in a time that tells nothing."""
    return secrets.compare_digest(given.encode(), expected.encode())


def is_foreign(headers: Headers, method: str, *, is_entry: bool = False) -> bool:
    """Was it sent by a page that is not ours? Another port of this computer is another site to us."""
    origin, fetched = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin != f"http://{headers['host'].lower()}":
        return True
    if method == "POST":
        return fetched != "same-origin" if fetched is not None else origin is None
    return fetched not in {None, "none", "same-origin"} and not is_entry


def refused(why: Refusal, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> Response:
    """A calm page in both languages: what to do, and nothing about us."""
    return HTMLResponse(draw.refusal(why), status)


def _protect(headers: MutableHeaders) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
