"""Docs say what is so: commands, exit codes, problem kinds, links, promises."""

from __future__ import annotations

import re

import pytest

from sheets_crm import data, errors
from sheets_crm.cards.model import WARNINGS
from sheets_crm.engine import parse_pack
from sheets_crm.words import catalogue

LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def pages(root):
    return sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")])


def commands():
    """Names of the program's commands and of its groups, not the hidden ones."""
    import typer

    from sheets_crm.cli.app import app

    group = typer.main.get_command(app)
    return {name for name, command in group.commands.items() if not command.hidden}


def kinds():
    """Every problem kind that the program can name."""
    return set(WARNINGS) | {kind for kind, texts in catalogue("en")["problems"].items() if isinstance(texts, dict)} - {
        "unknown"
    }


def test_every_command_is_documented(root):
    text = (root / "docs" / "reference" / "commands.md").read_text("utf-8")
    assert set(re.findall(r"^## `([\w-]+)`", text, flags=re.MULTILINE)) == commands()


def test_every_problem_kind_has_a_page(root):
    written = {path.stem for path in (root / "docs" / "problems").glob("*.md")} - {"index", "README"}
    assert kinds() - written == set()


def test_every_exit_code_is_documented(root):
    text = (root / "docs" / "reference" / "commands.md").read_text("utf-8")
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)}
    classes = [errors.OwnerError, *errors.OwnerError.__subclasses__()]
    codes = [one.exit_code for one in classes]
    assert len(codes) == len(set(codes))
    assert documented == {0, 1, 2, 70, *codes}
    assert len(re.findall(r"^\| \d+ \|", text, flags=re.MULTILINE)) == len(documented)


def test_every_rule_has_its_place(root):
    pages_ = {
        name: (root / "docs" / "reference" / name).read_text("utf-8") for name in ("rules.md", "rule-settings.md")
    }
    rules = [rule.id for name, text in data.packs() for rule in parse_pack(text, name).rules]
    assert rules
    assert [(name, rule) for name, page in pages_.items() for rule in rules if f"`{rule}`" not in page] == []


def test_links_lead_somewhere(root):
    lost = [
        f"{page.relative_to(root)}: {target}"
        for page in pages(root)
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists() and not (root / target).exists()
    ]
    assert lost == []


def test_docs_name_no_machine_of_ours(root):
    private = re.compile(r"(?<![\w.])/(tmp|work|root|home)/")
    assert [page.name for page in pages(root) if private.search(page.read_text("utf-8"))] == []


@pytest.mark.parametrize("half", [0, 1])
def test_readme_fits_a_screen_and_names_both_commands(root, half):
    text = (root / "README.md").read_text("utf-8")
    part = text.split("## English")[half]
    assert len(part.splitlines()) <= 40
    for command in (
        "make demo",
        "make test",
        "sheets-crm plan",
        "sheets-crm sync",
        "sheets-crm backup",
        "py tools\\do.py demo",
    ):
        assert command in part


@pytest.mark.parametrize("name", ["Data safety", "Added", "Changed", "Fixed"])
def test_changelog_speaks_both_languages(root, name):
    text = (root / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^### [А-Яа-я ]+ · {name}$", text, flags=re.MULTILINE)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert [line for line in lines if " · " not in line] == []
