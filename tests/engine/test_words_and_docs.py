"""Texts answer to code in both languages; the docs list what there is, and their examples load."""

import re
from string import Formatter

import pytest
import yaml

from sheets_crm.engine.expr import compile_expression
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.functions import FUNCTIONS
from sheets_crm.engine.kinds import Type
from sheets_crm.engine.pack import Rule, parse_pack
from sheets_crm.engine.packtest import run_pack_tests, untested
from sheets_crm.words import catalogue
from tests.engine.helpers import ROOT

DOCS = ROOT / "docs"


def flat(node, path=""):
    if isinstance(node, dict):
        return {
            key: text
            for name, inner in node.items()
            for key, text in flat(inner, f"{path}.{name}" if path else name).items()
        }
    return {path: node}


EN, RU = flat(catalogue("en")["engine"]), flat(catalogue("ru")["engine"])


def names(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_placeholders():
    assert set(EN) == set(RU)
    for key, text in EN.items():
        assert names(text) == names(RU[key]), key


def test_every_key_of_the_code_has_a_text_and_every_text_a_use():
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "sheets_crm" / "engine").glob("*.py"))
    used = set(re.findall(r'"([a-z_]+)"', code)) | set(re.findall(r'engine\.([a-z_]+)"', code))
    families = ("types.", "unknown.", "not_a_condition.")
    assert {key for key in EN if not key.startswith(families)} <= used
    called = set(re.findall(r'fault\(\s*"([a-z_]+)"', code)) | set(re.findall(r'Error\("engine\.([a-z_]+)"', code))
    called |= set(re.findall(r'_refuse\("([a-z_]+)"', code)) | set(re.findall(r'return "([a-z_]+)", ', code))
    assert called <= set(EN)
    for what in set(re.findall(r'unknown\("([a-z_]+)"', code)):
        assert {f"unknown.{what}", f"unknown.{what}_near"} <= set(EN)
    assert {f"types.{kind}" for kind in Type} <= set(EN)


def test_messages_say_what_to_do_and_blame_nobody():
    for key, text in EN.items():
        if key.startswith("types."):
            continue
        assert "{where}" in text, key
        assert text.endswith((".", "?")), key
        assert not re.search(r"invalid|illegal|wrong|error", text, re.IGNORECASE), key


def test_docs_list_every_function():
    text = (DOCS / "reference" / "expressions.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z_]+)\([^`]*\)`", text[text.index("## Functions") : text.index("## Examples")]))
    assert told == {*FUNCTIONS, "bound"}


def test_examples_of_the_docs_compile():
    text = (DOCS / "reference" / "expressions.md").read_text("utf-8")
    examples = text[text.index("## Examples") :].split("```")[1].strip().splitlines()
    schema = {**FACT_COLUMNS["deal"], **FACT_COLUMNS["client"]}
    for example in examples:
        assert compile_expression(example, schema, {"days": 3}).type is Type.BOOL


@pytest.mark.parametrize("card", ["common", *FACT_COLUMNS])
def test_docs_list_every_field_with_its_type(card):
    facts = yaml.safe_load((ROOT / "sheets_crm" / "engine" / "facts.yaml").read_text("utf-8"))
    text = (DOCS / "reference" / "facts.md").read_text("utf-8")
    title = "Every card" if card == "common" else card
    section = re.split(r"^## ", text.split(f"## {title}\n", 1)[1], flags=re.MULTILINE)[0]
    assert dict(re.findall(r"^\| `([a-z_0-9]+)` \| ([a-z]+) \|", section, flags=re.MULTILINE)) == facts[card]


def test_docs_list_every_key_of_a_rule_and_every_basic_rule():
    text = (DOCS / "reference" / "rules.md").read_text("utf-8")
    table = text[text.index("## A rule") : text.index("**Texts**")]
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, flags=re.MULTILINE)) == set(Rule.model_fields)
    pack = parse_pack((ROOT / "rules" / "basic.yaml").read_text("utf-8"), "basic.yaml")
    basic = text[text.index("## The basic pack") :]
    for rule in pack.rules:
        line = next(line for line in basic.splitlines() if line.startswith(f"| `{rule.id}` |"))
        assert ", ".join(rule.card) in line
        for name, param in rule.params.items():
            default = ", ".join(param.default) if param.type == "list" else f"{int(param.default):,}"
            assert f"`{name}` {default}" in line


def test_the_howtos_pack_loads_and_passes_its_tests():
    text = (DOCS / "howto" / "write-a-rule.md").read_text("utf-8")
    pack = parse_pack(text.split("```yaml\n")[1].split("```")[0], "my-rules.yaml")
    assert untested(pack) == ()
    assert all(result.ok for result in run_pack_tests(pack))


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("**/*.yaml")), ids=lambda path: path.name)
def test_every_pack_of_the_house_is_tested_and_passes(path):
    pack = parse_pack(path.read_text("utf-8"), path.name)
    assert untested(pack) == ()
    assert [result for result in run_pack_tests(pack) if not result.ok] == []
