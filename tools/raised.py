"""Every error that the program can raise, found in the syntax trees of its modules: for tests and for docs/problems/errors.md."""

from __future__ import annotations

import ast
import re
from string import Formatter

from sheets_crm import errors
from sheets_crm.words import catalogue

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
    "openbook.stop.": {"file", "line"},
    "google.stop.": {"file", "line"},
    "config.": {"file", "line"},  # `intake.placed` finds the place of an error that names its keys
    "google.stop.companion": {"file", "line"},
    "calendar.errors.": {"file", "line", "path", "others"},
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
    if ast.unparse(node.func) in {"error", "self.error"}:  # cards: the class is an argument
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
