"""From facts to decisions: who, where, by when; silence where a field is not bound; the same answer every time."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from sheets_crm.analytics.model import Facts
from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.facts import FACT_COLUMNS
from sheets_crm.engine.kinds import Type
from sheets_crm.engine.pack import parse_pack
from sheets_crm.engine.settings import RuleSettings, parse_settings
from sheets_crm.errors import PackError
from tests.engine.helpers import BASIC, TODAY, deal_facts

PACK = parse_pack(BASIC.read_text("utf-8"), "rules/basic.yaml")
OFFER = {
    "stage": "КП отправлено",
    "stage_kind": "open",
    "offer_stage": True,
    "offer_date": date(2026, 11, 13),
    "next_step_date": TODAY,
}
RULE = """
id: own
version: 1
label: {{ru: Свои, en: Own}}
rules:
  - id: own
    card: {card}
    label: {{ru: Своё, en: Own}}
    when: {when}
    occurrence: {occurrence}
    todo: {{ru: Дело, en: Do}}
    why: {{ru: Потому, en: Because}}
    {more}
"""


def own(when="1 < 2", card="deal", occurrence="text('x')", more="", fields=None):
    return parse_pack(RULE.format(when=when, card=card, occurrence=occurrence, more=more), "own.yaml", fields=fields)


def told(facts, *packs, settings=None, **kwargs):
    facts = {facts.card: facts} if isinstance(facts, Facts) else facts
    return decide(facts, packs or [PACK], settings or RuleSettings(), TODAY, **kwargs)


def test_a_decision_says_who_where_and_why():
    row = {
        **OFFER,
        "id": "d-7",
        "sheet": "Сделки",
        "row": 12,
        "client": "Ромашка",
        "client_id": "c-1",
        "manager": "Анна",
        "contact": "+7999",
    }
    facts = deal_facts({**row, "amount": Decimal("54000.5")}, cells={"Сделки": {"offer_date": "G", "stage": "D"}})
    (one,) = told(facts)
    assert (one.rule, one.card, one.subject, one.occurrence) == ("offer_followup", "deal", "d-7", "2026-11-13")
    assert (one.sheet, one.row, one.cell) == ("Сделки", 12, "G12")
    assert (one.client, one.client_id, one.manager, one.contact) == ("Ромашка", "c-1", "Анна", "+7999")
    assert (one.due, one.priority, one.amount) == (TODAY, 2, Decimal("54000.50"))
    assert one.values["n"] == 7
    assert one.values["date"] == date(2026, 11, 13)
    assert one.outcomes["ru"][0] == "Согласны"


def test_the_cell_is_the_first_that_the_sheet_has():
    row = {
        "stage_kind": "open",
        "amount": 5,
        "outstanding": 5,
        "due": date(2026, 1, 1),
        "row": 3,
        "next_step_date": TODAY,
    }
    for letters, cell in (
        ({"due_date": "J", "invoice_date": "I"}, "J3"),
        ({"invoice_date": "I", "amount": "F"}, "I3"),
        ({}, "A3"),
    ):
        assert [one.cell for one in told(deal_facts(row, cells={"Sheet": letters}))] == [cell]


def test_a_rule_is_silent_on_sheets_that_lack_its_fields():
    rows = [{**OFFER, "sheet": "A"}, {**OFFER, "sheet": "B"}, {**OFFER, "sheet": "C"}]
    bound = {"A": ["stage", "offer_date"], "B": ["stage"], "C": ["stage", "offer_date", "offer_answer"]}
    assert [one.sheet for one in told(deal_facts(*rows, bound=bound))] == ["A", "C"]
    assert told(deal_facts(*rows, bound=dict.fromkeys("ABC", ()))) == ()


def test_a_rule_that_needs_nothing_speaks_of_every_sheet():
    facts = replace(deal_facts({}, {}), bound={})
    assert len(told(facts, own())) == 2


def test_missing_columns_and_empty_frames_are_no_trouble():
    bare = Facts(
        "deal", pl.DataFrame({"id": ["a"], "sheet": ["S"], "row": [2]}), {"S": frozenset(FACT_COLUMNS["deal"])}, {}
    )
    assert told(bare) == ()
    assert [one.manager for one in told(bare, own())] == [""]
    assert told(replace(bare, frame=bare.frame.clear())) == ()
    assert told({}) == ()
    alien = replace(
        bare, frame=pl.DataFrame({"id": ["a"], "sheet": ["S"], "row": [2], "tags": [["x"]], "Марка": ["Лада"]})
    )
    assert len(told(alien, own(when='Марка == "лада"', fields={"deal": {"Марка": Type.TEXT}}))) == 1


def test_facts_of_other_number_types_are_understood():
    frame = pl.DataFrame(
        {
            "id": ["a"],
            "sheet": ["S"],
            "row": pl.Series([2], dtype=pl.UInt32),
            "amount": [10.5],
            "open_deals": pl.Series([0], dtype=pl.UInt32),
        }
    )
    facts = Facts("deal", frame, {"S": frozenset()}, {})
    (one,) = told(facts, own(when="amount == 10.5 and row - 3 < 0", more="amount: amount"))
    assert (one.row, one.amount) == (2, Decimal("10.50"))


def test_facts_of_a_wrong_type_are_our_fault_and_loud():
    facts = Facts(
        "deal", pl.DataFrame({"id": ["a"], "sheet": ["S"], "row": [2], "amount": ["ten"]}), {"S": frozenset()}, {}
    )
    with pytest.raises(TypeError, match="amount"):
        told(facts, own(when="amount > 0"))


def test_order_is_packs_then_rules_then_cards_then_rows():
    rows = [{**OFFER, "next_step_date": None}, OFFER, {"stage_kind": "lost"}]
    lead = deal_facts({"stage_kind": "open"}, card="lead")
    decisions = told({"lead": lead, "deal": deal_facts(*rows)}, PACK, own())
    assert [(one.rule, one.card, one.row) for one in decisions] == [
        ("offer_followup", "deal", 1), ("offer_followup", "deal", 2), ("no_next_step", "lead", 1), ("no_next_step", "deal", 1),
        ("lost_no_reason", "deal", 3), ("own", "deal", 1), ("own", "deal", 2), ("own", "deal", 3),
    ]  # fmt: skip


def test_shuffled_rows_give_the_same_decisions():
    dice = random.Random(5)
    rows = [
        {
            **OFFER,
            "id": f"d{n}",
            "row": n,
            "offer_date": TODAY - timedelta(days=dice.randrange(9)),
            "amount": dice.randrange(10**6),
        }
        for n in range(2, 200)
    ]
    first = told(deal_facts(*rows))
    assert told(deal_facts(*rows)) == first
    dice.shuffle(rows)
    assert sorted(told(deal_facts(*rows)), key=lambda one: one.row) == list(first)


def test_occurrence_does_not_depend_on_language_or_spelling():
    row = {"invoice_date": date(2026, 3, 1), "amount": Decimal("10.50"), "qty": 3.0, "title": "  Окна  ", "paid": None}
    pack = own(occurrence="[invoice_date, amount, qty, title, paid, month(invoice_date)]")
    (one,) = told(deal_facts(row), pack)
    assert one.occurrence == "2026-03-01 | 10.5 | 3 | Окна |  | 3"


def test_due_priority_and_amount_keep_within_bounds():
    pack = own(more="due: expected_close\n    priority: qty\n    amount: qty")
    rows = [{"expected_close": date(2026, 12, 1), "qty": 9.0}, {"qty": -4.0}, {}]
    assert [(one.due, one.priority, one.amount) for one in told(deal_facts(*rows), pack)] == [
        (date(2026, 12, 1), 3, Decimal("9.00")), (TODAY, 1, Decimal("-4.00")), (TODAY, 2, None),
    ]  # fmt: skip


def test_tasks_go_to_the_row_to_a_role_or_to_whom_the_owner_says():
    facts = deal_facts({"manager": "Анна", "source": "Борис"}, {"manager": "Вера"})
    roles = {"head": "Глеб"}
    assert [one.manager for one in told(facts, own(), roles=roles)] == ["Анна", "Вера"]
    by_role = own(more="assignee: {role: head}")
    assert [one.manager for one in told(facts, by_role, roles=roles)] == ["Глеб", "Глеб"]
    assert [one.manager for one in told(facts, by_role)] == ["Анна", "Вера"]
    assert [one.manager for one in told(facts, own(more="assignee: source"))] == ["Борис", "Вера"]
    for said, name in (("Дина", "Дина"), ("head", "Глеб")):
        settings = parse_settings({"own": {"assignee": said}}, [own()])
        assert {one.manager for one in told(facts, own(), settings=settings, roles=roles)} == {name}


def test_what_is_pinned_stands_in_every_task():
    client = deal_facts(
        {"id": "c1", "note": "! не звонить до 11", "special_terms": "скидка 7%"},
        {"id": "c2", "note": "обычная заметка"},
        card="client",
    )
    deals = deal_facts(
        {"client_id": "c1", "note": "!самовывоз"},
        {"client_id": "c1", "special_terms": "скидка 7%"},
        {"client_id": "c2", "note": "просто"},
        {},
    )
    hints = [one.hint for one in told({"client": client, "deal": deals}, own())]
    assert hints == ["самовывоз\nне звонить до 11\nскидка 7%", "скидка 7%\nне звонить до 11", "", ""]
    assert [one.hint for one in told({"deal": deals}, own())] == ["самовывоз", "скидка 7%", "", ""]


def test_marketing_never_reaches_who_did_not_agree():
    facts = deal_facts({"may_market": True}, {"may_market": False}, {})
    assert [one.row for one in told(facts, own(more="marketing: true"))] == [1]


def test_a_disabled_rule_waits_for_the_owner():
    pack = own(more="enabled: false")
    facts = deal_facts({})
    assert told(facts, pack) == ()
    assert len(told(facts, pack, settings=parse_settings({"own": True}, [pack]))) == 1


def test_a_condition_of_literals_alone():
    facts = deal_facts({}, {})
    assert len(told(facts, own(when="1 < 2"))) == 2
    assert told(facts, own(when="1 > 2")) == ()


def test_two_packs_with_one_rule():
    with pytest.raises(PackError) as caught:
        told(deal_facts({}), own(), own())
    assert caught.value.key == "engine.rule_twice"
