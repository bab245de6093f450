"""YAML of people: scalars keep their face, mistakes get a sentence."""

from datetime import time
from itertools import pairwise
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from sheets_crm.cards import load_model
from sheets_crm.cards.yamlmodel import Mark, merge, read_yaml, validate
from sheets_crm.errors import ConfigError, PackError
from sheets_crm.words import say


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Rule(Strict):
    days: Annotated[int, Field(ge=0, le=30)] = 3
    on: bool = True
    share: float = 0.5


class Mapping(Strict):
    column: str


class Book(Strict):
    workbook: str
    language: Literal["ru", "en"] = "ru"
    at: time | None = None
    tags: list[str] = []
    rules: dict[str, Rule | bool] = {}
    columns: dict[str, str | Mapping] = {}


def mistake(text: str, error=ConfigError):
    with pytest.raises(error) as caught:
        load_model(text, "crm.yaml", Book, error=error)
    for lang in ("ru", "en"):
        told = say(caught.value.key, lang, **caught.value.values)
        assert told.startswith("crm.yaml")
        assert told.endswith(("Ничего не записано.", "Nothing was written."))
    return caught.value.key, caught.value.values


BOMB = "a: &a [x]\n" + "".join(
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]\n" for before, one in pairwise("abcdefghij")
)


def test_a_good_file():
    book = load_model(
        "workbook: a.xlsx\nat: 08:30\nrules: {birthday: no, offer: {days: 5, on: yes}}\n", "crm.yaml", Book
    )
    assert book.at == time(8, 30)
    assert book.rules["birthday"] is False
    assert book.rules["offer"] == Rule(days=5, on=True)


def test_scalars_keep_their_face():
    data = read_yaml(
        "a: yes\nb: 8:30\nc: 2026-11-20\nd: 007\ne: 12\nf: 1.5\ng: true\nh: ~\ni: '5'\nno: 1\nj: 1e3\n", "x"
    ).data
    assert data == {
        "a": "yes",
        "b": "8:30",
        "c": "2026-11-20",
        "d": "007",
        "e": 12,
        "f": 1.5,
        "g": True,
        "h": None,
        "i": "5",
        "no": 1,
        "j": "1e3",
    }


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("workbok: a.xlsx\n", "errors.yaml.unknown_key_near", {"line": 1, "path": "workbok", "near": "workbook"}),
        ("workbook: a\nzzz: 1\n", "errors.yaml.unknown_key", {"line": 2, "allowed": "workbook, language, at, tags, rules, columns"}),
        ("language: en\n", "errors.yaml.missing_top", {"seen": "workbook"}),
        ("workbook: a\nlanguage: rus\n", "errors.yaml.not_allowed_near", {"line": 2, "seen": "rus", "allowed": "ru, en", "near": "ru"}),
        ("workbook: a\nlanguage: немецкий\n", "errors.yaml.not_allowed", {"line": 2, "allowed": "ru, en"}),
        ("workbook: a\nrules:\n  offer:\n    days: три\n", "errors.yaml.expected_whole", {"line": 4, "path": "rules.offer.days", "seen": "три"}),
        ("workbook: a\nrules:\n  offer:\n    days: 90\n", "errors.yaml.at_most", {"line": 4, "limit": "30"}),
        ("workbook: a\nrules:\n  offer:\n    days: -1\n", "errors.yaml.at_least", {"line": 4, "limit": "0"}),
        ("workbook: a\nrules:\n  offer:\n    dayz: 1\n", "errors.yaml.unknown_key_near", {"line": 4, "near": "days"}),
        ("workbook: a\nrules:\n  offer:\n    share: много\n", "errors.yaml.expected_number", {"line": 4}),
        ("workbook: a\ncolumns: {phone: {}}\n", "errors.yaml.missing_key", {"line": 2, "path": "columns.phone", "seen": "column"}),
        ("workbook: a\ntags: ra\n", "errors.yaml.expected_list", {"line": 2}),
        ("workbook: a\ntags: [x, [y]]\n", "errors.yaml.expected_text", {"line": 2, "path": "tags[2]"}),
        ("workbook: a\nrules: 5\n", "errors.yaml.expected_mapping", {"line": 2}),
        ("workbook: a\nat: вечером\n", "errors.yaml.expected_time", {"line": 2}),
        ("workbook: [\n", "errors.yaml.syntax", {}),
        ("workbook: a\nrules:\n\toffer: no\n", "errors.yaml.tab", {"line": 3}),
        ("workbook: a\nworkbook: b\n", "errors.yaml.twice", {"line": 2, "path": "workbook"}),
        ("- a\n- b\n", "errors.yaml.not_a_mapping", {}),
        ("just words\n", "errors.yaml.not_a_mapping", {}),
        ("workbook: a\x00b\n", "errors.yaml.unreadable", {}),
        ("workbook: &x [*x]\n", "errors.yaml.syntax", {}),
        ('workbook: "a\\0b"\n', "errors.yaml.unreadable", {}),
        ('workbook: "C:\\Users\\Anna"\n', "errors.yaml.backslash", {"line": 1}),
        ("workbook: a\nrules:\n", "errors.yaml.empty", {"line": 2, "path": "rules"}),
        ("workbook: a\nlanguage:\n", "errors.yaml.empty", {"line": 2}),
        ("workbook: {a: [1, true]}\n", "errors.yaml.expected_text", {"seen": "{a: [1, true]}"}),
        ("workbook: a\nrules:\n  offer:\n    days: " + "9" * 5000 + "\n", "errors.yaml.not_understood", {"line": 4}),
        (BOMB, "errors.yaml.too_large", {}),
        ("", "errors.yaml.missing_top", {"seen": "workbook", "line": 1}),
    ],
)  # fmt: skip
def test_a_mistake_says_file_line_key_and_what_is_allowed(text, key, expected):
    seen, values = mistake(text)
    assert seen == key, (seen, values)
    assert {name: values[name] for name in expected} == expected


def test_the_first_mistake_of_the_file_is_told_and_the_rest_counted():
    key, values = mistake("workbook: a\nlanguage: rus\nzzz: 1\ntags: ra\n")
    assert (key, values["line"], values["others"]) == ("errors.yaml.not_allowed_near", 2, 2)


def test_the_error_class_is_the_callers():
    assert mistake("workbok: a\n", PackError)[0] == "errors.yaml.unknown_key_near"


def test_a_merged_document_remembers_which_file_a_key_came_from():
    below = read_yaml("workbook: a\nlanguage: rus\n", "base.yaml")
    above = read_yaml("\n\nworkbook: b\n", "crm.yaml")
    document = merge(below, above)
    assert document.data == {"workbook": "b", "language": "rus"}
    assert document.marks["workbook",] == Mark("crm.yaml", 3)
    with pytest.raises(ConfigError) as caught:
        validate(document, Book)
    assert (caught.value.values["file"], caught.value.values["line"]) == ("base.yaml", 2)
