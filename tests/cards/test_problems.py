"""Every kind of problem has its sentence in both languages, and its page."""

import re
from pathlib import Path

import pytest

from sheets_crm.cards import Problem, message, title
from sheets_crm.cards.model import WARNINGS, FieldType
from sheets_crm.cards.problems import KINDS
from sheets_crm.words import LANGS, catalogue

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_says_what_is_wrong_and_what_to_do(kind, lang):
    told = message(Problem("Лист", "B7", 7, kind, seen="12-34", field="телефон", values={"n": 1}), lang)
    assert told.endswith((".", "?"))
    assert told.count(".") >= 2 or "?" in told
    assert "{" not in told
    assert title(kind, lang)
    assert not re.search(r"invalid|error code|некорректн|невалидн", told)


def test_a_certain_value_is_offered_with_an_error():
    problem = Problem("Клиенты", "E5", 5, "bad_email", seen="iv\u0430n@mail.ru", suggestion="ivan@mail.ru")
    assert "ivan@mail.ru" in message(problem, "ru")
    assert "ivan@mail.ru" in message(problem, "en")


def test_a_field_is_named_as_people_call_it():
    problem = Problem("Сделки", "D2", 2, "unknown_value", seen="Думает", field="stage", values={"field": "Этап"})
    assert message(problem, "ru").startswith("«Думает» нет среди допустимых значений поля «Этап».")


def test_a_kind_of_a_rule_pack_without_a_text_is_told_all_the_same():
    assert "12-34" in message(Problem("Лист", "B7", 7, "brought_by_a_pack", seen="12-34"), "en")


def test_braces_in_a_cell_are_only_text():
    assert "{seen}" in message(Problem("Лист", "B7", 7, "bad_date", seen="{seen}"), "ru")


@pytest.mark.parametrize("file", ["problems", "errors", "cards"])
def test_both_languages_have_the_same_keys_and_placeholders(file):
    def flat(node, path=()):
        if isinstance(node, dict):
            return {key: value for name, child in node.items() for key, value in flat(child, (*path, name)).items()}
        return {path: set(re.findall(r"{(\w+)}", str(node)))}

    assert flat(catalogue("ru")[file]) == flat(catalogue("en")[file])


def test_warnings_are_kinds():
    assert set(KINDS) >= WARNINGS


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_in_both_languages(kind):
    page = (ROOT / "docs" / "problems" / f"{kind}.md").read_text("utf-8")
    assert page.startswith(f"# {title(kind, 'ru')} / {title(kind, 'en')}")
    assert "## Русский" in page
    assert "## English" in page
    assert f"`{kind}`" in page
    severity = "warning" if kind in WARNINGS else "error"
    assert f"({severity})" in page


def test_no_page_without_a_kind():
    pages = {page.stem for page in (ROOT / "docs" / "problems").glob("*.md")}
    owners_errors = {page for page in pages if page.startswith("exit_")}
    assert pages - owners_errors - {"index", "README", "errors"} == set(KINDS)


def test_the_reference_tells_of_every_type():
    reference = (ROOT / "docs" / "reference" / "values.md").read_text("utf-8")
    assert all(f"`{kind}`" in reference for kind in FieldType)
