"""Every command in the docs is one: the program would take it as it stands, and what is quick to run is run."""

from __future__ import annotations

import functools
import re
import shutil
from datetime import date

import pytest
from typer.testing import CliRunner

from sheets_crm.cli.app import app
from sheets_crm.cli.shell import Now
from sheets_crm.cli.voice import Voice
from sheets_crm.sync import run
from tests.house.doc_commands import group, is_job, options_of, refusal, shown
from tools.do import JOBS

# Not run here, only taken apart; each has its reason.
NOT_RUN = {
    "run": "goes on until it is stopped (tests/daemon)",
    "service": "changes this machine's own services (tests/daemon/test_service.py)",
    "google-sign-in": "needs Google and a browser (tests/google)",
    "notify": "sends messages, keeps passwords (tests/daemon/notices)",
    "setup": "opens a browser and goes on until it is done (tests/wizard)",
    "pages": "opens a browser and goes on until it is stopped (tests/wizard)",
    "copy": "needs a second place, mostly Google's (tests/google)",
    "backup password": "asks for a passphrase (tests/cli/test_copies.py)",
    "reassign": "changes crm.yaml of the page's own people (tests/sync/test_people.py)",
    "demo": "a second run of what prepares this test",
    "results": "asks about outcomes that nobody has chosen in this folder (tests/sync/test_outcomes.py)",
}
# Words of the pages that stand for something of the reader's -> what stands for it here.
MEANT = {
    "NAME": "last", "TASK": "Вера", "CLIENT": "Вера", "TEXT": "Вера", "CONFIG": "crm.yaml", "WORKBOOK": "Салон.xlsx",
    "TO": "x", "FROM": "y", "PATH": "my-rules.yaml",
}  # fmt: skip


@functools.cache
def docs(root):
    return tuple(shown(root))


def is_run(one):
    name = " ".join(one.words[:2])
    if one.is_usage or is_job(one) or not one.words or any(f"{name} ".startswith(f"{left} ") for left in NOT_RUN):
        return False
    return not (refusal(one.words) or lacks_words(one.words))


def lacks_words(words):
    """Is it a mention by name, without what it needs to run?"""
    command, rest = group(), list(words)
    while hasattr(command, "commands") and rest:
        command = command.commands[rest.pop(0)]
    needed = [one for one in getattr(command, "params", ()) if one.required]
    return hasattr(command, "commands") or (bool(needed) and not rest)


def test_every_command_would_be_taken(root):
    ours = [one for one in docs(root) if not is_job(one)]
    assert len(ours) > 100
    refused = {one: refusal(one.words) for one in ours if not one.is_usage}
    assert {one.page: said for one, said in refused.items() if said} == {}


def test_lines_of_usage_name_what_there_is(root):
    for one in docs(root):
        if one.is_usage and not is_job(one) and one.words and not {"COMMAND", "КОМАНДА"} & set(one.words):
            name, options = options_of(one.words)
            assert name, one
            named = {option for word in one.words for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", word)}
            assert named - options - {"--help"} == set(), one


def test_every_job_is_one(root):
    jobs = [one for one in docs(root) if is_job(one)]
    targets = set(re.findall(r"^([\w-]+):", (root / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    assert jobs
    for one in jobs:
        names = [word for word in one.words if re.fullmatch(r"[a-z-]+", word)]
        assert set(names) <= (targets if one.line.startswith("make") else set(JOBS)), one


def test_every_option_has_a_word_on_the_page_of_commands(root):
    text = (root / "docs" / "reference" / "commands.md").read_text("utf-8")
    common = text.split("\n## ", 1)[0]
    sections = dict(re.findall(r"^## `([\w-]+)`\n(.*?)(?=^## |\Z)", text, flags=re.DOTALL | re.MULTILINE))
    missing = []
    for name, top in group().commands.items():
        told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", common + sections.get(name, "")))
        for one in getattr(top, "commands", {"": top}).values():
            options = [
                {*option.opts, *option.secondary_opts} for option in one.params if option.param_type_name == "option"
            ]
            missing += [(name, spelt) for spelt in options if not spelt & (told | {"--help"})]
    assert missing == []


def test_what_is_not_run_is_there(root):
    firsts = {" ".join(one.words[:2]) for one in docs(root)} | {one.words[0] for one in docs(root) if one.words}
    assert {name for name in NOT_RUN if name.split()[0] in group().commands} - firsts == set(), (
        "no page shows these any more"
    )


@pytest.fixture(scope="module")
def ready(tmp_path_factory, root):
    """The tutorial's salon, synced, with what the pages tell their readers to make beside it."""
    folder = tmp_path_factory.mktemp("firm")
    for name in ("Салон.xlsx", "Клиенты.xlsx", "Clients.xlsx"):
        shutil.copyfile(root / "docs" / "tutorial" / "Салон.xlsx", folder / name)
    (folder / "crm.yaml").write_text("workbook: Салон.xlsx\n", "utf-8")
    page = (root / "docs" / "howto" / "write-a-rule.md").read_text("utf-8")
    (folder / "my-rules.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], "utf-8")
    run.sync(str(folder), today=date(2026, 3, 16))
    return folder


@pytest.mark.slow
def test_what_is_quick_is_run(root, ready, monkeypatch):
    """19: the reader's own clients and copies are not those of this folder."""
    monkeypatch.chdir(ready)
    found = {}
    for one in docs(root):
        if is_run(one) and not one.page.startswith("docs/tutorial/"):  # that is played as a whole in test_tutorial.py
            name, options = options_of(one.words)
            found.setdefault((name, frozenset(one.words) & options), one)  # each command once with the same options
    for one in sorted(found.values(), key=lambda one: one.words[0] == "remove"):
        words = [MEANT.get(word, word) for word in one.words]
        Now.voice = Voice()
        result = CliRunner().invoke(app, words)
        code = getattr(result.exception, "exit_code", result.exit_code)
        assert code in {0, 1, 19}, (one, result.output, result.exception)
    assert len(found) >= 20
