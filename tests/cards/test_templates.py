"""The templates that come with the program, and what a template of one's own may say."""

import json
from itertools import pairwise

import pytest

from sheets_crm.cards import FieldType, fold, parse_template, template, template_schema, template_texts
from sheets_crm.errors import PackError
from sheets_crm.words import say

FIELDS = {
    "client": "id name first_name last_name legal_name tax_id contact_person position phone phone2 email messenger website city address "
    "client_type source manager temperature price_group discount birthday first_contact_date last_contact_date next_step next_step_date "
    "last_purchase_date first_purchase_date orders_count revenue_total purchase_period mailing_consent do_not_contact loyalty_status "
    "special_terms verified_date contract contract_until credit_limit note",
    "lead": "id client title stage amount created answered source manager next_step next_step_date lost_reason temperature note",
    "deal": "id client title stage amount created expected_close closed offer_date offer_answer invoice_date invoice_no due_date terms_days "
    "paid_amount paid_date balance lost_reason probability product qty samples manager source next_step next_step_date photo note",
    "payment": "id date deal client amount method invoice_no note",
    "order": "id date client deal product qty unit_price total note",
    "interaction": "date client deal kind result text manager next_step next_step_date",
    "visit": "id date client service complaint tooth car mileage amount paid_amount due_date terms_days next_visit manager result note",
    "survey": "date client score comment",
    "contact": "client name position phone email note",
    "product": "id name price unit note",
}
PAST = {
    ("client", "first_contact_date"), ("client", "last_contact_date"), ("client", "last_purchase_date"), ("client", "first_purchase_date"),
    ("client", "verified_date"),
    ("lead", "created"), ("lead", "answered"), ("deal", "created"), ("deal", "closed"), ("deal", "offer_date"), ("deal", "invoice_date"), ("deal", "paid_date"),
    ("payment", "date"), ("order", "date"), ("interaction", "date"), ("survey", "date"),
    ("visit", "date"),
}  # fmt: skip


def test_the_base_holds_these_cards_and_fields():
    cards = template("base").cards
    assert {name: list(card.fields) for name, card in cards.items()} == {
        name: names.split() for name, names in FIELDS.items()
    }


def test_only_these_days_must_be_past():
    cards = template("base").cards
    assert {
        (card, name) for card, schema in cards.items() for name, field in schema.fields.items() if field.is_past
    } == PAST


@pytest.mark.parametrize(
    ("written", "card", "field"),
    [
        ("client_id", "client", "id"), ("lead_id", "client", "id"), ("client", "client", "name"), ("company", "client", "name"), ("account", "client", "name"),
        ("inn", "client", "tax_id"), ("contact", "client", "contact_person"), ("do_not_call", "client", "do_not_contact"), ("stop_list", "client", "do_not_contact"),
        ("date_in", "client", "first_contact_date"), ("next_contact_date", "client", "next_step_date"),
        ("client_ref", "deal", "client"), ("lead_ref", "deal", "client"), ("client_id", "deal", "client"), ("deal_id", "deal", "id"), ("status", "deal", "stage"),
        ("done_date", "deal", "closed"), ("paid_formula", "deal", "paid_amount"), ("paid", "deal", "paid_amount"), ("rest_formula", "deal", "balance"),
        ("balance_formula", "deal", "balance"), ("due_date_formula", "deal", "due_date"), ("deal_id", "payment", "deal"), ("deal_ref", "payment", "deal"),
        ("client_ref", "payment", "client"), ("total_formula", "order", "total"), ("lead_ref", "order", "client"), ("lead_id", "lead", "id"),
        ("status", "lead", "stage"), ("nps", "survey", "score"), ("Status", "lead", "stage"),
    ],
)  # fmt: skip
def test_other_names_that_configurations_use(written, card, field):
    assert template("base").cards[card].field_name(written) == field


def test_a_column_is_looked_for_among_the_cards_of_its_sheet():
    base = template("base")
    assert base.find("status", ["client", "lead"]) == (("lead", "stage"),)
    assert base.find("lead_id", ["client", "lead"]) == (("client", "id"), ("lead", "id"))
    assert base.find("nps", ["deal"]) == (("survey", "score"),), "a name that only one other card has"
    assert base.find("deal.done_date", ["client"]) == (("deal", "closed"),)
    assert base.find("birth", ["client"]) == ()
    assert base.find("nothing.here", ["client"]) == ()


def test_no_name_stands_for_two_fields_of_a_card():
    for name in template_texts():
        for kind, card in template(name).cards.items():
            written = [*card.fields, *(alias for spec in card.fields.values() for alias in spec.aliases)]
            assert len(written) == len(set(written)), (
                name,
                kind,
                sorted(one for one in written if written.count(one) > 1),
            )


