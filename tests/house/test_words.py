"""Russian and English say the same things, and sentences stand in words/ alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import pytest

from sheets_crm.words import catalogue, show_birthday

PLURALS = {"ru": {"one", "few", "many", "other"}, "en": {"one", "other"}}
ALL_PLURALS = {"zero", "one", "two", "few", "many", "other"}
CYRILLIC = re.compile("[\u0400-\u04ff]")


def entries(lang: str) -> dict[str, object]:
    """Dotted key -> a sentence, a list of sentences or a mapping of plural forms."""
    return dict(_walk(catalogue(lang), ""))


def _walk(node: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in node.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and not set(value) <= ALL_PLURALS:
            yield from _walk(value, f"{key}.")
        else:
            yield key, value


def sentences(entry: object) -> list[str]:
    if isinstance(entry, Mapping):
        return [str(form) for form in entry.values()]
    return [str(part) for part in entry] if isinstance(entry, list) else [str(entry)]


def placeholders(entry: object) -> set[str]:
    return {name for text in sentences(entry) for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys():
    assert set(entries("ru")) == set(entries("en"))


def test_both_languages_have_the_same_placeholders():
    russian, english = entries("ru"), entries("en")
    unequal = {key: (placeholders(russian[key]), placeholders(english[key])) for key in russian.keys() & english.keys()}
    assert {key: pair for key, pair in unequal.items() if pair[0] != pair[1]} == {}


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_plural_forms_are_whole(lang):
    forms = {key: set(entry) for key, entry in entries(lang).items() if isinstance(entry, Mapping)}
    assert {key: seen for key, seen in forms.items() if not PLURALS[lang] <= seen | {"other"}} == {}
    assert {key for key, seen in forms.items() if "other" not in seen} == set()


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_every_sentence_is_there(lang):
    empty = {key for key, entry in entries(lang).items() for text in sentences(entry) if not text.strip()}
    assert empty == set()


def test_russian_is_written_in_russian_and_english_is_not():
    assert [key for key, entry in entries("en").items() if CYRILLIC.search("".join(sentences(entry)))] == []


def test_a_file_has_no_key_twice(root):
    for path in (root / "sheets_crm" / "words").glob("*/*.yaml"):
        tops = re.findall(r'^"?([\w.-]+)"?:', path.read_text("utf-8"), flags=re.MULTILINE)
        assert len(tops) == len(set(tops)), path


def modules(root: Path) -> list[Path]:
    """All Python of ours but tests and words."""
    inside = [path for path in (root / "sheets_crm").rglob("*.py") if "words" not in path.relative_to(root).parts]
    return sorted([*inside, *(root / "tools").glob("*.py"), *root.glob("*.py")])


def test_no_cyrillic_in_code(root):
    """Sentences and words of people stand in words/ and in data files; comments and docstrings may quote a cell."""
    found = [
        f"{path.relative_to(root)}:{text.lineno}"
        for path in modules(root)
        if "sheets_crm" in path.relative_to(root).parts
        for source in [path.read_text("utf-8")]
        for text in strings(ast.parse(source))
        if CYRILLIC.search(text.value) and CYRILLIC.search(ast.get_source_segment(source, text) or "")
    ]
    assert found == []


def strings(tree: ast.AST) -> list[ast.Constant]:
    """All text constants but docstrings."""
    told = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in told]


@pytest.mark.parametrize(
    ("day", "year", "ru", "en"),
    [
        ("03-12", 1985, "12.03.1985", "12 Mar 1985"),
        ("02-29", None, "29.02", "29 Feb"),
        ("12-20", None, "20.12", "20 Dec"),
    ],
)
def test_a_birthday_is_a_day_with_its_year_where_that_is_known(day, year, ru, en):
    assert (show_birthday(day, year, "ru"), show_birthday(day, year, "en")) == (ru, en)
