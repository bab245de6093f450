"""A pack is checked when it is loaded: each mistake with file, line, key, what is allowed and the nearest name."""

import copy

import pytest
import yaml

from sheets_crm.engine.faults import sentence
from sheets_crm.engine.pack import pack_schema, parse_pack
from sheets_crm.engine.packtest import run_pack_tests, untested
from sheets_crm.errors import PackError
from tests.engine.helpers import BASIC

PACK = """\
id: own
version: 1
label: {ru: Свои, en: Own}
rules:
  - id: call_back
    card: deal
    label: {ru: Перезвонить, en: Call back}
    needs: [created]
    params:
      days: {type: int, default: 5, min: 0, max: 30}
      kinds: {type: list, default: [new]}
      tone: {type: choice, default: calm, options: [calm, firm]}
    when: >-
      stage_kind == "open" and
      today - created >= days
    values:
      n: today - created
    occurrence: created
    priority: choose(amount > 5000, 1, 3)
    assignee: {role: head}
    cell: created
    todo: {ru: Перезвоните, en: Call back}
    why:
      ru: {one: "{n} день", few: "{n} дня", many: "{n} дней"}
      en: {one: "{n} day", other: "{n} days"}
    hint: {ru: "Сделка «{title}»", en: "Deal “{title}”"}
    tests:
      - name: five days
        today: 2026-11-20
        given: {stage_kind: open}
        rows: [{created: 2026-11-15}, {created: 2026-11-16}]
        expect: [1]
"""


def test_a_sound_pack_loads_and_its_tests_pass():
    pack = parse_pack(PACK, "own.yaml")
    assert [result.ok for result in run_pack_tests(pack)] == [True]
    assert untested(pack) == ()
    assert pack.rule("call_back").why.ru["other"] == "{n} дня"  # fractions take the form of 2-4


