"""Writes docs/problems/errors.md: exit codes, and every sentence that may stop a command, in both languages.

`python -m tools.errors_page`; a test compares the page with what this makes.
"""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from sheets_crm.words import catalogue
from tools.raised import PLURALS

ROOT = Path(__file__).resolve().parent.parent
NOT_ERRORS = {"engine.types", "binding.no_table", "state.database_moved", "state.snapshot_lost"}

SAID = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


def entries(lang: str, part: str) -> dict[str, str]:
    """Key -> sentence of a part of the words; what stands in braces is filled in by the program."""
    node: object = catalogue(lang)
    for name in part.split("."):
        node = node[name]
    found: dict[str, str] = {}

    def walk(here, prefix):
        for name, value in here.items():
            key = f"{prefix}.{name}"
            if key in NOT_ERRORS:
                continue
            if isinstance(value, dict) and not set(value) <= PLURALS:
                walk(value, key)
            else:
                found[key] = value["other"] if isinstance(value, dict) else value

    walk(node, part)
    return found


def cell(sentence: str) -> str:
    """A sentence for a table: places to fill are shown by three dots."""
    shown = re.sub(r"(?<!\{)\{\w+\}", "\u2026", sentence).replace("{{", "{").replace("}}", "}")
    return shown.replace("|", "\\|").replace("\n", " ")


def page() -> str:
    """The whole page."""
    lines = [f"# {SAID['title']}", "", "<!-- Made by tools/errors_page.py from the program's own words. -->"]
    for paragraph in SAID["intro"]:
        lines += [paragraph, ""]
    lines += [f"## {SAID['codes_title']}", "", SAID["codes_header"], "|---|---|---|"]
    lines += [f"| {code} | {ru} | {en} |" for code, ru, en in SAID["codes"]]
    for part, ru, en, codes in SAID["parts"]:
        lines += ["", f"## {ru} · {en} ({codes})", "", SAID["keys_header"], "|---|---|---|"]
        russian, english = entries("ru", part), entries("en", part)
        lines += [f"| `{key}` | {cell(russian[key])} | {cell(english[key])} |" for key in sorted(russian)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "problems" / "errors.md").write_text(page(), encoding="utf-8")
