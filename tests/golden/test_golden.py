"""Two real, messy workbooks with the exact result expected from each: nothing missing, nothing extra."""

import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

from sheets_crm.sync import run

BOOKS = sorted(path.parent for path in Path(__file__).parent.glob("*/truth.yaml"))


@pytest.fixture(scope="module", params=BOOKS, ids=lambda path: path.name)
def case(request):
    truth = yaml.safe_load((request.param / "truth.yaml").read_text("utf-8"))
    result = run.plan(str(request.param / "crm.yaml"), today=date.fromisoformat(truth["today"]))
    return result.plan_json(), truth["expect"], truth


def test_the_books_are_there():
    assert len(BOOKS) == 2


def test_tasks_equal_the_truth(case):
    plan, expect, _ = case
    kinds = set(expect["task_counts"])
    found = Counter((task["rule"], task["sheet"], task["row"]) for task in plan["tasks"] if task["rule"] in kinds)
    assert found == Counter((task["rule"], task["sheet"], task["row"]) for task in expect["tasks"])


def test_the_reason_names_the_same_sums_as_the_truth(case):
    plan, expect, _ = case
    amounts = {(task["rule"], task["sheet"], task["row"]): task["amount"] for task in plan["tasks"]}
    stated = {
        (task["rule"], task["sheet"], task["row"]): float(match[1])
        for task in expect["tasks"]
        if (match := re.search(r"(?:остаток|open) (\d+\.\d\d)", str(task["why"])))
    }
    assert stated
    assert {key: amounts[key] for key in stated} == pytest.approx(stated)


def test_problems_equal_the_truth(case):
    plan, expect, truth = case
    sheets = set(truth["bindings"])
    found = Counter(
        (p["sheet"], p["cell"], p["kind"])
        for p in plan["problems"]
        if p["kind"] != "duplicate_client" and p["sheet"] in sheets
    )
    assert found == Counter(tuple(problem) for problem in expect["problems"])
    assert {p["kind"]: p["severity"] for p in plan["problems"]} == expect["problem_severity"]


def test_numbers_equal_the_truth(case):
    plan, expect, _ = case
    assert plan["valid_clients"] == expect["valid_clients"]
    for name, funnel in expect["funnel"].items():
        assert plan["funnels"][name]["counts"] == funnel["counts"]
        if "amount" in funnel:
            assert plan["funnels"][name]["amounts"] == pytest.approx(funnel["amount"])
    assert plan["ageing"] == {
        bucket: {"count": v["count"], "sum": pytest.approx(v["sum"])} for bucket, v in expect["ageing"].items()
    }
    assert [group["rows"] for group in plan["duplicate_groups"]] == expect["duplicate_groups"]


def test_abc_equals_the_truth(case):
    plan, expect, _ = case
    assert plan["abc"]["counts"] == expect["abc"]["counts"]
    clients = plan["abc"]["clients"]
    assert [client["row"] for client in clients if client["class"] == "A"] == expect["abc"]["class_A"]
    assert [[client["row"], client["revenue"]] for client in clients[:3]] == expect["abc"]["top3"]
    by_class = {name: sum(client["revenue"] for client in clients if client["class"] == name) for name in "ABC"}
    assert by_class == pytest.approx(expect["abc"]["revenue_by_class"])


def test_bindings_equal_the_truth(case):
    plan, _, truth = case
    for sheet, binding in truth["bindings"].items():
        assert plan["bindings"][sheet]["header_row"] == binding["header_row"]
        assert set(plan["bindings"][sheet]["columns"].values()) <= set(binding["columns"].values())