FAULTS = [
    # (what is replaced, by what, key of the sentence, where, part of the English sentence)
    ("when: >-", "wen: >-", "unknown.key_near", "own.yaml:13:", "“wen” is not known here. Did you mean “when”?"),
    ("tone: {type", "tone: {tipe", "unknown.key_near", "own.yaml:12:", "Did you mean “type”?"),
    ("    label: {ru: Перезвонить, en: Call back}\n", "", "missing_key", "own.yaml:5:", "“label” is missing"),
    ("label: {ru: Свои, en: Own}", "label: {ru: Свои}", "missing_key", "own.yaml:3:", "“en” is missing"),
    ("id: call_back", "id: Call Back", "not_an_id", "own.yaml:5:", "small Latin letters"),
    ("card: deal", "card: deel", "unknown.card_near", "own.yaml:6:", "Did you mean “deal”?"),
    ("needs: [created]", "needs: [craeted]", "unknown.field_near", "own.yaml:8:", "Did you mean “created”?"),
    ("needs: [created]", "needs: {client: [name]}", "unknown.card", "own.yaml:8:", "Use one of: deal"),
    ("cell: created", "cell: creeted", "unknown.field_near", "own.yaml:21:", "Did you mean “created”?"),
    ("today - created >= days", "today - created >= dais", "unknown.field_near", "own.yaml:15:26 (rules.call_back.when)", "Did you mean “days”?"),
    ("today - created >= days", "today - created >= stage", "not_comparable", "own.yaml:15:7", "“stage” (text)"),
    ("today - created >= days", "today - created", "not_a_condition.number", "own.yaml:15:7", "is a number"),
    ('stage_kind == "open" and', 'stage_kind == "open" or or', "unreadable", "own.yaml:14:31", "“or"),
    ("occurrence: created", "occurrence: [created, stge]", "unknown.field_near", "own.yaml:18:27", "Did you mean “stage”?"),
    ("n: today - created", "n: today + created", "no_arithmetic", "own.yaml:17:10", "has no meaning"),
    ("priority: choose(amount > 5000, 1, 3)", "priority: created", "wrong_result", "own.yaml:19:15", "“priority” gives date. It has to give: number."),
    ("priority: choose(amount > 5000, 1, 3)", "due: amount", "wrong_result", "own.yaml:19:", "It has to give: date."),
    ("default: 5,", "default: 50,", "too_large", "own.yaml:10:", "50 is too much. Write 30 or less."),
    ("default: 5,", "default: soon,", "not_whole", "own.yaml:10:", "“soon” is not a whole number"),
    ("default: calm", "default: rude", "not_one_of", "own.yaml:12:", "Use one of: calm, firm."),
    ("type: int", "type: integer", "not_one_of", "own.yaml:10:", "'int', 'number'"),
    ("    tests:", "    outcomes: {ru: [Да], en: []}\n    tests:", "uneven_lists", "own.yaml:27:", "“outcomes” has lists"),
    ("    tests:", "    outcomes: [{id: a, ru: Берут, en: Taken, then: agian}]\n    tests:", "not_one_of", "own.yaml:27:", "'again'"),
    ("    tests:", "    outcomes: [{id: a, ru: Да}]\n    tests:", "missing_key", "own.yaml:27:", "“en” is missing"),
    ("    tests:", "    outcomes: [{id: a, ru: Берут, en: Taken, than: again}]\n    tests:", "unknown.key_near", "own.yaml:27:", "Did you mean “then”?"),
    ("    tests:", "    outcomes: Да\n    tests:", "not_mapping", "own.yaml:27:", "key: value"),
    ("    tests:", "    outcomes: [{id: a, ru: Берут, en: Taken}, {id: b, ru: Не берут, en: Not taken, also: taken}]\n    tests:", "outcome_twice", "own.yaml:27:", "“taken” stands for two"),
    ("    tests:", "    again: {after_days: [0]}\n    tests:", "too_small", "own.yaml:27:", "1 or more"),
    ("    tests:", "    again: {to: manager}\n    tests:", "not_one_of", "own.yaml:27:", "'head'"),
    ("    tests:", "    ended: [{when: stage, ru: а, en: a}]\n    tests:", "wrong_result", "own.yaml:27:", "yes/no"),
    ("    tests:", "    ended: [{when: amount > 1, ru: 'а {stge}', en: a}]\n    tests:", "unknown.placeholder_near", "own.yaml:27:", "Did you mean “stage”?"),
    ("days: {type", "stage: {type", "taken_name", "own.yaml:10:", "“stage” is already a field"),
    ("days: {type", "today: {type", "taken_name", "own.yaml:10:", "“today”"),
    ("{ru: Перезвоните, en: Call back}", "{ru: Перезвоните, en: 'Call {naem}'}", "unknown.placeholder", "own.yaml:22:", "“naem”"),
    ("{ru: Перезвоните, en: Call back}", "{ru: Перезвоните, en: 'Call {titel}'}", "unknown.placeholder_near", "own.yaml:22:", "Did you mean “title”?"),
    ("{ru: Перезвоните, en: Call back}", "{ru: Перезвоните, en: 'Call {title'}", "bad_braces", "own.yaml:22:", "braces"),
    ("{ru: Перезвоните, en: Call back}", "{ru: Перезвоните, en: 'Call {title.x}'}", "bad_braces", "own.yaml:22:", "braces"),
    ("{ru: Перезвоните, en: Call back}", "{ru: Перезвоните, en: ''}", "empty_text", "own.yaml:22:", "is empty"),
    ("    values:\n      n: today - created\n", "", "no_n", "own.yaml:2", "need a number n"),
    ("cell: created", "checklist: {ru: [один], en: [one, two]}", "uneven_lists", "own.yaml:21:", "different length"),
    ("cell: created", "unless: other", "unknown.rule_above", "own.yaml:21:", "no rule “other” above"),
    ("cell: created", "unless: call_back", "unknown.rule_above", "own.yaml:21:", "no rule “call_back” above"),
    ("today: 2026-11-20", "today: soon", "not_a_date", "own.yaml:29:", "“soon” is not a day"),
    ("given: {stage_kind: open}", "given: {stage_kid: open}", "unknown.field_near", "own.yaml:30:", "Did you mean “stage_kind”?"),
    ("{created: 2026-11-16}", "{created: soon}", "not_a_value", "own.yaml:31:", "“soon” does not fit"),
    ("{created: 2026-11-16}", "{amount: [1]}", "not_a_value", "own.yaml:31:", "does not fit"),
    ("expect: [1]", "expect: [3]", "no_such_row", "own.yaml:32:", "no row 3"),
    ("expect: [1]", "expect: [{row: 1, due: soon}]", "not_a_date", "own.yaml:32:", "“soon”"),
    ("expect: [1]", "expect: [{row: 1, dew: 2026-11-20}]", "unknown.key_near", "own.yaml:32:", "Did you mean “due”?"),
    ("expect: [1]", "params: {dais: 3}\n        expect: [1]", "unknown.param_near", "own.yaml:32:", "Did you mean “days”?"),
    ("expect: [1]", "params: {days: 31}\n        expect: [1]", "too_large", "own.yaml:32:", "Write 30 or less"),
    ("version: 1", "version: one", "not_whole", "own.yaml:2:", "“one” is not a whole number"),
    ("version: 1", "version: 1\nversion: 2", "repeated_key", "own.yaml:3", "“version” stands here for the second time"),
    ("version: 1", "version:", "empty_value", "own.yaml:2:", "nothing here"),
    ("version: 1", "version: " + "9" * 5000, "bad_value", "own.yaml:2:", "can't stand here"),
    ("version: 1", "version: [", "not_yaml", "own.yaml:", "can't be read as YAML"),
    ("assignee: {role: head}", "assignee: {rule: head}", "unknown.key_near", "own.yaml:20:", "Did you mean “role”?"),
    ("assignee: {role: head}", "assignee: amount", "wrong_result", "own.yaml:20:", "It has to give: text"),
    ("priority: choose(amount > 5000, 1, 3)", "priority: 7", "not_one_of", "own.yaml:19:", "“7”"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "key", "where", "said"), FAULTS, ids=[f"{key} {new[:25]}" for _, new, key, *_ in FAULTS]
)
def test_a_mistake_is_placed_and_told(old, new, key, where, said):
    assert PACK.count(old) == 1, old
    with pytest.raises(PackError) as caught:
        parse_pack(PACK.replace(old, new), "own.yaml")
    assert (caught.value.key, sentence(caught.value, "en")) == (f"engine.{key}", sentence(caught.value, "en"))
    assert str(caught.value.values["where"]).startswith(where), caught.value.values["where"]
    assert said in sentence(caught.value, "en")
    assert sentence(caught.value, "ru") != sentence(caught.value, "en")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "just words",
        "id: x\n  bad: [",
        "a: &a [*a]",
        "x: !!python/object:os.system {}",
        "\t",
        "a: 2026-13-45",
    ],
)
def test_what_is_no_pack_at_all(text):
    with pytest.raises(PackError) as caught:
        parse_pack(text, "own.yaml")
    assert "own.yaml" in sentence(caught.value, "ru")


