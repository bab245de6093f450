"""The way in: pinned requirements, the jobs behind make, the root scripts, the demo workbook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from sheets_crm import data
from tools import do

LONGEST = 400
EXCUSED: set[str] = set()  # modules that are longer, each with a reason beside it


def requirements(path: Path) -> dict[str, list[str]]:
    """Requirement line -> its hashes."""
    found: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        if line.strip():
            name, *hashes = re.split(r"\s+--hash=", line.strip())
            found[name] = hashes
    return found


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_and_hashed_and_name_no_index(root, name):
    path = root / name
    for requirement, hashes in requirements(path).items():
        assert re.match(r"^[\w.-]+==[\w.+!]+( ;.*)?$", requirement)
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    assert not re.search(r"://|index|find-links|file:|(?m:^#)", path.read_text("utf-8"))


@pytest.mark.parametrize(("name", "extra"), [("requirements.txt", None), ("requirements-dev.txt", "dev")])
def test_requirements_hold_what_the_project_names(root, name, extra):
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    named = [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]
    pinned = {plain(line) for line in requirements(root / name)}
    assert {plain(line) for line in named} - pinned == set()
    assert {"hatchling", "editables"} <= pinned


def plain(requirement: str) -> str:
    """The package's name alone, as indexes write it."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=;\[!~]", requirement)[0]).lower()


def test_the_developers_list_agrees_with_the_users(root):
    ours, theirs = requirements(root / "requirements.txt"), requirements(root / "requirements-dev.txt")
    assert ours.keys() - theirs.keys() == set()


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_jobs_read_their_sentences_without_a_library(root, lang, monkeypatch):
    monkeypatch.setenv("SHEETS_CRM_LANG", lang)
    texts = yaml.safe_load((root / "sheets_crm" / "words" / lang / "house.yaml").read_text("utf-8"))
    for key, text in texts.items():
        values = dict.fromkeys(re.findall(r"\{(\w+)\}", text), "X")
        assert do.say(key, **values) == text.format(**values)


def test_an_unknown_job_is_answered_with_the_known_ones(root):
    done = subprocess.run(
        [sys.executable, "tools/do.py", "nonsense"],
        cwd=root, capture_output=True, text=True, encoding="utf-8", check=False, env=os.environ | {"LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    assert done.returncode == 2
    assert "demo" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_job_of_make_is_a_job(root):
    text = (root / "Makefile").read_text("utf-8")
    assert set(re.findall(r"\$\(DO\) (\w+)", text)) <= set(do.JOBS)
    assert {"demo", "test", "dev", "check", "bench"} <= set(re.findall(r"^([\w-]+):", text, flags=re.MULTILINE))


@pytest.mark.parametrize("missing", ["no-such-python", "."])
def test_what_is_no_python_does_not_work(missing):
    assert not do.works(Path(missing))
    assert do.works(Path(sys.executable))


@pytest.mark.slow
def test_an_old_python_looks_for_a_newer_one(monkeypatch):
    monkeypatch.setattr(do, "OLDEST", (9, 0))
    with pytest.raises(do.Stop, match="old_python"):
        do.new_enough()


def test_the_demo_workbooks_are_those_that_the_tool_makes(root, tmp_path):
    subprocess.run(
        [sys.executable, "tools/make_demo.py", str(tmp_path)], cwd=root, check=True, stdout=subprocess.DEVNULL
    )
    for lang in ("ru", "en"):
        made, bundled = (zipfile.ZipFile(path) for path in (tmp_path / lang / "windows.xlsx", data.demo_files(lang)[0]))
        with made, bundled:
            assert made.namelist() == bundled.namelist()
            for name in made.namelist():
                assert made.read(name) == bundled.read(name), name


@pytest.mark.parametrize("lang", ["ru", "en"])
def test_the_demo_configuration_names_the_demo_workbook(lang):
    workbook, config = data.demo_files(lang)
    assert yaml.safe_load(config.read_text("utf-8"))["workbook"] == workbook.name


def test_bundled_texts_are_found_in_a_checkout(root):
    assert data.rules_dir() == root / "rules"
    assert {name for name, _ in data.packs()} == {
        path.relative_to(root / "rules").with_suffix("").as_posix() for path in (root / "rules").rglob("*.yaml")
    }
    assert all(text == (root / "templates" / f"{name}.yaml").read_text("utf-8") for name, text in data.templates())


def test_modules_are_short(root):
    folders = (root / "sheets_crm", root / "tools")
    lengths = {
        path.relative_to(root).as_posix(): len(path.read_text("utf-8").splitlines())
        for folder in folders
        for path in folder.rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST and name not in EXCUSED} == {}


def test_ci_runs_what_the_readme_says(root):
    script = (root / ".ci" / "run").read_text("utf-8")
    assert os.access(root / ".ci" / "run", os.X_OK) or os.name == "nt"
    assert script.rstrip().endswith("make test")
    assert {"make check", "make demo"} <= set(script.splitlines())
