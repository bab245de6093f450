"""The conversation in a terminal: what is typed there is what the step gets, and a screen says all that it shows."""

from collections import deque
from dataclasses import dataclass, field, replace

import pytest

from sheets_crm.wizard.conversation import BACK, CLOSE
from sheets_crm.wizard.shapes import (
    Action,
    Bar,
    Bars,
    Cell,
    Choice,
    Facts,
    Field,
    Fields,
    Place,
    Progress,
    Screen,
    Sentence,
    Table,
)
from sheets_crm.wizard.terminal import Holder
from sheets_crm.wizard.terminal_ask import Terminal
from sheets_crm.wizard.terminal_draw import drawn
from sheets_crm.words import LANGS

COLOURS = tuple(
    Choice(name, name.title(), group="warm" if name in {"red", "amber"} else "cold")
    for name in ("red", "amber", "blue", "teal")
)
FIELDS = (
    Field("name", "Name", value="Anna"),
    Field("colour", "Colour", "choice", "blue", choices=COLOURS),
    Field("days", "Days", "many", values=("red",), choices=COLOURS),
    Field("on", "Switched on", "check", "yes"),
    Field("key", "Password", "secret"),
    Field("notes", "Notes", "lines"),
)  # fmt: skip
ASKS = Screen(
    "first",
    "First",
    (Fields("All of it", FIELDS),),
    (Action("next", "Go on", primary=True), Action("wipe", "Wipe", loses=True)),
)
END = Screen("end", "The end", (Sentence("Done."),), (Action(CLOSE, "Close", primary=True),))


@dataclass
class Talk:
    """Shows the screens one after the other and keeps what was answered."""

    screens: list[Screen]
    answers: list[tuple[dict, str]] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)

    def screen(self):
        return self.screens[0] if len(self.screens) == 1 or self.screens[0].refresh_s is None else self.screens.pop(0)

    def answer(self, given, action):
        self.answers.append((dict(given), action))
        if action != BACK:
            self.screens.pop(0)
        return self.screens[0].id

    def speak(self, lang):
        self.spoken.append(lang)


def held(*lines, screens=(ASKS, END), lang="en"):
    """Holds the conversation over the lines typed; who types no more has closed the window."""
    typed, shown, waited = deque(lines), [], []

    def read(prompt):
        shown.append(prompt)
        if not typed:
            raise EOFError
        return typed.popleft()

    talk = Talk(list(screens))
    holder = Holder(talk, Terminal(read, read, shown.append, wait=waited.append), lang)
    return holder.hold(), talk, "\n".join(shown), waited


def test_enter_takes_everything_as_it_stands():
    ended, talk, _, _ = held("", "")
    assert ended
    assert talk.answers == [
        ({"name": ["Anna"], "colour": ["blue"], "days": ["red"], "on": ["yes"], "key": [""], "notes": [""]}, "next")
    ]


@pytest.mark.parametrize(
    ("typed", "name", "values"),
    [
        (("1", "Boris"), "name", ["Boris"]),
        (("1", ""), "name", ["Anna"]),
        (("1", "-"), "name", [""]),
        (("2", "1"), "colour", ["red"]),
        (("2", "tea"), "colour", ["teal"]),
        (("2", "l", "2"), "colour", ["teal"]),  # blue and teal are left to choose from
        (("2", "pink", "2"), "colour", ["amber"]),
        (("2", ""), "colour", ["blue"]),
        (("3", "1, 4,1"), "days", ["red", "teal"]),
        (("5", "s e c"), "key", ["s e c"]),
        (("6", "one", "two", ""), "notes", ["one\ntwo"]),
    ],
)
def test_a_number_changes_a_field(typed, name, values):
    _, talk, _, _ = held(*typed, "", "")
    assert talk.answers[0][0][name] == values


def test_what_is_switched_off_is_not_sent():
    _, talk, _, _ = held("4", "3", "-", "", "")
    assert set(talk.answers[0][0]) == {"name", "colour", "key", "notes"}


