"""Messy workbooks made by seed, each with a truth reckoned from what was planted: nothing missing, nothing extra."""

import os

import pytest

from sheets_crm.sync import run
from tests.golden import make_calls, make_dental, make_tables
from tests.golden.planted import TODAY, differences

SEEDS = range(int(os.environ.get("SHEETS_CRM_SEEDS", "6")))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("maker", [make_dental, make_tables, make_calls], ids=["dental", "tables", "calls"])
def test_the_plan_equals_the_truth(maker, seed, tmp_path):
    truth = maker.make(tmp_path, seed)
    found = differences(run.plan(str(tmp_path / "crm.yaml"), today=TODAY).plan_json(), truth)
    assert not found, "\n".join(found)
    assert truth.tasks, "a book without tasks proves nothing"
