"""Forms and pages: what is typed is never lost, nothing is done twice, and no old page does harm."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from sheets_crm.errors import WorkbookMissing
from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.web.app import app
from sheets_crm.wizard.web.guard import Door
from sheets_crm.words import say
from tests.wizard.web import gallery
from tests.wizard.web.conftest import OURS


def test_an_answer_leads_to_the_next_screen(visit):
    visitor = visit().enter()
    assert visitor.place == "/s/book"
    visitor.press("next", path="/home/я.xlsx")
    assert visitor.answer.history[0].status_code == 303
    assert visitor.place == "/s/columns/%D0%A1%D0%B4%D0%B5%D0%BB%D0%BA%D0%B8"
    part, action, given = visitor.said[0]
    assert (part, action, given["path"], given["many"]) == ("book", "next", ["/home/я.xlsx"], ["a"])
    assert not [name for name in given if name.startswith("_")]


def test_names_of_sheets_may_be_anything(visit):
    visitor = visit().enter().press("next", path="/a.xlsx").press("next").press("next")
    assert visitor.place == "/s/columns/a/b%20%3F%23%25"
    assert [part for part, _, _ in visitor.said] == ["book", "columns/Сделки", "columns/.."]
    assert visitor.go("/s/columns/~..").page.xpath("string(//h1)").endswith("..")


def test_errors_stand_beside_their_fields_and_above_all(visit):
    visitor = visit().enter().press("next", path="")
    page = visitor.page
    (field,) = page.xpath("//*[@aria-invalid='true']")
    described = field.get("aria-describedby").split()
    assert "Проверьте путь" in page.get_element_by_id(described[0]).text_content()
    (link,) = page.xpath("//*[contains(@class, 'faults')]//a")
    assert link.get("href") == f"#{field.get('id')}"
    assert page.xpath("//*[contains(@class, 'faults')]/@autofocus")
    assert page.xpath("string(//title)") == say("web.title_wrong", "ru", title="Какая таблица?")


def test_the_language_changes_and_nothing_else(visit):
    visitor = visit().enter()
    visitor.press("_speak/en", path="/что-то", many=["b"], check=[])
    assert visitor.place == "/s/book"
    assert visitor.page.get("lang") == "en"
    assert visitor.page.xpath("string(//h1)") == "Which workbook?"
    form = visitor.form()
    assert (form["path"], form["many"], form.get("check")) == (["/что-то"], ["b"], None)
    assert visitor.said == []
    assert visitor.talk.draft.language == "en"


def test_errors_are_told_in_the_language_that_is_chosen(visit):
    visitor = visit().enter().press("next", path="").press("_speak/en", path="/half typed")
    assert "Check the path" in visitor.text
    assert "Проверьте" not in visitor.text
    assert visitor.form()["path"] == ["/half typed"]


def test_a_draft_goes_on_in_its_own_language(visit):
    visitor = visit(lang="en")
    assert visitor.enter().page.get("lang") == "en"


def test_the_navigation_keeps_what_was_typed(visit):
    visitor = visit(here="rules").enter().press("_go/book", days="17")
    assert visitor.place == "/s/book"
    assert visitor.press("_go/rules").form()["days"] == ["17"]


def test_back_keeps_what_was_typed(visit):
    visitor = visit(here="rules").enter().press("back", days="18")
    assert visitor.place.startswith("/s/columns/")
    assert visitor.press("_go/rules").form()["days"] == ["18"]


def test_a_screen_that_is_not_reached_yet_leads_to_the_present_one(visit):
    visitor = visit().enter().go("/s/finish")
    assert visitor.place == "/s/book"
    assert say("web.not_yet", "ru") in visitor.text
    assert say("web.not_yet", "ru") not in visitor.go("/s/book").text


def test_a_form_of_an_earlier_screen_is_taken_for_that_screen(visit):
    visitor = visit().enter()
    old = visitor.form()
    visitor.press("next", path="/a.xlsx").press("next")
    answer = visitor.client.post("/s/book", data={**old, "path": "/a.xlsx", "_action": "next"}, headers=OURS)
    assert [(part, action) for part, action, _ in visitor.said][-1] == ("book", "next")
    assert answer.url.path.startswith("/s/columns/")


def test_a_form_of_a_screen_out_of_reach_does_nothing(visit):
    visitor = visit(here="rules").enter()
    old = visitor.form()
    other = visit().enter()
    answer = other.client.post("/s/rules", data={**old, "_csrf": other.door.csrf, "_action": "next"}, headers=OURS)
    assert answer.url.path == "/s/book"
    assert other.said == []


def test_a_form_about_another_workbook_is_not_taken(visit):
    visitor = visit(here="rules").enter()
    old = visitor.form()
    visitor.press("_go/book").press("next", path="/another.xlsx")
    said = len(visitor.said)
    for _ in range(3):
        visitor.press("next")
    answer = visitor.client.post("/s/rules", data={**old, "days": "9", "_action": "next"}, headers=OURS)
    assert say("web.changed", "ru") in answer.text
    assert 'value="9"' in answer.text
    assert [part for part, _, _ in visitor.said[said:]] == ["columns/Сделки", "columns/..", "columns/a/b ?#%"]


def test_an_unknown_action_does_nothing(visit):
    visitor = visit().enter().press("format_disk", path="/kept")
    assert say("web.changed", "ru") in visitor.text
    assert visitor.form()["path"] == ["/kept"]
    assert visitor.said == []


def test_what_loses_is_asked_twice(visit):
    visitor = visit(here="preview").enter().press("drop")
    assert visitor.place.startswith("/sure/")
    assert "Удалить черновик" in visitor.text
    assert visitor.said == []
    sure = visitor.answer.url.path
    visitor.press("_speak/en")
    assert "Delete the draft" in visitor.text
    visitor.press("yes")
    assert [(part, action) for part, action, _ in visitor.said] == [("preview", "drop")]
    visitor.client.post(sure, data={"_csrf": visitor.door.csrf, "_action": "yes"}, headers=OURS)
    assert len(visitor.said) == 1


@pytest.mark.parametrize("answer", ["no", "", "nonsense"])
def test_a_no_leads_back_and_nothing_is_lost(visit, answer):
    visitor = visit(here="preview").enter().press("off:1").press(answer)
    assert visitor.place == "/s/preview"
    assert visitor.said == []


def test_an_action_in_a_table_is_pressed_like_any_other(visit):
    visitor = visit(here="preview").enter().press("off:2")
    assert [(part, action) for part, action, _ in visitor.said] == [("preview", "off:2")]


def test_an_action_that_stays_shows_the_same_screen(visit):
    assert visit().enter().press("stay", path="/a").place == "/s/book"


def test_the_end_is_told_and_then_it_is_the_end(visit):
    visitor = visit(here="finish").enter()
    visitor.press("_speak/ru")
    assert visitor.talk._drafts.newest() is not None
    visitor.press("close")
    assert visitor.place == "/closed"
    assert say("web.plain.done.title", "ru") in visitor.text
    assert visitor.ends
    assert visitor.talk._drafts.newest() is None


def test_leaving_keeps_the_draft_and_what_was_typed(visit):
    visitor = visit(here="rules").enter().press("_leave", days="21")
    assert say("web.plain.left.title", "ru") in visitor.text
    assert visitor.ends
    draft = visitor.talk._drafts.newest()
    assert (draft.here, draft.given["rules"]["days"]) == ("rules", ["21"])


def test_the_last_page_is_shown_only_at_the_end(visit):
    visitor = visit().enter().go("/closed")
    assert visitor.place == "/s/book"
    assert visitor.ends == []


def test_a_long_list_is_shown_whole_when_asked(visit):
    visitor = visit(here="columns/Сделки").enter()
    short = visitor.page.xpath("//select[@name='c5']/option | //select[@name='c5']/optgroup/option")
    assert len(short) < 12
    assert {"group5.field59", "group4.field40"} <= {option.get("value") for option in short}
    visitor.press("next", c5="_more", c6="group4.field40")
    assert visitor.said == []
    whole = visitor.page.xpath("//select[@name='c5']//option/@value")
    assert len(whole) == 60
    form = visitor.form()
    assert (form["c5"], form["c6"]) == (["group0.field5"], ["group4.field40"])
    visitor.press("next", c5="group2.field21")
    assert visitor.said[0][2]["c5"] == ["group2.field21"]


def test_typed_text_is_only_text(visit):
    nasty = "\"><script>alert(1)</script>{{ 7*7 }}\r\n\x00'"
    visitor = visit().enter().press("_speak/ru", path=nasty)
    assert "<script>alert" not in visitor.answer.text
    assert visitor.form()["path"][0].rstrip("\n'") == '"><script>alert(1)</script>{{ 7*7 }}'


def test_an_error_that_the_owner_can_mend_is_its_sentence(visit, monkeypatch):
    visitor = visit().enter()

    def gone(*_):
        raise WorkbookMissing("books.missing", file="a.xlsx", book="a.xlsx")

    monkeypatch.setattr(Conversation, "screen", gone)
    monkeypatch.setattr("sheets_crm.wizard.web.app.say", lambda key, lang, **values: f"{key} {values['file']}")
    visitor.go("/s/book")
    assert visitor.answer.status_code == 409
    assert "books.missing a.xlsx" in visitor.text
    assert visitor.faults == []


def test_our_own_fault_is_told_as_such(visit, monkeypatch):
    visitor = visit().enter()
    monkeypatch.setattr(Conversation, "screen", lambda *_: 1 / 0)
    visitor.go("/s/book")
    assert visitor.answer.status_code == 500
    assert say("web.fault_ours", "ru") in visitor.text
    assert "ZeroDivision" not in visitor.answer.text
    assert [type(fault) for fault in visitor.faults] == [ZeroDivisionError]


def test_pages_are_shown_by_their_paths(visit):
    visitor = visit(talk=False, pages=True).enter()
    assert visitor.place == "/p/"
    assert [link.get("href") for link in visitor.page.xpath("//nav//a")] == ["/p/", "/p/clients", "/p/status"]
    assert visitor.page.xpath("//nav//a[@aria-current='page']/@href") == ["/p/"]
    assert visitor.go("/p/none").answer.status_code == 404
    assert say("web.no_page", "ru") in visitor.text


def test_a_search_is_an_address(visit):
    visitor = visit(talk=False, pages=True).enter().go("/p/clients?q=ж%26b")
    (box,) = visitor.page.xpath("//input[@type='search']")
    assert box.get("value") == "ж&b"
    form = visitor.page.get_element_by_id(box.get("form"))
    assert (form.get("method"), form.get("action")) == ("get", "/p/clients")
    visitor.press("_speak/en")
    assert visitor.place == "/p/clients?q=%D0%B6%26b"
    assert visitor.page.get("lang") == "en"


def test_a_page_says_what_was_done_once(visit):
    visitor = visit(talk=False, pages=True).enter().go("/p/card/~..")
    visitor.press("save", days="5")
    assert visitor.shelf.done == [("card/..", "save", {"days": ["5"]})]
    assert visitor.place == "/p/clients?q=%D0%B6"
    assert gallery.RU["say"] in visitor.page.xpath("string(//div[@role='status'])")
    assert visitor.go(visitor.place).page.xpath("//div[@role='status']") == []


def test_a_page_shows_what_was_typed_with_its_errors(visit):
    visitor = visit(talk=False, pages=True).enter().go("/p/card/7").press("save", days="x")
    assert visitor.place == "/p/card/7"
    assert visitor.form()["days"] == ["x"]
    assert gallery.RU["need"].format("x") in visitor.text
    assert visitor.page.xpath("string(//h2[@id='faults'])") == gallery.RU["say"]


def test_the_conversation_and_the_pages_lead_to_each_other(visit):
    visitor = visit(pages=True).enter()
    assert "/p/" in visitor.page.xpath("//footer//a/@href")
    assert "/s/" in visitor.go("/p/").page.xpath("//footer//a/@href")
    assert visitor.go("/s/").place == "/s/book"


def test_a_page_that_looks_at_itself_is_nobody(visit):
    visitor = visit(talk=False, pages=True).enter().go("/p/status")
    visitor.door.touched = 0.0
    visitor.go("/p/status")
    assert visitor.door.touched == 0.0
    visitor.go("/p/clients")
    assert visitor.door.touched > 0.0


def test_work_under_way_keeps_the_server(visit):
    visitor = visit(here="work").enter()
    visitor.door.touched = 0.0
    assert visitor.go("/s/work").door.touched > 0.0
    assert visitor.page.xpath("//main/@data-refresh") == ["1"]
    assert 'http-equiv="refresh" content="1"' in visitor.answer.text


def test_what_was_typed_on_a_page_that_was_left_does_not_pass_for_what_holds(visit):
    visitor = visit(talk=False, pages=True).enter().go("/p/card/7").press("_speak/en", days="99")
    assert visitor.form()["days"] == ["99"]
    visitor.go("/p/clients")
    assert visitor.go("/p/card/7").form()["days"] == ["1"]


def test_the_conversation_begins_before_anybody_asks(tmp_path):
    """The browser needs a second to open; what is slow to begin need not wait for it."""
    begun = threading.Event()

    def begin():
        begun.set()
        return gallery.conversation(tmp_path)[0]

    app(begin, door=Door(1))
    assert begun.wait(5)


def test_a_last_step_may_note_that_all_is_done(visit, monkeypatch):
    visitor = visit(here="work").enter()
    answer = gallery.Show.answer

    def noted(self, part, draft, *more):
        answered = answer(self, part, draft, *more)
        return replace(answered, draft=answered.draft.model_copy(update={"notes": {"finished": True}}))

    monkeypatch.setattr(gallery.Show, "answer", noted)
    assert visitor.press("next").place == "/closed"