def test_what_takes_something_away_is_asked_twice():
    _, talk, shown, _ = held("7", "no", "7", "yes", "")
    assert [action for _, action in talk.answers] == ["wipe"]
    assert shown.count("Wipe: are you sure?") == 2


def test_back_keeps_what_was_typed():
    _, talk, _, _ = held("1", "Boris", "0", "", "")
    assert talk.answers[0] == ({**talk.answers[1][0], "name": ["Boris"]}, BACK)


@pytest.mark.parametrize("word", ["q", "Q", "й", "выход"])
def test_who_leaves_is_told_that_answers_are_kept(word):
    ended, talk, shown, _ = held(word)
    assert not ended
    assert not talk.answers
    assert "Your answers are kept" in shown


def test_a_closed_window_is_no_accident():
    assert not held()[0]


def test_the_language_changes_at_any_line():
    _, talk, shown, _ = held("1", "Boris", "ru", "", "")
    assert talk.spoken == ["ru"]
    assert talk.answers[0][0]["name"] == ["Boris"]
    assert "сейчас" not in shown
    assert "Enter: Go on · номер: изменить" in shown


def test_a_slip_of_the_finger_is_told():
    _, talk, shown, _ = held("9", "nonsense", "", "")
    assert "There" not in shown
    assert shown.count("type a number from 1 to 7") == 2
    assert len(talk.answers) == 1


def test_work_under_way_is_waited_for():
    work = Screen("work", "Work", (Progress("Reading", 1, 3),), refresh_s=2)
    ended, _, shown, waited = held("", screens=(work, work, replace(work, blocks=(Progress("Reading", 2, 3),)), END))
    assert ended
    assert waited == [2, 2, 2]
    assert shown.count("Reading (1 of 3)") == 1
    assert shown.count("Reading (2 of 3)") == 1


SHOWS = Screen(
    "all", "All shapes",
    (
        Sentence("Look here.", "warning"),
        Table("Rows", ("What", "How much"), (("Глазные капли", "12"), (Cell("Link", "/p/x", action=Action("go", "Open it")), "3")), (1,), "A note."),
        Table("None", ("A",), (), empty="Nothing yet."),
        Bars("Funnel", (Bar("Offer", "4, $100", 1.0), Bar("Won", "1, $20", 0.25))),
        Facts("Firm", (("Name", "Kite"), ("Town", Cell("Omsk")))),
        Fields("Columns", (Field("c", "Tel.", "choice", "red", choices=COLOURS, samples=("+7 900",), confidence=0.914, why="looks so", error="Choose another."),), layout="table", headers=("Column", "Values", "Means", "Sure")),
    ),
    (Action("next", "Go on", primary=True),), (Place("x", "X", is_done=True), Place("all", "All", is_here=True), Place("all/2", "All")),
    errors=(Sentence("Something is to be mended.", "error"),),
)  # fmt: skip


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_shape_is_told_within_the_width(width):
    text = drawn(SHOWS, "en", width=width)
    assert max(map(len, text.splitlines())) <= width
    for said in ("[2/2] All shapes", "! Look here.", "A note.", "Nothing yet.", "Kite", "!! Something is", "91 %", "Choose another."):  # fmt: skip
        assert said in " ".join(text.split()), said
    bars = [line for line in text.splitlines() if "█" in line]
    assert [line.count("█") for line in bars] == [24, 6]


def test_what_stands_in_a_table_can_be_pressed():
    _, talk, shown, _ = held("2", "", screens=(SHOWS, END))
    assert talk.answers == [({"c": ["red"]}, "go")]
    assert "  2. → Open it" in shown


@pytest.mark.parametrize("lang", LANGS)
def test_both_languages_hold_the_conversation(lang):
    ended, _, shown, _ = held("", "", lang=lang)
    assert ended
    assert "Enter: Go on" in shown