@pytest.mark.parametrize("name", ["base", "b2b_distribution", "windows"])
def test_a_template_is_complete(name):
    trade = template(name)
    assert trade.id == name
    for funnel in trade.funnels.values():
        assert {stage.kind for stage in funnel.stages} == {"open", "won", "lost"}
        kinds = [stage.kind for stage in funnel.stages]
        assert kinds.index("open") == 0
        for lang in ("ru", "en"):
            names = funnel.stage_names(lang)
            assert len({fold(one) for one in names}) == len(names)
            assert set(funnel.aliases(lang).values()) == set(names)
        known = [round(stage.probability, 4) for stage in funnel.stages if stage.probability is not None]
        assert all(low <= high for low, high in pairwise(known)), "later stages win more often"
    deals = trade.funnels["deals"]
    assert len(deals.stage_names("ru", role="offer")) == 1
    assert len(deals.stage_names("ru", role="invoice")) == 1


def test_no_alias_stands_for_two_stages():
    for name in template_texts():
        for funnel in template(name).funnels.values():
            spelled = [
                (fold(text), stage.name.en)
                for stage in funnel.stages
                for text in (*stage.aliases, stage.name.ru, stage.name.en)
            ]
            owners = {text: {owner for one, owner in spelled if one == text} for text, _ in spelled}
            assert all(len(stages) == 1 for stages in owners.values()), {t: s for t, s in owners.items() if len(s) > 1}


def test_stages_of_both_languages_lead_to_the_language_of_the_workbook():
    aliases = template("windows").funnels["deals"].aliases("ru")
    assert aliases["quote sent"] == aliases["кп"] == aliases["расчет отправлен"] == "КП отправлено"
    assert template("windows").funnels["deals"].aliases("en")["замер проведен"] == "Survey done"


def test_a_trade_changes_only_what_differs():
    base, trade = template("base"), template("b2b_distribution")
    assert trade.cards["payment"] == base.cards["payment"]
    assert trade.cards["client"].fields["client_type"].type == FieldType.TEXT
    assert trade.cards["client"].fields["client_type"].label.ru == "Тип бизнеса"
    assert trade.cards["client"].fields["audience"].headers.ru
    assert trade.defaults["reactivation"]["default_days"] == 60
    assert trade.defaults["birthday"]["days"] == 7
    assert template("windows").defaults["reactivation"]["default_days"] == 365


def test_the_schema_is_for_editors():
    schema = template_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert "funnels" in schema["properties"]


OWN = """\
id: mine
extends: base
label: {ru: Моя, en: Mine}
cards:
  client:
    fields:
      phne: {typ: phone, label: {ru: Т, en: T}}
"""


@pytest.mark.parametrize(
    ("change", "key", "line", "near"),
    [
        (("", ""), "errors.yaml.unknown_key_near", 7, "type"),
        (("typ: phone", "type: phne"), "errors.yaml.not_allowed_near", 7, "phone"),
        (("typ: phone", "type: link"), "errors.yaml.link_without_card", 7, None),
        (("typ: phone", "type: choice"), "errors.yaml.choice_without_choices", 7, None),
        (("typ: phone", "type: link, link: clent"), "errors.yaml.unknown_card_near", 1, "client"),
        (("typ: phone", 'type: text, pattern: "["'), "errors.yaml.bad_pattern", 7, None),
        (("phne: {typ: phone", "Phone №: {type: phone"), "errors.yaml.bad_name", 7, None),
        (("label: {ru: Т, en: T}", "label: {ru: Т}"), "errors.yaml.missing_key", 7, None),
        (("  client:\n", "  client:\n    required: [nme]\n"), "errors.yaml.unknown_field_near", 5, "name"),
        (("extends: base", "extends: bas"), "errors.yaml.no_parent", None, None),
        (("label: {ru: Моя", "label: {ru: [Моя]"), "errors.yaml.expected_text", 3, None),
    ],
)  # fmt: skip
def test_a_mistake_in_a_template_is_one_sentence_with_its_line(change, key, line, near):
    text = OWN.replace(*change) if change[0] else OWN
    if key != "errors.yaml.unknown_key_near" and "typ: phone" in text:
        text = text.replace("typ: phone", "type: phone")
    with pytest.raises(PackError) as caught:
        parse_template(text, "mine.yaml", parents=template_texts())
    error = caught.value
    assert error.key == key, error
    assert error.values["file"] == "mine.yaml"
    if line:
        assert error.values["line"] == line
    if near:
        assert error.values["near"] == near
    for lang in ("ru", "en"):
        assert "mine.yaml" in say(error.key, lang, **error.values)


def test_templates_that_extend_each_other_are_refused():
    circle = {"one": "id: one\nextends: two\n", "two": "id: two\nextends: one\n"}
    with pytest.raises(PackError) as caught:
        parse_template(circle["one"], "one.yaml", parents=circle)
    assert caught.value.key == "errors.yaml.no_parent"


def test_an_unknown_template_is_told_with_the_nearest():
    with pytest.raises(PackError) as caught:
        template("window")
    assert caught.value.values["near"] == "windows"
    assert "windows" in say(caught.value.key, "ru", **caught.value.values)


def test_a_null_takes_a_field_away():
    text = "id: mine\nextends: base\nlabel: {ru: М, en: M}\ncards: {deal: {fields: {photo: null}}}\n"
    assert "photo" not in parse_template(text, "mine.yaml", parents=template_texts()).cards["deal"].fields
