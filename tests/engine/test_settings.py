"""The `rules:` section of crm.yaml: switches, parameters, stages, a further condition; mistakes with the nearest name."""

from decimal import Decimal

import pytest

from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.faults import Place, sentence
from sheets_crm.engine.kinds import Type
from sheets_crm.engine.pack import parse_pack
from sheets_crm.engine.settings import RuleSettings, parse_settings
from sheets_crm.errors import ConfigError
from tests.engine.helpers import BASIC, TODAY, deal_facts

PACK = parse_pack(BASIC.read_text("utf-8"), "rules/basic.yaml")
LOST = [
    {"stage_kind": "lost", "stage": "Отказ", "amount": 100, "source": "сайт"},
    {"stage_kind": "lost", "stage": "Потерян", "amount": 900},
]


def rows(section, facts=None):
    settings = parse_settings(section, [PACK])
    return [one.row for one in decide({"deal": facts or deal_facts(*LOST)}, [PACK], settings, TODAY)]


def test_nothing_said_is_as_the_pack_says():
    assert parse_settings(None, [PACK]) == RuleSettings()
    assert rows({}) == [1, 2]
    assert rows({"lost_no_reason": None}) == [1, 2]


@pytest.mark.parametrize("off", [False, {"on": False}, "off", {"on": "no"}, {True: False}])
def test_switches_in_every_dialect_of_yaml(off):
    assert rows({"lost_no_reason": off}) == []


def test_stages_limit_a_rule():
    assert rows({"lost_no_reason": {"stages": ["  ОТКАЗ "]}}) == [1]
    assert rows({"lost_no_reason": {"stages": "потерян"}}) == [2]


def test_a_further_condition_of_the_owner():
    assert rows({"lost_no_reason": {"only": "amount > 500"}}) == [2]
    assert rows({"lost_no_reason": {"only": 'source == "Сайт"'}}) == [1]


def test_parameters_replace_defaults():
    settings = parse_settings({"offer_followup": {"days": 5, "large": 1500.5}}, [PACK])
    assert settings.params(PACK.rule("offer_followup")) == {"days": 5, "large": Decimal("1500.5")}
    assert settings.params(PACK.rule("birthday")) == {"days": 7}


FAULTS = [
    ({"birtday": True}, "unknown.rule_near", "rules.birtday", "Did you mean “birthday”?"),
    ({"xyzzy": True}, "unknown.rule", "rules.xyzzy", "Use one of: birthday,"),
    ({"birthday": {"dais": 3}}, "unknown.param_near", "rules.birthday.dais", "Did you mean “days”?"),
    ({"birthday": {"stage": ["x"]}}, "unknown.param_near", "rules.birthday.stage", "Did you mean “stages”?"),
    ({"birthday": {"days": "three"}}, "not_whole", "rules.birthday.days", "“three” is not a whole number"),
    ({"birthday": {"days": 2.5}}, "not_whole", "rules.birthday.days", "“2.5”"),
    ({"birthday": {"days": True}}, "not_whole", "rules.birthday.days", "“True”"),
    ({"birthday": {"days": -1}}, "too_small", "rules.birthday.days", "Write 0 or more."),
    ({"birthday": {"days": 61}}, "too_large", "rules.birthday.days", "Write 60 or less."),
    ({"birthday": {"on": "maybe"}}, "not_bool", "rules.birthday.on", "“maybe”"),
    ({"birthday": "maybe"}, "not_bool", "rules.birthday", "“maybe”"),
    ({"birthday": [1]}, "not_mapping", "rules.birthday", "key: value"),
    (["birthday"], "not_mapping", "rules", "key: value"),
    ({"birthday": {"stages": ["x"]}}, "no_stages", "rules.birthday.stages", "have no stages"),
    ({"offer_followup": {"stages": [1]}}, "not_listed", "rules.offer_followup.stages", "list"),
    ({"offer_followup": {"assignee": 5}}, "not_text", "rules.offer_followup.assignee", "“5”"),
    (
        {"offer_followup": {"only": "amout > 5"}},
        "unknown.field_near",
        "rules.offer_followup.only",
        "Did you mean “amount”?",
    ),
    ({"offer_followup": {"only": "amount"}}, "wrong_result", "rules.offer_followup.only", "It has to give: yes/no."),
    ({"offer_followup": {"large": 0.00001}}, "too_fine", "rules.offer_followup.priority", "four decimals"),
    ({5: True}, "unknown.rule", "rules.5", "no rule “5”"),
]


@pytest.mark.parametrize(
    ("section", "key", "where", "said"), FAULTS, ids=[f"{key} {section}" for section, key, *_ in FAULTS]
)
def test_a_mistake_is_placed_and_told(section, key, where, said):
    with pytest.raises(ConfigError) as caught:
        parse_settings(section, [PACK])
    assert caught.value.key == f"engine.{key}"
    assert caught.value.values["where"] == f"crm.yaml ({where})"
    assert said in sentence(caught.value, "en")
    assert sentence(caught.value, "ru").startswith(f"crm.yaml ({where}): ")


def test_the_caller_may_know_the_line():
    with pytest.raises(ConfigError) as caught:
        parse_settings({"birtday": True}, [PACK], where=lambda keys: Place("crm.yaml", keys[0], lambda _: (17, 3)))
    assert sentence(caught.value, "ru").startswith("crm.yaml, строка 17, место 3 (birtday): нет правила «birtday».")


def test_custom_fields_may_stand_in_the_owners_condition():
    section = {"offer_followup": {"only": 'car == "Lada"'}}
    with pytest.raises(ConfigError):
        parse_settings(section, [PACK])
    assert parse_settings(section, [PACK], fields={"deal": {"car": Type.TEXT}})
