"""The whole conversation in a real browser: from the first page to a workbook with our tabs in it, as different owners hold it.

Screenshots of every page stay in the folder that SHEETS_CRM_SHOTS names.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from pathlib import Path

import openpyxl
import pytest

from sheets_crm.wizard.start import conversation
from sheets_crm.wizard.step import World
from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.serve import serve
from sheets_crm.words import say
from tests.books.untouched import assert_untouched
from tests.wizard.web.test_browser import faults

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[2] / "golden"
BOOKS = {"02_okna_deals_payments": "Клиенты окон.xlsx", "03_roaster_leads_deals_repeat": "Roaster.xlsx"}
SHOTS = os.environ.get("SHEETS_CRM_SHOTS")
LONGEST_MS = 60_000


class Owner:
    """Somebody before the wizard, in a browser of their own. home: their folder."""

    def __init__(self, browser, home, lang, **context):
        self.home, self.lang, self.seen, self.broken = home, lang, [], []
        (home / "Documents").mkdir(parents=True, exist_ok=True)
        self._ready, self._address = threading.Event(), ""
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        assert self._ready.wait(20)
        self.context = browser.new_context(**context)
        self.page = self.context.new_page()
        self.page.goto(self._address)

    def _serve(self):
        def began(address):
            self._address = address
            self._ready.set()

        world = World(
            home=self.home,
            drafts=self.home / "drafts",
            environ={},
            run_later=lambda work: threading.Thread(target=work, daemon=True).start(),
        )
        serve(
            lambda door: app(lambda: conversation(world, lang=self.lang), door=door, lang=self.lang, on_fault=self.broken.append),
            on_ready=began, open_browser=False,
        )  # fmt: skip

    def settled(self) -> str:
        """Waits until no work is under way; the page's heading."""
        self.page.locator("main:not([data-refresh])").wait_for(timeout=LONGEST_MS)
        title = self.page.locator("h1").inner_text()
        if title not in self.seen:
            self.seen.append(title)
            if SHOTS:
                self.page.screenshot(path=f"{SHOTS}/{self.lang}-{len(self.seen):02}.png", full_page=True)
        return title

    def press(self, selector="button.primary") -> None:
        """Press a button and wait for what comes."""
        with self.page.expect_navigation():
            self.page.locator(selector).first.click()

    def wrong(self) -> str:
        """What is to be mended on this page, "" where nothing is."""
        found = self.page.locator(".faults")
        return found.inner_text() if found.count() else ""

    def close(self) -> None:
        """The window is shut."""
        self.context.close()

    @property
    def is_alone(self) -> bool:
        """Has the server ended?"""
        self.thread.join(8)
        return not self.thread.is_alive()


@pytest.fixture
def owner(browser, tmp_path):
    owners = []

    def made(lang, book=None, **context):
        home = tmp_path / "home"
        if book is not None:
            (home / "Documents").mkdir(parents=True)
            shutil.copy(GOLDEN / book / "in.xlsx", home / "Documents" / BOOKS[book])
        owners.append(Owner(browser, home, lang, **context))
        return owners[-1]

    yield made
    for one in owners:
        one.close()
        assert one.broken == []


def assert_our_tabs_alone(book: str, workbook: Path, lang: str) -> list[str]:
    """The owner's parts are as they were; the names of our tabs."""
    before = GOLDEN / book / "in.xlsx"
    ours = [name for name in sheets_of(workbook) if name not in sheets_of(before)]
    assert say("tabs.tasks.title", lang) in ours
    assert_untouched(before, workbook, ours)
    return ours


def sheets_of(path: Path) -> list[str]:
    return openpyxl.load_workbook(path, read_only=True).sheetnames


def last(lang: str) -> str:
    return say("setup_run.finish.done", lang)


@pytest.mark.parametrize(("book", "lang"), [("02_okna_deals_payments", "ru"), ("03_roaster_leads_deals_repeat", "en")])
def test_who_agrees_with_everything_has_a_synced_workbook(owner, book, lang):
    one = owner(lang, book, reduced_motion="reduce")
    for _ in range(40):
        title = one.settled()
        assert not one.wrong(), title
        assert len(one.page.content().encode()) < 100 * 1024, title
        assert faults(one.page) == [], title
        if title == last(lang):
            break
        one.press()
    workbook = one.home / "Documents" / BOOKS[book]
    assert title == last(lang)
    assert len(assert_our_tabs_alone(book, workbook, lang)) == 4
    one.press()
    assert one.is_alone


def test_without_javascript(owner):
    book, lang = "02_okna_deals_payments", "ru"
    one = owner(lang, book, java_script_enabled=False)
    for _ in range(40):
        if one.settled() == last(lang):
            break
        one.press()
    assert one.settled() == last(lang)
    assert_our_tabs_alone(book, one.home / "Documents" / BOOKS[book], lang)


def test_a_starter_workbook_by_the_keyboard_alone(owner):
    one = owner("ru")
    keys = one.page.keyboard
    for step in range(40):
        title = one.settled()
        assert not one.wrong(), title
        if title == last("ru"):
            break
        if step == 0:
            assert by_tab(one.page, "input[name=book]"), title
            for _ in range(8):
                if one.page.evaluate("document.activeElement.value") == "starter":
                    break
                keys.press("ArrowDown")
        else:
            one.page.evaluate("document.activeElement.blur()")
            focused = by_tab(one.page, "button.primary")
            assert focused, title
        with one.page.expect_navigation():
            keys.press("Enter")
    assert title == last("ru")
    (workbook,) = (path for path in one.home.rglob("*.xlsx") if ".sheets-crm" not in path.parts)
    assert say("tabs.tasks.title", "ru") in sheets_of(workbook)


def by_tab(page, selector, most=150) -> bool:
    """Tab until the element has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return True
    return False


MISTAKES = {  # on the page of this step: what is typed instead, and the field at which the page says so
    "workbook": ({"path": "/nowhere/Клиенты.xlsx"}, "path"),
    "columns": ({"header_row": "много"}, "header_row"),
    "timetable": ({"every_minutes": "часто"}, "every_minutes"),
}


def test_mistakes_are_told_beside_the_field_and_nothing_typed_is_lost(owner):
    one = owner("ru", "02_okna_deals_payments")
    made = set()
    for _ in range(60):
        title = one.settled()
        if title == last("ru"):
            break
        step = re.search(r"/s/([a-z_]+)", one.page.url)[1]
        typed, field = MISTAKES.get(step, ({}, None))
        box = one.page.locator(f"[name='{field}']") if field else None
        if step not in made and box is not None and box.count():
            made.add(step)
            for name, value in typed.items():
                one.page.fill(f"[name='{name}']", value)
            before = box.input_value()
            one.press()
            assert one.wrong(), step
            assert one.page.locator(f"[name='{field}'][aria-invalid=true]").input_value() == before
            assert faults(one.page) == [], step
            one.page.fill(f"[name='{field}']", "" if step == "workbook" else {"columns": "1", "timetable": "30"}[step])
            if step == "columns":
                one.press("button[value=back]")
                continue
        one.press()
    assert title == last("ru")
    assert made == set(MISTAKES)
