"""Every error raised anywhere in the program has its sentence in both languages, with no placeholder left unfilled.

Raises are found in the syntax trees, not by running: a key that no other test reaches is found too.
"""

import ast
import re

import pytest

from sheets_crm.words import LANGS
from tools.errors_page import page
from tools.raised import LATER, built, calls, sentences


@pytest.mark.parametrize("lang", LANGS)
def test_every_error_has_its_sentence(root, lang):
    known = sentences(lang)
    wrong, seen = [], 0
    for place, pattern, values, open_ended in calls(root):
        found = [key for key in known if re.fullmatch(pattern, key)]
        seen += 1
        if not found and "*" not in pattern:
            wrong.append(f"{place}: no sentence under {pattern}")
        if len(found) == 1 and not open_ended:
            given = values | {name for start, names in LATER.items() if found[0].startswith(start) for name in names}
            wrong += [f"{place}: {found[0]} wants {{{name}}}" for name in known[found[0]] - given]
    assert wrong == []
    assert seen > 120


def test_a_key_without_a_sentence_is_seen():
    node = ast.parse('raise ConfigError("config.nowhere", file="x")').body[0].exc
    assert [key for _, pattern, _, _ in built("x", node) for key in sentences("en") if re.fullmatch(pattern, key)] == []


def test_the_page_of_errors_says_what_the_program_says(root):
    written = (root / "docs" / "problems" / "errors.md").read_text("utf-8")
    assert written == page(), "run: python -m tools.errors_page"


def test_every_error_is_on_the_page(root):
    written = (root / "docs" / "problems" / "errors.md").read_text("utf-8")
    raised = {key for _, pattern, _, _ in calls(root) for key in sentences("en") if re.fullmatch(pattern, key)}
    assert {key for key in raised if f"`{key}`" not in written and not key.startswith("engine.types.")} == set()
