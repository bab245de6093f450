"""The gallery behind its door, as a browser that was let in sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from lxml import html

from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.shapes import Given
from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.guard import Door
from tests.wizard.web import gallery

PORT = 50123
HOST = f"http://127.0.0.1:{PORT}"
OURS = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}


class Client:
    """A browser's way to an application in this process: cookies kept, redirects followed."""

    def __init__(self, site, portal: BlockingPortal, base_url: str = HOST) -> None:
        self.site = site
        self._portal = portal
        transport = httpx.ASGITransport(site, raise_app_exceptions=True)
        self._client = httpx.AsyncClient(transport=transport, base_url=base_url, follow_redirects=True)

    def request(self, method: str, path: str, **how: Any) -> httpx.Response:
        return self._portal.call(partial(self._client.request, method, path, **how))

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.request("GET", path, **how)

    def post(self, path: str, **how: Any) -> httpx.Response:
        return self.request("POST", path, **how)

    def other(self, base_url: str = HOST) -> Client:
        """Another browser before the same application."""
        return Client(self.site, self._portal, base_url)


@dataclass
class Visitor:
    """A browser before our server: what it shows now, and what it may press."""

    client: Client
    door: Door
    talk: Conversation | None
    said: list[tuple[str, str, Given]]
    shelf: gallery.Shelf
    faults: list[Exception]
    ends: list[str] = field(default_factory=list)
    answer: Any = None

    @property
    def page(self) -> html.HtmlElement:
        return html.fromstring(self.answer.content)

    @property
    def place(self) -> str:
        """Path and query of what is shown."""
        return self.answer.url.raw_path.decode()

    @property
    def text(self) -> str:
        """All that is read on the page, without the texts of lists."""
        return " ".join(" ".join(self.page.xpath("//body//text()[not(ancestor::option)]")).split())

    def enter(self) -> Visitor:
        self.answer = self.client.get("/", params={"t": self.door.token})
        return self.go("/")

    def go(self, path: str) -> Visitor:
        self.answer = self.client.get(path)
        return self

    def form(self) -> dict[str, Any]:
        """What the page's form would send as it stands."""
        form = self.page.forms[0]
        sent: dict[str, Any] = {}
        for name, value in form.form_values():
            if value is not None:
                sent.setdefault(name, []).append(value)
        return sent

    def press(self, action: str, headers=OURS, **typed: Any) -> Visitor:
        sent = {**self.form(), **typed, "_action": action}
        self.answer = self.client.post(self.page.forms[0].get("action"), data=sent, headers=headers)
        return self


@pytest.fixture
def visit(tmp_path, monkeypatch):
    """Makes a visitor: `visit(here="book", lang="ru", talk=True, pages=False)`, not yet let in."""
    monkeypatch.setattr("sheets_crm.wizard.web.app.LINGER_S", 0.0)

    def made(here="book", lang="ru", *, talk=True, pages=False) -> Visitor:
        told, said = gallery.conversation(tmp_path / "drafts", lang, here)
        door, shelf, faults = Door(PORT), gallery.Shelf(), []
        site = app(told if talk else None, shelf if pages else None, door=door, lang=lang, on_fault=faults.append)
        visitor = Visitor(Client(site, portal), door, told if talk else None, said, shelf, faults)
        door.on_close = lambda: visitor.ends.append("end")
        return visitor

    # A loop in a thread of its own: a real browser may have left one in this one.
    with start_blocking_portal() as portal:
        yield made
