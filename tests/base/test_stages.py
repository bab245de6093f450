"""Stages met in the cells: their order, and what is a slip of the pen."""

from sheets_crm.base.stages import stage_role, stages_met


def test_an_owners_list_gives_order_and_stages():
    cells = ["Quote sent"] * 5 + ["Closed"] * 3 + ["quote snt"] + ["Request"] * 2
    lists = [["Ann", "Bob", "Cid"], ["Stage", "Request", "Quote sent", "Production", "Closed"]]
    assert stages_met(cells, lists) == ("Request", "Quote sent", "Production", "Closed")


def test_a_report_that_names_the_stages_among_much_else_is_no_list():
    cells = ["Request"] * 5 + ["Quote sent"] * 5 + ["Closed"] * 5
    report = ["Report", "Request", "Quote sent", "Closed", "by Ann", "printed", "do not type", "page 1", "total"]
    assert "printed" not in stages_met(cells, [report])


def test_won_and_lost_come_last_whatever_the_trade():
    cells = ["Closed"] * 4 + ["Lost"] * 4 + ["Gluing"] * 4 + ["Request"] * 4 + ["rqst"]
    assert stages_met(cells)[2:] == ("Closed", "Lost")
    assert set(stages_met(cells)[:2]) == {"Gluing", "Request"}


def test_the_usual_spelling_is_shown():
    assert stages_met(["measured"] + ["Measured"] * 4) == ("Measured",)


def test_roles_by_name():
    assert [stage_role(name) for name in ("КП отправлено", "Закрыто", "Отказ клиента", "Закрыто и не реализовано", "Closed lost", "Договор")] == [
        "offer", "won", "lost", "lost", "lost", None,
    ]  # fmt: skip
