"""Why a task is no longer needed: the rule's own words, else what changed; a row is never asked about more than it can tell."""

from datetime import date
from decimal import Decimal

import pytest

from sheets_crm.engine.ended import Asked, Ended, why_ended
from sheets_crm.engine.evaluate import decide
from sheets_crm.engine.pack import parse_pack
from sheets_crm.engine.settings import RuleSetting, RuleSettings
from tests.engine.helpers import BASIC, TODAY, deal_facts

BASIC_PACK = parse_pack(BASIC.read_text("utf-8"), "rules/basic.yaml")
OWN = """\
id: own
version: 1
label: {ru: Свои, en: Own}
rules:
  - id: first
    card: deal
    label: {ru: Первое, en: First}
    when: stage_kind == "open" and amount > limit and (blank(note) or filled(special_terms))
    params: {limit: {type: number, default: 100}}
    occurrence: text(created)
    todo: {ru: а, en: a}
    why: {ru: а, en: a}
  - id: second
    card: deal
    label: {ru: Второе, en: Second}
    unless: first
    marketing: true
    needs: [offer_date]
    when: filled(offer_date)
    values: {n: today - offer_date}
    occurrence: offer_date
    todo: {ru: а, en: a}
    why: {ru: а, en: a}
    ended:
      - when: offer_date > today
        ru: {one: "ещё {n} день", few: "ещё {n} дня, порог {limit_}", many: "ещё {n} дней"}
        en: {one: "{n} day", other: "{n} days of {title}"}
    tests: []
""".replace("{limit_}", "{amount}")
PACK = parse_pack(OWN, "own.yaml")
OPEN = {
    "stage_kind": "open",
    "stage": "Новая",
    "amount": Decimal(500),
    "created": date(2026, 11, 1),
    "may_market": True,
}
LABELS = {("deal", "stage"): {"ru": "Этап", "en": "Stage"}, ("deal", "amount"): {"ru": "Сумма", "en": "Amount"}}


def why(rule, row, packs=(PACK,), *, subject="deal-1", card="deal", settings=None, bound=None, decisions=None):
    facts = {card: deal_facts(row, card=card, bound=bound)}
    settings = settings or RuleSettings()
    live = decide(facts, packs, settings, TODAY) if decisions is None else decisions
    asked = {"k": Asked(rule, card, subject)}
    found = why_ended(asked, facts, packs, settings, decisions=live, today=TODAY, labels=LABELS)
    return found["k"] if found else None


def told(*args, lang="ru", **more):
    ended = why(*args, **more)
    return ended.told(lang) if ended else None


@pytest.mark.parametrize(
    ("changes", "ru", "en"),
    [
        ({"stage_kind": "lost", "stage": "Отказ"}, "в поле «Этап» теперь «Отказ»", "“Stage” is now “Отказ”"),
        ({"amount": Decimal("99.5000")}, "в поле «Сумма» теперь «99,50»", "“Amount” is now “99.50”"),
        ({"amount": None}, "поле «Сумма» теперь пусто", "“Amount” is now blank"),
        ({"note": "был"}, "в поле «note» теперь «был»", "“note” is now “был”"),
    ],
)
def test_by_default_the_first_part_that_no_longer_holds_is_named(changes, ru, en):
    assert told("first", OPEN | changes) == ru
    assert told("first", OPEN | changes, lang="en") == en


def test_a_long_answer_is_quoted_on_one_line_and_cut_short():
    said = told("first", OPEN | {"note": "а\nб " * 90})
    assert said.startswith("в поле «note» теперь «а б а б")
    assert (len(said) < 90, "…" in said, "\n" in said) == (True, True, False)


def test_what_holds_for_every_rule():
    assert told("first", OPEN, subject="deal-9") == "строки больше нет в таблице"
    off = RuleSettings(rules={"first": RuleSetting(on=False)})
    assert told("first", OPEN, settings=off) == "правило «Первое» выключено"
    assert told("nowhere", OPEN) == "правила, которое её поставило, больше нет"
    assert told("first", OPEN, lang="en") == "the occasion is another one now, and has its own task"
    assert told("second", OPEN | {"offer_date": TODAY}) == "теперь об этом задача «Первое»"
    closed = OPEN | {"stage_kind": "won", "offer_date": TODAY}
    assert (
        told("second", closed | {"may_market": False}) == "этому клиенту больше нельзя писать и звонить с предложениями"
    )
    assert told("second", closed, bound=("amount",), decisions=()) == "нужного столбца на листе больше нет"
    only = RuleSettings(rules={"first": RuleSetting(only="amount > 900")})
    assert told("first", OPEN, settings=only) == "по настройкам правило «Первое» этой строки больше не касается"
    stages = RuleSettings(rules={"first": RuleSetting(stages=("Договор",))})
    assert told("first", OPEN, settings=stages) == "по настройкам правило «Первое» этой строки больше не касается"


