"""`setup --answers`: the whole conversation over a file, as it is typed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import openpyxl
import pytest
import yaml

from sheets_crm import data

ANSWERS = """\
workbook: {path: Окна.xlsx}
rules: {offer_followup.days: 5, birthday: no}
timetable: {every_minutes: 30}
"""


@pytest.fixture
def desk(tmp_path):
    shutil.copy(data.demo_files("ru")[0], tmp_path / "Окна.xlsx")
    (tmp_path / "answers.yaml").write_text(ANSWERS, "utf-8")
    return tmp_path


def setup(desk, root, *words):
    """The program somewhere else than where the files lie, with a home of its own."""
    home = desk / "home"
    home.mkdir(exist_ok=True)
    environment = os.environ | {
        "HOME": str(home), "USERPROFILE": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHONPATH": str(root), "PATH": str(home), "SHEETS_CRM_LANG": "ru",
    }  # fmt: skip
    command = [sys.executable, str(root / "setup_wizard.py"), "--answers", str(desk / "answers.yaml"), *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=home, check=False
    )


@pytest.mark.slow
def test_a_file_of_answers_leads_to_a_synced_workbook(desk, root):
    done = setup(desk, root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Вкладки записаны" in done.stdout
    settings = yaml.safe_load((desk / "crm.yaml").read_text("utf-8"))
    assert settings["workbook"] == "Окна.xlsx"
    assert settings["rules"]["offer_followup"] == {"days": 5}
    assert settings["rules"]["birthday"] is False
    assert settings["schedule"]["every_minutes"] == 30
    assert "Задачи" in openpyxl.load_workbook(desk / "Окна.xlsx", read_only=True).sheetnames


def test_a_misspelt_answer_stops_before_anything_is_written(desk, root):
    (desk / "answers.yaml").write_text(ANSWERS.replace("offer_followup", "offer_folowup"), "utf-8")
    before = (desk / "Окна.xlsx").read_bytes()
    done = setup(desk, root)
    assert done.returncode == 14
    assert "answers.yaml, строка 2" in done.stderr
    assert "offer_followup.days" in done.stderr
    assert (desk / "Окна.xlsx").read_bytes() == before
    assert not (desk / "crm.yaml").exists()


def test_a_file_of_answers_that_is_not_there(desk, root):
    (desk / "answers.yaml").unlink()
    done = setup(desk, root)
    assert done.returncode == 14
    assert "answers.yaml" in done.stderr


def test_two_ways_at_once_are_one_too_many(desk, root):
    done = setup(desk, root, "--terminal")
    assert done.returncode == 2
    assert "--terminal" in done.stderr
