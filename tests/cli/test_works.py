"""The set-up that the other tests spoil is itself sound."""

import json


def test_the_desk_syncs(desk):
    said = desk.run("sync")
    assert (said.code, said.err) == (0, "")
    assert "Записаны вкладки" in said.out


def test_plan_prints_nothing_but_json(desk):
    said = desk.run("plan", "--json")
    found = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert {task["rule"] for task in found["tasks"]} == {"offer_followup", "overdue_payment"}
    assert found["written"] is False
