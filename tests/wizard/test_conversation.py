"""The conversation itself: reachable screens, what is kept, what has to be looked at again; and how it is taken up."""

import pytest

from sheets_crm.errors import ConfigError
from sheets_crm.wizard.conversation import Conversation
from sheets_crm.wizard.draft import Draft
from sheets_crm.wizard.drafts import Drafts
from sheets_crm.wizard.shapes import Screen
from sheets_crm.wizard.start import conversation
from sheets_crm.wizard.step import Answered
from tests.wizard.hands import book, press, world


class Fake:
    """A step that writes what it is given into settings."""

    def __init__(self, name, reads=None, parts=()):
        self.id = name
        self._parts = parts or (name,)
        if reads is not None:
            self.reads = frozenset(reads)

    def parts(self, draft):
        return [part for part in self._parts if part != draft.settings.get("without")]

    def title(self, part, draft, lang):
        return part

    def screen(self, part, draft, wrong, lang):
        return Screen(part, part, ())

    def answer(self, part, draft, given, action, lang):
        if "wrong" in given:
            return Answered(draft, {"wrong": "no"})
        settings = {**draft.settings, **{name: values[-1] for name, values in given.items()}}
        done = (*draft.done, *(self._parts if action == "all" else ()))
        return Answered(draft.model_copy(update={"settings": settings, "done": done}), stay=action == "stay")


@pytest.fixture
def talk(tmp_path):
    steps = [Fake("a"), Fake("b", ["x"], ("b/1", "b/2", "b/3")), Fake("c", ["y"]), Fake("d")]
    return Conversation(steps, Drafts(tmp_path / "drafts"), Draft(language="en", here="a"))


def test_screens_are_reached_one_after_another(talk):
    assert [place.is_reachable for place in talk.screen().places] == [True, False, False, False, False, False]
    assert talk.go("c") == "a"
    talk.answer({}, "next")
    assert talk.here == "b/1"
    assert talk.go("a") == "a"
    assert talk.go("b/1") == "b/1"
    assert talk.go("b/2") == "b/1"


def test_an_answer_asks_only_those_again_that_are_made_from_it(talk):
    for _ in range(6):
        talk.answer({}, "next")
    assert set(talk.draft.done) == {"a", "b/1", "b/2", "b/3", "c", "d"}
    talk.go("a")
    talk.answer({}, "next")
    assert set(talk.draft.done) == {"a", "b/1", "b/2", "b/3", "c", "d"}
    talk.go("a")
    talk.answer({"x": ["1"]}, "next")
    assert set(talk.draft.done) == {"a", "c"}  # d does not say what it reads
    assert talk.here == "b/1"


def test_what_was_wrong_is_kept_as_typed_and_what_was_right_is_not(talk):
    talk.answer({"wrong": ["?"]}, "next")
    assert talk.here == "a"
    assert talk.draft.given == {"a": {"wrong": ["?"]}}
    talk.answer({"x": ["1"]}, "next")
    assert talk.draft.given == {}
    talk.answer({"half": ["typed"]}, "back")
    assert talk.here == "a"
    assert talk.draft.given == {"b/1": {"half": ["typed"]}}


def test_a_screen_that_goes_away_and_those_answered_at_once_are_passed_over(talk):
    talk.answer({}, "next")
    assert talk.answer({"without": ["b/1"]}, "next") == "b/2"
    assert talk.answer({}, "all") == "c"
    assert talk.answer({}, "stay") == "c"


def test_the_language_changes_without_losing_the_place(talk):
    talk.answer({}, "next")
    talk.speak("ru")
    assert (talk.here, talk.draft.language) == ("b/1", "ru")


def test_drafts_are_private_and_a_broken_one_counts_as_none(tmp_path, talk):
    talk.answer({}, "next")
    (only,) = (tmp_path / "drafts").glob("*.json")
    assert only.stat().st_mode & 0o077 == 0
    only.write_text("{", "utf-8")
    assert Drafts(tmp_path / "drafts").newest() is None
    talk.forget()
    assert not list((tmp_path / "drafts").glob("*.json"))


def test_a_configuration_is_edited_with_all_its_screens_open(tmp_path):
    book(
        tmp_path / "b.xlsx",
        Клиенты=[["Клиент", "Телефон"], ["Анна Ким", "+7 912 000-00-01"], ["Олег Ли", "+7 912 000-00-02"]],
    )
    config = tmp_path / "crm.yaml"
    config.write_text(
        "workbook: b.xlsx\nname: Фирма\nsheets:\n  Клиенты: {card: client, header_row: 1, columns: {name: A, phone: Телефон}, required: [phone]}\n",
        "utf-8",
    )
    talk = conversation(world(tmp_path), lang="ru", config=config)
    assert talk.here == "workbook"
    assert talk.go("columns/Клиенты") == "columns/Клиенты"
    press(talk, B="phone2")
    said = talk.draft.settings["sheets"]["Клиенты"]
    assert said["columns"] == {"name": "Клиент", "phone2": "Телефон"}
    assert said["required"] == ["phone"]  # written by hand: not asked about, not lost
    assert talk.draft.settings["name"] == "Фирма"
    assert (
        conversation(world(tmp_path), lang="ru", config=config).draft.settings["sheets"]["Клиенты"] == said
    )  # taken up again
    config.write_text("workbook: [", "utf-8")
    with pytest.raises(ConfigError):
        conversation(world(tmp_path), lang="ru", config=config, fresh=True)
