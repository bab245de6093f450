"""Rules that come again every so often, and rules that count working days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheets_crm.engine import RuleSettings, decide, parse_pack, parse_settings
from sheets_crm.engine.cycle import turn_of
from sheets_crm.errors import ConfigError, PackError
from sheets_crm.workdays import Calendar
from tests.engine.helpers import BASIC
from tests.engine.test_basic_pack import deal_facts

DAY = timedelta(days=1)
PACK = parse_pack(BASIC.read_text("utf-8"), "basic.yaml")
UNITS = st.sampled_from(["day", "week", "month", "quarter", "year"])
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
TOUCH = """\
id: ours
version: 1
label: {{ru: Свои, en: Ours}}
rules:
  - id: touch
    card: client
    label: {{ru: Касание, en: Touch}}
    when: filled(name)
    every: {every}
    todo: {{ru: Позвоните, en: Call}}
    why: {{ru: Пора, en: It is time}}
"""


@given(UNITS, st.integers(1, 60), DAYS, st.sampled_from(["", "id:1", "id:2", "id:3"]))
def test_a_day_lies_in_one_turn_and_turns_follow_each_other(unit, count, day, subject):
    turn = turn_of(unit, count, day, subject)
    assert turn.began <= day
    starts = [turn.began, *turn.earlier]
    assert starts == sorted(starts, reverse=True)
    for later, earlier in pairwise(starts):
        assert turn_of(unit, count, later - DAY, subject).began == earlier
        assert turn_of(unit, count, earlier, subject).began == earlier


@pytest.mark.parametrize(
    ("unit", "count", "day", "began"),
    [
        ("week", 1, date(2026, 11, 5), date(2026, 11, 2)), ("month", 1, date(2024, 2, 29), date(2024, 2, 1)),
        ("quarter", 1, date(2026, 11, 5), date(2026, 10, 1)), ("year", 1, date(2026, 11, 5), date(2026, 1, 1)),
        ("month", 6, date(2026, 12, 31), date(2026, 7, 1)), ("day", 1, date(2026, 3, 29), date(2026, 3, 29)),
    ],
)  # fmt: skip
def test_turns_begin_where_people_expect(unit, count, day, began):
    assert turn_of(unit, count, day).began == began


def test_spread_turns_begin_on_days_of_their_own_and_stay_there():
    began = {turn_of("week", 2, date(2026, 11, 5), f"id:{n}").began for n in range(60)}
    assert len(began) > 7
    one = turn_of("week", 2, date(2026, 11, 5), "id:1").began
    assert turn_of("week", 2, one + 14 * DAY, "id:1").began == one + 14 * DAY


def touches(every, rows, today=date(2026, 11, 20)):
    pack = parse_pack(TOUCH.format(every=every), "ours.yaml")
    rows = [{"name": f"n{place}"} | row for place, row in enumerate(rows)]
    return decide({"client": deal_facts(*rows, card="client")}, [pack], RuleSettings(), today)


def test_how_often_may_be_a_field_of_the_client():
    weekly, rare, never = {"purchase_period": 7}, {"purchase_period": 30}, {"purchase_period": 0}
    found = touches("{unit: day, n: purchase_period}", [weekly, rare, never, {}])
    assert [one.row for one in found] == [1, 2]
    assert {one.turn for one in found} == {
        turn_of("day", 7, date(2026, 11, 20)).began,
        turn_of("day", 30, date(2026, 11, 20)).began,
    }
    assert all(one.occurrence == one.turn.isoformat() for one in found)
    assert found[0].earlier[0] == (found[0].turn - 7 * DAY).isoformat()


@pytest.mark.parametrize(
    "every", ["{unit: fortnight}", "{unit: week, n: 0}", "{unit: week, n: name}", "{unit: week, n: nowhere}", "{n: 2}"]
)
def test_a_rhythm_that_makes_no_sense_is_told_when_the_pack_is_loaded(every):
    with pytest.raises(PackError):
        parse_pack(TOUCH.format(every=every), "ours.yaml")


def test_a_rule_without_an_occurrence_and_without_a_rhythm_is_refused():
    with pytest.raises(PackError) as told:
        parse_pack(TOUCH.format(every="{unit: week}").replace("    every: {unit: week}\n", ""), "ours.yaml")
    assert (told.value.key, told.value.values["name"]) == ("engine.missing_key", "occurrence")


OFFER = {"stage_kind": "open", "offer_stage": True, "stage": "КП"}


def offers(today, calendar, **setting):
    settings = parse_settings({"offer_followup": {"days": 3, **setting}, "no_next_step": False}, [PACK])
    facts = deal_facts(*({**OFFER, "offer_date": date(2026, 10, 30) + n * DAY} for n in range(7)))
    return {one.row: one for one in decide({"deal": facts}, [PACK], settings, today, calendar=calendar)}


def test_working_days_are_those_after_the_date_up_to_and_with_today():
    """Offers of Friday 30 October 2026 to Thursday 5 November; Wednesday the 4th is a public holiday in Russia."""
    russian = Calendar(date(2026, 11, 5), country="RU")
    calendar_days = offers(date(2026, 11, 3), russian)
    assert set(calendar_days) == {1, 2}
    assert set(offers(date(2026, 11, 3), russian, working_days=True)) == set(), "Monday and Tuesday: two"
    assert set(offers(date(2026, 11, 4), russian, working_days=True)) == set(), "a holiday adds none"
    found = offers(date(2026, 11, 5), russian, working_days=True)
    assert set(found) == {1, 2, 3}, "of Friday, Saturday and Sunday: Monday, Tuesday, Thursday"
    assert found[1].values["n"] == 6, "the text tells calendar days"
    assert set(offers(date(2026, 11, 4), Calendar(date(2026, 11, 5)), working_days=True)) == {1, 2, 3}


@given(st.integers(0, 12), st.integers(0, 60))
def test_working_days_agree_with_the_calendar(days, ahead):
    calendar = Calendar(date(2026, 11, 5), country="RU")
    today = date(2026, 10, 30) + ahead * DAY
    wanted = {
        n + 1 for n in range(7)
        if today >= date(2026, 10, 30) + n * DAY and calendar.between(date(2026, 10, 30) + n * DAY, today) >= days
    }  # fmt: skip
    assert set(offers(today, calendar, days=days, working_days=True)) == wanted


def test_working_days_of_a_rule_that_counts_none_are_refused():
    with pytest.raises(ConfigError) as told:
        parse_settings({"birthday": {"working_days": True}}, [PACK])
    assert told.value.key == "engine.counts_no_days"
    with pytest.raises(ConfigError):
        parse_settings({"offer_followup": {"working_days": "maybe"}}, [PACK])
    assert parse_settings({"birthday": {"working_days": False}}, [PACK])
