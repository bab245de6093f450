"""The pages as a browser gets them: forms filled and sent, what loses something asked twice."""

from __future__ import annotations

import asyncio
import re
import shutil

import httpx
import pytest
from lxml import html

from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.guard import Door
from tests.wizard.pages.conftest import owner_of

PORT = 50124
HOME = f"http://127.0.0.1:{PORT}"
OURS = {"Origin": HOME, "Sec-Fetch-Site": "same-origin"}


class Browser:
    """One browser that was let in."""

    def __init__(self, pages, runner):
        door, self._runner = Door(PORT), runner
        transport = httpx.ASGITransport(app(pages=pages, door=door))
        self._client = httpx.AsyncClient(transport=transport, base_url=HOME, follow_redirects=True)
        self._get(f"/?t={door.token}")

    def _get(self, path):
        self._answer = self._runner.run(self._client.get(path))

    def go(self, path):
        self._get(path)
        return self

    def press(self, action, **typed):
        page = html.fromstring(self._answer.content)
        sent = {name: value for name, value in page.forms[0].form_values() if value is not None}
        sent |= {**typed, "_action": action}
        self._answer = self._runner.run(self._client.post(page.forms[0].get("action"), data=sent, headers=OURS))
        return self

    @property
    def place(self):
        return self._answer.url.raw_path.decode()

    @property
    def text(self):
        return " ".join(html.fromstring(self._answer.content).xpath("string(//main)").split())

    @property
    def buttons(self):
        return html.fromstring(self._answer.content).xpath("//main//button/@value")

    def follow(self, pattern):
        links = html.fromstring(self._answer.content).xpath("//main//a/@href")
        return self.go(next(link for link in links if re.search(pattern, link)))


@pytest.fixture
def firm(firms, tmp_path):
    shutil.copytree(firms["ru"], tmp_path / "firm")
    return owner_of(tmp_path / "firm", "ru")


@pytest.fixture
def browser(firm):
    with asyncio.Runner() as runner:
        yield Browser(firm.pages, runner)


def test_a_client_is_found_and_its_card_opened(browser):
    browser.go("/p/clients").press("find", wanted="Носов")
    assert "Носов" in browser.text
    assert "wanted" not in browser.place
    browser.follow(r"/p/clients/[0-9a-f]{20}$")
    assert "Основное" in browser.text
    browser.go("/p/clients").press("find", wanted="x")
    assert "Напишите хотя бы два знака" in browser.text


def test_a_rule_is_tried_out_mended_and_saved(browser, firm):
    browser.go("/p/rules").follow("offer_followup")
    browser.press("try", days="ten", large="100000", on="yes")
    assert "Напишите целое число" in browser.text
    browser.press("try", days="20", large="100000", on="yes")
    assert "20 вместо 3" in browser.text
    assert "days" not in firm.config.read_text("utf-8")
    browser.press("save")
    assert "сохранено" in browser.text
    assert "days: 20" in firm.config.read_text("utf-8")


def test_a_copy_is_put_back_only_when_it_was_asked_twice(browser, firm):
    before = firm.book.read_bytes()
    browser.go("/p/backups").press("now")
    firm.book.write_bytes(before + b"\n")
    browser.go("/p/backups").follow("/p/backups/")
    browser.press("restore")
    assert browser.place.startswith("/sure/")
    assert firm.book.read_bytes() == before + b"\n"
    yes = next(value for value in browser.buttons if "restore" in value or value == "yes")
    browser.press(yes)
    assert firm.book.read_bytes() == before
    assert "стоит на месте книги" in browser.text


def test_a_page_that_is_not_there_is_told(browser):
    assert "main" not in browser.go("/p/nowhere").text
    assert browser._answer.status_code == 404
