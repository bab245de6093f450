"""Made workbooks of other layouts, each with a result known from what was planted: nothing missing, nothing extra."""

from __future__ import annotations

from collections import Counter

import pytest

from sheets_crm.sync import run
from tests.golden import make_flat, make_monthly
from tests.golden.make_common import TODAY

CASES = [(maker, seed) for maker in (make_flat, make_monthly) for seed in (1, 2, 3, 4)]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0].__name__.rpartition('_')[2]}-{case[1]}")
def case(request, tmp_path_factory):
    maker, seed = request.param
    folder = tmp_path_factory.mktemp("made")
    truth = maker.make(seed, folder)
    return run.plan(str(folder / "crm.yaml"), today=TODAY).plan_json(), truth


def test_the_books_ask_something_of_every_rule(case):
    _, truth = case
    assert len(truth["tasks"]) > 50
    assert len({kind for _, _, kind in truth["problems"]}) >= 10


def test_tasks_equal_the_truth(case):
    plan, truth = case
    assert Counter((task["rule"], task["sheet"], task["row"]) for task in plan["tasks"]) == truth["tasks"]


def test_sums_equal_the_truth(case):
    plan, truth = case
    owed = {
        (task["sheet"], task["row"]): task["amount"]
        for task in plan["tasks"]
        if task["rule"] in ("overdue_payment", "invoice_followup")
    }
    assert owed
    assert owed == pytest.approx({place: truth["outstanding"][place] for place in owed})


def test_problems_equal_the_truth(case):
    plan, truth = case
    found = Counter((p["sheet"], p["cell"], p["kind"]) for p in plan["problems"] if p["kind"] != "duplicate_client")
    assert found == truth["problems"]


def test_numbers_equal_the_truth(case):
    plan, truth = case
    assert plan["valid_clients"] == truth["valid_clients"]
    for name, funnel in truth["funnels"].items():
        assert plan["funnels"][name]["counts"] == funnel["counts"]
        assert plan["funnels"][name]["amounts"] == pytest.approx(funnel["amounts"])
    assert plan["ageing"] == {
        bucket: {"count": v["count"], "sum": pytest.approx(v["sum"])} for bucket, v in truth["ageing"].items()
    }


def test_abc_equals_the_truth(case):
    plan, truth = case
    assert plan["abc"]["counts"] == truth["abc"]["counts"]
    found = [(c["sheet"], c["row"], c["class"], pytest.approx(c["revenue"])) for c in plan["abc"]["clients"]]
    assert truth["abc"]["clients"] == found


def test_duplicates_equal_the_truth(case):
    plan, truth = case
    expected = [
        {"sheet": sheet, "rows": [row for place, row in group if place == sheet]}
        for group in truth["duplicates"]
        for sheet in dict.fromkeys(sheet for sheet, _ in group)
    ]
    assert plan["duplicate_groups"] == expected


def test_bindings_equal_the_truth(case):
    plan, truth = case
    for sheet, row in truth["header_rows"].items():
        assert plan["bindings"][sheet]["header_row"] == row


@pytest.mark.parametrize("maker", [make_flat, make_monthly], ids=["flat", "monthly"])
def test_without_a_word_of_configuration_the_second_run_writes_nothing(maker, tmp_path):
    truth = maker.make(1, tmp_path)
    country = "RU" if maker is make_flat else "GB"
    (tmp_path / "crm.yaml").write_text(f"workbook: in.xlsx\nlanguage: en\ncountry: {country}\n", "utf-8")
    first = run.sync(str(tmp_path / "crm.yaml"), today=TODAY)
    assert first.written
    assert sum(first.plan_json()["abc"]["counts"].values()) == sum(truth["abc"]["counts"].values())
    again = run.sync(str(tmp_path / "crm.yaml"), today=TODAY)
    assert not again.written
    assert again.plan_json()["tasks"] == first.plan_json()["tasks"]
