"""Rules in plain words: on, off, their numbers; what each would do today, or what it lacks."""

import pytest

from sheets_crm import data
from sheets_crm.engine import parse_pack
from sheets_crm.wizard.rule_numbers import read_number
from sheets_crm.wizard.steps.rules import entry_of
from sheets_crm.wizard.trial import Trials
from tests.wizard.second import TODAY, Owner, book, demo_owner

RULES = {rule.id: rule for name, text in data.packs() for rule in parse_pack(text, name).rules}


@pytest.fixture
def owner(tmp_path):
    return demo_owner(tmp_path, at="rules")


def block_of(owner, rule):
    return next(one for one in owner.screen.blocks if any(field.name == rule for field in getattr(one, "fields", ())))


def test_every_rule_is_there_with_its_words_and_its_numbers(owner):
    names = {field.name for field in owner.screen.fields}
    assert {*RULES} <= names
    assert {f"{rule.id}.{param}" for rule in RULES.values() for param in rule.params} <= names
    days = owner.field("offer_followup.days")
    assert (days.value, days.unit, days.least, days.most) == ("3", "дня", "0", "365")
    assert owner.field("offer_followup.large").unit == "₽"


def test_each_rule_tells_how_many_tasks_it_makes_today(owner):
    result = Trials(owner.world, TODAY).of(owner.conversation.draft).result
    offers = sum(decision.rule == "offer_followup" for task in result.open_tasks for decision in task.decisions)
    assert offers
    assert f"Сегодня это {offers} зада" in block_of(owner, "offer_followup").intro
    assert "Если включить" in block_of(owner, "regular_touch").intro
    assert not block_of(owner, "regular_touch").is_open


def test_nothing_changed_writes_nothing(owner):
    owner.answer()
    assert "rules" not in owner.settings
    assert owner.conversation.here == "preview"


def test_what_differs_from_the_usual_is_written_and_nothing_else(owner):
    owner.answer(
        **{"birthday": None, "regular_touch": "yes", "offer_followup.days": "5", "invoice_followup.large": "50 000,50"}
    )
    assert owner.settings["rules"] == {
        "invoice_followup": {"large": 50000.5}, "offer_followup": {"days": 5}, "birthday": False, "regular_touch": True,
    }  # fmt: skip
    owner.conversation.go("rules")
    assert owner.field("offer_followup.days").value == "5"
    assert owner.field("birthday").value == ""
    owner.answer(**{"offer_followup.days": "3", "birthday": "yes"})
    assert owner.settings["rules"]["offer_followup"] == {"days": 3}, "said once, it stays said"
    assert owner.settings["rules"]["birthday"] is True


@pytest.mark.parametrize("typed", ["", "много", "-1", "366", "2,5", "1e99", "NaN", "٣x"])
def test_a_number_that_does_not_fit_is_told_beside_its_field(owner, typed):
    assert owner.answer(**{"offer_followup.days": typed}) == "rules"
    assert owner.error("offer_followup.days")
    assert owner.field("offer_followup.days").value == typed or not typed
    assert not owner.error("invoice_followup.days")


@pytest.mark.parametrize(
    ("rule", "name", "typed", "value"),
    [
        ("offer_followup", "days", "7", 7), ("offer_followup", "large", "1 000 000", 1_000_000), ("offer_followup", "large", "0,5", 0.5),
        ("regular_touch", "classes", "A, B", ["A", "B"]), ("reactivation", "default_days", "\u00a090 ", 90),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(rule, name, typed, value):
    assert read_number(RULES[rule].params[name], typed, "ru") == (value, "")


def test_what_was_said_by_hand_keeps_its_other_keys(tmp_path):
    said = {
        "reactivation": {"on": True, "default_days": 30, "only": 'abc == "A"'},
        "offer_followup": {"stages": ["КП"]},
        "birthday": False,
    }
    owner = demo_owner(tmp_path, settings={"rules": said}, at="rules")
    assert owner.field("reactivation").value == "yes"
    assert owner.field("reactivation.default_days").value == "30"
    owner.answer(**{"offer_followup.days": "9"})
    rules = owner.settings["rules"]
    assert rules["reactivation"] == said["reactivation"]
    assert rules["offer_followup"] == {"stages": ["КП"], "days": 9}
    assert rules["birthday"] is False, "an earlier step had switched it off"


def test_an_entry_that_says_the_same_stays_as_it_is_written():
    rule = RULES["birthday"]
    for before in (True, "yes", {"on": True}, {"on": True, "days": 7}, {"days": 7}):
        assert entry_of(rule, before, {"days": 7}, {"days": 7}, on=True) == before
    assert entry_of(rule, "yes", {"days": 7}, {"days": 7}, on=False) is False
    assert entry_of(rule, None, {"days": 7}, {"days": 8}, on=False) == {"on": False, "days": 8}
    assert entry_of(rule, None, {"days": 7}, {"days": 7}, on=True) is None


def test_a_rule_without_its_columns_says_which(tmp_path):
    folder = tmp_path / "firm"
    folder.mkdir()
    rows = [["Клиент", "Телефон", "Менеджер"], *([f"Имя {n}", f"+7912000{n:04}", "Анна"] for n in range(12))]
    owner = Owner(folder, book(folder / "a.xlsx", {"Клиенты": rows}))
    owner.to("rules")
    birthday = block_of(owner, "birthday")
    assert "нет колонки «День рождения»" in birthday.intro or "нет колонки «Дата рождения»" in birthday.intro
    assert not birthday.is_open
    assert "нет листа, где стоят" in block_of(owner, "offer_followup").intro


def test_without_a_workbook_rules_can_still_be_set(tmp_path):
    owner = demo_owner(tmp_path, at="rules")
    owner.workbook.unlink()
    assert "сказать пока нельзя" in owner.texts
    owner.answer(birthday=None)
    assert owner.settings["rules"] == {"birthday": False}


def test_a_rule_that_no_pack_has_is_told_and_taken_out(tmp_path):
    owner = demo_owner(tmp_path, settings={"rules": {"birthdya": False, "birthday": False}}, at="rules")
    assert "birthdya" in owner.texts
    owner.answer()
    assert owner.settings["rules"] == {"birthday": False}
    assert owner.conversation.here == "preview"
