"""Every error raised anywhere in the program has its sentence in both languages, with no placeholder left unfilled.

Raises are found in the syntax trees, not by running: a key that no other test reaches is found too.
"""

import ast
import re
from string import Formatter

import pytest

from sheets_crm import errors
from sheets_crm.words import LANGS, catalogue

FAMILY = {errors.OwnerError.__name__, *(one.__name__ for one in errors.OwnerError.__subclasses__()), "WrongUsage"}
PLURALS = {"zero", "one", "two", "few", "many", "other"}
# Functions that build an error: name -> (prefix of the key, what they add to the values, other forms of the key).
BUILDERS = {
    "wrong": ("", {"file", "line", "path"}, ()),
    "misnamed": ("", {"seen", "near", "allowed", "file", "line"}, ("_near",)),
    "fault": ("engine.", {"where"}, ()),
    "_refuse": ("engine.", {"where", "seen"}, ()),
    "unknown": ("engine.unknown.", {"where", "name", "near", "allowed"}, ("_near",)),
}
LATER = {
    "excel.": {"workbook"},  # ExcelBook names the file as errors pass through it
    "config.": {"file", "line"},  # `intake.placed` finds the place of an error that names its keys
    "errors.yaml.": {"others"},
}


def sentences(lang):
    """Key -> placeholders of every sentence."""
    found = {}

    def walk(node, prefix):
        for name, value in node.items():
            if isinstance(value, dict) and not set(value) <= PLURALS:
                walk(value, f"{prefix}{name}.")
            else:
                texts = value.values() if isinstance(value, dict) else [value]
                found[f"{prefix}{name}"] = {n for text in texts for _, n, _, _ in Formatter().parse(str(text)) if n}

    walk(catalogue(lang), "")
    return found


def calls(root):
    """(place, key as a pattern, names of the values, `**` among them) of every error built in the program."""
    for path in sorted((root / "sheets_crm").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield from built(f"{path.relative_to(root)}:{node.lineno}", node)


def built(place, node):
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    prefix, added, forms = BUILDERS.get(name, ("", set(), ("",)))
    if name == "error":  # cards: the class is an argument
        added = set()
    elif name not in FAMILY and name not in BUILDERS:
        return
    if not node.args or "log" in ast.unparse(node.func):
        return
    if "known" in {keyword.arg for keyword in node.keywords}:  # becomes `allowed` and `near` when it is told
        added, forms = added | {"allowed", "near"}, ("_near",)
    values = {keyword.arg for keyword in node.keywords if keyword.arg} | added
    open_ended = any(keyword.arg is None for keyword in node.keywords)
    for pattern in patterns(node.args[0]):
        for form in ("", *forms):
            yield place, re.escape(prefix) + pattern + form, values, open_ended


def patterns(node):
    """The keys an expression may give, as regular expressions; nothing for a variable."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.escape(node.value)
    elif isinstance(node, ast.IfExp):
        yield from patterns(node.body)
        yield from patterns(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[\w.]+" for part in node.values
        )


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