def test_the_pack_s_own_words_come_first_with_their_values_and_forms():
    row = OPEN | {"stage_kind": "won", "offer_date": date(2026, 11, 22), "title": "{x}"}
    assert told("second", row, decisions=()) == "ещё -2 дня, порог 500"
    assert told("second", row, decisions=(), lang="en") == "-2 days of {x}"


def test_nothing_is_said_of_what_is_not_known():
    assert why("", OPEN) is None
    assert why("first", OPEN, subject="") is None
    assert why("first", OPEN, decisions=()) is None, "it still holds: somebody else knows why"


def test_a_card_that_is_not_there_any_more():
    facts = {"client": deal_facts({}, card="client")}
    found = why_ended({1: Asked("first", "deal", "x")}, facts, [PACK], RuleSettings(), decisions=(), today=TODAY)
    assert found == {1: Ended("outcomes.ended.row_gone")}


BEFORE = {"stage_kind": "open", "stage": "КП", "offer_stage": True, "amount": Decimal(100), "outstanding": Decimal(100)}
BASICS = [
    ("overdue_payment", {"outstanding": Decimal(0), "due": date(2026, 11, 1)}, "оплачено полностью"),
    ("overdue_payment", {"due": date(2026, 11, 1), "stage_kind": "lost", "stage": "Отказ"}, "сделка потеряна, этап «Отказ»"),
    ("overdue_payment", {"due": date(2026, 12, 1)}, "срок оплаты теперь 01.12.2026"),
    ("overdue_payment", {}, "срок оплаты больше не указан"),
    ("invoice_followup", {"outstanding": Decimal(0), "invoice_date": date(2026, 11, 1)}, "оплачено полностью"),
    ("invoice_followup", {"invoice_date": date(2026, 11, 1), "due": date(2026, 11, 2)}, "теперь об этом задача «Просроченная оплата»"),
    ("offer_followup", {"offer_date": date(2026, 11, 1), "offer_answer": "берут"}, "ответ получен, «берут»"),
    ("offer_followup", {"offer_date": date(2026, 11, 1), "stage_kind": "won"}, "сделка выиграна, этап «КП»"),
    ("offer_followup", {"offer_date": date(2026, 11, 1), "offer_stage": False, "stage": "Договор"}, "этап теперь «Договор»"),
    ("offer_followup", {"offer_date": date(2026, 11, 19)}, "в поле «offer_date» теперь «19.11.2026»"),
    ("no_next_step", {"next_step_date": date(2026, 12, 1)}, "следующий шаг назначен на 01.12.2026"),
    ("lost_no_reason", {"stage_kind": "lost", "lost_reason": "дорого"}, "причина записана, «дорого»"),
    ("lost_no_reason", {"stage": "Договор"}, "этап теперь «Договор»"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "changes", "said"), BASICS)
def test_the_basic_pack_says_what_changed(rule, changes, said):
    assert told(rule, BEFORE | changes, (BASIC_PACK,)) == said


@pytest.mark.parametrize(
    ("rule", "row", "said"),
    [
        ("reactivation", {"last_purchase": date(2026, 11, 18), "interval": 30.0}, "клиент купил 18.11.2026"),
        ("reactivation", {"last_purchase": date(2026, 1, 1), "interval": 30.0, "open_deals": 1}, "у клиента есть открытая сделка"),
        ("birthday", {"next_birthday": date(2027, 11, 19)}, "следующий день рождения теперь 19.11.2027"),
        ("birthday", {"next_birthday": date(2026, 11, 22), "may_market": False}, "этому клиенту больше нельзя писать и звонить с предложениями"),
    ],
)  # fmt: skip
def test_the_basic_pack_about_clients(rule, row, said):
    assert told(rule, {"may_market": True} | row, (BASIC_PACK,), card="client", subject="client-1") == said


def test_every_rule_of_the_basic_pack_says_how_it_ends_and_what_its_results_mean():
    for rule in BASIC_PACK.rules:
        assert rule.ended, rule.id
        assert {one.then for one in rule.results} <= {"again", "on_date", "declined", "done", "paid", "nothing"}
        assert any(one.then in {"done", "paid"} for one in rule.results), rule.id
