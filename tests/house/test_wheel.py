"""The package that owners install: all that the program needs is in it, nothing else, and it works away from the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.do import JOBS

pytestmark = pytest.mark.slow
OURS = ("rules", "templates")


def tracked(root: Path, *folders: str) -> set[str]:
    """Files that belong to these folders of the repository: no caches, nothing that was made."""
    files = (path for folder in folders for path in (root / folder).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """What `make wheel` makes."""
    root = Path(__file__).resolve().parents[2]
    folder = tmp_path_factory.mktemp("wheel")
    needs_developer, ((program, *words),) = JOBS["wheel"]
    assert (program, needs_developer) == ("python", False)
    command = [sys.executable, *[str(folder) if word == "dist" else word for word in words]]
    subprocess.run(command, check=True, cwd=root, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """The wheel as pip installs it, beside the libraries of this environment."""
    (wheel,) = built.glob("*.whl")
    folder = tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*pip, "--target", str(folder / "site"), str(wheel)], check=True)
    return folder


def called(folder: Path, *words: str, code: int = 0) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder / "site"), "SHEETS_CRM_LANG": "en", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-P", *words], capture_output=True, text=True, cwd=folder, env=environment, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_it_holds_every_file_of_the_program_and_no_other(root, built):
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = tracked(root, "sheets_crm") | {f"sheets_crm/_data/{name}" for name in tracked(root, *OURS)}
    assert names == wanted
    assert {Path(name).suffix for name in names} >= {".py", ".yaml", ".xlsx"}


def test_its_source_is_whole(root, built):
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked(root, "sheets_crm", *OURS, "docs", "tests", "tools") - names == set()
    assert {"README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml"} <= names


def test_it_works_away_from_the_repository(installed):
    where = called(installed, "-c", "import sheets_crm; print(sheets_crm.__file__)")
    assert where.startswith(str(installed))
    said = called(installed, "-m", "sheets_crm", "demo", "shown", "--lang", "en")
    assert "Tasks" in said


def test_it_brings_the_command(installed):
    program = shutil.which("sheets-crm", path=str(installed / "site" / ("Scripts" if os.name == "nt" else "bin")))
    assert program
    environment = os.environ | {"PYTHONPATH": str(installed / "site")}
    done = subprocess.run(
        [program, "--help"], capture_output=True, text=True, check=True, cwd=installed, env=environment
    )
    assert "sync" in done.stdout