def test_two_rules_of_one_id():
    data = yaml.safe_load(PACK)
    data["rules"].append(copy.deepcopy(data["rules"][0]))
    with pytest.raises(PackError) as caught:
        parse_pack(yaml.safe_dump(data, allow_unicode=True), "own.yaml")
    assert caught.value.key == "engine.repeated_rule"


def test_custom_fields_are_known_when_the_template_says_so():
    text = PACK.replace("today - created >= days", 'car == "Lada"')
    with pytest.raises(PackError):
        parse_pack(text, "own.yaml")
    from sheets_crm.engine.kinds import Type

    assert parse_pack(text, "own.yaml", fields={"deal": {"car": Type.TEXT}})


def test_failing_tests_of_a_pack_tell_the_difference():
    pack = parse_pack(PACK.replace("expect: [1]", "expect: [2, {row: 1, priority: 1, why: {en: 4 days}}]"), "own.yaml")
    (result,) = run_pack_tests(pack)
    assert not result.ok
    told = {(found.row, found.what, found.expected, found.got) for found in result.differences}
    assert told == {(1, "priority", "1", "3"), (1, "why.en", "4 days", "5 days"), (2, "task", "yes", "no")}


def test_a_pack_whose_tests_prove_nothing_is_untested():
    assert untested(parse_pack(PACK[: PACK.index("    tests:")], "own.yaml")) == ("call_back",)
    assert untested(
        parse_pack(
            PACK.replace("rows: [{created: 2026-11-15}, {created: 2026-11-16}]", "rows: [{created: 2026-11-15}]"),
            "own.yaml",
        )
    )
    assert untested(parse_pack(PACK.replace("expect: [1]", "expect: []"), "own.yaml"))


def test_the_schema_for_editors_describes_what_the_loader_takes():
    schema = pack_schema()
    rule = schema["$defs"]["Rule"]
    assert schema["additionalProperties"] is False
    assert rule["additionalProperties"] is False
    assert {"id", "card", "label", "when", "todo", "why"} == set(rule["required"])
    assert {option.get("type") for option in rule["properties"]["card"]["anyOf"]} == {"string", "array"}
    data = yaml.safe_load(BASIC.read_text("utf-8"))
    assert all(set(each) <= set(rule["properties"]) for each in data["rules"])
