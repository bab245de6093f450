"""The basic pack: its own tests, and the boundaries of DESIGN's exact wording tried day by day against plain Python."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.pack import parse_pack
from sheets_crm.engine.packtest import run_pack_tests, untested
from sheets_crm.engine.settings import RuleSettings
from sheets_crm.words import fill
from tests.engine.helpers import BASIC, TODAY, deal_facts

PACK = parse_pack(BASIC.read_text("utf-8"), "rules/basic.yaml")
RESULTS = run_pack_tests(PACK)


@pytest.mark.parametrize("result", RESULTS, ids=[f"{result.rule}: {result.name}" for result in RESULTS])
def test_the_packs_own_tests(result):
    assert result.differences == ()


def test_every_rule_is_tested_and_told_in_full():
    assert untested(PACK) == ()
    assert {rule.id for rule in PACK.rules} == {
        "offer_followup", "invoice_followup", "overdue_payment", "reactivation", "birthday", "no_next_step", "lost_no_reason",
        "first_contact", "regular_touch", "stale_data",
    }  # fmt: skip
    for rule in PACK.rules:
        for lists in (rule.checklist, rule.choices):
            assert 2 <= len(lists.ru) == len(lists.en) <= 5, rule.id
        assert rule.marketing == (rule.id in {"reactivation", "birthday", "regular_touch"})


def fired(rule, facts, **params):
    settings = RuleSettings(rules={rule: {"params": params}}) if params else RuleSettings()
    return {
        decision.row - 1 for decision in decide({facts.card: facts}, [PACK], settings, TODAY) if decision.rule == rule
    }


def test_payment_rules_against_plain_python():
    """Every combination of days, sums and stages that matters; each row is told by at most one of the two rules."""
    days = [None, *(TODAY - timedelta(days=n) for n in (-1, 0, 1, 2, 3, 40))]
    rows = [
        {"invoice_date": invoice, "due": due, "stage_kind": kind, "amount": amount, "outstanding": left}
        for invoice in days
        for due in days
        for kind in ("open", "won", "lost", None)
        for amount, left in (
            (Decimal(100), Decimal("0.01")),
            (Decimal(100), Decimal(0)),
            (Decimal(0), Decimal(5)),
            (None, None),
        )
    ]
    owing = [
        bool(row["amount"] and row["outstanding"] and row["amount"] > 0 and row["outstanding"] > 0) for row in rows
    ]
    overdue = {
        n
        for n, row in enumerate(rows)
        if owing[n] and row["due"] and row["due"] < TODAY and row["stage_kind"] in ("open", "won")
    }
    invoiced = {
        n
        for n, row in enumerate(rows)
        if owing[n]
        and row["invoice_date"]
        and (TODAY - row["invoice_date"]).days >= 2
        and row["stage_kind"] in ("open", "won")
    } - overdue
    facts = deal_facts(*rows)
    assert fired("overdue_payment", facts) == overdue
    assert fired("invoice_followup", facts) == invoiced
    assert overdue
    assert invoiced


def test_birthday_window_against_plain_python():
    days = [TODAY + timedelta(days=n) for n in range(-3, 70)]
    facts = deal_facts(*({"next_birthday": day, "may_market": True} for day in days), card="client")
    for ahead in (0, 7, 60):
        assert fired("birthday", facts, days=ahead) == {
            n for n, day in enumerate(days) if 0 <= (day - TODAY).days <= ahead
        }


def test_visits_without_a_stage_column():
    rows = [
        {
            "date": TODAY - timedelta(days=5),
            "invoice_date": TODAY - timedelta(days=5),
            "due": TODAY,
            "amount": 100,
            "outstanding": 40,
        }
    ]
    rows.append({**rows[0], "due": TODAY - timedelta(days=1)})
    facts = deal_facts(*rows, card="visit", bound=["date", "amount", "paid_amount", "terms_days"])
    assert fired("invoice_followup", facts) == {0}
    assert fired("overdue_payment", facts) == {1}


def test_turning_overdue_off_leaves_the_row_to_the_invoice():
    facts = deal_facts(
        {
            "invoice_date": TODAY - timedelta(days=9),
            "due": TODAY - timedelta(days=5),
            "amount": 9,
            "outstanding": 9,
            "stage_kind": "won",
        }
    )
    assert fired("invoice_followup", facts) == set()
    off = RuleSettings(rules={"overdue_payment": {"on": False}})
    assert [one.rule for one in decide({"deal": facts}, [PACK], off, TODAY)] == ["invoice_followup"]


@pytest.mark.parametrize(
    ("days", "ru", "en"),
    [
        (1, "прошёл 1 день", "after 1 day"),
        (2, "прошло 2 дня", "after 2 days"),
        (5, "прошло 5 дней", "after 5 days"),
        (11, "прошло 11 дней", "after 11 days"),
        (21, "прошёл 21 день", "after 21 days"),
        (112, "прошло 112 дней", "after 112 days"),
    ],
)
def test_plural_forms(days, ru, en):
    facts = deal_facts(
        {
            "invoice_date": TODAY - timedelta(days=days),
            "amount": 9,
            "outstanding": Decimal("2562.52"),
            "stage_kind": "won",
        }
    )
    settings = RuleSettings(rules={"invoice_followup": {"params": {"days": 1}}})
    (told,) = decide({"deal": facts}, [PACK], settings, TODAY)
    assert fill(told.why["ru"], "ru", told.values).endswith(ru)
    assert fill(told.why["en"], "en", told.values).endswith(en)


def test_every_text_of_every_decision_fills_in_both_languages():
    """No placeholder is left and nothing reads «None», whatever is blank."""
    day = TODAY - timedelta(days=400)
    deal = {
        "stage_kind": "open",
        "offer_stage": True,
        "offer_date": day,
        "invoice_date": day,
        "amount": 5,
        "outstanding": 5,
    }
    rows = [deal, {**deal, "due": day}, {"stage_kind": "lost", "stage": "Отказ"}]
    visit = {"date": day, "invoice_date": day, "amount": 5, "outstanding": 5}
    client = {"next_birthday": TODAY, "may_market": True, "last_purchase": day, "abc": "A"}
    facts = {
        "deal": deal_facts(*rows),
        "client": deal_facts(
            client,
            {**client, "interval": 30.5, "purchases": 3, "average": Decimal("12.5"), "age_turning": 30},
            card="client",
        ),
        "visit": deal_facts(visit, {**visit, "due": day}, card="visit", bound=["date", "amount"]),
        "lead": deal_facts(
            {"stage_kind": "open", "stage": "Новый"},
            {"stage_kind": "lost", "stage": "Отказ"},
            {"stage_kind": "open", "stage": "Новый", "created": TODAY},
            card="lead",
        ),
    }
    all_on = RuleSettings(rules={"regular_touch": {"on": True}, "stale_data": {"on": True}})
    decisions = decide(facts, [PACK], all_on, TODAY)
    assert {(one.rule, one.card) for one in decisions} == {(rule.id, card) for rule in PACK.rules for card in rule.card}
    for one in decisions:
        for lang in ("ru", "en"):
            texts = [one.todo[lang], one.why[lang], *([one.advice[lang]] if one.advice else []), *one.checklist[lang]]
            for text in texts:
                said = fill(text, lang, one.values)
                assert said
                assert not {"{", "}"} & set(said)
                assert "None" not in said
    assert [bool(one.advice) for one in decisions if one.rule == "birthday"] == [False, True]


def test_dates_of_the_texts_stay_dates():
    facts = deal_facts(
        {"offer_date": date(2026, 11, 13), "stage_kind": "open", "offer_stage": True, "next_step_date": TODAY}
    )
    (told,) = decide({"deal": facts}, [PACK], RuleSettings(), TODAY)
    assert fill(told.why["ru"], "ru", told.values) == "КП отправлено 13.11.2026, ответа нет 7 дней"
    assert fill(told.why["en"], "en", told.values) == "Offer sent on 13 Nov 2026, no answer for 7 days"
