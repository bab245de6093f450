"""Our pages in a real browser: for everybody (axe-core, keyboard, narrow screens), and without JavaScript."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest

from sheets_crm.wizard.shapes import Progress
from sheets_crm.words import say
from tests.wizard.web.running import Running

pytestmark = pytest.mark.slow

PARTS = ("book", "columns/Сделки", "rules", "preview", "work", "finish")


@pytest.fixture
def opened(browser, tmp_path):
    """`with opened(here, lang, ...) as (page, running)`: the gallery, open in a browser of its own."""

    @contextmanager
    def made(here="book", lang="ru", *, talk=True, pages=False, **context):
        running = Running(tmp_path / f"drafts-{here.partition('/')[0]}-{lang}", here, lang, talk=talk, pages=pages)
        ours = browser.new_context(**context)
        try:
            page = ours.new_page()
            page.goto(running.address)
            page.wait_for_url(re.compile(r"/[sp]/"))
            yield page, running
        finally:
            ours.close()
            if running.thread.is_alive():
                running.stop()
            assert running.faults == []

    return made


def press(page, selector: str) -> None:
    """Press a button and wait for what comes."""
    with page.expect_navigation():
        page.click(selector)


def faults(page) -> list[str]:
    """What axe-core finds: rule and places."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found]


@pytest.mark.parametrize(("lang", "scheme"), [("ru", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_any_page(opened, lang, scheme):
    with opened("finish", lang, pages=True, color_scheme=scheme, reduced_motion="reduce") as (page, running):
        home = f"http://127.0.0.1:{running.port}"
        for place in (*(f"/s/{part}" for part in PARTS), "/p/", "/p/clients?q=x", "/p/card/1", "/p/none"):
            page.goto(home + place)
            assert faults(page) == [], place
        page.goto(home + "/s/preview")
        press(page, "button[value=drop]")
        assert "/sure/" in page.url
        assert faults(page) == []
        page.goto(home + "/s/book")
        page.fill("input[name=path]", "")
        press(page, "main button.primary")
        assert page.locator(".faults").is_visible()
        assert faults(page) == []
        press(page, "button[value=_leave]")
        page.wait_for_url("**/closed")
        assert faults(page) == []


def test_axe_finds_nothing_on_a_refusal(opened, browser):
    with opened() as (_, running):
        other = browser.new_context()
        page = other.new_page()
        assert page.goto(running.address).status == 403
        assert faults(page) == []
        other.close()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_is_cut_off_and_everything_can_be_hit(opened, width):
    with opened("finish", viewport={"width": width, "height": 800}) as (page, running):
        for part in PARTS:
            page.goto(f"http://127.0.0.1:{running.port}/s/{part}")
            page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, part
            small = page.evaluate(
                "[...document.querySelectorAll('button, select, textarea, input:not([type=hidden]), summary')]"
                ".filter(one => !one.ariaHidden).map(one => [one.getBoundingClientRect(), one])"
                ".map(([box, one]) => [one.name || one.tagName, one.value, box.width, box.height])"
                ".filter(([, , w, h]) => w && Math.min(w, h) < 20)"
            )
            assert small == [], part


def test_the_whole_way_without_javascript(opened):
    with opened(java_script_enabled=False) as (page, running):
        press(page, "main button.primary")
        assert page.locator("[aria-invalid=true]").count() == 1
        assert page.locator(".faults:focus").count() == 1
        page.click(".faults a")
        page.fill("input[name=path]", "/home/я.xlsx")
        press(page, "button[value='_speak/en']")
        assert page.input_value("input[name=path]") == "/home/я.xlsx"
        press(page, "main button.primary")
        assert page.locator("select[name=c5] option").count() < 12
        page.select_option("select[name=c5]", "_more")
        press(page, "main button.primary")
        assert page.locator("select[name=c5] option").count() == 60
        page.select_option("select[name=c5]", "group3.field33")
        for _ in range(3):
            press(page, "main button.primary")
        assert next(given["c5"] for _, _, given in running.said if given.get("c5")) == ["group3.field33"]
        page.select_option("select[name=stage]", "b")
        press(page, "main button.primary")
        press(page, "button[value='off:1']")
        press(page, "button.loses")
        assert running.said[-1][:2] == ("preview", "off:1")
        page.wait_for_url("**/s/work")
        with page.expect_navigation(timeout=5000):
            pass  # the page looks again by itself
        press(page, "main button.primary")
        press(page, "main button.primary")
        assert say("web.plain.done.title", "en") in page.inner_text("h1")
        assert running.has_ended()


def test_the_whole_way_by_keyboard(opened):
    def to(selector):
        for _ in range(80):
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
            page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not come to {selector}")

    with opened() as (page, running):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        to("input[name=found]")
        page.keyboard.press("ArrowDown")
        to("input[name=path]")
        page.keyboard.press("Enter")
        page.wait_for_selector(".faults:focus")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.name") == "path"
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.type("/home/a.xlsx")
        page.keyboard.press("Enter")
        page.wait_for_url("**/s/columns/**")
        assert running.said[-1][2] | {"many": []} == {
            "found": ["/home/a/2.xlsx"],
            "path": ["/home/a.xlsx"],
            "check": ["yes"],
            "many": [],
        }
        to("main button.primary")
        page.keyboard.press("Enter")
        page.wait_for_url("**/s/columns/~..")


def test_with_javascript_lists_are_whole_and_keep_their_choice(opened):
    with opened("columns/Сделки") as (page, running):
        assert page.locator("select[name=c5] option").count() == 60
        assert page.input_value("select[name=c5]") == "group0.field5"
        page.select_option("select[name=c5]", "group3.field33")
        press(page, "main button.primary")
        assert running.said[-1][2]["c5"] == ["group3.field33"]


def test_progress_moves_without_loading_the_page_anew(opened, monkeypatch):
    with opened("work") as (page, running):
        page.evaluate("window.stayed = true")
        monkeypatch.setattr(
            "tests.wizard.web.gallery.Progress", lambda text, done, total: Progress(text + "!", 77, total)
        )
        page.wait_for_selector("progress[value='77']", timeout=5000)
        assert page.inner_text(".progress [role=status]").endswith("!")
        assert page.evaluate("window.stayed")
        running.stop()
        page.wait_for_selector("main > .said.warning", timeout=5000)
        assert say("web.gone", "ru") in page.inner_text("main > .said.warning")


def test_another_site_cannot_press_our_buttons(opened, browser, tmp_path):
    """A page of another origin, open in the very same browser, sends our form to us."""
    with opened() as (page, running):
        foreign = tmp_path / "foreign.html"
        foreign.write_text(
            f'<form method="post" action="http://127.0.0.1:{running.port}/s/book"><input name="path" value="/x">'
            f'<input name="_csrf" value="{running.door.csrf}"><button name="_action" value="next">go</button></form>', "utf-8",
        )  # fmt: skip
        other = page.context.new_page()
        other.goto(foreign.as_uri())
        other.click("button")
        assert say("web.plain.elsewhere.title", "ru") in other.inner_text("h1")
        assert running.said == []
