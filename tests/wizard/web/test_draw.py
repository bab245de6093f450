"""Every page is sound HTML that readers of all kinds can follow, small, and without any style or script of its own."""

from __future__ import annotations

import itertools
import re
from urllib.parse import quote

import pytest
from lxml import html

from sheets_crm.wizard.shapes import Bar, Bars, Cell, Choice, Field, Fields, Progress, Screen, Sentence, Table
from sheets_crm.wizard.web import draw

MOST_BYTES = 100 * 1024
PARTS = ("book", "columns/Сделки", "rules", "preview", "work", "finish")


def drawn(*blocks, **more) -> html.HtmlElement:
    """The page of a screen of these blocks."""
    screen = Screen("a", "Title", blocks, **more)
    return html.fromstring(draw.page(draw.View(screen, "en", "s", "/s/a", "csrf", "stamp")))


@pytest.mark.parametrize("lang", ["ru", "en"])
@pytest.mark.parametrize("part", PARTS)
def test_every_page_is_sound(visit, part, lang):
    visitor = visit(here=part, lang=lang, pages=True).enter()
    assert visitor.place == "/s/" + quote(part)
    sound(visitor.page)
    assert len(visitor.answer.content) < MOST_BYTES


@pytest.mark.parametrize("path", ["", "clients", "card/1", "status"])
def test_every_page_of_an_owner_is_sound(visit, path):
    sound(visit(talk=False, pages=True).enter().go(f"/p/{path}").page)


def test_the_page_that_asks_is_sound(visit):
    sound(visit(here="preview").enter().press("drop").page)


def sound(page: html.HtmlElement) -> None:
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    pointed = {
        one
        for name in ("aria-describedby", "aria-labelledby", "for", "form", "data-whole")
        for value in page.xpath(f"//@{name}")
        for one in value.split()
    }
    assert pointed <= set(ids)
    assert {link[1:] for link in page.xpath("//a/@href") if link.startswith("#")} <= set(ids)
    asked = page.xpath("//select | //textarea | //input[not(@type='hidden')]")
    labelled = set(page.xpath("//label/@for"))
    assert [one.get("name") for one in asked if one.get("id") not in labelled] == []
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert page.xpath("//@style | //style | //script[not(@src)]") == []
    assert [name for name in page.xpath("//@*") if getattr(name, "attrname", "").startswith("on")] == []
    addresses = page.xpath("//@href | //@src | //@action | //@formaction")
    assert [one for one in addresses if not re.match(r"^[/#](?!/)", one)] == []
    assert page.xpath("//title")[0].text.strip()


def test_what_enter_does_stands_before_all_buttons():
    from sheets_crm.wizard.shapes import Action

    page = drawn(actions=(Action("other", "Other"), Action("main", "Main", primary=True)))
    assert page.xpath("//button")[0].get("value") == "main"
    assert drawn(actions=(Action("other", "Other"),)).xpath("//button")[0].get("value") == draw.AGAIN


def test_a_list_whose_value_is_none_of_its_choices_chooses_nothing():
    field = Field("a", "A", "choice", value="gone", choices=(Choice("x", "X"), Choice("y", "Y")))
    options = drawn(Fields("", (field,))).xpath("//select/option")
    assert [(one.get("value"), one.get("selected")) for one in options] == [("", None), ("x", None), ("y", None)]


def test_groups_and_hostile_names_are_drawn_as_text():
    choices = (Choice('"><b>', "<i>", group='"><u>'), Choice("y", "Y"), Choice("z", "Z", group="G"))
    page = drawn(Fields("<h5>", (Field('"n"', "<em>", "choice", value="z", choices=choices),)))
    assert page.xpath("//select//b | //i | //u | //h5 | //em") == []
    assert page.xpath("//select/@name") == ['"n"']
    assert [group.get("label") for group in page.xpath("//optgroup")] == ['"><u>', "G"]
    assert page.xpath("//option[@selected]/@value") == ["z"]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "https://evil.example", "data:text/html,x"]
)
def test_no_link_leads_out(address):
    page = drawn(Table("T", ("a",), ((Cell("text", address),),)))
    assert list(page.xpath("//main//a")) == []
    assert "text" in page.xpath("string(//td)")


def test_a_bar_stays_within_its_picture():
    bars = Bars("B", (Bar("a", "1", -1.0), Bar("b", "2", 0.333), Bar("c", "3", 7.0)))
    assert drawn(bars).xpath("//rect[@class='share']/@width") == ["0%", "33.3%", "100%"]


def test_work_of_unknown_length_has_no_end():
    bar, *_ = drawn(Progress("reading"), refresh_s=2).xpath("//progress")
    assert bar.get("max") is None
    assert bar.get("value") is None


def test_a_page_with_questions_does_not_load_itself_anew():
    page = drawn(Progress("reading"), Fields("", (Field("a", "A"),)), refresh_s=2)
    assert page.xpath("//main/@data-refresh | //meta[@http-equiv]") == []
    assert page.xpath(f"//main//button[@value='{draw.AGAIN}']")


def test_tones_are_told_in_words_too():
    page = drawn(Sentence("done", "good"), Sentence("look", "warning"), Sentence("broken", "error"), Sentence("plain"))
    assert [" ".join(one.text_content().split()) for one in page.xpath("//main/p")] == [
        "Good: done", "Note: look", "Error: broken", "plain",
    ]  # fmt: skip


def test_folded_questions_with_an_error_are_open():
    assert drawn(Fields("F", (Field("a", "A", error="no"),), is_open=False)).xpath("//details/@open")
    assert not drawn(Fields("F", (Field("a", "A"),), is_open=False)).xpath("//details/@open")


def test_short_lists_are_left_as_they_are():
    choices = tuple(Choice(str(n), f"Choice {n}") for n in range(draw.MANY_OPTIONS // 2))
    page = drawn(
        Fields("", (Field("a", "A", "choice", "3", choices=choices), Field("b", "B", "choice", choices=choices)))
    )
    assert len(page.xpath("//select[@name='a']/option")) == draw.MANY_OPTIONS // 2
    assert page.xpath("//template") == []


def test_only_our_files_are_files():
    for name in draw.STATIC:
        assert draw.static(name)
    with pytest.raises(KeyError):
        draw.static("../draw.py")
    assert b"http:" not in draw.static("style.css") + draw.static("page.js")
