"""Conditional formats of people's, changed in the very moment in which ours are drawn anew: rules have no ids, only places."""

from dataclasses import replace

import polars as pl
import pytest

from sheets_crm.books.model import FingerprintChanged, WritePlan
from sheets_crm.books.tab import Condition, Range, Style, Tab, TabColumn, Table
from tests.google.dying import dying
from tests.google.emulator import Emulator
from tests.google.whole import google_book
from tests.promises.play import Killed

TAB = "Задачи"
OURS = ('AND($A2="Сделана",$C2>1.5)', '$A2="Новая"')
RULES = [
    Condition(Range(1, 0, 3, 2), formula, Style(fill=fill))
    for formula, fill in zip(OURS, ("F3F4F5", "FFF4CC"), strict=True)
]


@pytest.fixture
def google():
    with Emulator() as google:
        yield google
        assert google.complaints == []


def tab(conditions, *, people=True, color="F2B705"):
    """A tab with rules. people: one in which managers work, that is copied with each write."""
    columns = (
        TabColumn("status", "Статус", pl.Series(["Новая", "Сделана", "Новая"]), manager=people),
        TabColumn("todo", "Что сделать", pl.Series(["раз", "два", "три"])),
        TabColumn("key", "Ключ", pl.Series(["k1", "k2", "k3"]), hidden=True),
    )  # fmt: skip
    return Tab("tasks", TAB, (Table("crm_tasks", columns),), conditions=tuple(conditions), color=color)


def theirs(number):
    """A rule that somebody made."""
    looks = {"textFormat": {"bold": True}}
    value = {"userEnteredValue": str(number)}
    return {"booleanRule": {"condition": {"type": "NUMBER_GREATER", "values": [value]}, "format": looks}}


class Scene:
    """A tab of ours among whose rules people have put two of their own."""

    def __init__(self, google, tmp_path, *, people=True):
        self.google, self.key = google, google.key_file(tmp_path / "key.json")
        number = google.add_book({"Клиенты": [["Клиент"], ["Анна"]]})
        self.book, self.anna = google_book(google, number, self.key), google.person(number)
        self.people = people
        self.write(RULES, color="F2B705")
        self.add(1, 0)
        self.add(2, 3)

    def write(self, conditions, *, color):
        drawn = tab(conditions, people=self.people, color=color)
        for _ in range(4):
            try:
                return self.book.apply(WritePlan((drawn,), self.book.fingerprint()))
            except FingerprintChanged:
                continue
        raise AssertionError("it never stood still")

    @property
    def rules(self):
        return self.google.sheet(self.book.id, TAB).conditions

    def add(self, number, index):
        sheet = self.google.sheet(self.book.id, TAB).id
        rule = {**theirs(number), "ranges": [{"sheetId": sheet, "startRowIndex": 1, "endRowIndex": 9}]}
        self.anna.do({"addConditionalFormatRule": {"index": index, "rule": rule}})

    def remove(self, index):
        sheet = self.google.sheet(self.book.id, TAB).id
        self.anna.do({"deleteConditionalFormatRule": {"sheetId": sheet, "index": index}})

    def move(self, index, to):
        sheet = self.google.sheet(self.book.id, TAB).id
        self.anna.do({"updateConditionalFormatRule": {"sheetId": sheet, "index": index, "newIndex": to}})

    def people_s(self):
        """People's rules in their order, whole."""
        return [rule for rule in self.rules if rule["booleanRule"]["condition"]["type"] != "CUSTOM_FORMULA"]

    def ours(self):
        return [rule for rule in self.rules if rule not in self.people_s()]


ACTS = {
    "adds above": lambda one: one.add(3, 0),
    "adds two above": lambda one: (one.add(3, 0), one.add(4, 0)),
    "adds between": lambda one: one.add(3, 2),
    "adds below": lambda one: one.add(3, 4),
    "removes own above": lambda one: one.remove(0),
    "removes own below": lambda one: one.remove(3),
    "removes ours": lambda one: one.remove(1),
    "moves own down": lambda one: one.move(0, 3),
    "moves own up": lambda one: one.move(3, 0),
    "moves ours up": lambda one: one.move(2, 0),
}
NEW = [
    replace(RULES[0], style=Style(fill="00FF00")),
    RULES[1],
    Condition(Range(1, 0, 3, 2), '$B2="раз"', Style(bold=True)),
]


def acted(scene, act):
    """Just before the write somebody acts; what should stand of theirs afterwards."""
    found = []

    def acts():
        ACTS[act](scene)
        found.extend(scene.people_s())

    scene.google.faults.before(acts, method="write", nth=1)
    return found


def check(scene, wanted):
    assert scene.people_s() == wanted
    assert len(scene.ours()) == len(NEW)
    assert scene.ours()[0]["booleanRule"]["format"]["backgroundColorStyle"]["rgbColor"] == {"green": 1}
    assert len(scene.google.document(scene.book.id).sheets) == 2
    scene.google.calls.clear()
    assert scene.write(NEW, color="00FF00").written == ()
    assert (scene.google.calls.reads, scene.google.calls.writes) == (2, 0)


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("act", ACTS)
def test_no_rule_of_people_s_is_hit(google, tmp_path, act, people):
    scene = Scene(google, tmp_path, people=people)
    wanted = acted(scene, act)
    scene.write(NEW, color="00FF00")
    check(scene, wanted)


@pytest.mark.parametrize("act", ["adds above", "removes own above", "removes ours", "moves own up", "moves ours up"])
def test_nor_where_the_answer_is_lost(google, tmp_path, act):
    scene = Scene(google, tmp_path)
    wanted = acted(scene, act)
    google.faults.add("reset_after", method="write", nth=1)
    scene.write(NEW, color="00FF00")
    check(scene, wanted)


@pytest.mark.slow
@pytest.mark.parametrize("act", ["adds above", "adds two above", "removes own above", "moves own up"])
def test_nor_where_the_process_dies(google, tmp_path, act):
    scene = Scene(google, tmp_path)
    wanted = acted(scene, act)
    with dying(1, applied=True), pytest.raises(Killed):
        scene.write(NEW, color="00FF00")
    scene.book = google_book(google, scene.book.id, scene.key)
    scene.write(NEW, color="00FF00")
    check(scene, wanted)


def test_nor_by_what_puts_one_back(google, tmp_path):
    scene = Scene(google, tmp_path)
    acted(scene, "adds two above")
    wanted = []

    def acts():
        scene.add(5, 0)
        wanted.extend(scene.people_s())

    google.faults.before(acts, method="write", nth=2)
    scene.write(NEW, color="00FF00")
    assert {rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"] for rule in scene.people_s()} == set(
        "12345"
    )
    assert len(scene.ours()) == len(NEW)


def test_a_rule_that_somebody_removed_after_the_process_died_stays_away(google, tmp_path):
    scene = Scene(google, tmp_path)
    with dying(1, applied=True), pytest.raises(Killed):
        scene.write(NEW, color="00FF00")
    scene.remove(next(n for n, rule in enumerate(scene.rules) if rule == scene.people_s()[0]))
    wanted = scene.people_s()
    scene.book = google_book(google, scene.book.id, scene.key)
    scene.write(NEW, color="00FF00")
    check(scene, wanted)
